//! The ways that this build does not have: what they would run is shown, and refused.

use super::{Manual, NextStep, RunContext, Runner, check};
use crate::error::Failure;
use crate::model::{Command, Warning, Way};
use std::ffi::OsString;

/// One of them.
pub(super) struct MissingRunner(pub(super) Way);

impl Runner for MissingRunner {
    fn check(&self, command: &Command) -> Result<(), Failure> {
        let name = command.name().as_str();
        let why = self.0.missing_in_this_build().unwrap_or("it runs another way");
        let failure = check::cannot_run(name, &format!("runs as {}: {why}", self.0));
        Err(failure.hint(format!("everestctl plugin info {name}")))
    }

    fn run(
        &self,
        _context: &dyn RunContext,
        command: &Command,
        _arguments: &[OsString],
        _warn: &mut dyn FnMut(Warning),
    ) -> Result<NextStep, Failure> {
        self.check(command).map(|()| NextStep::Parse)
    }

    fn manual(&self, _context: &dyn RunContext, _command: Command) -> Option<Manual> {
        None
    }
}
