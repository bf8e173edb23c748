//! Requests on their way to a backend and back: streamed both ways, nothing kept, nothing limited.

use super::backends::{BackendRoute, Backends};
use super::places::Busy;
use super::plugins::{ProxyTarget, ServedPlugin};
use super::settings::Compat;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONNECTION, COOKIE, HOST, HeaderName, HeaderValue, UPGRADE};
use axum::http::uri::{Authority, PathAndQuery, Scheme};
use axum::http::{HeaderMap, Request, Response, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

/// The header in which a backend learns who calls.
pub const USER: &str = "x-everest-user";

/// Headers that are for one connection only (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The connections to backends.
pub struct ReverseProxy {
    plain: Client<HttpConnector, Body>,
    encrypted: OnceLock<Option<Client<HttpsConnector<HttpConnector>, Body>>>,
}

/// One request to forward.
pub struct Forward<'a> {
    /// The plugin.
    pub plugin: &'a ServedPlugin,
    /// The path after the plugin's name with its encoding kept, and the query.
    pub path_and_query: &'a str,
    /// What the backend may know of the caller.
    pub user: Option<HeaderValue>,
    /// How the proxy behaves.
    pub compat: Compat,
    /// Where the request came from.
    pub from: IpAddr,
}

/// Why a request did not reach a backend.
#[derive(Debug)]
pub enum Unreachable {
    /// The plugin has none.
    NoBackend,
    /// It cannot be said where it is.
    Unresolved(String),
    /// Nothing answers there; this is why.
    Dead(String),
}

impl Default for ReverseProxy {
    /// No connection yet.
    fn default() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.enforce_http(false);
        Self { plain: Client::builder(TokioExecutor::new()).build(connector), encrypted: OnceLock::new() }
    }
}

impl ReverseProxy {
    /// Forwards `request`. The answer comes as soon as the backend has started one.
    pub async fn forward(
        &self,
        mut request: Request<Body>,
        forward: Forward<'_>,
        backends: &Backends,
    ) -> Result<Response<Body>, Unreachable> {
        let way = match forward.plugin.target {
            ProxyTarget::Command => {
                Some(backends.way(forward.plugin.manifest.name()).await.map_err(Unreachable::Dead)?)
            }
            _ => None,
        };
        let uri = target(&forward, way.as_deref())?;
        let dead = |place: &Uri| {
            let place = place.authority().map(ToString::to_string).unwrap_or_default();
            move |_| Unreachable::Dead(format!("{place} does not answer"))
        };
        let dead = dead(&uri);
        let upgrade = upgrade_of(request.headers());
        let waiting = upgrade.is_some().then(|| hyper::upgrade::on(&mut request));
        let busy = request.extensions_mut().remove::<Arc<Busy>>();
        prepare(&mut request, &uri, upgrade.as_ref(), &forward);
        *request.uri_mut() = uri;
        let mut response = self.send(request, way.as_deref()).await.map_err(dead)?;
        let switched = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        let upgrade = upgrade_of(response.headers());
        remove_hop_by_hop(response.headers_mut());
        if switched {
            // The client has not asked for the protocol that the backend switches to.
            let (Some(protocol), Some(client)) = (upgrade, waiting) else {
                return Err(Unreachable::Dead("it switched to a protocol that was not asked for".to_owned()));
            };
            let backend = hyper::upgrade::on(&mut response);
            tokio::spawn(async move {
                let pipe = async {
                    if let (Ok(client), Ok(backend)) = (client.await, backend.await) {
                        let (mut client, mut backend) = (TokioIo::new(client), TokioIo::new(backend));
                        // Either side may go at any time; then the other goes too.
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut backend).await;
                    }
                };
                // It has a place as every connection has, and loses it as they do.
                match &busy {
                    Some(busy) => tokio::select! { () = pipe => {}, () = busy.place().needed() => {} },
                    None => pipe.await,
                }
            });
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
            response.headers_mut().insert(UPGRADE, protocol);
        }
        Ok(response)
    }

    /// Sends it, by its own way to what the host has started.
    async fn send(
        &self,
        mut request: Request<Body>,
        way: Option<&BackendRoute>,
    ) -> io::Result<Response<Body>> {
        *request.version_mut() = axum::http::Version::HTTP_11;
        if let Some(way) = way {
            return way.send(request).await.map(|response| response.map(Body::new));
        }
        let response = if request.uri().scheme() == Some(&Scheme::HTTPS) {
            let client = self.encrypted.get_or_init(encrypted).as_ref();
            let client = client.ok_or_else(|| io::Error::other("no certificates to trust"))?;
            client.request(request).await
        } else {
            self.plain.request(request).await
        };
        response.map(|response| response.map(Body::new)).map_err(io::Error::other)
    }
}

fn encrypted() -> Option<Client<HttpsConnector<HttpConnector>, Body>> {
    let connector =
        HttpsConnectorBuilder::new().with_native_roots().ok()?.https_or_http().enable_http1().build();
    Some(Client::builder(TokioExecutor::new()).build(connector))
}

