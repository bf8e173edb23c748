//! What the environment says. Nothing else reads it.

use std::env::VarError;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use url::Url;

/// Where the API is inside a cluster, when nothing else is said.
const IN_CLUSTER: &str = "http://everest.everest-system.svc.cluster.local:8080";

/// How long nothing has to happen in a session for it to end, unless it is said.
const SESSION_IDLE: Duration = Duration::from_mins(30);

/// How the plugin runs.
#[derive(Clone, Debug)]
pub(crate) struct PluginSettings {
    /// Where to listen (`LISTEN`): this machine only, unless it is said.
    pub(crate) listen: IpAddr,
    /// The port (`PORT`). Neither counts where a socket is handed over.
    pub(crate) port: u16,
    /// The OpenEverest API (`EVEREST_API_URL`, else `EVEREST_SERVICE_HOST` and `EVEREST_SERVICE_PORT`).
    pub(crate) api: Url,
    /// How long nothing has to happen in a session for it to end (`SESSION_IDLE_SECONDS`).
    pub(crate) session_idle: Duration,
}

impl PluginSettings {
    /// As the environment has them.
    pub(crate) fn from_process() -> io::Result<Self> {
        let api = match (variable("EVEREST_API_URL")?, variable("EVEREST_SERVICE_HOST")?) {
            (Some(url), _) => url,
            (None, Some(host)) => {
                let port = variable("EVEREST_SERVICE_PORT")?.unwrap_or_else(|| "8080".to_owned());
                format!("http://{host}:{port}")
            }
            (None, None) => IN_CLUSTER.to_owned(),
        };
        let api: Url = api.parse().map_err(|error| wrong("the address of the API", &error))?;
        if !matches!(api.scheme(), "http" | "https") || api.cannot_be_a_base() {
            return Err(wrong("the address of the API", &"it is neither http nor https"));
        }
        // A number that is none would be no reason to listen elsewhere, and a large one is a lot of sockets to look for.
        if let Some(sockets) = variable("LISTEN_FDS")? {
            sockets.parse::<u8>().map_err(|error| wrong("LISTEN_FDS", &error))?;
        }
        let listen = variable("LISTEN")?.map_or(Ok(Ipv4Addr::LOCALHOST.into()), |text| text.parse());
        let idle = variable("SESSION_IDLE_SECONDS")?.map_or(Ok(SESSION_IDLE.as_secs()), |text| text.parse());
        let idle = idle.map_err(|error| wrong("SESSION_IDLE_SECONDS", &error))?;
        let port = variable("PORT")?.map_or(Ok(8080), |text| text.parse());
        Ok(Self {
            listen: listen.map_err(|error| wrong("LISTEN", &error))?,
            port: port.map_err(|error| wrong("PORT", &error))?,
            api,
            session_idle: Duration::from_secs(idle.max(1)),
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "this file is where the environment is read")]
fn variable(name: &str) -> io::Result<Option<String>> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(error) => Err(wrong(name, &error)),
    }
}

fn wrong(what: &str, why: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{what}: {why}"))
}
