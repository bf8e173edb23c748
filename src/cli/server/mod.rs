//! The commands that a server declares: parsed by what its plugin's descriptor says, sent through the proxy,
//! shown.
//!
//! * `tree`: the clap tree of one plugin;
//! * `pages`: lists that come page by page;
//! * `wait`: until what was started has come to its end;
//! * `show`: what came back, in the form that the user asks for.

mod pages;
pub(crate) mod show;
pub(super) mod tree;
mod wait;

use super::output::Form;
use super::{Ending, globals, write};
use crate::client::call::Call;
use crate::error::{Failure, exit};
use crate::model::{Line, quoted};
use crate::openapi::{self, AnswerKind, Command, GivenBody, Input, Kind, UsageError};
use crate::ops::proxy::{self, Event, Plugin};
use crate::ops::{Options, World};
use crate::resolve;
use crate::sys::files::Download;
use crate::sys::{Environment, clock};
use crate::term::Streams;
use crate::term::prompt::{self, NoAnswer};
use clap::ArgMatches;
use pages::Wanted;
use show::Wishes;
use std::ffi::OsString;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

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
    let tree = tree::tree(&plugin.name, &known.descriptor, &known.place, verbose);
    let program = std::iter::once(OsString::from(plugin.name.clone()));
    let matches = match tree.try_get_matches_from(program.chain(arguments.iter().cloned())) {
        Ok(matches) => matches,
        Err(error) => return super::clap_says(streams, &error).map(Parsed::Done),
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
    Ok(Parsed::Run(Box::new(Typed { plugin, command, matches })))
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
pub fn run(streams: &mut Streams, environment: Environment, options: &Options, typed: &Typed) -> Ending {
    let Typed { plugin, command, matches } = typed;
    let mut options = options.clone();
    globals::apply(&mut options, matches);
    streams.configure(options.color, options.quiet, options.verbose > 0);
    // The namespace and the cluster may stand behind the name.
    let world = World::new(environment, options)?;
    let mut given = Given::read(command, matches)?;
    let (target, _) = world.target()?;
    let sets: Vec<&str> = matches_many(matches, tree::SET);
    let whole = matches_one(matches, tree::BODY).map(String::as_str);
    let is_raw = command.body.as_ref().is_some_and(|body| body.kind == openapi::BodyKind::Raw);
    let raw = whole.filter(|_| is_raw).map(proxy::given).transpose()?;
    let text = whole.filter(|_| !is_raw).map(proxy::given_text).transpose()?;
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
            Err(error) => return Err(usage(plugin, command, &error.to_string())),
        }
    };
    let mut call = proxy::call(request, raw)?;
    if is_stream(command, matches) {
        call.timeout = None;
    }
    if matches.get_flag(tree::DRY_RUN) {
        write(streams, &format!("{}\n", proxy::as_curl(plugin, &call, &given.secrets(command))))?;
        return Ok(exit::SUCCESS);
    }
    if call.with_token {
        let backend = plugin
            .backend
            .as_ref()
            .map_or_else(|| "its backend".to_owned(), |backend| format!("its backend {backend}"));
        streams.note(&format!(
            "{} {}{}: your token goes to {} and from there to {backend}",
            call.method,
            plugin.base(),
            call.path,
            Line::new(plugin.server())
        ));
    }
    let wishes = Wishes {
        jq: matches_one(matches, tree::JQ).cloned(),
        columns: matches.get_many::<String>(tree::COLUMNS).map(|columns| columns.cloned().collect()),
        no_headers: matches.get_flag(tree::NO_HEADERS),
    };
    if let Some(wait) = command.wait.as_ref().filter(|_| is_set(matches, tree::WAIT)) {
        let timeout = matches.get_one::<Duration>(tree::TIMEOUT).copied();
        let waiting = wait::Waiting { world: &world, plugin, wait, wishes: &wishes, given: &given, timeout };
        return waiting.run(streams, &call);
    }
    // A page by itself is an answer like any other; only a table tells that there is more.
    let is_table = matches!(Form::of(&world.options), Form::Table | Form::Wide) && wishes.jq.is_none();
    if let Some((paginate, wanted)) = paging.filter(|(_, wanted)| is_table || *wanted != Wanted::Page) {
        let pages = pages::Pages { world: &world, plugin, command, paginate, wishes: &wishes, wanted };
        let again = |given: &Given| {
            let request = openapi::request(command, &beside.input(given));
            proxy::call(request.map_err(|error| usage(plugin, command, &error.to_string()))?, None)
        };
        pages.show(streams, &mut given, &again)?;
        return Ok(exit::SUCCESS);
    }
    let selected = openapi::selector(command).and_then(|argument| given.value(argument.name.as_str()));
    let output_file = matches_one(matches, tree::OUTPUT_FILE).map(Path::new);
    answer(streams, &world, plugin, command, &call, &wishes, selected, output_file)
}

/// What goes into a request beside the arguments.
struct Beside<'a> {
    sets: Vec<&'a str>,
    body: GivenBody<'a>,
    namespace: Option<&'a str>,
    cluster: Option<&'a str>,
    now: std::time::SystemTime,
}

