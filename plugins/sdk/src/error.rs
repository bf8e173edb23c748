//! How a plugin fails, in the words of everestctl: what happened, why, what to type next.

use everestctl_protocol::exit;
use std::fmt::Write as _;

/// Why a plugin ends without success.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something went wrong.
    #[error("{message}")]
    Failed {
        /// What happened: lower case, no full stop.
        message: String,
        /// Why, from the nearest cause to the furthest.
        causes: Vec<String>,
        /// What the user can type next.
        hints: Vec<String>,
        /// The exit code.
        code: u8,
    },
    /// The plugin has said everything itself, and ends with this code.
    #[error("exit code {0}")]
    Exit(u8),
    /// Nobody reads standard output any more, as in `… | head`: no failure.
    #[error("standard output is closed")]
    OutputClosed,
}

impl Error {
    /// A failure with exit code 1.
    pub fn new(message: impl Into<String>) -> Self {
        Self::Failed { message: message.into(), causes: Vec::new(), hints: Vec::new(), code: 1 }
    }

    /// A command line that makes no sense: exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(message).with_code(u8::from(exit::USAGE))
    }

    /// With this exit code.
    #[must_use]
    pub fn with_code(mut self, exit_code: u8) -> Self {
        if let Self::Failed { code, .. } = &mut self {
            *code = exit_code;
        }
        self
    }

    /// With one more cause.
    #[must_use]
    pub fn because(mut self, cause: impl std::fmt::Display) -> Self {
        if let Self::Failed { causes, .. } = &mut self {
            causes.push(cause.to_string());
        }
        self
    }

    /// With one more hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Self::Failed { hints, .. } = &mut self {
            hints.push(hint.into());
        }
        self
    }

    /// The exit code that it leads to.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Failed { code, .. } | Self::Exit(code) => *code,
            Self::OutputClosed => 0,
        }
    }

    /// What the user reads.
    pub(crate) fn to_lines(&self) -> String {
        let mut lines = String::new();
        if let Self::Failed { message, causes, hints, .. } = self {
            let _ = writeln!(lines, "error: {message}");
            for cause in causes {
                let _ = writeln!(lines, "  caused by: {cause}");
            }
            for hint in hints {
                let _ = writeln!(lines, "hint: {hint}");
            }
        }
        lines
    }
}

/// What an operation of the standard library says. A pipe that nobody reads is no failure.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Self::OutputClosed
        } else {
            Self::new(error.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_read_as_those_of_everestctl() {
        let error =
            Error::new("could not count the snakes").because("the basket is empty").hint("fill the basket");
        assert_eq!(
            error.with_code(7).to_lines(),
            "error: could not count the snakes\n  caused by: the basket is empty\nhint: fill the basket\n"
        );
        assert_eq!(Error::usage("x").exit_code(), 2);
        assert_eq!(Error::Exit(9).to_lines(), "");
    }
}
