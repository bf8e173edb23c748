//! Where a cluster is, whom to trust there, and the way to it.

use super::entries::{KubeconfigCluster, Named};
use super::{KubeconfigError, NoWay, content};
use crate::client::no_proxy::Habit;
use crate::client::proxy::{Proxy, ProxySettings};
use crate::client::{ClientError, NetworkError, pem};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use kube::client::ConfigExt as _;
use reqwest::Url;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// The extension of a cluster that is for its credential helper.
const FOR_HELPERS: &str = "client.authentication.k8s.io/exec";

/// The address of its API server. `host:port` alone is https where the kubeconfig has anything of TLS, else http, as in
/// kubectl (client-go, `DefaultServerURL`).
pub(super) fn address(
    cluster: &Named<KubeconfigCluster>,
    has_certificate: bool,
) -> Result<Url, KubeconfigError> {
    let KubeconfigCluster { server, certificate_authority, certificate_authority_data, .. } = &cluster.value;
    let text = server.as_deref().unwrap_or_default().trim();
    if text.is_empty() {
        return Err(cluster.fault("server", "is missing"));
    }
    let is_whole = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    let bad = || cluster.fault("server", "is not an address such as https://kube.example.com:6443");
    let url = match Url::parse(text) {
        Ok(url) if is_whole(&url) => url,
        _ if text.contains("://") => return Err(bad()),
        _ => {
            let has_authority =
                certificate_authority.as_ref().is_some_and(|path| !path.as_os_str().is_empty())
                    || certificate_authority_data.as_ref().is_some_and(|data| !data.is_empty());
            let has_tls = has_authority || has_certificate || is_insecure(cluster);
            let url = Url::parse(&format!("{}://{text}", if has_tls { "https" } else { "http" }));
            url.ok().filter(|url| is_whole(url) && url.path() == "/").ok_or_else(bad)?
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(cluster.fault("server", "must not contain a user name or a password"));
    }
    Ok(url)
}

fn is_insecure(cluster: &Named<KubeconfigCluster>) -> bool {
    cluster.value.insecure_skip_tls_verify.unwrap_or_default()
}

/// The proxy that it is reached through: its own, which an empty one is not, or that of the environment.
pub(super) fn proxy(
    cluster: &Named<KubeconfigCluster>,
    address: &Url,
    proxies: &ProxySettings,
) -> Result<Option<Proxy>, ClientError> {
    match cluster.value.proxy_url.as_ref().filter(|url| !url.is_empty()) {
        Some(own) => Proxy::of_kubeconfig(own).map(Some),
        None => proxies.proxy_for(address, Habit::Go),
    }
}

/// The name that its certificate has to have, where that is not its host's.
pub(super) fn server_name(
    cluster: &Named<KubeconfigCluster>,
) -> Result<Option<ServerName<'static>>, KubeconfigError> {
    let Some(name) = cluster.value.tls_server_name.as_deref().filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let name = ServerName::try_from(name.to_owned());
    name.map(Some).map_err(|_| cluster.fault("tls-server-name", "is not a host name"))
}

/// How TLS is spoken with it.
pub(super) fn tls(
    cluster: &Named<KubeconfigCluster>,
    address: &Url,
    certificate: Option<CertifiedKey>,
) -> Result<ClientConfig, NoWay> {
    let KubeconfigCluster { certificate_authority, certificate_authority_data, .. } = &cluster.value;
    let authorities = authorities(
        cluster,
        ("certificate-authority-data", certificate_authority_data.as_deref()),
        ("certificate-authority", certificate_authority.as_deref()),
    )?;
    if authorities.is_some() && is_insecure(cluster) {
        let why = "cannot be combined with a certificate-authority";
        return Err(cluster.fault("insecure-skip-tls-verify", why).into());
    }
    let mut tls =
        tls_config(authorities, is_insecure(cluster), address.scheme() == "http").map_err(NoWay::Client)?;
    if let Some(certificate) = certificate {
        // Not `with_client_auth_cert`: rustls 0.23 parses the certificate there to compare it with the key, and so refuses
        // the user's own certificate when it is of X.509 version 1. The server alone has to understand it.
        tls.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(certificate));
    }
    Ok(tls)
}

/// TLS with a server whose certificate has to be from one of `authorities`; `None` are those of the system.
pub(super) fn tls_config(
    authorities: Option<Vec<Vec<u8>>>,
    is_insecure: bool,
    is_plain: bool,
) -> Result<ClientConfig, ClientError> {
    // kube knows the verifiers. Which address it is for does not matter here.
    let mut config = kube::Config::new(http::Uri::from_static("https://kubernetes.default.svc"));
    config.accept_invalid_certs = is_insecure;
    config.root_cert = authorities;
    if is_plain && config.root_cert.is_none() {
        // Without a certificate store there would not even be plain http.
        config.root_cert = Some(Vec::new());
    }
    let tls = config.rustls_client_config();
    tls.map_err(|error| ClientError::Network(NetworkError::from_error(&error)))
}

