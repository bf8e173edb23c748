//! A home of its own for each test, and everestctl run in it.

use super::InTime as _;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Folders of one test, and the environment in which everestctl runs.
pub(crate) struct Sandbox {
    root: tempfile::TempDir,
    variables: Vec<(OsString, OsString)>,
}

/// What a run left, to be held against something: streams with the sandbox's own path shown as `[ROOT]`, and how it ended.
#[derive(Debug)]
#[must_use]
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let root = tempfile::Builder::new().prefix("everestctl-test-").tempdir().unwrap();
        let sandbox = Self { root, variables: Vec::new() };
        for folder in ["home", "bin", "plugins", "cache"] {
            fs::create_dir(sandbox.path(folder)).unwrap();
            sandbox.chmod(folder, 0o755);
        }
        let path = format!("{}:{}", sandbox.path("bin").display(), tools().display());
        sandbox
            .with_path("HOME", "home")
            .with("PATH", path)
            .with_path("EVERESTCTL_PLUGIN_DIR", "plugins")
            .with_path("EVERESTCTL_CACHE_DIR", "cache")
            .with_path("EVEREST_CONFIG", "config.yaml")
            .with("LANG", "C.UTF-8")
            // Nothing outside of the sandbox is asked.
            .with_path("EVERESTCTL_HUB_URL", "hub/index.json")
    }

    /// The same with a variable that names something in the sandbox.
    pub(crate) fn with_path(self, name: &str, relative: &str) -> Self {
        let path = self.path(relative);
        self.with(name, path)
    }

    /// The same with a variable.
    pub(crate) fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.retain(|(other, _)| other != name);
        self.variables.push((name.into(), value.into()));
        self
    }

    /// The same signed in to a server.
    pub(crate) fn with_server(self, url: &str) -> Self {
        let config = format!(
            "apiVersion: config.openeverest.io/v1alpha1\nkind: ClientConfig\ncurrentContext: dana@test\n\
             contexts:\n- {{name: dana@test, context: {{server: test, user: dana@test}}}}\n\
             servers:\n- {{name: test, server: {{url: '{url}'}}}}\n\
             users:\n- {{name: dana@test, user: {{accessToken: {TOKEN}, refreshToken: r}}}}\n"
        );
        self.write("config.yaml", &config);
        self
    }

    /// The clock of everestctl runs so many seconds ahead of ours from here on: a test need not wait for them.
    pub(crate) fn later(&mut self, seconds: u64) {
        let ahead = OsString::from(seconds.to_string());
        self.variables.retain(|(name, _)| name != AHEAD);
        self.variables.push((AHEAD.into(), ahead));
    }

    /// Waits until no process of this sandbox is left: what everestctl has started in the background has ended, and what
    /// it has not started by now never will be. A process is known by its environment, or by its arguments.
    #[track_caller]
    pub(crate) fn settle(&self) {
        eventually("nothing runs in the background", || !self.has_processes());
    }

    fn has_processes(&self) -> bool {
        let root = self.root.path().to_str().unwrap().as_bytes();
        let holds = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path()).any(|process| {
            let read = |name: &str| fs::read(process.join(name));
            let arguments = read("cmdline").unwrap_or_default();
            match read("environ") {
                Ok(environment) => holds(&environment, root) || holds(&arguments, root),
                // One that holds a token cannot be looked into, unless by root.
                Err(_) => holds(&arguments, b"\0__"),
            }
        })
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.path().join(relative)
    }

    pub(crate) fn write(&self, relative: &str, content: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        self.chmod(relative, 0o644);
    }

    pub(crate) fn chmod(&self, relative: &str, mode: u32) {
        fs::set_permissions(self.path(relative), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// An executable shell script.
    pub(crate) fn script(&self, relative: &str, body: &str) {
        self.write(relative, format!("#!/bin/sh\n{body}\n"));
        self.chmod(relative, 0o755);
    }

    /// How everestctl ends that runs with something on standard input.
    pub(crate) fn fed(&self, line: &str, input: &str) -> std::process::Output {
        let mut child = self
            .command(line.split_whitespace())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.output_in_time()
    }

    /// everestctl, ready to run.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        self.wrapped(&[], arguments)
    }

    /// everestctl, after the words of `wrapper`, which end by becoming what follows them.
    pub(crate) fn wrapped<S: AsRef<OsStr>>(
        &self,
        wrapper: &[&str],
        arguments: impl IntoIterator<Item = S>,
    ) -> Command {
        let binary = env!("CARGO_BIN_EXE_everestctl");
        let mut words = wrapper.iter().copied().chain([binary]);
        let mut command = Command::new(words.next().unwrap_or(binary));
        command
            .args(words)
            .args(arguments)
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.path("home"))
            .stdin(Stdio::null());
        command
    }

    /// Keeps the config file as another process would, until the lock is dropped.
    pub(crate) fn hold_config(&self) -> fs::File {
        let mut options = fs::File::options();
        options.create(true).truncate(false).write(true);
        let held = options.open(self.path("config.yaml.lock")).unwrap();
        held.lock().unwrap();
        held
    }

    /// Runs everestctl with the words of `line`.
    pub(crate) fn run(&self, line: &str) -> Output {
        self.run_with(line.split_whitespace())
    }

    /// Runs everestctl with these arguments.
    pub(crate) fn run_with<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        let output = self.command(arguments).output_in_time();
        self.read(&output)
    }

    /// Runs a line of shell with this everestctl first on PATH.
    pub(crate) fn shell(&self, line: &str) -> Output {
        let binary = Path::new(env!("CARGO_BIN_EXE_everestctl")).parent().unwrap();
        let path = format!("{}:{}:{}", binary.display(), self.path("bin").display(), tools().display());
        let output = Command::new("/bin/sh")
            .args(["-c", line])
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("PATH", path)
            .current_dir(self.path("home"))
            .stdin(Stdio::null())
            .output_in_time();
        self.read(&output)
    }

    fn read(&self, output: &std::process::Output) -> Output {
        let root = self.root.path().to_str().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(root, "[ROOT]");
        Output { stdout: text(&output.stdout), stderr: text(&output.stderr), code: output.status.code() }
    }
}

