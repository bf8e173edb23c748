//! Who has to have signed a package, and who has: the owner of a key, or an identity that a certificate authority vouches for.
//!
//! It must not know where signatures are found.

use super::error::InstallError;
use crate::client::keyless::{SigningIdentity, TrustAnchors};
use crate::client::signature::VerificationKey;
use crate::model::CleanText;
use crate::sys::files;
use everestctl_protocol::policy::text_matches;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};

/// More than any public key, in bytes.
const LARGEST_KEY: u64 = 64 * 1024;
/// More than any trusted root, in bytes.
const LARGEST_ROOT: u64 = 1024 * 1024;

/// Who has to have signed, as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequiredSigner {
    /// The owner of the public key in this file.
    Key(PathBuf),
    /// An identity.
    Identity(RequiredIdentity),
}

/// An identity, and who may vouch for it. It is kept with what it has signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequiredIdentity {
    /// The e-mail address or URI of a certificate; `*` is any text in it.
    pub identity: String,
    /// The OpenID provider.
    pub issuer: String,
    /// The file with the trusted root (`trusted_root.json`).
    pub trusted_root: PathBuf,
}

/// Somebody whose signature is accepted.
#[derive(Clone, Debug)]
pub struct TrustedSigner {
    /// What the user or a policy calls it.
    pub name: String,
    /// How a signature is known to be theirs.
    pub proof: SignerProof,
}

/// How a signature is known to be somebody's.
#[derive(Clone, Debug)]
pub enum SignerProof {
    /// It is made with this key.
    Key(VerificationKey),
    /// Its certificate is for this identity.
    Identity(RequiredIdentity, TrustAnchors),
}

/// Who has signed. Its text is what lists show and records keep: the fingerprint of a key, or `IDENTITY (ISSUER)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackageSigner {
    /// The owner of this key.
    Key(VerificationKey),
    /// Somebody with an identity, and what was required of it.
    Identity(SigningIdentity, RequiredIdentity),
}

impl RequiredSigner {
    /// The signer, with what the files hold that are named.
    pub fn read(&self) -> Result<TrustedSigner, InstallError> {
        match self {
            Self::Key(path) => {
                let content = content(path, LARGEST_KEY)?;
                let key =
                    VerificationKey::from_pem(&content).ok_or_else(|| InstallError::NoKey(path.clone()))?;
                Ok(TrustedSigner { name: path.display().to_string(), proof: SignerProof::Key(key) })
            }
            Self::Identity(required) => required.read(),
        }
    }
}

impl RequiredIdentity {
    /// The signer, with what the trusted root holds.
    pub fn read(&self) -> Result<TrustedSigner, InstallError> {
        if self.identity.trim_matches('*').is_empty() {
            return Err(InstallError::AnyIdentity(self.issuer.clone()));
        }
        let root = &self.trusted_root;
        let anchors = TrustAnchors::from_json(&content(root, LARGEST_ROOT)?)
            .map_err(|why| InstallError::NoTrustedRoot { path: root.clone(), why })?;
        let name = format!("`{}` of {}", CleanText::new(&self.identity), CleanText::new(&self.issuer));
        Ok(TrustedSigner { name, proof: SignerProof::Identity(self.clone(), anchors) })
    }

    /// Whether that is the identity.
    pub fn is_met_by(&self, found: &SigningIdentity) -> bool {
        found.issuer == self.issuer && text_matches(&found.identity, &self.identity)
    }
}

impl TrustedSigner {
    /// The signer with this key.
    pub fn of_key(name: String, key: VerificationKey) -> Self {
        Self { name, proof: SignerProof::Key(key) }
    }

    /// Whether `kept`, the text of a [`PackageSigner`], names this signer.
    pub fn is(&self, kept: &str) -> bool {
        match &self.proof {
            SignerProof::Key(key) => kept == key.fingerprint().as_str(),
            SignerProof::Identity(required, _) => {
                let identity = kept.strip_suffix(&format!(" ({})", required.issuer));
                identity.is_some_and(|identity| text_matches(identity, &required.identity))
            }
        }
    }
}

impl PackageSigner {
    /// The key, to be kept: what comes after has to be signed with it.
    pub fn key(&self) -> Option<String> {
        match self {
            Self::Key(key) => Some(key.to_base64()),
            Self::Identity(..) => None,
        }
    }

    /// What was required of an identity, to be kept in place of a key.
    pub fn required(&self) -> Option<RequiredIdentity> {
        match self {
            Self::Key(_) => None,
            Self::Identity(_, required) => Some(required.clone()),
        }
    }
}

impl fmt::Display for PackageSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => key.fingerprint().fmt(formatter),
            Self::Identity(found, _) => found.fmt(formatter),
        }
    }
}

fn content(path: &Path, largest: u64) -> Result<Vec<u8>, InstallError> {
    files::read(path, largest).map_err(|error| InstallError::Unreadable { path: path.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn required(identity: &str) -> RequiredIdentity {
        RequiredIdentity {
            identity: identity.to_owned(),
            issuer: "https://issuer.example".to_owned(),
            trusted_root: PathBuf::from("/nowhere/trusted_root.json"),
        }
    }

    fn found(identity: &str, issuer: &str) -> SigningIdentity {
        SigningIdentity { identity: identity.to_owned(), issuer: issuer.to_owned() }
    }

    #[test]
    fn an_identity_is_met_by_itself_and_by_what_its_stars_stand_for() {
        let workflow = required("https://github.com/acme/greet/*@refs/tags/v*");
        let tag = "https://github.com/acme/greet/.github/workflows/release.yml@refs/tags/v1.2.0";
        assert!(workflow.is_met_by(&found(tag, "https://issuer.example")));
        assert!(!workflow.is_met_by(&found(tag, "https://other.example")));
        let fork = tag.replace("acme", "evil");
        assert!(!workflow.is_met_by(&found(&fork, "https://issuer.example")));
        assert!(
            !required("dana@example.com").is_met_by(&found("xdana@example.com", "https://issuer.example"))
        );
    }

    #[test]
    fn an_identity_that_anybody_has_is_refused() {
        for identity in ["", "*", "**"] {
            assert!(matches!(required(identity).read(), Err(InstallError::AnyIdentity(_))), "{identity}");
        }
        assert!(matches!(required("dana@example.com").read(), Err(InstallError::Unreadable { .. })));
    }
}
