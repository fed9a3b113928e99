//! What is said about a file that is partly wrong.

use std::fmt;

/// Something wrong in a file of the user's, what was done about it being always the same: that part is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The file, as the user would name it.
    pub file: String,
    /// The line, counted from one, when the trouble has a place.
    pub line: Option<usize>,
    /// What is wrong, as a sentence without its full stop.
    pub text: String,
    /// What to do about it, in the imperative.
    pub remedy: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{}: {}; {}", self.file, line, self.text, self.remedy),
            None => write!(f, "{}: {}; {}", self.file, self.text, self.remedy),
        }
    }
}

/// The line, counted from one, on which the byte at `offset` of `text` stands.
pub fn line_at(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// What the TOML reader complains of, one complaint a line (a mistake is often met twice): the line and the text.
pub fn syntax_errors(text: &str, errors: &[toml::de::Error]) -> Vec<(Option<usize>, String)> {
    let mut told: Vec<(Option<usize>, String)> = Vec::new();
    for error in errors {
        let line = error.span().map(|span| line_at(text, span.start));
        if !told.iter().any(|(known, _)| *known == line) {
            told.push((line, error.message().lines().collect::<Vec<_>>().join(", ")));
        }
    }
    told
}
