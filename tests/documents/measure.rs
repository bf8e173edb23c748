//! What one document becomes, and what that costs.
//!
//! It must not know which documents there are.

use everestctl::openapi::{self, ApiCommand, BodyKind, Descriptor, LazyDescriptor, ResponseKind};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;

/// What is known of one document.
pub(crate) struct Facts {
    pub(crate) name: String,
    /// Why it could not be read at all.
    pub(crate) unloaded: Option<String>,
    pub(crate) bytes: u64,
    pub(crate) milliseconds: u64,
    /// The most memory, in KiB.
    pub(crate) peak: u64,
    /// What is kept of it in the index, in bytes.
    pub(crate) index: u64,
    pub(crate) operations: u64,
    pub(crate) commands: u64,
    /// Operations that are no command.
    pub(crate) lost: Vec<String>,
    /// Entries of the help of the plugin.
    pub(crate) top: u64,
    pub(crate) one_word: u64,
    pub(crate) long: u64,
    pub(crate) problems: u64,
    pub(crate) lists: u64,
    /// Lists of which no rows are known.
    pub(crate) without_rows: Vec<String>,
    pub(crate) bodies: u64,
    /// Bodies whose schema is kept, and not cut.
    pub(crate) checked: u64,
    /// Each command: its request, and its words.
    pub(crate) words: Vec<(String, String)>,
    /// What was typed, and the request that it makes.
    pub(crate) runs: Vec<(String, String)>,
}

impl Facts {
    /// What a process has said of a document.
    pub(crate) fn new(name: &str, said: &Value) -> Self {
        let number = |key: &str| said[key].as_u64().unwrap_or_default();
        let texts = |key: &str| -> Vec<String> {
            said[key]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|text| text.as_str().map(str::to_owned))
                .collect()
        };
        let pairs = |key: &str| {
            let pair = |line: &String| line.rsplit_once('\t').map(|(one, other)| (one.into(), other.into()));
            texts(key).iter().filter_map(pair).collect()
        };
        Self {
            name: name.to_owned(),
            unloaded: said["unloaded"].as_str().map(str::to_owned),
            bytes: number("bytes"),
            milliseconds: number("milliseconds"),
            peak: number("peak"),
            index: number("index"),
            operations: number("operations"),
            commands: number("commands"),
            lost: texts("lost"),
            top: number("top"),
            one_word: number("one_word"),
            long: number("long"),
            problems: number("problems"),
            lists: number("lists"),
            without_rows: texts("without_rows"),
            bodies: number("bodies"),
            checked: number("checked"),
            words: pairs("words"),
            runs: pairs("runs"),
        }
    }
}

/// Reads the document at `path`, and says what has become of it, and what each of the lines in `typed` runs: a request, a
/// tab, and words that were typed.
pub(crate) fn of(path: &Path, typed: &str) -> Value {
    let bytes = std::fs::read(path).unwrap();
    let start = Instant::now();
    let read = openapi::read(&bytes);
    let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap();
    let peak = peak();
    let descriptor = match read {
        Ok(descriptor) => descriptor,
        Err(error) => return json!({"unloaded": error.to_string(), "bytes": bytes.len()}),
    };
    let operations = operations(&bytes);
    let commands = &descriptor.commands;
    let has = |operation: &String| {
        commands.iter().any(|command| command_is(command, operation)) || is_for_browsers(operation)
    };
    let lost: Vec<&String> = operations.iter().filter(|operation| !has(operation)).collect();
    let count = |test: &dyn Fn(&ApiCommand) -> bool| commands.iter().filter(|command| test(command)).count();
    let length = |command: &ApiCommand| command.words.as_slice().len();
    let is_list = |command: &ApiCommand| {
        command.words.as_slice().last().is_some_and(|word| word.as_ref() == "list")
            && command.answer.kind == ResponseKind::Json
    };
    let has_rows = |command: &ApiCommand| {
        command.answer.rows.is_some() || command.answer.by_name || command.answer.unknown
    };
    let body = |command: &ApiCommand| command.body.clone().filter(|body| body.kind == BodyKind::Json);
    let index: usize = commands.iter().map(|command| serde_json::to_vec(command).unwrap().len()).sum();
    let top: HashSet<&str> = commands
        .iter()
        .filter(|command| !command.hidden)
        .map(|command| command.words.as_slice()[0].as_ref())
        .collect();
    json!({
        "bytes": bytes.len(), "milliseconds": milliseconds, "peak": peak, "index": index,
        "operations": operations.len(), "commands": commands.len(), "lost": lost, "top": top.len(),
        "one_word": count(&|command| length(command) == 1), "long": count(&|command| length(command) > 3),
        "problems": descriptor.problems.len(), "lists": count(&is_list),
        "without_rows": commands.iter().filter(|command| is_list(command) && !has_rows(command)).map(|command| command.words.to_string()).collect::<Vec<_>>(),
        "bodies": count(&|command| body(command).is_some()),
        "checked": count(&|command| body(command).is_some_and(|body| body.schema.is_some_and(|schema| !schema.is_cut))),
        "runs": runs(&descriptor, typed),
        "words": words(descriptor),
    })
}

