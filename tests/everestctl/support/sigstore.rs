//! A Sigstore of the test's own: a certificate authority, a log with one entry, and what clients get from both.

use super::{Sandbox, openssl};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::{Value, json};
use std::fs;

/// The identity of a workflow, and its provider.
pub(crate) const WORKFLOW: &str =
    "https://github.com/acme/greet/.github/workflows/release.yml@refs/tags/v1.0";
pub(crate) const ISSUER: &str = "https://token.example.com";
/// The name of the log.
const LOG: &str = "rekor.example.com - 1";

/// A certificate authority and a log.
pub(crate) struct Sigstore<'s> {
    sandbox: &'s Sandbox,
}

impl<'s> Sigstore<'s> {
    /// Starts one, with its trusted root in `trusted_root.json`.
    pub(crate) fn new(sandbox: &'s Sandbox) -> Self {
        let sigstore = Self { sandbox };
        sandbox.write(
            "authority.cnf",
            "[req]\ndistinguished_name = name\nx509_extensions = authority\n[name]\n\
             [authority]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\n\
             subjectKeyIdentifier = hash\n",
        );
        for key in ["authority", "log", "leaf"] {
            sigstore.openssl(&format!("ecparam -name prime256v1 -genkey -noout -out {key}.key"));
        }
        sigstore.openssl(
            "req -x509 -new -key authority.key -subj /O=example/CN=authority -days 30 -config authority.cnf \
             -out authority.crt",
        );
        sigstore.write_root("trusted_root.json", &[]);
        sigstore
    }

