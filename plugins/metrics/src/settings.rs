//! What the environment says. Nothing else reads it.

use std::env::VarError;
use std::fmt::Display;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use url::Url;

/// Where the API and Prometheus are inside a cluster, when nothing else is said.
const API: &str = "http://everest.everest-system.svc.cluster.local:8080";
const PROMETHEUS: &str = "http://prometheus-operated.monitoring.svc.cluster.local:9090";

/// How the plugin runs.
#[derive(Clone, Debug)]
pub(crate) struct PluginSettings {
    /// Where to listen (`LISTEN`): this machine only, unless it is said.
    pub(crate) listen: IpAddr,
    /// The port (`PORT`). Neither counts where a socket is handed over.
    pub(crate) port: u16,
    /// The OpenEverest API (`EVEREST_API_URL`, else `EVEREST_SERVICE_HOST` and `EVEREST_SERVICE_PORT`).
    pub(crate) api: Url,
    /// The cluster of OpenEverest whose metrics Prometheus has (`CLUSTER`).
    pub(crate) cluster: String,
    /// Prometheus, or what answers as it does (`PROMETHEUS_URL`).
    pub(crate) prometheus: Url,
    /// A file with a token for Prometheus (`PROMETHEUS_TOKEN_FILE`), read for each request: it may be renewed.
    pub(crate) token_file: Option<PathBuf>,
    /// A file with the certificates that Prometheus' own is checked with (`PROMETHEUS_CA_FILE`), instead of the system's.
    pub(crate) ca_file: Option<PathBuf>,
    /// The label that has the namespace (`NAMESPACE_LABEL`).
    pub(crate) namespace_label: String,
    /// The folder with dashboards (`DASHBOARDS`).
    pub(crate) dashboards: Option<PathBuf>,
    /// How long Prometheus may take (`QUERY_TIMEOUT_SECONDS`).
    pub(crate) timeout: Duration,
    /// How far back a request may go (`LONGEST_RANGE_DAYS`).
    pub(crate) longest_range: Duration,
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
            (None, None) => API.to_owned(),
        };
        // A number that is none would be no reason to listen elsewhere, and a large one is a lot of sockets to look for.
        parsed::<u8>("LISTEN_FDS", 0)?;
        let namespace_label = variable("NAMESPACE_LABEL")?.unwrap_or_else(|| "namespace".to_owned());
        if !is_label(&namespace_label) {
            return Err(wrong("NAMESPACE_LABEL", &"it is not the name of a label"));
        }
        let prometheus = variable("PROMETHEUS_URL")?.unwrap_or_else(|| PROMETHEUS.to_owned());
        Ok(Self {
            listen: parsed("LISTEN", Ipv4Addr::LOCALHOST.into())?,
            port: parsed("PORT", 8080)?,
            api: address("the address of the API", &api)?,
            cluster: variable("CLUSTER")?.unwrap_or_else(|| "main".to_owned()),
            prometheus: address("PROMETHEUS_URL", &prometheus)?,
            token_file: variable("PROMETHEUS_TOKEN_FILE")?.map(PathBuf::from),
            ca_file: variable("PROMETHEUS_CA_FILE")?.map(PathBuf::from),
            namespace_label,
            dashboards: variable("DASHBOARDS")?.map(PathBuf::from),
            timeout: Duration::from_secs(parsed("QUERY_TIMEOUT_SECONDS", 30_u64)?.clamp(1, 600)),
            longest_range: Duration::from_secs(
                parsed("LONGEST_RANGE_DAYS", 31_u64)?.clamp(1, 3660) * 24 * 3600,
            ),
        })
    }

    /// Prometheus' address, without a password that may be in it.
    pub(crate) fn shown_prometheus(&self) -> Url {
        let mut url = self.prometheus.clone();
        // An address that can have no password has none.
        let _ = url.set_password(None);
        url.set_query(None);
        url
    }
}

/// Whether Prometheus takes this as the name of a label, in every version.
pub(crate) fn is_label(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

fn address(what: &str, text: &str) -> io::Result<Url> {
    let url: Url = text.parse().map_err(|error| wrong(what, &error))?;
    if matches!(url.scheme(), "http" | "https") && !url.cannot_be_a_base() {
        Ok(url)
    } else {
        Err(wrong(what, &"it is neither http nor https"))
    }
}

fn parsed<T: FromStr<Err: Display>>(name: &str, otherwise: T) -> io::Result<T> {
    variable(name)?.map_or(Ok(otherwise), |text| text.parse().map_err(|error| wrong(name, &error)))
}

#[expect(clippy::disallowed_methods, reason = "this file is where the environment is read")]
fn variable(name: &str) -> io::Result<Option<String>> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(error) => Err(wrong(name, &error)),
    }
}

fn wrong(what: &str, why: &dyn Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{what}: {why}"))
}
