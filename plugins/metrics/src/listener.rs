//! Where the plugin listens: at a socket that is handed over by systemd's protocol, else at its own.
//!
//! It must not know what is answered there.

use listenfd::ListenFd;
use rustix::net::sockopt::socket_acceptconn;
use std::io;
use std::net::TcpListener;

/// The socket that the host of plugins, or systemd, has handed over. One that is of no use is an error, since who hands a
/// socket over does not expect the plugin elsewhere.
pub(crate) fn handed_over() -> io::Result<Option<TcpListener>> {
    let mut sockets = ListenFd::from_env();
    let wrong = |why: String| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("inherited socket (LISTEN_FDS): {why}"))
    };
    match sockets.len() {
        0 => return Ok(None),
        1 => {}
        several => return Err(wrong(format!("expected one, got {several}"))),
    }
    let listener = sockets.take_tcp_listener(0).map_err(|error| wrong(error.to_string()))?;
    let Some(listener) = listener else { return Ok(None) };
    if !socket_acceptconn(&listener)? {
        return Err(wrong("it is not listening".to_owned()));
    }
    listener.set_nonblocking(true)?;
    Ok(Some(listener))
}
