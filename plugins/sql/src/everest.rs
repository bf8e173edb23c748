//! The OpenEverest server, asked as the user who calls: instances, how to connect to one, what the user may do.
//!
//! It has no users of its own: what a user may not see there, they do not see here.

use crate::problem::ProblemBody;
use axum::extract::FromRequestParts;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use everestctl_plugin_service::everest::EverestApi;
use everestctl_protocol::policy::matches;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

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
pub(crate) struct Everest(EverestApi);

impl Everest {
    pub(crate) fn new(api: &Url) -> Result<Self, reqwest::Error> {
        EverestApi::new(api).map(Self)
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
        Ok(self.0.get(&caller.0, place).await?)
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
