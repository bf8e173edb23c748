//! `plugin push`: a package or a chart in a registry.

use super::App;
use super::sign::{self, OpenKey};
use crate::author::packable;
use crate::author::publish::{self, PublishError};
use crate::author::sign::beside;
use crate::client::registry::reference::{RegistryReference, SCHEME};
use crate::client::wait_for;
use crate::error::Failure;
use crate::model::CleanText;
use crate::sys::FileFacts;
use serde::Serialize;
use std::path::Path;

/// A plugin that was pushed. Its JSON form is an interface.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PushReport {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: CleanText,
    /// Where it is, by its tag.
    pub reference: String,
    /// Where just this is, whatever becomes of the tag.
    pub exact: String,
    /// The digest of its manifest.
    pub digest: String,
    /// The tag of its signature.
    pub signature: Option<String>,
    /// The fingerprint of the key that has signed it.
    pub signer: Option<String>,
    /// The signature of the file, which was left where it is.
    #[serde(skip)]
    pub unused_signature: Option<String>,
}

/// Pushes the archive `file` to `reference`, `oci://HOST/NAME[:TAG]`, and its signature. A tag of something else stays, unless
/// `replaces`.
pub fn push(
    app: &App,
    file: &Path,
    reference: &str,
    key: Option<&OpenKey>,
    replaces: bool,
) -> Result<PushReport, Failure> {
    let no_place = |why: String| PublishError::NoPlace { given: CleanText::new(reference), why };
    if !reference.starts_with(SCHEME) {
        return Err(no_place("expected oci://HOST/NAME[:TAG]".to_owned()).into());
    }
    let place = RegistryReference::new(reference).map_err(|error| no_place(error.to_string()))?;
    let packed = packable::read(file)?;
    let place = publish::place(&place, &packed)?;
    let registry = sign::registry(app, &place)?;
    let title = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let title = CleanText::new(&title).to_string();
    let work = async {
        let digest = publish::push(&registry, &place, &title, &packed, replaces).await?;
        let signature = match key {
            Some(key) => Some(publish::push_signature(&registry, &place, &digest, &key.0).await?),
            None => None,
        };
        Ok::<_, PublishError>((digest, signature))
    };
    let (digest, signature) = wait_for(work).map_err(|error| sign::no_network(&place, error))??;
    let left = Some(beside(file)).filter(|path| key.is_none() && FileFacts::from_path(path).is_ok());
    Ok(PushReport {
        name: CleanText::new(packed.name()).to_string(),
        version: CleanText::new(packed.version()),
        reference: place.to_string(),
        exact: place.with_digest(digest.clone()).to_string(),
        digest: digest.to_string(),
        signature,
        signer: key.and_then(OpenKey::fingerprint),
        unused_signature: left.map(|path| path.display().to_string()),
    })
}
