//! Whom to trust: the certificates of `--ca-file`, or the system's file of all, and the rest of the system's only where
//! those do not do.
//!
//! The rest is hundreds of files on many systems, which take as long to read as a request. Whoever is trusted by a part is
//! trusted by the whole, so that the answer is the same. It must not know servers or sessions.

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;
use std::sync::{Arc, OnceLock};

/// HTTP/2 and HTTP/1.1, by their names in RFC 7301.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// How TLS is spoken with a server that has to show a certificate which `extra` or the system trusts. Fails where nothing is
/// trusted at all.
pub(super) fn config(extra: Vec<CertificateDer<'static>>) -> Result<ClientConfig, Error> {
    let provider =
        CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(aws_lc_rs::default_provider()));
    let verifier = CertificateVerifier::new(extra, Arc::clone(&provider))?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let verified = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = verified.with_no_client_auth();
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(config)
}

/// Trusts what a few certificates vouch for, and asks all others about the rest.
#[derive(Debug)]
struct CertificateVerifier {
    few: Option<Arc<WebPkiServerVerifier>>,
    extra: Vec<CertificateDer<'static>>,
    whole: OnceLock<Result<Verifier, Error>>,
    provider: Arc<CryptoProvider>,
}

impl CertificateVerifier {
    fn new(extra: Vec<CertificateDer<'static>>, provider: Arc<CryptoProvider>) -> Result<Self, Error> {
        let few = if extra.is_empty() { in_one_file() } else { extra.clone() };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(few);
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        // Without a single certificate there is none.
        let verifier = Self { few: builder.build().ok(), extra, whole: OnceLock::new(), provider };
        if verifier.few.is_none() {
            verifier.whole()?;
        }
        Ok(verifier)
    }

    /// All of the system's certificates and those of the user, read when they are asked for first.
    fn whole(&self) -> Result<&Verifier, Error> {
        let read = || Verifier::new_with_extra_roots(self.extra.iter().cloned(), Arc::clone(&self.provider));
        self.whole.get_or_init(read).as_ref().map_err(Clone::clone)
    }
}

/// The certificates of the file in which the system has all of them; none where it has no such file, or was told to use
/// others (`SSL_CERT_FILE`, `SSL_CERT_DIR`). What cannot be read of it is told by whoever reads all.
#[cfg(target_os = "linux")]
fn in_one_file() -> Vec<CertificateDer<'static>> {
    if openssl_probe::has_ssl_cert_env_vars() {
        return Vec::new();
    }
    let read = |file| rustls_native_certs::load_certs_from_paths(Some(file), None).certs;
    openssl_probe::probe().cert_file.as_deref().map(read).unwrap_or_default()
}

/// Elsewhere the system itself is asked.
#[cfg(not(target_os = "linux"))]
fn in_one_file() -> Vec<CertificateDer<'static>> {
    Vec::new()
}

impl ServerCertVerifier for CertificateVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verify = |verifier: &dyn ServerCertVerifier| {
            verifier.verify_server_cert(certificate, intermediates, name, ocsp_response, now)
        };
        match self.few.as_ref().map(|few| verify(few.as_ref())) {
            Some(Ok(verified)) => Ok(verified),
            _ => verify(self.whole()?),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
