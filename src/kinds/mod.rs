//! Kinds: a file per resource with its names, the versions it reads, columns, health and links.
//! Pure: bytes in, rows out. It refuses to know how bytes arrive, and never keeps an object.

pub mod cell;
pub mod decode;
pub mod kind;
pub mod resource;
pub mod row;
pub mod table;

pub use cell::{Align, Cell, Column, Field, Origin, Value};
pub use decode::Scratch;
pub use kind::{Codec, DecodeError, Kind, Link, Target};
pub use resource::{Catalog, Resource, ResourceName, Verbs};
pub use row::{Fact, Health, Labels, Owner, Reference, Row, Uid};
