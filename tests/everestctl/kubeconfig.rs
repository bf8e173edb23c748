//! Kubeconfig files as kubectl reads them, and proxies as kubectl and curl use them.

use crate::support::http::{Reply, Server, response};
use crate::support::{Sandbox, skip};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

/// A cluster with one plugin, for whoever shows this token.
fn cluster(token: &'static str) -> Server {
    Server::start(move |request| {
        let list = br#"{"metadata":{},"items":[{"metadata":{"name":"snake"},"spec":{"backend":{}}}]}"#;
        let is_known = request.head.to_lowercase().contains(&format!("authorization: bearer {token}\r\n"));
        Reply::Bytes(match request.path.as_str() {
            _ if !is_known => {
                response("401 Unauthorized", "application/json", br#"{"message":"Unauthorized"}"#)
            }
            path if path.starts_with("/apis/extensions.") => response("200 OK", "application/json", list),
            _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
        })
    })
}

fn kubeconfig(server: &str, more: &str, user: &str) -> String {
    format!(
        "current-context: c\nclusters: [{{name: k, cluster: {{server: '{server}'{more}}}}}]\n\
         users: [{{name: u, user: {user}}}]\ncontexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n"
    )
}

fn with(content: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("kube/config", content);
    sandbox.with_path("KUBECONFIG", "kube/config")
}

#[track_caller]
fn finds(sandbox: &Sandbox, what: &str) {
    let output = sandbox.run("plugin list --source cluster -o name");
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("snake\n", ""), "{what}");
}

#[test]
fn white_space_around_a_token_is_cut_off_wherever_the_token_is() {
    let server = cluster("good");
    for (what, text) in [
        ("nothing around", "good"),
        ("a line end", "good\n"),
        ("a line end of Windows", "good\r\n"),
        ("a blank", " good"),
        ("empty lines", "\n\ngood\n\n"),
    ] {
        let sandbox = with(&kubeconfig(&server.url(), "", "{tokenFile: token}"));
        sandbox.write("kube/token", text);
        finds(&sandbox, what);
        let escaped = text.replace('\n', "\\n").replace('\r', "\\r");
        finds(&with(&kubeconfig(&server.url(), "", &format!("{{token: \"{escaped}\"}}"))), what);
        let helper = with(&kubeconfig(&server.url(), "", "{exec: {command: ./helper}}"));
        let credential = format!("{{\"status\":{{\"token\":\"{escaped}\"}}}}");
        helper.write("kube/credential", credential);
        helper.script("kube/helper", "cat \"${0%/*}/credential\"");
        finds(&helper, what);
    }
}

