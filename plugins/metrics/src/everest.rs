//! The OpenEverest server, asked as the user who calls: namespaces and instances.
//!
//! The plugin has no rights and no users of its own: what the server does not show to the caller, is not there.

use crate::problem::ProblemBody;
use axum::extract::FromRequestParts;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use everestctl_plugin_service::everest::EverestApi;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

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
        Ok(self.0.get(&caller.0, place).await?)
    }
}
