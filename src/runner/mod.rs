//! L3: running a command that has been found.
//!
//! A [`Way`] of running is a module with one [`Runner`], and [`of`] is the only place that knows which:
//!
//! * [`mod@exec`]: this process becomes the plugin;
//! * [`proxy`]: requests through the API server's proxy;
//! * [`container`]: this process becomes a container runtime;
//! * [`native`]: a library, in a process of this binary that waits for it.
//!
//! What they share:
//!
//! * [`RunContext`]: what a runner asks of the run that it is part of;
//! * [`event`]: what it tells meanwhile, and the sink that takes it;
//! * [`known`]: what a plugin offers;
//! * [`completion`]: what it answers to TAB; `words`: as the plugin declares it;
//! * [`check`] and [`compatibility`]: why a command that was found may not run;
//! * [`environment`]: what a plugin finds in its environment.
//!
//! To add a way: a folder with a `Runner`, an arm in [`of`], a variant of [`Way`]. This engine must not know how the
//! command was found (`discovery`, `index`, `resolve`), nor print.

pub mod check;
pub mod compatibility;
pub mod completion;
pub mod container;
pub mod environment;
pub mod event;
pub mod exec;
pub mod known;
pub mod native;
pub mod proxy;
mod words;

use crate::error::{ExitCode, Failure, exit};
use crate::model::{CleanText, Command, Origin, Warning, Way};
use crate::sys::Environment;
use completion::CompletionResult;
use container::error::ContainerError;
use container::lookup::ImageLookup;
use container::options::ContainerOptions;
pub use environment::Surroundings;
use everestctl_protocol::sidecar::{Credentials, Sidecar};
pub use known::PluginApi;
use native::error::LibraryFault;
use native::task::Task;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// One way of running commands.
pub trait Runner: Sync {
    /// Why `command` cannot run in this way; nothing is started for it.
    fn check(&self, command: &Command) -> Result<(), Failure>;

    /// Runs `command` with `arguments`, or says what is to be done first. `warn` gets what the user should know.
    fn run(
        &self,
        context: &dyn RunContext,
        command: &Command,
        arguments: &[OsString],
        warn: &mut dyn FnMut(Warning),
    ) -> Result<NextStep, Failure>;

    /// What may follow `typed`, where `current` has begun. `None` when nobody can know, as by default: nothing is started for
    /// TAB.
    fn complete(
        &self,
        _context: &dyn RunContext,
        _command: &Command,
        _typed: &[OsString],
        _current: &OsStr,
    ) -> Option<CompletionResult> {
        None
    }

    /// What a manual page of `command` is made of; by default, what it says of itself. `None` when there is nothing.
    fn manual(&self, context: &dyn RunContext, command: Command) -> Option<Manual> {
        Some(Manual::Described(Box::new(context.described(command))))
    }
}

/// What is left to do when no process has become the plugin.
#[derive(Debug, PartialEq, Eq)]
pub enum NextStep {
    /// The plugin declares its arguments: they are parsed, and [`proxy::Invocation`] runs what they ask for.
    Parse,
    /// The plugin has run, and this is its exit code.
    Ended(ExitCode),
    /// The user is asked whether the image may run, which is another one than before; this says so.
    AcceptImage(Box<ContainerError>),
    /// This process is the child that a library is loaded in; whatever it was before, it is that now, and ends with it.
    Load(Box<LoadStep>),
}

/// What is left to do in the child that a library is loaded in.
#[derive(Debug, PartialEq, Eq)]
pub struct LoadStep {
    /// What the child is for.
    pub task: Task,
    /// Its environment variables.
    pub environment: Environment,
}

/// What a manual page is made of.
#[derive(Debug)]
pub enum Manual {
    /// What the command says of itself.
    Described(Box<Command>),
    /// The commands that the plugin declares.
    Declared(Box<Command>, PluginApi),
}

