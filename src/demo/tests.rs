//! The whole server over an in-memory stream.
