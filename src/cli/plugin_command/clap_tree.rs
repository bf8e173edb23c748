//! The clap tree of one command of a plugin: its arguments and their help, out of its descriptor.

use super::help_page::{self, TreeDetail};
use super::shapes;
use crate::cli::globals::GLOBAL;
use crate::model::CleanText;
use crate::openapi::{
    ApiCommand, Argument, ArgumentForm, ArgumentPlace, BodyKind, DeclaredBody, FileFlag, Method, PageBy,
    Range, Repeat, ResponseKind, ValueKind,
};
pub(super) use crate::runner::proxy::streaming::{FOLLOW, SINCE};
use crate::runner::proxy::streaming::{adds_follow, adds_since};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, ValueHint};
use serde_json::Value;

/// `--limit`.
pub(super) const LIMIT: &str = "limit";
/// `--all`.
pub(super) const ALL: &str = "all";
/// `--wait`.
pub(super) const WAIT: &str = "wait";
/// `--timeout`.
pub(super) const TIMEOUT: &str = "timeout";
/// `--cancel-on-interrupt`.
pub(super) const CANCEL: &str = "cancel-on-interrupt";
/// `--idle-timeout`.
pub(super) const IDLE_TIMEOUT: &str = "idle-timeout";
/// What belongs to every command that a server declares.
pub(super) const BODY: &str = "body";
/// `--set`.
pub(super) const SET: &str = "set";
/// `--patch`.
pub(super) const PATCH: &str = "patch";
/// `--body-template`.
pub(super) const BODY_TEMPLATE: &str = "body-template";
/// `--no-validate`.
pub(super) const NO_VALIDATE: &str = "no-validate";
/// `--jq`.
pub(super) const JQ: &str = "jq";
/// `--columns`.
pub(super) const COLUMNS: &str = "columns";
/// `--sort-by`.
pub(super) const SORT_BY: &str = "sort-by";
/// `--watch`.
pub(super) const WATCH: &str = "watch";
/// `--log`.
pub(super) const LOG: &str = "log";
/// `--filter`.
pub(super) const FILTER: &str = "filter";
/// `--no-headers`.
pub(super) const NO_HEADERS: &str = "no-headers";
/// `--output-file`.
pub(super) const OUTPUT_FILE: &str = "output-file";
/// `--dry-run`.
pub(super) const DRY_RUN: &str = "dry-run";
/// `--yes`.
pub(super) const YES: &str = "yes";

/// The command that was typed, by its words, with what was typed for it.
pub(super) fn typed(matches: &ArgMatches) -> (Vec<&str>, &ArgMatches) {
    let (mut words, mut matches) = (Vec::new(), matches);
    while let Some((word, below)) = matches.subcommand() {
        words.push(word);
        matches = below;
    }
    (words, matches)
}

/// What is typed for one command.
pub(super) fn with_command(tree: clap::Command, command: &ApiCommand, full: &str) -> clap::Command {
    tree.about(command.summary.to_string())
        .hide(command.hidden)
        .override_usage(usage(command, full))
        .args(command.arguments.iter().filter(|argument| argument.is_typed()).map(arg))
        .args(command.arguments.iter().filter_map(file_flag))
        .args(own(command))
}

/// What help says of one command beside its arguments: no line that is only read needs it.
pub(super) fn with_help(
    mut tree: clap::Command,
    command: &ApiCommand,
    full: &str,
    credentials: Vec<String>,
    detail: TreeDetail,
) -> clap::Command {
    let program = full.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let mut after = Vec::new();
    let mut more = String::new();
    if let Some(description) = &command.description {
        let (before, rest) = match detail.layout {
            Some(_) => help_page::split(description.as_str()),
            None => (description.as_str().into(), ""),
        };
        // A description may start with the summary.
        let start = command.summary.as_str();
        tree = tree.long_about(if before.starts_with(start) {
            before.into_owned()
        } else {
            format!("{start}\n\n{before}")
        });
        rest.clone_into(&mut more);
    }
    if !command.examples.is_empty() {
        after.push("Examples:".to_owned());
        for example in &command.examples {
            if let Some(description) = &example.description {
                after.push(format!("  # {description}"));
            }
            after.push(format!("  {program} {}", example.command));
        }
        after.push(String::new());
    }
    after.extend(credentials);
    if detail.verbose {
        after.extend([format!("Route: {} {}", command.method, command.route.as_str()), String::new()]);
    }
    after.extend(shapes::of_command(command, detail.layout));
    after.push(GLOBAL.to_owned());
    let end = after.join("\n");
    if !more.is_empty() {
        tree = tree.after_long_help(format!("{more}\n\n{end}"));
    }
    tree.after_help(end)
}

