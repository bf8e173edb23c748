//! One command of a plugin with everything that was typed for it: the request that it makes, and what becomes of it.
//!
//! It must not know clap, nor how anything is shown.

use super::arguments::{ParsedArguments, RequestContext, TypedBody};
use super::connection::PluginConnection;
use super::input_error::InputError;
use super::job::Job;
use super::options::{InvocationOptions, OutputShape, RowLimit, WaitOptions};
use super::page_steps;
use super::pages::{self, Pages};
use super::request::{self, NamedFile};
use super::response::{ResponseHandler, StreamRequest};
use super::streaming::Streaming;
use super::wait::{JobOutcome, JobWaiter};
use super::watch::WatchedRequest;
use super::{curl, download};
use crate::client::PluginCredential;
use crate::client::plugin_request::PluginRequest;
use crate::client::request_body::RequestBody;
use crate::error::Failure;
use crate::model::CleanText;
use crate::openapi::{
    self, ApiCommand, BodyKind, ExactJson, JsonAnswer, OperationBody, PageBy, Paginate, Patience, UsageError,
    Wait,
};
use crate::runner::event::{Event, Sink};
use crate::sys::clock;
use crate::sys::signals::Interrupts;
use serde_json::Value;

/// The header with the version that a change is for.
pub(super) const IF_MATCH: &str = "if-match";

/// A body that was given whole.
#[derive(Clone, Debug)]
pub enum WholeBody<F> {
    /// A text.
    Text(String),
    /// What stands in a file.
    File(F),
}

/// One command with everything that was typed for it.
pub struct Invocation<'a, F> {
    plugin: &'a PluginConnection,
    command: &'a ApiCommand,
    arguments: ParsedArguments<F>,
    context: RequestContext,
    content: Option<RequestBody>,
    options: &'a InvocationOptions,
}

/// The request of an invocation, ready to be sent.
pub struct Prepared<'a, F> {
    invocation: Invocation<'a, F>,
    streaming: Streaming,
    call: PluginRequest,
}

impl<'a, F: NamedFile + Clone> Invocation<'a, F> {
    /// Reads the body that was given whole.
    pub fn new(
        plugin: &'a PluginConnection,
        command: &'a ApiCommand,
        mut arguments: ParsedArguments<F>,
        body: Option<WholeBody<F>>,
        sets: Vec<String>,
        options: &'a InvocationOptions,
    ) -> Result<Self, Failure> {
        let is_raw = command.body.as_ref().is_some_and(|body| body.kind == BodyKind::Raw);
        let (content, body) = match (body, is_raw) {
            (None, _) => (None, TypedBody::None),
            (Some(WholeBody::File(file)), true) => (Some(request::content(&file)?), TypedBody::Kept),
            (Some(WholeBody::File(file)), false) => (None, TypedBody::Text(request::text(&file)?)),
            (Some(WholeBody::Text(text)), true) => (Some(text.into_bytes().into()), TypedBody::Kept),
            (Some(WholeBody::Text(text)), false) => (None, TypedBody::Text(text)),
        };
        if let Some((paginate, rows)) = paging(command, options)
            && let Some((name, size)) = pages::size(command, paginate, rows)
            && arguments.value(&name).is_none()
        {
            arguments.set(&name, &size);
        }
        let filled = plugin.access().filled.clone();
        let (namespace, cluster) = (filled.namespace, filled.cluster);
        let (now, is_unchecked) = (clock::now(), options.is_unchecked);
        let context = RequestContext { sets, body, namespace, cluster, now, is_unchecked };
        Ok(Self { plugin, command, arguments, context, content, options })
    }

    /// What is wrong with what was typed; else the question to ask before anything is sent.
    pub fn check(&self) -> Result<Option<CleanText>, UsageError> {
        let input = self.context.input(&self.arguments);
        openapi::request(self.command, &input)?;
        Ok(openapi::confirmation(self.command, &input))
    }

