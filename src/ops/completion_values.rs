//! Values for TAB that only the server knows (`x-cli-complete`): remembered, and fetched in the background.
//!
//! TAB itself makes no request. It uses remembered values; if they are old or missing, it starts this binary in the
//! background, which asks the plugin and remembers the answer, and waits for it no longer than 200 ms.

use super::App;
use crate::app::catalog::CommandCatalog;
use crate::app::connection;
use crate::app::refresh::start_behind;
use crate::app::remote_identity::RemoteIdentity;
use crate::error::{ExitCode, Explain, Failure, exit};
use crate::index::Key;
use crate::model::{CleanText, CommandWord};
use crate::openapi::{Complete, OperationRequest, Pointer};
use crate::resolve::{RunTarget, candidates, choose};
use crate::runner::proxy::values::{Pointers, ask as ask_plugin};
use crate::sys::clock::UnixTime;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::{Duration, Instant};

/// The hidden word by which this binary is started to ask.
pub const BACKGROUND_WORD: &str = "__values";
/// How long TAB waits when nothing is known.
const PATIENCE: Duration = Duration::from_millis(200);
/// The instances of so many namespaces are asked for at once.
const MOST_NAMESPACES: usize = 10;
/// How often it looks meanwhile.
const LOOK: Duration = Duration::from_millis(5);

/// What TAB wants to know of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValuesQuery {
    /// The plugin.
    plugin: String,
    /// Path and query below it.
    target: String,
    /// Where its answer has the values.
    pointers: Pointers,
}

impl ValuesQuery {
    /// The questions of `complete`, by the request that its command makes: one for each spelling of the values.
    pub fn all(plugin: &str, complete: &Complete, request: &OperationRequest) -> Vec<Self> {
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        let question = |values: &Pointer| Self {
            plugin: plugin.to_owned(),
            target: format!("{}{query}", request.path),
            pointers: Pointers { values: values.clone(), describe: complete.describe.clone() },
        };
        std::iter::once(&complete.values).chain(&complete.spellings).map(question).collect()
    }

    /// A question to the server itself, below `/v1`; none where no server is known.
    pub fn of_server(app: &App, path: &str, values: &str) -> Option<Self> {
        let (target, _) = app.target().ok()?;
        target.server.as_ref()?;
        let target = path.replace("{cluster}", target.cluster());
        let pointers = Pointers { values: Pointer::new(values)?, describe: None };
        Some(Self { plugin: String::new(), target, pointers })
    }

    /// As arguments of [`BACKGROUND_WORD`].
    fn arguments(&self) -> [String; 4] {
        let Pointers { values, describe } = &self.pointers;
        let describe = describe.as_ref().map(ToString::to_string).unwrap_or_default();
        [self.plugin.clone(), self.target.clone(), values.to_string(), describe]
    }

    fn from_arguments(arguments: &[OsString]) -> Option<Self> {
        let [plugin, target, values, describe] = arguments else { return None };
        let describe = describe.to_str()?;
        Some(Self {
            plugin: plugin.to_str()?.to_owned(),
            target: target.to_str()?.to_owned(),
            pointers: Pointers {
                values: Pointer::new(values.to_str()?)?,
                describe: (!describe.is_empty()).then(|| Pointer::new(describe)).flatten(),
            },
        })
    }

    fn key(&self, remote: &RemoteIdentity) -> Key {
        let arguments = self.arguments();
        remote.key.below("values", arguments.iter().map(String::as_bytes))
    }
}

/// The values, as far as they are known within 200 ms.
pub fn known(app: &App, question: &ValuesQuery) -> Vec<(String, String)> {
    known_since(app, std::slice::from_ref(question), Instant::now()).pop().unwrap_or_default()
}