#[test]
fn what_cannot_be_used_is_named_and_stops_nothing_else() {
    let plugins = Server::with_plugins(r#"[{"name":"p","version":"1"}]"#);
    for (user, cluster, said) in [
        (
            "{token: \"hunter\\a2\"}",
            "",
            "token of user `u` in kubeconfig [ROOT]/kube/config contains characters",
        ),
        (
            "{tokenFile: none}",
            "",
            "tokenFile of user `u` in kubeconfig [ROOT]/kube/config names [ROOT]/kube/none,",
        ),
        (
            "{client-certificate-data: '%%hunter2', client-key-data: x}",
            "",
            "client-certificate-data of user `u`",
        ),
        ("{client-certificate: none}", "", "client-certificate of user `u`"),
        ("{client-key-data: '%%hunter2'}", "", "client-key-data of user `u`"),
        ("{auth-provider: {name: gcp}}", "", "auth-provider of user `u`"),
        ("{}", ", certificate-authority-data: '%%hunter2'", "certificate-authority-data of cluster `k`"),
        ("{}", ", certificate-authority: config", "contains no valid certificates (PEM)"),
        ("{}", ", certificate-authority: none", "certificate-authority of cluster `k`"),
        ("{}", ", tls-server-name: 'a b'", "tls-server-name of cluster `k`"),
        ("{}", ", proxy-url: 'ftp://hunter2'", "proxy-url is not a proxy address"),
        (
            "{exec: {command: nosuch, installHint: brew install nosuch}}",
            "",
            "could not be started: nosuch: no such program",
        ),
        ("{exec: {}}", "", "credential helper of the kubeconfig has no command"),
    ] {
        let sandbox = with(&kubeconfig("https://127.0.0.1:1", cluster, user))
            .with("EVEREST_HOST", plugins.url())
            .with("EVEREST_TOKEN", "t");
        let output = sandbox.run("plugin list -o name");
        assert_eq!((output.stdout.as_str(), output.code), ("p\n", Some(0)), "{said}: {}", output.stderr);
        assert!(
            output.stderr.contains(said) && !output.stderr.contains("hunter"),
            "{said}: {}",
            output.stderr
        );
        assert_eq!(sandbox.run("-q nosuchcommand").code, Some(127), "{said}");
        let hint = "hint: brew install nosuch\n";
        assert_eq!(output.stderr.contains(hint), user.contains("installHint"), "{}", output.stderr);
    }
    let missing = |from: &str, to: &str| {
        let text = kubeconfig("https://127.0.0.1:1", "", "{}").replace(from, to);
        with(&text).run("plugin list --source cluster").stderr_failed(1)
    };
    assert!(missing("current-context: c", "current-context: d").contains("kube/config has no context `d`"));
    assert!(missing("cluster: k, user", "cluster: l, user").contains("kube/config has no cluster `l`"));
}

#[test]
fn an_empty_current_context_does_not_hide_the_next_files() {
    let server = cluster("good");
    for empty in
        ["current-context: ''\n", "current-context: ''\nclusters: null\ncontexts: null\nusers: null\n", "\n"]
    {
        let sandbox = Sandbox::new();
        sandbox.write("a", empty);
        sandbox.write("b", kubeconfig(&server.url(), "", "{token: good}"));
        let files = format!("{0}/a:{0}/a:{0}/b", sandbox.path("").display());
        finds(&sandbox.with("KUBECONFIG", files), empty);
    }
}

/// A proxy that notes where it was asked to connect to, and refuses.
fn refusing_proxy(status: &'static str) -> Server {
    Server::start(move |_| {
        Reply::Bytes(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").into_bytes())
    })
}

/// Where nobody answers (RFC 5737, RFC 3849, RFC 6761).
const FAR: &str = "https://198.51.100.7:6443";
const FAR_6: &str = "https://[2001:db8::7]:6443";
const FAR_NAME: &str = "https://kube.invalid:6443";

#[test]
fn a_proxy_is_asked_unless_no_proxy_has_the_address() {
    let proxy = refusing_proxy("502 Bad Gateway");
    let url = proxy.url();
    let bare = url.trim_start_matches("http://").to_owned();
    let asked = |far: &str, of_cluster: bool, variables: &[(&str, &str)]| {
        let before = proxy.requests().len();
        let mut sandbox = if of_cluster {
            with(&kubeconfig(far, "", "{token: t}"))
        } else {
            Sandbox::new().with("EVEREST_HOST", far).with("EVEREST_TOKEN", "t")
        };
        for (name, value) in variables {
            sandbox = sandbox.with(name, *value);
        }
        let source = if of_cluster { "cluster" } else { "server" };
        let _ = sandbox.run(&format!("--request-timeout 1 plugin list --source {source}"));
        proxy.requests().len() > before
    };
    for of_cluster in [true, false] {
        for (far, variables, right) in [
            (FAR, vec![("HTTPS_PROXY", url.as_str())], true),
            (FAR, vec![("HTTPS_PROXY", &bare)], true),
            (FAR, vec![("HTTPS_PROXY", ""), ("https_proxy", &url)], true),
            (FAR, vec![("HTTPS_PROXY", &url), ("NO_PROXY", "127.0.0.1,localhost")], true),
            (FAR, vec![("HTTPS_PROXY", &url), ("NO_PROXY", "198.51.100.7:443")], true),
            (FAR, vec![("HTTPS_PROXY", &url), ("NO_PROXY", "localhost, 198.51.100.0/24")], false),
            (FAR, vec![("HTTPS_PROXY", &url), ("no_proxy", "198.51.100.7:6443")], false),
            (FAR, vec![("HTTPS_PROXY", &url), ("NO_PROXY", "*")], false),
            (FAR_6, vec![("HTTPS_PROXY", &url), ("NO_PROXY", "*")], false),
            (FAR_NAME, vec![("HTTPS_PROXY", &url), ("NO_PROXY", ".invalid")], false),
            (FAR_NAME, vec![("HTTPS_PROXY", &url), ("NO_PROXY", "e.invalid")], true),
        ] {
            assert_eq!(
                asked(far, of_cluster, &variables),
                right,
                "cluster: {of_cluster}, {far} {variables:?}"
            );
        }
    }
}

#[test]
fn a_cluster_on_this_machine_needs_no_proxy_but_its_own() {
    let server = cluster("good");
    let sandbox = |more: &str, value: &str| {
        with(&kubeconfig(&server.url(), more, "{token: good}"))
            .with("HTTPS_PROXY", value)
            .with("HTTP_PROXY", value)
    };
    finds(&sandbox("", "http://127.0.0.1:1"), "the environment's is for others");
    finds(&sandbox(", proxy-url: ''", "http://127.0.0.1:1"), "an empty one is none");
    finds(&sandbox("", "::not an address::"), "what is not used is not judged");
    let proxy = refusing_proxy("502 Bad Gateway");
    let own = sandbox(&format!(", proxy-url: '{}'", proxy.url()), "");
    let said = own.run("plugin list --source cluster").stderr_failed(1);
    let wanted = format!("proxy {} (proxy-url): it refused to connect to the server", proxy.url());
    assert!(said.contains(&wanted), "{said}");
}

#[test]
fn what_is_wrong_with_a_proxy_is_said_of_the_proxy() {
    let dead = crate::support::http::nobody();
    let wants_password = refusing_proxy("407 Proxy Authentication Required");
    for (value, said) in [
        (dead.as_str(), format!("proxy {dead} (HTTPS_PROXY): connection refused")),
        (&wants_password.url(), format!("proxy {} (HTTPS_PROXY): 407 (proxy auth", wants_password.url())),
        (
            "http://proxy.invalid:1",
            "proxy http://proxy.invalid:1 (HTTPS_PROXY): could not resolve host".to_owned(),
        ),
        ("::hunter2::", "HTTPS_PROXY is not a proxy address: expected a URL such as ".to_owned()),
    ] {
        for source in ["cluster", "server"] {
            let sandbox = with(&kubeconfig(FAR, "", "{token: t}"))
                .with("EVEREST_HOST", FAR)
                .with("EVEREST_TOKEN", "t")
                .with("HTTPS_PROXY", value);
            let error = sandbox.run(&format!("plugin list --source {source}")).stderr_failed(1);
            assert!(error.contains(&said) && !error.contains("hunter2"), "{source}: {error}");
            assert!(!error.contains("kubeconfig is not"), "{error}");
        }
    }
}

/// SOCKS 5 (RFC 1928): without a password, or with this one (RFC 1929).
fn socks_proxy(password: Option<&'static str>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let log: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&log);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let seen = Arc::clone(&seen);
            std::thread::spawn(move || socks(stream, password, &seen));
        }
    });
    (address, log)
}

