//! How a server is reached: certificates, proxies, time limits.

use super::http_client::HttpClient;
use super::no_proxy::Habit;
use super::pem;
use super::proxy::ProxySettings;
use super::{Address, ClientError, NetworkError, USER_AGENT, certificate_verifier};
use crate::model::{CleanText, Warning};
use crate::sys::files;
use crate::sys::late_warnings::{self, Weight};
use reqwest::redirect;
use rustls::pki_types::CertificateDer;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::path::PathBuf;
use std::time::Duration;

/// How long a connection may take to be made.
pub const CONNECT: Duration = Duration::from_secs(10);
/// How long a whole request may take, but for streams.
pub const REQUEST: Duration = Duration::from_mins(1);
/// This machine; the port is that of the address.
const THIS_MACHINE: [SocketAddr; 2] = [
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)),
    SocketAddr::V6(SocketAddrV6::new(Ipv6Addr::LOCALHOST, 0, 0, 0)),
];
/// More certificates than any file of them holds, in bytes.
const LARGEST_CA_FILE: u64 = 4 * 1024 * 1024;

/// What the user says of the way to a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transport {
    /// Certificates to trust beside those of the system.
    pub ca_file: Option<PathBuf>,
    /// Whether any certificate will do.
    pub insecure: bool,
    /// Whether plain http may leave this machine.
    pub allow_http: bool,
    /// Connect timeout; [`CONNECT`] by default.
    pub connect: Option<Duration>,
    /// The proxies to use.
    pub proxies: ProxySettings,
}

impl Transport {
    /// A client for `address`. It follows no redirection and unpacks nothing: the reader of the response does.
    pub(super) fn client(&self, address: &Address) -> Result<HttpClient, ClientError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(self.connect.unwrap_or(CONNECT))
            .redirect(redirect::Policy::none())
            .no_gzip()
            // Its own reading of NO_PROXY knows no ports, and `*` for names only.
            .no_proxy();
        // Every request of this client stays on the address.
        let proxy = self.proxies.proxy_for(&address.below(&[]), Habit::Curl)?;
        if let Some(proxy) = &proxy {
            let all = reqwest::Proxy::all(proxy.url().clone());
            builder = builder.proxy(all.map_err(|error| ClientError::no_network(&error))?);
        }
        if let Some(name) = address.name_of_this_machine() {
            // Whatever a resolver says of such a name.
            builder = builder.resolve_to_addrs(name, &THIS_MACHINE);
        }
        if !address.is_https() {
            // Without a certificate store reqwest would not even speak plain http.
            builder = builder.tls_certs_only([]);
        } else if self.insecure {
            builder = builder.tls_danger_accept_invalid_certs(true);
        } else {
            let config = certificate_verifier::config(self.certificates()?);
            let nobody = |_| ClientError::Network(NetworkError::NoTrustedCertificates);
            builder = builder.tls_backend_preconfigured(config.map_err(nobody)?);
        }
        let client =
            builder.build().map_err(|error| ClientError::Network(NetworkError::from_error(&error)))?;
        Ok(HttpClient::new(client, proxy))
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, ClientError> {
        let Some(path) = &self.ca_file else { return Ok(Vec::new()) };
        let bad = |why: String| ClientError::BadCaFile { path: CleanText::new(&path.to_string_lossy()), why };
        let content = files::read(path, LARGEST_CA_FILE).map_err(|error| bad(error.to_string()))?;
        let all = pem::blocks(&content);
        if all == 0 {
            return Err(bad("it holds no certificates (PEM)".to_owned()));
        }
        let found = pem::certificates(&content);
        let usable: Vec<_> = found.into_iter().filter(pem::is_trustworthy).collect();
        if usable.is_empty() {
            return Err(bad("none of its certificates is valid".to_owned()));
        }
        if usable.len() < all {
            let path = CleanText::new(&path.to_string_lossy());
            let message =
                format!("skipped {} of {all} certificates in {path}: not valid", all - usable.len());
            late_warnings::leave(Warning::general(message), Weight::Usual);
        }
        Ok(usable)
    }
}
