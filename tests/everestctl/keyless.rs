//! Packages that somebody signed without a key: an identity, a certificate authority, and a log, all of the test's own.

use crate::support::packages::{archive, package, source};
use crate::support::registry::{INDEX, MANIFEST, Registry, sha256};
use crate::support::sigstore::{ISSUER, Sigstore, WORKFLOW};
use crate::support::{Sandbox, openssl};
use serde_json::{Value, json};
use std::fs;

const SIGNATURE: &str = "https://sigstore.dev/cosign/sign/v1";

/// What has to have signed, as options.
fn options(sandbox: &Sandbox, identity: &str) -> String {
    let root = sandbox.path("trusted_root.json");
    format!(
        "--certificate-identity {identity} --certificate-oidc-issuer {ISSUER} --trusted-root {}",
        root.display()
    )
}

#[test]
fn an_archive_that_an_identity_signed_is_installed_and_stays_with_it() {
    if !openssl::is_there("an_archive_that_an_identity_signed_is_installed_and_stays_with_it") {
        return;
    }
    let sandbox = Sandbox::new();
    let sigstore = Sigstore::new(&sandbox);
    archive(&sandbox, "greet", "1.0", "hello");
    let beside = "packages/greet.tar.gz.sigstore.json";
    sandbox.write(beside, sigstore.sign_file("packages/greet.tar.gz", WORKFLOW));
    let install = |identity: &str| {
        let (options, source) = (options(&sandbox, identity), source(&sandbox, "greet.tar.gz"));
        format!("plugin install --yes {options} {source}")
    };
    let error = sandbox.run(&install("dana@example.com")).stderr_failed(1);
    assert!(error.contains(&format!("it is signed by {WORKFLOW} ({ISSUER})")), "{error}");
    let error = sandbox.run(&install("*")).stderr_failed(1);
    assert!(error.contains("anybody with an account of"), "{error}");
    let other = install(WORKFLOW).replace(ISSUER, "https://other.example.com");
    let error = sandbox.run(&other).stderr_failed(1);
    assert!(error.contains("it is signed by"), "{error}");
    sandbox.run(&install("https://github.com/acme/*@refs/tags/v*")).succeeded();
    assert_eq!(sandbox.run("greet").success_silent(), "hello\n");
    let verified: Value =
        serde_json::from_str(&sandbox.run("plugin verify -o json").success_silent()).unwrap();
    assert_eq!(verified.to_string().matches(&format!("{WORKFLOW} ({ISSUER})")).count(), 1, "{verified}");
    let which = sandbox.run("plugin which greet").success_silent();
    assert!(which.contains(&format!("signed by {WORKFLOW}")), "{which}");
    let wide = sandbox.run("plugin list -o wide").success_silent();
    assert!(wide.contains("SIGNER") && wide.contains(WORKFLOW), "{wide}");
    // What comes after has to be signed by the same identity, without a word.
    archive(&sandbox, "greet", "1.1", "welcome");
    let error = sandbox.run("plugin upgrade --yes greet").stderr_failed(1);
    assert!(error.contains("is not signed by `https://github.com/acme/*@refs/tags/v*` of"), "{error}");
    let fork = WORKFLOW.replace("acme", "evil");
    sandbox.write(beside, sigstore.sign_file("packages/greet.tar.gz", &fork));
    let error = sandbox.run("plugin upgrade --yes greet").stderr_failed(1);
    assert!(error.contains(&format!("it is signed by {fork}")), "{error}");
    let next = WORKFLOW.replace("v1.0", "v1.1");
    sandbox.write(beside, sigstore.sign_file("packages/greet.tar.gz", &next));
    sandbox.run("plugin upgrade --yes greet").succeeded();
    assert_eq!(sandbox.run("greet").success_silent(), "welcome\n");
    // A key is no identity, and what a key has signed is of nobody.
    fs::write(sandbox.path("ours.pub"), "no key").unwrap();
    sandbox.run(&format!("{} --key ours.pub", install(WORKFLOW))).failed(2);
    sandbox.run("plugin install --certificate-identity dana@example.com ./greet").failed(2);
    // A folder cannot be signed.
    package(&sandbox, "bare", "1", "bare");
    let line = format!("plugin install --yes {} {}", options(&sandbox, WORKFLOW), source(&sandbox, "bare"));
    sandbox.run(&line).failed(1);
}

