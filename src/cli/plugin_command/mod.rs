//! The commands that a server declares: parsed by what its plugin's descriptor says, sent through the proxy,
//! shown.
//!
//! * `command_group`: the clap tree of one plugin; `clap_tree`: of one of its commands;
//! * `credentials_help`: which credentials of the plugin's own a command requires;
//! * `help_page`: how its help is laid out; `search_output`: `--search`;
//! * `arguments`: what was typed for one of its commands;
//! * `defaults`: the instance and the database that nobody has typed;
//! * `run`: what the runner is asked for; `no_effect`: what is refused, since it would do nothing;
//! * `edit`, `edit_text`: commands that edit; `editor`: the user's editor; `confirmation`: the question before it;
//! * `renderer`: what it tells, as it comes; `show`: a whole body, in the form that the user asks for;
//! * `sorted_rows`: the rows of a list in another order;
//! * `stream_table`: a table whose rows come bit by bit;
//! * `rows_text`: rows side by side; `object_text`: one object, in lines;
//! * `dashes`: positional values that begin with a dash;
//! * `shell`: a shell for the plugin, where it declares one;
//! * `complete`: values for TAB that only the server knows.

mod arguments;
pub(super) mod clap_tree;
pub(super) mod command_group;
mod complete;
mod confirmation;
mod credentials_help;
mod dashes;
mod defaults;
mod edit;
mod edit_text;
mod editor;
mod help_page;
pub(crate) mod no_effect;
mod object_text;
mod plot_output;
pub(crate) mod renderer;
mod rows_text;
mod run;
mod search_output;
mod shapes;
mod shell;
pub(crate) mod show;
mod sorted_rows;
mod stream_table;
mod watch;

use super::{globals, usage};
use crate::error::{ExitCode, Failure, exit};
use crate::openapi::{ApiCommand, CommandHead, LazyDescriptor};
use crate::ops::plugin_command::{open, open_anew};
use crate::ops::{App, Options};
use crate::resolve;
use crate::runner::proxy::PluginConnection;
use crate::term::Streams;
use clap::ArgMatches;
use clap::error::{ContextKind, ContextValue, ErrorKind};
pub(super) use complete::values;
use help_page::HelpLayout;
pub(super) use help_page::TreeDetail;
pub(super) use run::run;
use std::borrow::Cow;
use std::ffi::OsString;

/// What the rest of a command line asks for.
pub enum Parsed {
    /// A command, with the options given after the name applied.
    Run(Box<PluginCommandLine>),
    /// Those flags select another server: resolve the name again.
    Elsewhere(Box<Options>),
    /// Everything has been said.
    Done(ExitCode),
}

/// A command with its arguments.
pub struct PluginCommandLine {
    plugin: PluginConnection,
    command: ApiCommand,
    matches: ArgMatches,
    /// The global options, including those after the name.
    options: Options,
}

/// The tree of what the plugin `found` offers, for these words; it is asked when that is not known.
pub fn tree_of(app: &App, found: &resolve::Command, words: &[OsString]) -> Result<clap::Command, Failure> {
    let plugin = open(app, found)?;
    Ok(command_group::tree(&plugin.name, &plugin.known, words, TreeDetail::default()))
}

/// Reads the arguments of a plugin's command; global flags work here, too.
pub fn parse(
    streams: &mut Streams,
    app: &App,
    found: &resolve::Command,
    typed: &str,
    arguments: &[OsString],
) -> Result<Parsed, Failure> {
    let plugin = open(app, found)?;
    if let Some(parsed) = parse_for(streams, app, plugin.typed_as(typed), arguments)? {
        return Ok(parsed);
    }
    // The index is damaged where the command is: the plugin is asked.
    let plugin = open_anew(app, found)?.typed_as(typed);
    let unreadable = || Failure::new(exit::FAILURE, format!("could not read the commands of `{typed}`"));
    parse_for(streams, app, plugin, arguments)?.ok_or_else(unreadable)
}

