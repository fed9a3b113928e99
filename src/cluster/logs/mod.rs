//! Logs: follows the log of one container across its restarts, rotations of its file and broken connections, without
//! losing or doubling a line. `protocol` decides (with `seen`, which says where an overlap ends, and `pod`, which says how
//! the container fares), `task` does, `lines` takes the bytes apart as they arrive. It refuses to hold a body, to drop a
//! line while the other side is slow (it stops reading instead), and to hide where lines may be missing.

pub mod lines;
pub mod pod;
pub mod protocol;
pub mod seen;
pub mod task;
#[cfg(test)]
mod tests;

pub use task::{LogHandle, start};
