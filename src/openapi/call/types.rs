//! What a request is made of, and what it is made into. It must not know how.

use crate::model::CredentialPlace;
use crate::openapi::{Argument, ArgumentForm, FilledFlag, Method};
use std::convert::Infallible;
use std::time::SystemTime;

/// What was typed, with what is known besides. `F` is a file that the user has named, a type that only the caller can
/// make; where there is none, the request has none.
#[derive(Clone, Debug)]
pub struct Input<'i, F = Infallible> {
    /// The name of each argument with a value, in the order in which they were typed; one that repeats stands several
    /// times. A switch that was given has the value `true`. What `@FILE` stands for is read already. Whatever is in it is a
    /// text: it never names a file.
    pub values: Vec<(&'i str, &'i str)>,
    /// The files that were given for arguments of the kind `Kind::File`.
    pub files: Vec<(&'i str, F)>,
    /// `--set`.
    pub sets: Vec<&'i str>,
    /// `--body`.
    pub body: GivenBody<'i>,
    /// `-n/--namespace`, or what it falls back to.
    pub namespace: Option<&'i str>,
    /// `--cluster`, or what it falls back to.
    pub cluster: Option<&'i str>,
    /// For `24h`.
    pub now: SystemTime,
    /// The body is sent as it is, whatever it has to have.
    pub is_unchecked: bool,
}

impl Input<'_> {
    /// Nothing was typed.
    pub fn at(now: SystemTime) -> Self {
        Self {
            values: Vec::new(),
            files: Vec::new(),
            sets: Vec::new(),
            body: GivenBody::None,
            namespace: None,
            cluster: None,
            now,
            is_unchecked: false,
        }
    }
}

/// What was given by `--body`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GivenBody<'i> {
    /// Nothing.
    #[default]
    None,
    /// This text.
    Text(&'i str),
    /// Bytes that the caller keeps, for a body of the kind `BodyKind::Raw`.
    Kept,
}

/// A request, relative to the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationRequest<F = Infallible> {
    /// HTTP method.
    pub method: Method,
    /// Its path below the plugin: percent-encoded, starts with `/`.
    pub path: String,
    /// Its query, percent-encoded; may be empty.
    pub query: String,
    /// Headers in small letters, `accept` and those of the command. The content type is with the body.
    pub headers: Vec<(String, String)>,
    /// The body, if the request has one.
    pub body: Option<OperationBody<F>>,
    /// It changes nothing (RFC 9110, 9.2.1): it can be repeated if its outcome is unknown.
    pub safe: bool,
    /// Its parts as they may be shown; those of the body are with them.
    pub shown: RedactedRequest,
}

impl<F> OperationRequest<F> {
    /// Whether what was typed stands in `place` already.
    pub fn carries(&self, place: &CredentialPlace) -> bool {
        match place {
            CredentialPlace::Header(name) => self.headers_named(name).next().is_some(),
            CredentialPlace::Query(name) => {
                form_urlencoded::parse(self.query.as_bytes()).any(|(other, _)| other == name.as_str())
            }
            CredentialPlace::Cookie(name) => {
                let mut pairs = self.headers_named("cookie").flat_map(|line| line.split("; "));
                pairs.any(|pair| pair.split('=').next() == Some(name))
            }
        }
    }

    fn headers_named<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r str> {
        let named = self.headers.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }
}

/// The parts of a request with [`HIDDEN`](crate::openapi::HIDDEN) for each secret. It is made out of the values, beside the request: no text is
/// searched for what must not be in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedactedRequest {
    /// The path.
    pub path: String,
    /// The query.
    pub query: String,
    /// The headers of the command, in small letters.
    pub headers: Vec<(String, String)>,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperationBody<F = Infallible> {
    /// JSON text. What was given whole by `--body` is untouched, digit for digit.
    Json {
        /// The content type.
        content_type: String,
        /// The text.
        text: String,
        /// The text as it may be shown.
        shown: String,
    },
    /// A form, `application/x-www-form-urlencoded`.
    Form {
        /// The text.
        text: String,
        /// The text as it may be shown.
        shown: String,
    },
    /// The parts of a form, `multipart/form-data`.
    Multipart(Vec<FormPart<F>>),
    /// What was given by `--body`, which the caller has.
    Raw {
        /// The content type.
        content_type: String,
        /// It is a secret.
        private: bool,
    },
}

/// One part of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormPart<F = Infallible> {
    /// A text.
    Text {
        /// The field.
        name: String,
        /// Its value.
        value: String,
        /// Its value as it may be shown.
        shown: String,
        /// Its content type, where it has one.
        content_type: Option<String>,
    },
    /// A file that the user has named.
    File {
        /// The field.
        name: String,
        /// The file.
        file: F,
        /// Its content type, where the document says it.
        content_type: Option<String>,
    },
}

/// What was given for `argument`, by the user or by the global flags.
pub(super) fn given<'i, F>(argument: &Argument, input: &Input<'i, F>) -> Vec<&'i str> {
    let typed = input.values.iter().filter(|(name, _)| *name == argument.name.as_str());
    let typed: Vec<&str> = typed.map(|(_, value)| *value).collect();
    let context = match argument.form {
        ArgumentForm::Filled(FilledFlag::Namespace) => input.namespace,
        ArgumentForm::Filled(FilledFlag::Cluster) => input.cluster,
        _ => None,
    };
    if typed.is_empty() { context.into_iter().collect() } else { typed }
}
