//! Who has signed a package, and what the policy lets in.

use crate::support::packages::{archive, package, source};
use crate::support::registry::{Registry, sha256};
use crate::support::{Sandbox, openssl};
use std::fs;
use std::path::Path;

/// A key pair `NAME.key` and `NAME.pub`; false where there is no openssl.
pub(crate) fn key_pair(sandbox: &Sandbox, name: &str, test: &str) -> bool {
    if !openssl::is_there(test) {
        return false;
    }
    openssl::run(sandbox, &format!("ecparam -name prime256v1 -genkey -noout -out {name}.key"));
    openssl::run(sandbox, &format!("ec -in {name}.key -pubout -out {name}.pub"));
    true
}

/// The signature of a file, in base64, as `cosign sign-blob --key` prints it.
pub(crate) fn sign(sandbox: &Sandbox, key: &str, file: &str) -> String {
    openssl::run(sandbox, &format!("dgst -sha256 -sign {key}.key -out signature {file}"));
    openssl::run(sandbox, "base64 -A -in signature -out signature.b64");
    fs::read_to_string(sandbox.path("signature.b64")).unwrap()
}

#[test]
fn a_signed_archive_is_installed_and_stays_with_its_key() {
    let sandbox = Sandbox::new();
    if !key_pair(&sandbox, "ours", "a_signed_archive_is_installed_and_stays_with_its_key") {
        return;
    }
    key_pair(&sandbox, "theirs", "");
    archive(&sandbox, "greet", "1.0", "hello");
    let (key, other) = (sandbox.path("ours.pub"), sandbox.path("theirs.pub"));
    let line = |key: &Path| {
        format!("plugin install --yes --key {} {}", key.display(), source(&sandbox, "greet.tar.gz"))
    };
    let error = sandbox.run(&line(&key)).stderr_failed(1);
    assert!(
        error.contains("is not signed by [ROOT]/ours.pub") && error.contains("there is no signature"),
        "{error}"
    );
    sandbox.write("packages/greet.tar.gz.sig", sign(&sandbox, "ours", "packages/greet.tar.gz"));
    let error = sandbox.run(&line(&other)).stderr_failed(1);
    assert!(error.contains("the signature is of another key, or of other content"), "{error}");
    sandbox.run(&line(&key)).succeeded();
    assert_eq!(sandbox.run("greet").success_silent(), "hello\n");
    let verified = sandbox.run("plugin verify -o json").success_silent();
    assert!(verified.contains("\"signer\": \"sha256:"), "{verified}");
    // What comes after has to be signed by the same key, without a word.
    archive(&sandbox, "greet", "1.1", "welcome");
    let error = sandbox.run("plugin upgrade --yes greet").stderr_failed(1);
    assert!(error.contains("is not signed by the key sha256:"), "{error}");
    assert_eq!(sandbox.run("greet").success_silent(), "hello\n");
    // A bundle is as good as a bare signature.
    fs::remove_file(sandbox.path("packages/greet.tar.gz.sig")).unwrap();
    let signature = sign(&sandbox, "ours", "packages/greet.tar.gz");
    let bundle = |material: &str| {
        format!(
            r#"{{"verificationMaterial":{{"{material}":{{}}}},"messageSignature":{{"signature":"{signature}"}}}}"#
        )
    };
    sandbox.write("packages/greet.tar.gz.sigstore.json", bundle("publicKey"));
    sandbox.run("plugin upgrade --yes greet").succeeded();
    assert_eq!(sandbox.run("greet").success_silent(), "welcome\n");
    package(&sandbox, "bare", "1", "bare");
    // A folder cannot be signed, whatever lies beside it.
    sandbox.write("empty", "");
    sandbox.write("packages/bare.sig", sign(&sandbox, "ours", "empty"));
    sandbox
        .run(&format!("plugin install --yes --key {} {}", key.display(), source(&sandbox, "bare")))
        .failed(1);
    sandbox.run(&format!("plugin install --yes --key /etc/passwd {}", source(&sandbox, "bare"))).failed(1);
}

