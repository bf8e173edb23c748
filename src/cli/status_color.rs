//! Which colour a word has that says how something is: green for good, red for bad, yellow for not yet.
//!
//! It must not know what has that state.

use anstyle::{AnsiColor, Style};

const GOOD: &[&str] = &[
    "ready",
    "ok",
    "up",
    "yes",
    "running",
    "active",
    "healthy",
    "succeeded",
    "success",
    "completed",
    "complete",
    "done",
    "passed",
    "online",
    "enabled",
    "installed",
    "available",
    "true",
];
const BAD: &[&str] = &[
    "failed",
    "failure",
    "error",
    "invalid",
    "down",
    "backend down",
    "unhealthy",
    "crashloopbackoff",
    "rejected",
    "offline",
    "degraded",
    "lost",
    "missing",
    "incompatible",
];
const WAITING: &[&str] = &[
    "pending",
    "stale",
    "starting",
    "stopping",
    "queued",
    "paused",
    "waiting",
    "unknown",
    "creating",
    "deleting",
    "restoring",
    "initializing",
    "terminating",
    "warning",
    "unsupported",
    "no commands",
    "needs a server",
];
const OFF: &[&str] = &["disabled", "shadowed", "cancelled", "canceled", "stopped", "idle", "no", "false"];
/// The headings of columns that say it.
const HEADINGS: &[&str] = &["STATUS", "STATE", "PHASE", "HEALTH", "SESSION", "READY", "RESULT"];

/// The column that says how something is.
pub(super) fn column<'h>(headers: impl IntoIterator<Item = &'h str>) -> Option<usize> {
    headers.into_iter().position(|header| HEADINGS.contains(&header))
}

/// The style of a word; none for a word that says nothing.
pub(super) fn style(word: &str) -> Option<Style> {
    let word = word.trim().to_lowercase();
    let has = |words: &[&str]| words.contains(&word.as_str());
    if has(GOOD) {
        Some(AnsiColor::Green.on_default())
    } else if has(BAD) {
        Some(AnsiColor::Red.on_default())
    } else if has(WAITING) {
        Some(AnsiColor::Yellow.on_default())
    } else if has(OFF) {
        Some(Style::new().dimmed())
    } else {
        None
    }
}
