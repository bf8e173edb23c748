//! The way `container`: the image of a `Plugin` resource (`spec.cli.image`) in podman, docker or nerdctl, which this
//! process becomes, so that the terminal, signals and exit codes are those of the runtime's own `run`.
//!
//! * [`options`]: what the user says of containers;
//! * [`runtime`]: which runtime there is, and what it says of images; [`lookup`]: as long as that holds;
//! * `arguments`: its command line; pure;
//! * `complete`: what TAB gets;
//! * [`error`]: why a container does not start.
//!
//! What was looked at is what runs: the image is named by its ID, or by the digest that its author names it by. The ID that ran first is remembered; a name that stands
//! for another one is not run before the user agrees. It must not know where that is remembered.

mod arguments;
mod complete;
pub mod error;
pub mod lookup;
pub mod options;
pub mod runtime;

use super::{NextStep, RunContext, Runner, Surroundings, before_the_plugin, check};
use crate::error::Failure;
use crate::model::{CleanText, Command, Warning};
use crate::runner::completion::CompletionResult;
use crate::runner::exec::replace;
use arguments::ContainerRun;
use error::{ContainerError, this_architecture, this_machine};
use everestctl_protocol::environment as variable;
use lookup::ImageLookup;
use options::{ContainerOptions, PullPolicy};
use runtime::{ContainerRuntime, LocalImage};
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _};
use std::net::IpAddr;
use std::path::Path;
use url::{Host, Url};

/// The runner of this way.
pub struct ContainerRunner;

/// What would run, for who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerFacts {
    /// The runtime.
    pub runtime: String,
    /// What there is of the image on this machine.
    pub image: Option<LocalImage>,
}

impl Runner for ContainerRunner {
    fn check(&self, command: &Command) -> Result<(), Failure> {
        image_of(command).map(drop)
    }

    fn run(
        &self,
        context: &dyn RunContext,
        command: &Command,
        arguments: &[OsString],
        warn: &mut dyn FnMut(Warning),
    ) -> Result<NextStep, Failure> {
        let options = context.container(command.name().as_str())?;
        let name = image_of(command)?;
        let runtime =
            ContainerRuntime::find(options.runtime.as_deref(), command.name(), context.environment())?;
        let before = context.image_that_ran(name.as_str());
        let pinned = before.is_some() && is_pinned(name.as_str()) && options.pull != PullPolicy::Always;
        let image = if pinned { None } else { Some(present(context, &runtime, &name, &options, warn)?) };
        if let (Some(before), Some(image)) = (before, &image)
            && before != image.id
            && !options.consent.allows(&image.id)
        {
            let (plugin, image, now) = (command.name().clone(), name, image.id.clone());
            return Ok(NextStep::AcceptImage(Box::new(ContainerError::Changed {
                plugin,
                image,
                before,
                now,
            })));
        }
        let mut surroundings =
            context.surroundings_of_container(command.name().as_str(), warn).map_err(before_the_plugin)?;
        let host_network = reach(&mut surroundings, &options, warn);
        let added = variables(surroundings);
        let names = added.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| (*name).to_owned());
        let run = ContainerRun {
            image: image
                .as_ref()
                .map_or_else(|| options.pulled_from(name.as_str()), |image| image.id.to_string()),
            may_pull: image.is_none() && options.pull == PullPolicy::Missing,
            terminal: io::stdin().is_terminal() && io::stdout().is_terminal(),
            init: runtime.has_init(),
            host_network,
            variables: names.chain(options.variables.iter().cloned()).collect(),
            mount: options.mount.map(|mode| Ok::<_, ContainerError>((here()?, mode))).transpose()?,
            entrypoint: options.entrypoint.clone(),
            more: options.arguments.clone(),
        };
        // Before the start, since there is no after.
        if let Some(image) = &image {
            context.remember_image(name.as_str(), &image.id, warn);
        }
        Err(replace::exec(&runtime.path, &run.arguments(arguments), &added).into())
    }

    fn complete(
        &self,
        context: &dyn RunContext,
        command: &Command,
        typed: &[OsString],
        current: &OsStr,
    ) -> Option<CompletionResult> {
        complete::answer(context, command, typed, current).map(CompletionResult::Answer)
    }
}

/// What would run of `command`. Starts the runtime to ask it.
pub fn facts(context: &dyn RunContext, command: &Command) -> Result<ContainerFacts, Failure> {
    let options = context.container(command.name().as_str())?;
    let name = image_of(command)?;
    let runtime = ContainerRuntime::find(options.runtime.as_deref(), command.name(), context.environment())?;
    let image = runtime.image(&options.pulled_from(name.as_str()))?;
    Ok(ContainerFacts { runtime: runtime.name, image })
}

