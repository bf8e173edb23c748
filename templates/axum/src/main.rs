//! <<title>>: a server plugin of OpenEverest. This is the process: where it listens, how it ends.

mod events;
mod everest;
mod exports;
mod service;

use everest::Everest;
use listenfd::ListenFd;
use std::env;
use std::error::Error;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let everest = Everest::new(&env::var("EVEREST_API_URL").unwrap_or_default())?;
    // The development host hands over a socket that listens already.
    let listener = match ListenFd::from_env().take_tcp_listener(0)? {
        Some(socket) => {
            socket.set_nonblocking(true)?;
            TcpListener::from_std(socket)?
        }
        None => {
            let host = env::var("HOST").unwrap_or_else(|_| "127.0.0.1".to_owned());
            let port = env::var("PORT").map_or(Ok(<<port>>), |port| port.parse::<u16>())?;
            TcpListener::bind((host, port)).await?
        }
    };
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (stop, stopping) = watch::channel(false);
    axum::serve(listener, service::routes(everest, stopping))
        // What runs is finished, and nothing new is taken.
        .with_graceful_shutdown(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            let _ = stop.send(true);
        })
        .await?;
    Ok(())
}
