//! Text: everything that can be said about a piece of text without knowing where it came from.
//!
//! Sanitising and interning, ages and times, quantities, display width, fuzzy matching, selectors and names, CSV.
//! This room is pure: it opens nothing, prints nothing and has no clock. The current time is always an argument.

mod age;
mod clean;
mod csv;
mod diff;
pub mod embedded;
mod escape;
mod find;
mod fuzzy;
mod intern;
mod json_diff;
pub mod jsonpath;
mod names;
mod nearest;
mod quantity;
mod selector;
mod sgr;
mod time;
mod width;
pub mod yaml;

pub use age::{age, human_duration, next_age_change, parse_duration};
pub use clean::{CELL_LIMIT, Clean, LINE_LIMIT, clean, clean_lines};
pub use csv::csv_field;
pub use diff::{DiffLine, changes_only, diff_lines};
pub use escape::without_escapes;
pub use find::find_literal;
pub use fuzzy::{Fuzzy, fuzzy, fuzzy_score};
pub use intern::Interner;
pub use json_diff::{Change, changes, scalar, value_lines};
pub use names::{check_dns_label, check_dns_subdomain, check_label_value, check_qualified_name};
pub use nearest::nearest;
pub use quantity::Quantity;
pub use selector::{Operator, Requirement, Selector, SelectorError, field_selector_check};
pub use sgr::{Colour, LOG_LINE_LIMIT, Look, Spans, log_spans};
pub use time::{format_time, parse_time};
pub use width::{cut, cut_middle, pad_left, pad_right, width};
