//! One backend: started, watched, started again.

use super::{Launch, supervise};
use crate::host::state::Log;
use crate::model::Line;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;

/// The first pause before it is started again; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// After running this long it counts as well, and the pauses begin anew.
const WELL: Duration = Duration::from_secs(10);
/// How often it is asked whether it is ready.
const ASK: Duration = Duration::from_millis(50);

pub(super) struct Backend {
    pub(super) name: String,
    pub(super) launch: Launch,
    pub(super) supervisor: PathBuf,
    pub(super) api: SocketAddr,
    pub(super) log: Log,
}

impl Backend {
    /// Keeps it running until `stopped` says so.
    pub(super) async fn run(
        self,
        tell: watch::Sender<Option<SocketAddr>>,
        mut stopped: watch::Receiver<bool>,
    ) {
        let mut pause = FIRST_PAUSE;
        loop {
            let started = Instant::now();
            match self.start().await {
                Ok((mut child, lifeline, address)) => {
                    tokio::select! {
                        () = asked_to_stop(&mut stopped) => {
                            tell.send_replace(None);
                            // The supervisor ends the backend when this end of the pipe closes.
                            drop(lifeline);
                            let _ = child.wait().await;
                            return;
                        }
                        status = self.watch(&mut child, address, &tell) => {
                            tell.send_replace(None);
                            (self.log)(&format!("{}: ended: {status}", self.name));
                        }
                    }
                }
                Err(error) => {
                    tell.send_replace(None);
                    (self.log)(&format!("{}: cannot start: {error}", self.name));
                }
            }
            if started.elapsed() > WELL {
                pause = FIRST_PAUSE;
            }
            tokio::select! {
                () = asked_to_stop(&mut stopped) => return,
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// The supervisor, the pipe that it lives by, and the address that the backend shall listen on.
    async fn start(&self) -> io::Result<(Child, Option<ChildStdin>, SocketAddr)> {
        // The port is free now; whoever takes it in between makes the backend end and start on another.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        drop(listener);
        let mut command = Command::new(&self.supervisor);
        command
            .arg(supervise::WORD)
            .args(&self.launch.command)
            .current_dir(&self.launch.folder)
            .envs(&self.launch.environment)
            .env("PORT", address.port().to_string())
            .env("EVEREST_API_URL", format!("http://{}", self.api))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for the host, which then ends the backends in order.
            .process_group(0);
        let mut child = command.spawn()?;
        self.prefix(child.stdout.take());
        self.prefix(child.stderr.take());
        // Not left in the child: waiting for it would close it.
        let lifeline = child.stdin.take();
        Ok((child, lifeline, address))
    }

    /// Tells when it is ready, and comes back when it has ended.
    async fn watch(
        &self,
        child: &mut Child,
        address: SocketAddr,
        tell: &watch::Sender<Option<SocketAddr>>,
    ) -> String {
        let ready = async {
            while !is_ready(address, &self.launch.readiness).await {
                tokio::time::sleep(ASK).await;
            }
            tell.send_replace(Some(address));
            (self.log)(&format!("{}: ready at http://{address}", self.name));
            std::future::pending::<()>().await;
        };
        tokio::select! {
            status = child.wait() => status.map_or_else(|error| error.to_string(), |status| status.to_string()),
            () = ready => unreachable!("it waits for ever"),
        }
    }

    fn prefix(&self, stream: Option<impl AsyncRead + Unpin + Send + 'static>) {
        let Some(stream) = stream else { return };
        let (name, log) = (self.name.clone(), std::sync::Arc::clone(&self.log));
        tokio::spawn(async move {
            let mut lines = BufReader::new(stream);
            let mut line = Vec::new();
            // A line without end is cut into pieces.
            while let Ok(1..) = (&mut lines).take(8 * 1024).read_until(b'\n', &mut line).await {
                log(&format!("{name}: {}", Line::new(&String::from_utf8_lossy(&line))));
                line.clear();
            }
        });
    }
}

/// Comes back when the end was asked for, or nobody is left who could.
async fn asked_to_stop(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// Whether the path answers with anything but a failure of the server.
async fn is_ready(address: SocketAddr, path: &str) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.ok()?;
        Some(status.starts_with(b"HTTP/1.") && status[9] != b'5')
    };
    tokio::time::timeout(Duration::from_secs(2), ask).await.ok().flatten().unwrap_or(false)
}