impl Beside<'_> {
    fn input<'i>(&'i self, given: &'i Given) -> Input<'i> {
        Input {
            values: given.pairs(),
            sets: self.sets.clone(),
            body: self.body,
            namespace: self.namespace,
            cluster: self.cluster,
            now: self.now,
        }
    }
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

/// Whether what comes may never end.
fn is_stream(command: &Command, matches: &ArgMatches) -> bool {
    let follows = command.follow.as_ref().is_some_and(|follow| {
        follow
            .argument
            .as_ref()
            .is_none_or(|name| matches_one(matches, name.as_str()).is_some_and(|value| value == "true"))
    });
    follows
        || matches!(
            command.answer.kind,
            AnswerKind::EventStream | AnswerKind::JsonLines | AnswerKind::Text | AnswerKind::Binary
        )
}

/// Sends the request and shows what comes, as it comes where it can.
#[expect(clippy::too_many_arguments, reason = "each of them is said by the user in its own way")]
fn answer(
    streams: &mut Streams,
    world: &World,
    plugin: &Plugin,
    command: &Command,
    call: &Call,
    wishes: &Wishes,
    selected: Option<&str>,
    output_file: Option<&Path>,
) -> Ending {
    let form = Form::of(&world.options);
    let mut how = How::Collect;
    let mut body = Vec::new();
    let mut download = match output_file {
        Some(path) if path != Path::new("-") => {
            Some(Download::begin(path).map_err(|error| unwritable(path, &error))?)
        }
        _ => None,
    };
    let mut kind = String::new();
    let mut warnings = Vec::new();
    plugin.send(world, call, false, &mut |event| {
        match event {
            Event::Head(reply) => {
                kind = reply.header("content-type").unwrap_or_default().to_ascii_lowercase();
                let raw = form == Form::Raw || output_file == Some(Path::new("-"));
                how = if download.is_some() {
                    How::Save
                } else if raw {
                    How::PassOn
                } else {
                    match how_to_show(command, &kind, wishes) {
                        How::Refuse if !streams.is_terminal() => How::PassOn,
                        how => how,
                    }
                };
                if how == How::Refuse {
                    return Err(Failure::new(
                        exit::USAGE,
                        "the answer is something for a file, not for a terminal",
                    )
                    .hint("`--output-file FILE` saves it; `--output-file -` writes it to standard output"));
                }
                let headers = reply.headers();
                let header = |name: &str| {
                    headers
                        .iter()
                        .find(|(other, _)| other.eq_ignore_ascii_case(name))
                        .map(|(_, value)| value.as_str())
                };
                warnings = command.answer.warnings(header, None);
            }
            Event::Chunk(chunk) => match (how, &mut download) {
                (How::Save, Some(download)) => {
                    let path = output_file.unwrap_or(Path::new(""));
                    download.write(chunk).map_err(|error| unwritable(path, &error))?;
                }
                (How::PassOn, _) => super::write_bytes(streams, chunk)?,
                (How::Clean, _) => super::write_clean(streams, chunk)?,
                _ => {
                    if body.len() + chunk.len() > show::LARGEST {
                        return Err(Failure::new(
                            exit::FAILURE,
                            "the answer is larger than 64 MiB, which no table holds",
                        )
                        .hint("`-o raw` passes it on, `--output-file FILE` saves it"));
                    }
                    body.extend_from_slice(chunk);
                }
            },
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let ending = match (how, download) {
        (How::Save, Some(download)) => {
            let path = output_file.unwrap_or(Path::new(""));
            let size = download.finish().map_err(|error| unwritable(path, &error))?;
            streams.remark(&format!("{} bytes saved to {}", size, quoted(&path.to_string_lossy())));
            Ok(())
        }
        (How::Collect, _) if body.trim_ascii().is_empty() => {
            streams.remark("done");
            Ok(())
        }
        (How::Collect, _) => shown(streams, world, command, wishes, selected, &kind, &body),
        _ => Ok(()),
    };
    let value = if command.answer.warnings.is_empty() || body.is_empty() {
        None
    } else {
        serde_json::from_slice(&body).ok()
    };
    warnings.extend(command.answer.warnings(|_| None, value.as_ref()));
    for warning in warnings {
        streams.problem(&crate::model::Problem::general(warning.to_string()));
    }
    ending.map(|()| exit::SUCCESS)
}

fn shown(
    streams: &mut Streams,
    world: &World,
    command: &Command,
    wishes: &Wishes,
    selected: Option<&str>,
    kind: &str,
    body: &[u8],
) -> Result<(), Failure> {
    if kind.starts_with("text/html") && wishes.jq.is_none() {
        return Err(Failure::new(exit::FAILURE, "the answer is an HTML page, not JSON")
            .hint("is the plugin's backend behind a login page? `-o raw` shows it"));
    }
    show::json(streams, world, command, wishes, selected, body)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    let mut failure = Failure::new(
        exit::FAILURE,
        format!("the file {} cannot be written", quoted(&path.to_string_lossy())),
    );
    failure.causes.push(error.to_string());
    failure
}

/// What is done with the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// It is shown when it is whole.
    Collect,
    /// It goes to standard output, byte for byte, as it comes.
    PassOn,
    /// As it comes, without what a terminal would act on.
    Clean,
    /// It goes into a file.
    Save,
    /// It is nothing for a terminal.
    Refuse,
}

/// By what the answer says it is, and where it says nothing by what the descriptor says.
fn how_to_show(command: &Command, kind: &str, wishes: &Wishes) -> How {
    let media = kind.split(';').next().unwrap_or_default().trim();
    let is_json = media.ends_with("/json") || media.ends_with("+json");
    if wishes.jq.is_some() || is_json {
        return How::Collect;
    }
    match (media, command.answer.kind) {
        ("text/html", _) => How::Collect,
        (media, _) if media.starts_with("text/") || media.contains("ndjson") || media.contains("jsonl") => {
            How::Clean
        }
        ("", AnswerKind::Text | AnswerKind::EventStream | AnswerKind::JsonLines) => How::Clean,
        ("", AnswerKind::Binary) => How::Refuse,
        ("", _) => How::Collect,
        _ => How::Refuse,
    }
}

/// What was typed, by the names of the arguments.
struct Given {
    values: Vec<(String, Zeroizing<String>)>,
}

impl Given {
    /// The values that nobody may read.
    fn secrets(&self, command: &Command) -> Vec<&str> {
        let is_secret = |name: &str| command.argument(name).is_some_and(|argument| argument.secret);
        self.values.iter().filter(|(name, _)| is_secret(name)).map(|(_, value)| value.as_str()).collect()
    }

    /// Gives an argument another value than was typed.
    fn set(&mut self, name: &str, value: &str) {
        self.values.retain(|(other, _)| other != name);
        self.values.push((name.to_owned(), Zeroizing::new(value.to_owned())));
    }

    fn read(command: &Command, matches: &ArgMatches) -> Result<Self, Failure> {
        let mut values = Vec::new();
        for argument in command.arguments.iter().filter(|argument| argument.is_typed()) {
            let name = argument.name.as_str();
            for value in matches_many(matches, name) {
                let value = match argument.kind {
                    Kind::Json if value == "-" || value.starts_with('@') => proxy::given_text(value)?,
                    _ => value.to_owned(),
                };
                values.push((name.to_owned(), Zeroizing::new(value)));
            }
        }
        Ok(Self { values })
    }

    fn pairs(&self) -> Vec<(&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Gets the secrets among what is missing: from the variable that the plugin names, or from the terminal.
    fn ask_for_secrets(
        &mut self,
        world: &World,
        command: &Command,
        missing: Vec<String>,
        plugin: &Plugin,
    ) -> Result<(), Failure> {
        let before = self.values.len();
        let secrets = command
            .arguments
            .iter()
            .filter(|argument| argument.secret && missing.contains(&argument.shown()));
        for argument in secrets {
            let variable =
                argument.environment.as_ref().and_then(|name| world.environment.text(name.as_str()));
            let value = match variable {
                Some(value) => Zeroizing::new(value.to_owned()),
                None if world.is_ci() => continue,
                None => match prompt::secret(argument.name.as_str()) {
                    Ok(value) => value,
                    Err(NoAnswer::NoTerminal) => continue,
                    Err(NoAnswer::Ended) => {
                        return Err(Failure::new(
                            exit::INTERRUPTED,
                            "nothing was entered, and nothing was sent",
                        ));
                    }
                },
            };
            self.values.push((argument.name.as_str().to_owned(), value));
        }
        if self.values.len() > before {
            return Ok(());
        }
        Err(usage(plugin, command, &UsageError::Missing(missing).to_string()))
    }
}

fn usage(plugin: &Plugin, command: &Command, what: &str) -> Failure {
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

/// A whole answer, with what its head says.
struct Collected {
    body: Vec<u8>,
    location: Option<String>,
    link: Option<String>,
    retry_after: Option<Duration>,
}

/// Sends a request and reads the whole answer.
fn collect(plugin: &Plugin, world: &World, call: &Call) -> Result<Collected, Failure> {
    let mut collected = Collected { body: Vec::new(), location: None, link: None, retry_after: None };
    plugin.send(world, call, false, &mut |event| {
        match event {
            Event::Head(reply) => {
                collected.location = reply.header("location").map(str::to_owned);
                collected.link = reply.header("link").map(str::to_owned);
                let seconds = reply.header("retry-after").and_then(|seconds| seconds.parse().ok());
                collected.retry_after = seconds.map(Duration::from_secs);
            }
            Event::Chunk(chunk) if collected.body.len() + chunk.len() > show::LARGEST => {
                return Err(Failure::new(exit::FAILURE, "the answer is larger than 64 MiB"));
            }
            Event::Chunk(chunk) => collected.body.extend_from_slice(chunk),
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(collected)
}
