//! One operation → drafts of commands ([`super::draft`]): itself, and its `x-cli-variants`.
//!
//! It must not know the other operations; what names them is kept for [`super::links`].

use super::argument_draft::row_argument;
use super::argument_names::{ArgumentNames, OF_PAGES, OF_WAIT};
use super::arguments::BuiltArgument;
use super::draft::CommandDraft;
use super::former_words::FormerRoutes;
use super::found_pages::FoundPages;
use super::keys::Extensions;
use super::links;
use super::naming::own_name;
use super::path_items::{FoundOperation, PathItem};
use super::reference::{DocumentReader, Spoilt};
use super::responses::ReadResponse;
use super::routes::{self, OperationNames, RouteWords, Routes};
use super::rows::RowsKind;
use super::servers::{self, ServerPath};
use crate::model::CleanText;
use crate::openapi::route::WrittenRoute;
use crate::openapi::{
    ApiCommand, ArgumentForm, ArgumentPlace, DeclaredBody, DeclaredResponse, Method, Paginate, ResponseKind,
    Route, Words,
};
use serde_json::{Map, Value};

/// The body and the arguments of an operation, and how further pages are asked for.
type ReadArguments<'a> = (Option<DeclaredBody>, Vec<BuiltArgument<'a>>, Option<Paginate>);

/// All routes of a document, by the rules of today and by those of before.
pub(super) struct KnownRoutes {
    today: Routes,
    former: FormerRoutes,
}

impl KnownRoutes {
    pub(super) fn new<'r>(routes: impl Iterator<Item = (&'r str, Method)> + Clone) -> Self {
        let mut former = FormerRoutes::default();
        let is_former = |(route, method): &(&str, Method)| {
            WrittenRoute::new(route).is_plain() && FormerRoutes::METHODS.contains(method)
        };
        routes.clone().filter(is_former).for_each(|(route, method)| former.add(route, method));
        Self { today: Routes::new(routes), former }
    }
}

/// One of them is in every operation.
const OPERATION_FIELDS: &[&str] =
    &["responses", "operationId", "summary", "description", "parameters", "requestBody", "tags", "security"];

