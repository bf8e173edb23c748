//! A Kubernetes API that has one `Plugin` resource, so that everestctl finds the image of a manifest as it does in a cluster.
//!
//! It answers what discovery asks, on this machine and without a token, for as long as the plugin is tried.

use serde_json::{Value, json};
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// How long a request may take to come.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most of a request that is read, in bytes.
const LARGEST: usize = 64 * 1024;

/// The API; it ends with this.
pub(super) struct StandInCluster {
    address: SocketAddr,
    ends: Arc<AtomicBool>,
}

impl StandInCluster {
    /// One with this resource.
    pub(super) fn start(plugin: &Value) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let list = json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": [plugin]}).to_string();
        let ends = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&ends);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if told.load(Ordering::Relaxed) {
                    return;
                }
                // A client that goes is its own affair.
                let _ = answer(stream, &list);
            }
        });
        Ok(Self { address, ends })
    }

    /// A kubeconfig that leads to it.
    pub(super) fn kubeconfig(&self) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: test\nclusters: [{{name: test, cluster: {{server: 'http://{}'}}}}]\n\
             users: [{{name: test, user: {{token: test}}}}]\ncontexts: [{{name: test, context: {{cluster: test, user: test}}}}]\n",
            self.address
        )
    }
}

impl Drop for StandInCluster {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        // It wakes up, and sees that it is to end.
        let _ = TcpStream::connect(self.address);
    }
}

fn answer(mut stream: TcpStream, list: &str) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut head = Vec::new();
    let mut piece = [0; 4096];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") && head.len() < LARGEST {
        match stream.read(&mut piece)? {
            0 => return Ok(()),
            length => head.extend_from_slice(&piece[..length]),
        }
    }
    let is_asked_for = head.starts_with(b"GET /apis/extensions.openeverest.io/");
    let (status, body) = if is_asked_for { ("200 OK", list) } else { ("404 Not Found", "{}") };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
