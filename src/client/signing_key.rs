//! Private keys that sign: those that `cosign generate-key-pair` makes, encrypted with a password, and P-256 keys of `openssl`
//! in PEM (PKCS #8 or SEC 1).
//!
//! It must not know what is signed, nor where the password comes from. Nothing of a key is ever shown.

use super::signature::VerificationKey;
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit as _;
use salsa20::XSalsa20;
use salsa20::cipher::{KeyIvInit as _, StreamCipher as _};
use serde::Deserialize;
use std::fmt;
use zeroize::Zeroizing;

/// The most that a password may cost, as a power of two: 256 MiB with the block size of cosign.
const MOST_COST: u32 = 18;
/// The greatest block size and parallelism of scrypt. cosign writes 8 and 1.
const MOST_BLOCKS: u32 = 8;

/// Why a key cannot sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyError {
    /// The text has no private key.
    #[error("it holds no private key (PEM)")]
    NoKey,
    /// It is encrypted in another way.
    #[error("it is encrypted in a way that cosign does not use")]
    OtherEncryption,
    /// It is another kind of key.
    #[error("it is not an ECDSA key on P-256, as cosign makes them")]
    OtherKind,
    /// The password does not open it.
    #[error("the password is wrong")]
    WrongPassword,
}

/// The content of a key file.
pub struct KeyFile(KeyForm);

enum KeyForm {
    Plain(Zeroizing<Vec<u8>>),
    Encrypted(Envelope),
}

/// What cosign writes (go-tuf's package `encrypted`).
#[derive(Deserialize)]
struct Envelope {
    kdf: Derivation,
    cipher: Cipher,
    ciphertext: String,
}

#[derive(Deserialize)]
struct Derivation {
    name: String,
    params: Cost,
    salt: String,
}

#[derive(Deserialize)]
struct Cost {
    #[serde(rename = "N")]
    n: u64,
    r: u32,
    p: u32,
}

#[derive(Deserialize)]
struct Cipher {
    name: String,
    nonce: String,
}

/// A private key.
pub struct SigningKey {
    pair: EcdsaKeyPair,
}

impl KeyFile {
    /// The first private key in a text.
    pub fn read(text: &[u8]) -> Result<Self, SigningKeyError> {
        let text = std::str::from_utf8(text).map_err(|_| SigningKeyError::NoKey)?;
        let (label, content) = block(text).ok_or(SigningKeyError::NoKey)?;
        match label {
            "ENCRYPTED COSIGN PRIVATE KEY" | "ENCRYPTED SIGSTORE PRIVATE KEY" => {
                serde_json::from_slice(&content)
                    .map(|envelope| Self(KeyForm::Encrypted(envelope)))
                    .map_err(|_| SigningKeyError::OtherEncryption)
            }
            "PRIVATE KEY" | "EC PRIVATE KEY" if !text.contains("Proc-Type:") => {
                Ok(Self(KeyForm::Plain(content)))
            }
            "RSA PRIVATE KEY" => Err(SigningKeyError::OtherKind),
            _ => Err(SigningKeyError::OtherEncryption),
        }
    }

    /// Whether it takes a password.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.0, KeyForm::Encrypted(_))
    }

    /// The key; `password` counts for an encrypted one only.
    pub fn open(&self, password: &[u8]) -> Result<SigningKey, SigningKeyError> {
        let opened;
        let der = match &self.0 {
            KeyForm::Plain(der) => der,
            KeyForm::Encrypted(envelope) => {
                opened = envelope.open(password)?;
                &opened
            }
        };
        let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_ASN1_SIGNING, der);
        pair.map(|pair| SigningKey { pair }).map_err(|_| SigningKeyError::OtherKind)
    }
}

impl Envelope {
    fn open(&self, password: &[u8]) -> Result<Zeroizing<Vec<u8>>, SigningKeyError> {
        let other = || SigningKeyError::OtherEncryption;
        let Derivation { name, params: Cost { n, r, p }, salt } = &self.kdf;
        let is_known = name == "scrypt" && self.cipher.name == "nacl/secretbox";
        let is_cheap =
            n.is_power_of_two() && n.ilog2() <= MOST_COST && *r <= MOST_BLOCKS && *p <= MOST_BLOCKS;
        if !is_known || !is_cheap {
            return Err(other());
        }
        let decoded = |text: &str| BASE64.decode(text).map_err(|_| other());
        let cost = u8::try_from(n.ilog2()).map_err(|_| other())?;
        let cost = scrypt::Params::new(cost, *r, *p).map_err(|_| other())?;
        let mut key = Zeroizing::new([0; 32]);
        scrypt::scrypt(password, &decoded(salt)?, &cost, key.as_mut()).map_err(|_| other())?;
        let nonce = <[u8; 24]>::try_from(decoded(&self.cipher.nonce)?).map_err(|_| other())?;
        opened(&key, &nonce, &decoded(&self.ciphertext)?).ok_or(SigningKeyError::WrongPassword)
    }
}

