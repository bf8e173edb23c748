//! The name of something in a registry: `oci://HOST[:PORT]/NAME[:TAG][@DIGEST]`, by the grammar of the distribution
//! specification.

use super::super::{ClientError, address};
use crate::model::CleanText;
use reqwest::Url;
use std::fmt;

/// What a reference starts with.
pub const SCHEME: &str = "oci://";

/// A SHA-256 digest: `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// The digest that `text` is.
    pub fn new(text: &str) -> Result<Self, InvalidReference> {
        let sum = text.strip_prefix("sha256:").unwrap_or_default();
        let is_sum = sum.len() == 64 && sum.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_sum { Ok(Self(text.to_owned())) } else { Err(InvalidReference::Digest) }
    }

    /// The digest with these hexadecimal digits, which are a SHA-256.
    pub fn from_sha256(digits: &str) -> Self {
        Self(format!("sha256:{digits}"))
    }

    /// Whether two texts are one digest, with the name of the algorithm or without.
    pub fn are_same(one: &str, other: &str) -> bool {
        let digits = |text: &str| text.trim().trim_start_matches("sha256:").to_ascii_lowercase();
        digits(one) == digits(other)
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits alone.
    pub fn digits(&self) -> &str {
        self.0.trim_start_matches("sha256:")
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Why a reference names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReference {
    /// The host is missing or wrong.
    #[error("expected oci://HOST/NAME[:TAG][@DIGEST]")]
    Form,
    /// The name of the repository.
    #[error("the name of the repository has characters that are not allowed")]
    Name,
    /// The tag.
    #[error("the tag has characters that are not allowed, or is longer than 128")]
    Tag,
    /// The digest.
    #[error("the digest is not `sha256:` and 64 hexadecimal digits")]
    Digest,
}

/// The name of something in a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryReference {
    host: String,
    name: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl RegistryReference {
    /// The reference that `text` is, which starts with [`SCHEME`].
    pub fn new(text: &str) -> Result<Self, InvalidReference> {
        let rest = text.strip_prefix(SCHEME).ok_or(InvalidReference::Form)?;
        let (rest, digest) = match rest.split_once('@') {
            Some((rest, digest)) => (rest, Some(Digest::new(digest)?)),
            None => (rest, None),
        };
        let (host, path) = rest.split_once('/').ok_or(InvalidReference::Form)?;
        let is_host =
            |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | ':' | '[' | ']' | '_');
        let starts = |it: char| it.is_ascii_alphanumeric() || it == '[';
        if !host.starts_with(starts)
            || !host.chars().all(is_host)
            || Url::parse(&format!("https://{host}/")).is_err()
        {
            return Err(InvalidReference::Form);
        }
        let (name, tag) = match path.split_once(':') {
            Some((name, tag)) => (name, Some(checked_tag(tag)?)),
            None => (path, None),
        };
        let is_part = |part: &str| {
            let ends = |it: Option<char>| it.is_some_and(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
            let inside =
                |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, '.' | '_' | '-');
            ends(part.chars().next()) && ends(part.chars().next_back()) && part.chars().all(inside)
        };
        if name.len() > 255 || !name.split('/').all(is_part) {
            return Err(InvalidReference::Name);
        }
        Ok(Self { host: host.to_owned(), name: name.to_owned(), tag, digest })
    }

    /// The same with another tag, and without a digest.
    pub fn with_tag(&self, tag: &str) -> Result<Self, InvalidReference> {
        Ok(Self { tag: Some(checked_tag(tag)?), digest: None, ..self.clone() })
    }

    /// The same by digest alone.
    #[must_use]
    pub fn with_digest(&self, digest: Digest) -> Self {
        Self { tag: None, digest: Some(digest), ..self.clone() }
    }

    /// The same by digest, under the name that its tag is.
    #[must_use]
    pub fn with_tag_and_digest(&self, digest: Digest) -> Self {
        Self { digest: Some(digest), ..self.clone() }
    }

    /// The host, with its port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The name of the repository.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tag, if one is given.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, if one is given.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Whether the registry is on this machine.
    pub(super) fn is_on_this_machine(&self) -> bool {
        let url = self.url("https");
        url.is_ok_and(|url| address::is_loopback(url.host_str().unwrap_or_default()))
    }

    /// Where the repository is.
    pub(super) fn url(&self, scheme: &str) -> Result<Url, ClientError> {
        Url::parse(&format!("{scheme}://{}/v2/{}", self.host, self.name)).map_err(|error| {
            ClientError::BadAddress { address: CleanText::new(&self.to_string()), why: error.to_string() }
        })
    }
}

fn checked_tag(tag: &str) -> Result<String, InvalidReference> {
    let inside = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | '-');
    let starts = tag.starts_with(|it: char| it.is_ascii_alphanumeric() || it == '_');
    if starts && tag.len() <= 128 && tag.chars().all(inside) {
        Ok(tag.to_owned())
    } else {
        Err(InvalidReference::Tag)
    }
}

impl fmt::Display for RegistryReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{SCHEME}{}/{}", self.host, self.name)?;
        if let Some(tag) = &self.tag {
            write!(formatter, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(formatter, "@{digest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_reference_is_read_and_written_as_it_was() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for (text, host, name, tag) in [
            ("oci://ghcr.io/acme/greet".to_owned(), "ghcr.io", "acme/greet", None),
            ("oci://localhost:5000/greet:1.2".to_owned(), "localhost:5000", "greet", Some("1.2")),
            (format!("oci://[::1]:5000/a/b_c/d-e:v1@{digest}"), "[::1]:5000", "a/b_c/d-e", Some("v1")),
            (format!("oci://h/x@{digest}"), "h", "x", None),
        ] {
            let read = RegistryReference::new(&text).unwrap();
            assert_eq!((read.host(), read.name(), read.tag()), (host, name, tag));
            assert_eq!(read.to_string(), text);
            assert_eq!(read.digest().is_some(), text.contains('@'));
        }
        let read = RegistryReference::new("oci://h/x:1").unwrap();
        assert_eq!(read.with_tag("2").unwrap().to_string(), "oci://h/x:2");
        assert_eq!(
            read.with_digest(Digest::new(&digest).unwrap()).to_string(),
            format!("oci://h/x@{digest}")
        );
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for (text, why) in [
            ("oci://greet", InvalidReference::Form),
            ("oci:///greet", InvalidReference::Form),
            ("oci://../greet", InvalidReference::Form),
            ("oci://user:pw@h/greet", InvalidReference::Digest),
            ("oci://h/Greet", InvalidReference::Name),
            ("oci://h/a//b", InvalidReference::Name),
            ("oci://h/../b", InvalidReference::Name),
            ("oci://h/", InvalidReference::Name),
            ("oci://h/x:", InvalidReference::Tag),
            ("oci://h/x:-1", InvalidReference::Tag),
            ("oci://h/x@sha256:12", InvalidReference::Digest),
            ("oci://h/x@sha512:12", InvalidReference::Digest),
        ] {
            assert_eq!(RegistryReference::new(text), Err(why), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_reference_leaves_its_registry(text in "oci://[ -~]{0,60}") {
            if let Ok(reference) = RegistryReference::new(&text) {
                let url = reference.url("https").unwrap();
                prop_assert!(url.path().starts_with("/v2/") && url.query().is_none() && url.username().is_empty());
                prop_assert_eq!(reference.to_string(), text);
            }
        }
    }
}
