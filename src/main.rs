//! The `rushes` executable.

fn main() {}
