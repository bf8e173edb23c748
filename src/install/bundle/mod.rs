//! A bundle: packages, charts, images and catalogs in one file, to be carried where no server can be reached.
//!
//! It is an OCI image layout (image specification 1.1, "Image Layout") in a tar archive: each thing under its digest, so that
//! everything is verified without a server, and `skopeo`, `oras` and `crane` can read it, too. What everestctl has to know beyond that
//! is in an annotation of the index.
//!
//! * [`writer`]: making one;
//! * [`reader`]: reading one;
//! * [`packages`]: packages into one and out of it;
//! * [`copying`]: from a registry into one, and from one into a registry.
//!
//! It must not know what is chosen, nor what becomes of it.

pub mod copying;
pub mod packages;
pub mod reader;
pub mod writer;

use crate::client::registry::RegistryError;
use crate::error::{ExitCode, Explain, exit};
use crate::model::CleanText;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

/// The annotation with the name of a thing.
const REFERENCE: &str = "org.opencontainers.image.ref.name";
/// The annotation with a [`BundleItem`].
const ITEM: &str = "dev.openeverest.everestctl.item";
/// The file that says which version of the layout it is.
const LAYOUT: &str = "oci-layout";
/// The file that lists what is in it.
const INDEX: &str = "index.json";
/// The version of the layout.
const LAYOUT_CONTENT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;
/// The type of manifests that are made here.
pub const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// The type of an index of manifests.
pub const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
/// The type of an archive in a manifest.
pub const ARCHIVE_TYPE: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// What a thing in a bundle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemKind {
    /// A package of a local plugin.
    Package,
    /// The chart of a plugin of a server.
    Chart,
    /// A container image.
    Image,
    /// The signature of something else.
    Signature,
    /// A catalog, as it was.
    Catalog,
}

impl ItemKind {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Chart => "chart",
            Self::Image => "image",
            Self::Signature => "signature",
            Self::Catalog => "catalog",
        }
    }
}

/// In which form a thing came, and so what its digest is the digest of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemForm {
    /// As an artifact of a registry: of its manifest.
    #[default]
    Artifact,
    /// As an archive: of its bytes.
    Archive,
    /// As a folder, packed here: of its files.
    Folder,
}

/// One thing in a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BundleItem {
    /// What it is.
    pub kind: ItemKind,
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Where it comes from, as the user wrote it.
    pub source: String,
    /// Where just this comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact: Option<String>,
    /// In which form it came.
    #[serde(default)]
    pub form: ItemForm,
    /// Its digest there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// What each platform has to fetch.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub platforms: BTreeMap<String, String>,
    /// The images that a chart runs, each with its digest where that is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<NeededImage>,
}

impl BundleItem {
    /// A thing of which no more is known than what it is and where it comes from.
    pub fn new(kind: ItemKind, name: &str, source: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            version: None,
            source: source.to_owned(),
            exact: None,
            form: ItemForm::Artifact,
            digest: None,
            platforms: BTreeMap::new(),
            images: Vec::new(),
        }
    }
}

/// An image that a chart runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeededImage {
    /// As the chart names it.
    pub image: String,
    /// Its digest, where its registry was asked.
    #[serde(default)]
    pub digest: Option<String>,
}

/// Why a bundle cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The file cannot be written.
    #[error("could not write {}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// The file cannot be read.
    #[error("could not read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// It is something else.
    #[error("{} is not a bundle: {why}", path.display())]
    NoBundle {
        /// The file.
        path: PathBuf,
        /// Why.
        why: CleanText,
    },
    /// Something in it is not what it should be.
    #[error("{} is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What.
        why: CleanText,
    },
    /// Something could not be copied.
    #[error("could not copy {what}")]
    NotCopied {
        /// What.
        what: CleanText,
        /// Why.
        #[source]
        error: RegistryError,
    },
}

impl Explain for BundleError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoBundle { .. } => exit::USAGE,
            _ => exit::FAILURE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::NoBundle { .. } => vec!["everestctl plugin export NAME -f FILE makes one".to_owned()],
            Self::Damaged { .. } => vec!["copy it again, or make it anew".to_owned()],
            Self::NotCopied { error: RegistryError::Denied { host, .. }, .. } => {
                vec![format!("podman login {host}"), format!("docker login {host}")]
            }
            _ => Vec::new(),
        }
    }
}
