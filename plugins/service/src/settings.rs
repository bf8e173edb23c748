//! What the environment says to every plugin, and how a variable of a plugin's own is read.

use std::env::VarError;
use std::fmt::Display;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;
use url::Url;

/// Where the API is inside a cluster, when nothing else is said.
const IN_CLUSTER: &str = "http://everest.everest-system.svc.cluster.local:8080";

/// How the service of a plugin runs.
#[derive(Clone, Debug)]
pub struct ServiceSettings {
    /// Where to listen (`LISTEN`): this machine only, unless it is said.
    pub listen: IpAddr,
    /// The port (`PORT`). Neither counts where a socket is handed over.
    pub port: u16,
    /// The OpenEverest API (`EVEREST_API_URL`, else `EVEREST_SERVICE_HOST` and `EVEREST_SERVICE_PORT`).
    pub api: Url,
}

impl ServiceSettings {
    /// As the environment has them.
    ///
    /// # Errors
    /// A variable is not what it has to be.
    pub fn from_process() -> io::Result<Self> {
        let api = match (variable("EVEREST_API_URL")?, variable("EVEREST_SERVICE_HOST")?) {
            (Some(url), _) => url,
            (None, Some(host)) => {
                let port = variable("EVEREST_SERVICE_PORT")?.unwrap_or_else(|| "8080".to_owned());
                format!("http://{host}:{port}")
            }
            (None, None) => IN_CLUSTER.to_owned(),
        };
        // A number that is none would be no reason to listen elsewhere, and a large one is a lot of sockets to look for.
        parsed::<u8>("LISTEN_FDS", 0)?;
        Ok(Self {
            listen: parsed("LISTEN", Ipv4Addr::LOCALHOST.into())?,
            port: parsed("PORT", 8080)?,
            api: address("the address of the API", &api)?,
        })
    }
}

/// The address of a server.
///
/// # Errors
/// It is none that requests could go to; `what` is.
pub fn address(what: &str, text: &str) -> io::Result<Url> {
    let url: Url = text.parse().map_err(|error| wrong(what, &error))?;
    if matches!(url.scheme(), "http" | "https") && !url.cannot_be_a_base() {
        Ok(url)
    } else {
        Err(wrong(what, &"it is neither http nor https"))
    }
}

/// The value of a variable, or this one where it is not set.
///
/// # Errors
/// It is set to something else.
pub fn parsed<T: FromStr<Err: Display>>(name: &str, otherwise: T) -> io::Result<T> {
    variable(name)?.map_or(Ok(otherwise), |text| text.parse().map_err(|error| wrong(name, &error)))
}

/// The text of a variable; an empty one is none.
///
/// # Errors
/// It is no text.
#[expect(clippy::disallowed_methods, reason = "this file is where the environment is read")]
pub fn variable(name: &str) -> io::Result<Option<String>> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(error) => Err(wrong(name, &error)),
    }
}

/// That a setting is not what it has to be.
pub fn wrong(what: &str, why: &dyn Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{what}: {why}"))
}
