//! `everestctl plugin run`.

use crate::cli::completer::Completer;
use crate::cli::{CommandResult, native_child, server_command, with_image_accepted, words};
use crate::error::{ExitCode, Failure, exit};
use crate::model::{Command, Source, Way};
use crate::ops::App;
use crate::ops::plugin_run::{PluginRunOutcome, PluginRunRequest, run as run_plugin};
use crate::runner::container::options::{ContainerOptions, ImageConsent, MountMode, PullPolicy};
use crate::term::Streams;
use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser};
use std::ffi::OsString;

/// Run a command from a specific source
#[derive(Debug, clap::Args)]
pub struct PluginRunArgs {
    /// Source of the command
    #[arg(long, value_parser = super::source())]
    source: Option<Source>,
    /// Way to run it
    #[arg(long, value_parser = super::way())]
    way: Option<Way>,
    /// Load a native library into this process, for a debugger
    #[arg(long)]
    in_process: bool,
    /// Name of the command
    #[arg(add = Completer::Commands)]
    name: String,
    /// Arguments, passed to it unchanged; `--` before those that start with a dash
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
    // The last ones: a heading is also that of what follows.
    #[command(flatten)]
    container: ContainerArgs,
}

/// How a command that is an image runs.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Containers")]
struct ContainerArgs {
    /// Container runtime: podman, docker, nerdctl, or a path [default: the first that is installed]
    #[arg(long, value_name = "PROGRAM", value_parser = NonEmptyStringValueParser::new())]
    runtime: Option<String>,
    /// When to pull the image [default: missing]
    #[arg(long, value_name = "WHEN", value_parser = pull_policy())]
    pull: Option<PullPolicy>,
    /// Program to run in the container instead of the image's own
    #[arg(long, value_name = "PROGRAM", value_parser = NonEmptyStringValueParser::new())]
    entrypoint: Option<String>,
    /// Mount the current directory, read-only or writable
    #[arg(long, value_name = "MODE", num_args = 0..=1, require_equals = true, default_missing_value = "ro",
        value_parser = mount_mode())]
    mount_cwd: Option<MountMode>,
    /// Mount the current directory, writable
    #[arg(long = "mount-cwd:rw", hide = true, conflicts_with = "mount_cwd")]
    mount_cwd_writable: bool,
    /// Pass a variable of the environment to the container (repeatable)
    #[arg(long, value_name = "NAME", value_parser = variable_name)]
    env: Vec<String>,
    /// Run the image even if its name stood for another one before
    #[arg(long)]
    accept_image: bool,
}

fn pull_policy() -> impl TypedValueParser<Value = PullPolicy> {
    PossibleValuesParser::new(PullPolicy::ALL.map(|(word, _)| word)).try_map(|word| {
        let found = PullPolicy::ALL.into_iter().find(|(other, _)| *other == word);
        found.map(|(_, policy)| policy).ok_or("unknown word")
    })
}

fn mount_mode() -> impl TypedValueParser<Value = MountMode> {
    let modes = [MountMode::ReadOnly, MountMode::Writable];
    PossibleValuesParser::new(modes.map(MountMode::as_str))
        .try_map(move |word| modes.into_iter().find(|mode| mode.as_str() == word).ok_or("unknown word"))
}

/// The name of a variable: a value would be on a command line, where others can read it.
fn variable_name(text: &str) -> Result<String, String> {
    let is_name = !text.is_empty() && text.chars().all(|one| one.is_ascii_alphanumeric() || one == '_');
    if is_name {
        return Ok(text.to_owned());
    }
    Err("pass the name of a variable only; its value comes from the environment".to_owned())
}

impl ContainerArgs {
    fn options(self) -> ContainerOptions {
        let writable = self.mount_cwd_writable.then_some(MountMode::Writable);
        ContainerOptions {
            runtime: self.runtime,
            pull: self.pull.unwrap_or_default(),
            entrypoint: self.entrypoint,
            mount: self.mount_cwd.or(writable),
            variables: self.env,
            consent: if self.accept_image { ImageConsent::Any } else { ImageConsent::Ask },
            ..ContainerOptions::default()
        }
    }
}

pub(super) fn run(streams: &mut Streams, app: &App, args: PluginRunArgs) -> CommandResult {
    let PluginRunArgs { source, way, in_process, container, name, arguments } = args;
    let mut words = words(&[name])?;
    let Some(name) = words.pop() else { return Err(Failure::new(exit::USAGE, "missing plugin name")) };
    let request = PluginRunRequest { name, source, way, arguments };
    let mut options = app.options.clone();
    options.container = container.options();
    options.in_process = in_process;
    let app = app.with_options(options);
    let command = match started(streams, &app, &request)? {
        Started::Declared(command) => command,
        Started::Ended(code) => return Ok(code),
    };
    let typed = request.name.to_string();
    server_command(streams, &app, (&command, &typed), &request.arguments, &|app| match run_plugin(
        app,
        &request,
        &mut |_| {},
    )? {
        PluginRunOutcome::Declared(command) => Ok(*command),
        PluginRunOutcome::AcceptImage(change) => Err((*change).into()),
        PluginRunOutcome::Ended(_) | PluginRunOutcome::Load(_) => {
            Err(Failure::new(exit::USAGE, "conflicting flags"))
        }
    })
}

/// What came of it, once the user was asked what there is to ask.
enum Started {
    /// The command's arguments are to be parsed.
    Declared(Box<Command>),
    /// It has run.
    Ended(ExitCode),
}

fn started(streams: &mut Streams, app: &App, request: &PluginRunRequest) -> Result<Started, Failure> {
    match run_plugin(app, request, &mut |problem| streams.problem(&problem))? {
        PluginRunOutcome::Declared(command) => Ok(Started::Declared(command)),
        PluginRunOutcome::Ended(code) => Ok(Started::Ended(code)),
        PluginRunOutcome::Load(step) => native_child::become_one(*step),
        PluginRunOutcome::AcceptImage(change) => {
            let options = with_image_accepted(streams, app, *change)?;
            started(streams, &app.with_options(options), request)
        }
    }
}
