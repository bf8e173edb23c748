//! `plugin-test.yaml`: what an author says may be run, and what comes of it.
//!
//! ```yaml
//! commands:                                # what runs without doing harm
//!   - { run: hello Ada, output: "hello, Ada\n" }
//!   - { run: hello nobody, code: 1, contains: [nobody] }
//!   - { run: list, json: true }            # with EVERESTCTL_OUTPUT=json it writes JSON
//!   - { run: watch, long: true, ready: watching }   # it runs until a signal comes
//! server:
//!   parameters: { id: abc }                # what stands for required parameters of a GET
//!   ignore: [/api/report]                  # routes that are not asked
//!   slow: /api/slow?seconds=1              # a GET that takes a second or more
//!   jobs:
//!     - { operation: startJob, body: { seconds: 1 } }
//!   prepare:                               # what is made before anything is checked
//!     - { operation: createNote, body: { text: test }, times: 3 }
//! skip:                                    # checks that make no sense here, each with a reason
//!   home-missing: it keeps its state there
//! ```

use super::{ConformanceError, checks};
use crate::model::CleanText;
use crate::sys::files;
use crate::yaml;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

/// The name of the file.
pub const FILE: &str = "plugin-test.yaml";
/// More than any such file, in bytes.
const LARGEST: u64 = 256 * 1024;

/// What an author says.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Declared {
    /// What may be run.
    pub commands: Vec<SafeCommand>,
    /// What is said of a server.
    pub server: DeclaredServer,
    /// Checks that are not wanted, each with its reason.
    pub skip: BTreeMap<String, String>,
}

/// A command that does no harm.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SafeCommand {
    /// What is typed after the plugin's name.
    pub run: String,
    /// What it reads.
    pub input: String,
    /// Its exit code.
    pub code: i32,
    /// All of its output.
    pub output: Option<String>,
    /// What stands in its output, or in what it says beside that.
    pub contains: Vec<String>,
    /// Whether it writes JSON when that is wanted.
    pub json: bool,
    /// Whether it runs until a signal comes.
    pub long: bool,
    /// What it writes when it can take signals.
    pub ready: Option<String>,
}

impl SafeCommand {
    /// Its words, as a shell would read them.
    pub fn words(&self) -> Vec<OsString> {
        shell_words::split(&self.run).unwrap_or_default().into_iter().map(OsString::from).collect()
    }
}

/// What is said of a server.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeclaredServer {
    /// What stands for required parameters of a GET.
    pub parameters: BTreeMap<String, Value>,
    /// Routes that are not asked.
    pub ignore: Vec<String>,
    /// The path of a GET that takes a second or more.
    pub slow: Option<String>,
    /// Jobs that may be started.
    pub jobs: Vec<DeclaredJob>,
    /// What is made before anything is checked.
    pub prepare: Vec<Preparation>,
}

/// An operation that makes what checks need.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Preparation {
    /// Its `operationId`.
    pub operation: String,
    /// What is sent.
    pub body: Option<Value>,
    /// How often; once, if nothing is said.
    pub times: usize,
}

/// A job that may be started.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeclaredJob {
    /// The `operationId` of what starts it, which has `x-cli-wait`.
    pub operation: String,
    /// What is sent.
    pub body: Option<Value>,
}

impl Declared {
    /// What the file in `folder` says; nothing if there is none.
    pub fn in_folder(folder: &Path) -> Result<Self, ConformanceError> {
        let path = folder.join(FILE);
        let refused = |why: &str| ConformanceError::Declared { path: path.clone(), why: CleanText::new(why) };
        let content = match files::read(&path, LARGEST) {
            Ok(content) => content,
            Err(error) if files::is_absent(&error) => return Ok(Self::default()),
            Err(error) => return Err(refused(&error.to_string())),
        };
        let declared: Self = yaml::explained(&content).map_err(|misfit| refused(&misfit.to_string()))?;
        declared.fault().map_or(Ok(declared), |why| Err(refused(&why)))
    }

    /// What in it makes no sense.
    fn fault(&self) -> Option<String> {
        let unknown = self.skip.keys().find(|id| checks::check(id).is_none());
        if let Some(id) = unknown {
            return Some(format!("skip: there is no check `{id}`"));
        }
        if let Some((id, _)) = self.skip.iter().find(|(_, reason)| reason.trim().is_empty()) {
            return Some(format!("skip: `{id}` has no reason"));
        }
        let wrong = self.commands.iter().find(|command| shell_words::split(&command.run).is_err());
        wrong.map(|command| format!("commands: `{}` has a quote without its end", command.run))
    }

    /// What may be run and ends by itself.
    pub fn short(&self) -> impl Iterator<Item = &SafeCommand> {
        self.commands.iter().filter(|command| !command.long)
    }

    /// What may be run and ends by a signal.
    pub fn long(&self) -> Option<&SafeCommand> {
        self.commands.iter().find(|command| command.long)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Declared, String> {
        let folder = tempfile::tempdir().unwrap();
        files::replace(&folder.path().join(FILE), text.as_bytes()).unwrap();
        Declared::in_folder(folder.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_said_is_understood() {
        let declared = read(
            "commands: [{run: 'hello \"A B\"', long: true}, {run: x, code: 3}]\nskip: {home-missing: why}\n",
        )
        .unwrap();
        assert_eq!(declared.long().unwrap().words(), ["hello", "A B"]);
        assert_eq!(declared.short().next().unwrap().code, 3);
        assert_eq!(Declared::in_folder(Path::new("/nowhere")).unwrap(), Declared::default());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (text, why) in [
            ("surprise: 1\n", "surprise"),
            ("skip: {nothing: x}\n", "there is no check `nothing`"),
            ("skip: {home-missing: ' '}\n", "has no reason"),
            ("commands: [{run: \"'a\"}]\n", "a quote without its end"),
        ] {
            let refused = read(text).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
    }
}
