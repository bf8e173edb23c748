//! `host run` and `host exec`: the development host, for as long as the user wants it or for one command. And
//! `host lint-bundle`, for which none is started.
//!
//! It must not print, nor know an argument parser.

use crate::command_changes::CommandChanges;
use crate::lint::{self, Finding};
use crate::sys::children;
use crate::sys::run_folder::RunFolder;
use crate::{Foreground, HostResources, HostSettings, LogLine, LogSink, Weight};
use everestctl::app::App;
use everestctl::client::Address;
use everestctl::client::kubernetes::KubeconfigAccess;
use everestctl::config::ConfigFile;
use everestctl::error::{ExitCode, Failure, exit};
use everestctl::model::{CleanText, quoted};
use everestctl::session::{self, NewSession};
use everestctl::sys::clock::UnixTime;
use everestctl::sys::{files, folders, process};
use everestctl_protocol::environment as variable;
use std::ffi::{OsStr, OsString};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// The largest bundle that is read, in bytes.
const LARGEST_BUNDLE: u64 = 64 * 1024 * 1024;
/// What the prompt of a signed-in shell starts with.
const PROMPT: &str = "everestctl host";

/// What happens while the host runs.
#[derive(Clone, Debug)]
pub enum HostReport {
    /// It listens.
    Listening {
        /// Where.
        address: SocketAddr,
        /// The password of a new administrator, to be shown once.
        password: Option<String>,
        /// Whether the web shell is there.
        ui: bool,
    },
    /// A signed-in shell starts.
    Shell {
        /// Where the host listens.
        address: SocketAddr,
    },
    /// One line for one thing that happened.
    Line(LogLine),
}

/// Is told what happens, from whichever thread it happens on.
pub type ReportSink = Arc<dyn Fn(HostReport) + Send + Sync>;

/// Runs a host until this process is asked to end. With `changes` it tells what is new of the commands of plugins.
pub fn run(app: &App, settings: HostSettings, changes: bool, sink: &ReportSink) -> Result<(), Failure> {
    let everestctl = if changes { Some(everestctl(app)?) } else { None };
    let folder = folder(app)?;
    let ui = settings.ui;
    let mut host = start(app, settings, folder.path(), sink)?;
    sink(HostReport::Listening { address: host.address(), password: host.password().map(str::to_owned), ui });
    if let Some(everestctl) = everestctl {
        let unusable = |error| failed("the temporary folder", &error);
        let prepared = prepare(app, &everestctl, &host, folder.path()).map_err(unusable)?;
        let changes = changes_of(app, &everestctl, &prepared);
        let (learning, told) = (changes.clone(), Arc::clone(sink));
        let first = move || {
            learning.learn();
            let text = CleanText::new("watching for changes of commands");
            told(HostReport::Line(LogLine { weight: Weight::Event, text, page: None }));
        };
        follow_changes(&host, Some(first), changes, sink);
    }
    host.wait();
    host.stop();
    Ok(())
}

/// Runs `command`, or the user's shell, signed in to its own host; gives its exit code.
pub fn exec(
    app: &App,
    settings: HostSettings,
    command: &[OsString],
    sink: &ReportSink,
) -> Result<ExitCode, Failure> {
    let everestctl = everestctl(app)?;
    let folder = folder(app)?;
    let mut host = start(app, settings, folder.path(), sink)?;
    let ended = in_front(app, &everestctl, &mut host, folder.path(), command, sink);
    host.stop();
    ended
}

/// What is wrong with the bundle in `file`.
pub fn lint_bundle(file: &Path) -> Result<Vec<Finding>, Failure> {
    let unusable = |cause: String| {
        let mut failure = Failure::new(exit::FAILURE, format!("could not read {}", file.display()));
        failure.causes.push(cause);
        failure
    };
    let content = files::read(file, LARGEST_BUNDLE).map_err(|error| unusable(error.to_string()))?;
    let source = std::str::from_utf8(&content).map_err(|_| unusable("not a script in UTF-8".to_owned()))?;
    Ok(lint::findings(source))
}

/// A folder of this host's own, which goes with it.
fn folder(app: &App) -> Result<RunFolder, Failure> {
    RunFolder::new(app.folders.for_a_run()).map_err(|error| failed("a temporary folder", &error))
}

fn start(app: &App, settings: HostSettings, folder: &Path, sink: &ReportSink) -> Result<Foreground, Failure> {
    let sink = Arc::clone(sink);
    let lines: LogSink = Arc::new(move |line| sink(HostReport::Line(line)));
    Ok(Foreground::start(settings, resources(app, folder)?, lines)?)
}

