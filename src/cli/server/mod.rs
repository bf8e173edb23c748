//! The commands that a server declares: parsed by what its plugin's descriptor says, sent through the proxy,
//! shown.
//!
//! * `tree`: the clap tree of one plugin;
//! * `given`: what was typed for one of its commands;
//! * `answer`: sending the request, and what is done with what comes;
//! * `follow`: the messages of a stream;
//! * `streaming`: what was typed of a command whose answer may be a stream;
//! * `pages`: lists that come page by page;
//! * `trail`: whether they go in circles;
//! * `growing`: a table whose rows come bit by bit;
//! * `wait`: how far it is until what was started has come to its end;
//! * `complete`: values for TAB that only the server knows;
//! * `show`: what came back, in the form that the user asks for.

mod answer;
mod complete;
pub(crate) mod follow;
mod given;
mod growing;
mod pages;
pub(crate) mod show;
mod streaming;
mod trail;
pub(super) mod tree;
mod wait;

use super::output::Form;
use super::{Ending, globals, usage, write};
use crate::client::call::Call;
use crate::error::{Failure, exit};
use crate::model::{Line, quoted};
use crate::openapi::{self, Command, GivenBody, Input, Patience, UsageError};
use crate::ops::job::Job;
use crate::ops::proxy::Plugin;
use crate::ops::wait::Waiting;
use crate::ops::{Options, World, request, transfer};
use crate::resolve;
use crate::sys::signals::Interrupts;
use crate::sys::{Environment, clock};
use crate::term::Streams;
use crate::term::prompt::{self, NoAnswer};
use answer::{Asked, Stream};
use clap::ArgMatches;
pub(super) use complete::values;
use given::{Beside, Given};
use pages::Wanted;
use show::Wishes;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;
use streaming::Streaming;

/// What the rest of a command line asks for.
pub enum Parsed {
    /// A command, with the world as the flags behind the name have it.
    Run(Box<Typed>),
    /// Those flags lead to another server: look again who has the name.
    Elsewhere(Box<Options>),
    /// Everything has been said.
    Done(u8),
}

/// A command with its arguments.
pub struct Typed {
    plugin: Plugin,
    command: Command,
    matches: ArgMatches,
    /// The global options, with those behind the name.
    options: Options,
}

/// The tree of what the plugin `found` offers; it is asked when that is not known.
pub fn tree_of(world: &World, found: &resolve::Command) -> Result<clap::Command, Failure> {
    let plugin = Plugin::open(world, found)?;
    Ok(tree::tree(&plugin.name, &plugin.known.descriptor, &plugin.known.place, false))
}

/// Reads the arguments of a plugin's command; global flags work here, too.
pub fn parse(
    streams: &mut Streams,
    world: &World,
    found: &resolve::Command,
    arguments: &[OsString],
) -> Result<Parsed, Failure> {
    let plugin = Plugin::open(world, found)?;
    let known = &plugin.known;
    let verbose = world.options.verbose > 0
        || arguments.iter().any(|argument| argument == "-v" || argument == "--verbose");
    let mut tree = tree::tree(&plugin.name, &known.descriptor, &known.place, verbose);
    let program = std::iter::once(OsString::from(plugin.name.clone()));
    let matches = match tree.try_get_matches_from_mut(program.chain(arguments.iter().cloned())) {
        Ok(matches) => matches,
        Err(error) => {
            return usage::show(streams, &world.environment, &error, &tree, arguments).map(Parsed::Done);
        }
    };
    let (words, leaf) = tree::typed(&matches);
    let mut options = world.options.clone();
    globals::apply(&mut options, leaf);
    if leads_elsewhere(&options, &world.options) {
        return Ok(Parsed::Elsewhere(Box::new(options)));
    }
    let command = known.descriptor.find(&words).map(|(command, _)| command.clone());
    let Some(command) = command else {
        return Err(Failure::new(
            exit::USAGE,
            format!("`{}` has no command `{}`", plugin.name, words.join(" ")),
        ));
    };
    let matches = leaf.clone();
    Ok(Parsed::Run(Box::new(Typed { plugin, command, matches, options })))
}

