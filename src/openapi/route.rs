//! A route below a plugin, known to stay there: checked when a document is read and again when it comes back from the
//! index.

use super::limits;
use serde::{Deserialize, Deserializer, Serialize};
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

/// What is wrong with `route`, if anything: it must stay below the plugin, whoever decodes it.
fn fault(route: &str) -> Option<&'static str> {
    if !route.starts_with('/') {
        return Some("a route begins with `/`");
    }
    if route.len() > limits::ROUTE {
        return Some("the route is too long");
    }
    if route.contains(['?', '#', '\\']) || route.chars().any(char::is_control) {
        return Some("the route has characters that no route has");
    }
    let outside = |mut rest: &str| loop {
        let Some((before, behind)) = rest.split_once('{') else { break !rest.contains('}') };
        match behind.split_once('}') {
            Some((name, behind))
                if !name.is_empty() && !name.contains(['{', '/']) && !before.contains('}') =>
            {
                rest = behind;
            }
            _ => break false,
        }
    };
    if !outside(route) {
        return Some("the route has a `{` or `}` that names no parameter");
    }
    let body = route.strip_suffix('/').unwrap_or(route);
    if body.split('/').skip(1).any(str::is_empty) || leaves(body) {
        return Some("the route has an empty segment, `.` or `..`");
    }
    // Encoded, they mean the same to a server that decodes once more; `%c0` begins a long form of them.
    let encoded = body.to_ascii_lowercase();
    let codes = ["%2e", "%2f", "%5c", "%25", "%0", "%1", "%7f", "%c0", "%c1", "%e0%80"];
    if codes.iter().any(|code| encoded.contains(code)) {
        return Some("the route has an encoded `/`, `.`, `%` or control character");
    }
    None
}

/// How often a server and whatever stands before it may decode a path.
const DECODINGS: usize = 4;

/// Whether a segment of `path` is `.` or `..` for somebody: decoded as often as anybody may do that, with `\` as `/`,
/// without parameters (`..;x`) and control characters.
pub fn leaves(path: &str) -> bool {
    let mut text = path.as_bytes().to_vec();
    for _ in 0..DECODINGS {
        if text.split(|byte| matches!(byte, b'/' | b'\\')).any(is_dots) {
            return true;
        }
        let decoded = decoded(&text);
        if decoded.len() == text.len() {
            return false;
        }
        text = decoded;
    }
    // Whoever encodes so often means it.
    text.contains(&b'%')
}

fn is_dots(segment: &[u8]) -> bool {
    let name = segment.split(|byte| *byte == b';').next().unwrap_or_default();
    let visible: Vec<u8> = name.iter().copied().filter(|byte| !byte.is_ascii_control()).collect();
    matches!(visible.trim_ascii(), b"." | b"..")
}

/// `text` decoded once; `.` and `/` in the long forms of UTF-8, too.
fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, behind)) = rest.split_first() {
        rest = behind;
        let code = match (first, behind) {
            (b'%', [high, low, ..]) => digit(*high).zip(digit(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        let Some(byte) = code else {
            decoded.push(first);
            continue;
        };
        rest = behind.get(2..).unwrap_or_default();
        match (decoded.last(), byte) {
            (Some(0xc0), 0xae | 0xaf) => {
                decoded.pop();
                decoded.push(byte - 0x80);
            }
            _ => decoded.push(byte),
        }
    }
    decoded
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

/// The names of the parameters in `route`, in order.
pub(super) fn parameters(route: &str) -> Vec<&str> {
    let names = segments(route).into_iter().filter_map(|segment| match segment {
        Segment::Parameter(name) => Some(name),
        Segment::Word(_) => None,
    });
    names.collect()
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

    #[test]
    fn a_path_does_not_leave_its_place_however_often_it_is_decoded() {
        for path in [
            "/..%2fother/x",
            "/%2e%2e%2Fother",
            "/a/%252e%252e/x",
            "/..%5cother",
            "/..\\other",
            "/..;a=b/x",
            "/..%00/x",
            "/%c0%ae%c0%ae/x",
            "/..%c0%af../x",
            "/%25252e%25252e/x",
            "/.",
            "..",
        ] {
            assert!(leaves(path), "{path}");
        }
        for path in ["/", "/a%2Fb", "/100%", "/%zz", "/a.b/..c", "/...", "/a;b=..", "50%25", "{v}%2e?#ö"] {
            assert!(!leaves(path), "{path}");
        }
    }
}
