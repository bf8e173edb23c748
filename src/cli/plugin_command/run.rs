//! Running a command that was typed: the request that it makes, and who shows the answer.

use super::answer::{Asked, Stream};
use super::arguments::{Beside, Given};
use super::pages::{self, Wanted};
use super::show::Wishes;
use super::streaming::Streaming;
use super::{Typed, clap_tree, is_set, matches_many, matches_one, wait};
use crate::cli::output::Form;
use crate::cli::user_file::{self, UserFile};
use crate::cli::{Ending, write};
use crate::client::call::Call;
use crate::client::content::Content;
use crate::error::{Failure, exit};
use crate::model::{Line, quoted};
use crate::openapi::{self, Command, GivenBody, Input, Patience, Request, UsageError};
use crate::ops::World;
use crate::runner::proxy::connection::Plugin;
use crate::runner::proxy::job::Job;
use crate::runner::proxy::wait::Waiting;
use crate::runner::proxy::{download, request};
use crate::sys::clock;
use crate::sys::signals::Interrupts;
use crate::term::Streams;
use crate::term::prompt::{self, NoAnswer};
use clap::ArgMatches;
use std::path::Path;
use std::time::Duration;

/// Runs a command that was typed.
pub(crate) fn run(streams: &mut Streams, world: &World, typed: &Typed) -> Ending {
    let Typed { plugin, command, matches, options } = typed;
    streams.configure(options.color, options.quiet, options.verbose > 0);
    // The namespace and the cluster may stand behind the name.
    let world = world.with_options(options.clone());
    let mut given = Given::read(command, matches)?;
    let (target, _) = world.target()?;
    let (content, text) = whole_body(command, matches)?;
    let body = match (&content, &text) {
        (Some(_), _) => GivenBody::Kept,
        (_, Some(text)) => GivenBody::Text(text),
        _ => GivenBody::None,
    };
    let beside = Beside {
        sets: matches_many(matches, clap_tree::SET),
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
    first(streams, &world, typed, &beside, &mut given)?;

    // The same with other arguments: nobody is asked again.
    let make = |given: &Given| request::call(request_of(typed, &beside.input(given))?, None);
    let streaming = Streaming::of(command, matches, &given);
    let first_call = request::call(request_of(typed, &beside.input(&given))?, content)?;
    let mut call = patient(command, streaming.first(first_call));
    if matches_one(matches, clap_tree::OUTPUT_FILE).is_some() {
        if world.options.output().is_some_and(|form| form != "raw") {
            let what = "--output-file writes the answer as it is, whatever is said by -o";
            return Err(refused(plugin, command, what));
        }
        call = download::untouched(call);
    }
    if matches.get_flag(clap_tree::DRY_RUN) {
        write(streams, &format!("{}\n", request::as_curl(plugin, &call)))?;
        return Ok(exit::SUCCESS);
    }
    say_where_the_token_goes(streams, plugin, &call);
    let wishes = Wishes {
        jq: matches_one(matches, clap_tree::JQ).cloned(),
        columns: matches.get_many::<String>(clap_tree::COLUMNS).map(|columns| columns.cloned().collect()),
        no_headers: matches.get_flag(clap_tree::NO_HEADERS),
    };
    if let Some(wait) = command.wait.as_ref().filter(|_| command.attaches || is_set(matches, clap_tree::WAIT))
    {
        return wait_for(streams, &world, typed, wait, &given, &wishes, call);
    }
    // A page by itself is an answer like any other; only a table tells that there is more.
    let is_table = matches!(Form::of(&world.options), Form::Table | Form::Wide) && wishes.jq.is_none();
    if let Some((paginate, wanted)) = paging.filter(|(_, wanted)| is_table || *wanted != Wanted::Page) {
        let pages = pages::Pages { world: &world, plugin, command, paginate, wishes: &wishes, wanted };
        pages.show(streams, &mut given, &|given: &Given| Ok(patient(command, make(given)?)))?;
        return Ok(exit::SUCCESS);
    }
    let selected = openapi::selector(command).and_then(|argument| given.value(argument.name.as_str()));
    let output_file = matches_one(matches, clap_tree::OUTPUT_FILE).map(Path::new);
    let again = |cursor: Option<&str>| Ok(streaming.apply(make(&streaming.behind(given.clone(), cursor))?));
    let since = streaming.since(command);
    let stream = Stream {
        again: &again,
        cursor: streaming.cursor.clone(),
        goes_on: streaming.goes_on,
        silence: matches.try_get_one::<Duration>(clap_tree::IDLE_TIMEOUT).ok().flatten().copied(),
        since: since.as_deref(),
    };
    let asked =
        Asked { world: &world, plugin, command, call: &call, wishes: &wishes, selected, output_file, stream };
    asked.show(streams)
}

/// The body that was given whole: as it is, or as text that the arguments go into.
fn whole_body(command: &Command, matches: &ArgMatches) -> Result<(Option<Content>, Option<String>), Failure> {
    let Some(given) = user_file::typed(matches, clap_tree::BODY).pop() else { return Ok((None, None)) };
    let is_raw = command.body.as_ref().is_some_and(|body| body.kind == openapi::BodyKind::Raw);
    Ok(match (given, is_raw) {
        (user_file::Typed::File(file), true) => (Some(request::content(&file)?), None),
        (user_file::Typed::File(file), false) => (None, Some(request::text(&file)?)),
        (user_file::Typed::Text(text), true) => (Some(text.into_bytes().into()), None),
        (user_file::Typed::Text(text), false) => (None, Some(text)),
    })
}

/// The request that was typed, with a yes where it needs one and with the secrets that were not typed.
fn first(
    streams: &mut Streams,
    world: &World,
    Typed { plugin, command, matches, .. }: &Typed,
    beside: &Beside<'_>,
    given: &mut Given,
) -> Result<(), Failure> {
    loop {
        let input = beside.input(given);
        match openapi::request(command, &input) {
            Ok(_) => return confirm(world, command, &input, matches),
            Err(UsageError::Missing(missing)) => {
                given.ask_for_secrets(streams, world, command, missing, plugin)?;
            }
            Err(error) => return Err(refused(plugin, command, &error.to_string())),
        }
    }
}

/// The request of a command that has all that it needs.
fn request_of<'i>(
    Typed { plugin, command, .. }: &Typed,
    input: &Input<'_, &'i UserFile>,
) -> Result<Request<&'i UserFile>, Failure> {
    openapi::request(command, input).map_err(|error| refused(plugin, command, &error.to_string()))
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
    let (method, base, path) = (&call.method, plugin.base(), call.shown_path());
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
    let interrupts = Interrupts::watch().map_err(|error| Failure::of(&error))?;
    let waiting = Waiting {
        job: Job { world, plugin, wait, values: given.open_pairs(command) },
        timeout: matches.get_one::<Duration>(clap_tree::TIMEOUT).copied(),
        cancels: is_set(matches, clap_tree::CANCEL),
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
    if matches_one(matches, clap_tree::OUTPUT_FILE).is_some() {
        return Ok(None);
    }
    if is_set(matches, clap_tree::ALL) {
        return Ok(Some(Wanted::All));
    }
    match matches_one(matches, clap_tree::LIMIT) {
        None => Ok(Some(Wanted::Page)),
        Some(text) => text.parse().map(|rows| Some(Wanted::Rows(rows))).map_err(|_| {
            Failure::new(exit::USAGE, format!("--limit: {} is no number of rows", quoted(text)))
        }),
    }
}

