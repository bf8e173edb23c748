//! `plugin sign`: the signature of an archive, or of a package in a registry.

use super::App;
use crate::author::packable;
use crate::author::publish::{self, PublishError};
use crate::author::sign;
use crate::client::registry::reference::RegistryReference;
use crate::client::registry::{Registry, RegistryError};
use crate::client::signing_key::{KeyFile, SigningKey};
use crate::client::wait_for;
use crate::error::Failure;
use crate::install::error::{FetchError, InstallError};
use crate::install::fetch::Fetcher;
use crate::install::source::PackageSource;
use crate::model::CleanText;
use serde::Serialize;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The variable with the password of a private key, as cosign has it.
pub const PASSWORD: &str = "COSIGN_PASSWORD";

/// A private key that may want a password.
pub struct ClosedKey {
    file: KeyFile,
    path: PathBuf,
}

/// Reads the file with a private key.
pub fn key(path: &Path) -> Result<ClosedKey, Failure> {
    Ok(ClosedKey { file: sign::key_file(path)?, path: path.to_owned() })
}

impl ClosedKey {
    /// Whether somebody has to be asked for its password.
    pub fn wants_password(&self, app: &App) -> bool {
        self.file.is_encrypted() && app.environment.os(PASSWORD).is_none()
    }

    /// The key; without a `password`, that of the environment counts.
    pub fn open(self, app: &App, password: Option<Zeroizing<String>>) -> Result<OpenKey, Failure> {
        let kept = || Zeroizing::new(app.environment.text(PASSWORD).unwrap_or_default().to_owned());
        let password = password.unwrap_or_else(kept);
        Ok(OpenKey(sign::open(&self.file, &self.path, password.as_bytes())?))
    }
}

/// A private key that can sign.
pub struct OpenKey(pub(super) SigningKey);

impl OpenKey {
    pub(super) fn fingerprint(&self) -> Option<String> {
        Some(self.0.public()?.fingerprint().to_string())
    }
}

/// What was signed. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct SignReport {
    /// The archive, or what is in the registry, by its digest.
    pub subject: String,
    /// Where the signature is: a file, or a tag beside the package.
    pub signature: String,
    /// The fingerprint of the key.
    pub signer: Option<String>,
}

/// Signs `subject`, a file or `oci://…`. Another signature stays, unless `replaces`.
pub fn sign(app: &App, subject: &str, key: &OpenKey, replaces: bool) -> Result<SignReport, Failure> {
    // A bare name is a file here.
    let source = match PackageSource::from_argument(subject)? {
        PackageSource::Registry(reference) => return sign_in_registry(app, &reference, key),
        PackageSource::Url(_) => {
            let why = "a signature is written beside a file, or into a registry".to_owned();
            return Err(InstallError::NoSource { given: CleanText::new(subject), why }.into());
        }
        PackageSource::Path(path) => path,
        PackageSource::Name(name) => name.into(),
    };
    let packed = packable::read(&source)?;
    let beside = sign::sign_file(&source, packed.content(), &key.0, replaces)?;
    Ok(SignReport {
        subject: source.display().to_string(),
        signature: beside.display().to_string(),
        signer: key.fingerprint(),
    })
}

fn sign_in_registry(app: &App, reference: &RegistryReference, key: &OpenKey) -> Result<SignReport, Failure> {
    let registry = registry(app, reference)?;
    let digest = if let Some(digest) = reference.digest() {
        digest.clone()
    } else {
        let tag = reference.tag().ok_or_else(|| PublishError::NoPlace {
            given: CleanText::new(&reference.to_string()),
            why: "it has neither a tag nor a digest".to_owned(),
        })?;
        let found = wait_for(registry.manifest(tag, None)).map_err(|error| no_network(reference, error))?;
        found.map_err(|error| not_fetched(reference, error.into()))?.digest
    };
    let pushed = wait_for(publish::push_signature(&registry, reference, &digest, &key.0));
    let tag = pushed.map_err(|error| no_network(reference, error))??;
    Ok(SignReport {
        subject: reference.with_digest(digest).to_string(),
        signature: tag,
        signer: key.fingerprint(),
    })
}

/// The registry of `reference`, as whoever is logged in there.
pub(super) fn registry(app: &App, reference: &RegistryReference) -> Result<Registry, InstallError> {
    let fetcher = Fetcher {
        transport: app.transport_elsewhere(),
        environment: &app.environment,
        is_offline: app.options.offline,
        signers: Vec::new(),
        wants_signature: false,
    };
    if fetcher.is_offline {
        return Err(not_fetched(reference, FetchError::Offline));
    }
    fetcher.registry(reference).map_err(|error| not_fetched(reference, error))
}

pub(super) fn no_network(reference: &RegistryReference, error: crate::client::NoNetwork) -> InstallError {
    not_fetched(reference, FetchError::Registry(RegistryError::Client(error.into())))
}

fn not_fetched(reference: &RegistryReference, error: FetchError) -> InstallError {
    InstallError::NotFetched { place: CleanText::new(&reference.to_string()), error }
}
