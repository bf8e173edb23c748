//! What TAB gets of a container: what its author declares, and what its own program says, where the author says that it
//! answers.
//!
//! Nothing is pulled, and only an image runs that has run before. It has no network, no variables, no token and nothing that
//! the user adds to a run. It is ended by the runtime, and so is one that is late: a runtime that is killed while it starts a
//! container leaves it behind. A runtime that cannot end a container by itself is not asked.

use super::arguments::ContainerRun;
use super::image_of;
use super::runtime::ContainerRuntime;
use crate::model::{CleanText, Command, DeclaredWords};
use crate::runner::completion::{Completions, NO_FILES};
use crate::runner::{RunContext, words};
use crate::sys::process;
use std::ffi::{OsStr, OsString};
use std::time::Duration;

/// How long the container may think about its answer.
const PATIENCE: Duration = Duration::from_millis(200);
/// When the runtime ends the container, in seconds: of the runtimes only podman does that.
const ENDED: &str = "--timeout=2";

/// What may follow `typed`; `None` where the author declares nothing.
pub(super) fn answer(
    context: &dyn RunContext,
    command: &Command,
    typed: &[OsString],
    current: &OsStr,
) -> Option<Completions> {
    let declared: &DeclaredWords = command.find(|origin| origin.words.as_deref())?;
    let own = declared.has_completer.then(|| by_container(context, command, typed, current)).flatten();
    own.or_else(|| {
        let lines = declared.lines.iter().map(|(line, text)| (line.as_str(), text.as_str()));
        let found = words::following(lines, typed, &current.to_string_lossy());
        // The container sees no file of the user's.
        Some(Completions { directive: NO_FILES, ..found })
    })
}

/// What the program of the container says by cobra's `__complete`; `None` where it does not say in time.
fn by_container(
    context: &dyn RunContext,
    command: &Command,
    typed: &[OsString],
    current: &OsStr,
) -> Option<Completions> {
    let options = context.container(command.name().as_str()).ok()?;
    let image: CleanText = context.image_that_ran(image_of(command).ok()?.as_str())?;
    let runtime =
        ContainerRuntime::find(options.runtime.as_deref(), command.name(), context.environment()).ok()?;
    if runtime.name != "podman" {
        return None;
    }
    let more = [ENDED, "--network=none", "--log-driver=none"].map(str::to_owned).to_vec();
    let run = ContainerRun { image: image.to_string(), more, ..ContainerRun::default() };
    let line = std::iter::once("__complete".into()).chain(typed.iter().cloned()).chain([current.to_owned()]);
    let arguments = run.arguments(&line.collect::<Vec<OsString>>());
    let said = process::answer_or_leave(&runtime.path, &arguments, context.environment(), PATIENCE).ok()?;
    Some(Completions::from_cobra(&String::from_utf8_lossy(&said)))
}
