//! Signatures of packages, as cosign makes them: beside an archive (`X.sig`, or a bundle `X.sigstore.json`), or in a registry, under
//! the tag `sha256-DIGEST.sig` or as a bundle that refers to the artifact.
//!
//! It must not know who may sign.

use super::envelope::DsseEnvelope;
use super::signer::{PackageSigner, SignerProof, TrustedSigner};
use crate::client::keyless::{SignedContent, SigningIdentity, TrustAnchors, cosign_annotations};
use crate::client::registry::RegistryError;
use crate::client::registry::artifact_source::ArtifactSource;
use crate::client::registry::manifest::SIGSTORE_BUNDLE;
use crate::client::registry::reference::Digest;
use crate::model::CleanText;
use serde::Deserialize;

/// The largest signature, bundle or signed claim, in bytes.
pub const LARGEST: usize = 256 * 1024;
/// The most signatures of one package that are looked at.
const MOST: usize = 50;
/// The annotation that holds the signature of a claim.
pub const ANNOTATION: &str = "dev.cosignproject.cosign/signature";

/// What was found beside a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signatures {
    /// Each a signed message, and its signature in base64.
    signed: Vec<(Vec<u8>, String)>,
    /// Bundles with a certificate.
    keyless: Vec<KeylessBundle>,
    /// Whether there is a statement that is no signature: of another kind, or about something else.
    has_other_statement: bool,
}

/// A bundle, and what it has to be about.
#[derive(Clone, Debug, PartialEq, Eq)]
struct KeylessBundle {
    text: Vec<u8>,
    of: BundleSubject,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum BundleSubject {
    Bytes(Vec<u8>),
    Digest(Digest),
}

/// The parts of a bundle of Sigstore that tell what it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BundleOutline {
    message_signature: Option<MessageSignature>,
    dsse_envelope: Option<DsseEnvelope>,
    verification_material: Material,
}

#[derive(Deserialize)]
struct MessageSignature {
    signature: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    public_key: Option<serde_json::Value>,
}

impl Signatures {
    /// The signatures of an archive: the content of `X.sig` or of `X.sigstore.json`.
    pub fn of_archive(archive: &[u8], beside: &[u8]) -> Self {
        let mut found = Self::default();
        if !found.add_bundle(beside, &BundleSubject::Bytes(archive.to_vec())) {
            let text = String::from_utf8_lossy(beside).trim().to_owned();
            found.signed.push((archive.to_vec(), text));
        }
        found
    }

    /// The signatures of what has `digest` in a registry.
    pub async fn in_registry(registry: &impl ArtifactSource, digest: &Digest) -> Result<Self, RegistryError> {
        let mut found = Self::default();
        let tag = format!("sha256-{}.sig", digest.digits());
        let layers = match registry.manifest(&tag, None).await {
            Ok(found) => found.manifest.layers,
            Err(RegistryError::Absent) => Vec::new(),
            Err(error) => return Err(error),
        };
        for layer in layers.iter().take(MOST) {
            let Some(signature) = layer.annotations.get(ANNOTATION) else { continue };
            let claim = registry.blob(layer, LARGEST).await?;
            if !claims(&claim, digest) {
                continue;
            }
            if !cosign_annotations::are_keyless(&layer.annotations) {
                found.signed.push((claim, signature.clone()));
            } else if let Some(text) =
                cosign_annotations::bundle(&layer.annotations, signature, &Digest::of(&claim))
            {
                found.keyless.push(KeylessBundle { text, of: BundleSubject::Bytes(claim) });
            }
        }
        let referrers = registry.referrers(digest).await?;
        for referrer in referrers.iter().filter(|referrer| referrer.is_sigstore_bundle()).take(MOST) {
            let manifest = registry.manifest("", Some(&referrer.digest)).await?.manifest;
            let is_bundle = |media_type: &str| media_type.starts_with(SIGSTORE_BUNDLE);
            for layer in manifest.layers.iter().filter(|layer| is_bundle(&layer.media_type)).take(1) {
                let text = registry.blob(layer, LARGEST).await?;
                found.add_bundle(&text, &BundleSubject::Digest(digest.clone()));
            }
        }
        Ok(found)
    }

    /// Adds what a bundle holds; says whether `text` is one at all.
    fn add_bundle(&mut self, text: &[u8], of: &BundleSubject) -> bool {
        let Ok(bundle) = serde_json::from_slice::<BundleOutline>(text) else { return false };
        let has_key = bundle.verification_material.public_key.is_some();
        let stated = bundle.dsse_envelope.map(|envelope| envelope.signed_for(&of.digest()));
        match (stated, bundle.message_signature, of) {
            (Some(stated), _, _) if stated.is_empty() => self.has_other_statement = true,
            (Some(stated), _, _) if has_key => self.signed.extend(stated),
            (None, Some(message), BundleSubject::Bytes(bytes)) if has_key => {
                self.signed.push((bytes.clone(), message.signature));
            }
            (None, _, _) if has_key => {}
            _ => self.keyless.push(KeylessBundle { text: text.to_vec(), of: of.clone() }),
        }
        true
    }

