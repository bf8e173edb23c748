//! Values for TAB that only the server knows (`x-cli-complete`): from memory, and asked for behind the user's back.
//!
//! TAB itself asks nobody. It takes what is remembered; when that is old or not there, it starts this binary in the
//! background, which asks the plugin and remembers the answer, and waits for it no longer than 200 ms.

use super::World;
use crate::app::known::Remote;
use crate::app::landscape::Landscape;
use crate::app::refresh::start_behind;
use crate::client::call::Call;
use crate::error::{Failure, exit};
use crate::index::Key;
use crate::model::{CommandWord, Line, harmless, limits};
use crate::openapi::{Complete, Pointer, Request};
use crate::resolve::{Target, candidates, choose};
use crate::runner::proxy::connection::Plugin;
use crate::sys::clock::Moment;
use serde_json::Value;
use std::ffi::OsString;
use std::time::{Duration, Instant};

/// The hidden word by which this binary is started to ask.
pub const BACKGROUND_WORD: &str = "__values";
/// How long TAB waits when nothing is known.
const PATIENCE: Duration = Duration::from_millis(200);
/// How often it looks meanwhile.
const LOOK: Duration = Duration::from_millis(5);
/// How long the plugin may take behind the user's back.
const TIMEOUT: Duration = Duration::from_secs(10);
/// More than anybody looks through.
const MOST: usize = 5000;
/// A longer value is nothing that anybody would complete, in bytes.
const LONGEST: usize = 1024;

/// What TAB wants to know of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The plugin.
    plugin: String,
    /// Path and query below it.
    target: String,
    /// Where its answer has the values.
    values: Pointer,
    /// Where it has what they are.
    describe: Option<Pointer>,
}

impl Question {
    /// The question of `complete`, by the request that its command makes.
    pub fn new(plugin: &str, complete: &Complete, request: &Request) -> Self {
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        Self {
            plugin: plugin.to_owned(),
            target: format!("{}{query}", request.path),
            values: complete.values.clone(),
            describe: complete.describe.clone(),
        }
    }

    /// As arguments of [`BACKGROUND_WORD`].
    fn arguments(&self) -> [String; 4] {
        let describe = self.describe.as_ref().map(ToString::to_string).unwrap_or_default();
        [self.plugin.clone(), self.target.clone(), self.values.to_string(), describe]
    }

    fn of_arguments(arguments: &[OsString]) -> Option<Self> {
        let [plugin, target, values, describe] = arguments else { return None };
        let describe = describe.to_str()?;
        Some(Self {
            plugin: plugin.to_str()?.to_owned(),
            target: target.to_str()?.to_owned(),
            values: Pointer::new(values.to_str()?)?,
            describe: (!describe.is_empty()).then(|| Pointer::new(describe)).flatten(),
        })
    }

    fn key(&self, remote: &Remote) -> Key {
        let arguments = self.arguments();
        remote.key.below("values", arguments.iter().map(String::as_bytes))
    }
}

/// The values, as far as they are known within 200 ms.
pub fn known(world: &World, question: &Question) -> Vec<(String, String)> {
    let start = Instant::now();
    let (Ok(remote), Some(store)) = (world.remote(), world.store()) else { return Vec::new() };
    let key = question.key(&remote);
    let now = Moment::now();
    let values = store.values(key);
    let started = values.is_due(now) && !world.options.offline && ask_behind(world, question);
    if let Some(values) = values.usable(now) {
        return values;
    }
    while started && start.elapsed() < PATIENCE {
        let values = store.values(key);
        if values.is_news(now) {
            return values.usable(Moment::now()).unwrap_or_default();
        }
        std::thread::sleep(LOOK);
    }
    Vec::new()
}

fn ask_behind(world: &World, question: &Question) -> bool {
    let mut arguments = vec![BACKGROUND_WORD.to_owned()];
    arguments.extend(question.arguments());
    !world.is_ci() && start_behind(world, arguments)
}