/// How it is typed: what it cannot do without is there by name.
pub(super) fn usage(command: &ApiCommand, full: &str) -> String {
    let mut words = vec![full.to_owned()];
    for argument in command.arguments.iter().filter(|argument| !argument.hidden) {
        let required = argument.is_required();
        let more = if argument.repeat == Repeat::Once { "" } else { "..." };
        match &argument.form {
            ArgumentForm::Positional if required => words.push(format!("{}{more}", argument.value_name())),
            ArgumentForm::Positional => {
                words.push(format!("[{}]{more}", argument.name.as_str().to_uppercase()));
            }
            ArgumentForm::Flag if required => {
                words.push(format!("{} <{}>{more}", argument.shown(), value_name(argument)));
            }
            ArgumentForm::Filled(_) if required => words.push(format!("{} <NAME>", argument.shown())),
            _ => {}
        }
    }
    words.push("[OPTIONS]".to_owned());
    words.join(" ")
}

/// The arguments that this program adds.
fn own(command: &ApiCommand) -> Vec<Arg> {
    let switch = |name, help| flag(name, help).action(ArgAction::SetTrue);
    let mut args = vec![
        flag(JQ, "Filter the response with a jq expression")
            .value_name("EXPRESSION")
            .allow_hyphen_values(true),
        flag(COLUMNS, "Columns to show, separated by commas: names, or NAME=.path")
            .value_name("COLUMNS")
            .value_delimiter(','),
        flag(SORT_BY, "Sort the rows by a column or .path; -COLUMN for the reverse order")
            .value_name("COLUMN")
            .allow_hyphen_values(true),
        switch(NO_HEADERS, "Omit the header row"),
        flag(
            OUTPUT_FILE,
            "Write the unchanged response body to a file; with -o plot, the picture as SVG or PNG",
        )
        .value_name("FILE")
        .conflicts_with_all([JQ, COLUMNS, SORT_BY, NO_HEADERS])
        .value_hint(ValueHint::FilePath),
        switch(DRY_RUN, "Print the request as a curl command and do not send it"),
        switch(YES, "Do not ask for confirmation")
            .short('y')
            .hide(command.confirm.is_none() && command.edits.is_none()),
    ];
    args.extend(of_view(command));
    if let Some(wait) = &command.wait {
        let mut more =
            vec![duration(TIMEOUT, "How long to wait, for example 10m; exits with 124 after that")];
        if wait.cancel.is_some() {
            more.push(switch(CANCEL, "Also cancel the job on Ctrl-C"));
        }
        if !command.attaches {
            args.push(switch(WAIT, "Wait until the job has finished"));
            more = more.into_iter().map(|arg| arg.requires(WAIT)).collect();
        }
        args.extend(more);
    }
    if adds_follow(command) {
        let follow = switch(FOLLOW, "Keep printing new data");
        let has_letter = command.arguments.iter().any(|argument| argument.short == Some('f'));
        args.push(if has_letter { follow } else { follow.short('f') });
    }
    if adds_since(command) {
        args.push(flag(SINCE, "Start after the event with this id").value_name("CURSOR"));
    }
    let is_stream = matches!(command.answer.kind, ResponseKind::EventStream | ResponseKind::JsonLines);
    let can_stream = is_stream || command.follow.is_some() || command.answer.stream.is_some();
    if can_stream && !command.has_argument(IDLE_TIMEOUT) {
        args.push(duration(IDLE_TIMEOUT, "Reconnect after this long without data, for example 1m"));
    }
    if let Some(paginate) = &command.paginate {
        // Most lists come whole.
        let hidden = matches!(paginate.by, PageBy::Found { is_told: false, .. });
        args.push(flag(LIMIT, "Show at most this many rows").value_name("ROWS").hide(hidden));
        args.push(switch(ALL, "Show all rows").conflicts_with(LIMIT).hide(hidden));
    }
    if command.edits.is_some() && !command.has_argument(PATCH) {
        args.push(
            flag(PATCH, "Change to make, as a JSON object in which null removes: JSON, @FILE, or -")
                .value_name("JSON")
                .allow_hyphen_values(true)
                .conflicts_with_all([BODY, SET]),
        );
    }
    let has_template = command.body.as_ref().is_some_and(|body| body.kind == BodyKind::Json && body.object);
    if has_template && !command.has_argument(BODY_TEMPLATE) {
        args.push(switch(BODY_TEMPLATE, "Print an example of the body and exit"));
    }
    let is_checked =
        |body: &DeclaredBody| body.kind == BodyKind::Json && (body.object || body.schema.is_some());
    if command.body.as_ref().is_some_and(is_checked) && !command.has_argument(NO_VALIDATE) {
        args.push(switch(NO_VALIDATE, "Send the body without checking it against the schema"));
    }
    if let Some(body) = &command.body {
        args.push(
            flag(BODY, "Request body: text, @FILE, or - for standard input")
                .value_name("BODY")
                .allow_hyphen_values(true),
        );
        if body.kind == BodyKind::Json {
            let help = if body.is_merge_patch() {
                "Set a value in the body, for example a.b[0]=1; null removes it (repeatable)"
            } else {
                "Set a value in the body, for example a.b[0]=1 (repeatable)"
            };
            args.push(
                flag(SET, help).value_name("PATH=VALUE").allow_hyphen_values(true).action(ArgAction::Append),
            );
        }
    }
    args
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help).help_heading("Request and output options")
}

