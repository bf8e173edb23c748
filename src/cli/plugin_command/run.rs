//! Running a command that was typed: what its flags ask the runner for, and the questions that a terminal answers.

use super::confirmation::confirm;
use super::edit::{self, EditCommand, TypedChange};
use super::edit_text;
use super::no_effect::refuse_what_has_no_effect;
use super::plot_output;
use super::renderer::Renderer;
use super::show::OutputOptions;
use super::{PluginCommandLine, clap_tree, is_set, matches_many, matches_one, shell};
use super::{arguments, defaults, watch};
use crate::cli::output::{OutputFormat, row_filter};
use crate::cli::user_file::{self, UserFile};
use crate::cli::{CommandResult, set_up, write};
use crate::config::ValueSource;
use crate::error::{Failure, exit};
use crate::model::{CleanText, quoted};
use crate::openapi::{self, ApiCommand, Argument, ArgumentForm, FilledFlag, Method, PageBy, UsageError};
use crate::ops::{App, plugin_command};
use crate::runner::proxy::invocation::refused;
use crate::runner::proxy::{
    Invocation, InvocationOptions, OutputShape, ParsedArguments, PluginConnection, RowLimit, WaitOptions,
    WholeBody,
};
use crate::term::Streams;
use clap::ArgMatches;
use std::path::PathBuf;
use std::time::Duration;

/// Runs a command that was typed.
pub(crate) fn run(streams: &mut Streams, app: &App, typed: PluginCommandLine) -> CommandResult {
    let options = typed.options.clone();
    set_up(streams, &options);
    // The namespace and the cluster may be after the name.
    let app = app.with_options(options);
    if let Some(shell) = typed.command.shell.clone().filter(|_| !typed.matches.get_flag(clap_tree::DRY_RUN)) {
        return shell::run(streams, &app, typed, &shell);
    }
    let PluginCommandLine { plugin, command, matches, .. } = typed;
    if is_set(&matches, clap_tree::BODY_TEMPLATE)
        && !command.has_argument(clap_tree::BODY_TEMPLATE)
        && let Some(template) = openapi::body_template(&command)
    {
        write(streams, &edit_text::json(&template))?;
        return Ok(exit::SUCCESS);
    }
    let given = defaults::with_defaults(streams, &app, &command, arguments::read(&command, &matches)?);
    let plugin = plugin_command::reached(&app, plugin)?;
    on(streams, &app, &plugin, &command, &matches, given)
}

/// Runs a command of a plugin that is reached, with what was typed for it.
pub(super) fn on(
    streams: &mut Streams,
    app: &App,
    plugin: &PluginConnection,
    command: &ApiCommand,
    matches: &ArgMatches,
    given: ParsedArguments<UserFile>,
) -> CommandResult {
    let filter = matches_one(matches, clap_tree::FILTER).filter(|_| !command.has_argument(clap_tree::FILTER));
    let shown_filter = filter.map(|expression| format!("--filter {}", quoted(expression)));
    let wishes = OutputOptions {
        filter: filter.map(|expression| row_filter(expression)).transpose()?,
        jq: matches_one(matches, clap_tree::JQ).cloned(),
        columns: matches.get_many::<String>(clap_tree::COLUMNS).map(|columns| columns.cloned().collect()),
        sort_by: matches_one(matches, clap_tree::SORT_BY).cloned(),
        is_log: is_set(matches, clap_tree::LOG) && !command.has_argument(clap_tree::LOG),
        plot_file: plot_output::file(app, matches_one(matches, clap_tree::OUTPUT_FILE))?,
        no_headers: matches.get_flag(clap_tree::NO_HEADERS),
        filters: filters(app, command, &given).into_iter().chain(shown_filter).collect(),
        is_vertical: (OutputFormat::from_options(&app.options) == OutputFormat::Vertical).then_some(true),
    };
    refuse_what_has_no_effect(plugin, app, command, matches, &wishes)?;
    check_order(app, matches, &wishes)?;
    let options = options_of(streams, app, command, matches, &wishes)?;
    let sets = matches_many(matches, clap_tree::SET).into_iter().map(str::to_owned).collect();
    let typed = TypedChange { given, sets, body: whole_body(matches), version: None };
    if command.edits.is_some() {
        let edit = EditCommand { app, plugin, command, matches, options: &options };
        let Some((change, written)) = edit.run(streams, typed)? else { return Ok(exit::SUCCESS) };
        let line = TypedCommand { app, plugin, command, matches, wishes: &wishes, options: &options };
        return line.send(streams, change).map_err(|failure| edit::kept(failure, written));
    }
    let typed = edit::completed(plugin, command, typed)?;
    TypedCommand { app, plugin, command, matches, wishes: &wishes, options: &options }.send(streams, typed)
}

