//! The policy of this machine, and what it says of a command that was found.

use super::App;
use crate::error::Failure;
use crate::install::error::InstallError;
use crate::install::generations::Generations;
use crate::install::policy::{PluginPolicy, PolicySubject, SYSTEM_FILE, USER_FILE, VARIABLE};
use crate::model::{Command, Origin, OriginPlace};
use std::path::PathBuf;

/// The files that say something, as far as they are there: the administrator's, the user's, and that of this run.
pub fn files(app: &App) -> Vec<PathBuf> {
    let own = app.folders.config_file.as_ref().map(|file| file.with_file_name(USER_FILE));
    let of_run = app.environment.os(VARIABLE).map(PathBuf::from);
    [Some(PathBuf::from(SYSTEM_FILE)), own, of_run].into_iter().flatten().collect()
}

/// The policy of this machine.
pub(super) fn read(app: &App) -> Result<PluginPolicy, InstallError> {
    if let Some(named) = app.environment.os(VARIABLE).map(PathBuf::from)
        && !named.exists()
    {
        // What was named for this run and is not there was meant to say something.
        return Err(InstallError::UnusablePolicy {
            path: named,
            why: crate::model::CleanText::new("there is no such file"),
        });
    }
    PluginPolicy::read(&files(app))
}

/// Fails if `command` may not run. Where there is no policy, this costs a look for its files.
pub fn check(app: &App, command: &Command) -> Result<(), Failure> {
    if command.first().place == OriginPlace::Bundled {
        return Ok(());
    }
    let policy = app.plugin_policy()?;
    if policy.is_empty() {
        return Ok(());
    }
    Ok(policy.check(&subject(app, command)?)?)
}

/// What the policy has to know of `command`.
pub fn subject(app: &App, command: &Command) -> Result<PolicySubject, Failure> {
    let origin = command.first();
    let mut subject =
        PolicySubject { name: origin.name.to_string(), way: command.way(), ..PolicySubject::default() };
    if origin.place == OriginPlace::Installed {
        let data = app.folders.data.as_deref().ok_or(InstallError::NoPlace)?;
        let package = Generations::new(data).current()?.packages.remove(origin.name.as_str());
        subject.is_package = true;
        subject.source = Some(package.as_ref().map_or_else(String::new, |package| package.source.clone()));
        subject.signer = package.and_then(|package| package.signer);
    } else if command.source().is_remote() {
        subject.backend = Some(backend(app, origin)?);
    } else {
        let path = origin.path.as_ref().map(|path| path.display().to_string());
        subject.source = Some(format!("local:{}", path.unwrap_or_default()));
    }
    Ok(subject)
}

/// The address of the server whose plugin it is.
fn backend(app: &App, origin: &Origin) -> Result<String, Failure> {
    let server = match origin.place {
        OriginPlace::ApiGroup(_) => app.kubernetes_server().map(|server| server.to_string()),
        _ => app.target()?.0.server,
    };
    Ok(server.unwrap_or_default())
}
