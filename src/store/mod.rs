//! The store: tables by want, and views over them.
//!
//! A table holds the rows of one list, whoever shows it. A view is what one screen makes of one or several tables:
//! filtered, sorted, kept up to date with what has changed and not computed anew. Pure: no clock, no tasks, no drawing.

mod compare;
mod filter;
mod filter_reading;
pub mod logs;
mod table;
mod view;

pub use compare::compare_cells;
pub use filter::{Filter, FilterError, Scan};
pub use table::{Counts, Mark, RowId, Source, Table};
#[cfg(test)]
mod tests;

pub use view::{RowRef, SortBy, View, ViewSpec};
