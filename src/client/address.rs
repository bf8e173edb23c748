//! The address of an OpenEverest server, checked once.

use super::ClientError;
use crate::model::CleanText;
use reqwest::Url;
use std::fmt;

/// The address of a server: scheme, host and port, and a path prefix if there is one. Never with a user, a
/// password, a query or the `/v1` that the Go CLI tolerates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// Reads the address as it is in the config file or in `EVEREST_HOST`.
    ///
    /// Plain http is for this machine only, unless the user allows it: a token sent over it can be read on
    /// the way.
    pub fn new(text: &str, allow_http: bool) -> Result<Self, ClientError> {
        let shown = CleanText::new(text);
        let bad = |why: &str| ClientError::BadAddress { address: shown.clone(), why: why.to_owned() };
        let mut url =
            Url::parse(text.trim()).map_err(|_| bad("expected a URL like https://everest.example.com"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(bad("it must start with https:// or http://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let address =
                CleanText::new(&format!("{}://…@{}", url.scheme(), url.host_str().unwrap_or_default()));
            return Err(ClientError::BadAddress {
                address,
                why: "it must not contain a user name or password".to_owned(),
            });
        }
        url.set_query(None);
        url.set_fragment(None);
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/v1").unwrap_or(path).trim_end_matches('/').to_owned();
        url.set_path(&path);
        let address = Self(url);
        if address.0.scheme() == "http" && !address.is_loopback() && !allow_http {
            return Err(bad(
                "plain http is allowed for this machine only, because others could read the token (use --allow-http to allow it)",
            ));
        }
        Ok(address)
    }

    /// The address of a cluster's API server, which a kubeconfig names and its reader has checked.
    pub(super) fn of_cluster(mut url: Url) -> Self {
        url.set_query(None);
        url.set_fragment(None);
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Self(url)
    }

    /// The URL of `segments` below the address; each is encoded, so that none can leave its place.
    pub fn below(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Whether `url` is of the same origin (RFC 6454): scheme, host and port.
    pub fn is_origin_of(&self, url: &Url) -> bool {
        self.0.origin() == url.origin()
    }

    /// Whether the server is on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.0.host_str().unwrap_or_default())
    }

    /// Its name, when that can only mean this machine.
    pub(super) fn name_of_this_machine(&self) -> Option<&str> {
        self.0.host_str().filter(|name| is_name_of_this_machine(name))
    }

    /// Whether a connection to it is encrypted.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

/// Whether a host name or address, as it is in a URL, is this machine: the names are never looked up
/// (RFC 6761), and an address is what it is however it is written.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    is_name_of_this_machine(bare)
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

fn is_name_of_this_machine(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Address::new(text, false).map_or_else(|error| error.to_string(), |address| address.to_string())
    }

    #[test]
    fn what_the_go_cli_tolerates() {
        assert_eq!(shown("https://everest.example.com"), "https://everest.example.com");
        assert_eq!(shown("https://everest.example.com/v1/"), "https://everest.example.com");
        assert_eq!(shown("https://example.com/everest/v1"), "https://example.com/everest");
        assert_eq!(shown("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
        assert_eq!(shown("http://[::1]:8080/"), "http://[::1]:8080");
    }

    #[test]
    fn what_is_refused() {
        assert!(shown("everest.example.com").contains("expected a URL like"));
        assert!(shown("ftp://example.com").contains("must start with"));
        assert!(shown("http://example.com").contains("this machine only"));
        assert!(Address::new("http://example.com", true).is_ok());
        let secret = shown("https://dana:hunter2@example.com");
        assert!(secret.contains("user name or password") && !secret.contains("hunter2"), "{secret}");
    }

    #[test]
    fn plain_http_is_for_what_can_only_be_this_machine() {
        for here in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "a.localhost",
            "a.b.LocalHost.",
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "0177.1",
            "2130706433",
            "127.255.255.254",
            "127.0.0.1.",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
        ] {
            let address = Address::new(&format!("http://{here}:8080"), false).unwrap();
            assert!(address.is_loopback(), "{here}");
            let is_name = here.chars().any(|it| it.is_ascii_alphabetic() && !"xf".contains(it));
            assert_eq!(address.name_of_this_machine().is_some(), is_name, "{here}");
        }
        for elsewhere in [
            "notlocalhost",
            "localhost.example.com",
            "localhost.evil",
            "127.0.0.1.example.com",
            "128.0.0.1",
            "0.0.0.0",
            "[::]",
            "[::2]",
            "[::ffff:10.0.0.1]",
            "[64:ff9b::7f00:1]",
            "10.0.0.1",
            "localhost.localdomain",
        ] {
            let address = format!("http://{elsewhere}:8080");
            assert!(shown(&address).contains("this machine only"), "{elsewhere}");
        }
    }

    #[test]
    fn a_segment_cannot_leave_its_place() {
        let url = Address::new("https://h/p", false).unwrap().below(&[
            "v1",
            "clusters",
            "../../evil?x#y",
            "plugins",
        ]);
        assert_eq!(url.as_str(), "https://h/p/v1/clusters/..%2F..%2Fevil%3Fx%23y/plugins");
    }
}
