//! Signatures: whether a key has signed some bytes. The keys are those that `cosign generate-key-pair` and `openssl` make:
//! ECDSA on P-256 or P-384, Ed25519, RSA from 2048 bits, in PEM (RFC 7468).
//!
//! It must not know what is signed.

use super::registry::reference::Digest;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject as _;
use std::fmt;

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct VerificationKey {
    /// Its `SubjectPublicKeyInfo` (RFC 5280).
    info: Vec<u8>,
}

impl VerificationKey {
    /// The first public key in a text.
    pub fn from_pem(text: &[u8]) -> Option<Self> {
        let info = SubjectPublicKeyInfoDer::from_pem_slice(text).ok()?;
        Some(Self { info: info.as_ref().to_vec() })
    }

    /// The key that [`Self::to_base64`] has made a text of.
    pub fn from_base64(text: &str) -> Option<Self> {
        Some(Self { info: BASE64.decode(text).ok()? })
    }

    /// The key as a text, to be kept.
    pub fn to_base64(&self) -> String {
        BASE64.encode(&self.info)
    }

    /// Whether it has made `signature`, in base64, over `message`.
    pub fn has_signed(&self, message: &[u8], signature: &str) -> bool {
        let algorithms: [&'static dyn VerificationAlgorithm; 5] = [
            &ECDSA_P256_SHA256_ASN1,
            &ECDSA_P384_SHA256_ASN1,
            &ED25519,
            &RSA_PKCS1_2048_8192_SHA256,
            &RSA_PSS_2048_8192_SHA256,
        ];
        let Ok(signature) = BASE64.decode(signature.trim()) else { return false };
        // A key fits one kind of algorithm only; with the others it is refused.
        algorithms.iter().any(|algorithm| {
            UnparsedPublicKey::new(*algorithm, &self.info).verify(message, &signature).is_ok()
        })
    }

    /// What it is known by: the digest of its `SubjectPublicKeyInfo`.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.info)
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "VerificationKey({})", self.fingerprint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
    use proptest::prelude::*;

    fn pem(info: &[u8]) -> String {
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64.encode(info))
    }

    /// What stands before the point of a P-256 key (RFC 5480).
    const P256: &[u8] = &[
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
        0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];

    fn key_pair() -> (EcdsaKeyPair, VerificationKey) {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let key = pem(&[P256, pair.public_key().as_ref()].concat());
        (pair, VerificationKey::from_pem(key.as_bytes()).unwrap())
    }

    #[test]
    fn what_the_key_has_signed_and_nothing_else() {
        let (pair, key) = key_pair();
        let signature = BASE64.encode(pair.sign(&SystemRandom::new(), b"package").unwrap());
        assert!(
            key.has_signed(b"package", &signature) && key.has_signed(b"package", &format!("{signature}\n"))
        );
        assert!(!key.has_signed(b"Package", &signature));
        assert!(!key.has_signed(b"package", "") && !key.has_signed(b"package", "?"));
        let (_, other) = key_pair();
        assert!(!other.has_signed(b"package", &signature));
        assert_ne!(key.fingerprint(), other.fingerprint());
        assert_eq!(VerificationKey::from_pem(b"no key"), None);
    }

    #[test]
    fn an_ed25519_key_is_one_too() {
        let pair = Ed25519KeyPair::generate().unwrap();
        let info = [
            &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00],
            pair.public_key().as_ref(),
        ];
        let key = VerificationKey::from_pem(pem(&info.concat()).as_bytes()).unwrap();
        assert!(key.has_signed(b"package", &BASE64.encode(pair.sign(b"package"))));
        assert!(!key.has_signed(b"other", &BASE64.encode(pair.sign(b"package"))));
    }

    proptest! {
        #[test]
        fn no_text_is_a_signature_or_a_panic(message in prop::collection::vec(any::<u8>(), 0..50), text in "[A-Za-z0-9+/=]{0,120}") {
            let (_, key) = key_pair();
            prop_assert!(!key.has_signed(&message, &text));
        }
    }
}
