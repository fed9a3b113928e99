//! The colours of the scripts and configuration files in a text: made for the lines that are seen, a limited amount at a
//! time, and kept until other lines are seen.

use crate::text::embedded::{Embedded, Language, Part, Parts};
use crate::theme::Role;
use std::collections::{BTreeMap, HashMap};

/// No more than this is read at once, in bytes (a line costs some more than it has); what lies beyond stays plain until the
/// next time.
const AT_ONCE: usize = 64 * 1024;

/// What is known of the texts that are embedded in one.
#[derive(Debug, Default)]
pub(super) struct Colours {
    /// By their first line; None is one in no language that is known.
    texts: BTreeMap<usize, Option<Embedded>>,
    lines: HashMap<usize, Parts>,
    /// The lines that were seen, when all that is to be said of them has been said.
    done: Option<Vec<u32>>,
    /// Whether some of what is seen has not been reached yet.
    pub(super) pending: bool,
}

impl Colours {
    /// Colours the lines that are seen. `block` says with which line the text begins that a line is part of; `language`
    /// which language the text is in that begins with a line, and `line` the lines of that text, counted from there; None
    /// behind its last.
    pub(super) fn show<'t>(
        &mut self,
        seen: &[u32],
        block: &dyn Fn(usize) -> Option<usize>,
        language: &dyn Fn(usize) -> Option<Language>,
        line: &dyn Fn(usize, usize) -> Option<&'t str>,
    ) {
        if self.done.as_deref() == Some(seen) {
            return;
        }
        let mut parts: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        for at in seen.iter().map(|line| *line as usize) {
            if let Some(first) = block(at).filter(|first| *first <= at) {
                let (_, last) = parts.entry(first).or_insert((at, at));
                *last = at;
            }
        }
        self.lines.clear();
        let mut allowance = AT_ONCE;
        let mut all = true;
        for (first, (from, to)) in parts {
            let text = self
                .texts
                .entry(first)
                .or_insert_with(|| language(first).map(Embedded::new));
            let Some(text) = text else { continue };
            let range = from - first..to - first + 1;
            let found = text.parts(range.clone(), &|at| line(first, at), &mut allowance);
            all &= found.len() == range.len();
            self.lines.extend((from..).zip(found));
        }
        self.pending = !all;
        self.done = all.then(|| seen.to_vec());
    }

    /// The pieces of a line, where it is part of a text in a language that is known and not longer than is coloured.
    pub(super) fn line(&self, line: usize) -> Option<&Parts> {
        self.lines.get(&line).filter(|parts| !parts.is_empty())
    }
}

/// The role in which a piece is drawn.
pub(super) fn role(part: Option<Part>) -> Role {
    match part {
        None => Role::Text,
        Some(Part::Comment) => Role::Comment,
        Some(Part::Text) => Role::LabelValue,
        Some(Part::Keyword) => Role::Accent,
        Some(Part::Number) => Role::Number,
        Some(Part::Variable) => Role::LabelKey,
    }
}
