//! Any request to a plugin's backend, described or not, as `gh api` sends it. It must not know how it is typed.

use super::api_error::ApiError;
use super::connection::PluginConnection;
use super::error::RequestError;
use super::{NamedFile, curl, request};
use crate::client::plugin_request::{DisplayedRequest, PluginRequest};
use crate::client::{ClientError, Deadline};
use crate::error::Failure;
use crate::model::limits;
use crate::openapi::{self, ExactJson, HIDDEN, hide_in_pairs, hide_names, is_secret_name};
use crate::runner::event::{Event, Sink};
use serde_json::value::RawValue;
use std::convert::Infallible;

/// A request. `F` is a file that the user has named.
#[derive(Debug)]
pub struct ApiRequest<F> {
    /// The method, or the path.
    pub first: String,
    /// The path, if the method stands before it.
    pub path: Option<String>,
    /// Fields as `KEY=VALUE`, whose values are texts.
    pub raw_field: Vec<String>,
    /// Fields whose values are JSON where they look like it.
    pub field: Vec<ApiField<F>>,
    /// Headers as `NAME: VALUE`.
    pub header: Vec<String>,
    /// The body.
    pub input: Option<F>,
    /// Whether links to further pages are followed.
    pub paginate: bool,
    /// Whether the head of a response is wanted.
    pub include: bool,
    /// What the answer is wanted as.
    pub output: ApiOutput,
}

/// What an answer is wanted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiOutput {
    /// Text, of which nothing may reach a terminal as a command.
    Text,
    /// Bytes, as they come.
    Bytes,
    /// What the user's filter makes of it.
    Filtered,
}

/// One field.
#[derive(Debug)]
pub struct ApiField<F> {
    /// As `KEY=VALUE`.
    pub text: String,
    /// The file that is its value.
    pub file: Option<F>,
}

/// The maximum number of pages.
const MOST_PAGES: usize = 1000;

/// The request as a line of curl.
pub fn as_curl<F: NamedFile>(plugin: &PluginConnection, args: &ApiRequest<F>) -> Result<String, Failure> {
    curl::as_curl(plugin, &call(args)?)
}

/// Sends it, and tells the answer, whatever it is.
pub fn send<F: NamedFile>(
    plugin: &PluginConnection,
    args: &ApiRequest<F>,
    sink: &mut dyn Sink,
) -> Result<(), Failure> {
    let mut call = call(args)?;
    let mut joined = JoinedPages::default();
    for _ in 0..MOST_PAGES {
        let (status, next) = page(plugin, &call, args, &mut joined, sink)?;
        if !(200..300).contains(&status) {
            return Err(ApiError::Status { plugin: plugin.name.clone(), status }.into());
        }
        if !args.paginate {
            return Ok(());
        }
        match next.map_err(|error| plugin.explain(RequestError::Client(error)))? {
            Some((path, query)) => (call.path, call.query) = (path, query),
            None => return joined.finish(sink),
        }
    }
    Err(ApiError::TooManyPages(MOST_PAGES).into())
}

