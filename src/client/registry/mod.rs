//! An OCI registry, by the distribution specification 1.1: manifests, blobs and tags.
//!
//! * [`mod@reference`]: the name of something in one;
//! * [`manifest`]: what a manifest lists;
//! * [`artifact_source`]: what else has manifests and blobs;
//! * `authorization`: what a registry wants to see before it answers.
//!
//! Our own, and not `oci-client`, for the limits: that reads a manifest whole however large it is, knows no `NO_PROXY` with ports, and
//! its requests would be missing from `-vv`. It must not know what is kept there.

pub mod artifact_source;
mod authorization;
pub mod manifest;
pub mod reference;

pub use authorization::RegistryLogin;

use super::checksum::Sha256;
use super::download::{self, Downloader};
use super::{ClientError, NetworkError, Transport};
use crate::model::CleanText;
use authorization::{AcceptedHeader, Challenge};
use manifest::{ContentDescriptor, Manifest};
use reference::{Digest, RegistryReference};
use reqwest::header::{
    AUTHORIZATION, CONTENT_RANGE, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, WWW_AUTHENTICATE,
};
use reqwest::{Method, Response, StatusCode, Url};
use serde::Deserialize;
use std::io;
use std::sync::Mutex;

/// The largest manifest, in bytes: registries refuse larger ones (distribution specification, "Pushing manifests").
pub const LARGEST_MANIFEST: usize = 4 * 1024 * 1024;
/// The largest answer that lists tags or holds a token, in bytes.
const LARGEST_ANSWER: usize = 1024 * 1024;
/// How much of a blob is sent at once, in bytes.
const PART: usize = 8 * 1024 * 1024;
/// How many tags are looked at.
const MOST_TAGS: usize = 10_000;
/// What a manifest may be.
const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";

/// Why a registry does not give what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// It cannot be reached, or refuses.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// It wants to know who asks, or does not let this user.
    #[error("access denied{}", if *.has_login { "" } else { " (no credentials for this registry)" })]
    Denied {
        /// Its host.
        host: String,
        /// Whether it was told who asks.
        has_login: bool,
    },
    /// It has no such thing.
    #[error("not found")]
    Absent,
    /// It gives something else than what it was asked for.
    #[error("the registry returned other content than {wanted}: its digest is {found}")]
    OtherContent {
        /// The digest that was asked for.
        wanted: Digest,
        /// The digest of what came.
        found: Digest,
    },
    /// What it gives is no manifest.
    #[error("the manifest is invalid: {0}")]
    InvalidManifest(CleanText),
}

/// A manifest, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedManifest {
    /// What it lists.
    pub manifest: Manifest,
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What kind of manifest it is.
    pub media_type: String,
}

impl FetchedManifest {
    /// The manifest that these bytes are, of the type that came with them, unless they name their own.
    pub fn from_bytes(bytes: Vec<u8>, media_type: String) -> Result<Self, RegistryError> {
        let manifest = Manifest::read(&bytes).map_err(RegistryError::InvalidManifest)?;
        let media_type = manifest.media_type.clone().unwrap_or(media_type);
        Ok(Self { manifest, digest: Digest::of(&bytes), bytes, media_type })
    }
}

/// One registry, asked for one repository.
#[derive(Debug)]
pub struct Registry {
    downloads: Downloader,
    /// The address of the repository: `https://HOST/v2/NAME`.
    repository: Url,
    host: String,
    login: Option<RegistryLogin>,
    authorization: Mutex<Option<AcceptedHeader>>,
}

