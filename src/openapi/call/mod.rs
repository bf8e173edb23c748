//! What the user typed → a request. It must not know clap, files or HTTP: values come as texts, the request leaves as
//! texts. A file is what the caller says it is: a type that nothing here can make.

mod argument_value;
mod body;
mod encode;
mod moment;
mod placed;
mod placing;
mod request;
mod set;
mod types;
mod yaml_text;

pub(super) use moment::read as read_moment;
pub use request::{confirmation, request};
pub use types::{FormPart, GivenBody, Input, OperationBody, OperationRequest, RedactedRequest};

use crate::model::CleanText;

/// What is wrong with what was typed. Its text is for the user; a secret is never in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// Something is needed and was not given; all of it.
    #[error("missing: {}", .0.join(", "))]
    Missing(Vec<String>),
    /// A value is not what its argument takes.
    #[error("{argument}: {value} {why}")]
    Value {
        /// As it is typed: `--range`, `<POD>`.
        argument: String,
        /// What was given, in quotes.
        value: String,
        /// What is wrong, and what is allowed.
        why: String,
    },
    /// What was given by `--set`.
    #[error("--set {given}: {why}")]
    Set {
        /// The path of the assignment, without its value.
        given: String,
        /// What is wrong.
        why: String,
    },
    /// What was given by `--body`.
    #[error("--body: {0}")]
    Body(String),
    /// A flag does not fit what `--body` holds.
    #[error("{argument}: `{place}` is inside a value that is not an object")]
    Blocked {
        /// As it is typed.
        argument: String,
        /// Where it would go.
        place: String,
    },
    /// There is no such argument.
    #[error("no argument `{0}`")]
    Unknown(CleanText),
}
