//! Logs: what containers say, kept, ordered, filtered and searched.
//!
//! A [`LogBook`] holds the lines of one view's sources in a ring of bounded size and in the order of time. A [`LogView`]
//! is what a [`LogFilter`] leaves of it, a [`LogSearch`] where something is found in it; both take in new lines only and
//! do their work in steps of bounded size. Text is raw bytes here; the screen makes it safe when it draws.
//!
//! What is kept of a line beyond its bytes are sixteen bytes; a place in the order costs nothing while lines arrive in
//! the order of time, and four bytes where they do not.

mod book;
mod filter;
mod level;
mod line;
mod needle;
mod order;
mod rate;
mod ring;
mod save;
mod search;
mod source;
mod structure;
#[cfg(test)]
mod tests;
mod trace;
mod view;
#[cfg(test)]
mod view_tests;

pub use book::{Dropped, LIMIT, LogBook, Taken};
pub use filter::LogFilter;
pub use level::level;
pub use line::{Level, LineId, LineKind, LogLineRef, SourceId, SourceInfo};
pub use rate::Rate;
pub use save::{Pieces, Saving};
pub use search::LogSearch;
pub use structure::{Format, Structured, structure};
pub use view::{LogView, Progress};
