//! A network namespace of a test's own, with an HTTP backend in it: an address that Kubernetes takes for an endpoint,
//! which loopback addresses are not.

use super::Sandbox;
use super::sandbox::eventually;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// The namespace, and what runs in it. Both go with it.
pub(crate) struct Namespace {
    name: String,
    /// The address of the backend.
    pub(crate) address: String,
    backend: Option<Child>,
}

impl Namespace {
    /// Makes one; `None` where that is not allowed, or there is no `ip`.
    pub(crate) fn new() -> Option<Self> {
        let number = std::process::id();
        let name = format!("everestctl-{number}");
        // A network for each process that may run these tests at the same time.
        let network = format!("10.{}.{}", 128 + number % 100, number / 100 % 250);
        let (outside, inside) = (format!("evo{number}"), format!("evi{number}"));
        let namespace = Self { address: format!("{network}.2"), name: name.clone(), backend: None };
        let lines = [
            format!("netns add {name}"),
            format!("link add {outside} type veth peer name {inside} netns {name}"),
            format!("addr add {network}.1/30 dev {outside}"),
            format!("link set {outside} up"),
            format!("-n {name} addr add {network}.2/30 dev {inside}"),
            format!("-n {name} link set {inside} up"),
        ];
        lines.iter().all(|line| ip(line)).then_some(namespace)
    }

    /// Starts the Python program `script` of the sandbox in it, which listens on this port of its address.
    pub(crate) fn serve(&mut self, sandbox: &Sandbox, script: &str, port: u16) {
        let child = Command::new("ip")
            .args(["netns", "exec", &self.name, "/usr/bin/python3"])
            .arg(sandbox.path(script))
            .args([&self.address, &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        self.backend = Some(child.unwrap());
        let address = format!("{}:{port}", self.address);
        eventually("the backend listens", || TcpStream::connect(&address).is_ok());
    }

    /// Ends the program: nobody listens at its address any more.
    pub(crate) fn stop(&mut self) {
        if let Some(mut backend) = self.backend.take() {
            let _ = backend.kill();
            let _ = backend.wait();
        }
    }
}

fn ip(line: &str) -> bool {
    let output = Command::new("ip").args(line.split(' ')).stderr(Stdio::null()).status();
    output.is_ok_and(|status| status.success())
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.stop();
        // Its end of the cable goes with it, and so does the other.
        ip(&format!("netns del {}", self.name));
    }
}
