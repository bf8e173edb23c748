//! Benchmarks of the index; see `README.md` beside this file.
fn main() {}