/// A command with what was typed for it beside its request.
struct TypedCommand<'a> {
    app: &'a App,
    plugin: &'a PluginConnection,
    command: &'a ApiCommand,
    matches: &'a ArgMatches,
    wishes: &'a OutputOptions,
    options: &'a InvocationOptions,
}

impl TypedCommand<'_> {
    /// Sends its request, and shows what comes.
    fn send(&self, streams: &mut Streams, typed: TypedChange) -> CommandResult {
        let Self { app, plugin, command, matches, wishes, options } = *self;
        let TypedChange { given, sets, body, version } = typed;
        let mut invocation = Invocation::new(plugin, command, given, body, sets, options)?;
        let question = loop {
            match invocation.check() {
                Ok(question) => break question,
                Err(UsageError::Missing(missing)) => {
                    if app.options.wishes.all_namespaces && missing.iter().any(|name| name == "--namespace") {
                        let what = "--all-namespaces does not apply: this command needs one namespace";
                        return Err(refused(plugin, command, what).hint("pass -n NAME"));
                    }
                    let given = invocation.arguments();
                    arguments::ask_for_secrets(streams, app, command, missing, plugin, given)?;
                }
                Err(error) => return Err(refused(plugin, command, &error.to_string())),
            }
        };
        if !options.is_unchecked
            && let Ok(Some(body)) = invocation.json_body()
        {
            if let Some(fault) = openapi::body_fault(command, &body) {
                let what = format!("the body does not fit the schema: {fault}");
                return Err(refused(plugin, command, &what).hint("--no-validate sends it as it is"));
            }
            let schema = command.body.as_ref().and_then(|body| body.schema.as_ref());
            if schema.is_some_and(|schema| schema.is_cut) {
                streams
                    .note("the schema of the body is too large to be kept: its inner parts are not checked");
            }
        }
        if !matches.get_flag(clap_tree::DRY_RUN) {
            invocation.check_credentials()?;
        }
        confirm(streams, question, matches)?;
        let prepared = invocation.prepare()?.only_if(version);
        if matches.get_flag(clap_tree::DRY_RUN) {
            write(streams, &format!("{}\n", prepared.as_curl()?))?;
            return Ok(exit::SUCCESS);
        }
        if clap_tree::can_be_watched(command)
            && let Some(interval) = matches.try_get_one::<Duration>(clap_tree::WATCH).ok().flatten()
        {
            if *interval < watch::SHORTEST {
                let least = humantime::format_duration(watch::SHORTEST);
                return Err(refused(plugin, command, &format!("--watch: the interval is at least {least}")));
            }
            let watching = watch::Watching { app, command, wishes, interval: *interval };
            return watching.run(streams, prepared.watched());
        }
        prepared.run(&mut Renderer::new(streams, app, Some(command), wishes))?;
        if let Some(narrowed) = narrowed(app, command) {
            let _ = streams.flush();
            streams.remark(&narrowed);
        }
        Ok(exit::SUCCESS)
    }
}

/// What was typed that chooses among what there is, as it is typed: where nothing is found, it may be why.
fn filters(app: &App, command: &ApiCommand, given: &ParsedArguments<UserFile>) -> Vec<String> {
    /// More than anybody reads.
    const LONGEST: usize = 60;
    let is_page = |argument: &Argument| {
        let name = &argument.name;
        command.paginate.as_ref().is_some_and(|paginate| {
            let is_it = |other: &Option<_>| other.as_ref() == Some(name);
            is_it(&paginate.size)
                || match &paginate.by {
                    PageBy::Cursor { argument, .. } | PageBy::Offset { argument } => argument == name,
                    PageBy::Found { cursor, page, offset, .. } => {
                        is_it(cursor) || is_it(page) || is_it(offset)
                    }
                    PageBy::Link => false,
                }
        })
    };
    let shown = |argument: &Argument, value: &str| {
        let value = CleanText::new(value).as_str().chars().take(LONGEST).collect::<String>();
        match argument.form {
            ArgumentForm::Positional => quoted(&value),
            _ => format!("{} {}", argument.shown(), quoted(&value)),
        }
    };
    let target = app.target().ok().map(|(target, _)| target);
    let mut filters = Vec::new();
    for argument in command.arguments.iter().filter(|argument| !argument.is_private() && !is_page(argument)) {
        let filled = target.as_ref().and_then(|target| match argument.form {
            ArgumentForm::Filled(FilledFlag::Namespace) => target.namespace.as_deref(),
            ArgumentForm::Filled(FilledFlag::Cluster) => target.cluster.as_deref(),
            _ => None,
        });
        let typed = given.values.iter().filter(|(name, _)| name == argument.name.as_str());
        filters.extend(typed.map(|(_, value)| shown(argument, value)));
        filters.extend(filled.map(|value| shown(argument, value)));
    }
    filters
}

