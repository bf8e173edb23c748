//! Keyless signatures as `cosign sign` wrote them before version 3: a certificate and an entry of the log in annotations of the layer
//! that is signed. They are made into a bundle of Sigstore, so that one piece of code verifies both.

use super::super::registry::reference::Digest;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// The annotation that holds the certificate, in PEM.
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
/// The annotation that holds the entry of the log.
const LOG_ENTRY: &str = "dev.sigstore.cosign/bundle";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LogEntry {
    signed_entry_timestamp: String,
    payload: EntryPayload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EntryPayload {
    body: String,
    integrated_time: u64,
    log_index: u64,
    #[serde(rename = "logID")]
    log_id: String,
}

/// Whether the signature of a layer with these annotations is one without a key.
pub fn are_keyless(annotations: &BTreeMap<String, String>) -> bool {
    annotations.contains_key(CERTIFICATE)
}

/// The bundle of `signature`, in base64, over what has `digest`; `None` where the annotations are not what cosign
/// writes, or the log has not seen the signature.
pub fn bundle(annotations: &BTreeMap<String, String>, signature: &str, digest: &Digest) -> Option<Vec<u8>> {
    let certificate = CertificateDer::from_pem_slice(annotations.get(CERTIFICATE)?.as_bytes()).ok()?;
    let entry: LogEntry = serde_json::from_str(annotations.get(LOG_ENTRY)?).ok()?;
    let log = bytes(&entry.payload.log_id)?;
    let digest = bytes(digest.digits())?;
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.1",
        "verificationMaterial": {
            "x509CertificateChain": { "certificates": [{ "rawBytes": BASE64.encode(certificate.as_ref()) }] },
            "tlogEntries": [{
                "logIndex": entry.payload.log_index.to_string(),
                "logId": { "keyId": BASE64.encode(log) },
                "kindVersion": { "kind": "hashedrekord", "version": "0.0.1" },
                "integratedTime": entry.payload.integrated_time.to_string(),
                "inclusionPromise": { "signedEntryTimestamp": entry.signed_entry_timestamp },
                "canonicalizedBody": entry.payload.body,
            }],
        },
        "messageSignature": {
            "messageDigest": { "algorithm": "SHA2_256", "digest": BASE64.encode(digest) },
            "signature": signature.trim(),
        },
    });
    serde_json::to_vec(&bundle).ok()
}

/// The bytes of hexadecimal digits.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let byte = |at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cosign_does_not_write_makes_no_bundle() {
        let entry = |log: &str| {
            format!(
                r#"{{"SignedEntryTimestamp":"c2V0","Payload":{{"body":"e30=","integratedTime":1,"logIndex":2,"logID":"{log}"}}}}"#
            )
        };
        let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let with = |pem: &str, entry: String| {
            BTreeMap::from([(CERTIFICATE.to_owned(), pem.to_owned()), (LOG_ENTRY.to_owned(), entry)])
        };
        let whole = with(pem, entry("c0ffee"));
        let digest = Digest::of(b"claim");
        assert!(are_keyless(&whole) && bundle(&whole, "c2ln", &digest).is_some());
        for broken in [
            with("", entry("c0ffee")),
            with(pem, "{}".to_owned()),
            with(pem, entry("c0ff€")),
            with(pem, entry("c0f")),
            BTreeMap::new(),
        ] {
            assert_eq!(bundle(&broken, "c2ln", &digest), None, "{broken:?}");
        }
    }
}
