//! What went wrong, in words, and as a response.

use crate::promql::{Refusal, ScopeError};
use axum::Json;
use axum::response::{IntoResponse, Response};
use everestctl_plugin_service::everest::EverestError;
use http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use serde::Serialize;
use utoipa::ToSchema;

/// The body of an error response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ProblemBody {
    #[serde(skip)]
    status: StatusCode,
    /// What happened.
    error: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl ProblemBody {
    pub(crate) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), hint: None }
    }

    /// The request is not valid.
    pub(crate) fn bad(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    /// Another server does not do its part.
    pub(crate) fn gateway(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, error)
    }

    /// Adds what to do.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What happened.
    pub(crate) fn error(&self) -> &str {
        &self.error
    }

    /// Whether the caller may not do it.
    pub(crate) fn is_denial(&self) -> bool {
        self.status == StatusCode::FORBIDDEN
    }

    /// Whether it is the same for every expression: no other one has to be tried.
    pub(crate) fn is_of_server(&self) -> bool {
        self.status.is_server_error() && self.status != StatusCode::GATEWAY_TIMEOUT
    }
}

impl From<EverestError> for ProblemBody {
    fn from(error: EverestError) -> Self {
        Self::new(error.status(), error.to_string())
    }
}

impl From<Refusal> for ProblemBody {
    fn from(refusal: Refusal) -> Self {
        Self::bad(refusal.to_string())
    }
}

impl From<ScopeError> for ProblemBody {
    fn from(error: ScopeError) -> Self {
        Self::new(StatusCode::FORBIDDEN, error.to_string())
            .hint("ask for the grant `namespaces, read, CLUSTER/NAMESPACE`")
    }
}

impl IntoResponse for ProblemBody {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(&self)).into_response();
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