/// Each line of `typed`, and the request that its words make.
fn runs(descriptor: &Descriptor, typed: &str) -> Vec<String> {
    let descriptor = LazyDescriptor::from(descriptor.clone());
    let run = |line: &str| {
        let (_, words) = line.split_once('\t')?;
        let count = words.split(' ').count();
        // The name of something follows.
        let words: Vec<&str> = words.split(' ').chain(["x"]).collect();
        let other = descriptor.alternative(&words).filter(|(_, stand)| *stand == count);
        let own = || descriptor.find(&words).filter(|(_, own)| *own == count).map(|(own, _)| own);
        let command = other.and_then(|(words, _)| descriptor.command(&words)).or_else(own)?;
        Some(format!("{line}\t{} {}", command.method, command.route.as_str()))
    };
    typed.lines().filter_map(run).collect()
}

/// The request of each command with its words.
fn words(descriptor: Descriptor) -> Vec<String> {
    let descriptor = LazyDescriptor::from(descriptor);
    let line =
        |command: &ApiCommand| format!("{} {}\t{}", command.method, command.route.as_str(), command.words);
    descriptor.commands().filter(|command| command.edits.is_none()).map(line).collect()
}

/// The operations of a document as it counts them: `GET /runs`.
fn operations(bytes: &[u8]) -> Vec<String> {
    const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];
    let document: Value = serde_json::from_slice(bytes)
        .unwrap_or_else(|_| serde_yaml::from_str(std::str::from_utf8(bytes).unwrap()).unwrap());
    let paths = document["paths"].as_object();
    let of_path = |(route, item): (&String, &Value)| -> Vec<String> {
        let methods = item.as_object().into_iter().flatten().map(|(method, _)| method);
        methods
            .filter(|method| METHODS.contains(&method.as_str()))
            .map(|method| format!("{} {route}", method.to_uppercase()))
            .collect()
    };
    paths.into_iter().flatten().flat_map(of_path).collect()
}

/// Whether `command` is the operation, whose route may stand below a path of the server.
fn command_is(command: &ApiCommand, operation: &str) -> bool {
    let Some((method, route)) = operation.split_once(' ') else { return false };
    let plain = |route: &str| route.split(['?', '#']).next().unwrap_or_default().trim_matches('/').to_owned();
    command.method.as_str() == method && plain(command.route.as_str()).ends_with(&plain(route))
}

/// Routes of which none is made on purpose.
fn is_for_browsers(operation: &str) -> bool {
    ["/openapi.", "/icon.", "/healthz", "/docs"].iter().any(|part| operation.contains(part))
}

/// The most memory of this process so far, in KiB; 0 where the system does not tell.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
