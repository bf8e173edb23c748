//! The metrics plugin in front of a Prometheus that speaks TLS, with a certificate of an authority of its own.

use crate::support::metrics::{backend, free_address, web_prometheus};
use crate::support::sandbox::{Output, eventually};
use crate::support::{Sandbox, skip};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// What `openssl` does in the sandbox; `None` where it is not installed.
fn openssl(sandbox: &Sandbox, line: &str) -> Option<()> {
    let done =
        Command::new("openssl").args(line.split_whitespace()).current_dir(sandbox.path(".")).output().ok()?;
    assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
    Some(())
}

/// Two authorities, and a certificate that the first one has signed for `localhost`.
fn certificates(sandbox: &Sandbox) -> Option<()> {
    let new = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    for name in ["ca", "other"] {
        openssl(
            sandbox,
            &format!("req -x509 {new} -days 2 -subj /CN={name} -keyout {name}.key -out {name}.crt"),
        )?;
    }
    openssl(sandbox, &format!("req {new} -subj /CN=localhost -keyout server.key -out server.csr"))?;
    sandbox.write("names", "subjectAltName=DNS:localhost\n");
    openssl(
        sandbox,
        "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt",
    )
}

/// A Prometheus that scrapes itself, over TLS as everything.
struct EncryptedPrometheus {
    child: Child,
    port: String,
}

impl EncryptedPrometheus {
    fn start(sandbox: &Sandbox, test: &str) -> Option<Self> {
        let address = free_address();
        let mut program = web_prometheus(test)?;
        if certificates(sandbox).is_none() {
            skip("openssl", test, "openssl is not installed");
            return None;
        }
        sandbox.write("web.yaml", "tls_server_config: {cert_file: server.crt, key_file: server.key}\n");
        sandbox.write(
            "prometheus.yaml",
            format!(
                "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n- job_name: own\n  scheme: https\n  \
                 tls_config: {{ca_file: ca.crt, server_name: localhost}}\n  \
                 static_configs: [{{targets: ['{address}'], labels: {{namespace: a}}}}]\n"
            ),
        );
        let file = |name: &str| sandbox.path(name).display().to_string();
        let child = program
            .arg(format!("--config.file={}", file("prometheus.yaml")))
            .arg(format!("--web.config.file={}", file("web.yaml")))
            .arg(format!("--storage.tsdb.path={}", file("data")))
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (_, port) = address.split_once(':').unwrap();
        let this = Self { child, port: port.to_owned() };
        eventually("it listens", || TcpStream::connect(&address).is_ok());
        Some(this)
    }
}

impl Drop for EncryptedPrometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_certificate_of_an_own_authority_is_trusted_where_it_is_named() {
    let test = "metrics_tls::a_certificate_of_an_own_authority_is_trusted_where_it_is_named";
    if !backend().exists() {
        return skip("metrics-backend", test, "the backend is not built (cargo build --workspace)");
    }
    let sandbox = Sandbox::new();
    let Some(prometheus) = EncryptedPrometheus::start(&sandbox, test) else { return };
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/plugins/metrics/manifest.yaml");
    sandbox.write("served/metrics/manifest.yaml", std::fs::read(manifest).unwrap());
    let up = |url: &str, authority: Option<&str>| -> Output {
        let url = format!("{url}:{}", prometheus.port);
        let named = |name| format!("  PROMETHEUS_CA_FILE: {}\n", sandbox.path(name).display());
        let authority = authority.map(named).unwrap_or_default();
        let backend = backend().display().to_string();
        let host = format!("command: ['{backend}']\nenvironment:\n  PROMETHEUS_URL: {url}\n{authority}");
        sandbox.write("served/metrics/host.yaml", host);
        let served = sandbox.path("served").display().to_string();
        sandbox.run(&format!(
            "host exec --plugins {served} --namespaces a -- everestctl metrics query up -o json"
        ))
    };
    eventually("the first scrape", || {
        let output = up("https://localhost", Some("ca.crt"));
        output.code == Some(0) && output.json()["series"][0]["value"] == 1
    });
    for (url, authority, expected) in [
        // That of somebody else, that of the system, and one that has not signed itself.
        (
            "https://localhost",
            Some("other.crt"),
            "certificate of Prometheus is signed by an authority that the plugin does not know",
        ),
        (
            "https://localhost",
            None,
            "certificate of Prometheus is signed by an authority that the plugin does not know",
        ),
        ("https://127.0.0.1", Some("ca.crt"), "certificate of Prometheus is for another name"),
        ("http://localhost", None, "Prometheus answered 400 Bad Request"),
    ] {
        let output = up(url, authority);
        assert_eq!(output.code, Some(1), "{url} {authority:?}: {output:?}");
        assert!(output.stderr.contains(expected), "{url} {authority:?}: {}", output.stderr);
    }
    let hint = up("https://localhost", Some("other.crt")).stderr;
    assert!(hint.contains("set PROMETHEUS_CA_FILE of the plugin to a file with the certificate"), "{hint}");
    // What is no certificate, and no file, is said when the plugin begins.
    for (name, expected) in [("server.key", "PROMETHEUS_CA_FILE: "), ("absent", "PROMETHEUS_CA_FILE: ")] {
        let output = up("https://localhost", Some(name));
        assert!(output.code != Some(0) && output.stderr.contains(expected), "{name}: {output:?}");
    }
}
