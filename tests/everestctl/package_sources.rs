//! Installing from servers and registries: what came is what was meant, or nothing is installed.

use crate::support::http::{Reply, Server, nobody, response};
use crate::support::packages::archive;
use crate::support::registry::{INDEX, LOGIN, MANIFEST, Registry, WITH_LOGIN, sha256};
use crate::support::sandbox::eventually;
use crate::support::{InTime as _, Sandbox, openssl};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const GZIP: &str = "application/vnd.everestctl.package.v1.tar+gzip";

/// A server with https, whose certificate nobody knows; nothing where there is no openssl.
struct Encrypted {
    child: Child,
    url: String,
}

impl Encrypted {
    fn start(sandbox: &Sandbox, test: &str) -> Option<Self> {
        if !openssl::is_there(test) {
            return None;
        }
        let make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=everestctl-test \
                    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE -keyout key.pem -out ca.pem";
        openssl::run(sandbox, make);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let serve = format!("s_server -WWW -quiet -key key.pem -cert ca.pem -accept 127.0.0.1:{port}");
        let child = Command::new(openssl::OPENSSL)
            .args(serve.split(' '))
            .current_dir(sandbox.path("."))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        eventually("it listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(Self { child, url: format!("https://localhost:{port}") })
    }
}

impl Drop for Encrypted {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_package_comes_from_https_by_its_checksum() {
    let sandbox = Sandbox::new();
    let sum = sha256(&archive(&sandbox, "greet", "1.0", "hello"));
    let Some(server) = Encrypted::start(&sandbox, "a_package_comes_from_https_by_its_checksum") else {
        return;
    };
    let url = format!("{}/packages/greet.tar.gz", server.url);
    let refused = sandbox.run(&format!("plugin install --yes {url}")).stderr_failed(1);
    assert!(
        refused.contains("could not fetch") && refused.contains("certificate signed by unknown authority"),
        "{refused}"
    );
    assert!(refused.contains("--ca-file FILE"), "{refused}");
    let ca = sandbox.path("ca.pem").display().to_string();
    let wrong = format!("plugin install --yes {url} --ca-file {ca} --sha256 {}", "0".repeat(64));
    let refused = sandbox.run(&wrong).stderr_failed(1);
    assert!(refused.contains(&format!("has another checksum: sha256:{sum}")), "{refused}");
    sandbox.run(&format!("plugin install --yes {url} --sha256 12")).failed(2);
    sandbox.run(&format!("plugin install --yes {url} --version 2")).failed(2);
    sandbox.run("greet").failed(127);
    let installed = sandbox.run(&format!("plugin install --yes {url} --ca-file {ca} --sha256 {sum}"));
    assert_eq!(installed.success_stderr(), "installed `greet` 1.0 (generation 1)\n");
    assert_eq!(sandbox.run("greet Ada").success_silent(), "hello Ada\n");
    archive(&sandbox, "greet", "1.1", "welcome");
    let outdated = sandbox.run(&format!("plugin outdated --ca-file {ca}")).success_silent();
    assert!(outdated.contains("greet  1.0        1.1"), "{outdated}");
    sandbox.run(&format!("plugin upgrade --yes --ca-file {ca}")).succeeded();
    assert_eq!(sandbox.run("greet").success_silent(), "welcome\n");
}

#[test]
fn a_server_that_fails_or_lies_installs_nothing() {
    let sandbox = Sandbox::new();
    let content = archive(&sandbox, "greet", "1.0", "hello");
    let whole = response("200 OK", "application/gzip", &content);
    let cut = whole[..whole.len() - 10].to_vec();
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        let moved = |status: &str, place: &str| {
            Reply::Bytes(
                format!(
                    "HTTP/1.1 {status}\r\nlocation: {place}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                )
                .into_bytes(),
            )
        };
        match request.path.as_str() {
            "/moved" => moved("302 Found", "/good"),
            "/loop" => moved("302 Found", "/loop"),
            "/cut" => Reply::Bytes(cut.clone()),
            "/page" => Reply::Bytes(response("200 OK", "text/html", b"<html>sign in</html>")),
            "/none" => Reply::Bytes(response("404 Not Found", "text/plain", b"nothing")),
            "/broken" => Reply::Bytes(response("500 Internal Server Error", "text/plain", b"oh\x1b[31m")),
            "/busy" if asked.fetch_add(1, Ordering::Relaxed) == 0 => Reply::Bytes(
                b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec(),
            ),
            _ => Reply::Bytes(whole.clone()),
        }
    });
    for (path, why) in [
        ("loop", "redirect loop"),
        ("cut", "connection closed in the middle of the response"),
        ("page", "is neither a folder nor an archive"),
        ("none", "returned 404 (not found): nothing"),
        ("broken", "returned 500 (internal server error)"),
    ] {
        let error = sandbox.run(&format!("plugin install --yes {}/{path}", server.url()));
        assert!(error.code != Some(0) && error.stderr.contains(why), "{path}: {error:?}");
        assert!(!error.stderr.contains('\x1b'), "{error:?}");
    }
    let error = sandbox.run(&format!("plugin install --yes {}/greet.tar.gz", nobody())).stderr_failed(1);
    assert!(error.contains("connection refused"), "{error}");
    let error = sandbox.run("plugin install --yes http://plugins.example.com/greet.tar.gz").stderr_failed(1);
    assert!(error.contains("others could change the file on its way"), "{error}");
    let error =
        sandbox.run(&format!("plugin install --offline --yes {}/good", server.url())).stderr_failed(1);
    assert!(error.contains("this run is offline"), "{error}");
    assert!(!sandbox.path("home/.local/share/everestctl/current").exists());
    for path in ["moved", "busy"] {
        sandbox.run(&format!("plugin install --yes {}/{path}", server.url())).succeeded();
        assert_eq!(sandbox.run("greet").success_silent(), "hello\n");
        sandbox.run("plugin remove greet").succeeded();
    }
}

#[test]
fn a_package_comes_from_a_registry_in_the_form_of_oras() {
    let sandbox = Sandbox::new();
    let test = "a_package_comes_from_a_registry_in_the_form_of_oras";
    let Some(registry) = Registry::start(&sandbox, "registry", test) else { return };
    for version in ["1.9.0", "1.10.0"] {
        let content = archive(&sandbox, "greet", version, version);
        let layer = registry.push("acme/greet", GZIP, "greet.tar.gz", &content);
        registry.tag("acme/greet", version, &[layer]);
    }
    let source = format!("oci://{}/acme/greet", registry.address);
    let newest = sandbox.run(&format!("plugin install --yes {source}")).success_stderr();
    assert_eq!(newest, "installed `greet` 1.10.0 (generation 1)\n");
    assert_eq!(sandbox.run("greet").success_silent(), "1.10.0\n");
    assert_eq!(sandbox.run("plugin upgrade --yes").success_stderr(), "everything is up to date\n");
    sandbox.run("plugin remove greet").succeeded();
    sandbox.run(&format!("plugin install --yes {source} --version 1.9.0")).succeeded();
    assert_eq!(sandbox.run("greet").success_silent(), "1.9.0\n");
    sandbox.run("plugin remove greet").succeeded();
    sandbox.run(&format!("plugin install --yes {source}:1.9.0 --version 1.10.0")).failed(2);
    let error = sandbox.run(&format!("plugin install --yes {source}:7")).stderr_failed(1);
    assert!(error.contains("not found"), "{error}");
    // Files one by one, as `oras push REF everestctl-plugin.yaml run.sh` does it.
    let manifest = "name: files\nversion: 3\nplatforms: {any: {file: run.sh}}\n";
    let layers = [
        registry.push(
            "files",
            "application/vnd.oci.image.layer.v1.tar",
            "everestctl-plugin.yaml",
            manifest.as_bytes(),
        ),
        registry.push(
            "files",
            "application/vnd.oci.image.layer.v1.tar",
            "run.sh",
            b"#!/bin/sh\necho files\n",
        ),
    ];
    let digest = registry.tag("files", "latest", &layers);
    let files = format!("oci://{}/files", registry.address);
    sandbox.run(&format!("plugin install --yes {files}@{digest}")).succeeded();
    assert_eq!(sandbox.run("files").success_silent(), "files\n");
    let escape = registry.push("escape", "text/plain", "../../run.sh", b"#!/bin/sh\n");
    let first = registry.push("escape", "text/plain", "everestctl-plugin.yaml", manifest.as_bytes());
    registry.tag("escape", "latest", &[first, escape]);
    let error =
        sandbox.run(&format!("plugin install --yes oci://{}/escape", registry.address)).stderr_failed(1);
    assert!(error.contains("`../../run.sh` is outside of it"), "{error}");
    let nameless = registry
        .push("image", "application/vnd.oci.image.layer.v1.tar", "", b"layer")
        .replace("org.opencontainers.image.title", "x");
    registry.tag("image", "latest", &[nameless]);
    let error =
        sandbox.run(&format!("plugin install --yes oci://{}/image", registry.address)).stderr_failed(1);
    assert!(error.contains("it is a container image or another artifact"), "{error}");
}

#[test]
fn an_index_has_a_package_for_each_platform() {
    let sandbox = Sandbox::new();
    let Some(registry) = Registry::start(&sandbox, "registry", "an_index_has_a_package_for_each_platform")
    else {
        return;
    };
    let content = archive(&sandbox, "greet", "1.0", "hello");
    let digest = registry.tag("greet", "mine", &[registry.push("greet", GZIP, "greet.tar.gz", &content)]);
    let other = registry.tag("greet", "other", &[registry.push("greet", GZIP, "greet.tar.gz", b"other")]);
    let size = |digest: &str| {
        let path = digest.replace(':', "/");
        let file = format!("registry/docker/registry/v2/blobs/{}/{}/data", &path[..9], &path[7..]);
        std::fs::metadata(sandbox.path(&file)).unwrap().len()
    };
    let architecture = if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" };
    let entry = |digest: &str, system: &str| {
        format!(
            r#"{{"mediaType":"{MANIFEST}","digest":"{digest}","size":{},"platform":{{"os":"{system}","architecture":"{architecture}"}}}}"#,
            size(digest)
        )
    };
    let system = std::env::consts::OS;
    let index = |entries: &[String]| {
        format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{}]}}"#, entries.join(","))
    };
    registry.tag_as("greet", "1.0", INDEX, &index(&[entry(&other, "plan9"), entry(&digest, system)]));
    sandbox.run(&format!("plugin install --yes oci://{}/greet:1.0", registry.address)).succeeded();
    assert_eq!(sandbox.run("greet").success_silent(), "hello\n");
    registry.tag_as("greet", "2.0", INDEX, &index(&[entry(&other, "plan9")]));
    sandbox.run("plugin remove greet").succeeded();
    let error =
        sandbox.run(&format!("plugin install --yes oci://{}/greet:2.0", registry.address)).stderr_failed(1);
    assert!(error.contains("there is plan9-"), "{error}");
}

