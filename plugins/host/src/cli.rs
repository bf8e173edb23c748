//! `everestctl host run`, `everestctl host exec` and `everestctl host lint-bundle`: the only layer that knows clap and the only one that prints.
//!
//! And the words by which the program starts itself, which are no commands.

use crate::backends::supervise::supervise;
use crate::lint::{Finding, Severity};
use crate::ops::{self, HostReport, ReportSink};
use crate::sys::children::{self, Watch};
use crate::{Compat, HostSettings, LogLine, Weight, is_host_name};
use clap::ValueHint;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use everestctl::app::App;
use everestctl::cli::{CommandResult, bundled, write};
use everestctl::error::{ExitCode, Failure, exit};
use everestctl::model::CleanText;
use everestctl::sys::Environment;
use everestctl::term::Streams;
use serde_json::json;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

/// Where `host run` listens unless it is told.
const LISTEN: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8080));
/// Any free port of loopback, for a host that only its own command has to find.
const ANY_PORT: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0));
/// How many lines are buffered for a blocked terminal; further ones are counted and dropped.
const MOST_LINES: usize = 1024;

/// The word by which everestctl calls this program.
const WORD: &str = "host";

/// The commands of this program, as everestctl has them.
#[derive(Debug, clap::Subcommand)]
pub enum HostProgram {
    /// Run a development host to work without a server
    #[command(subcommand)]
    Host(HostCommand),
}

/// The commands below `host`.
#[expect(
    missing_docs,
    reason = "the help of a command is the doc comment of its arguments, which this would replace"
)]
#[derive(Debug, clap::Subcommand)]
pub enum HostCommand {
    Run(RunArgs),
    Exec(ExecArgs),
    LintBundle(LintBundleArgs),
}

/// Run a development host until Ctrl-C
///
/// It listens on this machine only and serves the plugin part of the OpenEverest API: sign-in, the list of
/// plugins, the proxy, events. The plugin `hello` is always there.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    #[command(flatten)]
    host: HostArgs,
    /// Also serve the web shell, which shows the frontends of plugins in a browser as OpenEverest does
    #[arg(long)]
    ui: bool,
    /// Also say what is new of a plugin's commands when its backend has been restarted after a change
    #[arg(long)]
    changes: bool,
}

/// Run a command or a shell, signed in to a temporary development host
///
/// The host listens on a free port and ends with the command. The command finds this everestctl first on
/// PATH, a config file that is signed in, and an empty cache. The exit code is the command's.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: everestctl host exec -- everestctl plugin list")]
pub struct ExecArgs {
    #[command(flatten)]
    host: HostArgs,
    /// Command and arguments [default: your shell]
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND", value_hint = ValueHint::CommandWithArguments)]
    command: Vec<OsString>,
}

/// Find what keeps a plugin's frontend bundle from being shown
///
/// The bundle is not run: its imports and exports are read, and what pages block or do not provide. Each finding says what
/// to change. Exits with 1 if there is an error, and with 0 if there are warnings only.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: everestctl host lint-bundle dist/main.js")]
pub struct LintBundleArgs {
    /// The built bundle
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
struct HostArgs {
    /// Local address to listen on [default: 127.0.0.1:8080; a free port for `exec`]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    listen: Option<SocketAddr>,
    /// Folder of plugins with NAME/manifest.yaml and NAME/host.yaml, or of one plugin (repeatable)
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    plugins: Vec<PathBuf>,
    /// Access policy in the format of a server's `policy.csv` [default: everything is allowed]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    policy: Option<PathBuf>,
    /// Database instances for plugins: a YAML file with name, host, port, username and password of each
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    instances: Option<PathBuf>,
    /// Behave as specified, or like the current OpenEverest server
    #[arg(long, value_name = "WORD", default_value = "spec", value_parser = compat())]
    compat: Compat,
    /// Folder for users, keys and sessions [default: none; they end with the host]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    state: Option<PathBuf>,
    /// Lifetime of access tokens
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = lifetime)]
    access_token_lifetime: Duration,
    /// Lifetime of refresh tokens
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = lifetime)]
    refresh_token_lifetime: Duration,
    /// Maximum number of connections
    #[arg(long, value_name = "COUNT", default_value = "2048", hide = true)]
    connections: usize,
    /// Namespaces that the host reports
    #[arg(long, value_name = "NAMES", default_value = "everest", value_delimiter = ',')]
    namespaces: Vec<String>,
    /// Additional host name to accept, besides localhost and the listen address (repeatable)
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    allowed_host: Vec<String>,
    /// Version of OpenEverest to report; plugins check their ranges against it, but not against `dev`
    #[arg(long, value_name = "VERSION", default_value = "dev", value_parser = version)]
    everest_version: String,
}

