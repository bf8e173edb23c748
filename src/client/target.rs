//! Where an answer leads: redirections, `Location`, `Link`. What a backend names is followed below its own path only,
//! for whatever goes there goes with the user's token.

use super::{Address, ClientError};
use crate::model::{CleanText, below};
use reqwest::header::LOCATION;
use reqwest::{Response, Url};
use std::fmt;

/// How many redirections in a row are followed.
pub(super) const MOST_REDIRECTS: usize = 5;
/// The longest place, in bytes.
const LONGEST: usize = 8 * 1024;
/// Below these, the server's own routes are, and the other plugins.
const ROUTES: [&str; 9] =
    ["accounts", "auth", "clusters", "events", "permissions", "plugins", "rbac", "session", "version"];

/// The part of a server that a request is for, and must not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    place: Url,
    /// Where the server's own routes are.
    api: String,
}

/// What names a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// A redirection with this status.
    Redirect(u16),
    /// The header `Location` of something that was made.
    Location,
    /// The header `Link`.
    Link,
}

impl fmt::Display for Naming {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redirect(status) => write!(formatter, "a redirect ({status})"),
            Self::Location => formatter.write_str("a Location header"),
            Self::Link => formatter.write_str("a link"),
        }
    }
}

impl Base {
    /// The part of the server at `address` that `segments` lead to.
    pub(super) fn new(address: &Address, segments: &[&str]) -> Self {
        Self { place: address.below(segments), api: address.below(&["v1"]).path().to_owned() }
    }

    /// Where it is.
    pub(super) fn url(&self) -> &Url {
        &self.place
    }

    /// The place that the answer to `request` names as `given`.
    pub(super) fn lead(&self, request: &Url, given: &str, naming: Naming) -> Result<Url, ClientError> {
        self.resolved(request, given, naming).map_err(|why| ClientError::NotFollowed {
            naming,
            place: CleanText::new(given),
            why,
        })
    }

    fn resolved(&self, request: &Url, given: &str, naming: Naming) -> Result<Url, &'static str> {
        if given.len() > LONGEST {
            return Err("it is too long");
        }
        if given.contains('\\') || given.chars().any(|it| it.is_control() || it.is_whitespace()) {
            return Err("it has characters that are not allowed in a URL");
        }
        if let Some(why) = below::fault(&plain_path(given)) {
            return Err(why);
        }
        let mut url = request.join(given).map_err(|_| "it is not a URL")?;
        url.set_fragment(None);
        if url.origin() != self.place.origin() || !url.username().is_empty() || url.password().is_some() {
            return Err("it leads to another server");
        }
        let has_no_host = given.starts_with('/') && !given.starts_with("//");
        if self.path_below(&url).is_none()
            && !matches!(naming, Naming::Redirect(_))
            && has_no_host
            && !self.is_route(&url)
        {
            // A backend that does not know where it is names its own paths.
            url.set_path(&format!("{}{}", self.place.path(), url.path()));
        }
        match self.path_below(&url) {
            None => Err("it is outside of the plugin"),
            Some("") => Ok(url),
            Some(path) => below::fault(path).map_or(Ok(url.clone()), Err),
        }
    }

    /// Path and query below it.
    pub(super) fn split(&self, url: &Url) -> (String, String) {
        let path = self.path_below(url).filter(|path| !path.is_empty()).unwrap_or("/");
        (path.to_owned(), url.query().unwrap_or_default().to_owned())
    }

    fn path_below<'u>(&self, url: &'u Url) -> Option<&'u str> {
        let path = url.path().strip_prefix(self.place.path())?;
        (path.is_empty() || path.starts_with('/')).then_some(path)
    }

    fn is_route(&self, url: &Url) -> bool {
        let rest = url.path().strip_prefix(&self.api).and_then(|rest| rest.strip_prefix('/'));
        rest.is_some_and(|rest| ROUTES.contains(&rest.split(['/', ';']).next().unwrap_or_default()))
    }
}

/// The path of a reference as it is written: dots that lead up from the request are resolved later and stay out, all
/// others count.
fn plain_path(given: &str) -> String {
    let path = given.split(['?', '#']).next().unwrap_or_default();
    let after_host = path.split_once("://").map(|(_, rest)| rest).or_else(|| path.strip_prefix("//"));
    match after_host {
        Some(rest) => rest.find('/').map_or_else(|| "/".to_owned(), |at| rest[at..].to_owned()),
        None if path.starts_with('/') => path.to_owned(),
        None => {
            let steps: Vec<&str> = path.split('/').filter(|step| !matches!(*step, "." | "..")).collect();
            format!("/{}", steps.join("/"))
        }
    }
}

/// What is to be done about an answer.
#[derive(Debug)]
pub(super) enum RedirectAction {
    /// It is one.
    Answer,
    /// It sends a request that changes nothing to another place.
    Follow(Url),
    /// It says where to see what has been done.
    See(Url),
}

impl RedirectAction {
    /// By the answer to a request with `method` to `url`. One that changes something is not repeated, whatever the
    /// answer says.
    pub(super) fn from_response(
        base: &Base,
        url: &Url,
        method: &str,
        response: &Response,
    ) -> Result<Self, ClientError> {
        let status = response.status().as_u16();
        let Some(place) = response.headers().get(LOCATION).filter(|_| is_redirect(status)) else {
            return Ok(Self::Answer);
        };
        let refused = |why| ClientError::NotFollowed {
            naming: Naming::Redirect(status),
            place: CleanText::new(&String::from_utf8_lossy(place.as_bytes())),
            why,
        };
        let given = place.to_str().map_err(|_| refused("it has characters that are not allowed in a URL"))?;
        let is_safe = matches!(method, "GET" | "HEAD");
        if !is_safe && status != 303 {
            return Err(refused("requests that change something are not redirected"));
        }
        let url = base.lead(url, given, Naming::Redirect(status))?;
        Ok(if is_safe { Self::Follow(url) } else { Self::See(url) })
    }
}

