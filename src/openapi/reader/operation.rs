//! One operation → drafts of commands: itself, and its `x-cli-variants`.
//!
//! It must not know the other operations; what names them is kept for [`super::links`].

use super::argument_names::{ArgumentNames, OF_PAGES, OF_WAIT};
use super::arguments::{BuiltArgument, row_argument};
use super::example;
use super::former_words::{FormerCandidate, FormerRoutes};
use super::keys::Extensions;
use super::links::{self, Links};
use super::naming::{NamingCandidate, own_name};
use super::reference::{DocumentReader, Spoilt};
use super::routes::{self, OperationNames, RouteWords, Routes};
use super::rows::RowsKind;
use crate::model::CleanText;
use crate::openapi::case::kebab;
use crate::openapi::route::WrittenRoute;
use crate::openapi::{
    ApiCommand, ArgumentForm, ArgumentPlace, Example, Method, Patience, Route, Text, Words,
};
use serde_json::{Map, Value};

/// All routes of a document, by the rules of today and by those of before.
pub(super) struct KnownRoutes {
    today: Routes,
    former: FormerRoutes,
}

impl KnownRoutes {
    pub(super) fn new<'r>(routes: impl Iterator<Item = (&'r str, Method)> + Clone) -> Self {
        let mut former = FormerRoutes::default();
        let plain = routes.clone().filter(|(route, _)| WrittenRoute::new(route).is_plain());
        plain.for_each(|(route, method)| former.add(route, method));
        Self { today: Routes::new(routes), former }
    }
}

/// A command that still looks for its words.
pub(super) struct CommandDraft<'a> {
    /// Without its words.
    pub(super) command: ApiCommand,
    /// `GET /api/runs`.
    pub(super) label: String,
    /// Further words it asks for.
    pub(super) aliases: Vec<&'a str>,
    pub(super) operation_id: Option<&'a str>,
    /// Why it would get no words.
    pub(super) nameless: String,
    /// What it was called before.
    pub(super) former: Option<Words>,
    former_wanted: Option<Words>,
    wanted: Option<Words>,
    given: bool,
    route_words: RouteWords,
    own: Option<Words>,
    asks: bool,
    layers: Vec<&'a Map<String, Value>>,
    completes: Vec<(usize, &'a Map<String, Value>)>,
}

/// Reads one operation. None when there is no command to be made of it.
pub(super) fn read<'a>(
    source: &DocumentReader<'a>,
    routes: &KnownRoutes,
    route: &'a str,
    method: Method,
    item: &'a Map<String, Value>,
    value: &'a Value,
) -> Result<Vec<CommandDraft<'a>>, Spoilt> {
    let Some(operation) = value.as_object() else {
        return Err(Spoilt("the operation is not an object".to_owned()));
    };
    if routes::is_skipped(route) && !operation.contains_key("x-cli-name") {
        return Ok(Vec::new());
    }
    let checked = Route::new(WrittenRoute::new(route).path).map_err(|fault| Spoilt(fault.to_owned()))?;
    let read_one = |variant: Option<&'a Map<String, Value>>| {
        source.begin_operation();
        let layers = variant.into_iter().chain([operation]).collect();
        let keys = Extensions { source, layers, schema: None };
        if keys.flag("x-cli-ignore").or_else(|| item.get("x-cli-ignore")?.as_bool()) == Some(true) {
            return Ok(None);
        }
        OperationContext { source, routes, route, checked: &checked, method, item, operation, variant, keys }
            .draft()
            .map(Some)
    };
    let mut drafts: Vec<CommandDraft<'a>> = read_one(None)?.into_iter().collect();
    let keys = Extensions { source, layers: vec![operation], schema: None };
    for variant in keys.items("x-cli-variants") {
        match variant.as_object().filter(|variant| variant.contains_key("x-cli-name")) {
            Some(variant) => drafts.extend(read_one(Some(variant))?),
            None => source.remark("an entry of `x-cli-variants` has no `x-cli-name`"),
        }
    }
    Ok(drafts)
}

/// What one operation is read from.
struct OperationContext<'s, 'a> {
    source: &'s DocumentReader<'a>,
    routes: &'s KnownRoutes,
    route: &'a str,
    checked: &'s Route,
    method: Method,
    item: &'a Map<String, Value>,
    operation: &'a Map<String, Value>,
    variant: Option<&'a Map<String, Value>>,
    keys: Extensions<'s, 'a>,
}

