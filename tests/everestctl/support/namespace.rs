//! A network namespace of a test's own, with an HTTP backend in it: an address that Kubernetes takes for an endpoint,
//! which loopback addresses are not.

use super::Sandbox;
use super::sandbox::eventually;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

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
        static MADE: AtomicU32 = AtomicU32::new(0);
        let (number, turn) = (std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let name = format!("everestctl-{number}-{turn}");
        // A network for each process that may run these tests at the same time, and a part of it for each test.
        let network = format!("10.{}.{}", 128 + number % 100, number / 100 % 250);
        let (here, there) =
            (format!("{network}.{}", 4 * (turn % 64) + 1), format!("{network}.{}", 4 * (turn % 64) + 2));
        let (outside, inside) = (format!("evo{number}{turn}"), format!("evi{number}{turn}"));
        let namespace = Self { address: there.clone(), name: name.clone(), backend: None };
        let lines = [
            format!("netns add {name}"),
            format!("link add {outside} type veth peer name {inside} netns {name}"),
            format!("addr add {here}/30 dev {outside}"),
            format!("link set {outside} up"),
            format!("-n {name} addr add {there}/30 dev {inside}"),
            format!("-n {name} link set {inside} up"),
        ];
        lines.iter().all(|line| ip(line)).then_some(namespace)
    }

    /// Starts the Python program `script` of the sandbox in it, which listens on this port of its address.
    pub(crate) fn serve(&mut self, sandbox: &Sandbox, script: &str, port: u16) {
        let script = sandbox.path(script).display().to_string();
        self.run(&["/usr/bin/python3", &script, &self.address.clone(), &port.to_string()], port);
    }

    /// Starts a program in it, which listens on this port.
    pub(crate) fn run(&mut self, words: &[&str], port: u16) {
        let child = Command::new("ip")
            .args(["netns", "exec", &self.name])
            .args(words)
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
