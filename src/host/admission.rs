//! Which requests are for this host at all: the names that it answers to, and the pages that may ask.
//!
//! A page in the developer's browser reaches loopback as every program of the machine does. By rebinding its own name
//! to 127.0.0.1 it would be of the same origin as this host: then `Host` still says the page's name. And without
//! that it can send requests whose answers it does not see: then the browser says where they come from. It must not
//! know what a request asks for, nor who signs in.

use axum::http::header::{ACCEPT_LANGUAGE, HOST, ORIGIN, REFERER, UPGRADE, USER_AGENT};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use std::net::SocketAddr;

/// The names that the host answers to.
#[derive(Clone, Debug)]
pub(super) struct Admission {
    names: Vec<String>,
}

/// Why a request is not for this host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turned {
    /// It has no name, several, or one that cannot be read.
    Malformed,
    /// The name is another's.
    OtherName,
    /// It comes from a page of another site.
    OtherSite,
}

impl Turned {
    /// The status and the words of the answer.
    pub(super) const fn answer(self) -> (StatusCode, &'static str) {
        match self {
            Self::Malformed => (StatusCode::BAD_REQUEST, "the request needs one Host header"),
            Self::OtherName => (
                StatusCode::MISDIRECTED_REQUEST,
                "this host answers to localhost and to its own address; start it with --allowed-host NAME to add a name",
            ),
            Self::OtherSite => (
                StatusCode::FORBIDDEN,
                "requests from pages of other sites are refused; start the host with --allowed-host NAME if the site is yours",
            ),
        }
    }
}

impl Admission {
    /// The names of loopback, the address it listens on, and `more`.
    pub(super) fn new(listen: SocketAddr, more: &[String]) -> Self {
        let own = match listen {
            SocketAddr::V4(address) => address.ip().to_string(),
            SocketAddr::V6(address) => format!("[{}]", address.ip()),
        };
        let names = ["localhost", "127.0.0.1", "[::1]"].into_iter().map(str::to_owned);
        Self { names: names.chain([own]).chain(more.iter().map(|name| name.to_ascii_lowercase())).collect() }
    }

    /// Whether `request` is for this host, and from an allowed origin.
    pub(super) fn admit<B>(&self, request: &Request<B>) -> Result<(), Turned> {
        let host = self.name_of(request)?;
        let headers = request.headers();
        // A link to a page of the host may be anywhere; a link to its API has no reason to.
        let is_api = request.uri().path().trim_start_matches('/').starts_with("v1");
        let is_harmless = matches!(*request.method(), Method::GET | Method::HEAD)
            && !headers.contains_key(UPGRADE)
            && !is_api;
        if is_harmless || is_of_this_site(headers, &host) { Ok(()) } else { Err(Turned::OtherSite) }
    }

    /// The name and the port that the request is for. What a request line says must agree with the header.
    fn name_of<B>(&self, request: &Request<B>) -> Result<Authority, Turned> {
        let mut values = request.headers().get_all(HOST).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return Err(Turned::Malformed) };
        let host = authority(value.as_bytes()).ok_or(Turned::Malformed)?;
        let in_line = request.uri().authority();
        if in_line.is_some_and(|other| !is_same(other, &host, None)) {
            return Err(Turned::Malformed);
        }
        let name = host.host().to_ascii_lowercase();
        let is_own =
            self.names.contains(&name) || (is_single_label(&name) && is_of_no_browser(request.headers()));
        if is_own { Ok(host) } else { Err(Turned::OtherName) }
    }
}

/// A name that no public name server knows, as scripts write it when it does not matter.
fn is_single_label(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && name.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !name.starts_with("0x")
}

/// Whether the request lacks what every browser sends, whatever a page asks for.
fn is_of_no_browser(headers: &HeaderMap) -> bool {
    [USER_AGENT, ACCEPT_LANGUAGE, REFERER, ORIGIN].iter().all(|name| !headers.contains_key(name))
        && !headers.keys().any(|name| name.as_str().starts_with("sec-"))
}

/// Whether the request is not from a page of another site. Programs other than browsers do not say.
fn is_of_this_site(headers: &HeaderMap, host: &Authority) -> bool {
    let origins = headers.get_all(ORIGIN).iter().all(|origin| is_origin_of(origin, host));
    let sites = headers.get_all("sec-fetch-site").iter();
    origins && sites.into_iter().all(|site| matches!(site.as_bytes(), b"same-origin" | b"none"))
}

