//! Fetching a package from where it is: this machine, a server, a registry.

use super::archive::{self, LARGEST_ARCHIVE};
use super::error::{FetchError, InstallError};
use super::package::Package;
use super::signature::{self, Signatures};
use super::signer::{PackageSigner, TrustedSigner};
use super::source::PackageSource;
use crate::client::download::Downloader;
use crate::client::registry::artifact_source::ArtifactSource;
use crate::client::registry::manifest::{ContentDescriptor, HELM_CHART, Manifest, Platform};
use crate::client::registry::reference::{Digest, RegistryReference};
use crate::client::registry::{FetchedManifest, Registry, RegistryError, RegistryLogin};
use crate::client::{ClientError, Transport, wait_for};
use crate::config::registry_logins::{self, LoginForm};
use crate::model::CleanText;
use crate::sys::Environment;
use crate::sys::files;
use crate::sys::tree::TreeFile;
use everestctl_protocol::package::ANY_PLATFORM;
use std::collections::BTreeMap;
use std::path::Path;
use url::Url;

/// The annotation of ORAS for a folder that was packed to be a layer.
const UNPACK: &str = "io.deis.oras.content.unpack";

/// What the file beside an archive is called that holds its signature, after the archive's own name.
const BESIDE: [&str; 2] = [".sig", ".sigstore.json"];

/// A package as it came.
#[derive(Clone, Debug)]
pub struct FetchedPackage {
    /// The package.
    pub package: Package,
    /// The digest of what came: of an archive, a registry's manifest, or of all files of a folder.
    pub origin: Digest,
    /// The source by which just this can be fetched again; of a tag, the digest.
    pub exact: PackageSource,
    /// What each platform has to fetch.
    pub platforms: BTreeMap<String, Digest>,
    /// Who has signed it, where somebody has to have.
    pub signer: Option<PackageSigner>,
}

/// What came from a source, verified, before anybody has looked what it is.
#[derive(Debug)]
pub struct FetchedContent {
    /// Where it came from.
    place: String,
    content: ArtifactContent,
    /// The digest of what came; of a folder, it is known when the folder is read.
    origin: Option<Digest>,
    exact: PackageSource,
    platforms: BTreeMap<String, Digest>,
    signer: Option<PackageSigner>,
    /// The digest that is wanted, where what came has none of its own.
    wanted: Option<Digest>,
}

impl FetchedContent {
    /// The bytes, where it is one archive.
    pub fn archive(&self) -> Option<&[u8]> {
        match &self.content {
            ArtifactContent::Archive(content) => Some(content),
            ArtifactContent::Files(_) | ArtifactContent::Folder(_) => None,
        }
    }

    /// The digest by which just this can be fetched again; nothing of a folder.
    pub fn origin(&self) -> Option<&Digest> {
        self.origin.as_ref()
    }

    /// The source by which just this can be fetched again.
    pub fn exact(&self) -> &PackageSource {
        &self.exact
    }

    /// Who has signed it, where somebody has to have.
    pub fn signer(&self) -> Option<&PackageSigner> {
        self.signer.as_ref()
    }

    /// The package that it is.
    pub fn into_package(self) -> Result<FetchedPackage, InstallError> {
        let files = self.content.into_files(&self.place)?;
        let fetched = of_files(files, self.origin, self.exact, self.wanted.as_ref())?;
        let platforms = if self.platforms.is_empty() { fetched.platforms } else { self.platforms };
        Ok(FetchedPackage { platforms, signer: self.signer, ..fetched })
    }
}

/// Fetches packages.
#[derive(Debug)]
pub struct Fetcher<'e> {
    /// How servers are reached.
    pub transport: Transport,
    /// Where logins for registries are.
    pub environment: &'e Environment,
    /// Whether no server may be asked.
    pub is_offline: bool,
    /// Whose signatures are accepted.
    pub signers: Vec<TrustedSigner>,
    /// Whether one of them has to have signed.
    pub wants_signature: bool,
}

