//! `everestctl plugin api`: any request to a plugin's backend, described or not, as `gh api` does it.

use crate::cli::output::Form;
use crate::cli::plugin_command::show::through_jq;
use crate::cli::user_file::{Typed, UserFile};
use crate::cli::{Ending, words, write, write_bytes, write_clean};
use crate::client::ClientError;
use crate::client::call::{Call, Shown};
use crate::error::{Failure, exit};
use crate::model::{limits, quoted};
use crate::openapi::{self, HIDDEN, hide_in_pairs, hide_names, is_secret_name};
use crate::ops::World;
use crate::ops::plugin_run;
use crate::runner::proxy::connection::Plugin;
use crate::runner::proxy::error::Trouble;
use crate::runner::proxy::request;
use crate::term::Streams;
use serde_json::{Map, Value};

/// Send a request to a plugin's backend
///
/// The path is below the plugin, as in /api/runs?limit=5. With fields the method is POST, or they go into the
/// query of a GET.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The name of the plugin
    name: String,
    /// The method [default: GET, or POST with a body]; may be left out
    #[arg(value_name = "METHOD")]
    first: String,
    /// The path
    path: Option<String>,
    /// A field, whose value is a text
    #[arg(short = 'f', long, value_name = "KEY=VALUE")]
    raw_field: Vec<String>,
    /// A field, whose value is JSON where it looks like it, or @FILE
    #[arg(short = 'F', long, value_name = "KEY=VALUE")]
    field: Vec<String>,
    /// A header
    #[arg(short = 'H', long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// The body: a file, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["field", "raw_field"])]
    input: Option<String>,
    /// Show what this expression of jq makes of the answer
    #[arg(long, value_name = "EXPRESSION")]
    jq: Option<String>,
    /// Follow the links to further pages
    #[arg(long)]
    paginate: bool,
    /// Show the status and the headers, too
    #[arg(short, long)]
    include: bool,
    /// Show the request as a line of curl, and send nothing
    #[arg(long)]
    dry_run: bool,
}

/// As many pages as anybody reads.
const MOST_PAGES: usize = 1000;

pub(super) fn run(streams: &mut Streams, world: &World, args: &Args) -> Ending {
    let mut words = words(std::slice::from_ref(&args.name))?;
    let Some(name) = words.pop() else { return Err(Failure::new(exit::USAGE, "a name is needed")) };
    let command = plugin_run::on_server(world, &name, &mut |problem| streams.problem(&problem))?;
    let plugin = Plugin::bare(world, &command)?;
    let mut call = call(args)?;
    if args.dry_run {
        write(streams, &format!("{}\n", request::as_curl(&plugin, &call)))?;
        return Ok(exit::SUCCESS);
    }
    for _ in 0..MOST_PAGES {
        let (status, next) = page(streams, world, &plugin, &call, args)?;
        if !(200..300).contains(&status) {
            let failure = Failure::new(
                if status == 401 { exit::SIGN_IN } else { exit::FAILURE },
                format!("`{name}` answered {status}"),
            );
            return Err(failure);
        }
        if !args.paginate {
            return Ok(exit::SUCCESS);
        }
        match next.map_err(|error| plugin.explain(Trouble::Client(error)))? {
            Some((path, query)) => (call.path, call.query) = (path, query),
            None => return Ok(exit::SUCCESS),
        }
    }
    Err(Failure::new(exit::FAILURE, format!("there are more than {MOST_PAGES} pages")))
}

/// Path and query of the next page, or why nobody goes there.
type NextPage = Result<Option<(String, String)>, ClientError>;

/// One request; the answer goes to standard output, whatever it is. Gives the status and where the next page is.
fn page(
    streams: &mut Streams,
    world: &World,
    plugin: &Plugin,
    call: &Call,
    args: &Args,
) -> Result<(u16, NextPage), Failure> {
    let patient = &mut || None;
    let mut incoming = plugin.ask(world, call, patient).map_err(|trouble| plugin.explain(trouble))?;
    if args.include {
        let reply = &incoming.reply;
        write(streams, &format!("{}\n", reply.status_line()))?;
        for (name, value) in reply.headers() {
            write(streams, &format!("{name}: {}\n", streams.safe_text(&value)))?;
        }
        write(streams, "\n")?;
    }
    let status = incoming.reply.status;
    match &args.jq {
        Some(expression) if (200..300).contains(&status) => {
            let body = incoming.json(limits::SHOWN, patient).map_err(|trouble| plugin.explain(trouble))?;
            through_jq(streams, expression, &body)?;
        }
        _ => {
            // What a terminal would act on reaches it only where the user wants the bytes themselves.
            let is_raw = Form::of(&world.options) == Form::Raw;
            while let Some(chunk) = incoming.chunk(patient).map_err(|trouble| plugin.explain(trouble))? {
                if is_raw { write_bytes(streams, &chunk)? } else { write_clean(streams, &chunk)? }
            }
        }
    }
    Ok((status, incoming.next_page()))
}