/// The content of a `secretbox`: `XSalsa20` whose first 32 bytes are the key of the Poly1305 in front of it.
fn opened(key: &[u8; 32], nonce: &[u8; 24], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (tag, content) = sealed.split_at_checked(16)?;
    let mut cipher = XSalsa20::new(key.into(), nonce.into());
    let mut first = Zeroizing::new([0; 32]);
    cipher.apply_keystream(first.as_mut());
    let found = Poly1305::new((&*first).into()).compute_unpadded(content);
    aws_lc_rs::constant_time::verify_slices_are_equal(&found, tag).ok()?;
    let mut content = Zeroizing::new(content.to_vec());
    cipher.apply_keystream(&mut content);
    Some(content)
}

/// The label and the content of the first block whose label ends with `PRIVATE KEY` (RFC 7468).
fn block(text: &str) -> Option<(&str, Zeroizing<Vec<u8>>)> {
    let mut rest = text;
    loop {
        let (_, after) = rest.split_once("-----BEGIN ")?;
        let (label, after) = after.split_once("-----")?;
        let (content, after) = after.split_once(&format!("-----END {label}-----"))?;
        rest = after;
        if label.ends_with("PRIVATE KEY") {
            // Lines with a `:` are headers.
            let lines = content.lines().filter(|line| !line.contains(':'));
            let text: Zeroizing<String> = Zeroizing::new(lines.map(str::trim).collect());
            return Some((label, Zeroizing::new(BASE64.decode(text.as_bytes()).ok()?)));
        }
    }
}

impl SigningKey {
    /// The signature over `message`, in base64; none where the system has no random numbers.
    pub fn sign(&self, message: &[u8]) -> Option<String> {
        let signature = self.pair.sign(&SystemRandom::new(), message).ok()?;
        Some(BASE64.encode(signature))
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> Option<VerificationKey> {
        let info = self.pair.public_key().as_der().ok()?;
        VerificationKey::from_base64(&BASE64.encode(info.as_ref()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({:?})", self.public())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// In the form of `cosign generate-key-pair`, with the password `sesame`; made with `PyNaCl`, so that another implementation has sealed it.
    const OF_COSIGN: &str = include_str!("signing_key/cosign.key");
    const OF_COSIGN_PUBLIC: &[u8] = include_bytes!("signing_key/cosign.pub");

    #[test]
    fn a_key_of_cosign_signs_with_its_password_only() {
        let file = KeyFile::read(OF_COSIGN.as_bytes()).unwrap();
        assert!(file.is_encrypted());
        assert_eq!(file.open(b"wrong").unwrap_err(), SigningKeyError::WrongPassword);
        let key = file.open(b"sesame").unwrap();
        let public = VerificationKey::from_pem(OF_COSIGN_PUBLIC).unwrap();
        assert_eq!(key.public().as_ref(), Some(&public));
        assert!(public.has_signed(b"package", &key.sign(b"package").unwrap()));
        assert!(!public.has_signed(b"other", &key.sign(b"package").unwrap()));
        assert!(format!("{key:?}").contains("VerificationKey(sha256:"));
    }

    #[test]
    fn what_cannot_sign_says_why() {
        let pem = |label: &str, content: &str| {
            format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64.encode(content))
        };
        let why = |text: &str| match KeyFile::read(text.as_bytes()) {
            Ok(file) => file.open(b"sesame").unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(why(""), SigningKeyError::NoKey);
        assert_eq!(why(&pem("PUBLIC KEY", "x")), SigningKeyError::NoKey);
        assert_eq!(why(&pem("PRIVATE KEY", "x")), SigningKeyError::OtherKind);
        assert_eq!(why(&pem("ENCRYPTED PRIVATE KEY", "x")), SigningKeyError::OtherEncryption);
        let costly = r#"{"kdf":{"name":"scrypt","params":{"N":1073741824,"r":8,"p":1},"salt":"AAAA"},"cipher":{"name":"nacl/secretbox","nonce":"AAAA"},"ciphertext":"AAAA"}"#;
        assert_eq!(why(&pem("ENCRYPTED SIGSTORE PRIVATE KEY", costly)), SigningKeyError::OtherEncryption);
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in "(-----BEGIN )?[A-Z ]{0,20}(-----)?[A-Za-z0-9+/=\n]{0,80}(-----END PRIVATE KEY-----)?") {
            if let Ok(file) = KeyFile::read(text.as_bytes()) {
                prop_assert!(file.open(b"").is_err());
            }
        }
    }
}