impl Registry {
    /// The registry that `reference` names; a registry on this machine may speak plain http, which is found out.
    pub async fn open(
        reference: &RegistryReference,
        transport: Transport,
        login: Option<RegistryLogin>,
    ) -> Result<Self, ClientError> {
        let downloads = Downloader::new(transport);
        let repository = reference.url("https")?;
        let mut registry = Self {
            downloads,
            repository,
            host: reference.host().to_owned(),
            login,
            authorization: Mutex::default(),
        };
        if reference.is_on_this_machine() {
            // One with TLS answers 400, or breaks off.
            let plain = reference.url("http")?;
            let base = plain.join("/v2/").map_err(|error| ClientError::no_network(&error))?;
            match registry.downloads.get(&base, None, None).await {
                Ok(answer) if answer.status() != StatusCode::BAD_REQUEST => registry.repository = plain,
                Ok(_) | Err(ClientError::Network(NetworkError::Broken | NetworkError::Other(_))) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(registry)
    }

    /// The manifest that `digest`, or else `tag`, names. One that was asked for by its digest is that one.
    pub async fn manifest(
        &self,
        tag: &str,
        digest: Option<&Digest>,
    ) -> Result<FetchedManifest, RegistryError> {
        let name = digest.map_or(tag, Digest::as_str);
        let response = self.get(&["manifests", name], Some(ACCEPT)).await?;
        let announced = response.headers().get("docker-content-digest");
        let announced = announced.and_then(|value| Digest::new(value.to_str().ok()?).ok());
        let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.unwrap_or_default().to_owned();
        let bytes = download::whole(response, LARGEST_MANIFEST).await?;
        let found = Digest::of(&bytes);
        if let Some(wanted) = digest.cloned().or(announced).filter(|wanted| *wanted != found) {
            return Err(RegistryError::OtherContent { wanted, found });
        }
        FetchedManifest::from_bytes(bytes, media_type)
    }

    /// The content of `descriptor`, of at most `limit` bytes.
    pub async fn blob(&self, descriptor: &ContentDescriptor, limit: usize) -> Result<Vec<u8>, RegistryError> {
        if descriptor.size > limit as u64 {
            return Err(ClientError::Excess(crate::model::limits::Excess::Bytes(limit)).into());
        }
        let response = self.get(&["blobs", descriptor.digest.as_str()], None).await?;
        let bytes = download::whole(response, limit).await?;
        let found = Digest::of(&bytes);
        if found != descriptor.digest {
            return Err(RegistryError::OtherContent { wanted: descriptor.digest.clone(), found });
        }
        Ok(bytes)
    }

    /// Hands the content of `descriptor` over piece by piece, however large it is, until `take` wants no more. Whether it is what its
    /// digest says, only the caller can tell who has seen all of it.
    pub async fn blob_in_pieces(
        &self,
        descriptor: &ContentDescriptor,
        take: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), RegistryError> {
        let response = self.get(&["blobs", descriptor.digest.as_str()], None).await?;
        Ok(download::in_pieces(response, take).await?)
    }

    /// What says that it is about `digest`, as the registry lists it; `None` where it has no such list.
    async fn listed_referrers(
        &self,
        digest: &Digest,
    ) -> Result<Option<Vec<ContentDescriptor>>, RegistryError> {
        match self.get(&["referrers", digest.as_str()], Some(ACCEPT)).await {
            Ok(response) => {
                let bytes = download::whole(response, LARGEST_MANIFEST).await?;
                let index = Manifest::read(&bytes).map_err(RegistryError::InvalidManifest)?;
                Ok(Some(index.manifests))
            }
            // Registries without such a list answer this in several ways.
            Err(
                RegistryError::Absent
                | RegistryError::Denied { .. }
                | RegistryError::Client(ClientError::Status { .. }),
            ) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The tags of the repository.
    pub async fn tags(&self) -> Result<Vec<String>, RegistryError> {
        #[derive(Deserialize)]
        struct Tags {
            #[serde(default)]
            tags: Option<Vec<String>>,
        }
        let mut all = Vec::new();
        let mut last = String::new();
        while all.len() < MOST_TAGS {
            let url = self.url(&["tags", "list"], &[("n", "1000"), ("last", &last)]);
            let response = self.get_url(&url, None).await?;
            let bytes = download::whole(response, LARGEST_ANSWER).await?;
            let page: Tags =
                serde_json::from_slice(&bytes).map_err(|_| ClientError::Unexpected("a list of tags"))?;
            let page = page.tags.unwrap_or_default();
            let Some(next) = page.last().filter(|next| **next != last).cloned() else { break };
            let is_last = page.len() < 1000;
            all.extend(page);
            last = next;
            if is_last {
                break;
            }
        }
        Ok(all)
    }

    /// Keeps a blob in the repository, if it is not there yet.
    pub async fn push_blob(&self, content: &[u8]) -> Result<Digest, RegistryError> {
        let digest = Digest::of(content);
        let mut part = |from: u64, length: usize| {
            let start = usize::try_from(from).map_err(io::Error::other)?;
            Ok(content.get(start..start + length).unwrap_or_default().to_vec())
        };
        self.push_blob_in_parts(&digest, content.len() as u64, &mut part).await?;
        Ok(digest)
    }

    /// The same for a blob of `size` bytes that `part` gives piece by piece: by the first byte and a length.
    pub async fn push_blob_in_parts(
        &self,
        digest: &Digest,
        size: u64,
        part: &mut dyn FnMut(u64, usize) -> io::Result<Vec<u8>>,
    ) -> Result<(), RegistryError> {
        let at = self.url(&["blobs", digest.as_str()], &[]);
        if self.send(Method::HEAD, &at, HeaderMap::new(), None).await?.status().is_success() {
            return Ok(());
        }
        let start = self.url(&["blobs", "uploads", ""], &[]);
        let response = self.send(Method::POST, &start, HeaderMap::new(), Some(Vec::new())).await?;
        let mut place = self.upload_place(&start, &self.expected(response).await?)?;
        let (mut from, mut last) = (0, Vec::new());
        while from < size {
            let length = usize::try_from(size - from).unwrap_or(PART).min(PART);
            let piece = part(from, length).map_err(|error| ClientError::no_network(&error))?;
            let end = from + length as u64;
            if end == size {
                last = piece;
                break;
            }
            let range = HeaderValue::from_str(&format!("{from}-{}", end - 1));
            let mut headers = binary();
            headers.extend(range.ok().map(|range| (CONTENT_RANGE, range)));
            let response = self.send(Method::PATCH, &place, headers, Some(piece)).await?;
            place = self.upload_place(&place, &self.expected(response).await?)?;
            from = end;
        }
        place.query_pairs_mut().append_pair("digest", digest.as_str());
        let response = self.send(Method::PUT, &place, binary(), Some(last)).await?;
        self.expected(response).await.map(drop)
    }

    /// Where an upload goes on, which is never another server.
    fn upload_place(&self, asked: &Url, response: &Response) -> Result<Url, RegistryError> {
        let place = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let place = place.and_then(|place| asked.join(place).ok());
        let place = place.filter(|place| place.origin() == self.repository.origin());
        place.ok_or_else(|| ClientError::Unexpected("a place to upload to on the same server").into())
    }

    /// Keeps a manifest under a tag or its digest.
    pub async fn push_manifest(
        &self,
        name: &str,
        media_type: &str,
        content: &[u8],
    ) -> Result<(), RegistryError> {
        let url = self.url(&["manifests", name], &[]);
        let media_type =
            HeaderValue::from_str(media_type).map_err(|_| ClientError::Unexpected("a media type"))?;
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, media_type)]);
        let response = self.send(Method::PUT, &url, headers, Some(content.to_vec())).await?;
        self.expected(response).await.map(|_| ())
    }

    fn url(&self, below: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.repository.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(below);
        }
        for (name, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
            url.query_pairs_mut().append_pair(name, value);
        }
        url
    }

