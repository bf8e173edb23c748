//! The copies of catalogs in the cache folder: each with the `ETag` and the time it was confirmed, in one file that is
//! replaced in one step. What is malformed never replaces what is good.

use super::document::{self, CatalogDocument};
use super::{HubError, LARGEST, download};
use crate::client::api_client::ConditionalResponse;
use crate::client::{self, ClientError, NetworkError, Transport};
use crate::model::{CleanText, Warning};
use crate::sys::FileFacts;
use crate::sys::clock::UnixTime;
use crate::sys::files;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_64;

/// How long a copy is used without asking again.
pub const TIME_TO_LIVE: Duration = Duration::from_hours(1);
/// The longest first line of a file.
const LONGEST_HEAD: u64 = 16 * 1024;

/// When a catalog is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatalogQuery {
    /// Never: what is kept is good enough, whatever its age.
    Never,
    /// Where the copy is older than [`TIME_TO_LIVE`].
    WhenOld,
    /// Now.
    Now,
}

/// A catalog, and when it was last confirmed; `None` for a file.
#[derive(Debug)]
pub struct Loaded {
    /// What it says.
    pub document: CatalogDocument,
    /// When its server last confirmed it.
    pub confirmed: Option<UnixTime>,
    /// Why it could not be confirmed now.
    pub problem: Option<Warning>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    url: String,
    etag: Option<String>,
    confirmed: u64,
}

/// The copy of the catalog at `url`, in the cache folder.
#[derive(Debug)]
pub struct KeptCatalog<'a> {
    url: &'a str,
    file: Option<PathBuf>,
}

impl<'a> KeptCatalog<'a> {
    /// The copy in the cache folder, where there is one.
    pub fn new(url: &'a str, cache: Option<&Path>) -> Self {
        let file =
            cache.map(|cache| cache.join("hub").join(format!("{:016x}.json", xxh3_64(url.as_bytes()))));
        Self { url, file }
    }

    /// The catalog, asked for as `asking` says, for at most `patience`.
    pub fn load(
        &self,
        asking: CatalogQuery,
        transport: &Transport,
        patience: Duration,
    ) -> Result<Loaded, HubError> {
        let kept = self.read();
        let age = kept.as_ref().and_then(|(head, _)| UnixTime::now().since(UnixTime(head.confirmed)));
        let is_fresh = age.is_some_and(|age| age < TIME_TO_LIVE);
        let is_enough = match asking {
            CatalogQuery::Never => true,
            CatalogQuery::WhenOld => is_fresh,
            CatalogQuery::Now => false,
        };
        match kept {
            Some((head, body)) if is_enough => Self::loaded(&head, &body).map_err(|why| self.no_catalog(why)),
            None if is_enough => Err(HubError::Offline(CleanText::new(self.url))),
            kept => self.ask(kept, transport, patience),
        }
    }

    /// The copy as it came.
    pub fn content(&self) -> Option<Vec<u8>> {
        Some(self.read()?.1)
    }

    fn ask(
        &self,
        kept: Option<(Head, Vec<u8>)>,
        transport: &Transport,
        patience: Duration,
    ) -> Result<Loaded, HubError> {
        let etag = kept.as_ref().and_then(|(head, _)| head.etag.clone());
        let work = download::document(self.url, transport, etag.as_deref(), LARGEST);
        let answer = client::wait_for(client::within(patience, work))
            .map_err(ClientError::from)
            .and_then(|answer| answer.unwrap_or(Err(ClientError::Network(NetworkError::TimedOut))));
        let now = UnixTime::now();
        let error = match (answer, &kept) {
            (Ok(ConditionalResponse::NotModified), Some((head, body))) => {
                let head = Head { url: head.url.clone(), etag: head.etag.clone(), confirmed: now.0 };
                let loaded = Self::loaded(&head, body).map_err(|why| self.no_catalog(why))?;
                self.keep(&head, body);
                return Ok(loaded);
            }
            (Ok(ConditionalResponse::NotModified), None) => self.failed(ClientError::Unexpected("a catalog")),
            (Ok(ConditionalResponse::Body(body, etag)), _) => {
                let etag = etag.filter(|etag| etag.len() < 1024);
                let head = Head { url: self.url.to_owned(), etag, confirmed: now.0 };
                match Self::loaded(&head, &body) {
                    Ok(loaded) => {
                        self.keep(&head, &body);
                        return Ok(loaded);
                    }
                    Err(why) => self.no_catalog(why),
                }
            }
            (Err(error), _) => self.failed(error),
        };
        let Some((head, body)) = kept else { return Err(error) };
        // What is known is better than nothing.
        let Ok(mut loaded) = Self::loaded(&head, &body) else { return Err(error) };
        let since = UnixTime(head.confirmed).to_rfc3339_seconds();
        loaded.problem = Some(Warning::general(format!("{error}; using the catalog as it was on {since}")));
        Ok(loaded)
    }

    fn failed(&self, error: ClientError) -> HubError {
        HubError::Download { url: CleanText::new(self.url), error }
    }

    fn no_catalog(&self, why: document::NoCatalog) -> HubError {
        HubError::NoCatalog { place: CleanText::new(self.url), why }
    }

    fn loaded(head: &Head, body: &[u8]) -> Result<Loaded, document::NoCatalog> {
        let document = document::read(body)?;
        Ok(Loaded { document, confirmed: Some(UnixTime(head.confirmed)), problem: None })
    }

    fn read(&self) -> Option<(Head, Vec<u8>)> {
        let file = self.file.as_deref()?;
        // Another user's copy could name another chart.
        FileFacts::from_path(file).ok().filter(FileFacts::is_private)?;
        let content = files::read(file, LARGEST as u64 + LONGEST_HEAD).ok()?;
        let end = content.iter().position(|byte| *byte == b'\n')?;
        let head: Head = serde_json::from_slice(content.get(..end)?).ok()?;
        (head.url == self.url).then(|| (head, content.get(end + 1..).unwrap_or_default().to_vec()))
    }

    /// What cannot be kept is asked for again the next time.
    fn keep(&self, head: &Head, body: &[u8]) {
        let Some(file) = &self.file else { return };
        let Ok(mut content) = serde_json::to_vec(head) else { return };
        content.push(b'\n');
        content.extend_from_slice(body);
        let folder = file.parent().unwrap_or(file);
        let _ = files::make_private_folder(folder).and_then(|()| files::replace(file, &content));
    }
}

/// The catalog in a file.
pub fn of_file(path: &Path) -> Result<Loaded, HubError> {
    let content =
        files::read(path, LARGEST as u64).map_err(|error| HubError::File { path: path.to_owned(), error })?;
    let document = document::read(client::without_mark(&content))
        .map_err(|why| HubError::NoCatalog { place: CleanText::new(&path.to_string_lossy()), why })?;
    Ok(Loaded { document, confirmed: None, problem: None })
}