impl HostArgs {
    /// The settings, with `listen` where the user names no address.
    fn settings(self, listen: SocketAddr, ui: bool) -> HostSettings {
        HostSettings {
            listen: self.listen.unwrap_or(listen),
            plugins: self.plugins,
            policy: self.policy,
            instances: self.instances,
            compat: self.compat,
            state: self.state,
            access_lifetime: self.access_token_lifetime,
            refresh_lifetime: self.refresh_token_lifetime,
            connections: self.connections,
            namespaces: self.namespaces,
            allowed_hosts: self.allowed_host,
            ui,
            version: self.everest_version,
        }
    }
}

/// Runs the program with `arguments` (without its own name) and gives its exit code.
pub fn run(arguments: &[OsString], environment: Environment) -> ExitCode {
    if let Some(code) = hidden(arguments, &environment) {
        return code;
    }
    bundled::run(WORD, arguments, environment, |streams, app, HostProgram::Host(command)| {
        act(streams, app, command)
    })
}

/// The words by which this program starts itself.
fn hidden(arguments: &[OsString], environment: &Environment) -> Option<ExitCode> {
    let (first, rest) = arguments.split_first()?;
    match first.to_str()? {
        children::SUPERVISE => Some(supervise(Watch::Outer, rest, environment)),
        children::SUPERVISE_INSIDE => Some(supervise(Watch::Inner, rest, environment)),
        children::WITH_PARENT => Some(become_backend(rest, environment)),
        _ => None,
    }
}

