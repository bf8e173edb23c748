//! From a registry into a bundle, and from a bundle into a registry: the manifest, those that it lists, and their blobs.

use super::reader::{Bundle, Listed};
use super::writer::{BundleWriter, RegistryFault};
use super::{BundleError, BundleItem, INDEX_TYPE, ItemKind};
use crate::client::registry::artifact_source::{ArtifactSource as _, referrers_tag};
use crate::client::registry::manifest::ContentDescriptor;
use crate::client::registry::reference::{Digest, RegistryReference};
use crate::client::registry::{FetchedManifest, Registry, RegistryError};
use crate::model::CleanText;
use serde_json::json;

/// The most manifests of one thing.
const MOST_MANIFESTS: usize = 200;

/// Copies what `reference` names into the bundle, with its signatures, and lists it as `item`; gives its digest.
pub async fn into_bundle(
    registry: &Registry,
    reference: &RegistryReference,
    item: &BundleItem,
    bundle: &mut BundleWriter,
) -> Result<Digest, BundleError> {
    let failed = |error| not_copied(&reference.to_string(), error);
    let tag = reference.tag().unwrap_or("latest");
    let top = registry.manifest(tag, reference.digest()).await.map_err(failed)?;
    let digest = top.digest.clone();
    let item =
        BundleItem { digest: item.digest.clone().or_else(|| Some(digest.to_string())), ..item.clone() };
    let name = format!("{}/{}", reference.host(), reference.name());
    let shown = format!("{name}:{tag}");
    copy(registry, &top, bundle).await.map_err(|fault| bundle_error(bundle, &shown, fault))?;
    bundle.list(&item, &shown, &top)?;
    // cosign's place for signatures.
    let tag = format!("sha256-{}.sig", digest.digits());
    match registry.manifest(&tag, None).await {
        Ok(signature) => {
            let shown = format!("{name}:{tag}");
            copy(registry, &signature, bundle).await.map_err(|fault| bundle_error(bundle, &shown, fault))?;
            let source = item.source.clone();
            let of = BundleItem { kind: ItemKind::Signature, digest: None, source, ..item.clone() };
            bundle.list(&of, &shown, &signature)?;
        }
        Err(RegistryError::Absent) => {}
        Err(error) => return Err(not_copied(&shown, error)),
    }
    let referrers = registry.referrers(&digest).await.map_err(|error| not_copied(&shown, error))?;
    let bundles: Vec<_> = referrers.into_iter().filter(ContentDescriptor::is_sigstore_bundle).collect();
    if !bundles.is_empty() {
        let shown = format!("{name}:{}", referrers_tag(&digest));
        let index = index_of(&bundles).map_err(|error| not_copied(&shown, error))?;
        copy(registry, &index, bundle).await.map_err(|fault| bundle_error(bundle, &shown, fault))?;
        let source = item.source.clone();
        let of = BundleItem { kind: ItemKind::Signature, digest: None, source, ..item };
        bundle.list(&of, &shown, &index)?;
    }
    Ok(digest)
}

/// The index that lists these manifests.
fn index_of(manifests: &[ContentDescriptor]) -> Result<FetchedManifest, RegistryError> {
    let listed = manifests.iter().map(|manifest| {
        json!({
            "mediaType": manifest.media_type,
            "artifactType": manifest.artifact_type,
            "digest": manifest.digest.as_str(),
            "size": manifest.size,
        })
    });
    let index =
        json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": listed.collect::<Vec<_>>() });
    FetchedManifest::from_bytes(index.to_string().into_bytes(), INDEX_TYPE.to_owned())
}

async fn copy(
    registry: &Registry,
    top: &FetchedManifest,
    bundle: &mut BundleWriter,
) -> Result<(), RegistryFault> {
    let mut open = vec![top.clone()];
    let mut count = 0;
    while let Some(manifest) = open.pop() {
        count += 1;
        if count > MOST_MANIFESTS {
            let why = CleanText::new("an index lists too many manifests");
            return Err(RegistryError::InvalidManifest(why).into());
        }
        for child in &manifest.manifest.manifests {
            open.push(registry.manifest("", Some(&child.digest)).await?);
        }
        for blob in manifest.manifest.config.iter().chain(&manifest.manifest.layers) {
            bundle.keep_from(registry, blob).await?;
        }
        bundle.keep(&manifest.bytes).map_err(|error| match error {
            BundleError::Unwritable { error, .. } => RegistryFault::File(error),
            other => RegistryFault::File(std::io::Error::other(other.to_string())),
        })?;
    }
    Ok(())
}

/// Copies something of the bundle into a registry, under its tag there.
pub async fn into_registry(
    bundle: &Bundle,
    listed: &Listed,
    registry: &Registry,
    tag: &str,
) -> Result<(), BundleError> {
    let failed = |error| not_copied(&listed.reference, error);
    let top = bundle.manifest("", Some(&listed.manifest.digest)).await.map_err(failed)?;
    // What is listed has to be there before what lists it.
    let mut manifests = vec![top];
    let mut next = 0;
    while next < manifests.len() && manifests.len() <= MOST_MANIFESTS {
        for child in manifests[next].manifest.manifests.clone() {
            let mut found = bundle.manifest("", Some(&child.digest)).await.map_err(failed)?;
            found.media_type.clone_from(&child.media_type);
            manifests.push(found);
        }
        next += 1;
    }
    for manifest in manifests.iter().rev() {
        for blob in manifest.manifest.config.iter().chain(&manifest.manifest.layers) {
            let size = bundle.size(&blob.digest).ok_or_else(|| failed(RegistryError::Absent))?;
            let mut part = |from, length| bundle.part(&blob.digest, from, length);
            registry.push_blob_in_parts(&blob.digest, size, &mut part).await.map_err(failed)?;
        }
        let is_top = manifest.digest == listed.manifest.digest;
        let name = if is_top { tag } else { manifest.digest.as_str() };
        registry.push_manifest(name, &manifest.media_type, &manifest.bytes).await.map_err(failed)?;
    }
    Ok(())
}

fn not_copied(what: &str, error: RegistryError) -> BundleError {
    BundleError::NotCopied { what: CleanText::new(what), error }
}

fn bundle_error(bundle: &BundleWriter, what: &str, fault: RegistryFault) -> BundleError {
    match fault {
        RegistryFault::Registry(error) => not_copied(what, error),
        RegistryFault::File(error) => bundle.unwritable(error),
    }
}
