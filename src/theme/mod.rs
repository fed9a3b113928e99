//! Theme. Placeholder until the room is furnished.

/// A named role of text on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Role {
    /// Plain text.
    #[default]
    Text,
    /// Secondary text.
    Muted,
    /// Good.
    Ok,
    /// Being worked on.
    Progress,
    /// Wants a look.
    Warn,
    /// Broken.
    Error,
    /// Finished.
    Done,
    /// Nobody knows.
    Unknown,
}
