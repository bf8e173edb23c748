//! A program that is tried: started with streams, a terminal, a folder and signals as somebody wants them, and looked at until it ends.
//!
//! It has a time to end in, and nothing of it is left when it is over. Of what it writes, so much is kept as a person would read.
//! It must not know what is tried, or what for.

use super::Environment;
use super::process::this_binary;
use super::program::ChildProgram;
use super::stage::Stage;
use rustix::process::{Pid, Signal, WaitOptions};
use rustix::termios::{self, Winsize};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, PipeWriter, Read, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How much of each stream is kept, in bytes.
const KEPT: usize = 1024 * 1024;
/// How often it is looked at.
const PAUSE: Duration = Duration::from_millis(1);
/// How long what an ended program has started may take to end as well.
const AFTERMATH: Duration = Duration::from_millis(250);

/// What it reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Feed {
    /// Nothing: the end comes at once.
    #[default]
    Empty,
    /// There is no such stream.
    Closed,
    /// Nothing comes, and no end.
    Silent,
    /// This.
    Text(Vec<u8>),
}

/// Where what it writes goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outlet {
    /// To who looks at it.
    #[default]
    Kept,
    /// There is no such stream.
    Closed,
    /// To a pipe that nobody reads any more.
    Abandoned,
}

/// A program to try.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Its file.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// All of its environment.
    pub environment: Environment,
    /// Where it runs.
    pub folder: PathBuf,
    /// What it reads.
    pub input: Feed,
    /// Where its output goes.
    pub output: Outlet,
    /// Where its errors go.
    pub errors: Outlet,
    /// The columns and rows of its terminal, which is all of its streams then.
    pub terminal: Option<(u16, u16)>,
    /// Whether its folder is removed before it starts.
    pub without_folder: bool,
    /// Whether it stays in the session of this process, in a group of its own: only there can it be stopped from a terminal.
    pub in_our_session: bool,
    /// Whether the command lines of all its processes are kept.
    pub watches_lines: bool,
    /// How long it may take.
    pub deadline: Duration,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// Not in time.
    Late,
}

/// What was seen of it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// How it ended.
    pub end: End,
    /// What it wrote; of a terminal, everything.
    pub output: Vec<u8>,
    /// What it wrote to standard error.
    pub errors: Vec<u8>,
    /// How long it took.
    pub took: Duration,
    /// The command lines of its processes, if they were watched.
    pub lines: BTreeSet<Vec<u8>>,
    /// The names of processes that it has left behind.
    pub left: Vec<String>,
    /// Whether its terminal is as it was before.
    pub terminal_is_as_before: bool,
}

/// It runs.
#[derive(Debug)]
pub struct RunningTrial {
    child: Child,
    pid: Pid,
    in_our_session: bool,
    start: Instant,
    deadline: Duration,
    end: Option<End>,
    output: Collected,
    errors: Collected,
    pseudo_terminal: Option<PseudoTerminal>,
    _silence: Option<PipeWriter>,
    lines: Option<LineWatch>,
}

impl Trial {
    /// `program` with `arguments`, in `folder`.
    pub fn new(program: &Path, arguments: Vec<OsString>, environment: Environment, folder: &Path) -> Self {
        Self {
            program: program.to_owned(),
            arguments,
            environment,
            folder: folder.to_owned(),
            input: Feed::Empty,
            output: Outlet::Kept,
            errors: Outlet::Kept,
            terminal: None,
            without_folder: false,
            in_our_session: false,
            watches_lines: false,
            deadline: Duration::from_secs(10),
        }
    }

    /// Runs it to its end.
    pub fn run(self) -> io::Result<Seen> {
        Ok(self.start()?.finish())
    }

    /// Starts it.
    pub fn start(self) -> io::Result<RunningTrial> {
        let stage = Stage {
            session: !self.in_our_session,
            terminal: self.terminal.is_some(),
            closed: [
                self.input == Feed::Closed,
                self.output == Outlet::Closed,
                self.errors == Outlet::Closed,
            ],
            without_folder: self.without_folder,
        };
        let mut collected = [Collected::default(), Collected::default()];
        let (mut silence, mut pseudo_terminal) = (None, None);
        let streams = if let Some(size) = self.terminal {
            let (terminal, streams) = PseudoTerminal::open(size)?;
            collected[0] = Collected::of(terminal.screen()?);
            pseudo_terminal = Some(terminal);
            streams
        } else {
            let input = match &self.input {
                Feed::Empty | Feed::Closed => Stdio::null(),
                Feed::Silent => {
                    let (reader, writer) = io::pipe()?;
                    silence = Some(writer);
                    reader.into()
                }
                Feed::Text(text) => fed(text.clone())?,
            };
            [input, outlet(self.output, &mut collected[0])?, outlet(self.errors, &mut collected[1])?]
        };
        let program = ChildProgram::new(this_binary()?, &self.environment)
            .arguments(stage.words())
            .arguments([&self.program])
            .arguments(&self.arguments)
            .in_folder(&self.folder)
            .with_streams(streams);
        let program = if self.in_our_session { program.in_own_group() } else { program };
        let start = Instant::now();
        let mut command = program.into_command();
        let child = command.spawn()?;
        // It keeps the child's ends of the pipes open.
        drop(command);
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
        if let Some(terminal) = &mut pseudo_terminal {
            terminal.child_has_it();
        }
        let [output, errors] = collected;
        let lines = self.watches_lines.then(|| LineWatch::start(child.id(), self.in_our_session));
        Ok(RunningTrial {
            child,
            pid,
            in_our_session: self.in_our_session,
            start,
            deadline: self.deadline,
            end: None,
            output,
            errors,
            pseudo_terminal,
            _silence: silence,
            lines,
        })
    }
}

