//! Global flags that a built-in command cannot honour are refused, never ignored: who types `-n prod` means something.
//!
//! It must not know what a command does with a flag that counts.

use super::alias::AliasCommand;
use super::config::ConfigCommand;
use super::output::{NO_PLOT, NO_SARIF};
use super::plugin::PluginCommand;
use super::root::BuiltIn;
use crate::error::{Failure, exit};
use crate::ops::Options;

/// Refuses a flag that has no effect on this command.
pub(super) fn refuse(built_in: &BuiltIn, options: &Options) -> Result<(), Failure> {
    let wishes = &options.wishes;
    let goes = reach(built_in);
    let flags = [
        ("--namespace", wishes.namespace.is_some(), goes != CommandReach::Nowhere),
        ("--cluster", wishes.cluster.is_some(), goes != CommandReach::Nowhere),
        ("--all-namespaces", wishes.all_namespaces, goes == CommandReach::Server),
        ("--via", options.via.is_some(), goes == CommandReach::Server),
        ("--output", options.output.is_some(), has_report(built_in)),
        ("--json", options.json, has_report(built_in)),
    ];
    // What it passes on may have points.
    if options.output() == Some("plot") && !matches!(built_in, BuiltIn::Help(_) | BuiltIn::Plugin(_)) {
        return Err(Failure::new(exit::USAGE, NO_PLOT));
    }
    if options.output() == Some("sarif") && !has_findings(built_in) {
        return Err(Failure::new(exit::USAGE, NO_SARIF));
    }
    match flags.into_iter().find(|(_, is_typed, counts)| *is_typed && !counts) {
        Some((flag, ..)) => Err(Failure::new(exit::USAGE, format!("{flag} has no effect on this command"))
            .hint(format!("leave out {flag}"))),
        None => Ok(()),
    }
}

/// Where a command can lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CommandReach {
    /// It is about this machine only.
    Nowhere,
    /// It saves where others go.
    Saved,
    /// It asks a server, or shows what is known of one.
    Server,
}

fn reach(built_in: &BuiltIn) -> CommandReach {
    match built_in {
        BuiltIn::Config(ConfigCommand::SetContext(_)) => CommandReach::Saved,
        BuiltIn::Alias(_) | BuiltIn::Config(_) | BuiltIn::Completion(_) | BuiltIn::Version(_) => {
            CommandReach::Nowhere
        }
        // `help` passes its line on.
        BuiltIn::Plugin(_) | BuiltIn::Auth(_) | BuiltIn::Doctor(_) | BuiltIn::Help(_) => CommandReach::Server,
    }
}

/// Whether what it prints, or what it passes on, are findings.
fn has_findings(built_in: &BuiltIn) -> bool {
    matches!(built_in, BuiltIn::Plugin(PluginCommand::Lint(_) | PluginCommand::Run(_)) | BuiltIn::Help(_))
}

/// Whether it prints something that has other forms.
fn has_report(built_in: &BuiltIn) -> bool {
    match built_in {
        BuiltIn::Alias(command) => matches!(command, AliasCommand::List(_)),
        BuiltIn::Config(command) => matches!(
            command,
            ConfigCommand::GetContexts(_) | ConfigCommand::View { .. } | ConfigCommand::CurrentContext
        ),
        BuiltIn::Completion(_) => false,
        BuiltIn::Plugin(_)
        | BuiltIn::Auth(_)
        | BuiltIn::Doctor(_)
        | BuiltIn::Help(_)
        | BuiltIn::Version(_) => true,
    }
}
