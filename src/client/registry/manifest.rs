//! What a manifest lists, by the OCI image specification: the layers of an artifact, or the manifests of an index.

use super::reference::Digest;
use crate::model::{CleanText, limits};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// The most entries of a manifest.
const MOST_ENTRIES: usize = 2000;
/// The annotation that names a file, as ORAS writes it.
const TITLE: &str = "org.opencontainers.image.title";

/// The type of a layer that is a chart, as helm writes it.
pub const HELM_CHART: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
/// The type of what such a chart says of itself.
pub const HELM_CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";

/// How the type of a bundle of Sigstore starts: `.v0.3+json` follows, or `+json;version=0.2`.
pub const SIGSTORE_BUNDLE: &str = "application/vnd.dev.sigstore.bundle";

/// What a manifest lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Manifest {
    /// What it says that it is.
    #[serde(rename = "mediaType", default)]
    pub media_type: Option<String>,
    /// What else belongs to an artifact, and is no file of it.
    #[serde(default)]
    pub config: Option<ContentDescriptor>,
    /// The parts of an artifact.
    #[serde(default)]
    pub layers: Vec<ContentDescriptor>,
    /// The manifests of an index, one for each platform.
    #[serde(default)]
    pub manifests: Vec<ContentDescriptor>,
}

/// Content by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ContentDescriptor {
    /// What kind of content it is.
    #[serde(rename = "mediaType", default)]
    pub media_type: String,
    /// Its digest.
    #[serde(deserialize_with = "digest")]
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// What else is said of it.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// The platform it is for.
    #[serde(default)]
    pub platform: Option<Platform>,
    /// What kind of artifact a manifest is.
    #[serde(rename = "artifactType", default)]
    pub artifact_type: Option<String>,
}

/// A platform, in the words of Go.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Platform {
    /// The operating system.
    pub os: String,
    /// The processor.
    pub architecture: String,
}

impl Manifest {
    /// The manifest that `bytes` are.
    pub fn read(bytes: &[u8]) -> Result<Self, CleanText> {
        limits::check(bytes).map_err(|excess| CleanText::new(&format!("it is {excess}")))?;
        // serde reads a list as a struct, too.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(CleanText::new("it is not a JSON object"));
        }
        let manifest: Self =
            serde_json::from_slice(bytes).map_err(|error| CleanText::new(&error.to_string()))?;
        let count = manifest.layers.len() + manifest.manifests.len();
        if count > MOST_ENTRIES { Err(CleanText::new("it lists too much")) } else { Ok(manifest) }
    }
}

impl ContentDescriptor {
    /// The name of the file, if it has one.
    pub fn title(&self) -> Option<&str> {
        self.annotations.get(TITLE).map(String::as_str)
    }

    /// Whether it is a manifest with a bundle of Sigstore.
    pub fn is_sigstore_bundle(&self) -> bool {
        self.artifact_type.as_ref().is_some_and(|kind| kind.starts_with(SIGSTORE_BUNDLE))
    }
}

impl Platform {
    /// The platform in the words of packages, such as `linux-x86_64`.
    pub fn to_package_platform(&self) -> String {
        let system = if self.os == "darwin" { "macos" } else { &self.os };
        let processor = match self.architecture.as_str() {
            "amd64" => "x86_64",
            "arm64" => "aarch64",
            other => other,
        };
        format!("{system}-{processor}")
    }
}

fn digest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
    Digest::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_and_platforms_are_read_and_nothing_else_is_needed() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let text = format!(
            r#"{{"schemaVersion":2,"layers":[{{"digest":"{digest}","size":3,"annotations":{{"{TITLE}":"a.tar.gz"}}}}],
                "manifests":[{{"digest":"{digest}","size":3,"platform":{{"os":"darwin","architecture":"arm64"}}}}]}}"#
        );
        let manifest = Manifest::read(text.as_bytes()).unwrap();
        assert_eq!(manifest.layers[0].title(), Some("a.tar.gz"));
        assert_eq!(manifest.manifests[0].platform.as_ref().unwrap().to_package_platform(), "macos-aarch64");
        for text in
            ["[]", "{", r#"{"layers":[{"digest":"sha256:1","size":1}]}"#, r#"{"layers":[{"size":1}]}"#]
        {
            assert!(Manifest::read(text.as_bytes()).is_err(), "{text}");
        }
        assert!(Manifest::read("[".repeat(5000).as_bytes()).unwrap_err().as_str().contains("deeper"));
    }
}
