//! A plugin that is a process: an executable, or a library or an image that everestctl runs.
//!
//! * `help`, `usage`: what it says; `streams`, `terminal`, `signals`: how it says it, and how it ends;
//! * `secrets`, `places`, `processes`: what it leaves behind; `completion`: TAB; `author_says`: plugin-test.yaml;
//! * `seen`: what was seen, in words; `cluster`: where everestctl finds an image.
//!
//! Each run has a home, a current and a temporary folder of its own, a session without the user's terminal, a server that is not there, and
//! an everestctl that gives a token of ours and refuses everything else: nothing of the user's is reached.

mod author_says;
mod cluster;
mod completion;
mod help;
mod places;
mod processes;
mod secrets;
mod seen;
mod signals;
mod streams;
mod terminal;
mod usage;

use super::ConformanceError;
use super::checks::Check;
use super::declared::Declared;
use super::report::ConformanceReport;
use super::suite::{self, Probe, Selection};
use crate::model::quoted;
use crate::sys::trial::{End, Seen, Trial};
use crate::sys::{Environment, files};
use cluster::StandInCluster;
use everestctl_protocol::sidecar::{Credentials, Sidecar};
use everestctl_protocol::{environment as variable, version};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A server that is not there, and a proxy that is not there either.
const NOWHERE: &str = "http://127.0.0.1:9";
/// How long the first run of an image may take, which is perhaps pulled.
const FIRST_RUN: Duration = Duration::from_mins(5);
/// What would make a run depend on who runs it, beside what is everestctl's.
const NOT_INHERITED: &[&str] = &[
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    "COLUMNS",
    "LINES",
    "PAGER",
    "LC_ALL",
    "LC_CTYPE",
    "LC_MESSAGES",
    "LANGUAGE",
    "KUBECONFIG",
    "CI",
    "RUST_BACKTRACE",
    "RUST_LOG",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "PYTHONUNBUFFERED",
];

/// What runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessKind {
    /// The file itself.
    Executable,
    /// everestctl, which loads the file.
    Library,
    /// everestctl, which has a container runtime run the image of a manifest.
    Image,
}

impl ProcessKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Executable => "executable",
            Self::Library => "library",
            Self::Image => "image",
        }
    }
}

/// A plugin that was found.
#[derive(Clone, Debug)]
pub struct FoundPlugin {
    /// Its name, as it is typed.
    pub name: String,
    /// Its file.
    pub file: PathBuf,
    /// What runs.
    pub kind: ProcessKind,
    /// What it says of itself.
    pub sidecar: Sidecar,
    /// Of an image, the `Plugin` resource that names it.
    pub manifest: Option<serde_json::Value>,
}

/// A plugin that is tried.
pub struct LocalPlugin {
    found: FoundPlugin,
    declared: Declared,
    environment: Environment,
    everestctl: PathBuf,
    scratch: TempDir,
    token: String,
    _cluster: Option<StandInCluster>,
    runs: AtomicUsize,
    help: OnceLock<Seen>,
    help_again: OnceLock<Seen>,
    exercised: OnceLock<Vec<Exercise>>,
}

/// The folders of one run.
struct RunFolders {
    root: PathBuf,
}

impl RunFolders {
    fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }
}

/// A run of what is known to do no harm.
struct Exercise {
    /// What was run, for people.
    line: String,
    /// Which command of plugin-test.yaml it was.
    declared: Option<usize>,
    /// Where.
    place: RunFolders,
    /// What was seen.
    seen: Seen,
}

const GROUPS: [&[Probe<LocalPlugin>]; 10] = [
    help::PROBES,
    usage::PROBES,
    streams::PROBES,
    terminal::PROBES,
    signals::PROBES,
    secrets::PROBES,
    places::PROBES,
    completion::PROBES,
    author_says::PROBES,
    processes::PROBES,
];

/// Runs all checks of `found` that are wanted; `everestctl` is this program.
pub fn check(
    found: FoundPlugin,
    declared: Declared,
    environment: &Environment,
    everestctl: &Path,
    only: &[&'static Check],
) -> Result<ConformanceReport, ConformanceError> {
    let start = Instant::now();
    let plugin = LocalPlugin::new(found, declared, environment, everestctl)?;
    let selection = Selection { only, skipped: &plugin.declared.skip, secret: &plugin.token };
    let outcomes = match plugin.obstacle() {
        Some(why) => suite::skipped(&GROUPS, selection, &why),
        None => suite::run(&plugin, &GROUPS, selection),
    };
    Ok(ConformanceReport::new(&plugin.found.name, plugin.found.kind.as_str(), outcomes, start.elapsed()))
}

/// The ids of the checks that there are here, for a test of the table.
#[cfg(test)]
pub(super) fn ids() -> Vec<&'static str> {
    GROUPS.iter().copied().flatten().map(|probe| probe.check.id).collect()
}

