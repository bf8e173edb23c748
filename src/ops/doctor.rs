//! `doctor`: everything that everestctl needs on this machine and from its server, looked at once, each with what to do
//! about it.
//!
//! It changes nothing, and must not know terminals: what only they know is added by the command line.

use super::auth::SessionCheck;
use super::{App, auth};
use crate::app::native_metadata::LibraryQuery;
use crate::app::refresh::{self, SourceResult, Trigger};
use crate::app::remote_identity;
use crate::error::Failure;
use crate::model::{CleanText, Source, bundled, quoted};
use crate::ops::complete::SCRIPTS;
use crate::sys::files::{self, FileFacts};
use crate::sys::{process, program};
use serde::{Serialize, Serializer};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What was looked at. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct DoctorReport {
    /// Each thing, in the order in which one depends on the other.
    pub items: Vec<DoctorCheck>,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub struct DoctorCheck {
    /// What it is.
    pub check: &'static str,
    /// Whether it is as it should be.
    pub status: CheckStatus,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// Whether something is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckStatus {
    /// It is.
    Ok,
    /// It works, and something is missing that makes it better.
    Warning,
    /// It does not work.
    Failed,
}

impl CheckStatus {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

impl Serialize for CheckStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl DoctorCheck {
    /// As it should be.
    pub fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, status: CheckStatus::Ok, detail: detail.into(), remedy: None }
    }

    /// Not quite.
    pub fn warning(check: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status: CheckStatus::Warning, remedy: Some(remedy.into()), ..Self::ok(check, detail) }
    }

    /// Not at all.
    pub fn failed(check: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status: CheckStatus::Failed, ..Self::warning(check, detail, remedy) }
    }
}

/// Looks at everything.
pub fn examine(app: &App) -> DoctorReport {
    let mut items = vec![binary(), development_host(app), config_file(app), cache(app)];
    items.extend(plugin_credentials(app));
    items.extend(plugin_folder(app));
    items.extend(server(app));
    items.extend(clock(app));
    items.extend(sources(app));
    items.push(completion(app));
    items.push(man_pages(app));
    items.push(pager(app));
    DoctorReport { items }
}

fn binary() -> DoctorCheck {
    match process::this_binary() {
        Ok(path) => DoctorCheck::ok(
            "program",
            format!("everestctl {} at {}", env!("CARGO_PKG_VERSION"), path.display()),
        ),
        Err(error) => {
            DoctorCheck::warning("program", error.to_string(), "install everestctl in a folder of PATH")
        }
    }
}

fn development_host(app: &App) -> DoctorCheck {
    const CHECK: &str = "development host";
    let found = bundled::BUNDLED.iter().all(|bundled| {
        crate::discovery::local::bundled::find(bundled.word).is_some_and(|origin| origin.path.is_some())
    });
    let _ = app;
    if found {
        DoctorCheck::ok(CHECK, "everestctl-host is installed")
    } else {
        DoctorCheck::warning(
            CHECK,
            "everestctl-host is not installed",
            "put everestctl-host beside everestctl for `everestctl host`",
        )
    }
}

/// What others may do with a file.
const OTHERS: u32 = 0o077;

/// Shown in a line that can be pasted.
fn shown(path: &Path) -> String {
    quoted(CleanText::new(&path.to_string_lossy()).as_str())
}

fn config_file(app: &App) -> DoctorCheck {
    const CHECK: &str = "config file";
    let Some(path) = app.folders.config_file.clone() else {
        return DoctorCheck::failed(CHECK, "this system names no home folder", "set HOME or EVEREST_CONFIG");
    };
    let place = path.display().to_string();
    match (app.target(), FileFacts::from_path(&path)) {
        (Err(Failure { message, hints, .. }), _) => DoctorCheck::failed(
            CHECK,
            message,
            hints.into_iter().next().unwrap_or_else(|| format!("edit {}", shown(&path))),
        ),
        (Ok((_, Some(problem))), _) => {
            let remedy = problem.hint.unwrap_or_else(|| format!("edit or remove {}", shown(&path)));
            DoctorCheck::failed(CHECK, problem.message, remedy)
        }
        (_, Err(error)) if error.kind() == std::io::ErrorKind::NotFound => DoctorCheck::warning(
            CHECK,
            format!("{place} does not exist yet"),
            "everestctl auth login --server URL",
        ),
        (_, Err(error)) => {
            DoctorCheck::failed(CHECK, format!("{place}: {error}"), format!("ls -l {}", shown(&path)))
        }
        (Ok(_), Ok(facts)) if facts.mode & OTHERS != 0 => DoctorCheck::failed(
            CHECK,
            format!("{place} can be read by others, and it holds tokens"),
            format!("chmod 600 {}", shown(&path)),
        ),
        (Ok(_), Ok(_)) => DoctorCheck::ok(CHECK, place),
    }
}

