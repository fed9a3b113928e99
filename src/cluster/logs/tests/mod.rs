//! The protocol by tables, and the whole task against the demo in memory, on a paused clock.

mod demo;
mod protocol;
