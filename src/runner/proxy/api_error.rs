//! Why a request of the user's own (`plugin api`) is not sent, or not to the end.

use crate::error::{ExitCode, Explain, exit};
use crate::model::quoted;

/// Why a request of the user's own is not sent, or not to the end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ApiError {
    /// HTTP has no such method.
    #[error("invalid method `{0}`: expected GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS")]
    InvalidMethod(String),
    /// It would leave what belongs to the plugin.
    #[error("path {} is outside of the plugin once decoded", quoted(.0))]
    Outside(String),
    /// A header that says who asks, or what is sent.
    #[error("header `{0}` is set by everestctl and cannot be changed")]
    OwnHeader(String),
    /// A field or a header has no name.
    #[error("invalid field `{text}`: expected KEY{separator}VALUE")]
    InvalidField {
        /// What was typed.
        text: String,
        /// What divides the two.
        separator: char,
    },
    /// The answer, which has been told, is no success.
    #[error("`{plugin}` answered {status}")]
    Status {
        /// Who answered.
        plugin: String,
        /// With what.
        status: u16,
    },
    /// Pages without end.
    #[error("more than {0} pages")]
    TooManyPages(usize),
}

impl Explain for ApiError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Status { status: 401, .. } => exit::SIGN_IN,
            Self::Status { .. } | Self::TooManyPages(_) => exit::FAILURE,
            _ => exit::USAGE,
        }
    }
}