impl RunningTrial {
    /// Sends it a signal by its number.
    pub fn send(&self, signal: i32) {
        if let Some(signal) = Signal::from_named_raw(signal).filter(|_| self.end.is_none()) {
            // One that has just ended gets nothing.
            let _ = rustix::process::kill_process(self.pid, signal);
        }
    }

    /// What it has written to standard error so far.
    pub fn said_so_far(&self) -> Vec<u8> {
        self.errors.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it has written `text`, for so long at most; whether it has.
    pub fn writes(&mut self, text: &str, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        loop {
            let is_there = self.output.contains(text.as_bytes()) || self.errors.contains(text.as_bytes());
            if is_there || self.has_ended() || Instant::now() > until {
                return is_there;
            }
            thread::sleep(PAUSE);
        }
    }

    /// Waits until it is stopped, for so long at most; whether it is.
    pub fn is_stopped_within(&mut self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        loop {
            let waited =
                rustix::process::waitpid(Some(self.pid), WaitOptions::UNTRACED | WaitOptions::NOHANG);
            if let Ok(Some((_, status))) = waited {
                if status.stopped() {
                    return true;
                }
                self.end = Some(match (status.exit_status(), status.terminating_signal()) {
                    (Some(code), _) => End::Code(code),
                    (None, signal) => End::Signal(signal.unwrap_or_default()),
                });
            }
            if self.end.is_some() || Instant::now() > until {
                return false;
            }
            thread::sleep(PAUSE);
        }
    }

    /// Waits until it ends, for so long at most; whether it has.
    pub fn ends_within(&mut self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        while !self.has_ended() {
            if Instant::now() > until {
                return false;
            }
            thread::sleep(PAUSE);
        }
        true
    }

    fn has_ended(&mut self) -> bool {
        if self.end.is_none()
            && let Ok(Some(status)) = self.child.try_wait()
        {
            self.end = Some(match status.code() {
                Some(code) => End::Code(code),
                None => End::Signal(status.signal().unwrap_or_default()),
            });
        }
        self.end.is_some()
    }

    /// Waits for its end, makes an end of it when it is late, and tells what was seen.
    pub fn finish(mut self) -> Seen {
        let left = self.deadline.saturating_sub(self.start.elapsed());
        let is_late = !self.ends_within(left);
        let took = self.start.elapsed();
        let lines = self.lines.take().map(LineWatch::stop).unwrap_or_default();
        let session = self.child.id();
        let left = if is_late { Vec::new() } else { left_behind(session, self.in_our_session) };
        let _ = rustix::process::kill_process_group(self.pid, Signal::KILL);
        if is_late {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        let terminal_is_as_before = self.pseudo_terminal.as_ref().is_none_or(PseudoTerminal::is_as_before);
        // Its last end, so that whoever reads comes to one.
        drop(self.pseudo_terminal.take());
        Seen {
            end: self.end.filter(|_| !is_late).unwrap_or(End::Late),
            output: self.output.whole(),
            errors: self.errors.whole(),
            took,
            lines,
            left,
            terminal_is_as_before,
        }
    }
}

/// A stream that has this text.
fn fed(text: Vec<u8>) -> io::Result<Stdio> {
    let (reader, mut writer) = io::pipe()?;
    // One that does not read it must not hold this process.
    thread::spawn(move || writer.write_all(&text));
    Ok(reader.into())
}

fn outlet(outlet: Outlet, collected: &mut Collected) -> io::Result<Stdio> {
    if outlet == Outlet::Closed {
        return Ok(Stdio::null());
    }
    let (reader, writer) = io::pipe()?;
    if outlet == Outlet::Kept {
        *collected = Collected::of(reader);
    }
    Ok(writer.into())
}

/// What comes from a stream.
#[derive(Debug, Default)]
struct Collected {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Collected {
    fn of(mut stream: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&bytes);
        let reader = thread::spawn(move || {
            let mut piece = [0; 16 * 1024];
            while let Ok(length @ 1..) = stream.read(&mut piece) {
                let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                let room = KEPT.saturating_sub(all.len()).min(length);
                all.extend_from_slice(&piece[..room]);
            }
        });
        Self { bytes, reader: Some(reader) }
    }

    fn contains(&self, text: &[u8]) -> bool {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        text.is_empty() || bytes.windows(text.len()).any(|window| window == text)
    }

    /// All of it, once it has ended, or what there is: what was started may hold it open.
    fn whole(self) -> Vec<u8> {
        let until = Instant::now() + AFTERMATH;
        while self.reader.as_ref().is_some_and(|reader| !reader.is_finished()) && Instant::now() < until {
            thread::sleep(PAUSE);
        }
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A terminal that this process is in front of.
#[derive(Debug)]
struct PseudoTerminal {
    controller: OwnedFd,
    /// Until the child has its own.
    device: Option<OwnedFd>,
    before: termios::Termios,
}

impl PseudoTerminal {
    fn open((columns, rows): (u16, u16)) -> io::Result<(Self, [Stdio; 3])> {
        use rustix::fs::{Mode, OFlags};
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&controller)?;
        unlockpt(&controller)?;
        let name = ptsname(&controller, Vec::new())?;
        let device = rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
        let size = Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
        termios::tcsetwinsize(&device, size)?;
        let before = termios::tcgetattr(&device)?;
        let streams = [device.try_clone()?.into(), device.try_clone()?.into(), device.try_clone()?.into()];
        Ok((Self { controller, device: Some(device), before }, streams))
    }

    fn screen(&self) -> io::Result<std::fs::File> {
        Ok(self.controller.try_clone()?.into())
    }

    /// From here on the child holds the terminal open: its end is the end of what is read. It is asked by its other side.
    fn child_has_it(&mut self) {
        if cfg!(target_os = "linux") {
            self.device = None;
        }
    }

    fn is_as_before(&self) -> bool {
        let now = match &self.device {
            Some(device) => termios::tcgetattr(device),
            None => termios::tcgetattr(&self.controller),
        };
        now.is_ok_and(|now| {
            let flags = |modes: &termios::Termios| (modes.local_modes, modes.input_modes, modes.output_modes);
            flags(&now) == flags(&self.before)
        })
    }
}

/// Keeps the command lines of the processes of a session or a group, as far as they are seen.
#[derive(Debug)]
struct LineWatch {
    ends: Arc<AtomicBool>,
    thread: JoinHandle<BTreeSet<Vec<u8>>>,
}

impl LineWatch {
    fn start(leader: u32, by_group: bool) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&ends);
        let thread = thread::spawn(move || {
            let mut lines = BTreeSet::new();
            loop {
                for process in members(leader, by_group) {
                    lines.extend(std::fs::read(format!("/proc/{}/cmdline", process.pid)));
                }
                if told.load(Ordering::Relaxed) {
                    return lines;
                }
                thread::sleep(PAUSE / 2);
            }
        });
        Self { ends, thread }
    }

    fn stop(self) -> BTreeSet<Vec<u8>> {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_default()
    }
}

/// Whether processes can be looked at here.
pub const CAN_LOOK: bool = cfg!(target_os = "linux");

/// The signal of Ctrl-Z.
pub const STOP_FROM_TERMINAL: i32 = Signal::TSTP.as_raw();
/// The signal that lets a stopped process go on.
pub const CONTINUE: i32 = Signal::CONT.as_raw();

/// A process of a session or a group.
struct Member {
    pid: u32,
    name: String,
}

/// The processes of the session, or the group, of `leader`, which have not ended. None where they cannot be known.
fn members(leader: u32, by_group: bool) -> Vec<Member> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let member = |pid: u32| {
        let stat = String::from_utf8_lossy(&std::fs::read(format!("/proc/{pid}/stat")).ok()?).into_owned();
        // `pid (name) state parent group session …`: a name may hold anything.
        let (start, rest) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split(' ').take(4).collect();
        let [state, _, group, session] = fields[..] else { return None };
        let of = if by_group { group } else { session };
        let has_ended = matches!(state, "Z" | "X");
        let name = start.split_once('(')?.1.to_owned();
        (of.parse() == Ok(leader) && !has_ended).then_some(Member { pid, name })
    };
    pids.filter_map(member).collect()
}

/// The names of the processes that are still there a moment later.
fn left_behind(leader: u32, by_group: bool) -> Vec<String> {
    let until = Instant::now() + AFTERMATH;
    loop {
        let left = members(leader, by_group);
        if left.is_empty() || Instant::now() > until {
            return left.into_iter().map(|process| process.name).collect();
        }
        thread::sleep(PAUSE);
    }
}
