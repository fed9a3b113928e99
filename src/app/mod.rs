//! The room app.
