//! DSSE envelopes with in-toto statements, as `cosign sign` (since version 3) and attestations of builds have them: what is signed is
//! not the content, but a statement that names its digest.
//!
//! It must not know who may sign.

use crate::client::registry::reference::Digest;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde::Deserialize;

/// The type of the statement.
const STATEMENT: &str = "application/vnd.in-toto+json";
/// The statements with which somebody stands for something: a signature of cosign, and the provenance of a build. Others, such as
/// the findings of a scanner, say something about it.
const STANDS_FOR: [&str; 3] = [
    "https://sigstore.dev/cosign/sign/v1",
    "https://slsa.dev/provenance/v1",
    "https://slsa.dev/provenance/v0.2",
];

/// An envelope (DSSE 1.0).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DsseEnvelope {
    payload: String,
    payload_type: String,
    #[serde(default)]
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Debug, Deserialize)]
struct EnvelopeSignature {
    sig: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    predicate_type: String,
    subject: Vec<StatementSubject>,
}

#[derive(Deserialize)]
struct StatementSubject {
    digest: SubjectDigest,
}

#[derive(Deserialize)]
struct SubjectDigest {
    #[serde(default)]
    sha256: String,
}

impl DsseEnvelope {
    /// The bytes that are signed (DSSE's pre-authentication encoding), each with a signature in base64, where the statement stands
    /// for what has `digest`.
    pub(super) fn signed_for(&self, digest: &Digest) -> Vec<(Vec<u8>, String)> {
        let Ok(payload) = BASE64.decode(&self.payload) else { return Vec::new() };
        let Ok(statement) = serde_json::from_slice::<Statement>(&payload) else { return Vec::new() };
        let is_meant = statement.subject.iter().any(|subject| subject.digest.sha256 == digest.digits());
        if self.payload_type != STATEMENT
            || !STANDS_FOR.contains(&statement.predicate_type.as_str())
            || !is_meant
        {
            return Vec::new();
        }
        let kind = &self.payload_type;
        let mut signed = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
        signed.extend(&payload);
        self.signatures.iter().map(|signature| (signed.clone(), signature.sig.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(kind: &str, predicate: &str, digest: &str) -> DsseEnvelope {
        let statement = format!(
            r#"{{"predicateType":"{predicate}","subject":[{{"name":"x","digest":{{"sha256":"{digest}"}}}}]}}"#
        );
        let signatures = vec![EnvelopeSignature { sig: "c2ln".to_owned() }];
        DsseEnvelope { payload: BASE64.encode(statement), payload_type: kind.to_owned(), signatures }
    }

    #[test]
    fn a_statement_stands_for_what_it_names_if_it_is_of_a_kind_that_does() {
        let (ours, theirs) = (Digest::of(b"ours"), Digest::of(b"theirs"));
        let signed = envelope(STATEMENT, STANDS_FOR[0], ours.digits()).signed_for(&ours);
        assert_eq!(signed.len(), 1);
        assert!(signed[0].0.starts_with(b"DSSEv1 28 application/vnd.in-toto+json "));
        assert!(envelope(STATEMENT, STANDS_FOR[0], theirs.digits()).signed_for(&ours).is_empty());
        assert!(envelope("text/plain", STANDS_FOR[0], ours.digits()).signed_for(&ours).is_empty());
        let scan = "https://cosign.sigstore.dev/attestation/vuln/v1";
        assert!(envelope(STATEMENT, scan, ours.digits()).signed_for(&ours).is_empty());
    }
}