    /// The first of `trusted` who has signed; otherwise why nobody is known to have.
    pub fn signer(&self, trusted: &[TrustedSigner]) -> Result<PackageSigner, CleanText> {
        let mut why = None;
        for signer in trusted {
            match &signer.proof {
                SignerProof::Key(key) => {
                    if self.signed.iter().any(|(message, signature)| key.has_signed(message, signature)) {
                        return Ok(PackageSigner::Key(key.clone()));
                    }
                }
                SignerProof::Identity(required, anchors) => {
                    for bundle in &self.keyless {
                        match bundle.signer(anchors) {
                            Ok(found) if required.is_met_by(&found) => {
                                return Ok(PackageSigner::Identity(found, required.clone()));
                            }
                            Ok(found) => why = Some(CleanText::new(&format!("it is signed by {found}"))),
                            Err(error) => {
                                why = Some(CleanText::new(&format!("its keyless signature: {error}")));
                            }
                        }
                    }
                }
            }
        }
        let wants_key = trusted.iter().any(|signer| matches!(signer.proof, SignerProof::Key(_)));
        Err(why.unwrap_or_else(|| CleanText::new(self.reason_without_signer(wants_key))))
    }

    /// Why none of the signers that are trusted could be compared.
    fn reason_without_signer(&self, wants_key: bool) -> &'static str {
        match (self.signed.is_empty(), self.keyless.is_empty()) {
            (true, true) if self.has_other_statement => {
                "there is an attestation, and it is not a signature of this content"
            }
            (true, true) => "there is no signature",
            (true, false) => "its signature is keyless: name its signer with --certificate-identity",
            (false, _) if !wants_key => "its signature is of a key: name the key with --key",
            (false, _) => "the signature is of another key, or of other content",
        }
    }
}

impl BundleSubject {
    fn digest(&self) -> Digest {
        match self {
            Self::Bytes(bytes) => Digest::of(bytes),
            Self::Digest(digest) => digest.clone(),
        }
    }
}

impl KeylessBundle {
    fn signer(&self, anchors: &TrustAnchors) -> Result<SigningIdentity, CleanText> {
        let content = match &self.of {
            BundleSubject::Bytes(bytes) => SignedContent::Bytes(bytes),
            BundleSubject::Digest(digest) => SignedContent::Digest(digest),
        };
        anchors.signer(&self.text, content)
    }
}

/// Whether a signed claim is about what has `digest` (cosign's "simple signing").
fn claims(claim: &[u8], digest: &Digest) -> bool {
    #[derive(Deserialize)]
    struct Claim {
        critical: Critical,
    }
    #[derive(Deserialize)]
    struct Critical {
        image: Image,
        #[serde(rename = "type")]
        kind: String,
    }
    #[derive(Deserialize)]
    struct Image {
        #[serde(rename = "docker-manifest-digest")]
        digest: String,
    }
    serde_json::from_slice::<Claim>(claim).is_ok_and(|claim| {
        claim.critical.image.digest == digest.as_str()
            && claim.critical.kind == "cosign container image signature"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_about_one_digest_only() {
        let digest = Digest::of(b"x");
        let claim = |digest: &str, kind: &str| {
            format!(
                r#"{{"critical":{{"identity":{{}},"image":{{"docker-manifest-digest":"{digest}"}},"type":"{kind}"}},"optional":{{}}}}"#
            )
        };
        let kind = "cosign container image signature";
        assert!(claims(claim(digest.as_str(), kind).as_bytes(), &digest));
        assert!(!claims(claim(Digest::of(b"y").as_str(), kind).as_bytes(), &digest));
        assert!(!claims(claim(digest.as_str(), "atomic container signature").as_bytes(), &digest));
        assert!(!claims(b"{}", &digest) && !claims(b"", &digest));
    }

    #[test]
    fn what_lies_beside_an_archive_is_read_in_each_form() {
        let bare = Signatures::of_archive(b"archive", b"c2ln\n");
        assert_eq!(bare.signed, [(b"archive".to_vec(), "c2ln".to_owned())]);
        let bundle =
            br#"{"verificationMaterial":{"publicKey":{"hint":"x"}},"messageSignature":{"signature":"c2ln"}}"#;
        assert_eq!(Signatures::of_archive(b"archive", bundle), bare);
        let keyless =
            br#"{"verificationMaterial":{"certificate":{}},"messageSignature":{"signature":"c2ln"}}"#;
        let keyless = Signatures::of_archive(b"archive", keyless);
        assert!(keyless.signed.is_empty() && keyless.keyless.len() == 1);
        assert_eq!(Signatures::default().signer(&[]).unwrap_err().to_string(), "there is no signature");
        assert!(keyless.signer(&[]).unwrap_err().to_string().contains("--certificate-identity"));
    }
}
