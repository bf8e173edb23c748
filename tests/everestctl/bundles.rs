//! Plugins in one file for machines that reach no server: put together here, verified and installed there.

use crate::hub::{entry, index};
use crate::package_policy::{key_pair, sign};
use crate::support::client;
use crate::support::helm::helm;
use crate::support::http::{Server, response};
use crate::support::packages::{archive, install, package, source};
use crate::support::registry::{MANIFEST, Registry, sha256};
use crate::support::{InTime as _, Sandbox, skip};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// Another machine, which may ask nobody; the file is the only thing that it gets.
fn elsewhere(bundle: &Path) -> Sandbox {
    let there = Sandbox::new().with("EVERESTCTL_OFFLINE", "1");
    fs::copy(bundle, there.path("bundle.tar")).unwrap();
    there
}

fn line(there: &Sandbox, rest: &str) -> String {
    format!("plugin import {} {rest}", there.path("bundle.tar").display())
}

fn export(here: &Sandbox, names: &str) -> std::path::PathBuf {
    let file = here.path("bundle.tar");
    let _ = fs::remove_file(&file);
    here.run(&format!("plugin export {names} -f {}", file.display())).succeeded();
    file
}

#[test]
fn packages_arrive_as_they_were_with_digest_and_signature() {
    let test = "packages_arrive_as_they_were_with_digest_and_signature";
    let here = Sandbox::new();
    if !key_pair(&here, "ours", test) {
        return;
    }
    package(&here, "folder", "1.0", "from-folder");
    install(&here, "folder");
    archive(&here, "greet", "1.2", "hello");
    here.write("packages/greet.tar.gz.sig", sign(&here, "ours", "packages/greet.tar.gz"));
    let key = here.path("ours.pub").display().to_string();
    here.run(&format!("plugin install --yes --key {key} {}", source(&here, "greet.tar.gz"))).succeeded();
    let bundle = export(&here, "folder greet");
    // The same input gives the same bytes.
    let bytes = fs::read(&bundle).unwrap();
    assert_eq!(fs::read(export(&here, "folder greet")).unwrap(), bytes);
    let lock = here.path("everestctl.lock");
    here.run(&format!("plugin lock -f {}", lock.display())).succeeded();

    let there = elsewhere(&bundle);
    let dry = there.run(&line(&there, "--dry-run")).success_silent();
    assert!(dry.contains("package greet 1.2") && dry.contains("package folder 1.0"), "{dry}");
    there.run("greet").failed(127);
    assert!(there.run(&line(&there, "")).stderr_failed(2).contains("pass --yes"));
    let done = there.run(&line(&there, "--yes")).success_stderr();
    assert!(done.contains("installed `greet` 1.2 (generation 1)"), "{done}");
    assert_eq!(there.run("greet Ada").success_silent(), "hello Ada\n");
    assert_eq!(there.run("folder").success_silent(), "from-folder\n");
    assert!(there.run(&line(&there, "--yes")).success_stderr().contains("installed already"));
    // What it is and where it came from, a lockfile of the other machine knows, too.
    let (mine, other) = (here.run("plugin list -o json"), there.run("plugin list -o json"));
    for name in ["greet", "folder"] {
        let digest = |listed: &str| {
            let listed: Value = serde_json::from_str(listed).unwrap();
            let rows = listed["items"].as_array().unwrap().clone();
            rows.into_iter().find(|row| row["name"] == name).unwrap()["package"]["digest"].clone()
        };
        assert_eq!(digest(&mine.stdout), digest(&other.stdout), "{name}");
    }
    there.run("plugin verify").succeeded();
    // The signature came with it, and is wanted where a key is named.
    let signed = elsewhere(&bundle);
    let error = signed.run(&line(&signed, &format!("--yes --key {key}"))).stderr_failed(1);
    assert!(error.contains("folder in [ROOT]/bundle.tar is not signed by"), "{error}");
    let signed = elsewhere(&export(&here, "greet"));
    signed.run(&line(&signed, &format!("--yes --key {key}"))).succeeded();
    let verified = signed.run("plugin verify -o json").success_silent();
    assert!(verified.contains("\"signer\": \"sha256:"), "{verified}");
}

