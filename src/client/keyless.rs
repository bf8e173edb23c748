//! Keyless signatures, as Sigstore makes them: a certificate authority vouches for who has signed, and a log has kept that it
//! happened. What is trusted is a file of the user's, the *trusted root* (`trusted_root.json` of Sigstore's protobuf-specs);
//! nothing is fetched.
//!
//! The certificate has to be of that root, for code signing, and valid when the log or a timestamp authority saw the signature;
//! its Signed Certificate Timestamp and the entry in the log have to be there where the root names such logs, as that of the
//! public Sigstore does.
//!
//! [`cosign_annotations`] has the older form of the same. It must not know what is signed, nor who may sign it.

pub mod cosign_annotations;

use super::registry::reference::Digest;
use crate::model::{CleanText, limits};
use sigstore_verify::trust_root::TrustedRoot;
use sigstore_verify::types::{Artifact, Bundle, Sha256Hash};
use sigstore_verify::{VerificationPolicy, VerificationResult, Verifier};
use std::fmt;
use std::sync::Arc;

/// The authorities and logs that are trusted.
#[derive(Clone)]
pub struct TrustAnchors {
    verifier: Arc<Verifier>,
    policy: VerificationPolicy,
}

/// Who has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningIdentity {
    /// The e-mail address or the URI that the certificate is for.
    pub identity: String,
    /// The OpenID provider where whoever signed had signed in.
    pub issuer: String,
}

/// What a signature is held to be about.
#[derive(Clone, Copy, Debug)]
pub enum SignedContent<'c> {
    /// All of these bytes.
    Bytes(&'c [u8]),
    /// Something of which only the digest is at hand.
    Digest(&'c Digest),
}

impl TrustAnchors {
    /// Those in the text of a trusted root.
    pub fn from_json(text: &[u8]) -> Result<Self, CleanText> {
        let root = TrustedRoot::from_json(harmless(text)?).map_err(|error| said(&error))?;
        if root.certificate_authorities.is_empty() {
            return Err(CleanText::new("it names no certificate authority"));
        }
        if root.tlogs.is_empty() && root.timestamp_authorities.is_empty() {
            return Err(CleanText::new("it names neither a log nor a timestamp authority"));
        }
        let mut policy = VerificationPolicy::any_identity();
        // A private Sigstore may have only one of the two, and GitHub's has no log of certificates.
        if root.ctlogs.is_empty() {
            policy = policy.skip_sct();
        }
        if root.tlogs.is_empty() {
            policy = policy.skip_tlog_unsafe();
        }
        let verifier = Verifier::new(&root).map_err(|error| said(&error))?;
        Ok(Self { verifier: Arc::new(verifier), policy })
    }

    /// Who has signed `content`, as the text of a bundle proves it.
    pub fn signer(&self, bundle: &[u8], content: SignedContent<'_>) -> Result<SigningIdentity, CleanText> {
        let bundle = Bundle::from_json(harmless(bundle)?).map_err(|error| said(&error))?;
        let found = match content {
            SignedContent::Bytes(bytes) => self.verifier.verify(bytes, &bundle, &self.policy),
            SignedContent::Digest(digest) => {
                self.verifier.verify(Artifact::from_digest(sha256(digest)?), &bundle, &self.policy)
            }
        };
        identity_of(&found.map_err(|error| said(&error))?)
    }
}

impl fmt::Display for SigningIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", CleanText::new(&self.identity), CleanText::new(&self.issuer))
    }
}

impl fmt::Debug for TrustAnchors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TrustAnchors")
    }
}

fn identity_of(found: &VerificationResult) -> Result<SigningIdentity, CleanText> {
    let identity = found.identity().map(|identity| identity.as_str().to_owned());
    match (identity, found.issuer(), found.certificate_verified()) {
        (Some(identity), Some(issuer), true) => Ok(SigningIdentity { identity, issuer: issuer.to_owned() }),
        _ => Err(CleanText::new("its certificate names nobody")),
    }
}

fn sha256(digest: &Digest) -> Result<Sha256Hash, CleanText> {
    Sha256Hash::from_hex(digest.digits()).map_err(|error| said(&error))
}

/// The text, if reading it costs no more than other answers may.
fn harmless(text: &[u8]) -> Result<&str, CleanText> {
    limits::check(text).map_err(|excess| CleanText::new(&format!("it is {excess}")))?;
    std::str::from_utf8(text).map_err(|_| CleanText::new("it is not UTF-8"))
}

fn said(error: &dyn fmt::Display) -> CleanText {
    CleanText::new(&error.to_string())
}