/// A response that is here as a whole.
#[derive(Debug)]
pub struct WholeResponse {
    /// Its status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

/// Sends a request whose body is no file, and gives the response, whatever its status.
pub fn exchange(
    plugin: &PluginConnection,
    args: &ApiRequest<Infallible>,
    body: Vec<u8>,
) -> Result<WholeResponse, Failure> {
    let mut call = call(args)?;
    if !body.is_empty() {
        call.body = Some((content_type(&mut call.headers), body.into()));
    }
    let deadline = Deadline::NEVER.or_at(plugin.deadline());
    let mut incoming = plugin.ask(&call, deadline).map_err(|trouble| plugin.explain(trouble))?;
    let body = incoming.whole(limits::SHOWN, deadline).map_err(|trouble| plugin.explain(trouble))?;
    let reply = &incoming.reply;
    Ok(WholeResponse { status: reply.status, headers: reply.headers(), body })
}

/// Path and query of the next page, or why it is not requested.
type NextPage = Result<Option<(String, String)>, ClientError>;

/// One request. Gives the status and where the next page is.
fn page<F>(
    plugin: &PluginConnection,
    call: &PluginRequest,
    args: &ApiRequest<F>,
    joined: &mut JoinedPages,
    sink: &mut dyn Sink,
) -> Result<(u16, NextPage), Failure> {
    let deadline = Deadline::NEVER.or_at(plugin.deadline());
    let mut incoming = plugin.ask(call, deadline).map_err(|trouble| plugin.explain(trouble))?;
    if args.include {
        let reply = &incoming.reply;
        sink.take(Event::Head { status: &reply.status_line(), headers: &reply.headers() })?;
    }
    let status = incoming.reply.status;
    if args.output == ApiOutput::Filtered && (200..300).contains(&status) {
        let body = incoming.json(limits::SHOWN, deadline).map_err(|trouble| plugin.explain(trouble))?;
        sink.take(Event::Undescribed(&body))?;
    } else if args.paginate && args.output == ApiOutput::Text && (200..300).contains(&status) {
        let body = incoming.whole(limits::SHOWN, deadline).map_err(|trouble| plugin.explain(trouble))?;
        joined.add(&body, args.include, sink)?;
    } else {
        // What a terminal would act on reaches it only where the user wants the bytes themselves.
        while let Some(chunk) = incoming.chunk(deadline).map_err(|trouble| plugin.explain(trouble))? {
            sink.take(if args.output == ApiOutput::Bytes {
                Event::Bytes(&chunk)
            } else {
                Event::ForeignText(&chunk)
            })?;
        }
    }
    Ok((status, incoming.next_page()))
}

/// Pages as one text: lists become one list, as `gh api --paginate` has it, and anything else stands in lines of its own.
#[derive(Debug, Default)]
struct JoinedPages {
    /// Whether a list has begun, and whether something is in it.
    list: Option<bool>,
}

impl JoinedPages {
    /// Tells the next page. `are_apart`: the head of each is told, too.
    fn add(&mut self, page: &[u8], are_apart: bool, sink: &mut dyn Sink) -> Result<(), Failure> {
        let page = page.trim_ascii();
        let inner = page.strip_prefix(b"[").and_then(|page| page.strip_suffix(b"]")).map(<[u8]>::trim_ascii);
        let is_json = limits::check(page).is_ok() && serde_json::from_slice::<&RawValue>(page).is_ok();
        let Some(inner) = inner.filter(|_| is_json && !are_apart) else {
            self.finish(sink)?;
            sink.take(Event::ForeignText(page))?;
            return sink.take(Event::ForeignText(b"\n"));
        };
        let has_some = self.list == Some(true);
        let before: &[u8] = match self.list {
            None => b"[",
            Some(true) if !inner.is_empty() => b",",
            Some(_) => b"",
        };
        sink.take(Event::ForeignText(before))?;
        sink.take(Event::ForeignText(inner))?;
        self.list = Some(has_some || !inner.is_empty());
        Ok(())
    }

