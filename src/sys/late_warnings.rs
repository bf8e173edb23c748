//! What the user has to know of something that went well otherwise, deep below whoever prints: it is left here, and the command
//! line shows it when the command has ended.
//!
//! It must not know what a warning is about.

use crate::model::Warning;
use std::sync::{Mutex, PoisonError};

static LEFT: Mutex<Vec<(Warning, Weight)>> = Mutex::new(Vec::new());

/// Who gets a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Everybody who does not want quiet.
    Usual,
    /// Everybody: a token is at stake.
    Token,
}

/// Leaves a warning. What has been left before is not told twice.
pub fn leave(warning: Warning, weight: Weight) {
    let mut left = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
    if !left.iter().any(|(other, _)| *other == warning) {
        left.push((warning, weight));
    }
}

/// All that have been left since the last time.
pub fn take() -> Vec<(Warning, Weight)> {
    std::mem::take(&mut *LEFT.lock().unwrap_or_else(PoisonError::into_inner))
}
