//! Reading a bundle: what is in it is known after one walk over the headers, and each part is read, and verified, when it is asked for.

use super::{BundleError, BundleItem, INDEX, ITEM, LAYOUT, REFERENCE};
use crate::client::ClientError;
use crate::client::checksum::Sha256;
use crate::client::registry::artifact_source::ArtifactSource;
use crate::client::registry::manifest::{ContentDescriptor, Manifest};
use crate::client::registry::reference::Digest;
use crate::client::registry::{FetchedManifest, LARGEST_MANIFEST, RegistryError};
use crate::model::CleanText;
use crate::model::limits::Excess;
use crate::sys::open_file::OpenFile;
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The most files in a bundle.
const MOST_ENTRIES: usize = 50_000;
/// How much is read at once to verify a blob, in bytes.
const PIECE: usize = 1024 * 1024;

/// A bundle that is open.
#[derive(Debug)]
pub struct Bundle {
    path: PathBuf,
    file: OpenFile,
    /// Where each blob starts, and its size.
    blobs: BTreeMap<Digest, (u64, u64)>,
    /// What is listed.
    listed: Vec<Listed>,
}

/// One thing in a bundle.
#[derive(Clone, Debug)]
pub struct Listed {
    /// What it is.
    pub item: BundleItem,
    /// Its name in the layout.
    pub reference: String,
    /// Its manifest.
    pub manifest: ContentDescriptor,
}

impl Bundle {
    /// Opens the bundle at `path`; its headers and its index are read.
    pub fn open(path: &Path) -> Result<Self, BundleError> {
        let unreadable = |error| BundleError::Unreadable { path: path.to_owned(), error };
        let no_bundle = |why: &str| BundleError::NoBundle { path: path.to_owned(), why: CleanText::new(why) };
        let (file, _) = OpenFile::open(path, u64::MAX).map_err(unreadable)?;
        let (mut blobs, mut index, mut is_layout) = (BTreeMap::new(), None, false);
        let mut archive = tar::Archive::new(Cursor { file: &file, position: 0 });
        let entries = archive.entries_with_seek().map_err(unreadable)?;
        for (count, entry) in entries.enumerate() {
            let entry = entry.map_err(|_| no_bundle("it is not a whole tar archive"))?;
            if count >= MOST_ENTRIES {
                return Err(no_bundle("it has too many files"));
            }
            let place = (entry.raw_file_position(), entry.size());
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            match name.trim_start_matches("./") {
                LAYOUT => is_layout = true,
                INDEX => index = Some(place),
                name => {
                    let digits = name.strip_prefix("blobs/sha256/");
                    let digest = digits.and_then(|digits| Digest::new(&format!("sha256:{digits}")).ok());
                    blobs.extend(digest.map(|digest| (digest, place)));
                }
            }
        }
        let Some((from, size)) = index.filter(|_| is_layout) else {
            return Err(no_bundle("it has no oci-layout and index.json"));
        };
        let size = usize::try_from(size).ok().filter(|size| *size <= LARGEST_MANIFEST);
        let size = size.ok_or_else(|| no_bundle("its index is too large"))?;
        let index = file.read_at(from, size).map_err(unreadable)?;
        let index = Manifest::read(&index).map_err(|why| no_bundle(why.as_str()))?;
        let listed = index.manifests.into_iter().filter_map(|manifest| {
            let item = serde_json::from_str(manifest.annotations.get(ITEM)?).ok()?;
            let reference = manifest.annotations.get(REFERENCE).cloned().unwrap_or_default();
            Some(Listed { item, reference, manifest })
        });
        let listed: Vec<Listed> = listed.collect();
        if listed.is_empty() {
            return Err(no_bundle("it lists nothing that everestctl has put into it"));
        }
        Ok(Self { path: path.to_owned(), file, blobs, listed })
    }

    /// What is in it.
    pub fn listed(&self) -> &[Listed] {
        &self.listed
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads every blob and fails if one is not what its name says.
    pub fn verify(&self) -> Result<(), BundleError> {
        for digest in self.blobs.keys() {
            let mut sum = Sha256::default();
            self.pieces(digest, &mut |piece| {
                sum.update(piece);
                Ok(())
            })
            .map_err(|error| BundleError::Unreadable { path: self.path.clone(), error })?;
            if sum.finish() != digest.digits() {
                return Err(self.damaged(&format!("{digest} has other content")));
            }
        }
        for listed in &self.listed {
            if !self.blobs.contains_key(&listed.manifest.digest) {
                return Err(self.damaged(&format!("{} is not in it", listed.manifest.digest)));
            }
        }
        Ok(())
    }

    /// The size of a blob, if it is in the bundle.
    pub fn size(&self, digest: &Digest) -> Option<u64> {
        self.blobs.get(digest).map(|(_, size)| *size)
    }

    /// A part of a blob.
    pub fn part(&self, digest: &Digest, from: u64, length: usize) -> io::Result<Vec<u8>> {
        let (start, size) = self.blobs.get(digest).copied().ok_or(io::ErrorKind::NotFound)?;
        let left = usize::try_from(size.saturating_sub(from)).unwrap_or(usize::MAX);
        self.file.read_at(start + from, length.min(left))
    }

    fn pieces(&self, digest: &Digest, take: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let size = self.size(digest).unwrap_or_default();
        let mut from = 0;
        while from < size {
            let piece = self.part(digest, from, PIECE)?;
            take(&piece)?;
            from += piece.len() as u64;
        }
        Ok(())
    }

    fn damaged(&self, why: &str) -> BundleError {
        BundleError::Damaged { path: self.path.clone(), why: CleanText::new(why) }
    }

    fn whole(&self, digest: &Digest, limit: usize) -> Result<Vec<u8>, RegistryError> {
        let size = self.size(digest).ok_or(RegistryError::Absent)?;
        let size = usize::try_from(size).ok().filter(|size| *size <= limit);
        let size = size.ok_or(RegistryError::Client(ClientError::Excess(Excess::Bytes(limit))))?;
        let content = self.part(digest, 0, size).map_err(|_| RegistryError::Absent)?;
        let found = Digest::of(&content);
        if found == *digest {
            Ok(content)
        } else {
            Err(RegistryError::OtherContent { wanted: digest.clone(), found })
        }
    }
}

impl ArtifactSource for Bundle {
    async fn manifest(&self, tag: &str, digest: Option<&Digest>) -> Result<FetchedManifest, RegistryError> {
        let is_it = |listed: &&Listed| match digest {
            Some(digest) => listed.manifest.digest == *digest,
            None => listed.reference.ends_with(&format!(":{tag}")),
        };
        let listed = self.listed.iter().find(is_it).map(|listed| &listed.manifest);
        let digest = digest.or(listed.map(|manifest| &manifest.digest)).ok_or(RegistryError::Absent)?;
        let media_type = listed.map(|manifest| manifest.media_type.clone()).unwrap_or_default();
        FetchedManifest::from_bytes(self.whole(digest, LARGEST_MANIFEST)?, media_type)
    }

    async fn blob(&self, descriptor: &ContentDescriptor, limit: usize) -> Result<Vec<u8>, RegistryError> {
        self.whole(&descriptor.digest, limit)
    }
}

/// The open file as tar reads it.
struct Cursor<'f> {
    file: &'f OpenFile,
    position: u64,
}

impl Read for Cursor<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.file.size().saturating_sub(self.position)).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        let bytes = self.file.read_at(self.position, length)?;
        buffer[..length].copy_from_slice(&bytes);
        self.position += length as u64;
        Ok(length)
    }
}

impl Seek for Cursor<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.file.size().checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