impl LocalPlugin {
    fn new(
        found: FoundPlugin,
        declared: Declared,
        environment: &Environment,
        everestctl: &Path,
    ) -> Result<Self, ConformanceError> {
        let scratch = files::temporary_folder("everestctl-test-").map_err(ConformanceError::Scratch)?;
        let path = scratch.path().canonicalize().map_err(ConformanceError::Scratch)?;
        let end = path.file_name().unwrap_or_default().to_string_lossy().replace("everestctl-test-", "");
        let token = format!("token-of-the-test-{end}");
        let kept = environment.only(|name| {
            let text = name.to_string_lossy();
            let is_proxy = text.to_lowercase().ends_with("_proxy");
            !text.starts_with("EVEREST") && !is_proxy && !NOT_INHERITED.iter().any(|other| name == *other)
        });
        let stand_in = path.join("bin").join("everestctl");
        let prepared = files::make_private_folder(&path.join("bin"))
            // It becomes private, and executable, from what everybody can read.
            .and_then(|()| files::replace_public(&stand_in, stand_in_text(&path, &token).as_bytes()))
            .and_then(|()| files::make_private(&stand_in, 0o700));
        prepared.map_err(ConformanceError::Scratch)?;
        let text = |value: &str| OsString::from(value);
        let mut variables = vec![
            ("LANG", text("C.UTF-8")),
            ("TERM", text("xterm-256color")),
            (variable::HOST, text(NOWHERE)),
            (variable::NAMESPACE, text("everest")),
        ];
        match found.kind {
            ProcessKind::Executable => variables.extend([
                (variable::PATH, stand_in.into_os_string()),
                (variable::PLUGIN, text(&found.name)),
                (variable::PROTOCOL, text(&version::PROTOCOL.to_string())),
                (variable::FEATURES, text(&version::FEATURES.join(" "))),
                (variable::CONTEXT, text("test")),
            ]),
            ProcessKind::Library | ProcessKind::Image => variables.extend([
                ("EVERESTCTL_PLUGIN_DIR", found.file.parent().unwrap_or(Path::new("/")).into()),
                ("EVERESTCTL_CACHE_DIR", path.join("cache").into_os_string()),
                ("EVEREST_CONFIG", path.join("config.yaml").into_os_string()),
            ]),
        }
        let mut cluster = None;
        if let Some(manifest) = &found.manifest {
            let started = StandInCluster::start(manifest).map_err(ConformanceError::Scratch)?;
            let kubeconfig = path.join("kubeconfig");
            files::replace(&kubeconfig, started.kubeconfig().as_bytes())
                .map_err(ConformanceError::Scratch)?;
            variables.push(("KUBECONFIG", kubeconfig.into_os_string()));
            cluster = Some(started);
        }
        if found.sidecar.credentials == Credentials::Env || found.kind != ProcessKind::Executable {
            variables.push((variable::TOKEN, text(&token)));
        }
        Ok(Self {
            environment: kept.changed(variables, &[]),
            found,
            declared,
            everestctl: everestctl.to_owned(),
            scratch,
            token,
            _cluster: cluster,
            runs: AtomicUsize::new(0),
            help: OnceLock::new(),
            help_again: OnceLock::new(),
            exercised: OnceLock::new(),
        })
    }

    /// Whether it is a file that runs by itself.
    fn is_executable(&self) -> bool {
        self.found.kind == ProcessKind::Executable
    }

    /// Why an image cannot be run here, if it cannot: there is no runtime, or it has no such image.
    fn obstacle(&self) -> Option<String> {
        if self.found.kind != ProcessKind::Image {
            return None;
        }
        let learn = ["plugin", "refresh", "--source", "cluster"].map(OsString::from).to_vec();
        let _ = observed(Trial { arguments: learn, ..self.trial(&[""; 0]) });
        let seen = observed(Trial { deadline: FIRST_RUN, ..self.trial(&["--help"]) });
        let text = String::from_utf8_lossy(&seen.errors).into_owned();
        let error = text.lines().find(|line| line.starts_with("error: "));
        let error = error.filter(|_| matches!(seen.end, End::Code(125..=127)));
        error.map(|error| format!("the image does not run here: {}", seen::excerpt(error.as_bytes())))
    }

