//! A real registry on this machine, of Debian's `docker-registry`, and what is needed to put something into it.

use super::client::{self, Answer};
use super::sandbox::eventually;
use super::{InTime as _, Sandbox, skip};
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A registry.
pub(crate) struct Registry {
    /// `127.0.0.1:5000`.
    pub(crate) address: String,
    child: Child,
    /// The header with which something is put into it.
    authorization: String,
}

/// What to append to the configuration for a registry that wants [`LOGIN`], with the file of [`with_users`].
pub(crate) const WITH_LOGIN: &str = "auth: {htpasswd: {realm: everestctl, path: '[ROOT]/htpasswd'}}\n";
/// `ada:sesame` in base64, as docker and podman keep it.
pub(crate) const LOGIN: &str = "YWRhOnNlc2FtZQ==";
/// The same with bcrypt, as `htpasswd` writes it.
const USERS: &str = "ada:$2b$04$ITv0iExRPnouK6ZyB8q0MuTWFjARgb2Xa7kUZZl0OxG9kyB3OCVb6\n";

impl Registry {
    /// One that keeps its files in `place`; nothing where there is none, said by name.
    pub(crate) fn start(place: &Sandbox, component: &str, test: &str) -> Option<Self> {
        Self::start_with(place, component, test, "")
    }

    /// The same whose configuration has `more`.
    pub(crate) fn start_with(place: &Sandbox, component: &str, test: &str, more: &str) -> Option<Self> {
        const PROGRAM: &str = "/usr/bin/docker-registry";
        if !Path::new(PROGRAM).exists() {
            skip(component, test, "docker-registry is not installed");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let root = place.path("").display().to_string();
        let root = root.trim_end_matches('/');
        let more = more.replace("[ROOT]", root);
        place.write("htpasswd", USERS);
        place.write(
            "registry.yml",
            format!(
                "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: '{root}/registry'}}}}\nhttp: {{addr: '{address}'}}\n{more}"
            ),
        );
        let child = Command::new(PROGRAM)
            .arg("serve")
            .arg(place.path("registry.yml"))
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        eventually("the registry listens", || TcpStream::connect(&address).is_ok());
        Some(Self { address, child, authorization: format!("Basic {LOGIN}") })
    }

    /// Puts content into a repository; gives its descriptor.
    pub(crate) fn push(&self, name: &str, media_type: &str, title: &str, content: &[u8]) -> String {
        let digest = sha256(content);
        let start = self.ask(&format!("POST /v2/{name}/blobs/uploads/"), "", b"");
        let place = start.header("location").unwrap_or_else(|| panic!("{start:?}"));
        let place = place.split_once("/v2/").map_or(place.as_str(), |(_, rest)| rest);
        let stored =
            self.ask(&format!("PUT /v2/{place}&digest=sha256:{digest}"), "application/octet-stream", content);
        assert_eq!(stored.status, 201, "{stored:?}");
        let size = content.len();
        format!(
            r#"{{"mediaType":"{media_type}","digest":"sha256:{digest}","size":{size},"annotations":{{"org.opencontainers.image.title":"{title}"}}}}"#
        )
    }

    /// Puts a manifest of these layers under a tag; gives its digest.
    pub(crate) fn tag(&self, name: &str, tag: &str, layers: &[String]) -> String {
        let config = self.push(name, "application/vnd.oci.empty.v1+json", "", b"{}");
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{config},"layers":[{}]}}"#,
            layers.join(",")
        );
        self.tag_as(name, tag, MANIFEST, &manifest)
    }

    /// Puts this manifest under a tag; gives its digest.
    pub(crate) fn tag_as(&self, name: &str, tag: &str, media_type: &str, manifest: &str) -> String {
        let stored = self.ask(&format!("PUT /v2/{name}/manifests/{tag}"), media_type, manifest.as_bytes());
        assert_eq!(stored.status, 201, "{stored:?}");
        format!("sha256:{}", sha256(manifest.as_bytes()))
    }

    fn ask(&self, first: &str, media_type: &str, body: &[u8]) -> Answer {
        let length = body.len().to_string();
        let mut headers =
            vec![("content-length", length.as_str()), ("authorization", self.authorization.as_str())];
        if !media_type.is_empty() {
            headers.push(("content-type", media_type));
        }
        client::ask(&self.address, first, &headers, body)
    }

    /// It is gone.
    pub(crate) fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The type of a manifest.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The type of an index of platforms.
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The SHA-256 of some bytes, in hexadecimal digits.
pub(crate) fn sha256(content: &[u8]) -> String {
    let mut child = Command::new("sha256sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(content).unwrap();
    String::from_utf8(child.output_in_time().stdout).unwrap()[..64].to_owned()
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.stop();
    }
}