impl<'a> OperationContext<'_, 'a> {
    fn draft(self) -> Result<CommandDraft<'a>, Spoilt> {
        let Self { source, route, method, operation, keys, .. } = &self;
        let operation_id = self.text("operationId");
        let own = operation_id.and_then(|id| own_name(id, route, *method));
        let lost = "columns of its table may be missing";
        let (mut answer, rows, former_rows) =
            source.whole_or_surface(lost, || source.answer(route, operation, keys))?;
        let selects = keys.get("x-cli-select").is_some();
        if selects && self.variant.is_some_and(|variant| !variant.contains_key("x-cli-columns")) {
            // The operation's own are for its list, and not for one of its rows.
            (answer.columns, answer.chosen) = (Vec::new(), false);
        }
        let (wanted, given, nameless, route_words) = self.words(rows, operation_id);
        let former_wanted = if given {
            wanted.clone()
        } else if !WrittenRoute::new(route).is_plain() {
            None
        } else {
            Words::from_words(self.routes.former.words(route, *method, former_rows, own.is_some())).ok()
        };
        let (body, made) = self.arguments()?;
        let (summary, description) = self.texts(own.as_ref());
        let mut completes = Vec::new();
        let mut arguments = Vec::new();
        for (at, BuiltArgument { argument, complete, .. }) in made.into_iter().enumerate() {
            completes.extend(complete.map(|complete| (at, complete)));
            arguments.push(argument);
        }
        // Replaced once the words are decided.
        let words = wanted.clone().or_else(|| own.clone()).or_else(|| Words::new("unnamed").ok());
        let Some(words) = words else { return Err(Spoilt(nameless)) };
        let (confirm, asks) = self.confirm();
        let command = ApiCommand {
            words,
            aliases: Vec::new(),
            former: None,
            hidden: keys.flag("x-cli-hidden").unwrap_or(false),
            deprecated: operation.get("deprecated").and_then(Value::as_bool).unwrap_or(false),
            summary,
            description,
            examples: self.examples(),
            operation: operation_id.and_then(CleanText::non_empty),
            method: *method,
            route: self.checked.clone(),
            arguments,
            body,
            answer,
            confirm,
            confirm_when: None,
            safe: None,
            patience: self.patience(),
            wait: None,
            paginate: None,
            follow: None,
            attaches: false,
            shell: None,
        };
        // A variant is another command: the operation's further names are not its own.
        let aliases = match self.variant {
            Some(variant) => keys.of(variant).texts("x-cli-aliases"),
            None => keys.texts("x-cli-aliases"),
        };
        Ok(CommandDraft {
            command,
            label: format!("{method} {}", CleanText::new(route)),
            aliases,
            operation_id: operation_id.filter(|_| self.variant.is_none()),
            nameless,
            former: None,
            former_wanted,
            wanted,
            given,
            route_words,
            own,
            asks,
            layers: self.keys.layers.clone(),
            completes,
        })
    }

    /// A text of the operation, or of the variant.
    fn text(&self, key: &str) -> Option<&'a str> {
        self.keys.layers.iter().find_map(|layer| layer.get(key)).and_then(Value::as_str)
    }

    /// The words it would have, whether they were given, and what to say when it gets none.
    fn words(&self, rows: RowsKind, id: Option<&str>) -> (Option<Words>, bool, String, RouteWords) {
        if let Some(name) = self.keys.text("x-cli-name") {
            match Words::new(name) {
                Ok(words) => return (Some(words), true, String::new(), RouteWords::default()),
                Err(why) => self.source.remark(format!("`x-cli-name`: {why}")),
            }
        }
        let tag =
            self.operation.get("tags").and_then(Value::as_array).and_then(|tags| tags.first()?.as_str());
        let found = self.routes.today.words(self.route, self.method, rows, OperationNames { id, tag });
        match Words::from_words(found.all()) {
            Ok(words) => (Some(words), false, String::new(), found),
            Err(why) => (None, false, format!("no command name in its route: {why}"), found),
        }
    }

    fn arguments(&self) -> Result<(Option<crate::openapi::DeclaredBody>, Vec<BuiltArgument<'a>>), Spoilt> {
        let Self { source, route, item, operation, .. } = self;
        let lost = "of its parameters only the surface is read";
        let mut drafts = source.whole_or_surface(lost, || source.parameters(route, item, operation))?;
        let lost = "its body has no flags, use --body or --set";
        let found = if self.method == Method::Get {
            None
        } else {
            source.whole_or_surface(lost, || source.body(operation))?
        };
        let body = found.map(|found| {
            drafts.extend(found.drafts);
            found.body
        });
        if let Some(select) = self.keys.within("x-cli-select") {
            match (select.text("argument"), select.pointer("field")) {
                (Some(name), Some(field)) => drafts.push(row_argument(name, field)),
                _ => self.source.remark("`x-cli-select` needs `argument` and `field`"),
            }
        }
        let has = |key: &str| self.keys.get(key).is_some();
        let of_wait = OF_WAIT.iter().filter(|_| has("x-cli-wait"));
        let of_pages = OF_PAGES.iter().filter(|_| has("x-cli-paginate"));
        let mut names = ArgumentNames::new(of_wait.chain(of_pages).copied());
        let mut made = source.arguments(drafts, &mut names, links::page_size(&self.keys));
        for BuiltArgument { argument, .. } in &mut made {
            // It is typed by its place, whatever else is said.
            if matches!(argument.place, ArgumentPlace::Row(_)) {
                argument.form = ArgumentForm::Positional;
            }
        }
        made.sort_by_key(|made| match made.argument.form {
            ArgumentForm::Positional => u8::from(!made.argument.is_required()),
            ArgumentForm::Flag => 2,
            ArgumentForm::Filled(_) | ArgumentForm::Constant(_) => 3,
        });
        Ok((body, made))
    }

    /// One line, and the whole when there is more.
    fn texts(&self, own: Option<&Words>) -> (CleanText, Option<Text>) {
        let long = self.text("description").and_then(Text::non_empty);
        let summary = self.text("summary").filter(|summary| {
            // FastAPI makes one of the function's name, which says less than its documentation.
            let generated = own.is_some_and(|own| kebab(summary) == own.to_string());
            !generated || long.is_none()
        });
        let text = self.keys.text("x-cli-description");
        let (summary, long) = match text.and_then(Text::non_empty) {
            Some(text) => (None, Some(text)),
            None => (summary.and_then(CleanText::non_empty), long),
        };
        let first = long.as_ref().map(Text::first_line);
        let line =
            summary.or(first).unwrap_or_else(|| CleanText::new(&format!("{} {}", self.method, self.route)));
        let long = long.filter(|long| long.as_str() != line.as_str());
        (line, long)
    }

    fn examples(&self) -> Vec<Example> {
        let made = |item: &'a Value| match item {
            Value::String(text) => {
                example::checked(text).map(|command| Example { command, description: None })
            }
            Value::Object(members) => {
                let keys = self.keys.of(members);
                let command = example::checked(keys.text("command")?)?;
                Some(Example { command, description: keys.line("description") })
            }
            _ => None,
        };
        let items = self.keys.items("x-cli-examples");
        let examples: Vec<Example> = items.iter().filter_map(|item| made(item)).collect();
        if examples.len() < items.len() {
            self.source.remark("`x-cli-examples` has an entry without a command, or with shell syntax");
        }
        examples
    }

    /// `x-cli-timeout`: a duration, or `none`.
    fn patience(&self) -> Patience {
        match self.keys.text("x-cli-timeout") {
            None => Patience::Usual,
            Some("none") => Patience::Endless,
            Some(text) => {
                let span = humantime::parse_duration(text).ok();
                let span = span.filter(|span| (1..=Patience::LONGEST.as_secs()).contains(&span.as_secs()));
                if span.is_none() {
                    self.source.remark(
                        "`x-cli-timeout` is neither a duration such as `5m`, of at most a day, nor `none`",
                    );
                }
                span.map_or(Patience::Usual, Patience::For)
            }
        }
    }

    /// The question to ask first, if it was given, and whether there is one.
    fn confirm(&self) -> (Option<CleanText>, bool) {
        match self.keys.get("x-cli-confirm") {
            Some(Value::Bool(asks)) => (None, *asks),
            Some(Value::String(text)) => (CleanText::non_empty(text), true),
            Some(Value::Object(members)) => (self.keys.of(members).line("text"), true),
            Some(_) => {
                self.source.remark("`x-cli-confirm` is neither a string, an object, nor true or false");
                (None, true)
            }
            None => (None, self.method == Method::Delete),
        }
    }
}

