//! Text: what is drawn, cleaned, measured, parsed. Placeholder until the room is furnished.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

/// Text that is safe to draw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Clean(Arc<str>);

impl Clean {
    /// Sanitises.
    pub fn new(raw: &str) -> Clean {
        Clean(clean(raw).as_ref().into())
    }
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl From<&str> for Clean {
    fn from(raw: &str) -> Clean {
        Clean::new(raw)
    }
}

/// Sanitises one line.
pub fn clean(raw: &str) -> Cow<'_, str> {
    Cow::Borrowed(raw)
}

/// Interns equal strings.
#[derive(Debug, Default)]
pub struct Interner(HashSet<Clean>);

impl Interner {
    /// An empty one.
    pub fn new() -> Interner {
        Interner::default()
    }
    /// Forgets what nobody else holds.
    pub fn sweep(&mut self) {
        self.0.retain(|text| Arc::strong_count(&text.0) > 1);
    }
    /// The one allocation of this text.
    pub fn clean(&mut self, raw: &str) -> Clean {
        let text = Clean::new(raw);
        self.0.get(&text).cloned().unwrap_or_else(|| {
            self.0.insert(text.clone());
            text
        })
    }
}

/// An age by kubectl's rule.
pub fn human_duration(seconds: i64) -> String {
    format!("{seconds}s")
}

/// RFC 3339 to unix seconds.
pub fn parse_time(_text: &str) -> Option<i64> {
    None
}