/// The instances of the server, each with its namespaces, as far as they are known within 200 ms: those of the namespace that is
/// chosen, else of all.
pub fn instances(app: &App) -> Vec<(String, String)> {
    let start = Instant::now();
    let chosen = app.target().ok().and_then(|(target, _)| target.namespace);
    let mut namespaces: Vec<String> = chosen.map_or_else(
        || {
            let all = ValuesQuery::of_server(app, "/clusters/{cluster}/namespaces", "/*");
            let all = known_since(app, all.as_slice(), start).pop().unwrap_or_default();
            all.into_iter().map(|(namespace, _)| namespace).take(MOST_NAMESPACES).collect()
        },
        |chosen| vec![chosen],
    );
    // Names as Kubernetes has them, which change nothing about a path.
    namespaces.retain(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    let question = |namespace: &String| {
        let path = format!("/clusters/{{cluster}}/namespaces/{namespace}/instances");
        ValuesQuery::of_server(app, &path, "/items/*/metadata/name")
    };
    let questions: Option<Vec<ValuesQuery>> = namespaces.iter().map(question).collect();
    let answers = known_since(app, &questions.unwrap_or_default(), start);
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (namespace, answer) in namespaces.iter().zip(answers) {
        for (instance, _) in answer {
            found.entry(instance).or_default().push(namespace.clone());
        }
    }
    found.into_iter().map(|(instance, namespaces)| (instance, namespaces.join(", "))).collect()
}

/// The values of all `questions`, asked at once, as far as they are known 200 ms after `start`.
fn known_since(app: &App, questions: &[ValuesQuery], start: Instant) -> Vec<Vec<(String, String)>> {
    let (Ok(remote), Some(store)) = (app.remote(), app.store()) else { return Vec::new() };
    let now = UnixTime::now();
    let asked: Vec<_> = questions
        .iter()
        .map(|question| {
            let key = question.key(&remote);
            let values = store.values(key);
            let started = values.is_due(now) && !app.options.offline && ask_behind(app, question);
            (key, started, values.usable(now))
        })
        .collect();
    let wait = |(key, started, usable): (_, bool, _)| {
        if let Some(values) = usable {
            return values;
        }
        loop {
            let values = store.values(key);
            if values.is_news(now) {
                return values.usable(UnixTime::now()).unwrap_or_default();
            }
            if !started || start.elapsed() >= PATIENCE {
                return Vec::new();
            }
            std::thread::sleep(LOOK);
        }
    };
    asked.into_iter().map(wait).collect()
}

fn ask_behind(app: &App, question: &ValuesQuery) -> bool {
    let mut arguments = vec![BACKGROUND_WORD.to_owned()];
    arguments.extend(question.arguments());
    !app.is_ci() && start_behind(app, arguments)
}

/// Queries the plugin and remembers the values: the background part, one process at a time.
pub fn run_in_background(app: &App, arguments: &[OsString]) -> Result<(), Failure> {
    let question = ValuesQuery::from_arguments(arguments).ok_or(ValuesError::NotOurs)?;
    let remote = app.remote()?;
    let key = question.key(&remote);
    let Some(store) = app.store() else { return Ok(()) };
    let flight = store.single_flight(key).ok().flatten();
    if flight.is_some() && store.values(key).is_due(UnixTime::now()) {
        let answer = ask(app, &question);
        // A cache that cannot be written costs time, not truth.
        let _ = store.keep_values(key, answer.ok(), UnixTime::now());
    }
    Ok(())
}

fn ask(app: &App, question: &ValuesQuery) -> Result<Vec<(String, String)>, Failure> {
    if question.plugin.is_empty() {
        let server = connection::of_server(app, "auth status")?;
        return ask_plugin(&server, &question.target, &question.pointers);
    }
    let unknown = || ValuesError::NoSuchPlugin(CleanText::new(&question.plugin));
    let catalog = CommandCatalog::new(app);
    let word = CommandWord::new(&question.plugin).map_err(|_| unknown())?;
    let Some(RunTarget::Command(command)) = choose(candidates(&[word], &catalog)).map(|found| found.target)
    else {
        return Err(unknown().into());
    };
    let plugin = connection::bare(app, &command)?;
    ask_plugin(&plugin, &question.target, &question.pointers)
}

/// Why no plugin can be asked. Nobody reads it: the question comes from TAB.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValuesError {
    /// The arguments are none that this program writes.
    #[error("this is for everestctl itself")]
    NotOurs,
    /// There is no such plugin any more.
    #[error("no such command: {0}")]
    NoSuchPlugin(CleanText),
}

impl Explain for ValuesError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NotOurs => exit::USAGE,
            Self::NoSuchPlugin(_) => exit::NOT_FOUND,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(values: &str, describe: &str) -> ValuesQuery {
        let arguments = ["fleet", "/api/ships?a=b", values, describe].map(OsString::from);
        ValuesQuery::from_arguments(&arguments).unwrap()
    }

    #[test]
    fn a_question_is_the_same_behind_the_users_back() {
        let asked = question("/*/name", "/*/kind");
        let arguments: Vec<OsString> = asked.arguments().map(OsString::from).to_vec();
        assert_eq!(ValuesQuery::from_arguments(&arguments), Some(asked));
        assert_eq!(ValuesQuery::from_arguments(&arguments[1..]), None);
    }
}