impl<'e> Fetcher<'e> {
    /// One that verifies no signature, for who installs nothing.
    pub fn without_signers(transport: Transport, environment: &'e Environment) -> Self {
        Self { transport, environment, is_offline: false, signers: Vec::new(), wants_signature: false }
    }
}

impl Fetcher<'_> {
    /// The tag and the digest that a registry's `source` leads to now; `None` for what does not change, or is no registry.
    pub fn current_digest(&self, source: &PackageSource) -> Result<Option<(String, Digest)>, FetchError> {
        let PackageSource::Registry(reference) = source else { return Ok(None) };
        if self.is_offline || reference.digest().is_some() {
            return Ok(None);
        }
        let registry = self.registry(reference)?;
        let found = wait_for(async {
            let tag = tag(&registry, reference).await?;
            let digest = registry.manifest(&tag, None).await?.digest;
            Ok((tag, digest))
        });
        found.map_err(|error| FetchError::from(ClientError::from(error))).flatten().map(Some)
    }

    /// The package at `source`. Where `wanted` is known, it is that one or none.
    pub fn fetch(
        &self,
        source: &PackageSource,
        wanted: Option<&Digest>,
    ) -> Result<FetchedPackage, InstallError> {
        self.fetch_content(source, wanted)?.into_package()
    }

    /// What is at `source`, whatever it is. Where `wanted` is known, it is that or nothing.
    pub fn fetch_content(
        &self,
        source: &PackageSource,
        wanted: Option<&Digest>,
    ) -> Result<FetchedContent, InstallError> {
        let place = source.to_string();
        let failed = |error: FetchError| InstallError::NotFetched { place: CleanText::new(&place), error };
        if self.is_offline && !matches!(source, PackageSource::Path(_)) {
            return Err(failed(FetchError::Offline));
        }
        match source {
            PackageSource::Path(path) => match archive::content(path)? {
                Some(content) => self.one_archive(source, content, wanted),
                None => Ok(FetchedContent {
                    place: place.clone(),
                    content: ArtifactContent::Folder(archive::read(path)?),
                    origin: None,
                    exact: source.clone(),
                    platforms: BTreeMap::new(),
                    // A folder has no signature.
                    signer: self.signer(&place, || Ok(Signatures::default()))?,
                    wanted: wanted.cloned(),
                }),
            },
            PackageSource::Url(url) => self.one_archive(source, self.archive_of_url(url)?, wanted),
            PackageSource::Registry(reference) => {
                let reference = match wanted {
                    Some(digest) => &reference.with_digest(digest.clone()),
                    None => reference,
                };
                let registry = self.registry(reference).map_err(&failed)?;
                let artifact = wait_for(artifact(&registry, reference)).map_err(ClientError::from);
                let artifact = artifact.map_err(FetchError::from).flatten().map_err(&failed)?;
                let signer = self.signer(&place, || {
                    let found = wait_for(Signatures::in_registry(&registry, &artifact.index));
                    let found = found.map_err(|error| failed(ClientError::from(error).into()))?;
                    found.map_err(|error| failed(error.into()))
                })?;
                Ok(FetchedContent {
                    content: artifact.content,
                    exact: PackageSource::Registry(reference.with_digest(artifact.index.clone())),
                    origin: Some(artifact.index),
                    platforms: artifact.platforms,
                    signer,
                    wanted: None,
                    place,
                })
            }
            PackageSource::Name(name) => Err(InstallError::NoSource {
                given: CleanText::new(name),
                why: format!("it is a name of the hub; a folder is written ./{name}"),
            }),
        }
    }

    /// Fails where a signature is wanted, since what is at `place` can have none.
    pub fn check_unsigned(&self, place: &str) -> Result<(), InstallError> {
        self.signer(place, || Ok(Signatures::default())).map(drop)
    }

    /// The archive `content`, which came from `source`.
    fn one_archive(
        &self,
        source: &PackageSource,
        content: Vec<u8>,
        wanted: Option<&Digest>,
    ) -> Result<FetchedContent, InstallError> {
        let place = source.to_string();
        let origin = Digest::of(&content);
        // Before anything looks at it.
        is_wanted(&place, &origin, wanted)?;
        let signer = self.signer(&place, || {
            let found = self.beside(source)?;
            Ok(found.map(|found| Signatures::of_archive(&content, &found)).unwrap_or_default())
        })?;
        Ok(FetchedContent {
            place,
            content: ArtifactContent::Archive(content),
            origin: Some(origin),
            exact: source.clone(),
            platforms: BTreeMap::new(),
            signer,
            wanted: None,
        })
    }

    /// The bytes of the archive at `source`; `None` for a folder.
    pub(super) fn archive_at(&self, source: &PackageSource) -> Result<Option<Vec<u8>>, InstallError> {
        match source {
            PackageSource::Path(path) => archive::content(path),
            PackageSource::Url(url) => self.archive_of_url(url).map(Some),
            PackageSource::Registry(_) | PackageSource::Name(_) => Ok(None),
        }
    }

    fn archive_of_url(&self, url: &Url) -> Result<Vec<u8>, InstallError> {
        let failed = |error| InstallError::NotFetched { place: CleanText::new(url.as_str()), error };
        if self.is_offline {
            return Err(failed(FetchError::Offline));
        }
        let content = wait_for(Downloader::new(self.transport.clone()).file(url, LARGEST_ARCHIVE));
        content.map_err(ClientError::from).flatten().map_err(|error| failed(error.into()))
    }

    /// What lies beside the archive at `source` and holds its signature.
    pub(super) fn beside(&self, source: &PackageSource) -> Result<Option<Vec<u8>>, InstallError> {
        match source {
            PackageSource::Path(path) => Ok(BESIDE.iter().find_map(|ending| {
                let beside = format!("{}{ending}", path.display());
                files::read(Path::new(&beside), signature::LARGEST as u64).ok()
            })),
            PackageSource::Url(url) => self.beside_url(url),
            PackageSource::Registry(_) | PackageSource::Name(_) => Ok(None),
        }
    }

    fn beside_url(&self, url: &Url) -> Result<Option<Vec<u8>>, InstallError> {
        let downloader = Downloader::new(self.transport.clone());
        for ending in BESIDE {
            let mut place = url.clone();
            place.set_path(&format!("{}{ending}", url.path()));
            let found = wait_for(downloader.file(&place, signature::LARGEST)).map_err(ClientError::from);
            match found.flatten() {
                Ok(beside) => return Ok(Some(beside)),
                Err(ClientError::Status { status: 404 | 403 | 410, .. }) => {}
                Err(error) => {
                    let place = CleanText::new(url.as_str());
                    return Err(InstallError::NotFetched { place, error: error.into() });
                }
            }
        }
        Ok(None)
    }

    /// The connection to the registry of `reference`, as whoever is logged in there.
    pub fn registry(&self, reference: &RegistryReference) -> Result<Registry, FetchError> {
        let kept = registry_logins::login_for(reference.host(), reference.name(), self.environment);
        let login = kept
            .map(|kept| {
                let unusable = |why: &str| FetchError::Login {
                    host: reference.host().to_owned(),
                    path: kept.path.clone(),
                    why: CleanText::new(why),
                };
                match &kept.login {
                    LoginForm::Base64(text) => {
                        RegistryLogin::from_base64(text).ok_or_else(|| unusable("it is not base64"))
                    }
                    LoginForm::Helper(helper) => Err(unusable(&format!(
                        "it is kept by the credential helper `{helper}`, which is not run"
                    ))),
                }
            })
            .transpose()?;
        let opened = wait_for(Registry::open(reference, self.transport.clone(), login));
        Ok(opened.map_err(ClientError::from).flatten()?)
    }

    /// Who has signed what came from `place`, as the signatures that `find` finds say.
    pub(super) fn signer(
        &self,
        place: &str,
        find: impl FnOnce() -> Result<Signatures, InstallError>,
    ) -> Result<Option<PackageSigner>, InstallError> {
        if self.signers.is_empty() && !self.wants_signature {
            return Ok(None);
        }
        match find()?.signer(&self.signers) {
            Ok(signer) => Ok(Some(signer)),
            Err(_) if !self.wants_signature => Ok(None),
            Err(found) => Err(InstallError::NotSigned {
                place: CleanText::new(place),
                signers: self.signers.iter().map(|signer| CleanText::new(&signer.name).to_string()).collect(),
                found,
            }),
        }
    }
}

