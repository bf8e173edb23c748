//! The process that a native library is loaded in, as far as it prints: progress, and why the library cannot run.

use super::conclude;
use crate::error::{ExitCode, exit};
use crate::ops::native_child::{self, ChildServices};
use crate::runner::LoadStep;
use crate::runner::native::child;
use crate::runner::native::task::{self, Task};
use crate::sys::{Environment, process};
use crate::term::Streams;
use crate::term::progress::ProgressLine;
use std::ffi::OsString;
use std::io::Write as _;

/// The words that say what such a process is for; `None` for every other process.
pub(super) fn words(arguments: &[OsString]) -> Option<&[OsString]> {
    task::is_child(arguments)
}

/// Is such a process.
pub(super) fn run(words: &[OsString], environment: &Environment) -> ExitCode {
    Task::from_arguments(words).map_or(exit::USAGE, |task| perform(task, environment))
}

/// Becomes such a process, in a child without a program of its own. Nothing of what it was before goes on, or is put away: that
/// is for its parent to do.
#[expect(clippy::exit, reason = "a forked child has nobody to return to")]
pub(super) fn become_one(step: LoadStep) -> ! {
    std::process::exit(u8::from(perform(step.task, &step.environment)).into())
}

fn perform(task: Task, environment: &Environment) -> ExitCode {
    match task {
        Task::Metadata(path) => {
            // What the library itself writes while it is loaded is not the answer.
            let Ok(mut output) = process::take_output() else { return exit::HOST_FAILURE };
            match output.write_all(&child::metadata(&path)) {
                Ok(()) => exit::SUCCESS,
                Err(_) => exit::HOST_FAILURE,
            }
        }
        Task::Run { parent, name, path, arguments } => {
            let services = ChildServices::new(environment.clone(), &name, progress(environment.clone()));
            let ran = child::run(parent, &name, &path, &arguments, Box::new(services));
            let ending = ran.map(ExitCode::from).map_err(Into::into);
            conclude(&mut Streams::from_process(environment), ending)
        }
    }
}

/// Shows how far a plugin is, where somebody sees it.
fn progress(environment: Environment) -> native_child::Progress {
    let mut line = None;
    Box::new(move |message, done, total| {
        let mut streams = Streams::from_process(&environment);
        if !streams.is_watched() {
            return;
        }
        let line = line.get_or_insert_with(|| ProgressLine::new(&streams));
        if total == Some(done) {
            line.clear();
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "a percentage needs no 53 bits")]
        let percent = total.map(|total| done as f64 / total as f64 * 100.0);
        line.state(&mut streams, message, percent);
    })
}
