//! The OpenEverest API, asked as the user who calls: what they may not see there, they do not see here.
//!
//! It must not know what is asked for.

use crate::body::{ReadError, read, short};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderValue, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use thiserror::Error;
use url::Url;

/// How long the server may take for a response.
const LONGEST: Duration = Duration::from_secs(20);
/// The largest response, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;

/// The server.
#[derive(Clone, Debug)]
pub struct EverestApi {
    client: reqwest::Client,
    api: Url,
}

/// Why the server did not answer as asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EverestError {
    /// It cannot be asked.
    #[error("the OpenEverest API {0}")]
    Unreachable(&'static str),
    /// It answers more than anybody needs.
    #[error("the response of the OpenEverest API is too large")]
    TooLarge,
    /// It answers something else.
    #[error("unexpected response from the OpenEverest API")]
    Unexpected,
    /// It says no, and this is what the caller gets.
    #[error("{said}")]
    Refused {
        /// With what.
        status: StatusCode,
        /// In these words.
        said: String,
    },
}

impl EverestError {
    /// The status of a response that says it.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Refused { status, .. } => *status,
            Self::Unreachable(_) | Self::TooLarge | Self::Unexpected => StatusCode::BAD_GATEWAY,
        }
    }

    /// What the server says no with is what the caller gets, where that is the caller's business.
    fn of_refusal(status: StatusCode, body: &[u8]) -> Self {
        let said: Value = serde_json::from_slice(body).unwrap_or_default();
        let said =
            short(said["message"].as_str().unwrap_or_else(|| status.canonical_reason().unwrap_or_default()));
        let refused = |status, said| Self::Refused { status, said };
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND | StatusCode::TOO_MANY_REQUESTS => {
                refused(status, said)
            }
            // A token of another kind than the server takes.
            StatusCode::BAD_REQUEST => refused(StatusCode::UNAUTHORIZED, said),
            StatusCode::FORBIDDEN => refused(status, format!("the OpenEverest API says: {said}")),
            _ => refused(StatusCode::BAD_GATEWAY, format!("the OpenEverest API answered {status}: {said}")),
        }
    }
}

impl EverestApi {
    /// The server at this address.
    ///
    /// # Errors
    /// The connection cannot be prepared.
    pub fn new(api: &Url) -> Result<Self, reqwest::Error> {
        // A token goes to the server and nowhere else.
        let mut builder = reqwest::Client::builder()
            .timeout(LONGEST)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        if api.scheme() == "http" {
            // Without a certificate store it would not even speak plain http.
            builder = builder.tls_certs_only([]);
        }
        Ok(Self { client: builder.build()?, api: api.clone() })
    }

    /// What is at `place` below `/v1`, for the caller with this credential.
    ///
    /// # Errors
    /// The server does not answer as asked.
    pub async fn get<T: DeserializeOwned>(
        &self,
        caller: &HeaderValue,
        place: &[&str],
    ) -> Result<T, EverestError> {
        let mut url = self.api.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1").extend(place);
        }
        let gone = |error: reqwest::Error| {
            EverestError::Unreachable(if error.is_timeout() { "timed out" } else { "is not reachable" })
        };
        let answer = self.client.get(url).header(AUTHORIZATION, caller.clone()).send().await.map_err(gone)?;
        let status = answer.status();
        let body = read(answer, LARGEST).await.map_err(|error| match error {
            ReadError::Lost(error) => gone(error),
            ReadError::TooLarge => EverestError::TooLarge,
        })?;
        if !status.is_success() {
            return Err(EverestError::of_refusal(status, &body));
        }
        serde_json::from_slice(&body).map_err(|_| EverestError::Unexpected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_the_callers_where_it_is_their_business() {
        let refused = |status: u16, body: &str| {
            let error = EverestError::of_refusal(StatusCode::from_u16(status).unwrap(), body.as_bytes());
            (error.status().as_u16(), error.to_string())
        };
        let said = |status: u16, text: &str| (status, text.to_owned());
        assert_eq!(refused(404, r#"{"message": "gone"}"#), said(404, "gone"));
        assert_eq!(refused(400, r#"{"message": "no jwt"}"#), said(401, "no jwt"));
        assert_eq!(refused(403, ""), said(403, "the OpenEverest API says: Forbidden"));
        assert_eq!(
            refused(500, "<html>"),
            said(502, "the OpenEverest API answered 500 Internal Server Error: Internal Server Error")
        );
        let long = format!(r#"{{"message": "{}"}}"#, "é".repeat(1000));
        assert_eq!(refused(404, &long).1.chars().count(), 601);
    }
}