fn duration(name: &'static str, help: &'static str) -> Arg {
    let read = |text: &str| crate::ops::duration(text).map_err(|error| error.to_string());
    flag(name, help).value_name("DURATION").value_parser(read)
}

/// The arguments that say what of a response is looked at, and how: a plugin's own of these names stay its own.
fn of_view(command: &ApiCommand) -> Vec<Arg> {
    let mut args = Vec::new();
    if !command.has_argument(LOG) {
        args.push(flag(LOG, "With -o plot: a logarithmic axis for the values").action(ArgAction::SetTrue));
    }
    let keeps_filter = !command.has_argument(FILTER);
    if keeps_filter {
        let filter = flag(FILTER, "Show only the rows that a jq expression is true of");
        args.push(filter.value_name("EXPRESSION").allow_hyphen_values(true).conflicts_with(OUTPUT_FILE));
    }
    if can_be_watched(command) {
        let watch = duration(WATCH, "Show the response again and again, every 2s or INTERVAL: -w=10s")
            .value_name("INTERVAL")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("2s")
            .conflicts_with_all([OUTPUT_FILE, DRY_RUN]);
        let has_letter = command.arguments.iter().any(|argument| argument.short == Some('w'));
        args.push(if has_letter { watch } else { watch.short('w') });
    }
    args
}

/// Whether a response can be asked for again and again: what only reads, and does not follow by itself.
pub(super) fn can_be_watched(command: &ApiCommand) -> bool {
    let answer = &command.answer;
    command.method == Method::Get
        && matches!(answer.kind, ResponseKind::Json | ResponseKind::Any)
        && answer.stream.is_none()
        && answer.field.is_none()
        && command.follow.is_none()
        && !command.has_argument(WATCH)
}

fn arg(argument: &Argument) -> Arg {
    let name = argument.name.as_str().to_owned();
    let mut arg = Arg::new(name.clone()).help(help(argument)).hide(argument.hidden);
    if argument.form == ArgumentForm::Positional {
        arg = arg.value_name(argument.name.as_str().to_uppercase()).required(false);
    } else {
        arg = arg.long(name).value_name(value_name(argument));
        if let Some(letter) = argument.short {
            arg = arg.short(letter);
        }
        arg = arg.visible_aliases(argument.aliases.iter().map(|alias| alias.as_str().to_owned()));
    }
    if argument.kind == ValueKind::Boolean
        && argument.form == ArgumentForm::Flag
        && argument.repeat == Repeat::Once
    {
        return arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_name("BOOL")
            .action(ArgAction::Set);
    }
    arg = arg.action(if argument.repeat == Repeat::Once { ArgAction::Set } else { ArgAction::Append });
    if argument.form == ArgumentForm::Flag {
        // What comes after a flag is its value, whatever it begins with.
        arg = arg.allow_hyphen_values(true);
    }
    match &argument.kind {
        // What clap refuses it repeats.
        ValueKind::Choice(values) if !argument.is_private() => {
            let words: Vec<String> =
                values.iter().map(text).chain(argument.nullable.then(|| "null".to_owned())).collect();
            arg.value_parser(PossibleValuesParser::new(words))
        }
        ValueKind::Integer(_) | ValueKind::Number(_) => arg.allow_negative_numbers(true),
        ValueKind::Json | ValueKind::JsonList | ValueKind::Any => arg.allow_hyphen_values(true),
        ValueKind::Content | ValueKind::Base64 | ValueKind::Base64Url => arg.value_hint(ValueHint::FilePath),
        _ => arg,
    }
}

