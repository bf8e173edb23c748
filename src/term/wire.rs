//! The lines of `-vv` on standard error, as they come: while a request runs, nobody else prints there.

use crate::model::harmless;
use std::io::{self, Write};

/// Writes one line. A terminal does not act on it.
pub fn line(text: &str) {
    // A failure to write to standard error cannot be reported anywhere.
    let _ = io::stderr().write_all(format!("{}\n", harmless(text)).as_bytes());
}
