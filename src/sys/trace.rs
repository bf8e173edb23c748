//! What the program does on the wire, told line by line while it happens (`-vv`): who does something tells it here, and
//! the command line says where it goes.
//!
//! It must not know what is told, nor what a line is for.

use std::sync::OnceLock;

static SINK: OnceLock<fn(&str)> = OnceLock::new();

/// From here on, `sink` gets each line. The first one stays.
pub fn start(sink: fn(&str)) {
    let _ = SINK.set(sink);
}

/// Whether anybody wants to know.
pub fn is_on() -> bool {
    SINK.get().is_some()
}

/// Tells one line, if anybody wants to know.
pub fn line(text: &str) {
    if let Some(sink) = SINK.get() {
        sink(text);
    }
}