/// The variable of `src/sys/clock.rs`.
const AHEAD: &str = "EVERESTCTL_TEST_CLOCK_AHEAD";

/// A folder with the programs of this machine, but no plugin of everestctl: what somebody has installed is in no test.
pub(crate) fn tools() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tools");
        fs::create_dir_all(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        for from in ["/usr/bin", "/bin"] {
            for program in fs::read_dir(from).unwrap().flatten() {
                let name = program.file_name();
                if !name.as_encoded_bytes().starts_with(b"everest") {
                    // Another run may have made it.
                    let _ = std::os::unix::fs::symlink(program.path(), folder.join(name));
                }
            }
        }
        folder
    })
}

/// The access token of [`Sandbox::with_server`]. It must never be seen.
pub(crate) const TOKEN: &str = "sesame-open-4711";

impl Output {
    /// The run went well and said nothing on standard error.
    #[track_caller]
    pub(crate) fn success_silent(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        assert_eq!(self.stderr, "", "{}", self.stdout);
        self.stdout
    }

    /// What it remarks on standard error when it has done what it should and prints nothing.
    #[track_caller]
    pub(crate) fn success_stderr(self) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (Some(0), ""), "{}", self.stderr);
        self.stderr
    }

    /// The run went well, whatever it said.
    #[track_caller]
    pub(crate) fn succeeded(self) {
        assert_eq!(self.code, Some(0), "{self:?}");
    }

    /// The run ended with this code, whatever it said.
    #[track_caller]
    pub(crate) fn failed(self, code: i32) {
        assert_eq!(self.code, Some(code), "{self:?}");
    }

    /// The run ended with this code; gives standard error.
    #[track_caller]
    pub(crate) fn stderr_failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        self.stderr
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The names of `plugin list -o json` with their status.
    #[track_caller]
    pub(crate) fn statuses(&self) -> Vec<(String, String)> {
        let json = self.json();
        let text = |row: &serde_json::Value, field: &str| row[field].as_str().unwrap().to_owned();
        json["items"].as_array().unwrap().iter().map(|row| (text(row, "name"), text(row, "status"))).collect()
    }
}

/// Waits until `condition` holds.
#[track_caller]
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "never happened: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
