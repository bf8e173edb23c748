//! A package in a registry, in the shape that `plugin install oci://…` reads: one manifest whose only layer is the archive. And its
//! signature, where cosign keeps it: under the tag `sha256-DIGEST.sig`.
//!
//! Nothing in it depends on the time, so that the same archive has the same digest wherever it is pushed.

use super::sign::{self, SignError};
use crate::client::registry::reference::{Digest, InvalidReference, RegistryReference};
use crate::client::registry::{Registry, RegistryError};
use crate::client::signing_key::SigningKey;
use crate::error::{ExitCode, Explain, exit};
use crate::install::error::{FetchError, InstallError};
use crate::model::CleanText;
use everestctl_protocol::package::PackageManifest;
use serde_json::{Map, Value, json};

/// The type of a manifest.
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The type of a package.
const PACKAGE: &str = "application/vnd.everestctl.package.v1";
/// The type of what says nothing (OCI image specification 1.1).
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// The type of a signed claim.
const CLAIM: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// The type of the configuration of a signature, as cosign writes it.
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// Why a package is not in a registry.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The reference names no place for it.
    #[error("`{given}` names no place for a package: {why}")]
    NoPlace {
        /// What was given.
        given: CleanText,
        /// Why.
        why: String,
    },
    /// The tag is of something else.
    #[error("{reference} already exists and is different: {there}")]
    Occupied {
        /// The tag.
        reference: CleanText,
        /// What is there.
        there: Digest,
    },
    /// The registry does not take it.
    #[error("could not push to {place}")]
    NotPushed {
        /// Where.
        place: CleanText,
        /// Why.
        #[source]
        error: FetchError,
    },
    /// It is not signed.
    #[error(transparent)]
    NotSigned(#[from] SignError),
}

impl Explain for PublishError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoPlace { .. } => exit::USAGE,
            Self::NotSigned(error) => error.exit_code(),
            _ => exit::FAILURE,
        }
    }

    fn causes(&self) -> Vec<String> {
        match self {
            Self::NotPushed { error, .. } => vec![error.to_string()],
            Self::NotSigned(error) => error.causes(),
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Occupied { .. } => {
                vec!["push a new version, or use --force to move the tag".to_owned()]
            }
            // As where it is fetched.
            Self::NotPushed { place, error } => {
                InstallError::NotFetched { place: place.clone(), error: error.clone() }.hints()
            }
            Self::NotSigned(error) => error.hints(),
            Self::NoPlace { .. } => Vec::new(),
        }
    }
}

/// The reference with the tag that it is pushed under: its own, or else the version of the package.
pub fn place(reference: &RegistryReference, version: &str) -> Result<RegistryReference, PublishError> {
    let refused = |why: String| PublishError::NoPlace { given: CleanText::new(&reference.to_string()), why };
    if reference.digest().is_some() {
        return Err(refused("a digest cannot be chosen".to_owned()));
    }
    if reference.tag().is_some() {
        return Ok(reference.clone());
    }
    reference.with_tag(version).map_err(|error: InvalidReference| {
        refused(format!(
            "version `{}` cannot be a tag ({error}): write {reference}:TAG",
            CleanText::new(version)
        ))
    })
}

/// Keeps the archive `content`, a file called `title`, under the tag of `place`; gives the digest of its manifest. A tag of something else
/// stays, unless `replaces`.
pub async fn push(
    registry: &Registry,
    place: &RegistryReference,
    (title, content): (&str, &[u8]),
    package: &PackageManifest,
    replaces: bool,
) -> Result<Digest, PublishError> {
    let failed = |error: RegistryError| not_pushed(place, error);
    let manifest = manifest(title, content, package).into_bytes();
    let digest = Digest::of(&manifest);
    let tag = place.tag().unwrap_or_default();
    match registry.manifest(tag, None).await {
        Ok(found) if found.digest != digest && !replaces => {
            let reference = CleanText::new(&place.to_string());
            return Err(PublishError::Occupied { reference, there: found.digest });
        }
        // Whoever may push may not be allowed to look before.
        Ok(_)
        | Err(RegistryError::Absent | RegistryError::InvalidManifest(_) | RegistryError::Denied { .. }) => {}
        Err(error) => return Err(failed(error)),
    }
    registry.push_blob(content).await.map_err(failed)?;
    registry.push_blob(b"{}").await.map_err(failed)?;
    registry.push_manifest(tag, MANIFEST, &manifest).await.map_err(failed)?;
    Ok(digest)
}