#[test]
fn a_bundle_that_is_damaged_or_something_else_installs_nothing() {
    let here = Sandbox::new();
    package(&here, "greet", "1.0", "hello");
    install(&here, "greet");
    let good = fs::read(export(&here, "greet")).unwrap();
    let there = Sandbox::new();
    let refused = |content: &[u8], code: i32| {
        there.write("bundle.tar", content);
        let error = there.run(&line(&there, "--yes")).stderr_failed(code);
        assert!(!error.contains("panicked"), "{error}");
        there.run("greet").failed(127);
        error
    };
    assert!(refused(b"", 2).contains("is not a bundle"));
    assert!(refused(b"no archive at all", 2).contains("is not a bundle"));
    for cut in [100, 600, good.len() / 2, good.len() - 1500] {
        refused(&good[..cut], 2);
    }
    // One bit of the content of a blob.
    let start = good.windows(2).rposition(|bytes| bytes == [0x1f, 0x8b]).unwrap();
    let mut flipped = good.clone();
    flipped[start + 20] ^= 1;
    assert!(refused(&flipped, 1).contains("has other content"));
    // A manifest that says something else of itself than it is.
    let pattern = br#"\"name\":\"greet\""#;
    let name = good.windows(pattern.len()).position(|bytes| bytes == pattern).unwrap();
    let mut renamed = good.clone();
    renamed[name + pattern.len() - 7..name + pattern.len() - 2].copy_from_slice(b"other");
    assert!(refused(&renamed, 1).contains("the package is `greet`"));
    // Links, devices and paths that lead out are never followed: only what has a digest for a name is read.
    let folder = there.path("evil");
    fs::create_dir_all(folder.join("blobs/sha256")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.join("index.json")).unwrap();
    fs::write(folder.join("oci-layout"), "{}").unwrap();
    let packed = Command::new("tar").args(["-cf", "../evil.tar", "."]).current_dir(&folder).status_in_time();
    assert!(packed.success());
    let error = refused(&fs::read(there.path("evil.tar")).unwrap(), 2);
    assert!(!error.contains("root:"), "{error}");
    there.run("plugin import /nowhere/bundle.tar --yes").failed(1);
    there.run("plugin import /dev/zero --yes").failed(1);
    here.run(&format!("plugin export nobody -f {}", here.path("x.tar").display())).failed(2);
    assert!(!here.path("x.tar").exists());
    there.write("bundle.tar", &good);
    there.run(&line(&there, "--yes")).succeeded();
    assert_eq!(there.run("greet").success_silent(), "hello\n");
}

