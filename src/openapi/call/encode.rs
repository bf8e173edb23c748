//! How values stand in a path and in a query. It must not know where they come from.

use crate::openapi::Style;
use std::fmt::Write as _;

/// Reserved characters that mean nothing in the value of a query (RFC 3986, 3.4): what separates fields is not among them.
pub(super) const IN_QUERY: &[u8] = b":/?@!$'()*,;=";

/// The same in a path, where a value may have several segments.
pub(super) const IN_PATH: &[u8] = b":/@!$&'()*+,=";

/// Those that stand in the value of a cookie (RFC 6265, 4.1.1); `%` is not among them, since it encodes.
const IN_COOKIE: &[u8] = b"!#$&'()*+-./:<=>?@[]^_`{|}~";

/// `text` as the value of a cookie.
pub(super) fn in_cookie(text: &str) -> String {
    keeping(text, IN_COOKIE)
}

/// `text` with everything encoded that is not unreserved (RFC 3986).
pub(super) fn percent(text: &str) -> String {
    keeping(text, b"")
}

/// The same, but for `kept`.
pub(super) fn keeping(text: &str, kept: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// The fixed part of a route: what may be in a path stays, `%41` too.
pub(super) fn literal(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || "-._~/!$&'()*+,;=:@%".contains(character) {
            encoded.push(character);
        } else {
            encoded.push_str(&percent(character.encode_utf8(&mut [0; 4])));
        }
    }
    encoded
}

/// A query that grows.
#[derive(Debug, Default)]
pub(super) struct QueryBuilder(String);

impl QueryBuilder {
    /// `name=value`, the value as it is; without a name, the value is the query.
    fn push(&mut self, name: &str, encoded: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        if !name.is_empty() {
            self.0.push_str(&percent(name));
            self.0.push('=');
        }
        self.0.push_str(encoded);
    }

    /// One value, in which `kept` stays as it is.
    pub(super) fn one(&mut self, name: &str, value: &str, kept: &[u8]) {
        self.push(name, &keeping(value, kept));
    }

    /// Several values of one name.
    pub(super) fn list(&mut self, name: &str, values: &[String], style: Style, kept: &[u8]) {
        let between = match style {
            Style::Repeated | Style::Deep | Style::Json => {
                return values.iter().for_each(|value| self.one(name, value, kept));
            }
            Style::Commas => ",",
            Style::Spaces => "%20",
            Style::Pipes => "%7C",
            Style::Tabs => "%09",
        };
        // What separates the values is in none of them.
        let kept: Vec<u8> = kept.iter().copied().filter(|byte| *byte != b',').collect();
        let encoded: Vec<String> = values.iter().map(|value| keeping(value, &kept)).collect();
        self.push(name, &encoded.join(between));
    }

    /// The members of a map.
    pub(super) fn map(&mut self, name: &str, members: &[(String, String)], style: Style, kept: &[u8]) {
        match style {
            Style::Repeated | Style::Deep | Style::Json => {
                for (key, value) in members {
                    self.one(key, value, kept);
                }
            }
            Style::Commas | Style::Spaces | Style::Pipes | Style::Tabs => {
                let flat: Vec<String> =
                    members.iter().flat_map(|(key, value)| [key.clone(), value.clone()]).collect();
                self.list(name, &flat, style, kept);
            }
        }
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_style_has_its_own_look() {
        let values = ["a b".to_owned(), "c,d".to_owned()];
        let list = |style| {
            let mut query = QueryBuilder::default();
            query.list("x", &values, style, b"");
            query.finish()
        };
        assert_eq!(list(Style::Repeated), "x=a%20b&x=c%2Cd");
        assert_eq!(list(Style::Commas), "x=a%20b,c%2Cd");
        assert_eq!(list(Style::Spaces), "x=a%20b%20c%2Cd");
        assert_eq!(list(Style::Pipes), "x=a%20b%7Cc%2Cd");
        let members = [("k".to_owned(), "1".to_owned()), ("l".to_owned(), "2".to_owned())];
        let map = |style| {
            let mut query = QueryBuilder::default();
            query.map("x", &members, style, b"");
            query.finish()
        };
        assert_eq!(map(Style::Repeated), "k=1&l=2");
        assert_eq!(map(Style::Commas), "x=k,1,l,2");
    }

    #[test]
    fn a_route_keeps_what_may_stand_in_a_path() {
        assert_eq!(literal("/a b/ö:x%20y"), "/a%20b/%C3%B6:x%20y");
    }

    proptest! {
        #[test]
        fn a_query_is_read_back_as_it_was(pairs in proptest::collection::vec((".{1,8}", ".{0,12}"), 0..6)) {
            let mut query = QueryBuilder::default();
            for (name, value) in &pairs {
                query.one(name, value, b"");
            }
            let text = query.finish();
            let back: Vec<_> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
            prop_assert!(text.is_ascii());
            prop_assert_eq!(back, pairs);
        }
    }
}