/// Keeps the signature of what has `digest` in the repository of `place`, beside those that are there; gives its tag.
pub async fn push_signature(
    registry: &Registry,
    place: &RegistryReference,
    digest: &Digest,
    key: &SigningKey,
) -> Result<String, PublishError> {
    let failed = |error: RegistryError| not_pushed(place, error);
    let tag = format!("sha256-{}.sig", digest.digits());
    let claim = sign::claim(&format!("{}/{}", place.host(), place.name()), digest);
    let (mut others, mut layers) = (Vec::new(), Vec::new());
    match registry.manifest(&tag, None).await {
        Ok(found) => others = found.manifest.layers,
        Err(RegistryError::Absent | RegistryError::Denied { .. }) => {}
        Err(error) => return Err(failed(error)),
    }
    for other in others {
        let is_ours = |signature: &String| key.public().is_some_and(|key| key.has_signed(&claim, signature));
        if other.annotations.get(crate::install::signature::ANNOTATION).is_some_and(is_ours) {
            return Ok(tag);
        }
        layers.push(json!({
            "mediaType": other.media_type,
            "size": other.size,
            "digest": other.digest.as_str(),
            "annotations": other.annotations,
        }));
    }
    let signature = key.sign(&claim).ok_or(SignError::NoRandom)?;
    let annotation =
        Map::from_iter([(crate::install::signature::ANNOTATION.to_owned(), Value::String(signature))]);
    let blob = registry.push_blob(&claim).await.map_err(failed)?;
    layers.push(json!({
        "mediaType": CLAIM,
        "size": claim.len(),
        "digest": blob.as_str(),
        "annotations": annotation,
    }));
    let contents: Vec<&Value> = layers.iter().filter_map(|layer| layer.get("digest")).collect();
    let config = json!({
        "architecture": "", "os": "", "config": {}, "rootfs": {"type": "layers", "diff_ids": contents},
    })
    .to_string();
    let config_digest = registry.push_blob(config.as_bytes()).await.map_err(failed)?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "size": config.len(), "digest": config_digest.as_str()},
        "layers": layers,
    });
    registry.push_manifest(&tag, MANIFEST, manifest.to_string().as_bytes()).await.map_err(failed)?;
    Ok(tag)
}

fn not_pushed(place: &RegistryReference, error: RegistryError) -> PublishError {
    PublishError::NotPushed { place: CleanText::new(&place.to_string()), error: error.into() }
}

fn manifest(title: &str, content: &[u8], package: &PackageManifest) -> String {
    let mut annotations = Map::new();
    let mut add = |key: &str, value: Option<&String>| {
        let value = value.filter(|value| !value.is_empty());
        annotations.extend(value.map(|value| {
            let value = CleanText::new(value).to_string();
            (format!("org.opencontainers.image.{key}"), Value::String(value))
        }));
    };
    add("title", Some(&package.name));
    add("version", Some(&package.version));
    add("description", package.summary.as_ref());
    add("licenses", package.license.as_ref());
    add("url", package.homepage.as_ref());
    add("vendor", package.vendor.as_ref());
    let ending = if content.starts_with(b"PK") { "zip" } else { "tar+gzip" };
    json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": PACKAGE,
        "config": {"mediaType": EMPTY, "size": 2, "digest": Digest::of(b"{}").as_str()},
        "layers": [{
            "mediaType": format!("{PACKAGE}.{ending}"),
            "size": content.len(),
            "digest": Digest::of(content).as_str(),
            "annotations": {"org.opencontainers.image.title": title},
        }],
        "annotations": annotations,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_without_a_tag_is_pushed_under_its_version() {
        let place = |text: &str, version: &str| {
            let reference = RegistryReference::new(text).unwrap();
            place(&reference, version).map(|place| place.to_string()).map_err(|error| error.to_string())
        };
        assert_eq!(place("oci://h/greet", "1.0").unwrap(), "oci://h/greet:1.0");
        assert_eq!(place("oci://h/greet:beta", "1.0").unwrap(), "oci://h/greet:beta");
        assert!(place("oci://h/greet", "1.0+x").unwrap_err().contains("cannot be a tag"));
        let digest = format!("oci://h/greet@sha256:{}", "0".repeat(64));
        assert!(place(&digest, "1.0").unwrap_err().contains("a digest cannot be chosen"));
    }

    #[test]
    fn the_manifest_says_what_it_is_and_not_when() {
        let package: PackageManifest = crate::yaml::explained(
            b"name: greet\nversion: '1.0'\nsummary: Say hello\nplatforms: {any: {file: x}}\n",
        )
        .unwrap();
        let text = manifest("greet-1.0.tar.gz", b"\x1f\x8b", &package);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["layers"][0]["mediaType"], "application/vnd.everestctl.package.v1.tar+gzip");
        assert_eq!(value["annotations"]["org.opencontainers.image.description"], "Say hello");
        assert!(!text.contains("created"));
        assert_eq!(text, manifest("greet-1.0.tar.gz", b"\x1f\x8b", &package));
    }
}
