//! The OpenEverest API, asked as the user who calls: what they may not see there, they do not see here.

use everestctl_plugin::{Error, Host};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// How long the server may take for an answer.
const LONGEST: Duration = Duration::from_secs(20);
/// The largest answer, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;
/// The cluster where none is chosen.
const MAIN: &str = "main";
/// The exit code of a user who has to sign in.
const SIGN_IN: u8 = 4;

/// Why the server did not answer as asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// It says no.
    #[error("the OpenEverest API answered {status}: {said}")]
    Refused { status: u16, said: String },
    /// It cannot be asked.
    #[error("the OpenEverest API {0}")]
    Unreachable(&'static str),
    /// It answers something else.
    #[error("unexpected response from the OpenEverest API")]
    Unexpected,
}

impl ApiError {
    /// Whether there is no such thing, or no such route.
    pub(crate) const fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { status: 404 | 405, .. })
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        let failed = Self::new(error.to_string());
        match error {
            ApiError::Refused { status: 401, .. } => failed.hint("everestctl auth login").with_code(SIGN_IN),
            _ => failed,
        }
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

/// An instance, as the server has it.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) resource: Value,
}

impl Instance {
    /// `namespace/name`.
    pub(crate) fn place(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

/// The server, and who asks it.
pub(crate) struct Everest {
    client: reqwest::Client,
    api: Url,
    cluster: String,
    /// `Bearer …`, marked so that it is not printed.
    caller: reqwest::header::HeaderValue,
}

impl Everest {
    /// The server of this run, for its user.
    pub(crate) fn of(host: &mut Host) -> Result<Self, Error> {
        if host.context().offline {
            return Err(
                Error::new("instances cannot be read offline").hint("leave --offline out, or use --files")
            );
        }
        let server = host.context().host.clone().ok_or_else(|| {
            Error::new("no OpenEverest server is known").hint("everestctl auth login URL").with_code(SIGN_IN)
        })?;
        let api = Url::parse(&server).map_err(|error| {
            Error::new("the address of the OpenEverest server is not usable").because(error)
        })?;
        let cluster = host.context().cluster.clone().unwrap_or_else(|| MAIN.to_owned());
        let token = host.token()?;
        let mut caller = reqwest::header::HeaderValue::from_str(&format!("Bearer {}", token.as_str()))
            .map_err(|_| {
                Error::new("the token of this session cannot be sent").hint("everestctl auth login")
            })?;
        caller.set_sensitive(true);
        // A token goes to the server and nowhere else.
        let mut builder =
            reqwest::Client::builder().timeout(LONGEST).redirect(reqwest::redirect::Policy::none());
        if api.scheme() == "http" {
            // Without a certificate store it would not even speak plain http.
            builder = builder.tls_certs_only([]).no_proxy();
        }
        let client =
            builder.build().map_err(|error| Error::new("could not prepare the connection").because(error))?;
        Ok(Self { client, api, cluster, caller })
    }

    /// The namespaces that the caller may see.
    pub(crate) async fn namespaces(&self) -> Result<Vec<String>, ApiError> {
        let list = self.get(&["namespaces"]).await?;
        serde_json::from_value(list).map_err(|_| ApiError::Unexpected)
    }

    /// The instances of a namespace that the caller may see.
    pub(crate) async fn instances(&self, namespace: &str) -> Result<Vec<Instance>, ApiError> {
        let list = self.get(&["namespaces", namespace, "instances"]).await?;
        let items = list["items"].as_array().cloned().unwrap_or_default();
        let instance = |resource: Value| {
            let name = resource["metadata"]["name"].as_str()?.to_owned();
            Some(Instance { namespace: namespace.to_owned(), name, resource })
        };
        Ok(items.into_iter().filter_map(instance).collect())
    }

    /// How the caller may connect to an instance.
    pub(crate) async fn connection(&self, instance: &Instance) -> Result<ConnectionDetails, ApiError> {
        let place = ["namespaces", &instance.namespace, "instances", &instance.name, "connection"];
        serde_json::from_value(self.get(&place).await?).map_err(|_| ApiError::Unexpected)
    }

    /// The backups of an instance.
    pub(crate) async fn backups(&self, instance: &Instance) -> Result<Vec<Value>, ApiError> {
        let place = ["namespaces", &instance.namespace, "instances", &instance.name, "backups"];
        let list = self.get(&place).await?;
        Ok(list["items"].as_array().cloned().unwrap_or_default())
    }

    async fn get(&self, place: &[&str]) -> Result<Value, ApiError> {
        let mut url = self.api.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty();
            if !self.api.path().trim_end_matches('/').ends_with("/v1") {
                segments.push("v1");
            }
            segments.extend(["clusters", &self.cluster]).extend(place);
        }
        let gone = |error: &reqwest::Error| {
            ApiError::Unreachable(if error.is_timeout() { "timed out" } else { "is not reachable" })
        };
        let request = self.client.get(url).header(reqwest::header::AUTHORIZATION, self.caller.clone());
        let mut answer = request.send().await.map_err(|error| gone(&error))?;
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| gone(&error))? {
            if body.len() + piece.len() > LARGEST {
                return Err(ApiError::Unreachable("gave a response that is too large"));
            }
            body.extend_from_slice(&piece);
        }
        let status = answer.status();
        if !status.is_success() {
            let said: Value = serde_json::from_slice(&body).unwrap_or_default();
            let said = said["message"].as_str().or_else(|| status.canonical_reason()).unwrap_or_default();
            return Err(ApiError::Refused { status: status.as_u16(), said: crate::finding::harmless(said) });
        }
        serde_json::from_slice(&body).map_err(|_| ApiError::Unexpected)
    }
}
