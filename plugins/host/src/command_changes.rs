//! What is new of the commands of a plugin that has changed.
//!
//! everestctl is asked in a process of its own, with the session and the index of whoever works with this host: so the
//! next TAB there knows the new commands, too. It must not know who shows the lines.

use everestctl::sys::Environment;
use everestctl::sys::process::{self, NoOutput};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// How long a plugin may take to say what it offers.
const LONGEST: Duration = Duration::from_secs(65);
/// How many changes are told.
const MOST: usize = 20;

/// Asks everestctl what plugins offer now.
#[derive(Clone, Debug)]
pub(crate) struct CommandChanges {
    /// The everestctl to ask.
    pub(crate) everestctl: PathBuf,
    /// With its config file and its index.
    pub(crate) environment: Environment,
}

/// The part of `plugin refresh -o json` that counts here.
#[derive(Deserialize)]
struct RefreshAnswer {
    #[serde(default)]
    changes: Vec<Difference>,
    #[serde(default)]
    problems: Vec<Problem>,
}

#[derive(Deserialize)]
struct Difference {
    changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    class: String,
    subject: String,
    what: String,
}

/// A warning, of which the message is told.
#[derive(Deserialize)]
struct Problem {
    message: String,
}

impl CommandChanges {
    /// Learns what every plugin offers, to compare with later. What it cannot learn, the first command asks for.
    pub(crate) fn learn(&self) {
        let _ = process::answer_of_file(&self.everestctl, &["plugin", "refresh"], &self.environment, LONGEST);
    }

    /// What has changed of the commands of `plugin`, a line each. Learns the new ones.
    pub(crate) fn of(&self, plugin: &str) -> Vec<String> {
        let words = ["plugin", "refresh", "--source", "server", "-o", "json", plugin];
        let asked = process::answer_of_file(&self.everestctl, &words, &self.environment, LONGEST);
        match asked {
            Ok(answer) => told(plugin, &answer),
            Err(why) => {
                let why = match why {
                    NoOutput::NotStarted(error) => error.to_string(),
                    NoOutput::Failed(said) => said,
                    NoOutput::TooSlow => format!("it takes more than {} s", LONGEST.as_secs()),
                };
                vec![format!("{plugin}: could not refresh its commands: {why}")]
            }
        }
    }
}

/// The lines for an answer.
fn told(plugin: &str, answer: &[u8]) -> Vec<String> {
    let Ok(RefreshAnswer { changes, problems }) = serde_json::from_slice(answer) else {
        return vec![format!("{plugin}: could not refresh its commands: everestctl gave no JSON")];
    };
    let problems = problems.into_iter().map(|problem| format!("{plugin}: {}", problem.message));
    let changes: Vec<Change> = changes.into_iter().flat_map(|difference| difference.changes).collect();
    let more = changes.len().saturating_sub(MOST);
    let shown = changes
        .iter()
        .take(MOST)
        .map(|Change { class, subject, what }| format!("{plugin}: {class}: {subject}: {what}"));
    let rest = (more > 0).then(|| format!("{plugin}: and {more} more changes of commands"));
    let nothing = changes.is_empty().then(|| format!("{plugin}: its commands are the same"));
    problems.chain(shown).chain(rest).chain(nothing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_line_for_each_change() {
        let change = |number: usize| format!(r#"{{"class":"breaking","subject":"s{number}","what":"gone"}}"#);
        let answer = |count: usize| {
            let changes: Vec<String> = (0..count).map(change).collect();
            format!(
                r#"{{"items":[],"changes":[{{"name":"x","changes":[{}]}}],"problems":[]}}"#,
                changes.join(",")
            )
        };
        assert_eq!(told("x", answer(1).as_bytes()), ["x: breaking: s0: gone"]);
        let many = told("x", answer(25).as_bytes());
        assert_eq!((many.len(), many[20].as_str()), (21, "x: and 5 more changes of commands"));
        assert_eq!(told("x", br#"{"items":[],"problems":[]}"#), ["x: its commands are the same"]);
        assert_eq!(told("x", b"oops"), ["x: could not refresh its commands: everestctl gave no JSON"]);
    }
}