fn act(streams: &mut Streams, app: &App, command: HostCommand) -> CommandResult {
    match command {
        HostCommand::Run(args) => {
            let form = log_form(app, "run")?;
            let (settings, changes) = (args.host.settings(LISTEN, args.ui), args.changes);
            let least = if app.options.verbose > 0 { Weight::Detail } else { Weight::Event };
            telling(
                streams,
                |streams, report| show(streams, report, least, form),
                |sink| ops::run(app, settings, changes, sink).map(|()| exit::SUCCESS),
            )
        }
        HostCommand::LintBundle(args) => lint(streams, app, &args.file),
        HostCommand::Exec(args) => {
            let form = log_form(app, "exec")?;
            let settings = args.host.settings(ANY_PORT, false);
            // The terminal belongs to the command, unless something does not work.
            let least = if app.options.verbose > 0 { Weight::Detail } else { Weight::Trouble };
            telling(
                streams,
                |streams, report| show(streams, report, least, form),
                |sink| ops::exec(app, settings, &args.command, sink),
            )
        }
    }
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LogForm {
    /// Lines for people.
    Text,
    /// An object in each line.
    Json,
}

fn log_form(app: &App, command: &str) -> Result<LogForm, Failure> {
    match app.options.output() {
        None => Ok(LogForm::Text),
        Some("json") => Ok(LogForm::Json),
        Some(other) => Err(no_such_form(other, command)),
    }
}

fn no_such_form(form: &str, command: &str) -> Failure {
    Failure::new(exit::USAGE, format!("-o {form} has no effect: the output is text or json"))
        .hint(format!("everestctl host {command} --help"))
}

/// Prints what is wrong with a bundle.
fn lint(streams: &mut Streams, app: &App, file: &Path) -> CommandResult {
    let findings = ops::lint_bundle(file)?;
    let word = |severity| if severity == Severity::Error { "error" } else { "warning" };
    let text = match app.options.output() {
        None => {
            let lines = findings.iter().map(|finding| {
                let Finding { severity, text, change } = finding;
                format!("{}: {text}\n  {change}\n", word(*severity))
            });
            lines.collect::<Vec<_>>().concat()
        }
        Some("json") => {
            let entry = |finding: &Finding| json!({"severity": word(finding.severity), "message": finding.text, "change": finding.change});
            format!("{:#}\n", findings.iter().map(entry).collect::<serde_json::Value>())
        }
        Some(other) => return Err(no_such_form(other, "lint-bundle")),
    };
    write(streams, &text)?;
    let has_error = findings.iter().any(|finding| finding.severity == Severity::Error);
    Ok(if has_error { exit::FAILURE } else { exit::SUCCESS })
}

/// Runs `work` on its own thread and shows on this one, which has the streams, what happens meanwhile.
fn telling(
    streams: &mut Streams,
    mut shown: impl FnMut(&mut Streams, HostReport),
    work: impl FnOnce(&ReportSink) -> CommandResult + Send,
) -> CommandResult {
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        let backlog = Arc::new(Backlog::default());
        let (for_sink, end) = (Arc::clone(&backlog), sender.clone());
        let worker = scope.spawn(move || {
            let sink: ReportSink = Arc::new(move |report| for_sink.add(report, &sender));
            let ending = work(&sink);
            // A thread of the host may keep the sink for a moment longer.
            let _ = end.send(None);
            ending
        });
        while let Ok(Some(report)) = receiver.recv() {
            let dropped = backlog.take(&report);
            shown(streams, report);
            if let Some(note) = dropped {
                shown(streams, note);
            }
        }
        worker
            .join()
            .unwrap_or_else(|_| Err(Failure::new(exit::HOST_FAILURE, "the host stopped unexpectedly")))
    })
}

/// The lines that are not shown yet: as many as there is room for. Senders never wait for the
/// terminal, and unread lines do not pile up.
#[derive(Debug, Default)]
struct Backlog(Mutex<PendingReports>);

#[derive(Debug, Default)]
struct PendingReports {
    lines: usize,
    dropped: usize,
}

impl Backlog {
    /// Adds what happened, or counts it when there is no room for a line more.
    fn add(&self, report: HostReport, sender: &mpsc::Sender<Option<HostReport>>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(report, HostReport::Line(_)) {
            if waiting.lines >= MOST_LINES {
                waiting.dropped += 1;
                return;
            }
            if let Some(note) = waiting.note() {
                waiting.lines += 1;
                let _ = sender.send(Some(note));
            }
            waiting.lines += 1;
        }
        // Under the lock, so that the note stands where the lines are missing.
        let _ = sender.send(Some(report));
    }

    /// Counts what is about to be shown; gives the note that follows it when it was the last.
    fn take(&self, report: &HostReport) -> Option<HostReport> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(report, HostReport::Line(_)) {
            waiting.lines = waiting.lines.saturating_sub(1);
        }
        if waiting.lines == 0 { waiting.note() } else { None }
    }
}

impl PendingReports {
    /// What to say of the lines that were dropped, once.
    fn note(&mut self) -> Option<HostReport> {
        let dropped = std::mem::take(&mut self.dropped);
        let lines = if dropped == 1 { "line" } else { "lines" };
        let text = CleanText::new(&format!("{dropped} {lines} dropped"));
        (dropped > 0).then_some(HostReport::Line(LogLine { weight: Weight::Event, text, page: None }))
    }
}