    async fn get(&self, below: &[&str], accept: Option<&'static str>) -> Result<Response, RegistryError> {
        self.get_url(&self.url(below, &[]), accept).await
    }

    async fn get_url(&self, url: &Url, accept: Option<&'static str>) -> Result<Response, RegistryError> {
        let known = self.known_authorization();
        let response = self.downloads.get(url, accept, known.as_ref()).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return self.expected(response).await;
        }
        let header = self.authorized(&response, "pull").await?;
        let response = self.downloads.get(url, accept, Some(&header)).await?;
        self.expected(response).await
    }

    async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Option<Vec<u8>>,
    ) -> Result<Response, RegistryError> {
        let with = |authorization: Option<HeaderValue>| {
            let mut headers = headers.clone();
            headers.extend(authorization.map(|value| (AUTHORIZATION, value)));
            headers
        };
        let known = self.known_authorization();
        let response = self.downloads.send(method.clone(), url, with(known), body.clone()).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let header = self.authorized(&response, "pull,push").await?;
        Ok(self.downloads.send(method, url, with(Some(header)), body).await?)
    }

    async fn expected(&self, response: Response) -> Result<Response, RegistryError> {
        match response.status() {
            status if status.is_success() => Ok(response),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(self.denied()),
            StatusCode::NOT_FOUND => Err(RegistryError::Absent),
            _ => Err(download::refusal(response).await.into()),
        }
    }

    fn denied(&self) -> RegistryError {
        RegistryError::Denied { host: self.host.clone(), has_login: self.login.is_some() }
    }

    fn known_authorization(&self) -> Option<HeaderValue> {
        let known = self.authorization.lock().ok()?;
        known.as_ref().map(|AcceptedHeader(header)| header.clone())
    }

    /// What the registry wants to see, by its answer 401.
    async fn authorized(&self, response: &Response, actions: &str) -> Result<HeaderValue, RegistryError> {
        let challenges = response.headers().get_all(WWW_AUTHENTICATE);
        let challenge = challenges.iter().find_map(|value| Challenge::read(value.to_str().ok()?));
        let header = match (challenge, &self.login) {
            (Some(Challenge::Basic), Some(login)) => login.header(),
            (Some(Challenge::Token { realm, service }), login) => {
                let scope =
                    format!("repository:{}:{actions}", self.repository.path().trim_start_matches("/v2/"));
                let is_safe = realm.scheme() == "https" || self.repository.scheme() == "http";
                if !is_safe {
                    return Err(ClientError::Unexpected("a place for tokens that is encrypted").into());
                }
                let mut place = realm;
                place.query_pairs_mut().append_pair("scope", &scope);
                if let Some(service) = service {
                    place.query_pairs_mut().append_pair("service", &service);
                }
                let login = login.as_ref().and_then(RegistryLogin::header);
                let response = self.downloads.get(&place, None, login.as_ref()).await?;
                let response = self.expected(response).await?;
                authorization::token(&download::whole(response, LARGEST_ANSWER).await?)
            }
            _ => None,
        };
        let header = header.ok_or_else(|| self.denied())?;
        if let Ok(mut known) = self.authorization.lock() {
            *known = Some(AcceptedHeader(header.clone()));
        }
        Ok(header)
    }
}

fn binary() -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))])
}

impl Digest {
    /// The digest of `content`.
    pub fn of(content: &[u8]) -> Self {
        let mut sum = Sha256::default();
        sum.update(content);
        Self::from_sha256(&sum.finish())
    }
}
