//! Kinds: a file per resource with its names, the versions it reads, columns, health and links.
//! Pure: bytes in, rows out. It refuses to know how bytes arrive, and never keeps an object.

pub mod cell;
pub mod container;
pub mod container_state;
pub mod cron_job;
pub mod daemon_set;
pub mod decode;
pub mod deployment;
pub mod endpoint_slice;
pub mod endpoints;
pub mod event;
pub mod horizontal_pod_autoscaler;
pub mod job;
pub mod kind;
pub mod lenient;
pub mod node;
pub mod parts;
pub mod pod;
pub mod replica_set;
pub mod replication_controller;
pub mod resource;
pub mod row;
pub mod service;
pub mod stateful_set;
pub mod table;

pub use cell::{Align, Cell, Column, Field, Origin, Value};
pub use container::containers;
pub use decode::Scratch;
pub use kind::{Codec, DecodeError, Kind, Link, Target};
pub use resource::{Catalog, Resource, ResourceName, Verbs};
pub use row::{Fact, Health, Labels, Owner, Reference, Row, Uid};

#[cfg(test)]
mod testing;