fn socks(mut stream: TcpStream, password: Option<&str>, seen: &Mutex<Vec<String>>) -> Option<()> {
    let take = |stream: &mut TcpStream, count: usize| {
        let mut bytes = vec![0; count];
        stream.read_exact(&mut bytes).ok().map(|()| bytes)
    };
    let methods = take(&mut stream, 2)?[1];
    take(&mut stream, methods.into())?;
    stream.write_all(&[5, if password.is_some() { 2 } else { 0 }]).ok()?;
    if let Some(password) = password {
        let length = take(&mut stream, 2)?[1];
        take(&mut stream, length.into())?;
        let length = take(&mut stream, 1)?[0];
        let given = take(&mut stream, length.into())?;
        let is_right = given == password.as_bytes();
        stream.write_all(&[1, u8::from(!is_right)]).ok()?;
    }
    let head = take(&mut stream, 4)?;
    let host = if head[3] == 1 {
        take(&mut stream, 4)?.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
    } else {
        let length = take(&mut stream, 1)?[0];
        String::from_utf8(take(&mut stream, length.into())?).ok()?
    };
    let port = take(&mut stream, 2)?;
    let port = u16::from_be_bytes([port[0], port[1]]);
    seen.lock().unwrap().push(format!("{host}:{port}"));
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).ok()?;
    let mut server = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let (mut back, mut to) = (server.try_clone().ok()?, stream.try_clone().ok()?);
    std::thread::spawn(move || std::io::copy(&mut back, &mut to));
    std::io::copy(&mut stream, &mut server).ok()?;
    None
}

