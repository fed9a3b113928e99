//! Configuration: what the user wrote, what it means, and where things lie.
//!
//! Three things are kept apart. The **configuration** is written by hand and never by the program ([`read()`]); the **state** is
//! written by the program and never needs a hand ([`State`], [`state_file`]); the **environment** is what the terminal says of
//! itself ([`terminal_traits`]). Every setting is one row in one slice ([`fields`]), from which the default, the documented
//! file and the check for unknown names come.
//!
//! This room refuses to fail: a missing file means the defaults, a wrong value means the default for that value, and each is a
//! [`Warning`] with its line and its remedy. It never writes the hand-written file.

mod document;
pub mod fields;
mod lookup;
mod paths;
mod read;
mod settings;
mod state;
pub mod state_file;
mod terminal;

pub use crate::keys::Warning;
pub use document::default_text;
pub use lookup::{load_keymap, load_theme};
pub use paths::{Paths, SystemFolders};
pub use read::{load, read};
pub use settings::{
    BorderChoice, ClipboardChoice, ColorChoice, Config, ContextRule, ContextSettings, ExecPolicy, ListSettings,
    LogSettings, matches_glob,
};
pub use state::{Change, ContextState, LastView, State, StateError};
pub use terminal::{ColorDepth, Traits, terminal_traits};

#[cfg(test)]
mod tests;