/// The file of plugins' credentials, where there is one.
fn plugin_credentials(app: &App) -> Option<DoctorCheck> {
    const CHECK: &str = "plugin credentials";
    let file = app.config_file()?.credentials_beside();
    let place = file.path().display().to_string();
    let facts = match FileFacts::from_path(file.path()) {
        Err(error) if files::is_absent(&error) => return None,
        Err(error) => {
            let remedy = format!("ls -l {}", shown(file.path()));
            return Some(DoctorCheck::failed(CHECK, format!("{place}: {error}"), remedy));
        }
        Ok(facts) => facts,
    };
    if facts.mode & OTHERS != 0 {
        let remedy = format!("chmod 600 {}", shown(file.path()));
        return Some(DoctorCheck::failed(CHECK, format!("{place} can be read by others"), remedy));
    }
    Some(match file.read() {
        Ok(stored) => DoctorCheck::ok(CHECK, format!("{} stored in {place}", stored.keys().count())),
        Err(error) => {
            let Failure { message, hints, .. } = error.into();
            let remedy = hints.into_iter().next().unwrap_or_else(|| format!("ls -l {}", shown(file.path())));
            DoctorCheck::failed(CHECK, message, remedy)
        }
    })
}

fn cache(app: &App) -> DoctorCheck {
    const CHECK: &str = "cache folder";
    let Some(folder) = &app.folders.cache else {
        return DoctorCheck::warning(CHECK, "this system names no cache folder", "set EVERESTCTL_CACHE_DIR");
    };
    match files::make_private_folder(folder) {
        Ok(()) => DoctorCheck::ok(CHECK, folder.display().to_string()),
        Err(error) => DoctorCheck::failed(
            CHECK,
            format!("{}: {error}", folder.display()),
            "set EVERESTCTL_CACHE_DIR to a folder of your own",
        ),
    }
}

/// The local plugins, and why some of them cannot run.
fn plugin_folder(app: &App) -> Vec<DoctorCheck> {
    const CHECK: &str = "local plugins";
    let (names, problems) = remote_identity::scan(app, LibraryQuery::Wanted);
    let count = names.origins().filter(|origin| origin.source == Source::Local).count();
    let folder = app.folders.plugins.as_ref().map(|folder| folder.display().to_string()).unwrap_or_default();
    let mut checks = vec![DoctorCheck::ok(CHECK, format!("{count} in {folder} and on PATH"))];
    let bad = names.origins().filter_map(|origin| match &origin.state {
        crate::model::OriginState::Invalid { why, hint } => Some(DoctorCheck::failed(
            CHECK,
            format!("{}: {why}", origin.name),
            hint.clone().unwrap_or_else(|| format!("everestctl plugin info {}", origin.name)),
        )),
        _ => None,
    });
    checks.extend(bad);
    checks.extend(problems.into_iter().map(|problem| {
        DoctorCheck::warning(
            CHECK,
            problem.message,
            problem.hint.unwrap_or_else(|| "everestctl plugin list".to_owned()),
        )
    }));
    checks
}

