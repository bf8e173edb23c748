//! A package in a registry, in the shape that `plugin install oci://…` reads: one manifest whose only layer is the archive. A chart in the
//! shape that helm reads (<https://helm.sh/docs/topics/registries/>). And their signature, where cosign keeps it: under the tag
//! `sha256-DIGEST.sig`.
//!
//! Nothing in it depends on the time, so that the same archive has the same digest wherever it is pushed.

use super::packable::PackedPlugin;
use super::sign::{self, SignError};
use crate::chart::archive::ChartDescription;
use crate::client::registry::manifest::{HELM_CHART, HELM_CONFIG};
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

/// Why a plugin is not in a registry.
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
    /// helm would look for the chart elsewhere.
    #[error("{place} does not end with the name of the chart, `{name}`")]
    OtherName {
        /// The reference.
        place: CleanText,
        /// The name of the chart.
        name: CleanText,
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
            Self::NoPlace { .. } | Self::OtherName { .. } => exit::USAGE,
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
            Self::OtherName { place, name } => vec![format!("push it to {place}/{name}")],
            // As where it is fetched.
            Self::NotPushed { place, error } => {
                InstallError::NotFetched { place: place.clone(), error: error.clone() }.hints()
            }
            Self::NotSigned(error) => error.hints(),
            Self::NoPlace { .. } => Vec::new(),
        }
    }
}

/// The reference that it is pushed to, with its tag.
pub fn place(
    reference: &RegistryReference,
    packed: &PackedPlugin,
) -> Result<RegistryReference, PublishError> {
    let PackedPlugin::Chart(chart, _) = packed else { return with_tag(reference, packed.version()) };
    let name = &chart.description.name;
    if reference.name().rsplit('/').next() != Some(name) {
        return Err(PublishError::OtherName {
            place: CleanText::new(&reference.to_string()),
            name: CleanText::new(name),
        });
    }
    with_tag(reference, &chart.description.tag())
}

/// The reference with its own tag, or else with this version.
fn with_tag(reference: &RegistryReference, version: &str) -> Result<RegistryReference, PublishError> {
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

/// Keeps what was packed, a file called `title`, under the tag of `place`; gives the digest of its manifest. A tag of something else
/// stays, unless `replaces`.
pub async fn push(
    registry: &Registry,
    place: &RegistryReference,
    title: &str,
    packed: &PackedPlugin,
    replaces: bool,
) -> Result<Digest, PublishError> {
    let failed = |error: RegistryError| not_pushed(place, error);
    let content = packed.content();
    let (manifest, config) = match packed {
        PackedPlugin::Package(packed) => (manifest(title, content, &packed.manifest), "{}".to_owned()),
        PackedPlugin::Chart(chart, _) => {
            let config = chart.description.value.to_string();
            (chart_manifest(content, &config, &chart.description), config)
        }
    };
    let manifest = manifest.into_bytes();
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
    registry.push_blob(config.as_bytes()).await.map_err(failed)?;
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

/// What is said of something in a registry, by the keys of the OCI image specification.
fn annotations(facts: &[(&str, Option<&str>)]) -> Map<String, Value> {
    let said = facts.iter().filter_map(|(key, fact)| {
        let fact = CleanText::new(fact.filter(|fact| !fact.is_empty())?).to_string();
        Some((format!("org.opencontainers.image.{key}"), Value::String(fact)))
    });
    said.collect()
}

/// The manifest of a chart, as `helm push` writes it but for the time.
fn chart_manifest(content: &[u8], config: &str, chart: &ChartDescription) -> String {
    let text = |key: &str| chart.value.get(key).and_then(Value::as_str);
    let annotations = annotations(&[
        ("title", Some(&chart.name)),
        ("version", Some(&chart.version)),
        ("description", text("description")),
        ("url", text("home")),
    ]);
    json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {
            "mediaType": HELM_CONFIG,
            "size": config.len(),
            "digest": Digest::of(config.as_bytes()).as_str(),
        },
        "layers": [{
            "mediaType": HELM_CHART,
            "size": content.len(),
            "digest": Digest::of(content).as_str(),
        }],
        "annotations": annotations,
    })
    .to_string()
}

fn manifest(title: &str, content: &[u8], package: &PackageManifest) -> String {
    let annotations = annotations(&[
        ("title", Some(&package.name)),
        ("version", Some(&package.version)),
        ("description", package.summary.as_deref()),
        ("licenses", package.license.as_deref()),
        ("url", package.homepage.as_deref()),
        ("vendor", package.vendor.as_deref()),
    ]);
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
            with_tag(&reference, version).map(|place| place.to_string()).map_err(|error| error.to_string())
        };
        assert_eq!(place("oci://h/greet", "1.0").unwrap(), "oci://h/greet:1.0");
        assert_eq!(place("oci://h/greet:beta", "1.0").unwrap(), "oci://h/greet:beta");
        assert!(place("oci://h/greet", "1.0+x").unwrap_err().contains("cannot be a tag"));
        let digest = format!("oci://h/greet@sha256:{}", "0".repeat(64));
        assert!(place(&digest, "1.0").unwrap_err().contains("a digest cannot be chosen"));
    }

    #[test]
    fn a_chart_is_where_helm_looks_for_it_as_helm_writes_it() {
        let folder = crate::sys::files::temporary_folder("chart-").unwrap();
        let text = b"apiVersion: v2\nname: gauge\nversion: 1.0.0+x\ndescription: Measure\n";
        crate::sys::files::replace(&folder.path().join("Chart.yaml"), text).unwrap();
        let packed = super::super::packable::pack(folder.path(), 0).unwrap();
        let place = |text: &str| {
            let reference = RegistryReference::new(text).unwrap();
            place(&reference, &packed).map(|place| place.to_string())
        };
        assert_eq!(place("oci://h/charts/gauge").unwrap(), "oci://h/charts/gauge:1.0.0_x");
        assert_eq!(place("oci://h/charts/gauge:beta").unwrap(), "oci://h/charts/gauge:beta");
        // As `helm push` is given it, without the name.
        let refused = place("oci://h/charts").unwrap_err();
        assert!(
            refused.to_string().contains("does not end with the name of the chart, `gauge`"),
            "{refused}"
        );
        assert_eq!(refused.hints(), ["push it to oci://h/charts/gauge"]);
        let PackedPlugin::Chart(chart, _) = &packed else { panic!("{packed:?}") };
        let text = chart_manifest(b"\x1f\x8b", "{}", &chart.description);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["config"]["mediaType"], "application/vnd.cncf.helm.config.v1+json");
        assert_eq!(value["layers"][0]["mediaType"], "application/vnd.cncf.helm.chart.content.v1.tar+gzip");
        assert_eq!(value["annotations"]["org.opencontainers.image.version"], "1.0.0+x");
        assert!(!text.contains("created"));
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