#[test]
fn a_registry_that_wants_a_login_gets_that_of_docker_or_podman() {
    let sandbox = Sandbox::new();
    let test = "a_registry_that_wants_a_login_gets_that_of_docker_or_podman";
    let Some(registry) = Registry::start_with(&sandbox, "registry", test, WITH_LOGIN) else { return };
    let content = archive(&sandbox, "greet", "1.0", "hello");
    registry.tag("greet", "1.0", &[registry.push("greet", GZIP, "greet.tar.gz", &content)]);
    let line = format!("plugin install --yes oci://{}/greet", registry.address);
    let error = sandbox.run(&line).stderr_failed(1);
    assert!(error.contains("access denied (no credentials for this registry)"), "{error}");
    assert!(error.contains(&format!("podman login {}", registry.address)), "{error}");
    let config = |login: &str| format!(r#"{{"auths":{{"{}":{login}}}}}"#, registry.address);
    sandbox.write("home/.docker/config.json", config(r#"{"auth":"YWRhOndyb25n"}"#));
    let error = sandbox.run(&line).stderr_failed(1);
    assert!(error.contains("access denied") && !error.contains("no credentials"), "{error}");
    let helper = format!(r#"{{"credHelpers":{{"{}":"pass"}}}}"#, registry.address);
    sandbox.write("home/.docker/config.json", helper);
    let error = sandbox.run(&line).stderr_failed(1);
    assert!(error.contains("credential helper `pass`, which is not run"), "{error}");
    sandbox.write("home/.docker/config.json", config(&format!(r#"{{"auth":"{LOGIN}"}}"#)));
    let shown = sandbox.run(&format!("-vv {line}"));
    assert!(
        shown.code == Some(0)
            && !shown.stderr.contains(LOGIN)
            && shown.stderr.contains("/v2/greet/manifests/"),
        "{shown:?}"
    );
    assert_eq!(sandbox.run("greet").success_silent(), "hello\n");
}

#[test]
fn a_token_is_fetched_from_where_the_registry_says_and_goes_nowhere_else() {
    let sandbox = Sandbox::new();
    let content = archive(&sandbox, "greet", "1.0", "hello");
    let blob = format!("sha256:{}", sha256(&content));
    let elsewhere = {
        let content = content.clone();
        Server::start(move |_| Reply::Bytes(response("200 OK", "application/octet-stream", &content)))
    };
    let place = format!("{}/blob", elsewhere.url());
    let manifest = format!(
        r#"{{"schemaVersion":2,"layers":[{{"mediaType":"{GZIP}","digest":"{blob}","size":{}}}]}}"#,
        content.len()
    );
    let port = std::sync::Arc::new(Mutex::new(0));
    let own = std::sync::Arc::clone(&port);
    let registry = Server::start(move |request| {
        let port = *own.lock().unwrap();
        if request.path.starts_with("/token?") {
            assert!(request.path.contains("scope=repository%3Agreet%3Apull"), "{}", request.path);
            return Reply::Bytes(response("200 OK", "application/json", br#"{"token":"registry-secret"}"#));
        }
        if !request.head.contains("authorization: Bearer registry-secret") {
            return Reply::Bytes(format!(
                "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer realm=\"http://127.0.0.1:{port}/token\",service=\"here\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            ).into_bytes());
        }
        if request.path.contains("/manifests/") {
            return Reply::Bytes(response("200 OK", MANIFEST, manifest.as_bytes()));
        }
        Reply::Bytes(format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {place}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into_bytes())
    });
    *port.lock().unwrap() = registry.port;
    let shown = sandbox.run(&format!("-vv plugin install --yes oci://127.0.0.1:{}/greet:1", registry.port));
    assert!(shown.code == Some(0) && !shown.stderr.contains("registry-secret"), "{shown:?}");
    let blobs = elsewhere.requests();
    assert!(blobs.len() == 1 && !blobs[0].head.contains("authorization"), "{blobs:?}");
}

#[test]
fn a_registry_that_gives_something_else_installs_nothing() {
    let sandbox = Sandbox::new();
    let content = archive(&sandbox, "greet", "1.0", "hello");
    let blob = format!("sha256:{}", sha256(&content));
    let manifest = move |digest: &str, size: usize| {
        format!(
            r#"{{"schemaVersion":2,"layers":[{{"mediaType":"{GZIP}","digest":"{digest}","size":{size}}}]}}"#
        )
    };
    let zero = format!("sha256:{}", "0".repeat(64));
    let (other, whole, huge) =
        (manifest(&zero, content.len()), manifest(&blob, content.len()), manifest(&blob, 1 << 40));
    let server = Server::start(move |request| {
        let json = |text: &str| Reply::Bytes(response("200 OK", MANIFEST, text.as_bytes()));
        let path = request.path.as_str();
        match path.rsplit('/').next().unwrap_or_default() {
            "other" => json(&other),
            "huge" => json(&huge),
            "broken" => json("{\"layers\": 7}"),
            "page" => json("<html>"),
            "empty" => json("{}"),
            "busy" => Reply::Bytes(response("500 Internal Server Error", "text/plain", b"")),
            _ if path.contains("/blobs/") => Reply::Bytes(response("200 OK", "x/y", &content)),
            _ if path.contains("/manifests/") => json(&whole),
            _ => Reply::Bytes(response("200 OK", "text/plain", b"")),
        }
    });
    let host = format!("oci://127.0.0.1:{}/greet", server.port);
    for (reference, why) in [
        (format!("{host}:other"), "returned other content than sha256:0000"),
        (format!("{host}:huge"), "larger than 256 MiB"),
        (format!("{host}:broken"), "the manifest is invalid"),
        (format!("{host}:page"), "the manifest is invalid"),
        (format!("{host}:empty"), "lists no files"),
        (format!("{host}:busy"), "returned 500"),
        // Asked by digest, it has to be that one.
        (format!("{host}@{zero}"), "returned other content than sha256:0000"),
    ] {
        let error = sandbox.run(&format!("plugin install --yes {reference}")).stderr_failed(1);
        assert!(error.contains("could not fetch") && error.contains(why), "{reference}: {error}");
    }
    sandbox.run(&format!("plugin install --yes {host}:1.0")).succeeded();
}

#[test]
fn a_lockfile_makes_another_machine_the_same() {
    let sandbox = Sandbox::new();
    let Some(mut registry) =
        Registry::start(&sandbox, "registry", "a_lockfile_makes_another_machine_the_same")
    else {
        return;
    };
    let push = |version: &str| {
        let content = archive(&sandbox, "greet", version, version);
        registry.tag("greet", "stable", &[registry.push("greet", GZIP, "greet.tar.gz", &content)])
    };
    let digest = push("1.0");
    archive(&sandbox, "wave", "2", "waving");
    sandbox.run(&format!("plugin install --yes oci://{}/greet:stable", registry.address)).succeeded();
    sandbox
        .run(&format!("plugin install --yes {}", sandbox.path("packages/wave.tar.gz").display()))
        .succeeded();
    let file = sandbox.path("everestctl.lock").display().to_string();
    let wrote = sandbox.run(&format!("plugin lock -f {file}")).success_stderr();
    assert_eq!(wrote, "wrote [ROOT]/everestctl.lock (2 plugins)\n");
    let lock = std::fs::read_to_string(&file).unwrap();
    for part in [digest.as_str(), "oci://", "\"./packages/wave.tar.gz\"", "\"version\": \"1.0\""] {
        assert!(lock.contains(part), "{part}: {lock}");
    }
    // The tag is moved meanwhile.
    push("1.1");
    let other = |home: &str| {
        std::fs::create_dir_all(sandbox.path(home)).unwrap();
        let mut command = sandbox.command(["plugin", "sync", "--frozen", "-f", &file]);
        command.env("HOME", sandbox.path(home)).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let synced = other("second").output_in_time();
    assert!(synced.status.success(), "{synced:?}");
    let said = sandbox.command(["greet"]).env("HOME", sandbox.path("second")).output_in_time();
    assert_eq!(String::from_utf8_lossy(&said.stdout), "1.0\n");
    // What is not in the lockfile goes, and what was here before is not fetched again.
    archive(&sandbox, "extra", "1", "extra");
    sandbox
        .run(&format!("plugin install --yes {}", sandbox.path("packages/extra.tar.gz").display()))
        .succeeded();
    sandbox.run("plugin remove greet").succeeded();
    registry.stop();
    let shown = sandbox.run(&format!("plugin sync --dry-run -f {file}")).success_silent();
    assert!(shown.contains("install greet 1.0") && shown.contains("remove extra"), "{shown}");
    sandbox.run(&format!("plugin sync -f {file}")).failed(2);
    let synced = sandbox.run(&format!("plugin sync --frozen -f {file}")).success_stderr();
    assert!(synced.starts_with("the installed plugins match the lockfile (2 changes"), "{synced}");
    assert_eq!(sandbox.run("greet").success_silent(), "1.0\n");
    assert_eq!(
        sandbox.run(&format!("plugin sync --frozen -f {file}")).success_stderr(),
        "everything matches the lockfile\n"
    );
    // An archive in the repository that has changed is not what was agreed to.
    archive(&sandbox, "wave", "3", "other");
    let third = other("third").output_in_time();
    assert!(!third.status.success(), "{third:?}");
    sandbox.run("plugin sync --frozen -f /nowhere.lock").failed(1);
}

#[test]
fn many_that_sync_at_once_fetch_each_package_once() {
    let sandbox = Sandbox::new();
    let content = archive(&sandbox, "greet", "1.0", "hello");
    let digest = format!("sha256:{}", sha256(&content));
    let server = Server::start(move |_| Reply::Bytes(response("200 OK", "application/gzip", &content)));
    let url = format!("{}/greet.tar.gz", server.url());
    sandbox.write(
        "everestctl.lock",
        format!(r#"{{"version":1,"plugins":{{"greet":{{"version":"1.0","source":"{url}","exact":"{url}","digest":"{digest}"}}}}}}"#),
    );
    let file = sandbox.path("everestctl.lock").display().to_string();
    let mut children: Vec<_> = (0..100)
        .map(|_| {
            let mut command = sandbox.command(["plugin", "sync", "--frozen", "-f", &file]);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in &mut children {
        let ended = child.output_in_time();
        assert!(ended.status.success(), "{ended:?}");
    }
    assert_eq!(server.requests().len(), 1);
    assert_eq!(sandbox.run("greet").success_silent(), "hello\n");
    let history = sandbox.run("plugin history -o json").success_silent();
    assert_eq!(history.matches("\"generation\"").count(), 1, "{history}");
}