/// The image of `command`. What is no name of an image, a runtime could take for an option.
fn image_of(command: &Command) -> Result<CleanText, Failure> {
    let plugin = command.name().as_str();
    let image = command.find(|origin| origin.image.clone());
    let image = image.ok_or_else(|| check::cannot_run(plugin, "has no image"))?;
    let is_name = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text.chars().all(|one| one.is_ascii_alphanumeric() || "._-/:@".contains(one))
    };
    if is_name(image.as_str()) {
        return Ok(image);
    }
    Err(check::cannot_run(plugin, &format!("has an invalid image: `{image}`")))
}

/// Whether the name says which image it is, whoever has it: then nothing has to be looked at once it has run.
fn is_pinned(image: &str) -> bool {
    const DIGITS: usize = 64;
    let digest = image.rsplit_once("@sha256:").map_or("", |(_, digest)| digest);
    digest.len() == DIGITS && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The image on this machine, once it was pulled where that is wanted.
fn present(
    context: &dyn RunContext,
    runtime: &ContainerRuntime<'_>,
    name: &CleanText,
    options: &ContainerOptions,
    warn: &mut dyn FnMut(Warning),
) -> Result<LocalImage, ContainerError> {
    let place = options.pulled_from(name.as_str());
    let here = if options.pull == PullPolicy::Always { None } else { image_here(context, runtime, &place)? };
    let image = match here {
        Some(image) => image,
        None if options.pull == PullPolicy::Never => {
            return Err(ContainerError::NotPulled { image: name.clone(), runtime: runtime.name.clone() });
        }
        None => {
            warn(Warning::general(format!("pulling image {}", CleanText::new(&place))));
            runtime.pull(&place)?;
            let absent = || ContainerError::NotPulled { image: name.clone(), runtime: runtime.name.clone() };
            runtime.image(&place)?.ok_or_else(absent)?
        }
    };
    let built_for = image.architecture.as_deref();
    if built_for.is_some_and(|built| built != this_architecture() && !is_emulated(built)) {
        return Err(ContainerError::AnotherMachine { image: name.clone(), machine: this_machine() });
    }
    Ok(image)
}

/// The image of this name on this machine. The runtime is not asked where it is known to say the same as the last time.
fn image_here(
    context: &dyn RunContext,
    runtime: &ContainerRuntime<'_>,
    place: &str,
) -> Result<Option<LocalImage>, ContainerError> {
    let Some(question) = lookup::question(runtime, place) else { return runtime.image(place) };
    let before = context.image_lookup(&question);
    if let Some(known) = before.as_ref().filter(|known| known.holds()) {
        return Ok(Some(known.image.clone()));
    }
    let (image, made) = ImageLookup::make(runtime, before, || runtime.image(place))?;
    if let Some(made) = made {
        context.keep_image_lookup(&question, &made);
    }
    Ok(image)
}

/// Whether this machine runs programs of another architecture, by an emulator that the kernel knows.
fn is_emulated(architecture: &str) -> bool {
    let name = match architecture {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        "386" => "i386",
        other => other,
    };
    Path::new("/proc/sys/fs/binfmt_misc").join(format!("qemu-{name}")).exists()
}

/// Makes a server on this machine reachable from inside: by the network of the machine, where the runtime runs on it, else
/// by the name that the runtimes of other systems have for it. Whether the network is shared.
fn reach(surroundings: &mut Surroundings, options: &ContainerOptions, warn: &mut dyn FnMut(Warning)) -> bool {
    let Some(host) = &surroundings.host else { return false };
    let Ok(mut url) = Url::parse(host) else { return false };
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    };
    let says_network = options.arguments.iter().any(|argument| argument.starts_with("--net"));
    if !is_local || says_network {
        return false;
    }
    let how = if cfg!(target_os = "linux") {
        "the container shares the network of this machine"
    } else if url.set_host(Some("host.docker.internal")).is_ok() {
        surroundings.host = Some(url.to_string());
        "the container reaches it as host.docker.internal"
    } else {
        return false;
    };
    if surroundings.verbose > 0 {
        warn(Warning::general(format!("the server is on this machine: {how}")));
    }
    cfg!(target_os = "linux")
}

/// What a container gets of what surrounds a plugin: no path of this machine is in it.
fn variables(surroundings: Surroundings) -> Vec<(&'static str, Option<OsString>)> {
    let of_this_machine = [variable::PATH, variable::KUBECONFIG];
    surroundings.variables().into_iter().filter(|(name, _)| !of_this_machine.contains(name)).collect()
}

/// The current directory, as a mount names it.
#[expect(clippy::disallowed_methods, reason = "the user asks for it with --mount-cwd")]
fn here() -> Result<std::path::PathBuf, ContainerError> {
    match std::env::current_dir() {
        Ok(folder) if !folder.to_string_lossy().contains(':') => Ok(folder),
        _ => Err(ContainerError::Unmountable),
    }
}