/// Reads one operation. None when there is no command to be made of it.
pub(super) fn read<'a>(
    source: &DocumentReader<'a>,
    routes: &KnownRoutes,
    base: &str,
    found: &FoundOperation<'a>,
) -> Result<Vec<CommandDraft<'a>>, Spoilt> {
    let FoundOperation { route, method, ref item, operation } = *found;
    let is_elsewhere = operation.get("$ref").is_some();
    let operation = source.resolve(operation)?;
    // Some backends answer every path with something.
    if is_elsewhere && !OPERATION_FIELDS.iter().any(|field| operation.contains_key(*field)) {
        return Err(Spoilt("what it refers to is not an operation".to_owned()));
    }
    if routes::is_skipped(route) && !operation.contains_key("x-cli-name") {
        return Ok(Vec::new());
    }
    let path = WrittenRoute::new(route).path;
    let own = std::iter::once(operation).chain(item.iter().copied()).map(servers::server_path);
    let base = match own.into_iter().find(|path| *path != ServerPath::Unsaid) {
        // An operation with a server of its own is nowhere else.
        Some(ServerPath::Below(base) | ServerPath::Foreign(base)) => base,
        Some(ServerPath::Open(path)) => return Err(Spoilt(servers::is_open(&path))),
        _ => base.to_owned(),
    };
    let whole = if path.starts_with('/') { base + path } else { path.to_owned() };
    let checked = Route::new(&whole).map_err(|fault| Spoilt(fault.to_owned()))?;
    let read_one = |variant: Option<&'a Map<String, Value>>| {
        source.begin_operation();
        let layers = variant.into_iter().chain([operation]).collect();
        let keys = Extensions { source, layers, schema: None };
        let of_item = || item.iter().find_map(|layer| layer.get("x-cli-ignore")?.as_bool());
        if keys.flag("x-cli-ignore").or_else(of_item) == Some(true) {
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
pub(super) struct OperationContext<'s, 'a> {
    pub(super) source: &'s DocumentReader<'a>,
    routes: &'s KnownRoutes,
    pub(super) route: &'a str,
    pub(super) checked: &'s Route,
    pub(super) method: Method,
    pub(super) item: &'s PathItem<'a>,
    pub(super) operation: &'a Map<String, Value>,
    variant: Option<&'a Map<String, Value>>,
    pub(super) keys: Extensions<'s, 'a>,
}

impl<'a> OperationContext<'_, 'a> {
    fn draft(self) -> Result<CommandDraft<'a>, Spoilt> {
        let Self { source, route, method, operation, keys, .. } = &self;
        let operation_id = self.text("operationId");
        let own = operation_id.and_then(|id| own_name(id, route, *method));
        let lost = "columns of its table may be missing";
        let ReadResponse { mut answer, rows, former_rows, leads } =
            source.whole_or_surface(lost, || source.answer(route, operation, keys))?;
        if *method == Method::Head {
            // Its headers are an object.
            answer = DeclaredResponse { kind: ResponseKind::Json, ..DeclaredResponse::default() };
        }
        let selects = keys.get("x-cli-select").is_some();
        if selects && self.variant.is_some_and(|variant| !variant.contains_key("x-cli-columns")) {
            // The operation's own are for its list, and not for one of its rows.
            (answer.columns, answer.chosen) = (Vec::new(), false);
        }
        let (wanted, given, nameless, route_words) = self.words(rows, operation_id);
        if let Some(words) = wanted.as_ref().filter(|_| !given) {
            self.take_for_list(&mut answer, words);
        }
        let former_wanted = if given {
            wanted.clone()
        } else if !WrittenRoute::new(route).is_plain() || !FormerRoutes::METHODS.contains(method) {
            None
        } else {
            Words::from_words(self.routes.former.words(route, *method, former_rows, own.is_some())).ok()
        };
        let (body, made, paginate) = self.arguments(&answer, leads)?;
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
            other_words: Vec::new(),
            hidden: keys.flag("x-cli-hidden").unwrap_or(false),
            deprecated: operation.get("deprecated").and_then(Value::as_bool).unwrap_or(false),
            summary,
            description,
            examples: self.examples(),
            tags: self.tags(),
            operation: operation_id.and_then(CleanText::non_empty),
            method: *method,
            route: self.checked.clone(),
            arguments,
            security: Vec::new(),
            body,
            answer,
            confirm,
            confirm_when: None,
            safe: None,
            patience: self.patience(),
            wait: None,
            paginate,
            follow: None,
            attaches: false,
            edits: None,
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
    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
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

    /// Whether further pages are looked for as it is usually done.
    fn may_have_pages(&self, answer: &DeclaredResponse) -> bool {
        let has = |key: &str| self.keys.get(key).is_some();
        self.method == Method::Get
            && answer.kind == ResponseKind::Json
            && !(has("x-cli-paginate") || has("x-cli-select") || has("x-cli-follow") || has("x-cli-field"))
            && (answer.rows.is_some() || answer.unknown)
    }

    fn arguments(&self, answer: &DeclaredResponse, leads: bool) -> Result<ReadArguments<'a>, Spoilt> {
        let Self { source, route, item, operation, .. } = self;
        let lost = "of its parameters only the surface is read";
        let mut drafts = source.whole_or_surface(lost, || source.parameters(route, item, operation))?;
        let lost = "its body has no flags, use --body or --set";
        let mut found = source.whole_or_surface(lost, || source.body(operation, self.method))?;
        if self.method == Method::Head && found.take().is_some() {
            source.remark("it has a body, which HEAD cannot send");
        }
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
        let pages = self.may_have_pages(answer).then(|| FoundPages::new(&drafts, leads));
        let is_told = pages.is_some_and(|pages| pages.is_told);
        let of_pages = OF_PAGES.iter().filter(|_| has("x-cli-paginate") || is_told);
        let mut names = ArgumentNames::new(of_wait.chain(of_pages).copied());
        let size = links::page_size(&self.keys).or(pages.and_then(|pages| pages.size));
        let mut made = source.arguments(drafts, &mut names, size);
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
        let is_free = |name: &str| !made.iter().any(|made| made.argument.name.as_str() == name);
        let pages = pages.filter(|pages| {
            pages.is_told || (answer.rows.is_some() && OF_PAGES.iter().all(|name| is_free(name)))
        });
        let paginate = pages.map(|pages| pages.paginate(&made));
        Ok((body, made, paginate))
    }
}
