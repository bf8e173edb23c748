//! What must not be shown: which names mean a secret, and a JSON value without what is under them.
//!
//! It must not know where a value came from.

use super::Pointer;
use super::exact::ExactJson;
use everestctl_rows::case::kebab;
use std::ops::BitOr;

/// Replaces a secret.
pub const HIDDEN: &str = "HIDDEN";

/// Words that mean a secret wherever they stand in a name.
const WORDS: &[&str] = &[
    "auth",
    "apikey",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "credentials",
    "jwt",
    "otp",
    "passphrase",
    "passwd",
    "password",
    "pwd",
    "secret",
    "secrets",
    "token",
];

/// Kinds of keys that are secrets: `apiKey`, `access-key`.
const KEYS: &[&str] = &["access", "api", "auth", "encryption", "master", "private", "secret", "signing"];

/// Words beside `token` that make it the place of a page.
const PAGES: &[&str] = &["continuation", "continue", "cursor", "next", "page", "sync"];

/// Whether a parameter, header or property of this name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name = kebab(name);
    let words: Vec<&str> = name.split(['-', '.']).collect();
    let is_page = words.iter().any(|word| PAGES.contains(word));
    words.iter().any(|word| WORDS.contains(word) && !(*word == "token" && is_page))
        || words.windows(2).any(|pair| matches!(pair, [kind, "key" | "keys"] if KEYS.contains(kind)))
        || ["password", "passwd", "apikey", "secret"].iter().any(|end| name.ends_with(end))
}

/// `value` with [`HIDDEN`] under every name that means a secret, however deep; whether there was one.
pub fn hide_names(value: &mut ExactJson) -> bool {
    match value {
        ExactJson::Object(members) => members.iter_mut().fold(false, |hidden, (name, value)| {
            if is_secret_name(name) && !value.is_null() {
                *value = ExactJson::from(HIDDEN);
                return true;
            }
            hide_names(value) || hidden
        }),
        ExactJson::List(items) => items.iter_mut().map(hide_names).fold(false, BitOr::bitor),
        _ => false,
    }
}

/// The same for what is at `place`, where `*` is every member.
pub(super) fn hide_at(value: &mut ExactJson, place: &Pointer) -> bool {
    hide_below(value, place.steps())
}

fn hide_below(value: &mut ExactJson, steps: &[String]) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        let is_there = !value.is_null();
        if is_there {
            *value = ExactJson::from(HIDDEN);
        }
        return is_there;
    };
    let is_named = value.get(step).is_some();
    match value {
        ExactJson::Object(members) => members
            .iter_mut()
            .filter(|(name, _)| if is_named { name == step } else { step == "*" })
            .map(|(_, value)| hide_below(value, rest))
            .fold(false, BitOr::bitor),
        ExactJson::List(items) if step == "*" => {
            items.iter_mut().map(|item| hide_below(item, rest)).fold(false, BitOr::bitor)
        }
        _ => false,
    }
}

/// A text that may be JSON, without what is under the name of a secret in it.
pub fn hide_in_json(text: &str) -> String {
    if !text.trim_start().starts_with(['{', '[']) {
        return text.to_owned();
    }
    let Some(mut value) = ExactJson::read(text) else { return text.to_owned() };
    if hide_names(&mut value) { value.to_string() } else { text.to_owned() }
}

/// The text of a form or a query without the values of those fields that `is_secret`.
pub fn hide_in_pairs(text: &str, is_secret: impl Fn(&str) -> bool) -> String {
    let pairs: Vec<_> = form_urlencoded::parse(text.as_bytes()).collect();
    if !pairs.iter().any(|(name, value)| is_secret(name) && !value.is_empty()) {
        return text.to_owned();
    }
    let mut shown = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &pairs {
        shown.append_pair(name, if is_secret(name) { HIDDEN } else { value });
    }
    shown.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_that_mean_a_secret() {
        for name in [
            "password",
            "dbPassword",
            "X-Api-Key",
            "apiKey",
            "api_key",
            "APIKEY",
            "Authorization",
            "clientSecret",
            "access_token",
            "X-Auth-Token",
            "Cookie",
            "private-key",
            "target.password",
            "mypassword",
            "secretKey",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "key",
            "name",
            "pageToken",
            "next-page-token",
            "tokens",
            "author",
            "monkey",
            "primaryKey",
            "compass",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn a_secret_is_hidden_by_where_it_stands() {
        let value = json!({"a": [{"k": "x", "password": "x"}, {"k": ["x"]}], "note": "x", "token": null});
        let mut value = ExactJson::from(&value);
        assert!(hide_at(&mut value, &Pointer::new("/a/*/k").unwrap()));
        assert!(hide_names(&mut value));
        assert_eq!(
            value,
            (&json!({"a": [{"k": HIDDEN, "password": HIDDEN}, {"k": HIDDEN}], "note": "x", "token": null}))
                .into()
        );
        assert_eq!(hide_in_json(r#"{"password":"x\"y"}"#), r#"{"password":"HIDDEN"}"#);
        assert_eq!(hide_in_json("{ \"a\": 1}"), "{ \"a\": 1}");
        assert_eq!(hide_in_pairs("a=1&token=x%20y", is_secret_name), "a=1&token=HIDDEN");
        assert_eq!(hide_in_pairs("a=%20&b", is_secret_name), "a=%20&b");
    }
}
