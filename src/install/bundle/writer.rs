//! Making a bundle: blobs as they come, and the index at the end. The file has its name only when it is whole.

use super::{
    BundleError, BundleItem, INDEX, INDEX_TYPE, ITEM, LAYOUT, LAYOUT_CONTENT, MANIFEST_TYPE, REFERENCE,
};
use crate::client::checksum::Sha256;
use crate::client::registry::RegistryError;
use crate::client::registry::manifest::ContentDescriptor;
use crate::client::registry::reference::Digest;
use crate::client::registry::{FetchedManifest, Registry};
use crate::sys::output::OutputFile;
use serde_json::json;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// What tar rounds every file up to, in bytes.
const BLOCK: u64 = 512;
/// How many empty bytes end an archive: two blocks.
const END: usize = 1024;
/// The content of an empty configuration, as the image specification has it for artifacts.
const EMPTY: &[u8] = b"{}";

/// A bundle that is being made.
#[derive(Debug)]
pub struct BundleWriter {
    path: PathBuf,
    file: OutputFile,
    kept: BTreeSet<Digest>,
    index: Vec<serde_json::Value>,
}

impl BundleWriter {
    /// Starts the bundle that will be at `path`.
    pub fn begin(path: &Path) -> Result<Self, BundleError> {
        let unwritable = |error| BundleError::Unwritable { path: path.to_owned(), error };
        let file = OutputFile::begin(path).map_err(unwritable)?;
        let mut bundle = Self { path: path.to_owned(), file, kept: BTreeSet::new(), index: Vec::new() };
        bundle.entry(LAYOUT, LAYOUT_CONTENT.as_bytes()).map_err(unwritable)?;
        Ok(bundle)
    }

    /// Keeps some content; gives its digest.
    pub fn keep(&mut self, content: &[u8]) -> Result<Digest, BundleError> {
        let digest = Digest::of(content);
        if self.kept.insert(digest.clone()) {
            let written = self.entry(&place(&digest), content);
            written.map_err(|error| self.unwritable(error))?;
        }
        Ok(digest)
    }

    /// Keeps a blob of a registry, piece by piece. One that is not what its digest says ends the bundle.
    pub async fn keep_from(
        &mut self,
        registry: &Registry,
        blob: &ContentDescriptor,
    ) -> Result<(), RegistryFault> {
        if self.kept.contains(&blob.digest) {
            return Ok(());
        }
        self.header(&place(&blob.digest), blob.size)?;
        let (mut sum, mut size, file) = (Sha256::default(), 0, &mut self.file);
        let mut broken = None;
        registry
            .blob_in_pieces(blob, &mut |piece| {
                size += piece.len() as u64;
                sum.update(piece);
                // No more than was announced: what follows would be read as something else.
                if broken.is_none() && size <= blob.size {
                    broken = file.write(piece).err();
                }
                broken.is_none() && size <= blob.size
            })
            .await?;
        if let Some(error) = broken {
            return Err(error.into());
        }
        let found = sum.finish();
        if size != blob.size || found != blob.digest.digits() {
            return Err(RegistryError::OtherContent {
                wanted: blob.digest.clone(),
                found: Digest::from_sha256(&found),
            }
            .into());
        }
        self.padding(size)?;
        self.kept.insert(blob.digest.clone());
        Ok(())
    }

    /// Lists something whose parts were kept, by its manifest.
    pub fn list(
        &mut self,
        item: &BundleItem,
        reference: &str,
        manifest: &FetchedManifest,
    ) -> Result<(), BundleError> {
        let digest = self.keep(&manifest.bytes)?;
        let item = serde_json::to_string(item).map_err(|error| self.unwritable(error.into()))?;
        self.index.push(json!({
            "mediaType": manifest.media_type,
            "digest": digest.as_str(),
            "size": manifest.bytes.len(),
            "annotations": { REFERENCE: reference, ITEM: item },
        }));
        Ok(())
    }

    /// Lists a file that came without a manifest: one is made for it.
    pub fn list_file(
        &mut self,
        item: &BundleItem,
        reference: &str,
        (title, media_type): (&str, &str),
        content: &[u8],
    ) -> Result<(), BundleError> {
        let config = self.keep(EMPTY)?;
        let layer = self.keep(content)?;
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "artifactType": format!("application/vnd.everestctl.{}.v1", item.kind.as_str()),
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config.as_str(), "size": EMPTY.len()},
            "layers": [{
                "mediaType": media_type, "digest": layer.as_str(), "size": content.len(),
                "annotations": {"org.opencontainers.image.title": title},
            }],
        });
        let bytes = manifest.to_string().into_bytes();
        let manifest = FetchedManifest::from_bytes(bytes, MANIFEST_TYPE.to_owned())
            .map_err(|error| self.unwritable(io::Error::other(error.to_string())))?;
        self.list(item, reference, &manifest)
    }

    /// Writes the index and gives the file its name; gives its size in bytes.
    pub fn finish(mut self) -> Result<u64, BundleError> {
        let index = json!({
            "schemaVersion": 2,
            "mediaType": INDEX_TYPE,
            "manifests": self.index,
        });
        let bytes = index.to_string().into_bytes();
        let unwritable = |error| BundleError::Unwritable { path: self.path.clone(), error };
        let mut end = || -> io::Result<()> {
            entry(&mut self.file, INDEX, &bytes)?;
            self.file.write(&[0; END])
        };
        end().map_err(unwritable)?;
        self.file.finish().map_err(unwritable)
    }

    fn entry(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        entry(&mut self.file, name, content)
    }

    fn header(&mut self, name: &str, size: u64) -> io::Result<()> {
        header(&mut self.file, name, size)
    }

    fn padding(&mut self, size: u64) -> io::Result<()> {
        padding(&mut self.file, size)
    }

    pub(super) fn unwritable(&self, error: io::Error) -> BundleError {
        BundleError::Unwritable { path: self.path.clone(), error }
    }
}

/// Why a blob could not be copied.
#[derive(Debug, thiserror::Error)]
pub enum RegistryFault {
    /// The registry's doing.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The file's.
    #[error(transparent)]
    File(#[from] io::Error),
}

/// Where a blob is in the layout.
fn place(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.digits())
}

fn entry(file: &mut OutputFile, name: &str, content: &[u8]) -> io::Result<()> {
    header(file, name, content.len() as u64)?;
    file.write(content)?;
    padding(file, content.len() as u64)
}

/// The same for everybody: no owner, no time.
fn header(file: &mut OutputFile, name: &str, size: u64) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_path(name)?;
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header.set_cksum();
    file.write(header.as_bytes())
}

fn padding(file: &mut OutputFile, size: u64) -> io::Result<()> {
    let rest = usize::try_from(size.next_multiple_of(BLOCK) - size).unwrap_or_default();
    file.write(&vec![0; rest])
}