/// Where the request goes: the target's scheme and host, the path after the plugin's name. A path of the
/// target itself is kept in front of it, which upstream's code forgets.
fn target(forward: &Forward<'_>, way: Option<&BackendRoute>) -> Result<Uri, Unreachable> {
    let local = |address: &str| (Scheme::HTTP, Authority::try_from(address).ok(), String::new());
    let (scheme, authority, prefix) = match &forward.plugin.target {
        ProxyTarget::None => return Err(Unreachable::NoBackend),
        ProxyTarget::Unresolved(why) => return Err(Unreachable::Unresolved(why.clone())),
        ProxyTarget::BuiltIn(address) => local(&address.to_string()),
        ProxyTarget::Command => local(way.map(BackendRoute::authority).unwrap_or_default()),
        ProxyTarget::Url(url) => {
            let path = if forward.compat == Compat::Spec { url.path().trim_end_matches('/') } else { "" };
            (url.scheme().cloned().unwrap_or(Scheme::HTTP), url.authority().cloned(), path.to_owned())
        }
    };
    let path = match forward.path_and_query {
        "" => "/".to_owned(),
        query if query.starts_with('?') => format!("/{query}"),
        path => path.to_owned(),
    };
    let path = PathAndQuery::try_from(format!("{prefix}{path}"));
    let (Some(authority), Ok(path)) = (authority, path) else {
        return Err(Unreachable::Unresolved("its address is not valid".to_owned()));
    };
    Uri::builder()
        .scheme(scheme)
        .authority(authority)
        .path_and_query(path)
        .build()
        .map_err(|error| Unreachable::Unresolved(error.to_string()))
}

/// Makes the request one for the backend.
fn prepare(request: &mut Request<Body>, uri: &Uri, upgrade: Option<&HeaderValue>, forward: &Forward<'_>) {
    let headers = request.headers_mut();
    remove_hop_by_hop(headers);
    if let Some(protocol) = upgrade {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, protocol.clone());
    }
    if let Some(host) = uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok()) {
        headers.insert(HOST, host);
    }
    let earlier = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let chain =
        earlier.map_or_else(|| forward.from.to_string(), |earlier| format!("{earlier}, {}", forward.from));
    if let Ok(chain) = HeaderValue::from_str(&chain) {
        headers.insert("x-forwarded-for", chain);
    }
    if forward.compat == Compat::Upstream {
        return;
    }
    let forged: Vec<HeaderName> = headers.keys().filter(|name| is_read_as_user(name)).cloned().collect();
    for name in forged {
        headers.remove(name);
    }
    if let Some(user) = &forward.user {
        headers.insert(USER, user.clone());
    }
    if let Some(credentials) = &forward.plugin.credentials {
        headers.insert(AUTHORIZATION, credentials.clone());
        headers.remove(COOKIE);
    }
}

/// Whether a server may read this name as that of the header [`USER`]: many know no difference between `-`, `_` and `.`
/// (CGI, WSGI, PHP), some leave out what they do not know.
fn is_read_as_user(name: &HeaderName) -> bool {
    let letters = |name: &str| -> Vec<u8> { name.bytes().filter(u8::is_ascii_alphanumeric).collect() };
    letters(name.as_str()) == letters(USER)
}

/// The protocol that a message wants to go on in.
fn upgrade_of(headers: &HeaderMap) -> Option<HeaderValue> {
    let wanted = connection_words(headers).any(|word| word.eq_ignore_ascii_case(b"upgrade"));
    wanted.then(|| headers.get(UPGRADE).cloned()).flatten()
}

/// What `Connection` names.
fn connection_words(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let values = headers.get_all(CONNECTION).into_iter();
    values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii)
}

/// Removes what is for one connection only, and what `Connection` names.
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> =
        connection_words(headers).filter_map(|name| HeaderName::from_bytes(name).ok()).collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_one_connection_goes() {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("connection", "close, X-Mine"), ("x-mine", "1"), ("te", "trailers"), ("accept", "*/*")]
        {
            headers.insert(HeaderName::try_from(name).unwrap(), HeaderValue::from_static(value));
        }
        remove_hop_by_hop(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["accept"]);
    }

    #[test]
    fn no_spelling_of_the_header_of_the_user_is_passed_on() {
        for name in [
            "x-everest-user",
            "x_everest_user",
            "x.everest.user",
            "x-everest_user",
            "x~everest!user",
            "x--everest--user",
            "xeverestuser",
            "x-everest-user-",
            "_x_everest_user",
        ] {
            assert!(is_read_as_user(&HeaderName::from_static(name)), "{name}");
        }
        for name in ["x-everest", "x-everest-user-agent", "x-everest-users", "everest-user"] {
            assert!(!is_read_as_user(&HeaderName::from_static(name)), "{name}");
        }
    }

    #[test]
    fn an_upgrade_needs_both_headers() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            pairs
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect()
        };
        assert!(
            upgrade_of(&headers(&[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")]))
                .is_some()
        );
        assert!(upgrade_of(&headers(&[("upgrade", "websocket")])).is_none());
        assert!(upgrade_of(&headers(&[("connection", "upgrade")])).is_none());
    }
}