#[test]
fn a_signature_in_a_registry_is_about_that_artifact() {
    let sandbox = Sandbox::new();
    let test = "a_signature_in_a_registry_is_about_that_artifact";
    if !key_pair(&sandbox, "ours", test) {
        return;
    }
    let Some(registry) = Registry::start(&sandbox, "registry", test) else { return };
    let push = |version: &str| {
        let content = archive(&sandbox, "greet", version, version);
        registry.tag(
            "greet",
            version,
            &[registry.push("greet", "application/gzip", "greet.tar.gz", &content)],
        )
    };
    let (first, second) = (push("1.0"), push("2.0"));
    let claim = format!(
        r#"{{"critical":{{"identity":{{"docker-reference":"greet"}},"image":{{"docker-manifest-digest":"{first}"}},"type":"cosign container image signature"}},"optional":null}}"#
    );
    sandbox.write("claim", &claim);
    let signature = sign(&sandbox, "ours", "claim");
    let layer = format!(
        r#"{{"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json","digest":"sha256:{}","size":{},"annotations":{{"dev.cosignproject.cosign/signature":"{signature}"}}}}"#,
        sha256(claim.as_bytes()),
        claim.len()
    );
    registry.push("greet", "application/json", "", claim.as_bytes());
    for digest in [&first, &second] {
        // The signature of one beside the other is none.
        registry.tag("greet", &format!("{}.sig", digest.replace(':', "-")), std::slice::from_ref(&layer));
    }
    let sandbox = sandbox.with_path("EVERESTCTL_COSIGN_KEY", "ours.pub");
    let line = |version: &str| format!("plugin install --yes oci://{}/greet:{version}", registry.address);
    let error = sandbox.run(&line("2.0")).stderr_failed(1);
    assert!(error.contains("is not signed by [ROOT]/ours.pub"), "{error}");
    sandbox.run(&line("1.0")).succeeded();
    assert_eq!(sandbox.run("greet").success_silent(), "1.0\n");
}

#[test]
fn a_policy_decides_what_is_installed_and_what_runs() {
    let sandbox = Sandbox::new();
    package(&sandbox, "greet", "1.0", "hello");
    sandbox.run(&format!("plugin install --yes {}", source(&sandbox, "greet"))).succeeded();
    sandbox.script("bin/everestctl-own", "echo own");
    let packages = sandbox.path("packages").display().to_string();
    let bin = sandbox.path("bin").display().to_string();
    sandbox.write("everestctl-policy.yaml", format!("sources: ['local:{bin}/*']\nways: [exec]\n"));
    assert_eq!(sandbox.run("own").success_silent(), "own\n");
    let error = sandbox.run("greet").stderr_failed(126);
    assert!(error.contains("`greet` is denied by the policy [ROOT]/everestctl-policy.yaml"), "{error}");
    assert!(
        error.contains("is not listed") && error.contains("everestctl plugin policy explain greet"),
        "{error}"
    );
    // Nor is it started for TAB.
    assert_eq!(sandbox.run_with(["__complete", "greet", ""]).success_silent(), ":4\n");
    package(&sandbox, "other", "1.0", "other");
    let line = format!("plugin install --yes {}", source(&sandbox, "other"));
    sandbox.run(&line).failed(126);
    let explained = sandbox.run("plugin policy explain own").success_silent();
    assert!(explained.contains("own: allowed") && explained.contains("sources: local:"), "{explained}");
    let explained = sandbox.run("plugin policy explain oci://ghcr.io/x/y");
    assert!(explained.code == Some(1) && explained.stdout.contains("denied"), "{explained:?}");
    sandbox.run("plugin policy explain nobody").failed(127);
    sandbox.write("everestctl-policy.yaml", format!("sources: ['local:*', '{packages}/*']\n"));
    sandbox.run(&line).succeeded();
    assert_eq!(sandbox.run("greet").success_silent(), "hello\n");
    // Each file has to agree, and one that cannot be read denies everything.
    sandbox.write("more.yaml", "signers: []\n");
    let sandbox = sandbox.with_path("EVERESTCTL_POLICY", "more.yaml");
    sandbox.run("greet").failed(126);
    assert_eq!(sandbox.run("own").success_silent(), "own\n");
    sandbox.write("more.yaml", "sources: {\n");
    let error = sandbox.run("own").stderr_failed(126);
    assert!(error.contains("the policy [ROOT]/more.yaml denies everything"), "{error}");
    let more = sandbox.path("more.yaml").display().to_string();
    sandbox.run(&format!("plugin policy check {more}")).failed(126);
    sandbox.write("more.yaml", "ways: [exec]\n");
    sandbox.run(&format!("plugin policy check {more}")).succeeded();
    sandbox.chmod("more.yaml", 0o666);
    let error = sandbox.run("own").stderr_failed(126);
    assert!(error.contains("is writable by"), "{error}");
    fs::remove_file(sandbox.path("more.yaml")).unwrap();
    sandbox.run("own").failed(126);
}