/// Whether the flags behind the name choose another server or another kubeconfig than those before it.
fn leads_elsewhere(new: &Options, old: &Options) -> bool {
    new.wishes.context != old.wishes.context
        || new.kubeconfig != old.kubeconfig
        || new.ca_file != old.ca_file
        || new.insecure != old.insecure
        || new.allow_http != old.allow_http
        || new.no_plugins != old.no_plugins
        || new.offline != old.offline
}

/// Runs it.
pub fn run(streams: &mut Streams, environment: Environment, typed: &Typed) -> Ending {
    let Typed { plugin, command, matches, options } = typed;
    streams.configure(options.color, options.quiet, options.verbose > 0);
    // The namespace and the cluster may stand behind the name.
    let world = World::new(environment, options.clone())?;
    let mut given = Given::read(command, matches)?;
    let (target, _) = world.target()?;
    let sets: Vec<&str> = matches_many(matches, tree::SET);
    let whole = matches_one(matches, tree::BODY).map(String::as_str);
    let is_raw = command.body.as_ref().is_some_and(|body| body.kind == openapi::BodyKind::Raw);
    let raw = whole.filter(|_| is_raw).map(request::given).transpose()?;
    let text = whole.filter(|_| !is_raw).map(request::given_text).transpose()?;
    let body = match (&raw, &text) {
        (Some(_), _) => GivenBody::Kept,
        (_, Some(text)) => GivenBody::Text(text),
        _ => GivenBody::None,
    };
    let beside = Beside {
        sets,
        body,
        namespace: target.namespace.as_deref(),
        cluster: target.cluster.as_deref(),
        now: clock::now(),
    };
    let wanted = if command.paginate.is_some() { wanted(matches)? } else { None };
    let paging = command.paginate.as_ref().zip(wanted);
    if let Some((paginate, wanted)) = paging
        && let Some((name, size)) = pages::size(command, paginate, wanted)
        && given.value(&name).is_none()
    {
        given.set(&name, &size);
    }
    let request = loop {
        let input = beside.input(&given);
        match openapi::request(command, &input) {
            Ok(request) => {
                confirm(&world, command, &input, matches)?;
                break request;
            }
            Err(UsageError::Missing(missing)) => given.ask_for_secrets(&world, command, missing, plugin)?,
            Err(error) => return Err(refused(plugin, command, &error.to_string())),
        }
    };
    let streaming = Streaming::of(command, matches, &given);
    let mut call = patient(command, streaming.first(request::call(request, raw)?));
    if matches_one(matches, tree::OUTPUT_FILE).is_some() {
        call = transfer::untouched(call);
    }
    if matches.get_flag(tree::DRY_RUN) {
        write(streams, &format!("{}\n", request::as_curl(plugin, &call, &given.secrets(command))))?;
        return Ok(exit::SUCCESS);
    }
    say_where_the_token_goes(streams, plugin, &call);
    let wishes = Wishes {
        jq: matches_one(matches, tree::JQ).cloned(),
        columns: matches.get_many::<String>(tree::COLUMNS).map(|columns| columns.cloned().collect()),
        no_headers: matches.get_flag(tree::NO_HEADERS),
    };
    if let Some(wait) = command.wait.as_ref().filter(|_| command.attaches || is_set(matches, tree::WAIT)) {
        return wait_for(streams, &world, typed, wait, &given, &wishes, call);
    }
    // A page by itself is an answer like any other; only a table tells that there is more.
    let is_table = matches!(Form::of(&world.options), Form::Table | Form::Wide) && wishes.jq.is_none();
    if let Some((paginate, wanted)) = paging.filter(|(_, wanted)| is_table || *wanted != Wanted::Page) {
        let pages = pages::Pages { world: &world, plugin, command, paginate, wishes: &wishes, wanted };
        let again = |given: &Given| {
            let request = openapi::request(command, &beside.input(given));
            let request = request.map_err(|error| refused(plugin, command, &error.to_string()))?;
            Ok(patient(command, request::call(request, None)?))
        };
        pages.show(streams, &mut given, &again)?;
        return Ok(exit::SUCCESS);
    }
    let selected = openapi::selector(command).and_then(|argument| given.value(argument.name.as_str()));
    let output_file = matches_one(matches, tree::OUTPUT_FILE).map(Path::new);
    let again = |cursor: Option<&str>| {
        let given = streaming.behind(given.clone(), cursor);
        let request = openapi::request(command, &beside.input(&given));
        let request = request.map_err(|error| refused(plugin, command, &error.to_string()))?;
        Ok(streaming.apply(request::call(request, None)?))
    };
    let since = streaming.since(command);
    let stream = Stream {
        again: &again,
        cursor: streaming.cursor.clone(),
        goes_on: streaming.goes_on,
        silence: matches.try_get_one::<Duration>(tree::IDLE_TIMEOUT).ok().flatten().copied(),
        since: since.as_deref(),
    };
    let asked =
        Asked { world: &world, plugin, command, call: &call, wishes: &wishes, selected, output_file, stream };
    asked.show(streams)
}

