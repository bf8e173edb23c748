//! The method of a request: those that OpenAPI knows, and others that a document names (`additionalOperations`).
//!
//! It must not know what a command is called, nor how a request is sent.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The methods that become commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads the headers.
    Head,
    /// Says what is allowed.
    Options,
    /// Reads what its body asks for.
    Query,
    /// Starts or creates.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
    /// Another one.
    Other(OtherMethod),
}

/// The name of a method that OpenAPI has no field for, which is short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OtherMethod {
    letters: [u8; OtherMethod::LONGEST],
    length: usize,
}

impl OtherMethod {
    const LONGEST: usize = 24;

    fn new(name: &str) -> Option<Self> {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let mut letters = [0; Self::LONGEST];
        letters.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
        (!name.is_empty() && name.bytes().all(is_token)).then_some(Self { letters, length: name.len() })
    }

    fn as_str(&self) -> &str {
        self.letters
            .get(..self.length)
            .and_then(|letters| std::str::from_utf8(letters).ok())
            .unwrap_or_default()
    }
}

impl Method {
    /// Those that have a field in a path item, as a document spells it.
    pub(super) const FIELDS: [(&'static str, Self); 8] = [
        ("get", Self::Get),
        ("head", Self::Head),
        ("options", Self::Options),
        ("query", Self::Query),
        ("post", Self::Post),
        ("put", Self::Put),
        ("patch", Self::Patch),
        ("delete", Self::Delete),
    ];

    /// The method that is `name` in a request; `None` where no command can be made of it: a tunnel, an echo of what was
    /// sent with all its headers.
    pub fn new(name: &str) -> Option<Self> {
        let is_it = |other: &str| name.eq_ignore_ascii_case(other);
        if is_it("connect") || is_it("trace") {
            return None;
        }
        let known = Self::FIELDS.iter().find(|(field, _)| is_it(field)).map(|(_, method)| *method);
        known.or_else(|| OtherMethod::new(name).map(Self::Other))
    }

    /// As it is in a request.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Query => "QUERY",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Other(name) => name.as_str(),
        }
    }

    /// Whether it changes nothing, by its definition.
    pub fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::Options | Self::Query)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("not a method"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_one_that_can_be_sent() {
        assert_eq!(Method::new("get"), Some(Method::Get));
        assert_eq!(Method::new("QUERY"), Some(Method::Query));
        assert_eq!(Method::new("PROPFIND").unwrap().as_str(), "PROPFIND");
        for name in ["", "CONNECT", "trace", "A B", "A\r\nB", "X".repeat(25).as_str()] {
            assert_eq!(Method::new(name), None, "{name}");
        }
        for (_, method) in Method::FIELDS {
            assert_eq!(Method::new(method.as_str()), Some(method));
        }
    }
}
