//! YAML and JSON as kubectl writes them, from the value that a server has sent: byte for byte what `kubectl get -o yaml`
//! and `-o json` print, with an index by line for drawing, folding and finding one's place in megabytes.
//!
//! It writes and never reads: reading YAML is the business of the card's `serde_yaml`. It does not recurse, and it makes
//! nothing of a line before it is seen.

mod document;
mod json;
mod numbers;
mod order;
mod paint;
mod scalar;
mod write;

pub use document::{Document, Kind, Step, json_path, path, value_at};
pub use paint::{Token, beginning};

use serde_json::Value;

/// Paths deeper than this are not asked about.
const DEEPEST_ASKED: usize = 4;

/// What is seen of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// All of it.
    All,
    /// Nothing, as if it were not there.
    Not,
    /// This instead of its value.
    Instead(String),
}

/// How a value is shown.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// As JSON.
    pub json: bool,
    /// What is seen of the field at this path (keys; list items have an empty one), down to the fourth level.
    pub seen: &'a dyn Fn(&[&str], &Value) -> Seen,
}

impl Shown<'_> {
    fn seen(&self, keys: &[&str], value: &Value) -> Seen {
        if keys.len() > DEEPEST_ASKED {
            Seen::All
        } else {
            (self.seen)(keys, value)
        }
    }
}

impl Document {
    /// Writes a value.
    pub fn write(value: &Value, shown: &Shown<'_>) -> Document {
        if shown.json {
            json::write(value, shown)
        } else {
            write::write(value, shown)
        }
    }

    /// Writes a value as YAML, all of it.
    pub fn yaml(value: &Value) -> Document {
        Document::write(
            value,
            &Shown {
                json: false,
                seen: &|_, _| Seen::All,
            },
        )
    }
}

#[cfg(test)]
mod tests;