/// Shows what matters at least as much as `least`.
fn show(streams: &mut Streams, report: HostReport, least: Weight, form: LogForm) {
    if let HostReport::Line(LogLine { weight, .. }) = &report {
        let is_shown = match weight {
            Weight::Detail => least == Weight::Detail,
            Weight::Event => least != Weight::Trouble,
            Weight::Trouble | Weight::Change => true,
            Weight::Recalled => least == Weight::Trouble,
        };
        if !is_shown {
            return;
        }
    }
    let text = match form {
        LogForm::Text => in_words(report),
        LogForm::Json => format!("{}\n", as_object(&report)),
    };
    streams.message(&text);
}

/// A report for people.
fn in_words(report: HostReport) -> String {
    match report {
        HostReport::Line(line) => format!("{}\n", line.text),
        HostReport::Shell { address } => format!(
            "signed in as admin to a development host at http://{address}\n\
             `everestctl plugin list` shows its plugins; `exit` or Ctrl-D ends this shell and the host\n"
        ),
        HostReport::Listening { address, password, ui } => {
            let password = password
                .map(|password| format!("sign in as admin with the password {password} (shown only now)\n"));
            let page = if ui { format!("web shell at http://{address}/\n") } else { String::new() };
            format!(
                "everestctl development host, not for production\nlistening on http://{address}\n{}\
                 everestctl auth login --server http://{address} --username admin\n{page}",
                password.unwrap_or_default()
            )
        }
    }
}

/// A report for programs: its keys are a stable interface.
fn as_object(report: &HostReport) -> serde_json::Value {
    match report {
        HostReport::Line(LogLine { page: Some(page), .. }) => {
            json!({"type": "ui", "level": page.level, "plugin": page.plugin, "message": page.text})
        }
        HostReport::Line(LogLine { weight, text, page: None }) => {
            let level = match weight {
                Weight::Detail => "debug",
                Weight::Event | Weight::Change => "info",
                Weight::Trouble | Weight::Recalled => "warning",
            };
            json!({"type": "log", "level": level, "message": text})
        }
        HostReport::Shell { address } => json!({"type": "shell", "url": format!("http://{address}")}),
        HostReport::Listening { address, password, ui } => {
            let mut object = json!({"type": "listening", "url": format!("http://{address}"), "webShell": ui});
            if let Some(password) = password {
                object["password"] = json!(password);
            }
            object
        }
    }
}

/// `dev`, or a version in three numbers.
fn version(text: &str) -> Result<String, String> {
    let core = text.strip_prefix('v').unwrap_or(text).split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<&str> = core.split('.').collect();
    let is_number = |part: &&str| part.parse::<u32>().is_ok();
    let is_plain =
        text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte));
    if text == "dev" || (is_plain && numbers.len() == 3 && numbers.iter().all(is_number)) {
        return Ok(text.to_owned());
    }
    Err("a version looks like 2.0.0 or 2.0.0-dev.4; `dev` fits every range".to_owned())
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let numeric =
        text.strip_prefix("localhost:").map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
    numeric.parse().map_err(|_| "an address looks like 127.0.0.1:8080; port 0 takes any free one".to_owned())
}

fn host_name(text: &str) -> Result<String, String> {
    let wrong = || "a host name looks like dev.example, without a scheme or a port".to_owned();
    if is_host_name(text) { Ok(text.to_owned()) } else { Err(wrong()) }
}

fn compat() -> impl TypedValueParser<Value = Compat> {
    PossibleValuesParser::new(["spec", "upstream"])
        .map(|word| if word == "upstream" { Compat::Upstream } else { Compat::Spec })
}

fn lifetime(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if duration.as_secs() > 0 {
        Ok(duration)
    } else {
        Err("a token lifetime must be at least one second".to_owned())
    }
}

