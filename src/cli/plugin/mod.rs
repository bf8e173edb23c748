//! `everestctl plugin …`.

mod api;
mod apply;
mod bundle;
mod catalog;
mod dev;
mod diff;
mod enable;
mod events;
mod extension;
mod info;
mod install;
mod installed;
mod lint;
mod list;
mod lock;
mod new;
mod pack;
mod policy;
mod push;
mod refresh;
mod run;
mod search;
mod server_plugin;
mod sign;
mod signer_args;
mod test;
mod which;

use super::CommandResult;
use crate::model::{Source, Way};
use crate::ops::App;
use crate::term::Streams;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// The commands below `plugin`.
#[expect(
    missing_docs,
    reason = "the help of a command is the doc comment of its arguments, which this would replace"
)]
#[derive(Debug, clap::Subcommand)]
pub enum PluginCommand {
    #[command(visible_alias = "ls")]
    List(list::PluginListArgs),
    Which(which::PluginWhichArgs),
    Info(info::PluginInfoArgs),
    New(new::PluginNewArgs),
    Dev(dev::PluginDevArgs),
    Search(search::PluginSearchArgs),
    Catalog(catalog::PluginCatalogArgs),
    Run(run::PluginRunArgs),
    Refresh(refresh::PluginRefreshArgs),
    Api(api::PluginApiArgs),
    Events(events::PluginEventsArgs),
    #[command(visible_alias = "add")]
    Install(install::PluginInstallArgs),
    #[command(visible_alias = "update")]
    Upgrade(install::PluginUpgradeArgs),
    Outdated(install::PluginOutdatedArgs),
    Diff(diff::PluginDiffArgs),
    #[command(visible_alias = "rm", alias = "uninstall", alias = "delete")]
    Remove(installed::PluginRemoveArgs),
    Rollback(installed::PluginRollbackArgs),
    History(installed::PluginHistoryArgs),
    Pin(installed::PluginPinArgs),
    Unpin(installed::PluginUnpinArgs),
    Verify(installed::PluginVerifyArgs),
    Lock(lock::PluginLockArgs),
    Sync(lock::PluginSyncArgs),
    Policy(policy::PluginPolicyArgs),
    Lint(lint::PluginLintArgs),
    Test(test::PluginTestArgs),
    Pack(pack::PluginPackArgs),
    Sign(sign::PluginSignArgs),
    Push(push::PluginPushArgs),
    Export(bundle::PluginExportArgs),
    Import(bundle::PluginImportArgs),
    Apply(apply::PluginApplyArgs),
    Enable(enable::PluginEnableArgs),
    Disable(enable::PluginDisableArgs),
}

/// Runs one of them.
pub fn run(streams: &mut Streams, app: &App, command: PluginCommand) -> CommandResult {
    match command {
        PluginCommand::List(args) => list::run(streams, app, args),
        PluginCommand::Which(args) => which::run(streams, app, &args),
        PluginCommand::Info(args) => info::run(streams, app, &args),
        PluginCommand::Dev(args) => dev::run(streams, app, args),
        PluginCommand::New(args) => new::run(streams, app, args),
        PluginCommand::Search(args) => search::run(streams, app, &args),
        PluginCommand::Catalog(args) => catalog::run(streams, app, &args),
        PluginCommand::Run(args) => run::run(streams, app, args),
        PluginCommand::Refresh(args) => refresh::run(streams, app, &args),
        PluginCommand::Api(args) => api::run(streams, app, args),
        PluginCommand::Events(args) => events::run(streams, app, args),
        PluginCommand::Install(args) => install::install(streams, app, &args),
        PluginCommand::Upgrade(args) => install::upgrade(streams, app, &args),
        PluginCommand::Outdated(args) => install::outdated(streams, app, &args),
        PluginCommand::Diff(args) => diff::run(streams, app, &args),
        PluginCommand::Remove(args) => installed::remove(streams, app, &args),
        PluginCommand::Rollback(args) => installed::rollback(streams, app, &args),
        PluginCommand::History(args) => installed::history(streams, app, &args),
        PluginCommand::Pin(installed::PluginPinArgs { name }) => installed::pin(streams, app, &name, true),
        PluginCommand::Unpin(installed::PluginUnpinArgs { name }) => {
            installed::pin(streams, app, &name, false)
        }
        PluginCommand::Verify(args) => installed::verify(streams, app, &args),
        PluginCommand::Lock(args) => lock::lock(streams, app, &args),
        PluginCommand::Sync(args) => lock::sync(streams, app, &args),
        PluginCommand::Export(args) => bundle::export(streams, app, &args),
        PluginCommand::Import(args) => bundle::import(streams, app, &args),
        PluginCommand::Policy(args) => policy::run(streams, app, &args),
        PluginCommand::Lint(args) => lint::run(streams, app, &args),
        PluginCommand::Test(args) => test::run(streams, app, args),
        PluginCommand::Pack(args) => pack::run(streams, app, &args),
        PluginCommand::Sign(args) => sign::run(streams, app, &args),
        PluginCommand::Push(args) => push::run(streams, app, &args),
        PluginCommand::Apply(args) => apply::run(streams, app, &args),
        PluginCommand::Enable(args) => enable::enable(streams, app, &args),
        PluginCommand::Disable(args) => enable::disable(streams, app, &args),
    }
}

/// How clap reads a source.
fn source() -> impl TypedValueParser<Value = Source> {
    PossibleValuesParser::new(Source::ALL.map(Source::as_str))
        .try_map(|word| Source::from_word(&word).ok_or("unknown source"))
}

/// How clap reads a way.
fn way() -> impl TypedValueParser<Value = Way> {
    PossibleValuesParser::new(Way::ALL.map(Way::as_str))
        .try_map(|word| Way::from_word(&word).ok_or("unknown way"))
}
