//! The filter of a log: words AND-ed.

use crate::store::FilterError;
use std::ops::Range;

/// A filter: `word`, `!word`, `/regex/`, `!/regex/`, `field=value`, `field!=value`, `field>number`, `level>=warn`,
/// `level:error`, `source:word`, `!source:word`, `-C n`.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    text: String,
}

impl LogFilter {
    /// Reads a filter.
    ///
    /// # Errors
    /// Says which word is wrong, where it is, and what to write instead.
    pub fn parse(text: &str) -> Result<LogFilter, FilterError> {
        Ok(LogFilter { text: text.to_owned() })
    }

    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// How many lines around each find it keeps.
    pub fn context(&self) -> usize {
        0
    }

    /// Where its words and expressions are found in a line, in order, not overlapping, to be lit up.
    pub fn finds(&self, _line: &[u8]) -> Vec<Range<usize>> {
        Vec::new()
    }
}