pub(super) fn refused(plugin: &Plugin, command: &Command, what: &str) -> Failure {
    let words =
        command.words.as_slice().iter().map(|word| word.as_str().to_owned()).collect::<Vec<_>>().join(" ");
    Failure::new(exit::USAGE, what.to_owned()).hint(format!("everestctl {} {words} --help", plugin.name))
}

/// Asks before something is destroyed.
fn confirm<F>(
    world: &World,
    command: &Command,
    input: &Input<'_, F>,
    matches: &ArgMatches,
) -> Result<(), Failure> {
    let skip = matches.get_flag(clap_tree::YES) || matches.get_flag(clap_tree::DRY_RUN);
    let Some(question) = openapi::confirmation(command, input).filter(|_| !skip) else { return Ok(()) };
    let answer = if world.is_ci() { Err(NoAnswer::NoTerminal) } else { prompt::confirm(question.as_str()) };
    match answer {
        Ok(true) => Ok(()),
        Ok(false) | Err(NoAnswer::Ended) => Err(Failure::new(exit::FAILURE, "nothing was sent")),
        Err(NoAnswer::NoTerminal) => Err(Failure::new(exit::USAGE, format!("this needs a yes: {question}"))
            .hint("`--yes` says it where nobody can be asked")),
    }
}