    /// Whether all credentials of the plugin's own that go with its request are known, and those that go with the
    /// requests that follow.
    pub fn check_credentials(&self) -> Result<(), Failure> {
        let Self { plugin, command, arguments, .. } = self;
        if !command.security.is_empty() {
            plugin.check_credentials(&self.call(arguments, None)?)?;
        }
        match &command.wait {
            Some(wait) if self.options.wait.is_some() && !command.attaches => {
                Job { plugin, wait, values: arguments.open_pairs(command) }.check_credentials()
            }
            _ => Ok(()),
        }
    }

    /// The JSON body that it would send.
    pub fn json_body(&self) -> Result<Option<ExactJson>, UsageError> {
        let request = openapi::request(self.command, &self.context.input(&self.arguments))?;
        Ok(request.body.and_then(|body| match body {
            OperationBody::Json { text, .. } => ExactJson::read(&text),
            _ => None,
        }))
    }

    /// What was typed, for who has more of it.
    pub fn arguments(&mut self) -> &mut ParsedArguments<F> {
        &mut self.arguments
    }

    /// The request.
    pub fn prepare(mut self) -> Result<Prepared<'a, F>, Failure> {
        let options = self.options;
        let streaming =
            Streaming::of(self.command, options.follow, options.since.as_deref(), &self.arguments);
        let content = self.content.take();
        let first = self.call(&self.arguments, content)?;
        let mut call = patient(self.command, streaming.first(first));
        if options.output_file.is_some() {
            call = download::untouched(call);
        }
        Ok(Prepared { invocation: self, streaming, call })
    }

    fn call(
        &self,
        arguments: &ParsedArguments<F>,
        content: Option<RequestBody>,
    ) -> Result<PluginRequest, Failure> {
        let request = openapi::request(self.command, &self.context.input(arguments));
        let request = request.map_err(|error| refused(self.plugin, self.command, &error.to_string()))?;
        request::call(self.plugin, self.command, request, content)
    }
}

impl<'a, F: NamedFile + Clone> Prepared<'a, F> {
    /// The same, refused by the server when what it changes is no longer this version (RFC 9110, 13.1.1).
    #[must_use]
    pub fn only_if(mut self, version: Option<String>) -> Self {
        self.call.headers.extend(version.map(|version| (IF_MATCH.to_owned(), version)));
        self
    }

    /// The request as a line of curl.
    pub fn as_curl(&self) -> Result<String, Failure> {
        curl::as_curl(self.invocation.plugin, &self.call)
    }

    /// The same to be asked again and again.
    pub fn watched(self) -> WatchedRequest<'a> {
        let Invocation { plugin, command, ref arguments, .. } = self.invocation;
        let selected =
            openapi::selector(command).and_then(|argument| arguments.value(argument.name.as_str()));
        let selected = selected.map(str::to_owned);
        WatchedRequest { plugin, command, call: self.call, version: None, selected }
    }

    /// Sends it, and does what is wanted with what comes.
    pub fn run(self, sink: &mut dyn Sink) -> Result<(), Failure> {
        let Self { invocation, streaming, call } = self;
        let Invocation { plugin, command, ref arguments, options, .. } = invocation;
        say_where_the_token_goes(plugin, &call, sink)?;
        if let (Some(wait), Some(how)) = (&command.wait, options.wait) {
            return invocation.wait_for(wait, how, call, sink);
        }
        // A page by itself is an answer like any other; only a table tells that there is more.
        let is_table = options.shape == OutputShape::Table && !options.has_filter;
        let is_declared = |paginate: &Paginate| !matches!(paginate.by, PageBy::Found { .. });
        if let Some((paginate, rows)) = paging(command, options)
            .filter(|(paginate, rows)| *rows != RowLimit::Page || (is_table && is_declared(paginate)))
        {
            let pages = Pages { plugin, command, paginate, rows };
            let mut arguments = arguments.clone();
            let call = |arguments: &_| Ok(patient(command, invocation.call(arguments, None)?));
            return pages.run(&mut arguments, &call, sink);
        }
        let selected =
            openapi::selector(command).and_then(|argument| arguments.value(argument.name.as_str()));
        let again = |cursor: Option<&str>| {
            let arguments = streaming.behind(arguments.clone(), cursor);
            Ok(streaming.apply(invocation.call(&arguments, None)?))
        };
        let since = streaming.since(command);
        let stream = StreamRequest {
            again: &again,
            cursor: streaming.cursor.clone(),
            goes_on: streaming.goes_on,
            silence: options.idle_timeout,
            since: since.as_deref(),
        };
        let deadline = plugin.deadline();
        let more_rows: &dyn Fn(&Value, bool) -> _ =
            &|value, has_link| page_steps::hint(command, arguments, value, has_link);
        ResponseHandler { plugin, command, call: &call, options, selected, stream, deadline, more_rows }
            .run(sink)
    }
}

