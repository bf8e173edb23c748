//! Processes that end in time: one that hangs is killed, and the test fails with what it had printed.

use std::fs;
use std::io::Read;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long a process may run. Nothing here takes half as long, even on a machine that is busy.
pub(crate) const LIMIT: Duration = Duration::from_mins(5);

/// The end of a process that may hang.
pub(crate) trait InTime {
    /// How it ended, with everything that it and its children printed.
    #[must_use]
    fn output_in_time(&mut self) -> Output;
    /// How it ended.
    fn status_in_time(&mut self) -> ExitStatus;
}

impl InTime for Child {
    #[track_caller]
    fn output_in_time(&mut self) -> Output {
        drop(self.stdin.take());
        let until = Instant::now() + LIMIT;
        let (stdout, stderr) = (collect(self.stdout.take()), collect(self.stderr.take()));
        let status = wait(self, until);
        let (stdout, stdout_ended) = stdout.map_or((Vec::new(), true), |stream| received(&stream, until));
        let (stderr, stderr_ended) = stderr.map_or((Vec::new(), true), |stream| received(&stream, until));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match status {
            Some(status) if stdout_ended && stderr_ended => Output { status, stdout, stderr },
            _ => panic!("it hangs; stdout: {:?}, stderr: {:?}", text(&stdout), text(&stderr)),
        }
    }

    #[track_caller]
    fn status_in_time(&mut self) -> ExitStatus {
        drop(self.stdin.take());
        wait(self, Instant::now() + LIMIT).expect("it hangs")
    }
}

impl InTime for Command {
    #[track_caller]
    fn output_in_time(&mut self) -> Output {
        self.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap().output_in_time()
    }

    #[track_caller]
    fn status_in_time(&mut self) -> ExitStatus {
        self.spawn().unwrap().status_in_time()
    }
}

/// Waits for the end, and makes it where it does not come.
fn wait(child: &mut Child, until: Instant) -> Option<ExitStatus> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if Instant::now() >= until {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Reads a stream while the process runs.
fn collect(stream: Option<impl Read + Send + 'static>) -> Option<Receiver<Vec<u8>>> {
    let mut stream = stream?;
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = stream.read(&mut piece) {
            if sender.send(piece[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    Some(receiver)
}

/// What has been read, and whether it was all: who still holds the stream could write more.
fn received(stream: &Receiver<Vec<u8>>, until: Instant) -> (Vec<u8>, bool) {
    let mut all = Vec::new();
    loop {
        // What has come already is taken however late it is.
        let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(100));
        match stream.recv_timeout(left) {
            Ok(piece) => all.extend(piece),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return (all, true),
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => return (all, false),
        }
    }
}

/// The command lines of all processes of this machine, as everybody can read them.
pub(crate) fn command_lines() -> String {
    let of_process = |entry: fs::DirEntry| fs::read(entry.path().join("cmdline")).ok();
    let lines = fs::read_dir("/proc").unwrap().flatten().filter_map(of_process);
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).collect::<Vec<_>>().join("\n")
}
