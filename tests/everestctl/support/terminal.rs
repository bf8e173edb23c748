//! A program at its own terminal, by util-linux `script`: press keys, read the screen.

use super::Sandbox;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A program at a terminal; it ends with the test.
pub(crate) struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: Arc<Mutex<Vec<u8>>>,
    /// The file that holds the name of its device.
    device: PathBuf,
}

const SCRIPT: &str = "/usr/bin/script";
/// How many there were.
static COUNT: AtomicUsize = AtomicUsize::new(0);

impl Terminal {
    /// Runs a line of shell, in which `$E` is everestctl; `None` where there is no `script`.
    pub(crate) fn start(sandbox: &Sandbox, line: &str) -> Option<Self> {
        if !std::path::Path::new(SCRIPT).exists() {
            return None;
        }
        let device = sandbox.path(&format!("terminal-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        let setup = format!("tty >{}; stty cols 200 rows 50", device.display());
        let inside = format!("E=$0; export E; exec {SCRIPT} -qefc '{setup}; {line}' /dev/null");
        let mut child = sandbox
            .wrapped(&["/bin/sh", "-c", &inside], [""; 0])
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let keys = child.stdin.take().unwrap();
        let screen = Arc::new(Mutex::new(Vec::new()));
        let (mut output, seen) = (child.stdout.take().unwrap(), Arc::clone(&screen));
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut piece) {
                seen.lock().unwrap().extend_from_slice(&piece[..length]);
            }
        });
        Some(Self { child, keys, screen, device })
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until it asks for a secret: until what is typed is not shown. What is typed before is dropped, as by every
    /// program that asks for one.
    #[track_caller]
    pub(crate) fn hides(&self) {
        let start = Instant::now();
        let echoes = || {
            let device = std::fs::read_to_string(&self.device).unwrap_or_default();
            let modes = Command::new("stty").args(["-a", "-F", device.trim()]).output().unwrap();
            !String::from_utf8_lossy(&modes.stdout).contains(" -echo ")
        };
        while echoes() {
            assert!(start.elapsed() < Duration::from_secs(15), "never asked for a secret: {:?}", self.seen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Gives it another size.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let device = std::fs::read_to_string(&self.device).unwrap();
        let size = ["cols", &columns.to_string(), "rows", &rows.to_string()];
        let resized = Command::new("stty").args(["-F", device.trim()]).args(size).status().unwrap();
        assert!(resized.success());
    }

    /// Everything that was shown so far.
    pub(crate) fn seen(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }

    /// Forgets what was shown.
    pub(crate) fn clear(&self) {
        self.screen.lock().unwrap().clear();
    }

    /// Waits until something has been shown since it was cleared, and nothing more comes.
    pub(crate) fn settles(&self) {
        const QUIET: Duration = Duration::from_millis(60);
        let start = Instant::now();
        let (mut seen, mut since) = (self.seen().len(), Instant::now());
        while (seen == 0 || since.elapsed() < QUIET) && start.elapsed() < Duration::from_secs(15) {
            std::thread::sleep(Duration::from_millis(5));
            let now = self.seen().len();
            if now != seen {
                (seen, since) = (now, Instant::now());
            }
        }
    }

    /// Waits until all of these are shown.
    #[track_caller]
    pub(crate) fn shows(&self, texts: &[&str]) {
        let start = Instant::now();
        loop {
            let seen = self.seen();
            if texts.iter().all(|text| seen.contains(text)) {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(15), "{texts:?} never came: {seen:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
