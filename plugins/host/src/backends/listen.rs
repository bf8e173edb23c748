//! How a backend gets the socket that it listens on, so that requests with the caller's token reach it and no one
//! else on this machine.
//!
//! * `socket`: the host listens, and hands the socket over as systemd does. No other process can ever have it.
//! * `unix`: the backend listens on a path in a folder that only the user can enter.
//! * `port`: the backend takes a port that was free a moment ago. Another user may have been quicker, so that
//!   each connection is proven to be one to the backend before anything is sent.

use super::proof::ListenerProof;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a backend gets its socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Listen {
    /// It takes the port in `PORT`.
    #[default]
    Port,
    /// It is handed a socket that listens already (`LISTEN_FDS`).
    Socket,
    /// It makes a Unix socket at the path in `EVEREST_LISTEN_UNIX`.
    Unix,
}

/// The variable with the path of a Unix socket.
const LISTEN_UNIX: &str = "EVEREST_LISTEN_UNIX";
/// The longest path of a Unix socket, in bytes, on every system.
const LONGEST_PATH: usize = 103;

impl Listen {
    /// The placeholder that stands for its socket.
    const fn placeholder(self) -> &'static str {
        match self {
            Self::Port => "{port}",
            Self::Socket => "{fd}",
            Self::Unix => "{socket}",
        }
    }

    /// Why `text` cannot be filled in, if it cannot.
    pub fn refuse(self, text: &str) -> Option<String> {
        let others = [Self::Port, Self::Socket, Self::Unix].into_iter().filter(|other| *other != self);
        others
            .filter(|other| text.contains(other.placeholder()))
            .map(Listen::word)
            .next()
            .map(|word| format!("`{text}` needs `listen: {word}`"))
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Port => "port",
            Self::Socket => "socket",
            Self::Unix => "unix",
        }
    }
}

/// Where a backend listens.
#[derive(Clone, Debug)]
pub(super) enum ListenAddress {
    /// On a socket that the host holds.
    Held(Arc<TcpListener>, SocketAddr),
    /// On a port; of each connection it has to be proven that it is the backend's.
    Port(SocketAddr),
    /// On a Unix socket in a private folder.
    Unix(PathBuf),
}

impl ListenAddress {
    /// A place for one run of a backend, or for all of its runs when the host holds the socket. `number` is its own
    /// in the folder of sockets.
    pub(super) fn new(listen: Listen, sockets: &Path, number: u64) -> io::Result<Self> {
        let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        match listen {
            Listen::Socket => {
                let listener = free()?;
                let address = listener.local_addr()?;
                Ok(Self::Held(Arc::new(listener), address))
            }
            // It is free now; what another one may do with it in between is why it has to be proven.
            Listen::Port => Ok(Self::Port(free()?.local_addr()?)),
            Listen::Unix => {
                everestctl::sys::files::make_private_folder(sockets)?;
                let path = sockets.join(number.to_string());
                if path.as_os_str().len() > LONGEST_PATH {
                    return Err(io::Error::other(format!(
                        "the path {} is too long for a socket",
                        path.display()
                    )));
                }
                Ok(Self::Unix(path))
            }
        }
    }

    /// The variables that tell the backend of it.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        use crate::sys::children::LISTEN_FDS;
        match self {
            Self::Held(..) => vec![(LISTEN_FDS, "1".to_owned()), ("LISTEN_FDNAMES", "http".to_owned())],
            Self::Port(address) => vec![("PORT", address.port().to_string())],
            Self::Unix(path) => vec![(LISTEN_UNIX, path.display().to_string())],
        }
    }

    /// `text` with its placeholder filled in.
    pub(super) fn fill_in(&self, text: &str) -> String {
        match self {
            Self::Held(..) => {
                text.replace(Listen::Socket.placeholder(), &everestctl::sys::program::HANDED_OVER.to_string())
            }
            Self::Port(address) => text.replace(Listen::Port.placeholder(), &address.port().to_string()),
            Self::Unix(path) => text.replace(Listen::Unix.placeholder(), &path.display().to_string()),
        }
    }

    pub(super) fn fill_in_all(&self, variables: &BTreeMap<String, String>) -> Vec<(String, String)> {
        variables.iter().map(|(name, value)| (name.clone(), self.fill_in(value))).collect()
    }

    /// The way to it, for a backend that runs under the process `supervisor`.
    pub(super) fn way(&self, plugin: &str, supervisor: u32) -> super::BackendRoute {
        match self {
            Self::Held(_, address) => super::BackendRoute::tcp(*address, None),
            Self::Port(address) => super::BackendRoute::tcp(
                *address,
                Some(Arc::new(ListenerProof::new(plugin, *address, supervisor))),
            ),
            Self::Unix(path) => super::BackendRoute::unix(path.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_needs_its_way_of_listening() {
        assert_eq!(Listen::Port.refuse("--port={port}"), None);
        assert_eq!(Listen::Port.refuse("--uds={socket}").unwrap(), "`--uds={socket}` needs `listen: unix`");
        assert_eq!(Listen::Unix.refuse("{fd}").unwrap(), "`{fd}` needs `listen: socket`");
        assert_eq!(Listen::Socket.refuse("{}"), None);
    }

    #[test]
    fn placeholders_are_filled_in() {
        let port = ListenAddress::Port(SocketAddr::from(([127, 0, 0, 1], 99)));
        assert_eq!(port.fill_in(":{port}"), ":99");
        assert_eq!(ListenAddress::Unix("/x/1".into()).fill_in("{socket}"), "/x/1");
        assert_eq!(ListenAddress::new(Listen::Socket, Path::new("/"), 0).unwrap().fill_in("{fd}"), "3");
        assert!(ListenAddress::new(Listen::Unix, &std::env::temp_dir().join("x".repeat(120)), 0).is_err());
    }
}