/// Whether a status sends somewhere else.
pub(super) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OWN: &str = "/v1/clusters/main/plugins/x";

    fn base() -> (Base, Url) {
        let address = Address::new("https://h.example/e", false).unwrap();
        let base = Base::new(&address, &["v1", "clusters", "main", "plugins", "x"]);
        let request = format!("{}/api/things?a=b", base.url()).parse().unwrap();
        (base, request)
    }

    fn found(given: &str, naming: Naming) -> Option<(String, String)> {
        let (base, request) = base();
        base.lead(&request, given, naming).ok().map(|url| base.split(&url))
    }

    #[test]
    fn what_stays_below_the_plugin_is_followed_however_it_is_written() {
        let split = |path: &str, query: &str| Some((path.to_owned(), query.to_owned()));
        for naming in [Naming::Redirect(307), Naming::Location, Naming::Link] {
            assert_eq!(found("?page=2", naming), split("/api/things", "page=2"));
            assert_eq!(found("things/", naming), split("/api/things/", ""));
            assert_eq!(found("../jobs/5#x", naming), split("/jobs/5", ""));
            assert_eq!(found(&format!("/e{OWN}/api/a"), naming), split("/api/a", ""));
            assert_eq!(
                found(&format!("https://h.example:443/e{OWN}?x=..%2F"), naming),
                split("/", "x=..%2F")
            );
        }
        // A backend that does not know where it is; a redirection of a server does.
        for path in ["/api/jobs/5", "/v1/jobs/5"] {
            assert_eq!(found(path, Naming::Location), split(path, ""));
            assert_eq!(found(path, Naming::Redirect(307)), None);
        }
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        let own = format!("/e{OWN}");
        let other = "/e/v1/clusters/main/plugins/victim/api";
        for given in [
            other,
            "../../victim/api",
            "../../../../../version",
            "/e/v1/version",
            "/e/v1/clusters/main/namespaces/everest",
            "https://h.example/e/v1/version",
            "https://evil.example/",
            "//evil.example/x",
            "http://h.example/e/v1/clusters/main/plugins/x/a",
            "https://h.example:444/e/v1/clusters/main/plugins/x/a",
            "https://u@h.example/e/v1/clusters/main/plugins/x/a",
            "javascript:1",
            "data:,x",
            "\\\\evil.example/",
            "/\\evil.example",
            " /api",
            "/a\tb",
            "/\u{7f}",
            &format!("{own}y/a"),
            &format!("{own}/../victim"),
            &format!("{own}/%2e%2e/victim"),
            &format!("{own}/..%2fvictim"),
            &format!("{own}/.%2e/victim"),
            &format!("{own}/..;/victim"),
            &format!("{own}/a%5c..%5cb"),
            &format!("{own}/%252e%252e/b"),
            &format!("{own}//victim"),
            &format!("{own}/%c0%ae%c0%ae/b"),
            &"/a".repeat(5000),
        ] {
            for naming in [Naming::Redirect(307), Naming::Location, Naming::Link] {
                assert_eq!(found(given, naming), None, "{given} {naming:?}");
            }
        }
    }

    /// The path as it looks to a server that decodes it `times` more, and treats `\` and `;` as some do.
    fn decoded(path: &str, times: usize) -> String {
        let mut path = path.to_owned();
        for _ in 0..times {
            let mut bytes = Vec::new();
            let mut rest = path.bytes();
            while let Some(byte) = rest.next() {
                let hex = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
                let mut ahead = rest.clone();
                match (byte, hex(ahead.next()), hex(ahead.next())) {
                    (b'%', Some(high), Some(low)) => {
                        bytes.push(u8::try_from(high * 16 + low).unwrap());
                        rest = ahead;
                    }
                    _ => bytes.push(byte),
                }
            }
            path = String::from_utf8_lossy(&bytes).replace('\\', "/");
        }
        let mut steps: Vec<&str> = Vec::new();
        for step in path.split('/') {
            match step.split(';').next().unwrap_or_default() {
                ".." => drop(steps.pop()),
                "" | "." => {}
                _ => steps.push(step),
            }
        }
        format!("/{}", steps.join("/"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn a_place_is_below_the_plugin_to_every_decoder_or_refused(
            parts in proptest::collection::vec(proptest::sample::select(vec![
                "..", ".", "/", "//", "%2e", "%2E%2e", "%2f", "%2F", "%5c", "\\", "%25", "%252e", "%252f", ";", "..;", "a", "victim",
                "?", "#", "@", ":", "h.example", "https://h.example", "//h.example", "/e/v1", OWN, "/e/v1/clusters/main/plugins/x", "plugins",
                "%c0%ae", "%00", "%0a", "\n", "\t", " ", "\u{ff0e}", "\u{ff0f}", "%", "%u002f", "é", "%c3%a9",
            ]), 0..9),
            naming in proptest::sample::select(vec![Naming::Redirect(307), Naming::Location, Naming::Link]),
        ) {
            let (base, request) = base();
            if let Ok(url) = base.lead(&request, &parts.concat(), naming) {
                prop_assert_eq!(url.origin(), base.url().origin());
                for times in 0..4 {
                    let seen = decoded(url.path(), times);
                    let own = format!("/e{OWN}");
                    prop_assert!(seen == own || seen.starts_with(&format!("{own}/")), "{} is {seen}", url.path());
                }
            }
        }
    }
}
