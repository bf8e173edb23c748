//! Packages into a bundle and out of it: each in the form in which it came, so that digest and signature stay what they were.

use super::copying;
use super::reader::{Bundle, Listed};
use super::writer::BundleWriter;
use super::{ARCHIVE_TYPE, BundleItem, ItemForm, ItemKind};
use crate::client::registry::artifact_source::ArtifactSource as _;
use crate::client::registry::reference::Digest;
use crate::client::{ClientError, wait_for};
use crate::install::archive::{self, LARGEST_ARCHIVE};
use crate::install::error::{FetchError, InstallError};
use crate::install::fetch::{
    ArtifactContent, FetchedPackage, Fetcher, artifact_of, content, is_wanted, of_files,
};
use crate::install::generations::InstalledPackage;
use crate::install::package::{Package, SIDECAR};
use crate::install::signature::Signatures;
use crate::install::source::PackageSource;
use crate::model::CleanText;
use std::path::Path;

/// The type of what lies beside an archive and holds its signature.
const BESIDE_TYPE: &str = "application/vnd.everestctl.signature";

impl Fetcher<'_> {
    /// Puts an installed package into the bundle, as it is where it came from; `stored` is what is kept of it.
    pub fn add_to_bundle(
        &self,
        installed: &InstalledPackage,
        stored: &Package,
        bundle: &mut BundleWriter,
    ) -> Result<(), InstallError> {
        let name = stored.name.as_str();
        let exact = installed.exact.as_ref().unwrap_or(&installed.source);
        let mut item = BundleItem {
            kind: ItemKind::Package,
            name: name.to_owned(),
            version: Some(installed.version.clone()),
            source: installed.source.clone(),
            exact: Some(exact.clone()),
            form: ItemForm::Archive,
            digest: installed.origin.clone(),
            platforms: installed.platforms.clone(),
            images: Vec::new(),
        };
        let source = PackageSource::from_kept(exact)?;
        let place = source.to_string();
        let failed = |error: FetchError| InstallError::NotFetched { place: CleanText::new(&place), error };
        if let PackageSource::Registry(reference) = &source {
            item.form = ItemForm::Artifact;
            if self.is_offline {
                return Err(failed(FetchError::Offline));
            }
            let registry = self.registry(reference).map_err(failed)?;
            let copied = wait_for(copying::into_bundle(&registry, reference, &item, bundle));
            copied.map_err(|error| failed(ClientError::from(error).into()))??;
            return Ok(());
        }
        let reference = format!("packages/{name}:{}", tag(&installed.version));
        let title = format!("{name}.tar.gz");
        let Some(archive) = self.archive_at(&source)? else {
            // Of a folder, the files are what counts, and they are kept.
            item.form = ItemForm::Folder;
            let own = stored.files.iter().filter(|file| file.path != Path::new(SIDECAR));
            let packed = crate::sys::archive::pack(own, 0)
                .map_err(|error| failed(FetchError::NoArtifact(error.to_string())))?;
            return Ok(bundle.list_file(&item, &reference, (&title, ARCHIVE_TYPE), &packed)?);
        };
        let wanted = installed.origin.as_deref().and_then(|digest| Digest::new(digest).ok());
        let found = Digest::of(&archive);
        is_wanted(&place, &found, wanted.as_ref())?;
        bundle.list_file(&item, &reference, (&title, ARCHIVE_TYPE), &archive)?;
        if let Some(beside) = self.beside(&source)? {
            let item = BundleItem { kind: ItemKind::Signature, digest: None, ..item };
            let reference = format!("packages/{name}:{}", beside_tag(&found));
            bundle.list_file(&item, &reference, (&format!("{title}.sig"), BESIDE_TYPE), &beside)?;
        }
        Ok(())
    }

    /// A package out of the bundle, verified as if it came from its source.
    pub fn fetch_from_bundle(
        &self,
        bundle: &Bundle,
        listed: &Listed,
    ) -> Result<FetchedPackage, InstallError> {
        let item = &listed.item;
        let place = format!("{} in {}", CleanText::new(&item.name), bundle.path().display());
        let failed = |error: FetchError| InstallError::NotFetched { place: CleanText::new(&place), error };
        let exact = PackageSource::from_kept(item.exact.as_ref().unwrap_or(&item.source))?;
        let wanted = item.digest.as_deref().map(Digest::new).transpose();
        let wanted = wanted.map_err(|error| failed(FetchError::NoArtifact(error.to_string())))?;
        let top = &listed.manifest.digest;
        let fetched = match item.form {
            ItemForm::Artifact => {
                let artifact = wait_for(artifact_of(bundle, "", Some(top))).map_err(ClientError::from);
                let artifact = artifact.map_err(FetchError::from).flatten().map_err(failed)?;
                let signer = self.signer(&place, || {
                    let found = wait_for(Signatures::in_registry(bundle, &artifact.index));
                    let found = found.map_err(|error| failed(ClientError::from(error).into()))?;
                    found.map_err(|error| failed(error.into()))
                })?;
                let files = artifact.content.into_files(&place)?;
                let fetched = of_files(files, Some(artifact.index), exact, wanted.as_ref())?;
                FetchedPackage { signer, ..fetched }
            }
            ItemForm::Archive | ItemForm::Folder => {
                let archive = wait_for(archive_of(bundle, top)).map_err(ClientError::from);
                let archive = archive.map_err(FetchError::from).flatten().map_err(failed)?;
                let origin = (item.form == ItemForm::Archive).then(|| Digest::of(&archive));
                let signer = self.signer(&place, || {
                    let Some(origin) = &origin else { return Ok(Signatures::default()) };
                    let beside = wait_for(beside_in(bundle, origin)).ok().flatten();
                    Ok(beside.map(|beside| Signatures::of_archive(&archive, &beside)).unwrap_or_default())
                })?;
                let files = archive::unpack(&archive, &place)?;
                FetchedPackage { signer, ..of_files(files, origin, exact, wanted.as_ref())? }
            }
        };
        if fetched.package.name.as_str() != item.name {
            let why = format!("the package is `{}`", fetched.package.name);
            return Err(failed(FetchError::NoArtifact(why)));
        }
        let platforms = item.platforms.iter();
        let platforms = platforms.filter_map(|(key, digest)| Some((key.clone(), Digest::new(digest).ok()?)));
        Ok(FetchedPackage { platforms: platforms.collect(), ..fetched })
    }
}

/// The one archive of a manifest.
async fn archive_of(bundle: &Bundle, digest: &Digest) -> Result<Vec<u8>, FetchError> {
    let manifest = bundle.manifest("", Some(digest)).await?;
    match content(bundle, &manifest.manifest).await? {
        ArtifactContent::Archive(archive) => Ok(archive),
        ArtifactContent::Files(_) | ArtifactContent::Folder(_) => {
            Err(FetchError::NoArtifact("it has no archive".to_owned()))
        }
    }
}

/// What lay beside the archive with this digest.
async fn beside_in(bundle: &Bundle, archive: &Digest) -> Option<Vec<u8>> {
    let manifest = bundle.manifest(&beside_tag(archive), None).await.ok()?;
    bundle.blob(manifest.manifest.layers.first()?, LARGEST_ARCHIVE).await.ok()
}

fn beside_tag(archive: &Digest) -> String {
    format!("sha256-{}.beside", archive.digits())
}

/// A version as a tag.
fn tag(version: &str) -> String {
    let allowed = |it: char| if it.is_ascii_alphanumeric() || "._-".contains(it) { it } else { '_' };
    version.chars().map(allowed).take(100).collect()
}
