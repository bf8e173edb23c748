//! The way `native`: a library of this machine, by the C interface of `everestctl_plugin.h`.
//!
//! * `library`: loading it, and its descriptor;
//! * `host`: the functions that it calls, and [`services`]: what they do;
//! * [`child`]: the process that it is loaded in, `fork`: the quick way to it, and [`task`]: what it is for;
//! * [`metadata`]: what it says of itself, asked in such a process;
//! * [`error`]: why it does not run.
//!
//! A library is loaded only in a process of this binary that exists for it, so that a crash is an error message and a hang ends. The
//! process before it waits, and passes signals and the exit code on. Here alone, and in the SDK, is `unsafe` code.

pub mod child;
pub mod error;
mod fork;
mod host;
mod library;
pub mod metadata;
pub mod services;
pub mod task;

use super::completion::CompletionResult;
use super::{LoadStep, NextStep, RunContext, Runner, before_the_plugin, check, compatibility, words};
use crate::error::Failure;
use crate::model::{Command, Warning};
use crate::runner::exec::replace;
use crate::sys::process;
use crate::sys::program::ChildProgram;
use crate::sys::supervision::{self, Ending};
use error::NativeError;
use fork::Fork;
use std::ffi::{OsStr, OsString};
use task::Task;

/// The runner of this way.
pub struct NativeRunner;

impl Runner for NativeRunner {
    fn check(&self, command: &Command) -> Result<(), Failure> {
        check::file_of(command.name().as_str(), command.first()).map(drop)
    }

    fn run(
        &self,
        context: &dyn RunContext,
        command: &Command,
        arguments: &[OsString],
        _warn: &mut dyn FnMut(Warning),
    ) -> Result<NextStep, Failure> {
        let name = command.name().as_str();
        let path = check::file_of(name, command.first())?;
        context.is_as_installed(command.first())?;
        let unusable = |fault| NativeError::Unusable { path: path.to_owned(), fault };
        let metadata = context.native_metadata(path).map_err(unusable)?;
        compatibility::check(name, &metadata)?;
        let surroundings = context.surroundings(name, metadata.credentials).map_err(before_the_plugin)?;
        let added = surroundings.variables();
        let not_started = |error| NativeError::NotStarted { plugin: name.to_owned(), error };
        // For a debugger nobody waits.
        let parent = (!context.runs_in_process()).then(std::process::id);
        let task =
            Task::Run { parent, name: name.to_owned(), path: path.to_owned(), arguments: arguments.to_vec() };
        let binary = || process::this_binary().map_err(not_started);
        if parent.is_none() {
            return Err(replace::exec(&binary()?, &task.to_arguments(), &added).into());
        }
        let removed: Vec<&str> =
            added.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| *name).collect();
        let set = added.iter().filter_map(|(name, value)| Some((*name, value.clone()?)));
        let environment = context.environment().changed(set, &removed);
        let ending = match fork::fork(name, &added)? {
            Some(Fork::Child) => return Ok(NextStep::Load(Box::new(LoadStep { task, environment }))),
            Some(Fork::Parent(child)) => supervision::stand_in_for(child),
            None => {
                let program = ChildProgram::new(binary()?, &environment).arguments(task.to_arguments());
                supervision::stand_in(program.reading_our_input())
            }
        };
        match ending.map_err(not_started)? {
            Ending::Exited(code) => Ok(NextStep::Ended(code.into())),
            Ending::Killed(number) => {
                supervision::end_by(number);
                let (plugin, signal) = (name.to_owned(), supervision::signal_name(number));
                Err(if supervision::is_crash(number) {
                    NativeError::Crashed { plugin, signal, number }.into()
                } else {
                    NativeError::Killed { plugin, signal, number }.into()
                })
            }
        }
    }

    /// By the words that it declares, if they are known: nothing is loaded for TAB.
    fn complete(
        &self,
        context: &dyn RunContext,
        command: &Command,
        typed: &[OsString],
        current: &OsStr,
    ) -> Option<CompletionResult> {
        let metadata = context.known_native_metadata(command.first().path.as_deref()?).unwrap_or_default();
        Some(CompletionResult::Answer(words::of_metadata(&metadata, typed, current)))
    }
}
