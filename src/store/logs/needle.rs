//! Looking for a text in many lines at once.

use super::ring::Segment;
use crate::store::FilterError;
use memchr::memmem::Finder;
use regex::bytes::{Regex, RegexBuilder};

/// The longest text that is looked for, in bytes.
pub(super) const NEEDLE_LIMIT: usize = 1024;

/// Compiled size of a regular expression: a pattern from a prompt needs no more.
const REGEX_LIMIT: usize = 1 << 20;

/// A text to look for.
#[derive(Clone, Debug)]
pub(super) enum Needle {
    /// As it is.
    Exact(Box<Finder<'static>>),
    /// In upper or lower case.
    Folded(Regex),
}

impl Needle {
    /// A needle for this text, `fold`ed or as it is. None for what cannot be in a line, or is too long.
    pub(super) fn new(text: &str, fold: bool) -> Option<Needle> {
        if text.is_empty() || text.len() > NEEDLE_LIMIT || text.contains('\n') {
            return None;
        }
        let cased = text.chars().any(|c| c.is_lowercase() || c.is_uppercase());
        if !fold || !cased {
            return Some(Needle::Exact(Box::new(Finder::new(text).into_owned())));
        }
        RegexBuilder::new(&regex::escape(text))
            .case_insensitive(true)
            .unicode(!text.is_ascii())
            .size_limit(REGEX_LIMIT)
            .build()
            .ok()
            .map(Needle::Folded)
    }

    /// Where it is next, from `from` on.
    pub(super) fn find(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        match self {
            Needle::Exact(finder) => {
                let at = from + finder.find(text.get(from..)?)?;
                Some((at, at + finder.needle().len()))
            }
            Needle::Folded(regex) => {
                let found = (from <= text.len()).then(|| regex.find_at(text, from)).flatten()?;
                Some((found.start(), found.end()))
            }
        }
    }

    pub(super) fn is_in(&self, text: &[u8]) -> bool {
        self.find(text, 0).is_some()
    }

    /// Calls `found` with the index of each line from `from` to `until` of a segment that holds it: the whole piece is
    /// searched in one go, which is many times as fast as line by line.
    pub(super) fn lines(&self, segment: &Segment, from: usize, until: usize, mut found: impl FnMut(usize)) {
        let end = segment.start(until);
        let text = segment.bytes().get(..end).unwrap_or_default();
        let mut at = segment.start(from);
        let mut line = from;
        while let Some((start, _)) = self.find(text, at) {
            line = segment.index_from(line, start);
            found(line);
            line += 1;
            at = segment.start(line);
            if line >= until {
                return;
            }
        }
    }
}

/// A regular expression on raw lines; upper and lower case differ only when it holds upper case.
pub(super) fn expression(pattern: &str, at: usize) -> Result<Regex, FilterError> {
    // `\W` and `\S` are no capitals that anyone typed as such.
    let mut capitals = false;
    let mut escaped = false;
    for c in pattern.chars() {
        capitals |= !escaped && c.is_uppercase();
        escaped = !escaped && c == '\\';
    }
    let built = RegexBuilder::new(pattern)
        .case_insensitive(!capitals)
        .size_limit(REGEX_LIMIT)
        .dfa_size_limit(REGEX_LIMIT)
        .build();
    built.map_err(|wrong| {
        let text = wrong.to_string();
        let reason = text.lines().last().unwrap_or_default().trim();
        let reason = reason.strip_prefix("error: ").unwrap_or(reason);
        FilterError {
            at,
            message: format!("the regular expression is wrong: {reason}; to look for the text itself, quote it"),
        }
    })
}
