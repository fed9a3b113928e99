//! One allocation for equal texts.
//!
//! Ten thousand pods name a few dozen nodes, namespaces and images. An interner belongs to one table; it is bounded by
//! what is alive, because [`Interner::sweep`] drops what nobody else holds.

use hashbrown::HashSet;

use super::clean::{Clean, clean};

/// A set of shared [`Clean`] texts.
#[derive(Debug, Default)]
pub struct Interner {
    texts: HashSet<Clean>,
    bytes: usize,
}

impl Interner {
    /// An empty interner.
    pub fn new() -> Interner {
        Interner::default()
    }

    /// The sanitised text, shared with every equal one that came before.
    pub fn clean(&mut self, raw: &str) -> Clean {
        // What is in the set is clean, and cleaning it again changes nothing: a hit on the raw text is a hit.
        if let Some(known) = self.texts.get(raw) {
            return known.clone();
        }
        let cleaned = clean(raw);
        if let Some(known) = self.texts.get(cleaned.as_ref()) {
            return known.clone();
        }
        let text = Clean::new(&cleaned);
        self.bytes += text.len();
        self.texts.insert(text.clone());
        text
    }

    /// Drops what only the interner holds.
    pub fn sweep(&mut self) {
        let bytes = &mut self.bytes;
        self.texts.retain(|text| {
            let alive = text.references() > 1;
            if !alive {
                *bytes -= text.len();
            }
            alive
        });
        if self.texts.capacity() > 4 * self.texts.len() + 64 {
            self.texts.shrink_to(2 * self.texts.len());
        }
    }

    /// How many different texts are held.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The bytes of the texts held, without the set's own overhead.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share() {
        let mut interner = Interner::new();
        let first = interner.clean("node-a");
        let second = interner.clean("node-a");
        assert_eq!(first.references(), 3);
        assert!(std::ptr::eq(first.as_str(), second.as_str()));
        let marked = interner.clean("bad\x1b");
        assert!(std::ptr::eq(marked.as_str(), interner.clean("bad\x1b").as_str()));
        assert!(std::ptr::eq(marked.as_str(), interner.clean("bad^[").as_str()));
        assert_eq!((interner.len(), interner.bytes()), (2, 11));
    }

    #[test]
    fn sweep_drops_what_nobody_holds() {
        let mut interner = Interner::new();
        let kept = interner.clean("kept");
        for n in 0..1000 {
            interner.clean(&format!("gone-{n}"));
        }
        assert_eq!(interner.len(), 1001);
        interner.sweep();
        assert_eq!((interner.len(), interner.bytes()), (1, 4));
        drop(kept);
        interner.sweep();
        assert!(interner.is_empty());
        assert_eq!(interner.bytes(), 0);
    }
}
