//! Signatures of packages, as cosign makes them with a key: beside an archive (`X.sig`, or a bundle `X.sigstore.json`), or in a
//! registry under the tag `sha256-DIGEST.sig`.
//!
//! Keyless signatures are told apart and refused: verifying them takes the certificates and the transparency log of a trust root.

use crate::client::registry::RegistryError;
use crate::client::registry::artifact_source::ArtifactSource;
use crate::client::registry::reference::Digest;
use crate::client::signature::VerificationKey;
use serde::Deserialize;

/// The largest signature, bundle or signed claim, in bytes.
pub const LARGEST: usize = 256 * 1024;
/// The most signatures of one package that are looked at.
const MOST: usize = 50;
/// The annotation that holds the signature of a claim.
pub const ANNOTATION: &str = "dev.cosignproject.cosign/signature";

/// A key that packages may be signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    /// What the user or a policy calls it.
    pub name: String,
    /// The key.
    pub key: VerificationKey,
}

/// What was found beside a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signatures {
    /// Each a signed message, and its signature in base64.
    signed: Vec<(Vec<u8>, String)>,
    /// Whether there is one without a key.
    pub has_keyless: bool,
}

impl Signatures {
    /// The signatures of an archive: the content of `X.sig` or of `X.sigstore.json`.
    pub fn of_archive(archive: &[u8], beside: &[u8]) -> Self {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Bundle {
            message_signature: Option<MessageSignature>,
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
        match serde_json::from_slice::<Bundle>(beside) {
            Ok(Bundle { message_signature: Some(message), verification_material }) => Self {
                signed: vec![(archive.to_vec(), message.signature)],
                has_keyless: verification_material.public_key.is_none(),
            },
            Ok(_) => Self { signed: Vec::new(), has_keyless: true },
            Err(_) => {
                let text = String::from_utf8_lossy(beside).trim().to_owned();
                Self { signed: vec![(archive.to_vec(), text)], has_keyless: false }
            }
        }
    }

    /// The signatures of what has `digest` in a registry.
    pub async fn in_registry(registry: &impl ArtifactSource, digest: &Digest) -> Result<Self, RegistryError> {
        let tag = format!("sha256-{}.sig", digest.digits());
        let manifest = match registry.manifest(&tag, None).await {
            Ok(found) => found.manifest,
            Err(RegistryError::Absent) => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let mut found = Self::default();
        for layer in manifest.layers.iter().take(MOST) {
            let Some(signature) = layer.annotations.get(ANNOTATION) else { continue };
            let claim = registry.blob(layer, LARGEST).await?;
            if claims(&claim, digest) {
                found.has_keyless |= layer.annotations.contains_key("dev.sigstore.cosign/certificate");
                found.signed.push((claim, signature.clone()));
            }
        }
        Ok(found)
    }

    /// The first of `keys` that has signed.
    pub fn signer<'k>(&self, keys: &'k [TrustedKey]) -> Option<&'k TrustedKey> {
        let has_signed = |key: &VerificationKey| {
            self.signed.iter().any(|(message, signature)| key.has_signed(message, signature))
        };
        keys.iter().find(|trusted| has_signed(&trusted.key))
    }

    /// Whether there is any.
    pub fn is_empty(&self) -> bool {
        self.signed.is_empty() && !self.has_keyless
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
    fn what_lies_beside_an_archive_is_read_in_both_forms() {
        let bare = Signatures::of_archive(b"archive", b"c2ln\n");
        assert_eq!(bare.signed, [(b"archive".to_vec(), "c2ln".to_owned())]);
        let bundle =
            br#"{"verificationMaterial":{"publicKey":{"hint":"x"}},"messageSignature":{"signature":"c2ln"}}"#;
        assert_eq!(Signatures::of_archive(b"archive", bundle), bare);
        let keyless =
            br#"{"verificationMaterial":{"certificate":{}},"messageSignature":{"signature":"c2ln"}}"#;
        assert!(Signatures::of_archive(b"archive", keyless).has_keyless);
        assert!(Signatures::default().is_empty() && !bare.is_empty());
    }
}