/// The server, and the session there.
fn server(app: &App) -> Vec<DoctorCheck> {
    if app.options.offline {
        return vec![DoctorCheck::warning(
            "server",
            "not checked with --offline",
            "run it again without --offline",
        )];
    }
    let status = match auth::status(app) {
        Ok(status) => status,
        Err(failure) => {
            let remedy =
                failure.hints.into_iter().next().unwrap_or_else(|| "everestctl auth status".to_owned());
            return vec![DoctorCheck::failed("server", failure.message, remedy)];
        }
    };
    let Some(server) = status.server else {
        return vec![DoctorCheck::warning("server", "none is set up", "everestctl auth login --server URL")];
    };
    let version = status.server_version.map(|version| format!(", version {version}")).unwrap_or_default();
    let user = status.user.unwrap_or_default();
    match status.problem.filter(|_| status.check != SessionCheck::Passed) {
        None => {
            let until = status.expires_at.map(|moment| format!(", token until {moment}")).unwrap_or_default();
            let renewed = if status.renewable { ", renewed automatically" } else { "" };
            vec![
                DoctorCheck::ok("server", format!("{server}{version}")),
                DoctorCheck::ok("session", format!("signed in as {user}{until}{renewed}")),
            ]
        }
        Some(problem) => {
            let remedy = problem.hint.unwrap_or_else(|| "everestctl auth status".to_owned());
            if status.check == SessionCheck::SignInNeeded {
                vec![
                    DoctorCheck::ok("server", server),
                    DoctorCheck::failed("session", problem.message, remedy),
                ]
            } else {
                vec![DoctorCheck::failed("server", problem.message, remedy)]
            }
        }
    }
}

/// How far the clocks of this machine and of the server are apart: tokens are valid until a moment.
fn clock(app: &App) -> Option<DoctorCheck> {
    const CHECK: &str = "clock";
    /// More is a mistake of one of the two.
    const MOST: Duration = Duration::from_secs(30);
    if app.options.offline {
        return None;
    }
    let apart = auth::clock_difference(app)?;
    Some(if apart <= MOST {
        DoctorCheck::ok(CHECK, "as on the server")
    } else {
        DoctorCheck::failed(
            CHECK,
            format!("{} s apart from the server's", apart.as_secs()),
            "set the clock of this machine or of the server, for example with chronyd or timedatectl",
        )
    })
}

/// The plugins of the server and of the cluster.
fn sources(app: &App) -> Vec<DoctorCheck> {
    let Ok(remote) = app.remote() else { return Vec::new() };
    if app.options.offline {
        return Vec::new();
    }
    let refreshed = refresh::refresh(app, &remote, &[Source::Server, Source::Cluster], Trigger::Explicit);
    let name =
        |source: Source| if source == Source::Server { "server plugins" } else { "Kubernetes cluster" };
    let mut checks = Vec::new();
    if !remote.is_configured(Source::Cluster) {
        let problem = refreshed.problems.iter().find(|problem| problem.source == Some(Source::Cluster));
        checks.push(match problem {
            Some(problem) => DoctorCheck::failed(
                "kubeconfig",
                problem.message.clone(),
                problem.hint.clone().unwrap_or_else(|| "kubectl config view".to_owned()),
            ),
            None => DoctorCheck::ok("kubeconfig", "none, which is fine with an OpenEverest server"),
        });
    }
    for (source, outcome) in &refreshed.outcomes {
        let problem = refreshed.problems.iter().find(|problem| problem.source == Some(*source));
        let said = problem.map(|problem| problem.message.clone()).unwrap_or_default();
        let remedy = problem.and_then(|problem| problem.hint.clone());
        checks.push(match (outcome, source) {
            (SourceResult::Failed { .. }, Source::Cluster) => DoctorCheck::warning(
                name(*source),
                said,
                remedy.unwrap_or_else(|| "kubectl cluster-info".to_owned()),
            ),
            (SourceResult::Failed { .. }, _) => DoctorCheck::failed(
                name(*source),
                said,
                remedy.unwrap_or_else(|| "everestctl auth status".to_owned()),
            ),
            (answered, _) => DoctorCheck::ok(name(*source), answered.to_string()),
        });
    }
    let names = remote.names(app.store().as_ref());
    let down =
        names.described.iter().filter_map(|(name, described)| Some((name, described.failed.as_ref()?)));
    checks.extend(down.map(|(name, why)| {
        DoctorCheck::warning(
            "server plugins",
            format!("{name}: {why}"),
            format!("everestctl plugin refresh {name}"),
        )
    }));
    checks
}

