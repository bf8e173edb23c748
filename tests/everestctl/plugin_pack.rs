//! What authors do with a package: packed, signed, pushed, and installed elsewhere.

use crate::support::packages::package;
use crate::support::registry::{LOGIN, Registry, WITH_LOGIN};
use crate::support::{InTime as _, Sandbox, openssl};
use std::fs;
use std::process::Command;

/// A folder with a package, and what nobody wants in its archive.
fn greet(sandbox: &Sandbox) {
    package(sandbox, "greet", "1.0", "hello");
    sandbox.write("packages/greet/LICENSE", "Apache-2.0");
    sandbox.write("packages/greet/.env", "TOKEN=secret");
    sandbox.write("packages/greet/notes.txt", "mine");
}

/// A key pair `ours.key` and `ours.pub`; false where there is no openssl.
pub(crate) fn key_pair(sandbox: &Sandbox, test: &str) -> bool {
    if !openssl::is_there(test) {
        return false;
    }
    for line in [
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ours.key",
        "pkey -in ours.key -pubout -out ours.pub",
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out theirs.key",
    ] {
        openssl::run(sandbox, line);
    }
    true
}

#[test]
fn a_package_is_packed_to_the_same_bytes_and_installed() {
    let sandbox = Sandbox::new();
    greet(&sandbox);
    let one = sandbox.path("one.tar.gz").display().to_string();
    let two = sandbox.path("two.tar.gz").display().to_string();
    let folder = sandbox.path("packages/greet").display().to_string();
    let packed = sandbox.run(&format!("plugin pack {folder} -f {one} -o json")).json();
    assert_eq!(packed["files"], serde_json::json!(["LICENSE", "bin/run.sh", "everestctl-plugin.yaml"]));
    assert_eq!(packed["leftOut"], serde_json::json!(["notes.txt"]));
    // Another umask, other times, another folder.
    let elsewhere = sandbox.shell(&format!("umask 077; cp -r {folder} other; touch -d 2001-01-01 other/LICENSE; chmod 700 other/bin/run.sh; everestctl plugin pack other -f {two}"));
    assert_eq!(elsewhere.code, Some(0), "{elsewhere:?}");
    assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());
    let again = sandbox.run(&format!("plugin pack {folder} -f {one}")).stderr;
    assert!(
        again.contains("unchanged: `greet` 1.0 (3 files)") && again.contains("left out: notes.txt"),
        "{again}"
    );
    sandbox.write("packages/greet/LICENSE", "MIT");
    let refused = sandbox.run(&format!("plugin pack {folder} -f {one}")).stderr_failed(1);
    assert!(refused.contains("already exists and is different") && refused.contains("--force"), "{refused}");
    sandbox.run(&format!("plugin pack {folder} -f {one} --force")).succeeded();
    sandbox.run(&format!("plugin install --yes {one}")).succeeded();
    assert_eq!(sandbox.run("greet Ada").success_silent(), "hello Ada\n");
    let listed = Command::new("tar").args(["-tvzf", &two]).output_in_time();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(
        listed.contains("-rwxr-xr-x 0/0") && listed.contains("1970-01-01") && !listed.contains(".env"),
        "{listed}"
    );
    let dated = Sandbox::new().with("SOURCE_DATE_EPOCH", "soon");
    greet(&dated);
    let refused =
        dated.run(&format!("plugin pack {}", dated.path("packages/greet").display())).stderr_failed(2);
    assert!(refused.contains("SOURCE_DATE_EPOCH is not a number of seconds"), "{refused}");
}

#[test]
fn what_the_installer_refuses_is_refused_in_its_words() {
    let sandbox = Sandbox::new();
    for (manifest, why) in [
        ("name: Greet\nversion: 1\nplatforms: {any: {file: bin/run.sh}}\n", "name: "),
        (
            "name: doctor\nversion: 1\nplatforms: {any: {file: bin/run.sh}}\n",
            "the name is reserved by everestctl for",
        ),
        (
            "name: greet\nversion: 1\nsurprise: 1\nplatforms: {any: {file: bin/run.sh}}\n",
            "unknown key `surprise`",
        ),
    ] {
        package(&sandbox, "greet", "1.0", "hello");
        sandbox.write("packages/greet/everestctl-plugin.yaml", manifest);
        let folder = sandbox.path("packages/greet").display().to_string();
        let packed = sandbox.run(&format!("plugin pack {folder} -f x.tar.gz")).stderr_failed(1);
        let installed = sandbox.run(&format!("plugin install --yes {folder}")).stderr_failed(1);
        assert!(packed.contains(why), "{packed}");
        assert_eq!(packed, installed);
    }
    let escape = "name: greet\nversion: '1'\nfiles: [\"\\e[31mx\"]\nplatforms: {any: {file: bin/run.sh}}\n";
    sandbox.write("packages/greet/everestctl-plugin.yaml", escape);
    let folder = sandbox.path("packages/greet").display().to_string();
    let refused = sandbox.run(&format!("plugin pack {folder}")).stderr_failed(1);
    assert!(refused.contains("is not there") && !refused.contains('\u{1b}'), "{refused}");
    let refused = sandbox.run(&format!("plugin sign {folder} --key none.key")).stderr_failed(1);
    assert!(refused.contains("could not read none.key"), "{refused}");
}