    /// Writes a trusted root that also names these logs of certificates.
    pub(crate) fn write_root(&self, file: &str, certificate_logs: &[Value]) {
        self.openssl("x509 -in authority.crt -outform DER -out authority.der");
        let window = json!({ "start": "2020-01-01T00:00:00Z" });
        let root = json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [self.log_entry("https://rekor.example.com")],
            "certificateAuthorities": [{
                "subject": { "organization": "example", "commonName": "authority" },
                "uri": "https://fulcio.example.com",
                "certChain": { "certificates": [{ "rawBytes": BASE64.encode(self.read("authority.der")) }] },
                "validFor": window,
            }],
            "ctlogs": certificate_logs,
            "timestampAuthorities": [],
        });
        self.sandbox.write(file, root.to_string());
    }

    /// The log as a trusted root names it.
    pub(crate) fn log_entry(&self, url: &str) -> Value {
        json!({
            "baseUrl": url,
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": BASE64.encode(self.log_key()),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": { "start": "2020-01-01T00:00:00Z" },
            },
            "logId": { "keyId": BASE64.encode(self.sha256(&self.log_key())) },
        })
    }

    /// A bundle with the signature of a file by `identity`.
    pub(crate) fn sign_file(&self, file: &str, identity: &str) -> String {
        let content = self.read(file);
        let certificate = self.certificate(identity);
        let signature = self.sign("leaf", &content);
        let entry = self
            .entry("hashedrekord", &hashed_record(&hex(&self.sha256(&content)), &signature, &certificate));
        self.bundle(
            &entry,
            "messageSignature",
            &json!({
                "messageDigest": { "algorithm": "SHA2_256", "digest": BASE64.encode(self.sha256(&content)) },
                "signature": signature,
            }),
        )
    }

    /// A bundle with a statement of `identity` about something with the digest `sha256:…`.
    pub(crate) fn sign_digest(&self, digest: &str, predicate: &str, identity: &str) -> String {
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{ "name": "greet", "digest": { "sha256": digest.trim_start_matches("sha256:") } }],
            "predicateType": predicate,
            "predicate": {},
        });
        let (payload, kind) = (statement.to_string(), "application/vnd.in-toto+json");
        let signed = format!("DSSEv1 {} {kind} {} {payload}", kind.len(), payload.len());
        let certificate = self.certificate(identity);
        let signature = self.sign("leaf", signed.as_bytes());
        let envelope = json!({
            "payload": BASE64.encode(&payload),
            "payloadType": kind,
            "signatures": [{ "sig": signature }],
        });
        let digest_of =
            |content: &str| json!({ "algorithm": "sha256", "value": hex(&self.sha256(content.as_bytes())) });
        let body = json!({
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {
                "envelopeHash": digest_of(&envelope.to_string()),
                "payloadHash": digest_of(&payload),
                "signatures": [{ "signature": signature, "verifier": BASE64.encode(&certificate) }],
            },
        });
        self.bundle(&self.entry("dsse", &body), "dsseEnvelope", &envelope)
    }

    /// The annotations with which older versions of cosign put the signature of `claim` beside it.
    pub(crate) fn annotations(&self, claim: &str, identity: &str) -> Value {
        let certificate = self.certificate(identity);
        let signature = self.sign("leaf", claim.as_bytes());
        let digest = hex(&self.sha256(claim.as_bytes()));
        let entry = self.entry("hashedrekord", &hashed_record(&digest, &signature, &certificate));
        let log_entry = json!({
            "SignedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
            "Payload": {
                "body": entry["canonicalizedBody"],
                "integratedTime": entry["integratedTime"].as_str().unwrap().parse::<u64>().unwrap(),
                "logIndex": 0,
                "logID": hex(&self.sha256(&self.log_key())),
            },
        });
        json!({
            "dev.cosignproject.cosign/signature": signature,
            "dev.sigstore.cosign/certificate": String::from_utf8(certificate).unwrap(),
            "dev.sigstore.cosign/bundle": log_entry.to_string(),
        })
    }

    fn bundle(&self, entry: &Value, content: &str, signature: &Value) -> String {
        self.openssl("x509 -in leaf.crt -outform DER -out leaf.der");
        let mut bundle = json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": { "rawBytes": BASE64.encode(self.read("leaf.der")) },
                "tlogEntries": [entry],
            },
        });
        bundle[content] = signature.clone();
        bundle.to_string()
    }

    /// The certificate of the authority for `identity`, valid for ten minutes, in PEM.
    fn certificate(&self, identity: &str) -> Vec<u8> {
        let name = if identity.contains("://") { "URI" } else { "email" };
        self.sandbox.write(
            "leaf.cnf",
            format!(
                "[leaf]\nkeyUsage = critical, digitalSignature\nextendedKeyUsage = codeSigning\n\
                 subjectAltName = critical, {name}:{identity}\n1.3.6.1.4.1.57264.1.8 = ASN1:UTF8String:{ISSUER}\n"
            ),
        );
        self.openssl("req -new -key leaf.key -subj / -out leaf.csr");
        self.openssl(
            "x509 -req -in leaf.csr -CA authority.crt -CAkey authority.key -CAcreateserial -days 1 \
             -extfile leaf.cnf -extensions leaf -out leaf.crt",
        );
        self.read("leaf.crt")
    }

    /// An entry of the log, which has no other.
    fn entry(&self, kind: &str, body: &Value) -> Value {
        let body = body.to_string();
        let log_id = self.sha256(&self.log_key());
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let promise = format!(
            r#"{{"body":"{}","integratedTime":{now},"logID":"{}","logIndex":0}}"#,
            BASE64.encode(&body),
            hex(&log_id)
        );
        // Of a tree with one leaf, the root is the leaf (RFC 6962, 2.1).
        let root = self.sha256(&[&[0], body.as_bytes()].concat());
        let note = format!("{LOG}\n1\n{}\n", BASE64.encode(&root));
        let signature = BASE64.decode(self.sign("log", note.as_bytes())).unwrap();
        let signature = BASE64.encode([&log_id[..4], &signature].concat());
        json!({
            "logIndex": "0",
            "logId": { "keyId": BASE64.encode(&log_id) },
            "kindVersion": { "kind": kind, "version": "0.0.1" },
            "integratedTime": now.to_string(),
            "inclusionPromise": { "signedEntryTimestamp": self.sign("log", promise.as_bytes()) },
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": BASE64.encode(&root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": { "envelope": format!("{note}\n\u{2014} rekor.example.com {signature}\n") },
            },
            "canonicalizedBody": BASE64.encode(&body),
        })
    }

    /// The public key of the log (`SubjectPublicKeyInfo`).
    fn log_key(&self) -> Vec<u8> {
        self.openssl("ec -in log.key -pubout -outform DER -out log.der");
        self.read("log.der")
    }

    /// The signature of `content` with a key, in base64.
    fn sign(&self, key: &str, content: &[u8]) -> String {
        self.sandbox.write("to-sign", content);
        self.openssl(&format!("dgst -sha256 -sign {key}.key -out signature to-sign"));
        BASE64.encode(self.read("signature"))
    }

    fn sha256(&self, content: &[u8]) -> Vec<u8> {
        self.sandbox.write("to-digest", content);
        self.openssl("dgst -sha256 -binary -out digest to-digest");
        self.read("digest")
    }

    fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.sandbox.path(file)).unwrap()
    }

    fn openssl(&self, line: &str) {
        openssl::run(self.sandbox, line);
    }
}

fn hashed_record(digest: &str, signature: &str, certificate: &[u8]) -> Value {
    json!({
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": { "hash": { "algorithm": "sha256", "value": digest } },
            "signature": {
                "content": signature,
                "publicKey": { "content": BASE64.encode(certificate) },
            },
        },
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