pub(super) fn of_files(
    files: Vec<TreeFile>,
    origin: Option<Digest>,
    exact: PackageSource,
    wanted: Option<&Digest>,
) -> Result<FetchedPackage, InstallError> {
    let place = exact.to_string();
    let package = Package::from_files(files, &place)?;
    let origin = match origin {
        Some(origin) => origin,
        None => package.content_digest(),
    };
    is_wanted(&place, &origin, wanted)?;
    let keys = package.manifest.platforms.keys();
    let platforms = keys.map(|key| (key.clone(), origin.clone())).collect();
    Ok(FetchedPackage { package, origin, exact, platforms, signer: None })
}

/// Fails if `found` is not the digest that is wanted, if one is.
pub fn is_wanted(place: &str, found: &Digest, wanted: Option<&Digest>) -> Result<(), InstallError> {
    match wanted {
        Some(wanted) if wanted != found => Err(InstallError::OtherDigest {
            place: CleanText::new(place),
            wanted: wanted.to_string(),
            found: found.to_string(),
        }),
        _ => Ok(()),
    }
}

/// A package in a registry.
pub(super) struct Artifact {
    /// The digest by which it was asked for, also where that is an index of platforms.
    pub(super) index: Digest,
    platforms: BTreeMap<String, Digest>,
    pub(super) content: ArtifactContent,
}