fn resources(app: &App, folder: &Path) -> Result<HostResources, Failure> {
    // Only a kubeconfig that the user names: a development host must not look into production by chance.
    let cluster = match &app.options.kubeconfig {
        None => None,
        Some(path) => Some(cluster(app, path)?),
    };
    Ok(HostResources {
        cluster,
        supervisor: process::this_binary().map_err(|error| failed("this binary", &error))?,
        environment: app.environment.clone(),
        sockets: folder.join("sockets"),
    })
}

fn cluster(app: &App, path: &Path) -> Result<KubeconfigAccess, Failure> {
    let access = KubeconfigAccess::read(&[path.to_owned()], true, &app.environment);
    let access = access.map_err(|error| Failure::of(&error))?;
    access.ok_or_else(|| {
        let message = format!("kubeconfig {} has no current context", path.display());
        Failure::new(exit::FAILURE, message)
    })
}

/// The everestctl that runs this program, or the one beside it.
fn everestctl(app: &App) -> Result<PathBuf, Failure> {
    if let Some(path) = app.environment.os(variable::PATH) {
        return Ok(path.into());
    }
    let own = process::this_binary_without_links().map_err(|error| failed("this binary", &error))?;
    let beside = own.with_file_name(format!("everestctl{}", std::env::consts::EXE_SUFFIX));
    if files::FileFacts::from_path(&beside).is_ok() {
        return Ok(beside);
    }
    Err(Failure::new(exit::HOST_FAILURE, format!("could not find everestctl: {} is not set", variable::PATH))
        .hint("run it as `everestctl host`"))
}

/// Runs the command with what it needs in `folder`.
fn in_front(
    app: &App,
    everestctl: &Path,
    host: &mut Foreground,
    folder: &Path,
    command: &[OsString],
    sink: &ReportSink,
) -> Result<ExitCode, Failure> {
    let unusable = |error| failed("the temporary folder", &error);
    let mut prepared = prepare(app, everestctl, host, folder).map_err(unusable)?;
    let shell = app.environment.os("SHELL").unwrap_or_else(|| OsStr::new("/bin/sh")).to_owned();
    host.settle();
    let own;
    let (program, arguments) = if let Some((program, rest)) = command.split_first() {
        (program, rest)
    } else {
        own = completing(app, everestctl, &shell, folder, &mut prepared).map_err(unusable)?;
        // So that the first TAB and the first `--help` in the shell know what plugins offer.
        let changes = changes_of(app, everestctl, &prepared);
        changes.learn();
        follow_changes(host, None::<fn()>, changes, sink);
        sink(HostReport::Shell { address: host.address() });
        (&shell, &own[..])
    };
    let environment = app.environment.changed(prepared, &NOT_INHERITED);
    let command = children::child(program, arguments, &environment);
    host.run(command).map_err(|error| {
        let code = if error.kind() == io::ErrorKind::NotFound { exit::NOT_FOUND } else { exit::CANNOT_RUN };
        let name = program.to_string_lossy();
        let mut failure = Failure::new(code, format!("could not run `{name}`"));
        failure.causes.push(error.to_string());
        failure
    })
}

