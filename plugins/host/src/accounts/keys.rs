//! The RSA key that signs access tokens.

use super::ISSUER;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use everestctl::model::hex;
use everestctl::sys::files;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use zeroize::Zeroizing;

pub(super) const FILE: &str = "id_rsa.der";

/// The key pair. A new one is made while the host already listens: two primes may take a third of a second,
/// and requests that need a signature before that wait for it.
pub struct SigningKeys {
    pair: Arc<OnceLock<Option<Pair>>>,
}

struct Pair {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Keys(hidden)")
    }
}

impl SigningKeys {
    /// Reads the key of the state folder, or starts to make one.
    pub(super) fn open(state: Option<&Path>) -> io::Result<Self> {
        let file = state.map(|folder| folder.join(FILE));
        let pair = Arc::new(OnceLock::new());
        if let Some(der) = file.as_deref().and_then(|path| files::read(path, 16 * 1024).ok()) {
            let known = KeyPair::from_pkcs8(&Zeroizing::new(der));
            let known = known.map_err(|_| io::Error::other("the signing key is not valid"))?;
            let _ = pair.set(Some(Pair::of(&known)?));
        } else {
            let made = Arc::clone(&pair);
            std::thread::spawn(move || made.set(make(file.as_deref()).ok()));
        }
        Ok(Self { pair })
    }

    /// Signs with RS256.
    pub(super) fn sign(&self, statement: &impl Serialize) -> Option<String> {
        encode(&Header::new(Algorithm::RS256), statement, &self.pair.wait().as_ref()?.encoding).ok()
    }

    /// The claims, if this key has signed them. Whether they still hold, their owner says.
    pub(super) fn verify<T: DeserializeOwned>(&self, token: &str) -> Option<T> {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[ISSUER]);
        // Checked against the clock of the host, to the second: tests live by short lifetimes.
        validation.validate_exp = false;
        let decoding = &self.pair.wait().as_ref()?.decoding;
        Some(decode::<T>(token, decoding, &validation).ok()?.claims)
    }
}

impl Pair {
    fn of(pair: &KeyPair) -> io::Result<Self> {
        let private = pem::encode(&pem::Pem::new("PRIVATE KEY", private_der(pair)?.as_ref()));
        let private = Zeroizing::new(private);
        let public: aws_lc_rs::encoding::PublicKeyX509Der<'_> =
            pair.public_key().as_der().map_err(io::Error::other)?;
        let public = pem::encode(&pem::Pem::new("PUBLIC KEY", public.as_ref()));
        Ok(Self {
            encoding: EncodingKey::from_rsa_pem(private.as_bytes()).map_err(io::Error::other)?,
            decoding: DecodingKey::from_rsa_pem(public.as_bytes()).map_err(io::Error::other)?,
        })
    }
}

/// A new key, kept in `file`. One that cannot be kept is none: the sessions that it signs would not survive.
fn make(file: Option<&Path>) -> io::Result<Pair> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(io::Error::other)?;
    if let Some(path) = file {
        files::replace(path, private_der(&pair)?.as_ref())?;
    }
    Pair::of(&pair)
}

fn private_der(pair: &KeyPair) -> io::Result<aws_lc_rs::encoding::Pkcs8V1Der<'static>> {
    pair.as_der().map_err(io::Error::other)
}

/// `N` random bytes in hexadecimal.
pub(super) fn random_hex<const N: usize>() -> String {
    hex(&random::<N>())
}

/// `N` random bytes.
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // It fails only where the system has no randomness, and then nothing that is signed is worth anything.
    #[expect(clippy::expect_used, reason = "a host without randomness must not go on")]
    aws_lc_rs::rand::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}
