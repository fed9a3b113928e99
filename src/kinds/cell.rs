//! Cells and columns: what a table shows, as values and not as text. Text is made when a cell is drawn, so ages live.
//! Nothing here measures, colours or draws.

use crate::text::{Clean, human_duration};
use crate::theme::Role;
use std::borrow::Cow;
use std::fmt::Write;

/// What one cell holds. Small and closed: the text is made when it is drawn, the sort key is the value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value {
    /// Nothing to show: drawn as kubectl's `<none>` or blank by the column.
    #[default]
    None,
    /// Plain text.
    Text(Clean),
    /// A whole number.
    Int(i64),
    /// `ready/total`, sorted by the missing part first, then the whole.
    Ratio(u32, u32),
    /// A Kubernetes quantity as the server wrote it; sorted by its value.
    Quantity(Clean),
    /// Hundredths.
    Percent(u16),
    /// A moment in unix seconds, drawn as its age by kubectl's rule. None is `<unknown>`.
    Time(Option<i64>),
    /// A count and when it last rose, in unix seconds: `17 (2m ago)`.
    Ago(u32, Option<i64>),
    /// A stretch of time in unix seconds; while it has no end it grows.
    Span {
        /// When it began.
        from: i64,
        /// How many seconds it lasted; None while it goes on. (A length and not an end keeps a cell in 32 bytes.)
        lasted: Option<u32>,
    },
}

impl Value {
    /// Appends the cell's text at the moment `now` (unix seconds, server's clock).
    pub fn write(&self, now: i64, out: &mut String) {
        // Writing to a String cannot fail.
        let _ = match self {
            Value::None => Ok(()),
            Value::Text(text) | Value::Quantity(text) => {
                out.push_str(text.as_str());
                Ok(())
            }
            Value::Int(number) => write!(out, "{number}"),
            Value::Ratio(part, whole) => write!(out, "{part}/{whole}"),
            Value::Percent(percent) => write!(out, "{percent}%"),
            Value::Time(None) => out.write_str("<unknown>"),
            Value::Time(Some(then)) => out.write_str(&human_duration(now - then)),
            Value::Ago(0, _) | Value::Ago(_, None) => {
                let Value::Ago(count, _) = self else { return };
                write!(out, "{count}")
            }
            Value::Ago(count, Some(then)) => write!(out, "{count} ({} ago)", human_duration(now - then)),
            Value::Span { from, lasted } => out.write_str(&human_duration(lasted.map_or(now - from, i64::from))),
        };
    }

    /// The cell's text at the moment `now`.
    pub fn text(&self, now: i64) -> String {
        let mut out = String::new();
        self.write(now, &mut out);
        out
    }

    /// The moment whose age this cell shows, if its text changes with time (for planning the next redraw).
    pub fn ages_from(&self) -> Option<i64> {
        match self {
            Value::Time(then) | Value::Ago(1.., then) => *then,
            Value::Span { from, lasted: None } => Some(*from),
            _ => None,
        }
    }
}

/// A cell: its value and the role it plays (colour says state and never says it alone).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What it says.
    pub value: Value,
    /// How it is coloured.
    pub role: Role,
}

impl Default for Cell {
    fn default() -> Cell {
        Cell::new(Value::None)
    }
}

impl Cell {
    /// A cell in the plain role.
    pub fn new(value: Value) -> Cell {
        Cell {
            value,
            role: Role::Text,
        }
    }

    /// Plain text.
    pub fn text(text: Clean) -> Cell {
        Cell::new(Value::Text(text))
    }

    /// A whole number.
    pub fn int(number: impl Into<i64>) -> Cell {
        Cell::new(Value::Int(number.into()))
    }

    /// The same cell in another role.
    pub fn with(mut self, role: Role) -> Cell {
        self.role = role;
        self
    }
}

/// Where a column takes its value from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// metadata.name
    Name,
    /// metadata.namespace
    Namespace,
    /// metadata.creationTimestamp, as an age
    Age,
    /// The controller owner as `Kind/name`.
    Owner,
    /// All labels.
    Labels,
    /// One label's value.
    Label(Clean),
    /// `cells[i]` of the row.
    Cell(u8),
    /// The kind itself, in lists of several kinds. Only a table can answer it.
    Kind,
    /// The kind's own columns in one line, in lists of several kinds. Only a table can answer it.
    Details,
}

/// Which of kubectl's outputs a column comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// `kubectl get`
    Get,
    /// `kubectl get -o wide` only
    Wide,
    /// What operators miss there: ours.
    Extra,
}

/// How a column stands in its width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Align {
    /// Text.
    #[default]
    Left,
    /// Numbers.
    Right,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The header in upper case, as kubectl prints it.
    pub name: Cow<'static, str>,
    /// Where its value comes from.
    pub field: Field,
    /// Which kubectl output it belongs to.
    pub origin: Origin,
    /// Whether it is shown without asking for wide.
    pub shown: bool,
    /// How it stands.
    pub align: Align,
    /// What gives way first on a narrow screen: 0 never, 9 first.
    pub give_way: u8,
    /// The widest it may grow, in terminal cells; 0 is no limit.
    pub cap: u16,
}

impl Column {
    /// A column of `kubectl get`.
    pub const fn get(name: &'static str, field: Field, give_way: u8) -> Column {
        Column {
            name: Cow::Borrowed(name),
            field,
            origin: Origin::Get,
            shown: true,
            align: Align::Left,
            give_way,
            cap: 0,
        }
    }

    /// A column of `kubectl get -o wide`, hidden until asked for.
    pub const fn wide(name: &'static str, field: Field) -> Column {
        let mut column = Column::get(name, field, 8);
        column.origin = Origin::Wide;
        column.shown = false;
        column
    }

    /// A column of ours, hidden until asked for.
    pub const fn extra(name: &'static str, field: Field) -> Column {
        let mut column = Column::get(name, field, 9);
        column.origin = Origin::Extra;
        column.shown = false;
        column
    }

    /// The same column, shown without asking.
    pub const fn show(mut self, give_way: u8) -> Column {
        self.shown = true;
        self.give_way = give_way;
        self
    }

    /// The same column, right aligned.
    pub const fn right(mut self) -> Column {
        self.align = Align::Right;
        self
    }

    /// The same column, never wider than this many terminal cells.
    pub const fn cap(mut self, cells: u16) -> Column {
        self.cap = cells;
        self
    }
}