/// Who says what plugins offer, with the variables of a session with this host.
fn changes_of(app: &App, everestctl: &Path, variables: &[(&'static str, OsString)]) -> CommandChanges {
    let environment = app.environment.changed(variables.iter().cloned(), &NOT_INHERITED);
    CommandChanges { everestctl: everestctl.to_owned(), environment }
}

/// Tells what is new of the commands of each plugin that has changed.
fn follow_changes(
    host: &Foreground,
    first: Option<impl FnOnce() + Send + 'static>,
    changes: CommandChanges,
    sink: &ReportSink,
) {
    let sink = Arc::clone(sink);
    host.follow_changes(first, move |plugin| {
        for line in changes.of(plugin) {
            let text = CleanText::new(&line);
            sink(HostReport::Line(LogLine { weight: Weight::Change, text, page: None }));
        }
    });
}

/// The arguments that make a shell complete everestctl, beside what the user has set up; none for a shell that is
/// not known.
fn completing(
    app: &App,
    everestctl: &Path,
    shell: &OsStr,
    folder: &Path,
    variables: &mut Vec<(&'static str, OsString)>,
) -> io::Result<Vec<OsString>> {
    let name = Path::new(shell).file_name().and_then(OsStr::to_str).unwrap_or_default();
    if !["bash", "zsh", "fish"].contains(&name) {
        return Ok(Vec::new());
    }
    let asked = process::answer_of_file(everestctl, &["completion", name], &app.environment, PRINTING);
    // A shell without completion is better than none.
    let Ok(script) = asked else { return Ok(Vec::new()) };
    let place = folder.join("completion");
    files::make_private_folder(&place)?;
    let file = place.join("everestctl");
    files::replace(&file, &script)?;
    let (file, bin) = (quoted(&file.to_string_lossy()), quoted(&folder.join("bin").to_string_lossy()));
    // What the user's own file does to PATH must not hide this everestctl.
    match name {
        "bash" => {
            let start = place.join("bashrc");
            let text = format!(
                "[ -r ~/.bashrc ] && . ~/.bashrc\nPATH={bin}:$PATH\n. {file}\nPS1=\"({PROMPT}) $PS1\"\n"
            );
            files::replace(&start, text.as_bytes())?;
            Ok(vec!["--rcfile".into(), start.into(), "-i".into()])
        }
        "zsh" => {
            let text = format!(
                "unset ZDOTDIR\n[ -r ~/.zshrc ] && . ~/.zshrc\nPATH={bin}:$PATH\n\
                 (( $+functions[compdef] )) || {{ autoload -Uz compinit && compinit -D }}\n. {file}\n\
                 PROMPT=\"({PROMPT}) $PROMPT\"\n"
            );
            files::replace(&place.join(".zshrc"), text.as_bytes())?;
            variables.push(("ZDOTDIR", place.into_os_string()));
            Ok(vec!["-i".into()])
        }
        "fish" => {
            let prompt = format!(
                "functions -c fish_prompt __everest_fish_prompt; \
                 function fish_prompt; echo -n '({PROMPT}) '; __everest_fish_prompt; end"
            );
            let text = format!("set -p PATH {bin}; source {file}; {prompt}");
            Ok(vec!["--init-command".into(), text.into()])
        }
        _ => Ok(Vec::new()),
    }
}

/// How long everestctl may take to print a script.
const PRINTING: Duration = Duration::from_secs(5);

/// What would lead the command to another server, and what is for this program only.
const NOT_INHERITED: [&str; 7] = [
    variable::HOST,
    variable::TOKEN,
    variable::CLUSTER,
    variable::NAMESPACE,
    variable::CONTEXT,
    variable::PATH,
    variable::PLUGIN,
];

/// Fills the folder, and gives the variables that lead into it.
fn prepare(
    app: &App,
    everestctl: &Path,
    host: &Foreground,
    folder: &Path,
) -> io::Result<Vec<(&'static str, OsString)>> {
    let config = folder.join("config.yaml");
    let binaries = folder.join("bin");
    let cache = folder.join("cache");
    files::make_private_folder(&binaries)?;
    files::make_private_folder(&cache)?;
    files::link(everestctl, &binaries.join("everestctl"))?;
    sign_in(app, host, &config)?;
    let path = folders::with_first(&binaries, app.environment.os("PATH"))?;
    let mut variables = vec![
        (folders::CONFIG_FILE, config.into_os_string()),
        (folders::CACHE_DIR, cache.into_os_string()),
        ("PATH", path),
    ];
    if let Some(kubeconfig) = &app.options.kubeconfig {
        variables.push(("KUBECONFIG", kubeconfig.clone().into_os_string()));
    }
    Ok(variables)
}

/// Creates a config file with a session.
fn sign_in(app: &App, host: &Foreground, config: &Path) -> io::Result<()> {
    let granted = host.sign_in().ok_or_else(|| io::Error::other("could not create the user of the host"))?;
    let address = Address::new(&format!("http://{}", host.address()), false).map_err(io::Error::other)?;
    let lifetime = u64::try_from(granted.expires_in.as_millis()).unwrap_or(u64::MAX);
    let session = NewSession {
        address: &address,
        user: &granted.user,
        context: None,
        access: &Zeroizing::new(granted.access),
        refresh: Some(&Zeroizing::new(granted.refresh)),
        expires: UnixTime(UnixTime::now().0.saturating_add(lifetime)),
        ca_file: None,
        allow_http: false,
    };
    session::begin(&ConfigFile::shared(config.to_owned(), true), &session, app.patience())
        .map(drop)
        .map_err(io::Error::other)
}

fn failed(what: &str, error: &io::Error) -> Failure {
    let mut failure = Failure::new(exit::HOST_FAILURE, format!("could not use {what}"));
    failure.causes.push(error.to_string());
    failure
}
