//! The OpenEverest server, asked as the user who calls: namespaces and instances.
//!
//! The plugin has no rights and no users of its own: what the server does not show to the caller, is not there.

use crate::problem::{ProblemBody, short};
use axum::extract::FromRequestParts;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// How long the server may take, and the largest response in bytes.
const TIMEOUT: Duration = Duration::from_secs(20);
const LARGEST: usize = 4 * 1024 * 1024;
/// The header that a server states the caller in, for backends to pass on (contract, 5.2).
const STATEMENT: &str = "x-everest-user";

/// The caller's own credential, for our requests to the server. It cannot be printed.
///
/// It is the host's statement where there is one, else the token that the proxy hands on. Both are only ever sent to the
/// server as a bearer token: whether they are true is for the server to say, and nothing in them counts before it has.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct CallerToken(HeaderValue);

impl CallerToken {
    /// Whose token it is, once the server has accepted it: so many sign-ins are still one user.
    pub(crate) fn subject(&self) -> String {
        #[derive(Deserialize)]
        struct Claims {
            #[serde(default)]
            iss: String,
            sub: String,
        }
        let claims = || -> Option<Claims> {
            let token = self.0.to_str().ok()?.strip_prefix("Bearer ")?;
            let claims = token.split('.').nth(1)?;
            serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
        };
        // `dana:login` of the server itself is the user dana.
        let name = |claims: Claims| match claims.sub.split_once(':') {
            Some((user, _)) if claims.iss == "everest" => format!("everest {user}"),
            _ => format!("{} {}", claims.iss, claims.sub),
        };
        claims().map_or_else(|| String::from_utf8_lossy(self.0.as_bytes()).into_owned(), name)
    }
}

impl<S: Sync> FromRequestParts<S> for CallerToken {
    type Rejection = ProblemBody;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ProblemBody> {
        let missing = || ProblemBody::new(StatusCode::UNAUTHORIZED, "missing auth token");
        let stated = parts.headers.get(STATEMENT).filter(|value| !value.is_empty());
        let mut value = if let Some(value) = stated {
            let bearer = [b"Bearer ", value.as_bytes()].concat();
            HeaderValue::from_bytes(&bearer).map_err(|_| missing())?
        } else {
            let value = parts.headers.get(AUTHORIZATION).ok_or_else(missing)?;
            if !value.as_bytes().starts_with(b"Bearer ") {
                return Err(missing());
            }
            value.clone()
        };
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

/// An instance, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
struct InstanceResource {
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
}

#[derive(Clone, Debug, Deserialize)]
struct Metadata {
    name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    provider_ref: ProviderRef,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct ProviderRef {
    name: String,
}

#[derive(Deserialize)]
struct ResourceList {
    #[serde(default)]
    items: Option<Vec<InstanceResource>>,
}

/// A database that the caller may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Instance {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) provider: String,
}

/// The server.
#[derive(Clone, Debug)]
pub(crate) struct Everest {
    client: reqwest::Client,
    api: Url,
}

impl Everest {
    pub(crate) fn new(api: &Url) -> Result<Self, reqwest::Error> {
        // A token goes to the server and nowhere else.
        let mut builder = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        if api.scheme() == "http" {
            // Without a certificate store it would not even speak plain http.
            builder = builder.tls_certs_only([]);
        }
        Ok(Self { client: builder.build()?, api: api.clone() })
    }

    /// The namespaces that the caller may see.
    pub(crate) async fn namespaces(
        &self,
        caller: &CallerToken,
        cluster: &str,
    ) -> Result<Vec<String>, ProblemBody> {
        self.get(caller, &["clusters", cluster, "namespaces"]).await
    }

    /// The instances of a namespace that the caller may see.
    pub(crate) async fn instances(
        &self,
        caller: &CallerToken,
        cluster: &str,
        namespace: &str,
    ) -> Result<Vec<Instance>, ProblemBody> {
        let list: ResourceList =
            self.get(caller, &["clusters", cluster, "namespaces", namespace, "instances"]).await?;
        let instance = |resource: InstanceResource| Instance {
            namespace: namespace.to_owned(),
            name: resource.metadata.name,
            provider: resource.spec.provider_ref.name,
        };
        Ok(list.items.unwrap_or_default().into_iter().map(instance).collect())
    }

    async fn get<T: DeserializeOwned>(&self, caller: &CallerToken, place: &[&str]) -> Result<T, ProblemBody> {
        let mut url = self.api.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1").extend(place);
        }
        let gone = |error: reqwest::Error| {
            let why = if error.is_timeout() { "timed out" } else { "is not reachable" };
            ProblemBody::gateway(format!("the OpenEverest API {why}"))
        };
        let sent = self.client.get(url).header(AUTHORIZATION, caller.0.clone()).send().await;
        let answer = sent.map_err(gone)?;
        let status = answer.status();
        let body = read(answer, LARGEST).await.map_err(|error| match error {
            ReadError::Lost(error) => gone(error),
            ReadError::TooLarge => ProblemBody::gateway("the response of the OpenEverest API is too large"),
        })?;
        if !status.is_success() {
            return Err(refusal(status, &body));
        }
        serde_json::from_slice(&body)
            .map_err(|_| ProblemBody::gateway("unexpected response from the OpenEverest API"))
    }
}

/// Why a response was not read.
pub(crate) enum ReadError {
    Lost(reqwest::Error),
    TooLarge,
}

/// The body of a response, if it is not larger than that.
pub(crate) async fn read(mut answer: reqwest::Response, largest: usize) -> Result<Vec<u8>, ReadError> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(ReadError::Lost)? {
        if body.len() + piece.len() > largest {
            return Err(ReadError::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// What the server says no with is what the caller gets, where that is the caller's business.
fn refusal(status: StatusCode, body: &[u8]) -> ProblemBody {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = said["message"].as_str().unwrap_or_else(|| status.canonical_reason().unwrap_or_default());
    let text = short(text);
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND | StatusCode::TOO_MANY_REQUESTS => {
            ProblemBody::new(status, text)
        }
        // A token of another kind than the server takes.
        StatusCode::BAD_REQUEST => ProblemBody::new(StatusCode::UNAUTHORIZED, text),
        StatusCode::FORBIDDEN => ProblemBody::new(status, format!("the OpenEverest API says: {text}")),
        _ => ProblemBody::gateway(format!("the OpenEverest API answered {status}: {text}")),
    }
}
