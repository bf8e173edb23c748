//! What keeps a bundle from being shown, or makes it a burden, found without running it.
//!
//! * `tokens`: a script as words, texts and signs;
//! * `imports`: what it imports and exports;
//! * `rules`: what is wrong with it, and what to change.
//!
//! It must not know files, nor who prints.

mod imports;
mod rules;
mod tokens;

pub use rules::{Finding, Severity, findings};
