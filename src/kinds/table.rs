//! The Table API codec: what the server prints, read by column name.

/// How the server's printed columns of one kind are read.
#[derive(Clone, Copy, Debug)]
pub struct TableRules {}