/// What a runner asks of the run that it is part of; `app` answers.
pub trait RunContext {
    /// The environment variables.
    fn environment(&self) -> &Environment;
    /// What surrounds the plugin `name`, which gets a token if its `credentials` say so.
    fn surroundings(&self, name: &str, credentials: Credentials) -> Result<Surroundings, Failure>;
    /// What surrounds the plugin `name` in a container: the user's token is there, for some minutes at least.
    fn surroundings_of_container(
        &self,
        name: &str,
        warn: &mut dyn FnMut(Warning),
    ) -> Result<Surroundings, Failure>;
    /// How the container of the plugin `name` is to be run.
    fn container(&self, name: &str) -> Result<ContainerOptions, Failure>;
    /// The ID of the image that ran by this name.
    fn image_that_ran(&self, image: &str) -> Option<CleanText>;
    /// Remembers which image runs by this name.
    fn remember_image(&self, image: &str, id: &CleanText, warn: &mut dyn FnMut(Warning));
    /// What a runtime last said to the question that these parts are.
    fn image_lookup(&self, question: &[Vec<u8>]) -> Option<ImageLookup>;
    /// Keeps what it says now.
    fn keep_image_lookup(&self, question: &[Vec<u8>], lookup: &ImageLookup);
    /// What the executable `origin`, which is at `path`, needs and may have, as its sidecar says. Fails if it was installed and
    /// is not what was installed.
    fn terms(&self, origin: &Origin, path: &Path, warn: &mut dyn FnMut(Warning)) -> Result<Sidecar, Failure>;
    /// The sidecar of the executable at `path`.
    fn sidecar(&self, path: &Path) -> Sidecar;
    /// What the library at `path` says of itself; it is asked, if that is not known.
    fn native_metadata(&self, path: &Path) -> Result<Sidecar, LibraryFault>;
    /// The same, if it is known.
    fn known_native_metadata(&self, path: &Path) -> Option<Sidecar>;
    /// Fails if the library `origin` was installed and is not what was installed.
    fn is_as_installed(&self, origin: &Origin) -> Result<(), Failure>;
    /// Fails if the policy of this machine does not let `command` run.
    fn is_allowed(&self, command: &Command) -> Result<(), Failure>;
    /// Whether a library is loaded by this process itself, for a debugger.
    fn runs_in_process(&self) -> bool;
    /// `command` with what its sidecar says.
    fn described(&self, command: Command) -> Command;
    /// The executable that completes the arguments of the plugin `name`.
    fn completer(&self, name: &str) -> Option<PathBuf>;
    /// What the plugin of a server offers, without asking it.
    fn known(&self, command: &Command) -> Option<PluginApi>;
}

/// The runner of a way.
pub fn of(way: Way) -> &'static dyn Runner {
    match way {
        Way::Exec => &exec::ExecRunner,
        Way::Proxy => &proxy::ProxyRunner,
        Way::Native => &native::NativeRunner,
        Way::Container => &container::ContainerRunner,
    }
}

/// Runs `command` in its way.
pub fn run(
    context: &dyn RunContext,
    command: &Command,
    arguments: &[OsString],
    warn: &mut dyn FnMut(Warning),
) -> Result<NextStep, Failure> {
    check::is_ready(command)?;
    let Some(way) = command.way() else {
        return Err(check::cannot_run(command.name().as_str(), "has no commands"));
    };
    let runner = of(way);
    runner.check(command)?;
    context.is_allowed(command)?;
    runner.run(context, command, arguments, warn)
}

/// Whether the flags of containers are for `command`.
pub fn is_container(command: &Command) -> bool {
    command.way() == Some(Way::Container)
}

/// Whether `--in-process` is for `command`.
pub fn is_native(command: &Command) -> bool {
    command.way() == Some(Way::Native)
}

/// A failure of everestctl, with an exit code that differs from the plugin's.
fn before_the_plugin(failure: Failure) -> Failure {
    let exit_code = if failure.exit_code == exit::FAILURE { exit::HOST_FAILURE } else { failure.exit_code };
    Failure { exit_code, ..failure }
}