#[test]
fn a_bundle_that_was_changed_or_is_of_another_sigstore_is_refused() {
    if !openssl::is_there("a_bundle_that_was_changed_or_is_of_another_sigstore_is_refused") {
        return;
    }
    let sandbox = Sandbox::new();
    let sigstore = Sigstore::new(&sandbox);
    archive(&sandbox, "greet", "1.0", "hello");
    let whole: Value = serde_json::from_str(&sigstore.sign_file("packages/greet.tar.gz", WORKFLOW)).unwrap();
    let line =
        format!("plugin install --yes {} {}", options(&sandbox, WORKFLOW), source(&sandbox, "greet.tar.gz"));
    let entry = "/verificationMaterial/tlogEntries/0";
    let changes: [(&str, Value); 9] = [
        ("/messageSignature/signature", json!("c2lnbmF0dXJl")),
        ("/messageSignature/messageDigest/digest", json!("AAAA")),
        ("/verificationMaterial/tlogEntries", json!([])),
        ("/verificationMaterial/tlogEntries/0/integratedTime", json!("1")),
        ("/verificationMaterial/tlogEntries/0/canonicalizedBody", json!("e30=")),
        ("/verificationMaterial/tlogEntries/0/inclusionPromise/signedEntryTimestamp", json!("c2V0")),
        ("/verificationMaterial/tlogEntries/0/inclusionProof/rootHash", json!("AAAA")),
        ("/verificationMaterial/certificate/rawBytes", json!("AAAA")),
        ("/mediaType", json!("application/vnd.dev.sigstore.bundle.v9+json")),
    ];
    for (place, value) in changes {
        let mut changed = whole.clone();
        *changed.pointer_mut(place).unwrap() = value;
        sandbox.write("packages/greet.tar.gz.sigstore.json", changed.to_string());
        let error = sandbox.run(&line).stderr_failed(1);
        assert!(
            error.contains("is not signed by") && error.contains("its keyless signature: "),
            "{place}: {error}"
        );
    }
    // Nothing of a log at all, though the root names one.
    let mut without = whole.clone();
    for part in ["inclusionPromise", "inclusionProof"] {
        without.pointer_mut(entry).unwrap().as_object_mut().unwrap().remove(part);
    }
    sandbox.write("packages/greet.tar.gz.sigstore.json", without.to_string());
    sandbox.run(&line).failed(1);
    sandbox.write("packages/greet.tar.gz.sigstore.json", "[".repeat(100_000));
    sandbox.run(&line).failed(1);
    sandbox.write("packages/greet.tar.gz.sigstore.json", whole.to_string());
    // A root that wants certificates to be in a log, too.
    sigstore.write_root("trusted_root.json", &[sigstore.log_entry("https://ct.example.com")]);
    let error = sandbox.run(&line).stderr_failed(1);
    assert!(error.contains("signed certificate timestamp"), "{error}");
    // Another Sigstore.
    let elsewhere = Sandbox::new();
    Sigstore::new(&elsewhere);
    fs::copy(elsewhere.path("trusted_root.json"), sandbox.path("trusted_root.json")).unwrap();
    sandbox.run(&line).failed(1);
    for text in
        ["{}", "[]", "", r#"{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}"#]
    {
        sandbox.write("trusted_root.json", text);
        let error = sandbox.run(&line).stderr_failed(1);
        assert!(error.contains("is not a trusted root of Sigstore"), "{error}");
    }
    sandbox.run("greet").failed(127);
}

#[test]
fn a_keyless_signature_in_a_registry_is_found_in_both_forms() {
    let test = "a_keyless_signature_in_a_registry_is_found_in_both_forms";
    if !openssl::is_there(test) {
        return;
    }
    let sandbox = Sandbox::new();
    let Some(registry) = Registry::start(&sandbox, "registry", test) else { return };
    let sigstore = Sigstore::new(&sandbox);
    let push = |version: &str| {
        let content = archive(&sandbox, "greet", version, version);
        let layer = registry.push("greet", "application/gzip", "greet.tar.gz", &content);
        registry.tag("greet", version, &[layer])
    };
    // As cosign 2 has it: annotations of a claim.
    let digest = push("1.0");
    let claim = format!(
        r#"{{"critical":{{"identity":{{"docker-reference":"greet"}},"image":{{"docker-manifest-digest":"{digest}"}},"type":"cosign container image signature"}},"optional":null}}"#
    );
    registry.push("greet", "application/json", "", claim.as_bytes());
    let layer = json!({
        "mediaType": "application/vnd.dev.cosign.simplesigning.v1+json",
        "digest": format!("sha256:{}", sha256(claim.as_bytes())),
        "size": claim.len(),
        "annotations": sigstore.annotations(&claim, WORKFLOW),
    });
    registry.tag("greet", &format!("{}.sig", digest.replace(':', "-")), &[layer.to_string()]);
    let install = |version: &str, identity: &str| {
        let options = options(&sandbox, identity);
        format!("plugin install --yes {options} oci://{}/greet:{version}", registry.address)
    };
    let error = sandbox.run(&install("1.0", "dana@example.com")).stderr_failed(1);
    assert!(error.contains(&format!("it is signed by {WORKFLOW}")), "{error}");
    sandbox.run(&install("1.0", WORKFLOW)).succeeded();
    assert_eq!(sandbox.run("greet").success_silent(), "1.0\n");
    // As cosign 3 has it: an artifact with a bundle, which refers to what is signed.
    let refer = |digest: &str, bundle: &str| {
        let media_type = "application/vnd.dev.sigstore.bundle.v0.3+json";
        let layer = registry.push("greet", media_type, "", bundle.as_bytes());
        let config = registry.push("greet", "application/vnd.oci.empty.v1+json", "", b"{}");
        let manifest =
            format!(r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{config},"layers":[{layer}]}}"#);
        let listed = json!({
            "mediaType": MANIFEST,
            "artifactType": media_type,
            "digest": registry.tag_as("greet", "bundle", MANIFEST, &manifest),
            "size": manifest.len(),
        });
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [listed] }).to_string();
        registry.tag_as("greet", &digest.replace(':', "-"), INDEX, &index);
    };
    let digest = push("2.0");
    let upgrade =
        format!("plugin install --yes {} oci://{}/greet:2.0", options(&sandbox, WORKFLOW), registry.address);
    sandbox.run("plugin remove greet --yes").succeeded();
    sandbox.run(&upgrade).failed(1);
    // What a scanner says of it is no signature, and neither is a word about something else.
    refer(
        &digest,
        &sigstore.sign_digest(&digest, "https://cosign.sigstore.dev/attestation/vuln/v1", WORKFLOW),
    );
    let error = sandbox.run(&upgrade).stderr_failed(1);
    assert!(error.contains("there is an attestation, and it is not a signature"), "{error}");
    let other = format!("sha256:{}", sha256(b"other"));
    refer(&digest, &sigstore.sign_digest(&other, SIGNATURE, WORKFLOW));
    sandbox.run(&upgrade).failed(1);
    refer(&digest, &sigstore.sign_digest(&digest, SIGNATURE, WORKFLOW));
    sandbox.run(&upgrade).succeeded();
    assert_eq!(sandbox.run("greet").success_silent(), "2.0\n");
    // It travels in a bundle, too, and is verified where no registry is.
    let exported = sandbox.path("bundle.tar");
    sandbox.run(&format!("plugin export greet -f {}", exported.display())).succeeded();
    drop(registry);
    let elsewhere = Sandbox::new();
    fs::copy(sandbox.path("trusted_root.json"), elsewhere.path("trusted_root.json")).unwrap();
    let import = |identity: &str| {
        format!("plugin import {} --yes {}", exported.display(), options(&elsewhere, identity))
    };
    elsewhere.run(&import("dana@example.com")).failed(1);
    elsewhere.run(&import(WORKFLOW)).succeeded();
    assert_eq!(elsewhere.run("greet").success_silent(), "2.0\n");
}

