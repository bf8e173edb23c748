//! How the server plugins of this repository begin, listen, ask the OpenEverest API and end, whatever they serve. It must not know
//! their routes.
//!
//! * [`start`]: the function `main` of a plugin; [`settings`]: what the environment says;
//! * [`everest`]: the OpenEverest API, asked as the user who calls; [`body`]: what other servers answer;
//! * [`listener`]: the socket that the process was handed;
//! * [`listen`]: that socket, or one of its own;
//! * [`serve`]: requests, until the process is asked to end, and then what has begun;
//! * [`files`]: what is a part of the program;
//! * [`log`]: a line for whoever runs it.

pub mod body;
pub mod everest;
pub mod files;
pub mod listener;
pub mod settings;

use axum::Router;
use settings::ServiceSettings;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// Runs a plugin; why it could not start is logged.
pub fn start(run: impl FnOnce() -> io::Result<()>) -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log(&format!("could not start: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Listens on `socket`, or else where the settings say.
///
/// # Errors
/// The address is taken, or may not be had.
pub async fn listen(
    socket: Option<std::net::TcpListener>,
    settings: &ServiceSettings,
) -> io::Result<TcpListener> {
    match socket {
        Some(socket) => TcpListener::from_std(socket),
        None => TcpListener::bind((settings.listen, settings.port)).await,
    }
}

/// Serves until the process is asked to end by TERM or INT, and then what has begun, for as long as `last`. What still runs
/// then is dropped.
///
/// # Errors
/// The signals cannot be caught, or the listener fails.
pub async fn serve(listener: TcpListener, router: Router, last: Duration) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let (asked, is_asked) = oneshot::channel::<()>();
    let ending = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        let _ = asked.send(());
    };
    let overdue = async {
        // Without the sender, serving has ended by itself.
        if is_asked.await.is_ok() {
            tokio::time::sleep(last).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        served = axum::serve(listener, router).with_graceful_shutdown(ending) => served,
        () = overdue => Ok(()),
    }
}

/// Writes a line to standard error. It must never contain what callers sent or were answered.
pub fn log(line: &str) {
    // A failure to write to standard error cannot be reported anywhere.
    let _ = writeln!(io::stderr().lock(), "{line}");
}