#[test]
fn a_signed_package_goes_through_a_registry_to_another_home() {
    let test = "a_signed_package_goes_through_a_registry_to_another_home";
    let sandbox = Sandbox::new();
    let Some(registry) = Registry::start_with(&sandbox, "docker-registry", test, WITH_LOGIN) else { return };
    if !key_pair(&sandbox, test) {
        return;
    }
    greet(&sandbox);
    let root = sandbox.path(".");
    let path = |name: &str| root.join(name).display().to_string();
    let (archive, key, public) = (path("greet-1.0.tar.gz"), path("ours.key"), path("ours.pub"));
    sandbox.run(&format!("plugin pack {} -f {archive}", path("packages/greet"))).succeeded();
    let signed = sandbox.run(&format!("plugin sign {archive} --key {key}")).success_stderr();
    assert!(signed.contains("greet-1.0.tar.gz.sig"), "{signed}");
    // Again is nothing new, and another key does not replace it.
    let signature = fs::read(format!("{archive}.sig")).unwrap();
    sandbox.run(&format!("plugin sign {archive} --key {key}")).succeeded();
    assert_eq!(fs::read(format!("{archive}.sig")).unwrap(), signature);
    let refused =
        sandbox.run(&format!("plugin sign {archive} --key {}", path("theirs.key"))).stderr_failed(1);
    assert!(refused.contains("is a signature of another key"), "{refused}");

    let reference = format!("oci://{}/acme/greet", registry.address);
    let line = format!("plugin push {archive} {reference}");
    let denied = sandbox.run(&line).stderr_failed(1);
    assert!(denied.contains("access denied (no credentials for this registry)"), "{denied}");
    assert!(denied.contains(&format!("podman login {}", registry.address)), "{denied}");
    let login = format!("{{\"auths\":{{\"{}\":{{\"auth\":\"{LOGIN}\"}}}}}}", registry.address);
    sandbox.write(".docker/config.json", &login);
    let docker = path(".docker");
    let sandbox = sandbox.with("DOCKER_CONFIG", &docker);
    let pushed = sandbox.run(&format!("{line} --key {key} -o json")).json();
    assert_eq!(pushed["reference"], format!("{reference}:1.0"));
    let exact = pushed["exact"].as_str().unwrap().to_owned();
    assert!(exact.starts_with(&format!("{reference}@sha256:")), "{exact}");
    let again = sandbox.run(&line);
    assert_eq!(again.stdout.trim(), exact);
    assert!(again.stderr.contains("a registry keeps a signature of the digest"), "{again:?}");

    let other = Sandbox::new().with("DOCKER_CONFIG", &docker);
    let refused =
        other.run(&format!("plugin install --yes {reference} --key {}", path("htpasswd"))).stderr_failed(1);
    assert!(refused.contains("holds no public key"), "{refused}");
    other.run(&format!("plugin install --yes {reference} --key {public}")).succeeded();
    assert_eq!(other.run("greet Ada").success_silent(), "hello Ada\n");
    let verified = other.run("plugin verify -o json").success_silent();
    assert!(verified.contains(pushed["signer"].as_str().unwrap()), "{verified}");

    // A tag is never moved unasked.
    sandbox.write("packages/greet/LICENSE", "MIT");
    sandbox.run(&format!("plugin pack {} -f {archive} --force", path("packages/greet"))).succeeded();
    let refused = sandbox.run(&line).stderr_failed(1);
    assert!(refused.contains("already exists and is different") && refused.contains("--force"), "{refused}");
    sandbox.run(&format!("{line} --force")).succeeded();
    // What is there now is signed by nobody, until it is signed there.
    let third = Sandbox::new().with("DOCKER_CONFIG", &docker);
    let install = format!("plugin install --yes {reference} --key {public}");
    assert!(third.run(&install).stderr_failed(1).contains("there is no signature"));
    sandbox.run(&format!("plugin sign {reference}:1.0 --key {key}")).succeeded();
    third.run(&install).succeeded();
}

#[test]
fn a_key_of_cosign_takes_its_password_from_the_environment() {
    let sandbox = Sandbox::new();
    greet(&sandbox);
    let root = sandbox.path(".");
    let path = |name: &str| root.join(name).display().to_string();
    sandbox.write("cosign.key", include_str!("../../src/client/signing_key/cosign.key"));
    sandbox.write("cosign.pub", include_str!("../../src/client/signing_key/cosign.pub"));
    let archive = path("greet.tar.gz");
    sandbox.run(&format!("plugin pack {} -f {archive}", path("packages/greet"))).succeeded();
    let line = format!("plugin sign {archive} --key {}", path("cosign.key"));
    let refused = sandbox.run(&line).stderr_failed(2);
    assert!(refused.contains("the key needs COSIGN_PASSWORD: no terminal to prompt on"), "{refused}");
    let install = format!("plugin install --yes {archive} --key {}", path("cosign.pub"));
    let sandbox = sandbox.with("COSIGN_PASSWORD", "guessed");
    let refused = sandbox.run(&line).stderr_failed(2);
    assert!(refused.contains("the password is wrong"), "{refused}");
    let sandbox = sandbox.with("COSIGN_PASSWORD", "sesame");
    sandbox.run(&line).succeeded();
    sandbox.run(&install).succeeded();
    let refused = sandbox.run(&format!("plugin sign {archive} --key {archive}")).stderr_failed(2);
    assert!(refused.contains("it holds no private key (PEM)"), "{refused}");
}
