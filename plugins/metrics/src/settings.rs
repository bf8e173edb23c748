//! What the environment says. Nothing else reads it.

use everestctl_plugin_service::settings::{ServiceSettings, address, parsed, variable, wrong};
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// Where Prometheus is inside a cluster, when nothing else is said.
const PROMETHEUS: &str = "http://prometheus-operated.monitoring.svc.cluster.local:9090";

/// How the plugin runs.
#[derive(Clone, Debug)]
pub(crate) struct PluginSettings {
    /// What every plugin is told.
    pub(crate) service: ServiceSettings,
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
        let namespace_label = variable("NAMESPACE_LABEL")?.unwrap_or_else(|| "namespace".to_owned());
        if !is_label(&namespace_label) {
            return Err(wrong("NAMESPACE_LABEL", &"it is not the name of a label"));
        }
        let prometheus = variable("PROMETHEUS_URL")?.unwrap_or_else(|| PROMETHEUS.to_owned());
        Ok(Self {
            service: ServiceSettings::from_process()?,
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
