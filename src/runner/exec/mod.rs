//! The way `exec`: an executable of this machine, which this process becomes.
//!
//! * [`replace`]: becoming it;
//! * [`complete`]: what it says of its own arguments.

pub mod complete;
pub mod replace;

use super::completion::CompletionResult;
use super::{NextStep, RunContext, Runner, before_the_plugin, check, compatibility};
use crate::error::Failure;
use crate::model::{Command, Origin, Warning};
use crate::sys::process;
use everestctl_protocol::environment as variable;
use std::convert::Infallible;
use std::ffi::{OsStr, OsString};

/// The runner of this way.
pub struct ExecRunner;

impl Runner for ExecRunner {
    fn check(&self, command: &Command) -> Result<(), Failure> {
        check::file_of(command.name().as_str(), command.first()).map(drop)
    }

    fn run(
        &self,
        context: &dyn RunContext,
        command: &Command,
        arguments: &[OsString],
        warn: &mut dyn FnMut(Warning),
    ) -> Result<NextStep, Failure> {
        become_executable(context, command.first(), command.name().as_str(), arguments, warn)
            .map(|never| match never {})
    }

    fn complete(
        &self,
        context: &dyn RunContext,
        command: &Command,
        typed: &[OsString],
        current: &OsStr,
    ) -> Option<CompletionResult> {
        Some(CompletionResult::Answer(complete::by_plugin(context, command, typed, current)))
    }
}

/// Hands the whole invocation to the Go CLI, `everestctl-core`.
pub fn become_core(
    context: &dyn RunContext,
    core: &Origin,
    whole: &[OsString],
    warn: &mut dyn FnMut(Warning),
) -> Result<Infallible, Failure> {
    check::is_ready(&Command::new(core.clone()))?;
    become_executable(context, core, "core", whole, warn)
}

/// Becomes a bundled plugin. It reads the global flags by the code that reads them here, so that those before its name are handed
/// on as they are typed, and the rest of its environment is the user's.
pub fn become_bundled(
    origin: &Origin,
    flags: &[OsString],
    arguments: &[OsString],
) -> Result<Infallible, Failure> {
    check::is_ready(&Command::new(origin.clone()))?;
    let name = origin.name.as_str();
    let path = check::file_of(name, origin)?;
    // `--` ends the flags of everestctl, not those of the plugin.
    let flags = flags.strip_suffix(&[OsString::from("--")]).unwrap_or(flags);
    let everestctl = process::this_binary().ok().map(OsString::from);
    let added = [(variable::PATH, everestctl), (variable::PLUGIN, Some(name.into()))];
    Err(replace::exec(path, &[flags, arguments].concat(), &added).into())
}

fn become_executable(
    context: &dyn RunContext,
    origin: &Origin,
    name: &str,
    arguments: &[OsString],
    warn: &mut dyn FnMut(Warning),
) -> Result<Infallible, Failure> {
    let path = check::file_of(name, origin)?;
    let terms = context.terms(origin, path, warn)?;
    compatibility::check(name, &terms)?;
    let surroundings = context.surroundings(name, terms.credentials).map_err(before_the_plugin)?;
    Err(replace::exec(path, arguments, &surroundings.variables()).into())
}