#[test]
fn a_socks_proxy_resolves_the_name_and_may_want_a_password() {
    let server = cluster("good");
    // The proxy alone knows the name.
    let target = format!("http://kube.invalid:{}", server.port);
    for password in [None, Some("pa@ss")] {
        let (address, seen) = socks_proxy(password);
        let user = if password.is_some() { "dana:pa%40ss@" } else { "" };
        let more = format!(", proxy-url: 'socks5://{user}{address}'");
        finds(&with(&kubeconfig(&target, &more, "{token: good}")), "socks5");
        assert!(seen.lock().unwrap().iter().all(|to| *to == format!("kube.invalid:{}", server.port)));
        assert!(!seen.lock().unwrap().is_empty());
    }
}

/// What `openssl` does in the sandbox; `None` where it is not installed.
fn openssl(sandbox: &Sandbox, line: &str) -> Option<()> {
    let done = Command::new("openssl")
        .args(line.split_whitespace())
        .current_dir(sandbox.path("kube"))
        .output()
        .ok()?;
    assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
    Some(())
}

/// A certificate authority, and one certificate of X.509 version 1, which is what `openssl x509 -req` makes.
fn version_1(sandbox: &Sandbox) -> Option<()> {
    let new = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(sandbox, &format!("req -x509 {new} -days 2 -subj /CN=ca -keyout ca.key -out ca.crt"))?;
    openssl(sandbox, &format!("req {new} -subj /CN=127.0.0.1 -keyout v1.key -out v1.csr"))?;
    let sign = "x509 -req -in v1.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2";
    openssl(sandbox, &format!("{sign} -out v1.crt"))?;
    sandbox.write("kube/names", "subjectAltName=IP:127.0.0.1\n");
    openssl(sandbox, &format!("{sign} -extfile names -out v3.crt"))
}

struct TlsServer(std::process::Child, String);

