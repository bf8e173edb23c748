//! What a local plugin says of its own arguments, in the protocol that its sidecar names.
//!
//! A failure is no answer.

use crate::model::{Command, OriginPlace, bundled};
use crate::runner::RunContext;
use crate::runner::completion::{self, Completions, DEFAULT, NO_FILES};
use crate::runner::words;
use crate::sys::process;
use everestctl_protocol::sidecar::{Completion, Sidecar};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

/// How long a plugin may think about its answer.
const PATIENCE: Duration = Duration::from_millis(200);
/// The variable by which a test of shells gives it as long as a busy machine needs. A release build does not know it.
const UNHURRIED: &str = "EVERESTCTL_TEST_UNHURRIED";

/// What a local plugin says of its own arguments, in the protocol that its sidecar names; else the shell may
/// offer file names.
pub fn by_plugin(
    context: &dyn RunContext,
    command: &Command,
    typed: &[OsString],
    current: &OsStr,
) -> Completions {
    let files = Completions { values: Vec::new(), directive: DEFAULT };
    let Some(path) = &command.first().path else { return files };
    let name = command.name().as_str();
    let sidecar = match bundled::find(name).filter(|_| command.first().place == OriginPlace::Bundled) {
        Some(bundled) => Sidecar { completion: bundled.completion, ..Sidecar::default() },
        None => context.sidecar(path),
    };
    let line = || typed.iter().map(OsString::as_os_str).chain([current]).map(OsStr::to_owned);
    let answer = match sidecar.completion {
        Completion::None => None,
        Completion::Cobra => {
            let arguments: Vec<OsString> =
                std::iter::once(OsString::from("__complete")).chain(line()).collect();
            run(context, path, &arguments, None).map(|text| Completions::from_cobra(&text))
        }
        Completion::Companion => context
            .completer(name)
            .and_then(|path| run(context, &path, &line().collect::<Vec<_>>(), None))
            .map(|text| Completions::from_cobra(&text)),
        Completion::Clap => {
            // What clap's own script for fish says: `VALUE<TAB>DESCRIPTION` comes back.
            let name = path.file_name().unwrap_or_default().to_owned();
            let arguments: Vec<OsString> = [OsString::from("--"), name].into_iter().chain(line()).collect();
            run(context, path, &arguments, Some(("COMPLETE", "fish".into())))
                .map(|text| Completions { values: completion::values(&text), directive: NO_FILES })
        }
        Completion::Words => Some(words::of_metadata(&sidecar, typed, current)),
    };
    answer.unwrap_or(files)
}

fn run(
    context: &dyn RunContext,
    path: &Path,
    arguments: &[OsString],
    more: Option<(&str, OsString)>,
) -> Option<String> {
    let environment = context.environment();
    let is_unhurried = cfg!(debug_assertions) && environment.text(UNHURRIED).is_some();
    let patience = if is_unhurried { Duration::from_mins(1) } else { PATIENCE };
    let environment = environment.changed(more, &[UNHURRIED]);
    let output = process::answer_of_file(path, arguments, &environment, patience).ok()?;
    Some(String::from_utf8_lossy(&output).into_owned())
}