/// What came of a package.
#[derive(Debug)]
pub(super) enum ArtifactContent {
    /// One archive.
    Archive(Vec<u8>),
    /// Files, each with its path.
    Files(Vec<(String, Vec<u8>)>),
    /// A folder of this machine.
    Folder(Vec<TreeFile>),
}

impl ArtifactContent {
    /// The files, which came from `place`.
    pub(super) fn into_files(self, place: &str) -> Result<Vec<TreeFile>, InstallError> {
        match self {
            Self::Archive(content) => archive::unpack(&content, place),
            Self::Files(parts) => archive::collect(parts, place),
            Self::Folder(files) => Ok(files),
        }
    }
}

async fn artifact(registry: &Registry, reference: &RegistryReference) -> Result<Artifact, FetchError> {
    let tag = tag(registry, reference).await?;
    artifact_of(registry, &tag, reference.digest()).await
}

/// The artifact that `digest`, or else `tag`, names.
pub(super) async fn artifact_of(
    registry: &impl ArtifactSource,
    tag: &str,
    digest: Option<&Digest>,
) -> Result<Artifact, FetchError> {
    let first = registry.manifest(tag, digest).await?;
    let index = first.digest.clone();
    let platforms = platforms(&first.manifest);
    let manifest = of_this_machine(registry, first, &platforms).await?;
    let content = content(registry, &manifest.manifest).await?;
    Ok(Artifact { index, platforms, content })
}

/// The tag to ask for; an empty one where a digest is named.
async fn tag(registry: &Registry, reference: &RegistryReference) -> Result<String, FetchError> {
    match (reference.tag(), reference.digest()) {
        (None, None) => newest(&registry.tags().await?).ok_or_else(|| {
            FetchError::NoArtifact("the repository has no tag `latest` and no version".to_owned())
        }),
        (tag, _) => Ok(tag.unwrap_or_default().to_owned()),
    }
}

