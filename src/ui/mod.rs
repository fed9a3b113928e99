//! Drawing pieces: what screens are put together from. Pure: buffers in, cells set. Nothing here knows a cluster.

mod choices;
mod document;
mod frame;
mod grid;
mod hints;
mod line_edit;
mod list;
mod look;
mod paint;
mod prompt;
mod reading;
mod scrollbar;
mod toast;
mod wrap;

pub use choices::{Choice, ChoiceWidths, choices};
pub use document::{Pager, TextLine, draw_line, finds};
pub use frame::{Anchor, inside, pane, popup, popup_area};
pub use grid::{GridColumn, GridRow, GridWidths, grid, grid_page};
pub use hints::hints;
pub use line_edit::LineEdit;
pub use list::ListState;
pub use look::{Look, key_text};
pub use paint::{fill, put, put_right};
pub use prompt::{prompt, prompt_cursor};
pub use reading::{Lines, Reading};
pub use scrollbar::scrollbar;
pub use toast::{Toast, toasts};
pub use wrap::wrap;