/// Asks the plugin and remembers what it says: the part behind the user's back, one process at a time.
pub fn run_in_background(world: &World, arguments: &[OsString]) -> Result<(), Failure> {
    let question = Question::of_arguments(arguments)
        .ok_or_else(|| Failure::new(exit::USAGE, "this is for everestctl itself"))?;
    let remote = world.remote()?;
    let key = question.key(&remote);
    let Some(store) = world.store() else { return Ok(()) };
    let flight = store.single_flight(key).ok().flatten();
    if flight.is_some() && store.values(key).is_due(Moment::now()) {
        let answer = ask(world, &question);
        // A cache that cannot be written costs time, not truth.
        let _ = store.keep_values(key, answer.ok(), Moment::now());
    }
    Ok(())
}

fn ask(world: &World, question: &Question) -> Result<Vec<(String, String)>, Failure> {
    let unknown = || Failure::new(exit::NOT_FOUND, format!("no such command: {}", question.plugin));
    let landscape = Landscape::new(world);
    let word = CommandWord::new(&question.plugin).map_err(|_| unknown())?;
    let Some(Target::Command(command)) = choose(candidates(&[word], &landscape)).map(|found| found.target)
    else {
        return Err(unknown());
    };
    let plugin = Plugin::bare(world, &command)?;
    let (path, query) = question.target.split_once('?').unwrap_or((&question.target, ""));
    let call = Call { query: query.to_owned(), timeout: Some(TIMEOUT), ..Call::get(path) };
    let patient = &mut || None;
    let begun = plugin.begin(world, &call, patient);
    let whole = begun.and_then(|mut incoming| incoming.json(limits::COMPLETION, patient));
    let body = whole.map_err(|trouble| plugin.explain(trouble))?;
    let answer: Value = serde_json::from_slice(&body)
        .map_err(|error| Failure::new(exit::FAILURE, format!("the answer is no JSON: {error}")))?;
    Ok(found(question, &answer))
}

/// The values in an answer, each once.
fn found(question: &Question, answer: &Value) -> Vec<(String, String)> {
    let values = question.values.find_all(answer);
    let described = question.describe.as_ref().map(|pointer| pointer.find_all(answer)).unwrap_or_default();
    // A description for each value, or none can be told apart.
    let described = if described.len() == values.len() { described } else { Vec::new() };
    let mut found: Vec<(String, String)> = Vec::new();
    for (at, value) in values.into_iter().enumerate() {
        let Some(value) = text(value).filter(|value| !value.is_empty() && value.len() <= LONGEST) else {
            continue;
        };
        // A value that a terminal would act on cannot be typed either.
        if harmless(&value) == value {
            let description = described.get(at).and_then(|value| text(value)).unwrap_or_default();
            found.push((value, Line::new(&description).to_string()));
        }
        if found.len() == MOST {
            break;
        }
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|(value, _)| seen.insert(value.clone()));
    found
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn question(values: &str, describe: &str) -> Question {
        let arguments = ["fleet", "/api/ships?a=b", values, describe].map(OsString::from);
        Question::of_arguments(&arguments).unwrap()
    }

    #[test]
    fn values_are_found_once_and_only_those_that_can_be_typed() {
        let answer = json!({"items": [
            {"name": "a", "kind": "steam"}, {"name": "a\u{1b}[31m", "kind": "x"}, {"name": 5, "kind": "y\nz"},
            {"name": null, "kind": ""}, {"name": "a", "kind": "again"},
        ]});
        let pairs = found(&question("/items/*/name", "/items/*/kind"), &answer);
        assert_eq!(pairs, [("a".to_owned(), "steam".to_owned()), ("5".to_owned(), "y z".to_owned())]);
        let bare = found(&question("/items/*/name", "/items/0/kind"), &answer);
        assert_eq!(bare[0], ("a".to_owned(), String::new()));
    }

    #[test]
    fn a_question_is_the_same_behind_the_users_back() {
        let asked = question("/*/name", "/*/kind");
        let arguments: Vec<OsString> = asked.arguments().map(OsString::from).to_vec();
        assert_eq!(Question::of_arguments(&arguments), Some(asked));
        assert_eq!(Question::of_arguments(&arguments[1..]), None);
    }
}
