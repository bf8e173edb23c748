//! The OpenEverest server, asked as the user who calls: instances, how to connect to one, what the user may do.
//!
//! It has no users of its own: what a user may not see there, they do not see here.

use crate::problem::ProblemBody;
use axum::extract::FromRequestParts;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use everestctl_protocol::policy::matches;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// How long the server may take for an answer.
const LONGEST: Duration = Duration::from_secs(20);
/// The largest answer, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;

/// The caller: the token of the request, for our requests to the server. It cannot be printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct CallerToken(HeaderValue);

#[cfg(test)]
impl CallerToken {
    pub(crate) fn from_header(header: &str) -> Self {
        Self(HeaderValue::from_str(header).unwrap())
    }
}

impl CallerToken {
    /// What is in the token, if it is a JWT. That it is true, the server has to say: it is when it accepts the token.
    pub(crate) fn claims<T: DeserializeOwned>(&self) -> Option<T> {
        let token = self.0.to_str().ok()?.strip_prefix("Bearer ")?;
        let [_, claims, _] = token.split('.').collect::<Vec<_>>().try_into().ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }
}

impl<S: Sync> FromRequestParts<S> for CallerToken {
    type Rejection = ProblemBody;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ProblemBody> {
        let value = parts.headers.get(AUTHORIZATION).filter(|value| value.as_bytes().starts_with(b"Bearer "));
        let mut value =
            value.cloned().ok_or_else(|| ProblemBody::new(StatusCode::UNAUTHORIZED, "missing auth token"))?;
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

/// How to connect to an instance. It holds a password: there is no way to print it.
#[derive(Deserialize)]
pub(crate) struct ConnectionDetails {
    #[serde(rename = "type", default)]
    pub(crate) engine: String,
    #[serde(default)]
    pub(crate) host: String,
    /// A number, or a text that is one.
    #[serde(default)]
    pub(crate) port: Value,
    #[serde(default)]
    pub(crate) username: String,
    #[serde(default)]
    pub(crate) password: String,
    #[serde(default)]
    pub(crate) uri: String,
}

/// An instance, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct InstanceResource {
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

impl InstanceResource {
    pub(crate) fn name(&self) -> &str {
        &self.metadata.name
    }

    pub(crate) fn provider(&self) -> &str {
        &self.spec.provider_ref.name
    }
}

#[derive(Deserialize)]
struct ResourceList {
    #[serde(default)]
    items: Option<Vec<InstanceResource>>,
}

#[derive(Deserialize)]
struct Context {
    user: String,
}

#[derive(Deserialize)]
struct Permissions {
    enabled: bool,
    #[serde(default)]
    permissions: Vec<Vec<String>>,
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
            .timeout(LONGEST)
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
    ) -> Result<Vec<InstanceResource>, ProblemBody> {
        let list: ResourceList =
            self.get(caller, &["clusters", cluster, "namespaces", namespace, "instances"]).await?;
        Ok(list.items.unwrap_or_default())
    }

    /// How the caller may connect to an instance.
    pub(crate) async fn access(
        &self,
        caller: &CallerToken,
        cluster: &str,
        namespace: &str,
        instance: &str,
    ) -> Result<ConnectionDetails, ProblemBody> {
        let place = ["clusters", cluster, "namespaces", namespace, "instances", instance, "connection"];
        self.get(caller, &place).await
    }

    /// What the server calls the caller.
    pub(crate) async fn user(&self, caller: &CallerToken, cluster: &str) -> Result<String, ProblemBody> {
        let context: Context = self.get(caller, &["clusters", cluster, "plugin-context"]).await?;
        Ok(context.user)
    }

    /// Whether the policy lets the caller do `action` to `object` of `resource`.
    pub(crate) async fn allows(
        &self,
        caller: &CallerToken,
        resource: &str,
        action: &str,
        object: &str,
    ) -> Result<bool, ProblemBody> {
        let Permissions { enabled, permissions } = self.get(caller, &["permissions"]).await?;
        Ok(!enabled || is_allowed(&permissions, resource, action, object))
    }

    async fn get<T: DeserializeOwned>(&self, caller: &CallerToken, place: &[&str]) -> Result<T, ProblemBody> {
        let mut url = self.api.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1").extend(place);
        }
        let gone = |error: &reqwest::Error| {
            let why = if error.is_timeout() { "timed out" } else { "is not reachable" };
            ProblemBody::new(StatusCode::BAD_GATEWAY, format!("the OpenEverest API {why}"))
        };
        let sent = self.client.get(url).header(AUTHORIZATION, caller.0.clone()).send().await;
        let mut answer = sent.map_err(|error| gone(&error))?;
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| gone(&error))? {
            if body.len() + piece.len() > LARGEST {
                return Err(ProblemBody::new(
                    StatusCode::BAD_GATEWAY,
                    "the response of the OpenEverest API is too large",
                ));
            }
            body.extend_from_slice(&piece);
        }
        let status = answer.status();
        if !status.is_success() {
            return Err(refusal(status, &body));
        }
        serde_json::from_slice(&body).map_err(|_| {
            ProblemBody::new(StatusCode::BAD_GATEWAY, "unexpected response from the OpenEverest API")
        })
    }
}

/// What the server says no with is what the caller gets, where that is the caller's business.
fn refusal(status: StatusCode, body: &[u8]) -> ProblemBody {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = said["message"].as_str().unwrap_or_else(|| status.canonical_reason().unwrap_or_default());
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND => ProblemBody::new(status, text),
        // A token of another kind than the server takes.
        StatusCode::BAD_REQUEST => ProblemBody::new(StatusCode::UNAUTHORIZED, text),
        StatusCode::FORBIDDEN => ProblemBody::new(status, format!("the OpenEverest API says: {text}"))
            .hint("connecting requires the permission `read-connection` on the instance"),
        _ => ProblemBody::new(
            StatusCode::BAD_GATEWAY,
            format!("the OpenEverest API answered {status}: {text}"),
        ),
    }
}

/// What the rows of a policy, each `user, resource, action, object` and perhaps `deny`, say together.
fn is_allowed(rows: &[Vec<String>], resource: &str, action: &str, object: &str) -> bool {
    let fits = |row: &&Vec<String>| match row.as_slice() {
        [_, resources, actions, objects, ..] => {
            matches(resource, resources) && matches(action, actions) && matches(object, objects)
        }
        _ => false,
    };
    let is_denial = |row: &&Vec<String>| row.get(4).is_some_and(|effect| effect.trim() == "deny");
    rows.iter().any(|row| fits(&row) && !is_denial(&row))
        && !rows.iter().any(|row| fits(&row) && is_denial(&row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_allows_what_a_row_allows_and_none_denies() {
        let rows = |text: &str| -> Vec<Vec<String>> {
            text.lines().map(|line| line.split(", ").map(str::to_owned).collect()).collect()
        };
        let may = |text: &str| is_allowed(&rows(text), "instances", "update", "main/prod/shop");
        assert!(may("dana, instances, *, main/prod/*"));
        assert!(may("dana, *, *, */*/*"));
        assert!(!may("dana, instances, read, main/prod/*"));
        assert!(!may("dana, instances, *, *"));
        assert!(!may("dana, instances, *, main/prod/*\ndana, instances, update, main/prod/shop, deny"));
        assert!(!may("dana, instances"));
        assert!(!may(""));
    }
}
