//! `plugin policy`: what may be installed and run on this machine, and why.

use super::App;
use super::command_error::LIST_HINT;
use crate::app::catalog::CommandCatalog;
use crate::app::plugin_policy;
use crate::error::{ExitCode, Explain, Failure, exit};
use crate::install::error::InstallError;
use crate::install::policy::{PluginPolicy, PolicyReason, PolicySubject};
use crate::install::source::PackageSource;
use crate::model::{CleanText, CommandWord};
use crate::resolve::{RunTarget, candidates, choose};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What the policy says of a plugin or a source. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct PolicyReport {
    /// What was asked about.
    pub subject: String,
    /// Whether it may be installed, or run.
    pub allowed: bool,
    /// The policy files that there are.
    pub files: Vec<PathBuf>,
    /// What each rule says.
    pub reasons: Vec<PolicyReason>,
}

/// What was asked about is neither a command nor a source.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is neither a command nor a source of packages")]
struct UnknownSubject(CleanText);

impl Explain for UnknownSubject {
    fn exit_code(&self) -> ExitCode {
        exit::NOT_FOUND
    }

    fn hints(&self) -> Vec<String> {
        vec![LIST_HINT.to_owned()]
    }
}

/// What the policy says of `subject`: the name of a command, or a source of packages.
pub fn explain(app: &App, subject: &str) -> Result<PolicyReport, Failure> {
    let policy = app.plugin_policy()?;
    let asked = match PackageSource::from_argument(subject)? {
        PackageSource::Name(name) => of_command(app, &name)?,
        PackageSource::Path(path) => {
            let absolute = std::path::absolute(&path);
            let path = absolute.map_err(|error| InstallError::Unreadable { path, error })?;
            of_source(&path.display().to_string())
        }
        source => of_source(&source.to_string()),
    };
    let reasons = policy.reasons(&asked);
    let files = plugin_policy::files(app).into_iter().filter(|path| path.exists()).collect();
    Ok(PolicyReport {
        subject: CleanText::new(subject).to_string(),
        allowed: reasons.iter().all(|reason| reason.allowed),
        files,
        reasons,
    })
}

fn of_source(source: &str) -> PolicySubject {
    PolicySubject { name: source.to_owned(), source: Some(source.to_owned()), ..PolicySubject::default() }
}

fn of_command(app: &App, name: &str) -> Result<PolicySubject, Failure> {
    let unknown = || UnknownSubject(CleanText::new(name));
    let word = CommandWord::new(name).map_err(|_| unknown())?;
    let catalog = CommandCatalog::new(app);
    match choose(candidates(&[word], &catalog)).map(|found| found.target) {
        Some(RunTarget::Command(command)) => plugin_policy::subject(app, &command),
        _ => Err(unknown().into()),
    }
}

/// Reads a policy file as it would be read where it counts; fails if it would deny everything.
pub fn check(path: &Path) -> Result<(), Failure> {
    let path = std::path::absolute(path)
        .map_err(|error| InstallError::Unreadable { path: path.to_owned(), error })?;
    let policy = PluginPolicy::read(std::slice::from_ref(&path))?;
    if policy.is_empty() {
        let why = CleanText::new("there is no such file");
        return Err(InstallError::UnusablePolicy { path, why }.into());
    }
    Ok(())
}