    /// Ends the list, if one has begun.
    fn finish(&mut self, sink: &mut dyn Sink) -> Result<(), Failure> {
        if self.list.take().is_some() { sink.take(Event::ForeignText(b"]\n")) } else { Ok(()) }
    }
}

/// The request that the arguments describe.
fn call<F: NamedFile>(args: &ApiRequest<F>) -> Result<PluginRequest, Failure> {
    let (method, path) = match &args.path {
        Some(path) => (Some(args.first.to_ascii_uppercase()), path.as_str()),
        None => (None, args.first.as_str()),
    };
    let known = |method: &String| {
        matches!(method.as_str(), "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS")
    };
    if let Some(method) = method.as_ref().filter(|method| !known(method)) {
        return Err(ApiError::InvalidMethod(method.clone()).into());
    }
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let (path, query) = path.split_once('?').map_or((path.as_str(), ""), |(path, query)| (path, query));
    if openapi::leaves(path) {
        return Err(ApiError::Outside(path.to_owned()).into());
    }
    let mut fields: Vec<(String, ExactJson)> = Vec::new();
    let mut field = |key: &str, value: ExactJson| {
        fields.retain(|(other, _)| other != key);
        fields.push((key.to_owned(), value));
    };
    for text in &args.raw_field {
        let (key, value) = pair(text, '=')?;
        field(key, value.into());
    }
    for ApiField { text, file } in &args.field {
        let (key, value) = pair(text, '=')?;
        let value = match file {
            Some(file) => ExactJson::Text(request::text(file)?),
            None => typed(value),
        };
        field(key, value);
    }
    let mut shown_fields = ExactJson::Object(fields.clone());
    hide_names(&mut shown_fields);
    let mut shown = DisplayedRequest::default();
    let has_body = args.input.is_some() || !fields.is_empty();
    let method = method.unwrap_or_else(|| if has_body { "POST" } else { "GET" }.to_owned());
    let mut call =
        PluginRequest { query: query.to_owned(), timeout: None, ..PluginRequest::new(&method, path) };
    call.headers.push(("accept".to_owned(), "*/*".to_owned()));
    for header in &args.header {
        let (name, value) = pair(header, ':')?;
        let name = name.trim().to_ascii_lowercase();
        if matches!(name.as_str(), "authorization" | "host" | "x-everest-user" | "content-length") {
            return Err(ApiError::OwnHeader(name).into());
        }
        call.headers.retain(|(other, _)| *other != name);
        call.headers.push((name, value.trim().to_owned()));
    }
    if let Some(input) = &args.input {
        let content = request::content(input)?;
        call.body = Some((content_type(&mut call.headers), content));
    } else if matches!(call.method.as_str(), "GET" | "HEAD") {
        let mut pairs = form_urlencoded::Serializer::new(call.query.clone());
        for (key, value) in &fields {
            pairs.append_pair(key, &value.plain());
        }
        call.query = pairs.finish();
    } else if !fields.is_empty() {
        shown.body = Some(shown_fields.to_string());
        let text = ExactJson::Object(fields).to_string();
        call.body = Some((content_type(&mut call.headers), text.into_bytes().into()));
    }
    let is_secret = |(name, _): &&(String, String)| is_secret_name(name);
    shown.headers =
        call.headers.iter().filter(is_secret).map(|(name, _)| (name.clone(), HIDDEN.to_owned())).collect();
    shown.path.clone_from(&call.path);
    shown.query = hide_in_pairs(&call.query, is_secret_name);
    call.shown = Some(Box::new(shown));
    Ok(call)
}

/// The content type that the user gave as a header, or JSON.
fn content_type(headers: &mut Vec<(String, String)>) -> String {
    let found = headers.iter().position(|(name, _)| name == "content-type");
    found.map_or_else(|| "application/json".to_owned(), |index| headers.remove(index).1)
}

fn pair(text: &str, separator: char) -> Result<(&str, &str), ApiError> {
    let invalid = || ApiError::InvalidField { text: text.to_owned(), separator };
    text.split_once(separator).filter(|(key, _)| !key.trim().is_empty()).ok_or_else(invalid)
}

/// As `gh api -F`: numbers, booleans and null are themselves, everything else is a text.
fn typed(value: &str) -> ExactJson {
    ExactJson::read(value)
        .filter(|typed| !typed.is_nested() && !matches!(typed, ExactJson::Text(_)))
        .unwrap_or_else(|| value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_typed_as_gh_types_them_digit_for_digit() {
        for (given, expected) in [
            ("5", "5"),
            ("true", "true"),
            ("null", "null"),
            ("{}", r#""{}""#),
            ("0.10000000000000000001", "0.10000000000000000001"),
        ] {
            assert_eq!(typed(given).to_string(), expected);
        }
    }
}