impl<F> Invocation<'_, F> {
    /// Waits for what the command starts, or for what another has started.
    fn wait_for(
        &self,
        wait: &Wait,
        WaitOptions { timeout, cancels }: WaitOptions,
        call: PluginRequest,
        sink: &mut dyn Sink,
    ) -> Result<(), Failure> {
        let Self { plugin, command, arguments, .. } = self;
        let interrupts = Interrupts::watch().map_err(|error| Failure::of(&error))?;
        let job = Job { plugin, wait, values: arguments.open_pairs(command) };
        let waiting = JobWaiter { job, timeout, cancels, interrupts: &interrupts };
        let outcome = if command.attaches {
            let id = wait.argument.as_ref().and_then(|argument| arguments.value(argument.as_str()));
            waiting.attach(call, id, sink)
        } else {
            waiting.start(command, &call, sink)
        };
        sink.take(Event::MoveEnd)?;
        let JobOutcome { poll, body, failure } = outcome?;
        sink.take(Event::Json { command: poll, answer: &JsonAnswer::new(body), selected: None })?;
        failure.map_or(Ok(()), Err)
    }
}

/// How its list is read page by page, if it is.
fn paging<'a>(command: &'a ApiCommand, options: &InvocationOptions) -> Option<(&'a Paginate, RowLimit)> {
    let paginate = command.paginate.as_ref()?;
    options.output_file.is_none().then_some((paginate, options.rows))
}

/// The call with the time that the document gives its answer.
fn patient(command: &ApiCommand, call: PluginRequest) -> PluginRequest {
    match command.patience {
        Patience::For(span) => PluginRequest { timeout: Some(span), ..call },
        Patience::Endless => PluginRequest { timeout: None, ..call },
        Patience::Usual => call,
    }
}

/// Says who gets the user's token and credentials, for who wants to know.
fn say_where_the_token_goes(
    plugin: &PluginConnection,
    call: &PluginRequest,
    sink: &mut dyn Sink,
) -> Result<(), Failure> {
    for credential in &call.credentials {
        let PluginCredential { scheme, place, variable, is_from_environment, .. } = credential;
        let from = if *is_from_environment { format!(", from {variable}") } else { String::new() };
        let text = format!("the credential `{scheme}` of `{}` is sent in {place}{from}", plugin.name);
        sink.take(Event::Note(&text))?;
    }
    if plugin.is_through_kubernetes() {
        let (method, base, path) = (&call.method, plugin.base(), call.shown_path());
        let server = CleanText::new(plugin.server());
        let text = format!(
            "{method} {base}{path}: sent to {server} with the credentials of your kubeconfig; the backend does not learn who you are"
        );
        return sink.take(Event::Note(&text));
    }
    if !call.with_token {
        return Ok(());
    }
    let backend = plugin.backend.as_ref();
    let backend =
        backend.map_or_else(|| "its backend".to_owned(), |backend| format!("its backend {backend}"));
    let (method, base, path) = (&call.method, plugin.base(), call.shown_path());
    let server = CleanText::new(plugin.server());
    let text = format!("{method} {base}{path}: your token is sent to {server}, which passes it to {backend}");
    sink.take(Event::Note(&text))
}

/// The failure for what was typed.
pub fn refused(plugin: &PluginConnection, command: &ApiCommand, what: &str) -> Failure {
    let words =
        command.words.as_slice().iter().map(|word| word.as_str().to_owned()).collect::<Vec<_>>().join(" ");
    let help = format!("everestctl {} {words} --help", plugin.typed);
    InputError::Refused { what: what.to_owned(), help }.into()
}
