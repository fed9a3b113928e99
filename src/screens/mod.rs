//! The room screens.
