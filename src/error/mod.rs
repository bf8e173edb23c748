//! L0: failures in the words that people read.
//!
//! Each engine has its own `thiserror` enum beside its code and implements [`Explain`] for it; whatever
//! reaches the top becomes a [`Failure`], and one place in `cli` prints it. The exit codes are those of
//! [`everestctl_protocol::exit`].

pub use everestctl_protocol::exit::{self, ExitCode};

use std::error::Error;
use std::fmt::Display;

/// What an error of an engine knows beyond its message.
pub trait Explain: Error {
    /// The exit code it leads to.
    fn exit_code(&self) -> ExitCode {
        exit::FAILURE
    }

    /// Why, from the nearest cause to the furthest.
    fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut source = self.source();
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        causes
    }

    /// What the user can do next, most promising first: commands to type where there are any.
    fn hints(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What ends the program early.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailureKind {
    /// Something went wrong, and is printed.
    #[default]
    Reported,
    /// Standard output is closed, as by `everestctl … | head`: the program ends well and says nothing.
    OutputClosed,
}

/// The user pressed Ctrl-C, or something else asked this process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

impl Explain for Interrupted {
    fn exit_code(&self) -> ExitCode {
        exit::INTERRUPTED
    }
}

/// A failure that ends the program, ready to be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Whether it is one to speak of.
    pub kind: FailureKind,
    /// What happened: lower case, no full stop.
    pub message: String,
    /// Why, from the nearest cause to the furthest.
    pub causes: Vec<String>,
    /// What someone else says about it: a server, a plugin.
    pub said: Option<Box<ForeignWords>>,
    /// What to do next.
    pub hints: Vec<String>,
    /// The exit code.
    pub exit_code: ExitCode,
}

/// Text from someone else, which is never shown as everestctl's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignWords {
    /// Who says it: `plugin sql`.
    pub by: String,
    /// What, each perhaps in several lines.
    pub texts: Vec<String>,
    /// All that came, which is shown to who wants to know more.
    pub whole: String,
}

impl Failure {
    /// A failure without a cause.
    pub fn new(exit_code: ExitCode, message: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::Reported,
            message: message.into(),
            causes: Vec::new(),
            said: None,
            hints: Vec::new(),
            exit_code,
        }
    }

    /// Nobody reads standard output any more.
    pub fn output_closed() -> Self {
        Self { kind: FailureKind::OutputClosed, ..Self::new(exit::SUCCESS, "standard output is closed") }
    }

    /// A failure in the words of `error`.
    pub fn of(error: &impl Display) -> Self {
        Self::new(exit::FAILURE, error.to_string())
    }

    /// `error`, with this failure as its cause.
    #[must_use]
    pub fn as_cause_of(self, error: impl Explain) -> Self {
        let Self { kind, message, causes, said, hints, .. } = self;
        let mut outer = Self { kind, said, ..Self::from(error) };
        outer.causes.push(message);
        outer.causes.extend(causes);
        outer.hints.extend(hints);
        outer
    }

    /// The same with one more hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl<E: Explain> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            kind: FailureKind::Reported,
            message: error.to_string(),
            causes: error.causes(),
            said: None,
            hints: error.hints(),
            exit_code: error.exit_code(),
        }
    }
}