/// The certificates to trust that a field holds, or the file that another one names; `None` where neither is there.
pub(super) fn authorities<T>(
    entry: &Named<T>,
    data: (&'static str, Option<&str>),
    file: (&'static str, Option<&Path>),
) -> Result<Option<Vec<Vec<u8>>>, KubeconfigError> {
    let field = if data.1.is_some_and(|data| !data.is_empty()) { data.0 } else { file.0 };
    let Some(text) = content(entry, data, file)? else { return Ok(None) };
    let usable = pem::certificates(&text).into_iter().filter(pem::is_trustworthy);
    let usable: Vec<Vec<u8>> = usable.map(|certificate| certificate.to_vec()).collect();
    if usable.is_empty() {
        return Err(entry.fault(field, "contains no valid certificates (PEM)"));
    }
    Ok(Some(usable))
}

/// What a credential helper is told of it (client.authentication.k8s.io, `Cluster`).
pub(super) fn description(cluster: &Named<KubeconfigCluster>) -> Result<Value, KubeconfigError> {
    let KubeconfigCluster {
        server, tls_server_name, certificate_authority, certificate_authority_data, ..
    } = &cluster.value;
    let authority = content(
        cluster,
        ("certificate-authority-data", certificate_authority_data.as_deref()),
        ("certificate-authority", certificate_authority.as_deref()),
    )?;
    let mut described = json!({"server": server});
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            described[name] = value;
        }
    };
    set("tls-server-name", tls_server_name.as_deref().map(Value::from));
    set("insecure-skip-tls-verify", is_insecure(cluster).then(|| true.into()));
    set("certificate-authority-data", authority.map(|text| BASE64.encode(&*text).into()));
    set("proxy-url", cluster.value.proxy_url.as_ref().map(|url| url.as_str().into()));
    let mut extensions = cluster.value.extensions.iter();
    let own = extensions.find(|extension| extension.name.as_deref() == Some(FOR_HELPERS));
    set("config", own.map(|own| own.extension.clone()));
    Ok(described)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(server: &str, more: KubeconfigCluster) -> Result<String, String> {
        let value = KubeconfigCluster { server: Some(server.to_owned()), ..more };
        let cluster = Named { value, ..Named::default() };
        address(&cluster, false).map(|url| url.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_address_without_a_scheme_is_https_where_there_is_tls() {
        let with_authority = || KubeconfigCluster {
            certificate_authority: Some("/ca".into()),
            ..KubeconfigCluster::default()
        };
        assert_eq!(at("127.0.0.1:8001", KubeconfigCluster::default()).unwrap(), "http://127.0.0.1:8001/");
        assert_eq!(at("127.0.0.1:6443", with_authority()).unwrap(), "https://127.0.0.1:6443/");
        assert_eq!(at("kubernetes", with_authority()).unwrap(), "https://kubernetes/");
        assert_eq!(at("kube.example:6443", with_authority()).unwrap(), "https://kube.example:6443/");
        let insecure =
            KubeconfigCluster { insecure_skip_tls_verify: Some(true), ..KubeconfigCluster::default() };
        assert_eq!(at("kube.example:6443", insecure).unwrap(), "https://kube.example:6443/");
        assert_eq!(at(" HTTPS://k/k8s/c-1/ ", KubeconfigCluster::default()).unwrap(), "https://k/k8s/c-1/");
        for bad in ["", "kube.example:6443/path", "ftp://k", "https://", "https://dana:hunter2@k", ":", "a b"]
        {
            let said = at(bad, with_authority()).unwrap_err();
            assert!(said.starts_with("server of ") && !said.contains("hunter2"), "{bad}: {said}");
        }
    }

    #[test]
    fn its_own_proxy_is_used_whatever_the_environment_says() {
        let proxies = ProxySettings::from_environment(
            &[("HTTPS_PROXY", "http://env:1"), ("NO_PROXY", "*")].into_iter().collect(),
        );
        let used = |own: Option<&str>, target: &str| {
            let value = KubeconfigCluster {
                proxy_url: own.map(|own| own.to_owned().into()),
                ..KubeconfigCluster::default()
            };
            let cluster = Named { value, ..Named::default() };
            match proxy(&cluster, &target.parse().unwrap(), &proxies) {
                Ok(found) => found.map_or_else(|| "none".to_owned(), |proxy| proxy.to_string()),
                Err(error) => error.to_string(),
            }
        };
        assert_eq!(used(Some("http://own:2"), "https://127.0.0.1:6443"), "http://own:2 (proxy-url)");
        assert_eq!(used(Some("socks5://own"), "https://far.example"), "socks5://own (proxy-url)");
        assert_eq!(used(Some(""), "https://far.example"), "none");
        assert_eq!(used(None, "https://far.example"), "none");
        assert_eq!(
            used(Some("ftp://own"), "https://far.example"),
            "proxy-url is not a proxy address: its scheme must be http, https or socks5"
        );
    }
}