/// A registry with a package, the image of the chart `gauge`, and a catalog with that chart.
fn world(test: &str) -> Option<(Sandbox, Registry)> {
    let helm = helm(test)?;
    let here = Sandbox::new();
    let registry = Registry::start(&here, "registry", test)?;
    std::os::unix::fs::symlink(helm, here.path("bin/helm")).unwrap();
    let layer = registry.push("acme/greet", GZIP, "greet.tar.gz", &archive(&here, "greet", "2.0", "hello"));
    registry.tag("acme/greet", "latest", &[layer]);
    here.run(&format!("plugin install --yes oci://{}/acme/greet", registry.address)).succeeded();
    // More than is sent at once.
    let noise: Vec<u8> =
        (0..9_000_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let layer = registry.push("plugins/gauge", GZIP, "", &noise);
    registry.tag("plugins/gauge", "0.1.0", &[layer]);
    let chart = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/charts/gauge");
    fs::create_dir_all(here.path("hub/charts")).unwrap();
    let copied = Command::new("cp").arg("-rT").arg(chart).arg(here.path("hub/charts/gauge")).status_in_time();
    assert!(copied.success());
    let values = fs::read_to_string(here.path("hub/charts/gauge/values.yaml")).unwrap();
    here.write("hub/charts/gauge/values.yaml", values.replace("registry.example.com", &registry.address));
    let artifacts = json!({"chart": {"channels": {"stable": {"ref": "charts/gauge", "version": "0.1.0"}}}});
    here.write("hub/index.json", index(&[entry("gauge", &json!({"artifacts": artifacts}))]));
    here.run(&format!("plugin catalog add local {}", here.path("hub/index.json").display())).succeeded();
    Some((here, registry))
}

#[test]
fn charts_and_images_go_with_them_and_into_another_registry() {
    let test = "charts_and_images_go_with_them_and_into_another_registry";
    let Some((here, mut registry)) = world(test) else { return };
    let file = here.path("bundle.tar");
    let listed = here.run(&format!("plugin export greet local/gauge -f {} -o json", file.display()));
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    let image = listed["items"].as_array().unwrap().iter().find(|row| row["kind"] == "image").unwrap();
    // Without --images, the image is told by its digest, and is not there.
    assert!(image["digest"].as_str().unwrap().starts_with("sha256:"), "{image}");
    assert_eq!(image["source"], "not in the bundle");
    assert!(fs::metadata(&file).unwrap().len() < 1_000_000);
    here.run(&format!("plugin export greet local/gauge --images -f {}", file.display())).succeeded();
    assert!(fs::metadata(&file).unwrap().len() > 9_000_000);
    registry.stop();

    let place = Sandbox::new();
    let Some(mirror) = Registry::start(&place, "registry", test) else { return };
    let there = Sandbox::new();
    fs::copy(&file, there.path("bundle.tar")).unwrap();
    let done = there.run(&line(&there, &format!("--yes --registry {}/mirror", mirror.address)));
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(there.run("greet").success_silent(), "hello\n");
    let manifest = |name: &str, tag: &str| {
        let accept = [("accept", MANIFEST)];
        client::ask(&mirror.address, &format!("GET /v2/mirror/{name}/manifests/{tag}"), &accept, b"")
    };
    let found = manifest("plugins/gauge", "0.1.0");
    assert_eq!(found.status, 200, "{found:?}");
    assert_eq!(image["digest"], format!("sha256:{}", sha256(&found.body)));
    assert_eq!(manifest("charts/gauge", "0.1.0").status, 200);
    // From the mirror, others install it, byte for byte.
    let other = Sandbox::new();
    other.run(&format!("plugin install --yes oci://{}/mirror/acme/greet", mirror.address)).succeeded();
    assert_eq!(other.run("greet").success_silent(), "hello\n");
    let searched = there.run("plugin search gauge --catalog imported -o json").success_silent();
    assert!(searched.contains("\"catalog\": \"imported\""), "{searched}");
    let error = there.run(&line(&there, "--yes --registry ../x")).stderr_failed(2);
    assert!(error.contains("is not a registry"), "{error}");
}

#[test]
fn an_imported_chart_is_installed_from_the_catalog_without_a_server() {
    let test = "an_imported_chart_is_installed_from_the_catalog_without_a_server";
    let Some((here, mut registry)) = world(test) else { return };
    let bundle = export(&here, "local/gauge");
    registry.stop();
    let there = elsewhere(&bundle);
    if let Some(helm) = helm(test) {
        std::os::unix::fs::symlink(helm, there.path("bin/helm")).unwrap();
    }
    let done = there.run(&line(&there, "--yes")).success_stderr();
    assert!(done.contains("everestctl plugin install imported/gauge"), "{done}");
    let info = there.run("plugin info imported/gauge -o json").success_silent();
    assert!(info.contains("What gauge does"), "{info}");
    // What a chart brings can be compared without a cluster: it is the chart that was put in.
    let chart = fs::read_dir(there.path("home/.local/share/everestctl/imported")).unwrap();
    let chart = chart
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "tgz"));
    let (chart, folder) = (chart.unwrap(), here.path("hub/charts/gauge"));
    let told = there.run(&format!("plugin diff {} {}", folder.display(), chart.display()));
    assert_eq!(
        (told.code, told.stderr.as_str()),
        (Some(0), "nothing changes for users\n"),
        "{}",
        told.stdout
    );
    if !chart.exists() {
        skip("helm", test, "there is no chart");
    }
}

#[test]
fn a_chart_that_is_a_file_is_the_one_that_the_catalog_means() {
    let chart = response("200 OK", "application/gzip", b"a chart");
    let server = Server::always(chart);
    let sandbox = Sandbox::new();
    let export = |digest: &str| {
        let stable =
            json!({"ref": format!("{}/gauge-0.1.0.tgz", server.url()), "version": "0.1.0", "digest": digest});
        let artifacts = json!({"artifacts": {"chart": {"channels": {"stable": stable}}}});
        sandbox.write("hub/index.json", index(&[entry("gauge", &artifacts)]));
        sandbox.run("plugin export gauge -f bundle.tar")
    };
    let refused = export(&format!("sha256:{}", "0".repeat(64))).stderr_failed(1);
    assert!(refused.contains("it has another digest than the catalog says"), "{refused}");
    assert!(!sandbox.path("bundle.tar").exists());
    let taken = export("sha256:a8c938318041ff413b5be251f171ce9ea478b3b957e5fd20b00a9d4de73a541d");
    assert_eq!(taken.code, Some(0), "{taken:?}");
    assert!(taken.stdout.contains("gauge-0.1.0.tgz"), "{taken:?}");
}
