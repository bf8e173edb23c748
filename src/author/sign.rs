//! Signatures as cosign makes them with a key: of an archive (`FILE.sig`), and the signed claim of something in a registry.
//!
//! They are verified by [`crate::install::signature`]. It must not know where a password comes from.

use crate::client::registry::reference::Digest;
use crate::client::signing_key::{KeyFile, SigningKey, SigningKeyError};
use crate::error::{ExitCode, Explain, exit};
use crate::sys::files;
use std::io;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// More than any private key, in bytes.
const LARGEST_KEY: u64 = 64 * 1024;

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The file cannot be read.
    #[error("could not read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// The key cannot sign.
    #[error("{} cannot sign", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: SigningKeyError,
    },
    /// The system has no random numbers.
    #[error("could not sign: the system gives no random numbers")]
    NoRandom,
    /// It is signed by somebody else already.
    #[error("{} already exists and is a signature of another key or of other content", .0.display())]
    Occupied(PathBuf),
    /// The signature cannot be written.
    #[error("could not write {}", path.display())]
    NotWritten {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
}

impl Explain for SignError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Key { .. } => exit::USAGE,
            _ => exit::FAILURE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Key { error: SigningKeyError::WrongPassword, .. } => {
                vec!["set COSIGN_PASSWORD, or leave it unset to be asked".to_owned()]
            }
            Self::Key { .. } => vec!["cosign generate-key-pair".to_owned()],
            Self::Occupied(_) => vec!["use --force to replace it".to_owned()],
            _ => Vec::new(),
        }
    }
}

/// The content of the key file `path`.
pub fn key_file(path: &Path) -> Result<KeyFile, SignError> {
    let text = files::read(path, LARGEST_KEY).map(Zeroizing::new);
    let text = text.map_err(|error| SignError::Unreadable { path: path.to_owned(), error })?;
    KeyFile::read(&text).map_err(|error| SignError::Key { path: path.to_owned(), error })
}

/// The key in `file`, which was read from `path`.
pub fn open(file: &KeyFile, path: &Path, password: &[u8]) -> Result<SigningKey, SignError> {
    file.open(password).map_err(|error| SignError::Key { path: path.to_owned(), error })
}

/// Where the signature of the file `path` is.
pub fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".sig");
    beside.into()
}

/// Writes the signature of the file `path`, whose content is `content`; gives where it is. A signature of this key over this content
/// stays as it is; any other one stays, too, unless `replaces`.
pub fn sign_file(
    path: &Path,
    content: &[u8],
    key: &SigningKey,
    replaces: bool,
) -> Result<PathBuf, SignError> {
    let beside = beside(path);
    let there = files::read(&beside, crate::install::signature::LARGEST as u64);
    let is_ours = |there: &[u8]| {
        let text = String::from_utf8_lossy(there);
        key.public().is_some_and(|key| key.has_signed(content, text.trim()))
    };
    match &there {
        Ok(there) if is_ours(there) => return Ok(beside),
        Err(error) if files::is_absent(error) => {}
        _ if replaces => {}
        _ => return Err(SignError::Occupied(beside)),
    }
    let signature = key.sign(content).ok_or(SignError::NoRandom)?;
    let absolute = std::path::absolute(&beside);
    let written = absolute.and_then(|path| files::replace_public(&path, signature.as_bytes()));
    match written {
        Ok(()) => Ok(beside),
        Err(error) => Err(SignError::NotWritten { path: beside, error }),
    }
}

/// The claim that is signed for what has `digest` in the repository `name` (cosign's "simple signing").
pub fn claim(name: &str, digest: &Digest) -> Vec<u8> {
    let claim = serde_json::json!({
        "critical": {
            "identity": {"docker-reference": name},
            "image": {"docker-manifest-digest": digest.as_str()},
            "type": "cosign container image signature",
        },
        "optional": null,
    });
    claim.to_string().into_bytes()
}
