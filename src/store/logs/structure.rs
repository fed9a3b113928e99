//! Reading structured lines: JSON, logfmt and klog.

use super::Level;

/// How a structured line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One JSON object.
    Json,
    /// `key=value key="some value"`.
    Logfmt,
    /// `I0102 15:04:05.000000 1 file.go:12] message`, with `key="value"` after the message where it is structured.
    Klog,
}

/// What a structured line says. Raw text: it reaches a screen through `text::clean`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structured {
    /// How it is written.
    pub format: Format,
    /// Its level.
    pub level: Level,
    /// The time that it states itself, in unix nanoseconds.
    pub time: Option<i64>,
    /// Its message; empty when it has none.
    pub message: String,
    /// All other fields in their order: name, and value as text (JSON text for lists and objects).
    pub fields: Vec<(String, String)>,
}

/// Reads a structured line; None when it is none, or longer than is worth reading.
pub fn structure(_line: &[u8]) -> Option<Structured> {
    None
}
