//! What happens in the world.

use super::DemoOptions;
use super::store::Store;

/// The engine of the world's life.
pub(super) struct Engine {
    now: i64,
}

impl Engine {
    /// An engine for a fresh world.
    pub(super) fn new(options: &DemoOptions, _store: &Store) -> Engine {
        Engine { now: options.start }
    }

    /// One second of life.
    pub(super) fn second(&mut self, _store: &mut Store) {
        self.now += 1;
    }
}