/// Whether TAB is set up in the user's shell.
fn completion(app: &App) -> DoctorCheck {
    const CHECK: &str = "completion";
    let shell = app.environment.text("SHELL").and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let Some((shell, _)) = SCRIPTS.iter().find(|(name, _)| *name == shell) else {
        return DoctorCheck::warning(CHECK, "the shell is not known", "everestctl completion --help");
    };
    let home = app.environment.text("HOME").map(PathBuf::from).unwrap_or_default();
    let (starts, scripts): (&[&str], &[&str]) = match *shell {
        "bash" => (
            &[".bashrc", ".bash_profile", ".profile", ".bash_completion"],
            &[
                ".local/share/bash-completion/completions/everestctl",
                "/usr/share/bash-completion/completions/everestctl",
                "/etc/bash_completion.d/everestctl",
            ],
        ),
        "zsh" => (
            &[".zshrc", ".zprofile", ".zshenv"],
            &[
                ".zfunc/_everestctl",
                "/usr/share/zsh/vendor-completions/_everestctl",
                "/usr/share/zsh/site-functions/_everestctl",
                "/usr/local/share/zsh/site-functions/_everestctl",
            ],
        ),
        "fish" => (
            &[".config/fish/config.fish"],
            &[
                ".config/fish/completions/everestctl.fish",
                "/usr/share/fish/vendor_completions.d/everestctl.fish",
            ],
        ),
        "elvish" => (&[".config/elvish/rc.elv", ".elvish/rc.elv"], &[]),
        _ => (&[".config/powershell/profile.ps1"], &[]),
    };
    let mentions = |file: &&&str| {
        let text = files::read(&home.join(file), LARGEST).unwrap_or_default();
        String::from_utf8_lossy(&text).contains("everestctl completion")
    };
    let is_there = |file: &&&str| FileFacts::from_path(&home.join(file)).is_ok();
    if let Some(file) = starts.iter().find(mentions).or_else(|| scripts.iter().find(is_there)) {
        return DoctorCheck::ok(CHECK, format!("{shell}, by {}", home.join(file).display()));
    }
    let remedy = match *shell {
        "bash" => "echo 'source <(everestctl completion bash)' >> ~/.bashrc".to_owned(),
        "zsh" => "mkdir -p ~/.zfunc && everestctl completion zsh > ~/.zfunc/_everestctl, with ~/.zfunc in fpath".to_owned(),
        "fish" => "mkdir -p ~/.config/fish/completions && everestctl completion fish > ~/.config/fish/completions/everestctl.fish".to_owned(),
        shell => format!("everestctl completion {shell}"),
    };
    DoctorCheck::warning(CHECK, format!("not set up for {shell}"), remedy)
}

/// No start file of a shell is larger.
const LARGEST: u64 = 1024 * 1024;

fn man_pages(app: &App) -> DoctorCheck {
    const PATIENCE: Duration = Duration::from_secs(2);
    let found =
        process::answer_of("man", &["-w".to_owned(), "everestctl".to_owned()], &app.environment, PATIENCE);
    match found {
        Ok(_) => DoctorCheck::ok("man pages", "installed"),
        Err(_) => DoctorCheck::warning(
            "man pages",
            "not installed",
            "`everestctl help --man NAME` shows them without installation",
        ),
    }
}

fn pager(app: &App) -> DoctorCheck {
    const CHECK: &str = "pager";
    let wanted = app.environment.text("EVERESTCTL_PAGER").or_else(|| app.environment.text("PAGER"));
    let wanted = wanted.unwrap_or("less");
    let word = wanted.split_whitespace().next().unwrap_or("cat");
    match program::find(word, &app.environment) {
        Some(path) => DoctorCheck::ok(CHECK, path.display().to_string()),
        None => DoctorCheck::warning(
            CHECK,
            format!("{} is not installed", quoted(word)),
            "install less, or set PAGER to another program or to cat",
        ),
    }
}
