//! Where a credential of a plugin's own stands in a request, and what it may be there. Pure.
//!
//! It must not know what a request is sent with, nor which names are not for a document to set.

use super::limits;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a credential stands in a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialPlace {
    /// In this header.
    Header(String),
    /// In this parameter of the query.
    Query(String),
    /// In this cookie.
    Cookie(String),
}

impl CredentialPlace {
    /// Whether it is the same place as another: headers have no case.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Header(name), Self::Header(other)) => name.eq_ignore_ascii_case(other),
            (place, other) => place == other,
        }
    }

    /// Why `value` cannot be sent here, if it cannot. Nothing of it is said.
    pub fn fault(&self, value: &str) -> Option<&'static str> {
        let is_cookie_octet = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
        let is_allowed = match self {
            Self::Header(_) => value.bytes().all(|byte| matches!(byte, b' '..=b'~')) && value.trim() == value,
            Self::Query(_) => !value.chars().any(char::is_control),
            Self::Cookie(_) => value.bytes().all(is_cookie_octet),
        };
        match self {
            _ if value.is_empty() => Some("it is empty"),
            _ if value.len() > limits::TOKEN => Some("it is longer than 16 KiB"),
            _ if is_allowed => None,
            Self::Header(_) => {
                Some("it contains characters that are not allowed in a header (a line break?)")
            }
            Self::Query(_) => Some("it contains control characters (a line break?)"),
            Self::Cookie(_) => Some("it contains characters that are not allowed in a cookie"),
        }
    }
}

impl fmt::Display for CredentialPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(formatter, "header `{name}`"),
            Self::Query(name) => write!(formatter, "query parameter `{name}`"),
            Self::Cookie(name) => write!(formatter, "cookie `{name}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_not_arrive_as_it_is_is_refused() {
        let place = |kind: fn(String) -> CredentialPlace| kind("x".to_owned());
        let (header, query, cookie) =
            (place(CredentialPlace::Header), place(CredentialPlace::Query), place(CredentialPlace::Cookie));
        for wrong in ["", "a\nb", "a\r", "\u{7f}", &"x".repeat(limits::TOKEN + 1)] {
            assert!([&header, &query, &cookie].iter().all(|place| place.fault(wrong).is_some()), "{wrong:?}");
        }
        assert_eq!([&header, &query, &cookie].map(|place| place.fault("sesame-4711=/+")), [None; 3]);
        assert!(header.fault(" a").is_some() && header.fault("ä").is_some() && header.fault("a b").is_none());
        assert!(query.fault("ä &=").is_none());
        assert!(["a b", "a;b", "a,b", "\"a\"", "a\\b"].iter().all(|wrong| cookie.fault(wrong).is_some()));
    }

    #[test]
    fn a_header_is_the_same_in_any_case_and_nothing_else_is() {
        let header = |name: &str| CredentialPlace::Header(name.to_owned());
        assert!(header("X-Key").is(&header("x-key")));
        assert!(!header("X-Key").is(&CredentialPlace::Query("X-Key".to_owned())));
        let query = |name: &str| CredentialPlace::Query(name.to_owned());
        assert!(query("key").is(&query("key")) && !query("key").is(&query("Key")));
    }
}
