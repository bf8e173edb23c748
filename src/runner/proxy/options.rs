//! What the flags of this program say of an invocation. It must not know how they are typed.

use std::path::PathBuf;
use std::time::Duration;

/// What the flags of this program say of an invocation.
#[derive(Debug)]
pub struct InvocationOptions {
    /// How many rows of a list are wanted.
    pub rows: RowLimit,
    /// The file that gets the body of the answer.
    pub output_file: Option<PathBuf>,
    /// How to wait for what is started, if that is wanted.
    pub wait: Option<WaitOptions>,
    /// How long nothing may come.
    pub idle_timeout: Option<Duration>,
    /// Whether our own `--follow` was typed.
    pub follow: bool,
    /// Our own `--since`.
    pub since: Option<String>,
    /// What the answer is wanted as.
    pub shape: OutputShape,
    /// Whether the user filters the answer.
    pub has_filter: bool,
    /// Whether the user says how a table is to look.
    pub wants_table: bool,
    /// Whether a terminal shows it.
    pub is_terminal: bool,
    /// Whether the body is sent without checking it.
    pub is_unchecked: bool,
}

/// How many rows are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowLimit {
    /// One page, as the server makes it.
    Page,
    /// This many.
    Count(u64),
    /// All.
    All,
}

/// How to wait.
#[derive(Clone, Copy, Debug)]
pub struct WaitOptions {
    /// How long.
    pub timeout: Option<Duration>,
    /// Whether Ctrl-C stops what was started.
    pub cancels: bool,
}

/// What an answer is wanted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputShape {
    /// A table.
    Table,
    /// Names, one on a line.
    Names,
    /// JSON or YAML.
    Data,
    /// Bytes, as they come.
    Bytes,
}