/// What cannot be sorted is refused before anything is sent.
fn check_order(app: &App, matches: &ArgMatches, wishes: &OutputOptions) -> Result<(), Failure> {
    let Some(column) = &wishes.sort_by else { return Ok(()) };
    let property = column.trim_start_matches(['-', '.']);
    if is_set(matches, clap_tree::FOLLOW) {
        return Err(Failure::new(exit::USAGE, "--sort-by does not apply to a stream: it has no end"));
    }
    if wishes.jq.is_some() {
        return Err(Failure::new(exit::USAGE, "--sort-by cannot be combined with --jq")
            .hint(format!("use sort_by(.{property}) in the jq expression")));
    }
    match app.options.output() {
        Some(form @ ("json" | "yaml" | "raw")) => {
            Err(Failure::new(exit::USAGE, format!("--sort-by does not apply to -o {form}"))
                .hint(format!("--jq 'sort_by(.{property})', after the path to the rows"))
                .hint("-o jsonl and -o csv can be sorted"))
        }
        _ => Ok(()),
    }
}

/// What to say where the namespace of the context or of a variable leaves rows out of a list.
fn narrowed(app: &App, command: &ApiCommand) -> Option<String> {
    let (target, _) = app.target().ok()?;
    let (namespace, said) = (target.namespace?, target.said.namespace?);
    let is_list = command.answer.rows.is_some() || command.answer.by_name || command.paginate.is_some();
    let could_be_all = command.arguments.iter().all(|argument| {
        let is_namespace = argument.form == ArgumentForm::Filled(FilledFlag::Namespace);
        !argument.required || !(is_namespace || argument.is_typed())
    });
    let filters = command
        .arguments
        .iter()
        .any(|argument| argument.form == ArgumentForm::Filled(FilledFlag::Namespace) && !argument.required);
    if app.options.wishes.namespace.is_some() || command.method != Method::Get {
        return None;
    }
    let said = match said {
        ValueSource::Preferences => "the context".to_owned(),
        other => other.to_string(),
    };
    (is_list && could_be_all && filters).then(|| {
        format!("only namespace `{}`, set by {said}; -A shows all namespaces", CleanText::new(&namespace))
    })
}

/// What the flags of this program say.
fn options_of(
    streams: &Streams,
    app: &App,
    command: &ApiCommand,
    matches: &ArgMatches,
    wishes: &OutputOptions,
) -> Result<InvocationOptions, Failure> {
    // A picture is made of a response that is not saved.
    let output_file = matches_one(matches, clap_tree::OUTPUT_FILE).map(PathBuf::from);
    let output_file = output_file.filter(|_| wishes.plot_file.is_none());
    let waits = command.wait.is_some() && (command.attaches || is_set(matches, clap_tree::WAIT));
    let is_paged = command.paginate.is_some() && output_file.is_none();
    Ok(InvocationOptions {
        is_unchecked: is_set(matches, clap_tree::NO_VALIDATE)
            && !command.has_argument(clap_tree::NO_VALIDATE),
        rows: if is_paged { rows(matches)? } else { RowLimit::Page },
        output_file,
        wait: waits.then(|| WaitOptions {
            timeout: matches.get_one::<Duration>(clap_tree::TIMEOUT).copied(),
            cancels: is_set(matches, clap_tree::CANCEL),
        }),
        idle_timeout: matches.try_get_one::<Duration>(clap_tree::IDLE_TIMEOUT).ok().flatten().copied(),
        follow: is_set(matches, clap_tree::FOLLOW),
        since: matches_one(matches, clap_tree::SINCE).cloned(),
        shape: match OutputFormat::from_options(&app.options) {
            OutputFormat::Table | OutputFormat::Wide | OutputFormat::Vertical | OutputFormat::Records(_) => {
                OutputShape::Table
            }
            OutputFormat::Name => OutputShape::Names,
            OutputFormat::Json | OutputFormat::JsonLines | OutputFormat::Yaml | OutputFormat::Plot => {
                OutputShape::Data
            }
            OutputFormat::Raw => OutputShape::Bytes,
        },
        has_filter: wishes.jq.is_some(),
        wants_table: wishes.columns.is_some() || wishes.no_headers,
        is_terminal: streams.is_terminal(),
    })
}

/// The body that was given whole.
fn whole_body(matches: &ArgMatches) -> Option<WholeBody<UserFile>> {
    Some(match user_file::typed(matches, clap_tree::BODY).pop()? {
        user_file::TypedValue::File(file) => WholeBody::File(file),
        user_file::TypedValue::Text(text) => WholeBody::Text(text),
    })
}

/// How many rows of a list are wanted.
fn rows(matches: &ArgMatches) -> Result<RowLimit, Failure> {
    if is_set(matches, clap_tree::ALL) {
        return Ok(RowLimit::All);
    }
    match matches_one(matches, clap_tree::LIMIT) {
        None => Ok(RowLimit::Page),
        Some(text) => text.parse().map(RowLimit::Count).map_err(|_| {
            Failure::new(exit::USAGE, format!("--limit: {} is not a number of rows", quoted(text)))
        }),
    }
}
