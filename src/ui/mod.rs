//! Drawing pieces: what screens are put together from. Pure: buffers in, cells set. Nothing here knows a cluster.

mod line_edit;
mod paint;

pub use line_edit::LineEdit;
pub use paint::{fill, put, put_right};
