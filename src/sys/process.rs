//! Starting programs: in the background, for their output, or to read what this one writes.

use super::Environment;
use super::files;
use super::program::{self, ChildProgram};
use nix::poll::{PollFd, PollFlags, PollTimeout};
use rustix::fs::OFlags;
use signal_hook::consts::{SIGBUS, SIGSEGV};
use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::fd::IntoRawFd as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// The absolute path of this binary.
pub fn this_binary() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// Where this binary really is, whatever links led to it.
pub fn this_binary_without_links() -> io::Result<PathBuf> {
    let path = this_binary()?;
    // One that was replaced while it runs is found no more.
    Ok(path.canonicalize().unwrap_or(path))
}

/// Starts this binary with `arguments` in the background: its own session, no streams, and no child
/// of this process, so that a plugin that this process becomes does not inherit it.
///
/// It costs one process more that ends at once: this one starts `arguments` with [`DETACH`] before them,
/// which must call [`detach`].
pub fn start_in_background(arguments: &[OsString], environment: &Environment) -> io::Result<()> {
    let program = ChildProgram::new(this_binary()?, environment).arguments([DETACH]).arguments(arguments);
    let status = program.silent().into_command().status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other("the background process did not start")) }
}

/// The hidden first argument of the process between.
pub const DETACH: &str = "__detach";

/// The part of the process between: leaves the session and starts this binary with `arguments`.
pub fn detach(arguments: &[OsString], environment: &Environment) -> io::Result<()> {
    {
        rustix::process::setsid()?;
        program::keep_only_streams(false);
    }
    let program = ChildProgram::new(this_binary()?, environment).arguments(arguments).silent();
    program.into_command().spawn().map(drop)
}

/// Why a program gave no answer.
#[derive(Debug)]
pub enum NoOutput {
    /// It is not there, or may not run.
    NotStarted(io::Error),
    /// It ended with a failure: its status, and the last line that it said.
    Failed(String),
    /// Its time was up.
    TooSlow,
}

/// From here on, a crash leaves no image of the memory, and no other process of the user looks into it: there is a
/// secret in it. A program that is started is as it always was.
pub fn leave_no_core() {
    #[cfg(target_os = "linux")]
    {
        // Where the kernel does not do it, nothing is worse than before.
        let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    }
}

/// From here on this process ends when it writes to a pipe that nobody reads, as every program that is not written in Rust
/// does from its start.
pub fn end_with_reader() {
    sigpipe::reset();
}

/// Opens `/dev/null` in the place of each standard stream that is closed: a file that is opened later would get its number, and
/// what is written for the user with it. Every program in Rust does it at its start.
pub fn open_standard_streams() -> io::Result<()> {
    use rustix::stdio::{stderr, stdin, stdout};
    let mut streams = [stdin(), stdout(), stderr()].map(|stream| PollFd::new(stream, PollFlags::empty()));
    nix::poll::poll(&mut streams, PollTimeout::ZERO)?;
    let is_closed =
        |stream: &PollFd<'_>| stream.revents().is_some_and(|events| events.contains(PollFlags::POLLNVAL));
    for _ in streams.iter().filter(|stream| is_closed(stream)) {
        // It gets the lowest number that is free, which is that of the stream; it stays open.
        let nothing = rustix::fs::open("/dev/null", OFlags::RDWR, rustix::fs::Mode::empty())?;
        let _ = nothing.into_raw_fd();
    }
    Ok(())
}

/// Whether this process is as a program that has just started: it has one thread, lets every signal do what the system has it do, and
/// has opened nothing that is still open. A fork of it is then as good as a start.
pub fn is_as_it_started() -> bool {
    // Only Linux tells.
    text_of("/proc/self/status").is_some_and(|status| is_plain(&status)) && !has_own_descriptors()
}

/// The first two of these, by what `proc_pid_status(5)` describes.
fn is_plain(status: &str) -> bool {
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    // Rust's own handlers tell of a stack that is too small; a program that starts gets them, too.
    let rusts = [SIGSEGV, SIGBUS].into_iter().fold(0_u64, |mask, signal| mask | 1 << (signal - 1));
    let caught = field("SigCgt:").and_then(|mask| u64::from_str_radix(mask, 16).ok());
    field("Threads:") == Some("1") && caught.is_some_and(|caught| caught & !rusts == 0)
}

/// Whether a descriptor is open that no program gets that is started: what this process opens is closed then.
fn has_own_descriptors() -> bool {
    let names =
        |folder: std::fs::ReadDir| folder.flatten().map(|entry| entry.file_name()).collect::<Vec<_>>();
    let Ok(open) = std::fs::read_dir("/proc/self/fd").map(names) else { return true };
    let open = open.iter().filter(|number| !["0", "1", "2"].iter().any(|stream| *number == stream));
    // The folder that has just been read is open no more.
    open.filter_map(|number| text_of(Path::new("/proc/self/fdinfo").join(number)))
        .any(|about| closes_at_start(&about))
}

