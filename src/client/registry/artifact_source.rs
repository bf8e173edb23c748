//! Where manifests and blobs are found by their digests, whatever holds them: a registry, or a file that was made of one.

use super::manifest::ContentDescriptor;
use super::reference::Digest;
use super::{FetchedManifest, Registry, RegistryError};
use std::future::Future;

/// Where manifests and blobs are found.
pub trait ArtifactSource {
    /// The manifest that `digest`, or else `tag`, names. One that was asked for by its digest is that one.
    fn manifest(
        &self,
        tag: &str,
        digest: Option<&Digest>,
    ) -> impl Future<Output = Result<FetchedManifest, RegistryError>>;

    /// The content of `descriptor`, of at most `limit` bytes, and with its digest.
    fn blob(
        &self,
        descriptor: &ContentDescriptor,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<u8>, RegistryError>>;

    /// What says that it is about `digest` (distribution specification 1.1, "Listing referrers"): the index under the tag that
    /// takes the place of that list where nobody keeps it.
    fn referrers(
        &self,
        digest: &Digest,
    ) -> impl Future<Output = Result<Vec<ContentDescriptor>, RegistryError>> {
        referrers_under_tag(self, digest)
    }
}

/// What the index lists that takes the place of a list of referrers.
async fn referrers_under_tag<S: ArtifactSource + ?Sized>(
    source: &S,
    digest: &Digest,
) -> Result<Vec<ContentDescriptor>, RegistryError> {
    match source.manifest(&referrers_tag(digest), None).await {
        Ok(found) => Ok(found.manifest.manifests),
        Err(RegistryError::Absent) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The tag of the index that lists what is about `digest` (distribution specification 1.1, "Referrers Tag Schema").
pub fn referrers_tag(digest: &Digest) -> String {
    format!("sha256-{}", digest.digits())
}

impl ArtifactSource for Registry {
    async fn manifest(&self, tag: &str, digest: Option<&Digest>) -> Result<FetchedManifest, RegistryError> {
        self.manifest(tag, digest).await
    }

    async fn blob(&self, descriptor: &ContentDescriptor, limit: usize) -> Result<Vec<u8>, RegistryError> {
        self.blob(descriptor, limit).await
    }

    async fn referrers(&self, digest: &Digest) -> Result<Vec<ContentDescriptor>, RegistryError> {
        match self.listed_referrers(digest).await? {
            Some(listed) => Ok(listed),
            None => referrers_under_tag(self, digest).await,
        }
    }
}