/// The part of a process that the host starts for a backend: becomes the backend, or says why not.
fn become_backend(command: &[OsString], environment: &Environment) -> ExitCode {
    let error = children::become_with_parent(command, environment);
    let code = if error.kind() == std::io::ErrorKind::NotFound { exit::NOT_FOUND } else { exit::CANNOT_RUN };
    let name = command.first().map(|program| program.to_string_lossy()).unwrap_or_default();
    Streams::from_process(&Environment::default())
        .failure(&Failure::new(code, format!("could not run `{name}`: {error}")));
    code
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;
    use everestctl::cli::man::{self, ManPage};
    use everestctl::model::bundled;

    #[derive(clap::Parser)]
    struct Tree {
        #[command(subcommand)]
        _program: HostProgram,
    }

    #[test]
    fn the_tree_is_sound_and_what_everestctl_knows_of_it_is_true() {
        let tree = Tree::command();
        tree.clone().debug_assert();
        let host = tree.find_subcommand(WORD).unwrap();
        let known = bundled::find(WORD).unwrap();
        assert_eq!(host.get_about().unwrap().to_string(), known.summary);
        let commands: Vec<&str> = host.get_subcommands().map(clap::Command::get_name).collect();
        assert_eq!(commands, known.commands);
    }

    /// `SNAPSHOTS=overwrite cargo test --workspace the_pages_in_the_folder` writes them anew.
    #[test]
    fn the_pages_in_the_folder_are_those_of_this_program() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../man");
        let pages = everestctl::cli::bundled::pages::<HostProgram>();
        for page in &pages {
            let file = snapbox::Data::read_from(&folder.join(page.file_name()), None);
            snapbox::assert_data_eq!(page.roff.clone(), file.raw());
        }
        let known = [&[WORD][..], &[WORD, "run"], &[WORD, "exec"], &[WORD, "lint-bundle"]]
            .map(|words| man::of_bundled(words).unwrap());
        assert_eq!(names(&pages), names(&known));
    }

    fn names(pages: &[ManPage]) -> Vec<&str> {
        pages.iter().map(|page| page.name.as_str()).collect()
    }

    fn line(number: usize) -> HostReport {
        let text = CleanText::new(&format!("line {number}"));
        HostReport::Line(LogLine { weight: Weight::Event, text, page: None })
    }

    fn text(report: &HostReport) -> String {
        match report {
            HostReport::Line(line) => line.text.to_string(),
            HostReport::Listening { .. } | HostReport::Shell { .. } => "listening".to_owned(),
        }
    }

    /// Reads `count` lines as the terminal does.
    fn read(backlog: &Backlog, receiver: &mpsc::Receiver<Option<HostReport>>, count: usize) -> Vec<String> {
        let mut shown = Vec::new();
        for report in receiver.try_iter().flatten().take(count) {
            let note = backlog.take(&report);
            shown.push(text(&report));
            shown.extend(note.as_ref().map(text));
        }
        shown
    }

    #[test]
    fn a_terminal_that_stands_still_costs_a_bounded_number_of_lines() {
        let (backlog, (sender, receiver)) = (Backlog::default(), mpsc::channel());
        (0..50_000).for_each(|number| backlog.add(line(number), &sender));
        let listening = HostReport::Listening { address: LISTEN, password: None, ui: false };
        backlog.add(listening, &sender);
        let shown = read(&backlog, &receiver, 10);
        assert_eq!(shown.last().map(String::as_str), Some("line 9"));
        // There is room again: the note stands where lines are missing.
        backlog.add(line(50_000), &sender);
        let shown = read(&backlog, &receiver, usize::MAX);
        let expected = ["line 1023", "listening", "48976 lines dropped", "line 50000"];
        assert_eq!(shown[shown.len() - 4..], expected);
        backlog.add(line(50_001), &sender);
        assert_eq!(read(&backlog, &receiver, usize::MAX), ["line 50001"]);
    }

    #[test]
    fn what_was_dropped_last_is_said_when_the_rest_is_read() {
        let (backlog, (sender, receiver)) = (Backlog::default(), mpsc::channel());
        (0..=MOST_LINES).for_each(|number| backlog.add(line(number), &sender));
        let shown = read(&backlog, &receiver, usize::MAX);
        assert_eq!(shown.last().map(String::as_str), Some("1 line dropped"));
        assert_eq!(shown.len(), MOST_LINES + 1);
    }
}
