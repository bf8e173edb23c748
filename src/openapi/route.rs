//! A route below a plugin, known to stay there: checked when a document is read and again when it comes back from the
//! index.

use super::limits;
use crate::model::below;
use everestctl_rows::case::kebab;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::HashSet;
use std::fmt;

/// A route as a document writes it: `/api/runs/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Route(String);

impl Route {
    /// Checks `route`; the error says what is wrong.
    pub fn new(route: &str) -> Result<Self, &'static str> {
        fault(route).map_or_else(|| Ok(Self(route.to_owned())), Err)
    }

    /// The route.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for Route {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// What is wrong with `route`, if anything: it must stay below the plugin, however often it is decoded.
fn fault(route: &str) -> Option<&'static str> {
    if !route.starts_with('/') {
        return Some("a route must start with `/`");
    }
    if route.len() > limits::ROUTE {
        return Some("the route is too long");
    }
    // What is in the braces is encoded when it is filled in.
    let mut filled = String::new();
    let mut rest = route;
    while let Some((before, behind)) = rest.split_once('{') {
        match behind.split_once('}') {
            Some((name, behind))
                if !name.is_empty() && !name.contains(['{', '/']) && !before.contains('}') =>
            {
                filled.extend([before, "x"]);
                rest = behind;
            }
            _ => return Some("the route has an unmatched `{` or `}`"),
        }
    }
    if rest.contains('}') {
        return Some("the route has an unmatched `{` or `}`");
    }
    filled.push_str(rest);
    below::fault(&filled).map(|_| "the route could lead out of the plugin")
}

/// A route as a document writes it, in its parts: some have a query, which is always the same, and a fragment, which
/// only keeps the keys of a document apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WrittenRoute<'r> {
    pub(super) path: &'r str,
    pub(super) query: &'r str,
    pub(super) fragment: &'r str,
}

impl<'r> WrittenRoute<'r> {
    pub(super) fn new(route: &'r str) -> Self {
        let (rest, fragment) = route.split_once('#').unwrap_or((route, ""));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        Self { path, query, fragment }
    }

    /// Whether it is a path and nothing else.
    pub(super) fn is_plain(self) -> bool {
        self.query.is_empty() && self.fragment.is_empty()
    }

    /// What tells it from others with the same path.
    pub(super) fn action(self) -> String {
        let values = form_urlencoded::parse(self.query.as_bytes()).map(|(_, value)| kebab(&value));
        let fragment = (!self.fragment.is_empty()).then(|| kebab(self.fragment));
        values.chain(fragment).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
    }
}

/// One part of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment<'r> {
    Word(&'r str),
    Parameter(&'r str),
}

/// The parts of a route, in order.
pub(super) fn segments(route: &str) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    for part in route.split('/').filter(|part| !part.is_empty()) {
        let mut rest = part;
        while let Some((before, behind)) = rest.split_once('{') {
            push_word(&mut segments, before);
            let (name, behind) = behind.split_once('}').unwrap_or((behind, ""));
            segments.push(Segment::Parameter(name));
            rest = behind;
        }
        push_word(&mut segments, rest);
    }
    segments
}

fn push_word<'r>(segments: &mut Vec<Segment<'r>>, text: &'r str) {
    if text.chars().any(char::is_alphanumeric) {
        segments.push(Segment::Word(text));
    }
}

/// The names of the parameters in `route`, in order; each once.
pub(super) fn parameters(route: &str) -> Vec<&str> {
    let names = segments(route).into_iter().filter_map(|segment| match segment {
        Segment::Parameter(name) => Some(name),
        Segment::Word(_) => None,
    });
    let mut seen = HashSet::new();
    names.filter(|name| seen.insert(*name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_cannot_leave_the_plugin() {
        for route in [
            "/../x",
            "/a/..",
            "/a//b",
            "a",
            "/a?b=1",
            "/a#b",
            "/a/%2e%2E/b",
            "/a%2Fb",
            "/a\\b",
            "/\u{1b}",
            "//x",
            "/{",
            "/{}",
            "/a}",
            "/{a{b}}",
            "/{a/b}",
            "/..;/x",
            "/a/..;x/b",
            "/a%c0%ae%C0%AE/b",
            "/a%0d%0ab",
            "/a%252e",
            "/x/..%09/y",
        ] {
            assert!(fault(route).is_some(), "{route}");
        }
        for route in ["/", "/a", "/a/", "/a/{b}/c.d", "/a/{b}:c", "/a%20b", "/...x"] {
            assert_eq!(fault(route), None, "{route}");
        }
    }
}
