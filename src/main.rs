//! The thin binary: arguments and the exit code.

fn main() {}