/// The call with the time that the document gives its answer.
fn patient(command: &Command, call: Call) -> Call {
    match command.patience {
        Patience::For(span) => Call { timeout: Some(span), ..call },
        Patience::Endless => Call { timeout: None, ..call },
        Patience::Usual => call,
    }
}

/// Says with `-v` who gets the user's token.
fn say_where_the_token_goes(streams: &mut Streams, plugin: &Plugin, call: &Call) {
    if !call.with_token {
        return;
    }
    let backend = plugin.backend.as_ref();
    let backend =
        backend.map_or_else(|| "its backend".to_owned(), |backend| format!("its backend {backend}"));
    let (method, base, path) = (&call.method, plugin.base(), &call.path);
    let server = Line::new(plugin.server());
    streams.note(&format!("{method} {base}{path}: your token goes to {server} and from there to {backend}"));
}

/// Waits for what the command starts, or for what another has started.
fn wait_for(
    streams: &mut Streams,
    world: &World,
    Typed { plugin, command, matches, .. }: &Typed,
    wait: &openapi::Wait,
    given: &Given,
    wishes: &Wishes,
    call: Call,
) -> Ending {
    let interrupts = Interrupts::watch().map_err(|error| Failure::new(exit::FAILURE, error.to_string()))?;
    let waiting = Waiting {
        job: Job { world, plugin, wait, values: given.open_pairs(command) },
        timeout: matches.get_one::<Duration>(tree::TIMEOUT).copied(),
        cancels: is_set(matches, tree::CANCEL),
        interrupts: &interrupts,
    };
    wait::shown(streams, &waiting, wishes, |sink| {
        if !command.attaches {
            return waiting.start(command, &call, sink);
        }
        let id = wait.argument.as_ref().and_then(|argument| given.value(argument.as_str()));
        waiting.attach(call, id, sink)
    })
}

/// How many rows of a list are wanted.
fn wanted(matches: &ArgMatches) -> Result<Option<Wanted>, Failure> {
    if matches_one(matches, tree::OUTPUT_FILE).is_some() {
        return Ok(None);
    }
    if is_set(matches, tree::ALL) {
        return Ok(Some(Wanted::All));
    }
    match matches_one(matches, tree::LIMIT) {
        None => Ok(Some(Wanted::Page)),
        Some(text) => text.parse().map(|rows| Some(Wanted::Rows(rows))).map_err(|_| {
            Failure::new(exit::USAGE, format!("--limit: {} is no number of rows", quoted(text)))
        }),
    }
}

fn refused(plugin: &Plugin, command: &Command, what: &str) -> Failure {
    let words =
        command.words.as_slice().iter().map(|word| word.as_str().to_owned()).collect::<Vec<_>>().join(" ");
    Failure::new(exit::USAGE, what.to_owned()).hint(format!("everestctl {} {words} --help", plugin.name))
}

/// Asks before something is destroyed.
fn confirm(world: &World, command: &Command, input: &Input<'_>, matches: &ArgMatches) -> Result<(), Failure> {
    let skip = matches.get_flag(tree::YES) || matches.get_flag(tree::DRY_RUN);
    let Some(question) = openapi::confirmation(command, input).filter(|_| !skip) else { return Ok(()) };
    let answer = if world.is_ci() { Err(NoAnswer::NoTerminal) } else { prompt::confirm(question.as_str()) };
    match answer {
        Ok(true) => Ok(()),
        Ok(false) | Err(NoAnswer::Ended) => Err(Failure::new(exit::FAILURE, "nothing was sent")),
        Err(NoAnswer::NoTerminal) => Err(Failure::new(exit::USAGE, format!("this needs a yes: {question}"))
            .hint("`--yes` says it where nobody can be asked")),
    }
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
