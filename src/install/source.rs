//! Where a package comes from, as the user writes it. Pure.

use super::error::InstallError;
use crate::client::registry::reference::{RegistryReference, SCHEME};
use crate::model::CleanText;
use std::fmt;
use std::path::{Path, PathBuf};
use url::Url;

/// Where a package comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackageSource {
    /// A folder or an archive on this machine.
    Path(PathBuf),
    /// An archive on a server.
    Url(Url),
    /// An artifact in an OCI registry.
    Registry(RegistryReference),
    /// An entry of the hub, by its name.
    Name(String),
}

impl PackageSource {
    /// What the user has written: `oci://…`, `https://…`, a path, or a bare name, which is one of the hub. A folder here
    /// that is called like it is written `./NAME`.
    pub fn from_argument(text: &str) -> Result<Self, InstallError> {
        let invalid = |why: String| InstallError::NoSource { given: CleanText::new(text), why };
        if text.starts_with(SCHEME) {
            return RegistryReference::new(text)
                .map(Self::Registry)
                .map_err(|error| invalid(error.to_string()));
        }
        if let Some((scheme, _)) = text.split_once("://") {
            if !matches!(scheme, "https" | "http") {
                return Err(invalid("expected a path, https://…, oci://… or a name of the hub".to_owned()));
            }
            return Url::parse(text).map(Self::Url).map_err(|error| invalid(error.to_string()));
        }
        let is_archive = [".tar.gz", ".tgz", ".zip"].iter().any(|ending| text.ends_with(ending));
        let is_path = is_archive || text.contains(std::path::is_separator) || text.starts_with(['.', '~']);
        if is_path { Ok(Self::Path(text.into())) } else { Ok(Self::Name(text.to_owned())) }
    }

    /// The source that was kept of an installed package: a path was made absolute.
    pub fn from_kept(text: &str) -> Result<Self, InstallError> {
        if Path::new(text).is_absolute() { Ok(Self::Path(text.into())) } else { Self::from_argument(text) }
    }
}

impl fmt::Display for PackageSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(formatter, "{}", path.display()),
            Self::Url(url) => write!(formatter, "{url}"),
            Self::Registry(reference) => write!(formatter, "{reference}"),
            Self::Name(name) => formatter.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_told_by_its_form_and_never_by_what_lies_here() {
        let kind = |text: &str| match PackageSource::from_argument(text) {
            Ok(PackageSource::Path(_)) => "path",
            Ok(PackageSource::Url(_)) => "url",
            Ok(PackageSource::Registry(_)) => "registry",
            Ok(PackageSource::Name(_)) => "name",
            Err(_) => "error",
        };
        for (text, expected) in [
            ("greet", "name"),
            ("./greet", "path"),
            (".", "path"),
            ("a/b", "path"),
            ("/x", "path"),
            ("greet-1.0.tar.gz", "path"),
            ("https://example.com/greet.tar.gz", "url"),
            ("http://127.0.0.1/greet.zip", "url"),
            ("oci://ghcr.io/acme/greet:1", "registry"),
            ("oci://nothing", "error"),
            ("ftp://example.com/x", "error"),
            ("https://", "error"),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
        assert!(matches!(PackageSource::from_kept("/a/b"), Ok(PackageSource::Path(_))));
    }
}
