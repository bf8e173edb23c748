//! A real registry of images and charts on this machine, Debian's `docker-registry`.

use super::sandbox::eventually;
use super::{Sandbox, skip};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const PROGRAM: &str = "/usr/bin/docker-registry";

/// One that ends with the test.
pub(crate) struct Registry {
    /// `127.0.0.1:5000`.
    pub(crate) address: String,
    child: Child,
}

impl Registry {
    /// Starts one that keeps its files in `place`; nothing where there is none, said by name.
    pub(crate) fn start(place: &Sandbox, component: &str, test: &str) -> Option<Self> {
        if !Path::new(PROGRAM).exists() {
            skip(component, test, "docker-registry is not installed");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let folder = place.path("registry").display().to_string();
        place.write(
            "registry.yml",
            format!(
                "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: '{folder}'}}}}\nhttp: {{addr: '{address}'}}\n"
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
        Some(Self { address, child })
    }

    /// It is gone.
    pub(crate) fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.stop();
    }
}