    /// Folders for one run.
    fn place(&self) -> RunFolders {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let place = RunFolders { root: self.scratch.path().join(number.to_string()) };
        for folder in [place.home(), place.work(), place.temporary()] {
            // A run without its folder fails by itself, and says so.
            let _ = files::make_private_folder(&folder);
        }
        place
    }

    /// A run in `place`, with these words behind the plugin's name.
    fn trial_in(&self, place: &RunFolders, words: &[impl AsRef<OsStr>]) -> Trial {
        let words = words.iter().map(|word| word.as_ref().to_owned());
        let (program, arguments): (&Path, Vec<OsString>) = if self.is_executable() {
            (&self.found.file, words.collect())
        } else {
            (&self.everestctl, self.found.name.split(' ').map(OsString::from).chain(words).collect())
        };
        let folders = [("HOME", place.home()), ("TMPDIR", place.temporary())];
        // A runtime has its images in the user's home.
        let folders = folders.into_iter().filter(|_| self.found.kind != ProcessKind::Image);
        let environment =
            self.environment.changed(folders.map(|(name, path)| (name, path.into_os_string())), &[]);
        let trial = Trial::new(program, arguments, environment, &place.work());
        Trial { deadline: self.patience(trial.deadline), ..trial }
    }

    /// How long something may take that takes a program so long: a container runtime has its own work to do, and a busy machine with it.
    fn patience(&self, program: Duration) -> Duration {
        if self.found.kind == ProcessKind::Image { program * 5 } else { program }
    }

    /// A run with these words, in folders of its own.
    fn trial(&self, words: &[impl AsRef<OsStr>]) -> Trial {
        self.trial_in(&self.place(), words)
    }

    /// What `--help` shows.
    fn help(&self) -> &Seen {
        self.help.get_or_init(|| observed(self.trial(&["--help"])))
    }

    /// What it shows the next time.
    fn help_again(&self) -> &Seen {
        self.help_again.get_or_init(|| observed(self.trial(&["--help"])))
    }

    /// A command line for people.
    fn line(&self, words: &[impl AsRef<OsStr>]) -> String {
        let words = words.iter().map(|word| {
            let text = word.as_ref().to_string_lossy();
            let cut: String = text.chars().take(60).collect();
            if cut.len() < text.len() { format!("{}…", quoted(&cut)) } else { quoted(&cut) }
        });
        std::iter::once(format!("everestctl {}", self.found.name)).chain(words).collect::<Vec<_>>().join(" ")
    }

    /// Everything that does no harm, run once, with the command lines of all processes.
    fn exercised(&self) -> &[Exercise] {
        self.exercised.get_or_init(|| {
            let plain = [&["--help"][..], &["no-such-command"], &["--no-such-flag"]];
            let plain = plain.map(|words| (None, words.iter().map(OsString::from).collect(), String::new()));
            let declared = self.declared.commands.iter().enumerate().filter(|(_, command)| !command.long);
            let declared = declared.map(|(at, command)| (Some(at), command.words(), command.input.clone()));
            let runs = plain.into_iter().chain(declared);
            let exercise = |(declared, words, input): (Option<usize>, Vec<OsString>, String)| {
                let place = self.place();
                let mut trial = self.trial_in(&place, &words);
                trial.watches_lines = true;
                if !input.is_empty() {
                    trial.input = crate::sys::trial::Feed::Text(input.into_bytes());
                }
                Exercise { line: self.line(&words), declared, seen: observed(trial), place }
            };
            runs.map(exercise).collect()
        })
    }
}

/// An everestctl that gives `token` and refuses everything else; it notes what it is asked.
fn stand_in_text(folder: &Path, token: &str) -> String {
    format!(
        "#!/bin/sh\nprintf '%s\\n' \"$*\" >> '{}/asked'\ncase $* in\n  *'auth token'*) echo '{token}' ;;\n  \
         *) echo 'error: not signed in' >&2; exit 4 ;;\nesac\n",
        folder.display()
    )
}

/// Runs it; one that cannot even be started ends with 127 and the reason.
fn observed(trial: Trial) -> Seen {
    let terminal = trial.terminal.is_some();
    trial.run().unwrap_or_else(|error| Seen {
        end: End::Code(127),
        output: if terminal { error.to_string().into_bytes() } else { Vec::new() },
        errors: error.to_string().into_bytes(),
        took: Duration::ZERO,
        lines: std::collections::BTreeSet::new(),
        left: Vec::new(),
        terminal_is_as_before: true,
    })
}
