//! Proof that the process that listens on a port is the backend, and not one of another user of the machine who
//! was quicker.
//!
//! The sockets that can get a connection to the port must be open in the process tree of the backend, before the
//! connection is made and after. A socket that listens keeps all others from its port, so that a connection made in
//! between is its own.

use crate::sys::sockets;
use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// What has been proven for one run of a backend.
#[derive(Debug)]
pub(super) struct ListenerProof {
    plugin: String,
    address: SocketAddr,
    /// The process that everything of the backend is below.
    supervisor: u32,
    /// The sockets of which it is known.
    known: Mutex<BTreeSet<u64>>,
    /// Notified when another process listens.
    foreign: Notify,
}

impl ListenerProof {
    pub(super) fn new(plugin: &str, address: SocketAddr, supervisor: u32) -> Self {
        let (known, foreign) = (Mutex::default(), Notify::new());
        Self { plugin: plugin.to_owned(), address, supervisor, known, foreign }
    }

    /// A connection to the backend; an error if another process listens.
    pub(super) async fn connect(&self) -> io::Result<TcpStream> {
        let before = self.listeners()?;
        let stream = TcpStream::connect(self.address).await?;
        if self.listeners()? == before { Ok(stream) } else { Err(io::ErrorKind::ConnectionReset.into()) }
    }

    /// Returns when another process was found to listen.
    pub(super) async fn is_foreign(&self) {
        self.foreign.notified().await;
    }

    /// What to say then.
    pub(super) fn foreign(&self) -> String {
        let Self { plugin, address, .. } = self;
        format!(
            "another process listens on {address}, not one that {plugin} started (use `url:` in host.yaml \
             for a service that is already running)"
        )
    }

    /// The sockets that can get a connection: one at least, and all of them the backend's.
    fn listeners(&self) -> io::Result<BTreeSet<u64>> {
        if !sockets::CAN_BE_KNOWN {
            return Ok(BTreeSet::new());
        }
        let found = sockets::listeners(self.address.port())?;
        if found.is_empty() {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !found.is_subset(&known) {
            known.extend(sockets::held_below(self.supervisor).intersection(&found));
        }
        if found.is_subset(&known) {
            return Ok(found);
        }
        self.foreign.notify_one();
        Err(io::Error::new(io::ErrorKind::PermissionDenied, self.foreign()))
    }
}