/// Whether the flags of `proc_pid_fdinfo(5)` have `O_CLOEXEC`.
fn closes_at_start(about: &str) -> bool {
    let flags = about.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
    flags.is_some_and(|flags| OFlags::from_bits_retain(flags).contains(OFlags::CLOEXEC))
}

/// What the kernel tells in a file, which is short.
fn text_of(path: impl AsRef<Path>) -> Option<String> {
    let mut buffer = [0; 4096];
    let told = files::read_start(path.as_ref(), &mut buffer).ok()?;
    Some(String::from_utf8_lossy(told).into_owned())
}

/// Standard output, and nothing in its place: what somebody else's code writes to it is dropped.
pub fn take_output() -> io::Result<std::fs::File> {
    let output = rustix::io::fcntl_dupfd_cloexec(std::io::stdout(), 3)?;
    let nothing = std::fs::OpenOptions::new().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&nothing)?;
    Ok(output.into())
}

/// The most of an answer that is read, in bytes.
const LARGEST_ANSWER: u64 = 1024 * 1024;

/// Runs a program that asks nothing, and gives what it writes to standard output.
///
/// A name without a folder is looked for on the PATH of `environment`, but never in the current directory.
pub fn answer_of(
    program: &str,
    arguments: &[String],
    environment: &Environment,
    timeout: Duration,
) -> Result<Vec<u8>, NoOutput> {
    let path = program::find(program, environment)
        .ok_or_else(|| NoOutput::NotStarted(io::ErrorKind::NotFound.into()))?;
    answer_of_file(&path, arguments, environment, timeout)
}

/// As [`answer_of`], for the program at `path`.
pub fn answer_of_file(
    path: &Path,
    arguments: &[impl AsRef<OsStr>],
    environment: &Environment,
    timeout: Duration,
) -> Result<Vec<u8>, NoOutput> {
    answer(path, arguments, environment, timeout, true)
}

/// As [`answer_of_file`], for a program that ends by itself and leaves something behind when it is killed: one that is late
/// goes on, and nobody listens.
pub fn answer_or_leave(
    path: &Path,
    arguments: &[impl AsRef<OsStr>],
    environment: &Environment,
    timeout: Duration,
) -> Result<Vec<u8>, NoOutput> {
    answer(path, arguments, environment, timeout, false)
}

fn answer(
    path: &Path,
    arguments: &[impl AsRef<OsStr>],
    environment: &Environment,
    timeout: Duration,
    ends_late: bool,
) -> Result<Vec<u8>, NoOutput> {
    let program = ChildProgram::new(path, environment).arguments(arguments).in_own_group().writing_to_pipes();
    let mut child = program.into_command().spawn().map_err(NoOutput::NotStarted)?;
    let (sender, receiver) = mpsc::channel();
    read_aside(child.stdout.take(), sender.clone(), |answer| (Some(answer), None));
    read_aside(child.stderr.take(), sender, |said| (None, Some(said)));
    let deadline = Instant::now() + timeout;
    let (mut answer, mut said) = (Vec::new(), Vec::new());
    // The streams end when the program and everything that it started have closed them.
    while let Ok((more, more_said)) =
        receiver.recv_timeout(deadline.saturating_duration_since(Instant::now()))
    {
        answer.extend(more.unwrap_or_default());
        said.extend(more_said.unwrap_or_default());
    }
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
            Ok(None) if !ends_late => return Err(NoOutput::TooSlow),
            _ => {
                end_group(&child);
                let _ = child.kill();
                let _ = child.wait();
                return Err(NoOutput::TooSlow);
            }
        }
    };
    if status.success() {
        return Ok(answer);
    }
    let said = String::from_utf8_lossy(&said);
    let last = said.lines().rfind(|line| !line.trim().is_empty()).map(|line| format!(": {line}"));
    Err(NoOutput::Failed(format!("{status}{}", last.unwrap_or_default())))
}

/// The most of what a program says that is kept, in bytes.
const LARGEST_SAID: usize = 64 * 1024;