/// The flag that names files with the value of `argument`.
fn file_flag(argument: &Argument) -> Option<Arg> {
    let FileFlag { name, short } = argument.file.as_ref()?;
    let mut arg = Arg::new(name.as_str().to_owned())
        .long(name.as_str().to_owned())
        .value_name("FILE")
        .help(format!("Read {} from a file, or from several; - for standard input", argument.shown()))
        .value_hint(ValueHint::FilePath)
        .action(ArgAction::Append)
        .conflicts_with(argument.name.as_str().to_owned());
    if let Some(short) = short {
        arg = arg.short(*short);
    }
    Some(arg)
}

fn help(argument: &Argument) -> String {
    let mut text = argument.help.as_ref().map(CleanText::to_string).unwrap_or_default();
    let mut more = Vec::new();
    if argument.is_required() {
        more.push("required".to_owned());
    }
    if argument.repeat != Repeat::Once {
        more.push("repeatable".to_owned());
    }
    match &argument.kind {
        ValueKind::Integer(range) | ValueKind::Number(range) => more.extend(shown_range(range)),
        ValueKind::DateTime => {
            more.push("a date-time, or a duration such as 24h for that long ago".to_owned());
        }
        ValueKind::Json | ValueKind::JsonList => more.push("JSON, @FILE or -".to_owned()),
        ValueKind::Base64Url => more.push("base64url, @FILE, or - for standard input".to_owned()),
        ValueKind::Base64 => more.push("base64, @FILE, or - for standard input".to_owned()),
        ValueKind::Union { member: None, .. } => more.push("or an object in JSON".to_owned()),
        ValueKind::Union { member: Some(_), .. } => {
            more.push("a value, KEY=VALUE (repeatable), or an object in JSON".to_owned());
        }
        ValueKind::Content if argument.stdin => {
            more.push("text, or @FILE; read from standard input if omitted".to_owned());
        }
        ValueKind::Content => more.push("text, @FILE, or - for standard input".to_owned()),
        ValueKind::File => more.push("@FILE, or - for standard input".to_owned()),
        _ => {}
    }
    if argument.nullable {
        more.extend(shown_null(argument));
    }
    if let Some(default) = &argument.default {
        more.push(format!("default: {}", self::text(default)));
    }
    if let Some(variable) = &argument.environment {
        more.push(format!("or {variable}"));
    }
    if argument.deprecated {
        more.push("deprecated".to_owned());
    }
    if !more.is_empty() {
        let space = if text.is_empty() { "" } else { " " };
        text = format!("{text}{space}[{}]", more.join("; "));
    }
    text
}

/// How null is said for an argument that may be null: by the word, where that can be nothing else.
fn shown_null(argument: &Argument) -> Option<String> {
    let ArgumentPlace::Body(place) = &argument.place else { return None };
    if argument.takes_word_null() {
        return (!matches!(argument.kind, ValueKind::Choice(_))).then(|| "or null".to_owned());
    }
    let steps =
        place.steps().iter().map(|step| step.replace('\\', "\\\\").replace('.', "\\.").replace('[', "\\["));
    Some(format!("--{SET} {}=null for null", steps.collect::<Vec<_>>().join(".")))
}

/// `1..10`, or `> 0, <= 10` where a bound itself is not allowed.
fn shown_range(range: &Range) -> Option<String> {
    let bound =
        |number: &Option<serde_json::Number>| number.as_ref().map(ToString::to_string).unwrap_or_default();
    let (least, most) = (bound(&range.least), bound(&range.most));
    if !range.above && !range.below {
        return (range.least.is_some() || range.most.is_some()).then(|| format!("{least}..{most}"));
    }
    let least = range.least.as_ref().map(|_| format!("{} {least}", if range.above { ">" } else { ">=" }));
    let most = range.most.as_ref().map(|_| format!("{} {most}", if range.below { "<" } else { "<=" }));
    let bounds: Vec<String> = least.into_iter().chain(most).collect();
    (!bounds.is_empty()).then(|| bounds.join(", "))
}

fn value_name(argument: &Argument) -> &'static str {
    match (&argument.repeat, &argument.kind) {
        (Repeat::Map, _) => "KEY=VALUE",
        (_, ValueKind::Integer(_) | ValueKind::Number(_)) => "NUMBER",
        (_, ValueKind::DateTime | ValueKind::Date) => "TIME",
        (_, ValueKind::Json | ValueKind::JsonList | ValueKind::Any) => "JSON",
        (_, ValueKind::File) => "@FILE",
        _ => "VALUE",
    }
}

/// A value as it is typed.
fn text(value: &Value) -> String {
    CleanText::new(&value.as_str().map_or_else(|| value.to_string(), str::to_owned)).to_string()
}
