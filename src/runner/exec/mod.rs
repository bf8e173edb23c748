//! Becoming the plugin that was found, or saying why not.

pub mod replace;

use super::Surroundings;
use crate::app::World;
use crate::discovery::local::sidecar;
use crate::error::{Failure, exit};
use crate::model::Command;
use crate::model::{Origin, Problem, State, Way, quoted};
use crate::sys::process;
use everestctl_protocol::environment as variable;
use everestctl_protocol::sidecar::Credentials;
use replace::exec;
use std::convert::Infallible;
use std::ffi::OsString;
use std::path::Path;

/// Runs `command` with `arguments`. Comes back only when that fails.
pub fn begin(
    world: &World,
    command: &Command,
    arguments: &[OsString],
    warn: &mut dyn FnMut(Problem),
) -> Result<Infallible, Failure> {
    let name = command.name().as_str();
    refuse_what_cannot_run(command)?;
    match command.way() {
        Some(Way::Exec) => become_executable(world, command.first(), name, arguments, warn),
        Some(way) => Err(unsupported(name, way)),
        None => Err(cannot_run(name, "offers no commands")),
    }
}

/// Hands the whole invocation to the Go CLI, `everestctl-core`.
pub fn begin_core(
    world: &World,
    core: &Origin,
    whole: &[OsString],
    warn: &mut dyn FnMut(Problem),
) -> Result<Infallible, Failure> {
    refuse_what_cannot_run(&Command::new(core.clone()))?;
    become_executable(world, core, "core", whole, warn)
}

fn become_executable(
    world: &World,
    origin: &Origin,
    name: &str,
    arguments: &[OsString],
    warn: &mut dyn FnMut(Problem),
) -> Result<Infallible, Failure> {
    let Some(path) = &origin.path else { return Err(cannot_run(name, "has no file")) };
    let surroundings = surroundings(world, path, name, warn).map_err(before_the_plugin)?;
    Err(exec(path, arguments, &surroundings.variables()).into())
}

/// A failure of ours, which nobody must take for one of the plugin.
fn before_the_plugin(failure: Failure) -> Failure {
    let exit_code = if failure.exit_code == exit::FAILURE { exit::HOST_FAILURE } else { failure.exit_code };
    Failure { exit_code, ..failure }
}

/// What the plugin finds in its environment. A token only when its sidecar asks for one.
fn surroundings(
    world: &World,
    path: &Path,
    name: &str,
    warn: &mut dyn FnMut(Problem),
) -> Result<Surroundings, Failure> {
    let (target, _) = world.target()?;
    let options = &world.options;
    let exported = world.environment.os(variable::TOKEN).is_some();
    let inherited_token_is_foreign =
        exported && !target.has_token_of_environment() && target.server.is_some();
    let mut token = None;
    if target.token.is_some() {
        match sidecar::read(path) {
            Ok(Some(sidecar)) if sidecar.credentials == Credentials::Env => {
                token = crate::app::token_of(world, &target)?;
            }
            Ok(_) => {}
            Err(problem) => warn(problem),
        }
    }
    Ok(Surroundings {
        everestctl: process::this_binary().ok(),
        plugin: name.to_owned(),
        context: target.context,
        host: target.server,
        token,
        inherited_token_is_foreign,
        cluster: target.cluster,
        namespace: target.namespace,
        kubeconfig: options.kubeconfig.clone(),
        output: options.output().map(str::to_owned),
        verbose: options.verbose,
        offline: options.offline,
        color: options.color,
    })
}

/// Says why a command that was found may not or cannot run.
pub fn refuse_what_cannot_run(command: &Command) -> Result<(), Failure> {
    let name = command.name().as_str();
    let more = format!("everestctl plugin info {name}");
    Err(match command.state() {
        State::Ready => return Ok(()),
        State::NotExecutable => {
            let path = command.first().path.as_deref();
            let failure = cannot_run(name, "is not executable");
            match path {
                Some(path) => failure.hint(format!("chmod +x {}", quoted(&path.to_string_lossy()))),
                None => failure,
            }
        }
        State::Invalid { why, hint } => {
            let failure = cannot_run(name, &format!("may not run: {why}"));
            match hint {
                Some(hint) => failure.hint(hint),
                None => failure.hint(more),
            }
        }
        State::Disabled => cannot_run(name, "is disabled on the server").hint(more),
        State::Incompatible(why) => cannot_run(name, &format!("does not fit this server: {why}")).hint(more),
        State::NoCommands => cannot_run(name, "offers no commands").hint(more),
    })
}

fn unsupported(name: &str, way: Way) -> Failure {
    let why = way.missing_in_this_build().unwrap_or("it runs in another way");
    let failure = cannot_run(name, &format!("runs as {way}: {why}"));
    failure.hint(format!("everestctl plugin info {name}"))
}

fn cannot_run(name: &str, why: &str) -> Failure {
    Failure::new(exit::CANNOT_RUN, format!("`{name}` {why}"))
}