/// The request that the arguments describe.
fn call(args: &Args) -> Result<Call, Failure> {
    let (method, path) = match &args.path {
        Some(path) => (Some(args.first.to_ascii_uppercase()), path.as_str()),
        None => (None, args.first.as_str()),
    };
    let known = |method: &String| {
        matches!(method.as_str(), "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS")
    };
    if let Some(method) = method.as_ref().filter(|method| !known(method)) {
        return Err(Failure::new(
            exit::USAGE,
            format!("`{method}` is no method: GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS"),
        ));
    }
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let (path, query) = path.split_once('?').map_or((path.as_str(), ""), |(path, query)| (path, query));
    if openapi::leaves(path) {
        let path = quoted(path);
        return Err(Failure::new(
            exit::USAGE,
            format!("the path {path} leads out of the plugin once it is decoded"),
        ));
    }
    let mut fields = Map::new();
    for field in &args.raw_field {
        let (key, value) = pair(field, '=')?;
        fields.insert(key.to_owned(), value.into());
    }
    for field in &args.field {
        let (key, value) = pair(field, '=')?;
        let value = match Typed::from(value) {
            Typed::File(file) if value.starts_with('@') => request::text(&file)?.into(),
            _ => typed(value),
        };
        fields.insert(key.to_owned(), value);
    }
    let mut shown_fields = Value::Object(fields.clone());
    hide_names(&mut shown_fields);
    let mut shown = Shown::default();
    let has_body = args.input.is_some() || !fields.is_empty();
    let method = method.unwrap_or_else(|| if has_body { "POST" } else { "GET" }.to_owned());
    let mut call = Call { query: query.to_owned(), timeout: None, ..Call::new(&method, path) };
    call.headers.push(("accept".to_owned(), "*/*".to_owned()));
    for header in &args.header {
        let (name, value) = pair(header, ':')?;
        let name = name.trim().to_ascii_lowercase();
        if matches!(name.as_str(), "authorization" | "host" | "x-everest-user" | "content-length") {
            return Err(Failure::new(exit::USAGE, format!("the header `{name}` is not yours to set")));
        }
        call.headers.retain(|(other, _)| *other != name);
        call.headers.push((name, value.trim().to_owned()));
    }
    if let Some(input) = &args.input {
        let content = request::content(&UserFile::of_flag(input))?;
        call.body = Some((content_type(&mut call.headers), content));
    } else if matches!(call.method.as_str(), "GET" | "HEAD") {
        let mut pairs = form_urlencoded::Serializer::new(call.query.clone());
        for (key, value) in &fields {
            pairs.append_pair(key, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        call.query = pairs.finish();
    } else if !fields.is_empty() {
        shown.body = Some(shown_fields.to_string());
        let text = Value::Object(fields).to_string();
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

fn pair(text: &str, separator: char) -> Result<(&str, &str), Failure> {
    text.split_once(separator)
        .filter(|(key, _)| !key.trim().is_empty())
        .ok_or_else(|| Failure::new(exit::USAGE, format!("`{text}` is not KEY{separator}VALUE")))
}

/// As `gh api -F`: numbers, booleans and null are themselves, everything else is a text.
fn typed(value: &str) -> Value {
    match serde_json::from_str(value) {
        Ok(value @ (Value::Number(_) | Value::Bool(_) | Value::Null)) => value,
        _ => value.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_typed_as_gh_types_them() {
        assert_eq!(typed("5"), Value::from(5));
        assert_eq!(typed("true"), Value::from(true));
        assert_eq!(typed("{}"), Value::from("{}"));
    }
}
