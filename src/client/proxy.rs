//! Which proxy a server is reached through: decided once for each address, from the environment or a kubeconfig.
//!
//! It must not know what is sent. What a user wrote is used or refused by its name, never skipped: a proxy that is
//! left out would send the request another way than the user means.

use super::no_proxy::{self, Habit};
use super::{ClientError, address};
use crate::sys::Environment;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use http::HeaderValue;
use reqwest::Url;
use std::fmt;

/// What the environment says of proxies.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProxySettings {
    https: Option<Variable>,
    http: Option<Variable>,
    all: Option<Variable>,
    except: Option<String>,
}

/// A variable that names a proxy, and its value.
type Variable = (&'static str, String);

/// A proxy, with its password if it has one.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    url: Url,
    /// What names it.
    named_by: &'static str,
}

/// What a kubeconfig calls it.
const PROXY_URL: &str = "proxy-url";

impl ProxySettings {
    /// The variables, in capitals first, as Go and Python look at them: an empty one hides nothing.
    pub fn from_environment(environment: &Environment) -> Self {
        let first = |names: &[&'static str]| {
            let mut set = names
                .iter()
                .filter_map(|name| Some((*name, environment.os(name)?.to_string_lossy().into_owned())));
            set.find(|(_, value)| !value.trim().is_empty())
        };
        // In a CGI program it is a header of whoever asks: CVE-2016-5385.
        let is_cgi = environment.os("REQUEST_METHOD").is_some();
        Self {
            https: first(&["HTTPS_PROXY", "https_proxy"]),
            http: first(if is_cgi { &["http_proxy"] } else { &["HTTP_PROXY", "http_proxy"] }),
            all: first(&["ALL_PROXY", "all_proxy"]),
            except: first(&["NO_PROXY", "no_proxy"]).map(|(_, list)| list),
        }
    }

    /// The proxy for `target`, if it is reached through one. This machine never is.
    pub fn proxy_for(&self, target: &Url, habit: Habit) -> Result<Option<Proxy>, ClientError> {
        let host = target.host_str().unwrap_or_default();
        if address::is_loopback(host) {
            return Ok(None);
        }
        let of_scheme = if target.scheme() == "https" { &self.https } else { &self.http };
        // Go has no variable for all schemes.
        let all = self.all.as_ref().filter(|_| habit == Habit::Curl);
        let Some((variable, value)) = of_scheme.as_ref().or(all) else { return Ok(None) };
        let port = target.port_or_known_default().unwrap_or_default();
        if self.except.as_ref().is_some_and(|list| no_proxy::covers(list, host, port, habit)) {
            return Ok(None);
        }
        Proxy::new(value, variable, habit).map(Some)
    }
}

impl Proxy {
    /// The proxy that a kubeconfig names for a cluster. It is for that cluster, so that `NO_PROXY` says nothing of it.
    pub fn of_kubeconfig(value: &str) -> Result<Self, ClientError> {
        Self::new(value, PROXY_URL, Habit::Go)
    }

    fn new(value: &str, named_by: &'static str, habit: Habit) -> Result<Self, ClientError> {
        let value = value.trim();
        let bad = |why| ClientError::BadProxy { named_by, why };
        let parsed = Url::parse(value).ok().filter(|url| url.host_str().is_some_and(|host| !host.is_empty()));
        let url = match parsed {
            Some(url) => url,
            // `host:port` is an http proxy, as everywhere.
            None if !value.contains("://") => Url::parse(&format!("http://{value}"))
                .map_err(|_| bad("expected a URL such as http://proxy.example.com:3128"))?,
            None => return Err(bad("expected a URL such as http://proxy.example.com:3128")),
        };
        match (url.scheme(), habit) {
            ("http" | "https" | "socks5" | "socks5h", _) | ("socks4" | "socks4a", Habit::Curl) => {}
            (_, Habit::Go) => return Err(bad("its scheme must be http, https or socks5")),
            (_, Habit::Curl) => {
                return Err(bad("its scheme must be http, https, socks4, socks4a, socks5 or socks5h"));
            }
        }
        Ok(Self { url, named_by })
    }

    /// Its address with the password, for whoever connects.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Its address alone, with the port that it has by default.
    pub(super) fn destination(&self) -> Result<http::Uri, ClientError> {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port_or_known_default().unwrap_or(1080);
        let scheme = if self.is_socks() { "socks5" } else { self.url.scheme() };
        format!("{scheme}://{host}:{port}").parse().map_err(|_| ClientError::BadProxy {
            named_by: self.named_by,
            why: "expected a URL such as http://proxy.example.com:3128",
        })
    }

    /// Whether it speaks SOCKS.
    pub(super) fn is_socks(&self) -> bool {
        self.url.scheme().starts_with("socks")
    }

    /// User and password, if it wants them.
    pub(super) fn user(&self) -> Option<(String, String)> {
        let decoded =
            |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let password = self.url.password().unwrap_or_default();
        (!self.url.username().is_empty() || !password.is_empty())
            .then(|| (decoded(self.url.username()), decoded(password)))
    }

