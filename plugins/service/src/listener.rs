//! Where the plugin listens: on a socket that is inherited by systemd's protocol, else on its own.
//!
//! A socket that is handed over listens already: between its making and the first request no other process can take its
//! place. It must not know what is answered there.

use listenfd::ListenFd;
use rustix::net::sockopt::socket_acceptconn;
use std::io;
use std::net::TcpListener;

/// The socket that this process was handed (`LISTEN_FDS`, `LISTEN_PID`), if it was. What it starts inherits neither the
/// socket nor the variables. It has to be called while the process has no other thread.
///
/// # Errors
/// There is one that cannot be used, which is no reason to listen elsewhere.
pub fn handed_over() -> io::Result<Option<TcpListener>> {
    let mut sockets = ListenFd::from_env();
    if sockets.len() > 1 {
        return Err(unusable("expected one, got several"));
    }
    let Some(listener) = sockets.take_tcp_listener(0).map_err(|error| unusable(&error.to_string()))? else {
        return Ok(None);
    };
    // One that is only bound would fail with every request.
    if !socket_acceptconn(&listener)? {
        return Err(unusable("it is not listening"));
    }
    listener.set_nonblocking(true)?;
    Ok(Some(listener))
}

fn unusable(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("inherited socket (LISTEN_FDS): {why}"))
}