/// The same for a plugin that is known; `None` when the command could not be read.
fn parse_for(
    streams: &mut Streams,
    app: &App,
    plugin: PluginConnection,
    arguments: &[OsString],
) -> Result<Option<Parsed>, Failure> {
    let known = &plugin.known;
    let asks_for_help = arguments.iter().any(|argument| argument == "-h" || argument == "--help");
    let arguments = &*in_own_words(&known.descriptor, arguments, asks_for_help);
    let verbose = app.options.verbose > 0
        || arguments.iter().any(|argument| argument == "-v" || argument == "--verbose");
    let detail = TreeDetail { verbose, only_typed: true, layout: None };
    let mut tree = command_group::tree(&plugin.typed, known, arguments, detail);
    if known.descriptor.is_damaged() {
        return Ok(None);
    }
    let turned = help_first(&known.descriptor, arguments);
    let arguments = turned.as_deref().unwrap_or(arguments);
    let line: Vec<OsString> =
        std::iter::once(OsString::from(plugin.typed.clone())).chain(arguments.iter().cloned()).collect();
    let parsed =
        tree.try_get_matches_from_mut(&line).or_else(|error| dashes::read(&tree, &line).ok_or(error));
    let parsed = match parsed {
        Err(error) => {
            // Help, or an error: both name what is beside.
            let layout = is_help(&error).then_some(HelpLayout { width: streams.width() });
            let detail = TreeDetail { layout, only_typed: false, ..detail };
            tree = command_group::tree(&plugin.typed, known, arguments, detail);
            tree.try_get_matches_from_mut(&line)
        }
        parsed => parsed,
    };
    let matches = match parsed {
        Ok(matches) => matches,
        Err(error)
            if repeats_a_value(&error) && known.descriptor.heads().any(CommandHead::takes_private_words) =>
        {
            let failure = Failure::new(exit::USAGE, "unknown command or argument");
            return Err(failure.hint(format!("everestctl {} --help", plugin.typed)));
        }
        Err(error) => {
            let shown = usage::show(streams, &app.environment, &error, &tree, arguments);
            return shown.map(|code| Some(Parsed::Done(code)));
        }
    };
    let (words, leaf) = clap_tree::typed(&matches);
    let mut options = app.options.clone();
    globals::apply(&mut options, leaf)?;
    if leads_elsewhere(&options, &app.options) {
        return Ok(Some(Parsed::Elsewhere(Box::new(options))));
    }
    if let Some(wanted) = search_output::wanted(leaf) {
        let app = app.with_options(options);
        let shown = search_output::show(streams, &app, &plugin, &words, &wanted);
        return shown.map(|code| Some(Parsed::Done(code)));
    }
    let command = known.descriptor.find(&words).map(|(command, _)| command.clone());
    let Some(command) = command else {
        return Err(Failure::new(
            exit::USAGE,
            format!("plugin `{}` has no command `{}`", plugin.name, words.join(" ")),
        ));
    };
    let matches = leaf.clone();
    Ok(Some(Parsed::Run(Box::new(PluginCommandLine { plugin, command, matches, options }))))
}

/// The arguments, with the plugin's own words where another way to say them was typed. `keeps_groups` leaves what is
/// also the name of a group, for those who ask what is in it.
pub(super) fn in_own_words<'a>(
    descriptor: &LazyDescriptor,
    arguments: &'a [OsString],
    keeps_groups: bool,
) -> Cow<'a, [OsString]> {
    let typed: Vec<&str> = arguments
        .iter()
        .map_while(|argument| argument.to_str().filter(|argument| !argument.starts_with('-')))
        .collect();
    if keeps_groups && descriptor.is_group(&typed) {
        return Cow::Borrowed(arguments);
    }
    match descriptor.alternative(&typed) {
        Some((words, count)) => {
            let words = words.as_slice().iter().map(|word| OsString::from(word.as_str()));
            words.chain(arguments[count..].iter().cloned()).collect()
        }
        _ => Cow::Borrowed(arguments),
    }
}

/// `sql help query` is `sql query --help`, unless the plugin has a command `help`.
fn help_first(descriptor: &LazyDescriptor, arguments: &[OsString]) -> Option<Vec<OsString>> {
    let (first, rest) = arguments.split_first()?;
    let is_ours = first == "help" && !descriptor.is_empty() && !descriptor.has_first_word("help");
    is_ours.then(|| rest.iter().cloned().chain(["--help".into()]).collect())
}

/// Whether it is not an error, but help.
fn is_help(error: &clap::Error) -> bool {
    matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand)
}

/// Whether clap would say what was typed, and that is not a flag.
fn repeats_a_value(error: &clap::Error) -> bool {
    let kind = match error.kind() {
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        _ => return false,
    };
    matches!(error.get(kind), Some(ContextValue::String(text)) if !text.starts_with('-'))
}

/// Whether flags after the name select another server or kubeconfig than those before it.
fn leads_elsewhere(new: &Options, old: &Options) -> bool {
    new.wishes.context != old.wishes.context
        || new.kubeconfig != old.kubeconfig
        || new.ca_file != old.ca_file
        || new.insecure != old.insecure
        || new.allow_http != old.allow_http
        || new.no_plugins != old.no_plugins
        || new.offline != old.offline
}

fn matches_one<'a>(matches: &'a ArgMatches, name: &str) -> Option<&'a String> {
    matches.try_get_one::<String>(name).ok().flatten()
}

fn matches_many<'a>(matches: &'a ArgMatches, name: &str) -> Vec<&'a str> {
    matches.try_get_many::<String>(name).ok().flatten().into_iter().flatten().map(String::as_str).collect()
}

/// Whether a switch that not every command has is on.
fn is_set(matches: &ArgMatches, name: &str) -> bool {
    matches.try_get_one::<bool>(name).ok().flatten().is_some_and(|on| *on)
}