impl TlsServer {
    fn start(sandbox: &Sandbox, more: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let line = format!("s_server -www -quiet -accept 127.0.0.1:{port} {more}");
        let child = Command::new("openssl")
            .args(line.split_whitespace())
            .current_dir(sandbox.path("kube"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        crate::support::sandbox::eventually("it listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self(child, format!("https://127.0.0.1:{port}"))
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_client_certificate_of_version_1_is_as_good_and_a_servers_is_explained() {
    let name = "kubeconfig::a_client_certificate_of_version_1_is_as_good_and_a_servers_is_explained";
    let sandbox = with("");
    if version_1(&sandbox).is_none() {
        return skip("openssl", name, "openssl is not installed");
    }
    // It wants a certificate, and then shows a page about the connection.
    let wanting = "-cert v3.crt -key v1.key -CAfile ca.crt -Verify 1 -verify_return_error";
    let server = TlsServer::start(&sandbox, wanting);
    let text = |user: &str| kubeconfig(&server.1, ", certificate-authority: ca.crt", user);
    sandbox.write("kube/config", text("{client-certificate: v1.crt, client-key: v1.key}"));
    let said = sandbox.run("plugin list --source cluster").stderr_failed(1);
    assert!(said.contains("the response is not a list of Plugin resources"), "{said}");
    sandbox.write("kube/config", text("{client-certificate: v1.crt, client-key: ca.key}"));
    let said = sandbox.run("plugin list --source cluster").stderr_failed(1);
    assert!(!said.contains("the response is"), "{said}");
    drop(server);
    let server = TlsServer::start(&sandbox, "-cert v1.crt -key v1.key");
    let ca = sandbox.path("kube/ca.crt").display().to_string();
    let own = Sandbox::new().with("EVEREST_HOST", &server.1).with("EVEREST_TOKEN", "t");
    let said = own.run(&format!("--ca-file {ca} plugin list --source server")).stderr_failed(1);
    assert!(said.contains("the certificate is of X.509 version 1"), "{said}");
    assert!(said.contains("hint: ask its administrator for a certificate of version 3"), "{said}");
    let none = own.with("SSL_CERT_FILE", "/nonexistent").with("SSL_CERT_DIR", "/nonexistent");
    let said = none.run("plugin list --source server").stderr_failed(1);
    assert!(said.contains("no CA certificates on this machine") && said.contains("--ca-file"), "{said}");
}

#[test]
fn a_damaged_certificate_in_a_bundle_spoils_itself_only() {
    let name = "kubeconfig::a_damaged_certificate_in_a_bundle_spoils_itself_only";
    let sandbox = with("");
    if version_1(&sandbox).is_none() {
        return skip("openssl", name, "openssl is not installed");
    }
    let server = TlsServer::start(&sandbox, "-cert v3.crt -key v1.key");
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let good = std::fs::read_to_string(sandbox.path("kube/ca.crt")).unwrap();
    sandbox.write("kube/bundle", format!("# text\n{damaged}{good}"));
    sandbox.write("kube/damaged", damaged);
    sandbox.write("kube/config", kubeconfig(&server.1, ", certificate-authority: bundle", "{}"));
    let said = sandbox.run("plugin list --source cluster").stderr_failed(1);
    assert!(said.contains("the response is not a list of Plugin resources"), "{said}");
    let own = Sandbox::new().with("EVEREST_HOST", &server.1).with("EVEREST_TOKEN", "t");
    let list = |file: &str| {
        let file = sandbox.path(file).display().to_string();
        own.run(&format!("--ca-file {file} plugin list --source server")).stderr_failed(1)
    };
    assert!(
        list("kube/bundle").contains("the response is an HTML page, not JSON"),
        "{}",
        list("kube/bundle")
    );
    assert!(list("kube/damaged").contains("none of its certificates is valid"), "{}", list("kube/damaged"));
    let skipped = "warning: skipped 1 of 2 certificates in [ROOT]/kube/bundle: not valid\n";
    // The same sandbox, whose own path is not shown.
    let ca = sandbox.path("kube/bundle").display().to_string();
    let again = sandbox.with("EVEREST_HOST", &server.1).with("EVEREST_TOKEN", "t");
    let said = again.run(&format!("--ca-file {ca} plugin list --source server")).stderr_failed(1);
    assert_eq!(said.matches(skipped).count(), 1, "{said}");
    let said = again.run(&format!("-q --ca-file {ca} plugin list --source server")).stderr_failed(1);
    assert!(!said.contains("skipped"), "{said}");
}

#[test]
fn a_home_that_is_no_folder_has_no_files() {
    for home in ["/dev/null", "/dev/null/x"] {
        let sandbox = Sandbox::new().with("HOME", home).with("EVEREST_CONFIG", "");
        for line in ["auth status", "plugin list", "config get-contexts", "alias list", "plugin which x"] {
            let output = sandbox.run(line);
            assert!(!output.stderr.contains("Not a directory"), "{line}: {}", output.stderr);
        }
        assert_eq!(sandbox.run("alias list").code, Some(0));
    }
}