/// Runs the program at `path`, which asks nothing and may take as long as it takes; Ctrl-C reaches it. Gives whether it
/// succeeded, and the end of what it wrote to standard error.
pub fn status_of_file(
    path: &Path,
    arguments: &[impl AsRef<OsStr>],
    environment: &Environment,
) -> io::Result<(bool, String)> {
    let program = ChildProgram::new(path, environment).arguments(arguments).silent();
    let mut command = program.into_command();
    let mut child = command.stderr(std::process::Stdio::piped()).spawn()?;
    let mut said = Vec::new();
    let mut piece = [0; 4096];
    if let Some(mut stderr) = child.stderr.take() {
        while let length @ 1.. = stderr.read(&mut piece)? {
            said.extend_from_slice(&piece[..length]);
            said.drain(..said.len().saturating_sub(LARGEST_SAID));
        }
    }
    Ok((child.wait()?.success(), String::from_utf8_lossy(&said).into_owned()))
}

/// What a program has written, and whether it succeeded.
#[derive(Debug)]
pub struct ProgramOutput {
    /// Whether it succeeded.
    pub is_success: bool,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// The start of its standard error.
    pub stderr: String,
}

/// Runs the program at `path`, which asks nothing; Ctrl-C reaches it. What it writes to standard output is kept, at most
/// `limit` bytes; more is [`io::ErrorKind::FileTooLarge`].
pub fn output_of_file(
    path: &Path,
    arguments: &[impl AsRef<OsStr>],
    environment: &Environment,
    limit: usize,
) -> io::Result<ProgramOutput> {
    let program = ChildProgram::new(path, environment).arguments(arguments).writing_to_pipes();
    let mut child = program.into_command().spawn()?;
    let stderr = child.stderr.take();
    let said = std::thread::spawn(move || {
        let mut said = Vec::new();
        if let Some(mut stderr) = stderr {
            let _ = (&mut stderr).take(LARGEST_ANSWER).read_to_end(&mut said);
            // Whoever writes more is not held up.
            let _ = io::copy(&mut stderr, &mut io::sink());
        }
        said
    });
    let mut output = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(limit as u64 + 1).read_to_end(&mut output)?;
    }
    if output.len() > limit {
        let _ = child.kill();
        let _ = child.wait();
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let is_success = child.wait()?.success();
    let said = said.join().unwrap_or_default();
    Ok(ProgramOutput { is_success, stdout: output, stderr: String::from_utf8_lossy(&said).into_owned() })
}

type Heard = (Option<Vec<u8>>, Option<Vec<u8>>);

fn read_aside(
    stream: Option<impl Read + Send + 'static>,
    heard: mpsc::Sender<Heard>,
    wrap: fn(Vec<u8>) -> Heard,
) {
    let Some(stream) = stream else { return };
    std::thread::spawn(move || {
        let mut content = Vec::new();
        let _ = stream.take(LARGEST_ANSWER).read_to_end(&mut content);
        let _ = heard.send(wrap(content));
    });
}

fn end_group(child: &std::process::Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

/// Lets the user edit a file with a command of their shell; whether it went well.
pub fn edit(line: &str, file: &Path, environment: &Environment) -> io::Result<bool> {
    let script = format!("{line} \"$1\"");
    let arguments = [OsStr::new("-c"), OsStr::new(&script), OsStr::new("sh"), file.as_os_str()];
    let program = ChildProgram::new("/bin/sh", environment).arguments(arguments).reading_our_input();
    Ok(program.into_command().status()?.success())
}

/// A command of the user's shell that reads what this process writes: a pager.
pub struct Piped {
    child: std::process::Child,
}

impl Piped {
    /// Starts it.
    pub fn start(line: &str, environment: &Environment) -> io::Result<Self> {
        let program = ChildProgram::new("/bin/sh", environment).arguments(["-c", line]).reading_a_pipe();
        Ok(Self { child: program.into_command().spawn()? })
    }

    /// Writes to it; that it has had enough is no failure.
    pub fn write(&mut self, bytes: &[u8]) {
        use std::io::Write;
        if let Some(stdin) = &mut self.child.stdin {
            let _ = stdin.write_all(bytes);
        }
    }

    /// Waits for its end; `false` when the shell did not find it.
    pub fn wait(mut self) -> bool {
        drop(self.child.stdin.take());
        // 127: no such command.
        self.child.wait().is_ok_and(|status| !matches!(status.code(), Some(126 | 127)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_with_threads_or_handlers_is_not_as_it_started() {
        let status =
            |threads: &str, caught: &str| format!("Name:\tx\nThreads:\t{threads}\nSigCgt:\t{caught}\n");
        // SIGSEGV and SIGBUS.
        assert!(is_plain(&status("1", "0000000000000440")));
        for other in [
            status("2", "0000000000000440"),
            status("1", "0000000000004440"),
            status("1", "x"),
            String::new(),
        ] {
            assert!(!is_plain(&other), "{other}");
        }
        assert!(closes_at_start("pos:\t0\nflags:\t02100000\n") && !closes_at_start("flags:\t0100000\n"));
        // The tests themselves have more threads than one.
        assert!(!is_as_it_started());
    }
}