#[test]
fn a_policy_lists_identities_beside_keys() {
    if !openssl::is_there("a_policy_lists_identities_beside_keys") {
        return;
    }
    let sandbox = Sandbox::new();
    let sigstore = Sigstore::new(&sandbox);
    archive(&sandbox, "greet", "1.0", "hello");
    let policy = |identity: &str| {
        format!(
            "signers:\n  - name: release workflow\n    identity: {identity}\n    issuer: {ISSUER}\n    trustedRoot: trusted_root.json\n"
        )
    };
    sandbox.write("everestctl-policy.yaml", policy("https://github.com/acme/*"));
    let line = format!("plugin install --yes {}", source(&sandbox, "greet.tar.gz"));
    let error = sandbox.run(&line).stderr_failed(1);
    assert!(error.contains("is not signed by release workflow"), "{error}");
    let bundle = sigstore.sign_file("packages/greet.tar.gz", WORKFLOW);
    sandbox.write("packages/greet.tar.gz.sigstore.json", bundle);
    sandbox.run(&line).succeeded();
    assert_eq!(sandbox.run("greet").success_silent(), "hello\n");
    let explained = sandbox.run("plugin policy explain greet").success_silent();
    assert!(explained.contains("signers: signed by release workflow"), "{explained}");
    // What may run is looked at each time.
    sandbox.write("everestctl-policy.yaml", policy("https://github.com/other/*"));
    sandbox.run("greet").failed(126);
    sandbox.write("everestctl-policy.yaml", policy("'*'"));
    let error = sandbox.run("greet").stderr_failed(126);
    assert!(error.contains("denies everything") && error.contains("anybody"), "{error}");
}