    /// The same as a header.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        let (user, password) = self.user()?;
        let mut value =
            HeaderValue::from_str(&format!("Basic {}", BASE64.encode(format!("{user}:{password}")))).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// For messages: without user and password.
impl fmt::Display for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", self.url.scheme(), self.url.host_str().unwrap_or_default())?;
        if let Some(port) = self.url.port() {
            write!(formatter, ":{port}")?;
        }
        write!(formatter, " ({})", self.named_by)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Proxy({self})")
    }
}

/// The names only: values may hold passwords.
impl fmt::Debug for ProxySettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [&self.https, &self.http, &self.all].into_iter().flatten().map(|(name, _)| name);
        formatter.debug_list().entries(names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(variables: &[(&str, &str)], target: &str, habit: Habit) -> String {
        let settings = ProxySettings::from_environment(&variables.iter().copied().collect());
        match settings.proxy_for(&target.parse().unwrap(), habit) {
            Ok(None) => "none".to_owned(),
            Ok(Some(proxy)) => proxy.to_string(),
            Err(error) => error.to_string(),
        }
    }

    const FAR: &str = "https://far.example:6443";

    #[test]
    fn the_variable_of_the_scheme_in_capitals_first() {
        for (variables, target, go, curl) in [
            (vec![("HTTPS_PROXY", "http://p:1")], FAR, "http://p:1 (HTTPS_PROXY)", None),
            (vec![("https_proxy", "http://p:1")], FAR, "http://p:1 (https_proxy)", None),
            (
                vec![("HTTPS_PROXY", "http://p:1"), ("https_proxy", "http://q:1")],
                FAR,
                "http://p:1 (HTTPS_PROXY)",
                None,
            ),
            (vec![("HTTPS_PROXY", ""), ("https_proxy", "http://q:1")], FAR, "http://q:1 (https_proxy)", None),
            (vec![("HTTP_PROXY", "http://p:1")], FAR, "none", None),
            (vec![("HTTP_PROXY", "http://p:1")], "http://far.example", "http://p:1 (HTTP_PROXY)", None),
            (
                vec![("HTTP_PROXY", "http://p:1"), ("REQUEST_METHOD", "GET")],
                "http://far.example",
                "none",
                None,
            ),
            (vec![("ALL_PROXY", "http://p:1")], FAR, "none", Some("http://p:1 (ALL_PROXY)")),
            (vec![("HTTPS_PROXY", "p:3128")], FAR, "http://p:3128 (HTTPS_PROXY)", None),
            (vec![("HTTPS_PROXY", "10.0.0.1:3128")], FAR, "http://10.0.0.1:3128 (HTTPS_PROXY)", None),
            (vec![("HTTPS_PROXY", " p ")], FAR, "http://p (HTTPS_PROXY)", None),
            (vec![("HTTPS_PROXY", "http://u:pw@p:1")], FAR, "http://p:1 (HTTPS_PROXY)", None),
            (vec![("HTTPS_PROXY", "socks5://p:1")], FAR, "socks5://p:1 (HTTPS_PROXY)", None),
            (vec![("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "far.example")], FAR, "none", None),
            (
                vec![("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", ""), ("no_proxy", "far.example")],
                FAR,
                "none",
                None,
            ),
            (vec![("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "p")], FAR, "http://p:1 (HTTPS_PROXY)", None),
            (vec![("HTTPS_PROXY", "::no:://")], "https://127.0.0.1:6443", "none", None),
            (vec![("HTTPS_PROXY", "http://p:1")], "https://localhost", "none", None),
            (vec![("HTTPS_PROXY", "http://p:1")], "https://[::1]", "none", None),
        ] {
            assert_eq!(shown(&variables, target, Habit::Go), go, "{variables:?}");
            assert_eq!(shown(&variables, target, Habit::Curl), curl.unwrap_or(go), "{variables:?}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_named_and_never_quoted() {
        for value in ["::hunter2::", "http://", "ftp://hunter2@p", "http://u:hunter2@:1", "hunter2 x"] {
            let said = shown(&[("HTTPS_PROXY", value)], FAR, Habit::Go);
            assert!(
                said.starts_with("HTTPS_PROXY is not a proxy address: ") && !said.contains("hunter2"),
                "{said}"
            );
        }
    }

    #[test]
    fn user_and_password_are_sent_and_not_shown() {
        let proxy = Proxy::of_kubeconfig("http://da%6ea:hunter%402@p:1").unwrap();
        assert_eq!(proxy.user(), Some(("dana".to_owned(), "hunter@2".to_owned())));
        assert_eq!(proxy.authorization().unwrap(), "Basic ZGFuYTpodW50ZXJAMg==");
        assert!(!format!("{proxy} {proxy:?} {:?}", proxy.authorization()).contains("hunter"));
        assert_eq!(proxy.destination().unwrap(), "http://p:1/");
        assert_eq!(Proxy::of_kubeconfig("socks5h://p").unwrap().destination().unwrap(), "socks5://p:1080/");
    }
}
