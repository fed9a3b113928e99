//! List-watch: keeps lists live. `protocol` decides (with `step`, `status`, `backoff`), `engine` and `task` do, `splitter`,
//! `framer`, `event` and `reader` take the bytes apart as they arrive, `outbox` sends what comes of them in bounded batches.
//! It refuses to hold a body, to hide a failure, and to blank a list.

pub mod backoff;
pub mod engine;
pub mod event;
pub mod fetch;
pub mod framer;
pub mod outbox;
pub mod plan;
pub mod protocol;
pub mod reader;
pub mod splitter;
pub mod status;
pub mod step;
pub mod streaming;
pub mod task;
#[cfg(test)]
mod tests;
pub mod whole;

pub use engine::{ClusterTap, ListHandle, start};
pub use plan::KindTable;
pub use streaming::StreamingLists;
