//! Replacing this process with a local plugin, or explaining why that is not possible.

use super::World;
use crate::discovery::local::{self, sidecar};
use crate::dispatch::{Surroundings, exec};
use crate::error::{Failure, exit};
use crate::model::{CommandWord, Origin, Problem, State, Way, quoted};
use crate::resolve::Command;
use crate::sys::process;
use everestctl_protocol::environment as variable;
use everestctl_protocol::sidecar::Credentials;
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
        None => Err(cannot_run(name, "has no commands")),
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

/// Becomes a bundled plugin. It reads the global flags by the code that reads them here, so that those in front of its
/// name are handed on as they are typed, and the rest of its environment is the user's.
pub fn begin_bundled(
    origin: &Origin,
    flags: &[OsString],
    arguments: &[OsString],
) -> Result<Infallible, Failure> {
    refuse_what_cannot_run(&Command::new(origin.clone()))?;
    let name = origin.name.as_str();
    let Some(path) = &origin.path else { return Err(cannot_run(name, "has no file")) };
    // `--` ends the flags of everestctl, not those of the plugin.
    let flags = flags.strip_suffix(&[OsString::from("--")]).unwrap_or(flags);
    let everestctl = process::this_binary().ok().map(OsString::from);
    let added = [(variable::PATH, everestctl), (variable::PLUGIN, Some(name.into()))];
    Err(exec(path, &[flags, arguments].concat(), &added).into())
}

/// The program of a bundled plugin is nowhere.
pub fn not_installed(word: &CommandWord) -> Failure {
    let message = format!("`{word}` needs the program `{}{word}`, which is not installed", local::PREFIX);
    let mut failure = Failure::new(exit::NOT_FOUND, message);
    let places = local::bundled::places(word.as_str());
    failure.causes.extend(places.iter().map(|path| format!("there is no {}", path.display())));
    let failure = match places.first().and_then(|path| path.parent()) {
        Some(folder) => failure.hint(format!("put it into {}, beside everestctl", folder.display())),
        None => failure,
    };
    failure.hint("`cargo build --workspace` builds it together with everestctl")
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

/// A failure of everestctl, with an exit code that differs from the plugin's.
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
                token = super::auth::token_of(world, &target)?;
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

/// Fails with exit code 126 if the command cannot or may not run.
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
            let failure = cannot_run(name, &format!("is not allowed to run: {why}"));
            match hint {
                Some(hint) => failure.hint(hint),
                None => failure.hint(more),
            }
        }
        State::Disabled => cannot_run(name, "is disabled on the server").hint(more),
        State::Incompatible(why) => {
            cannot_run(name, &format!("is not compatible with this server: {why}")).hint(more)
        }
        State::NoCommands => cannot_run(name, "has no commands").hint(more),
    })
}

fn unsupported(name: &str, way: Way) -> Failure {
    let why = way.missing_in_this_build().unwrap_or("it runs another way");
    let failure = cannot_run(name, &format!("cannot run as {way}: {why}"));
    failure.hint(format!("everestctl plugin info {name}"))
}

fn cannot_run(name: &str, why: &str) -> Failure {
    Failure::new(exit::CANNOT_RUN, format!("`{name}` {why}"))
}