/// The tag to take where none is named: `latest`, or else the highest version that is no pre-release.
fn newest(tags: &[String]) -> Option<String> {
    if tags.iter().any(|tag| tag == "latest") {
        return Some("latest".to_owned());
    }
    let versions = tags.iter().filter_map(|tag| {
        let mut version = tag.strip_prefix('v').unwrap_or(tag).to_owned();
        // `1.2` is a version, too.
        while version.matches('.').count() < 2 {
            version.push_str(".0");
        }
        let version = semver::Version::parse(&version).ok()?;
        version.pre.is_empty().then_some((version, tag))
    });
    versions.max().map(|(_, tag)| tag.clone())
}

fn platforms(manifest: &Manifest) -> BTreeMap<String, Digest> {
    let named = manifest.manifests.iter().map(|entry| {
        let platform =
            entry.platform.as_ref().map_or_else(|| ANY_PLATFORM.to_owned(), Platform::to_package_platform);
        (platform, entry.digest.clone())
    });
    named.collect()
}

async fn of_this_machine(
    registry: &impl ArtifactSource,
    found: FetchedManifest,
    platforms: &BTreeMap<String, Digest>,
) -> Result<FetchedManifest, FetchError> {
    if platforms.is_empty() {
        return Ok(found);
    }
    let machine = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    let Some(digest) = platforms.get(&machine).or_else(|| platforms.get(ANY_PLATFORM)) else {
        let there: Vec<String> = platforms.keys().map(|key| CleanText::new(key).to_string()).collect();
        return Err(FetchError::NoArtifact(format!("nothing for {machine}; there is {}", there.join(", "))));
    };
    let manifest = registry.manifest("", Some(digest)).await?;
    if manifest.manifest.manifests.is_empty() {
        Ok(manifest)
    } else {
        Err(RegistryError::InvalidManifest(CleanText::new("an index lists an index")).into())
    }
}

/// What the layers are: one archive, or files with their names, as ORAS pushes them.
pub(super) async fn content(
    registry: &impl ArtifactSource,
    manifest: &Manifest,
) -> Result<ArtifactContent, FetchError> {
    let is_archive = |layer: &ContentDescriptor| {
        let ends = |ending: &str| layer.title().is_some_and(|title| title.ends_with(ending));
        layer.media_type.ends_with("gzip")
            || layer.media_type.ends_with("zip")
            || ends(".tar.gz")
            || ends(".tgz")
            || ends(".zip")
    };
    // Beside a chart can be its provenance.
    if let Some(chart) = manifest.layers.iter().find(|layer| layer.media_type == HELM_CHART) {
        return Ok(ArtifactContent::Archive(registry.blob(chart, LARGEST_ARCHIVE).await?));
    }
    match manifest.layers.as_slice() {
        [] => Err(FetchError::NoArtifact("its manifest lists no files".to_owned())),
        [layer] if is_archive(layer) => {
            Ok(ArtifactContent::Archive(registry.blob(layer, LARGEST_ARCHIVE).await?))
        }
        layers => {
            let mut left = LARGEST_ARCHIVE;
            let mut parts = Vec::new();
            for layer in layers {
                let Some(title) = layer.title() else {
                    let what = "it is a container image or another artifact: its layers have no names";
                    return Err(FetchError::NoArtifact(what.to_owned()));
                };
                if layer.annotations.contains_key(UNPACK) {
                    let what = format!(
                        "its layer `{}` is a packed folder: push an archive instead",
                        CleanText::new(title)
                    );
                    return Err(FetchError::NoArtifact(what));
                }
                let content = registry.blob(layer, left).await?;
                left -= content.len().min(left);
                parts.push((title.to_owned(), content));
            }
            Ok(ArtifactContent::Files(parts))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_tag_it_is_latest_or_the_highest_version() {
        let newest = |tags: &[&str]| newest(&tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>());
        assert_eq!(newest(&["1.9.0", "latest", "1.10.0"]).as_deref(), Some("latest"));
        assert_eq!(newest(&["1.9.0", "v1.10.0", "2.0.0-rc.1", "sha256-ab.sig"]).as_deref(), Some("v1.10.0"));
        assert_eq!(newest(&["1", "1.2", "1.1.9"]).as_deref(), Some("1.2"));
        assert_eq!(newest(&["main"]), None);
    }
}
