//! Certificates and keys as text (RFC 7468).

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The certificates in a text, whatever else stands in it. A block that is damaged is left out, as OpenSSL and Go do.
pub(super) fn certificates(text: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(text).filter_map(Result::ok).collect()
}

/// How many certificates a text has, damaged ones, too.
pub(super) fn blocks(text: &[u8]) -> usize {
    CertificateDer::pem_slice_iter(text).count()
}

/// The first private key in a text that the TLS stack can read; keys in the formats PKCS #1, PKCS #8 and SEC 1.
pub(super) fn private_key(text: &[u8]) -> Option<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(text).ok()
}

/// Whether a certificate can be one to trust. One that cannot would spoil those beside it.
pub(super) fn is_trustworthy(certificate: &CertificateDer<'_>) -> bool {
    RootCertStore::empty().add(certificate.clone().into_owned()).is_ok()
}
