//! Wants.
