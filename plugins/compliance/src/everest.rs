//! The OpenEverest API, asked as the user who calls: what they may not see there, they do not see here.

use everestctl_plugin::http::path_of;
use everestctl_plugin::{Error, Host, Request, Response};
use serde::Deserialize;
use serde_json::Value;

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
    #[error(transparent)]
    NotAsked(Error),
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
            ApiError::NotAsked(error) => error,
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

/// The server, asked through whoever runs the plugin.
pub(crate) struct Everest<'h> {
    host: &'h mut Host,
    cluster: String,
}

impl<'h> Everest<'h> {
    /// The server of this run, for its user.
    pub(crate) fn of(host: &'h mut Host) -> Result<Self, Error> {
        if host.context().offline {
            return Err(
                Error::new("instances cannot be read offline").hint("leave --offline out, or use --files")
            );
        }
        if host.context().host.is_none() {
            return Err(Error::new("no OpenEverest server is known")
                .hint("everestctl auth login URL")
                .with_code(SIGN_IN));
        }
        let cluster = host.context().cluster.clone().unwrap_or_else(|| MAIN.to_owned());
        Ok(Self { host, cluster })
    }

    /// Shows how far a look at many is.
    pub(crate) fn progress(&mut self, message: &str, done: u64, total: u64) {
        self.host.progress(message, done, Some(total));
    }

    /// The namespaces that the caller may see.
    pub(crate) fn namespaces(&mut self) -> Result<Vec<String>, ApiError> {
        let list = self.get(&["namespaces"])?;
        serde_json::from_value(list).map_err(|_| ApiError::Unexpected)
    }

    /// The instances of a namespace that the caller may see.
    pub(crate) fn instances(&mut self, namespace: &str) -> Result<Vec<Instance>, ApiError> {
        let list = self.get(&["namespaces", namespace, "instances"])?;
        let items = list["items"].as_array().cloned().unwrap_or_default();
        let instance = |resource: Value| {
            let name = resource["metadata"]["name"].as_str()?.to_owned();
            Some(Instance { namespace: namespace.to_owned(), name, resource })
        };
        Ok(items.into_iter().filter_map(instance).collect())
    }

    /// How the caller may connect to an instance.
    pub(crate) fn connection(&mut self, instance: &Instance) -> Result<ConnectionDetails, ApiError> {
        let place = ["namespaces", &instance.namespace, "instances", &instance.name, "connection"];
        serde_json::from_value(self.get(&place)?).map_err(|_| ApiError::Unexpected)
    }

    /// The backups of an instance.
    pub(crate) fn backups(&mut self, instance: &Instance) -> Result<Vec<Value>, ApiError> {
        let place = ["namespaces", &instance.namespace, "instances", &instance.name, "backups"];
        let list = self.get(&place)?;
        Ok(list["items"].as_array().cloned().unwrap_or_default())
    }

    fn get(&mut self, place: &[&str]) -> Result<Value, ApiError> {
        let cluster = self.cluster.clone();
        let segments = ["v1", "clusters", &cluster].into_iter().chain(place.iter().copied());
        let request = Request::get(path_of(segments)).to_server();
        let Response { status, body, .. } = self.host.request(&request).map_err(ApiError::NotAsked)?;
        if !(200..300).contains(&status) {
            let said: Value = serde_json::from_slice(&body).unwrap_or_default();
            let said = said["message"].as_str().unwrap_or("it does not say why");
            return Err(ApiError::Refused { status, said: crate::finding::harmless(said) });
        }
        serde_json::from_slice(&body).map_err(|_| ApiError::Unexpected)
    }
}