/// Whether a page of this origin was served under the name that it asks. `null` is no origin.
fn is_origin_of(origin: &HeaderValue, host: &Authority) -> bool {
    let Some((scheme, rest)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else {
        return false;
    };
    let port = match scheme.to_ascii_lowercase().as_str() {
        "http" => 80,
        "https" => 443,
        _ => return false,
    };
    authority(rest.as_bytes()).is_some_and(|origin| is_same(&origin, host, Some(port)))
}

/// A name or an address with or without a port, and nothing else.
fn authority(text: &[u8]) -> Option<Authority> {
    let authority = Authority::try_from(text).ok()?;
    let host = authority.host();
    let port = authority.as_str().strip_prefix(host)?;
    let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    (!host.is_empty() && is_port).then_some(authority)
}

/// The same name and port; `port` is that of an authority that has none.
fn is_same(one: &Authority, other: &Authority, port: Option<u16>) -> bool {
    let port_of = |authority: &Authority| authority.port_u16().or(port);
    one.host().eq_ignore_ascii_case(other.host()) && port_of(one) == port_of(other)
}

/// A name for `--allowed-host`: one host, without a scheme and a port. `*` is none: it would allow every page.
pub(crate) fn is_host_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    text.bytes().all(is_plain) && authority(text.as_bytes()).is_some_and(|name| name.host() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(first: &str, headers: &[(&str, &str)]) -> Result<(), Turned> {
        let admission = Admission::new("127.0.0.1:8080".parse().unwrap(), &["Dev.Example".to_owned()]);
        let (method, uri) = first.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        admission.admit(&request.body(()).unwrap())
    }

    #[test]
    fn it_answers_to_its_own_names_only() {
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1",
            "127.0.0.1:8080",
            "127.0.0.1:1",
            "[::1]:8080",
            "[::1]",
            "dev.example",
            "DEV.example:443",
        ] {
            assert_eq!(admitted("GET /v1/settings", &[("host", host)]), Ok(()), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "localhost.",
            "x",
            "127.1",
            "2130706433",
            "0x7f.1",
            "0.0.0.0",
            "127.0.0.2",
            "[::ffff:127.0.0.1]",
            "[::]",
            "sub.localhost",
            "sub.dev.example",
            "locaIhost",
            "::1",
        ] {
            let browser = [("host", host), ("user-agent", "Mozilla/5.0")];
            let found = admitted("GET /v1/settings", &browser);
            assert!(matches!(found, Err(Turned::OtherName | Turned::Malformed)), "{host}: {found:?}");
            if host != "x" && host != "locaIhost" {
                let found = admitted("GET /v1/settings", &browser[..1]);
                assert!(matches!(found, Err(Turned::OtherName | Turned::Malformed)), "{host}: {found:?}");
            }
        }
        // No page comes from a name that no name server knows, and no browser is this silent.
        assert_eq!(admitted("GET /v1/settings", &[("host", "x")]), Ok(()));
        for host in [
            "",
            "localhost:x",
            "evil@localhost",
            "localhost@evil",
            "localhost:80:80",
            "localhost:99999",
            "a/b",
        ] {
            assert_eq!(admitted("GET /v1/settings", &[("host", host)]), Err(Turned::Malformed), "{host}");
        }
        assert_eq!(admitted("GET /", &[]), Err(Turned::Malformed));
        let twice = [("host", "localhost"), ("host", "evil.example")];
        assert_eq!(admitted("GET /v1/settings", &twice), Err(Turned::Malformed));
        // The request line may name a host too.
        assert_eq!(admitted("GET http://evil.example/", &[("host", "localhost")]), Err(Turned::Malformed));
        assert_eq!(admitted("GET http://localhost/", &[("host", "evil.example")]), Err(Turned::Malformed));
        assert_eq!(admitted("GET http://evil.example/", &[("host", "evil.example")]), Err(Turned::OtherName));
        assert_eq!(admitted("GET http://localhost:1/", &[("host", "LOCALHOST:1")]), Ok(()));
    }

    #[test]
    fn pages_of_other_sites_change_nothing_and_do_not_reach_the_api() {
        let host = ("host", "localhost:8080");
        for first in [
            "POST /v1/auth/token",
            "PUT /x",
            "DELETE /x",
            "OPTIONS /v1/auth/token",
            "GET /v1/settings",
            "FOO /x",
        ] {
            for (name, value, expected) in [
                ("x-none", "", Ok(())),
                ("origin", "http://localhost:8080", Ok(())),
                ("origin", "http://LOCALHOST:8080", Ok(())),
                ("origin", "http://localhost:9999", Err(Turned::OtherSite)),
                ("origin", "http://localhost", Err(Turned::OtherSite)),
                ("origin", "http://127.0.0.1:8080", Err(Turned::OtherSite)),
                ("origin", "http://evil.example", Err(Turned::OtherSite)),
                ("origin", "http://localhost:8080.evil.example", Err(Turned::OtherSite)),
                ("origin", "http://localhost:8080@evil.example", Err(Turned::OtherSite)),
                ("origin", "null", Err(Turned::OtherSite)),
                ("origin", "", Err(Turned::OtherSite)),
                ("origin", "file://", Err(Turned::OtherSite)),
                ("origin", "chrome-extension://localhost:8080", Err(Turned::OtherSite)),
                ("sec-fetch-site", "same-origin", Ok(())),
                ("sec-fetch-site", "none", Ok(())),
                ("sec-fetch-site", "cross-site", Err(Turned::OtherSite)),
                ("sec-fetch-site", "same-site", Err(Turned::OtherSite)),
            ] {
                assert_eq!(admitted(first, &[host, (name, value)]), expected, "{first} {name}: {value}");
            }
            let both = [host, ("origin", "http://localhost:8080"), ("origin", "http://evil.example")];
            assert_eq!(admitted(first, &both), Err(Turned::OtherSite));
        }
        let page = [host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        assert_eq!(admitted("GET /", &page), Ok(()));
        assert_eq!(
            admitted("GET /", &[page.as_slice(), &[("upgrade", "websocket")]].concat()),
            Err(Turned::OtherSite)
        );
        assert_eq!(admitted("GET //v1/settings", &page), Err(Turned::OtherSite));
        let secure = [("host", "dev.example"), ("origin", "https://dev.example")];
        assert_eq!(admitted("POST /v1/auth/token", &secure), Ok(()));
    }

    #[test]
    fn a_name_for_the_list_is_one_host() {
        assert!(is_host_name("dev.example") && is_host_name("[::1]") && is_host_name("10.0.0.1"));
        for text in ["", "http://dev.example", "dev.example:80", "a@b", "a/b", "a b", "*"] {
            assert!(!is_host_name(text), "{text}");
        }
    }
}
