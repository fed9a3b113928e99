//! The room runtime.