impl<'a> CommandDraft<'a> {
    pub(super) fn candidate(&self) -> NamingCandidate {
        let Self { wanted, given, own, command, route_words, .. } = self;
        NamingCandidate {
            words: wanted.clone(),
            given: *given,
            operation: own.clone(),
            method: command.method,
            route: route_words.clone(),
        }
    }

    pub(super) fn former_candidate(&self) -> FormerCandidate {
        let Self { former_wanted, given, own, command, .. } = self;
        FormerCandidate {
            words: former_wanted.clone(),
            given: *given,
            // An operation without any is one that no earlier version had.
            operation: own.clone().filter(|_| former_wanted.is_some()),
            method: command.method,
        }
    }

    /// What depends on its words: which examples are its own, and the question that it asks.
    pub(super) fn finish(&mut self) {
        let ApiCommand { words, aliases, examples, .. } = &mut self.command;
        examples.retain(|example| {
            let typed: Vec<&str> = example.command.as_str().split(' ').collect();
            std::iter::once(&*words).chain(aliases.iter()).any(|words| words.begin(&typed))
        });
        if !self.asks || self.command.confirm.is_some() {
            return;
        }
        let named =
            self.command.arguments.iter().filter(|argument| argument.form == ArgumentForm::Positional);
        let values: Vec<String> = named.map(|argument| format!("{{{}}}", argument.name)).collect();
        let what = format!("{} {}", self.command.words, values.join(" "));
        self.command.confirm = Some(CleanText::new(&format!("{}: are you sure?", what.trim_end())));
    }

    pub(super) fn into_parts(self) -> (ApiCommand, (String, Links<'a>)) {
        (self.command, (self.label, Links { layers: self.layers, completes: self.completes }))
    }
}
