//! What a document says of a shell for its plugin (`x-cli-shell`): how statements end, what runs them, which words there
//! are. All of it is declared: nothing here knows a language.
//!
//! It must not know how a shell looks.

use super::descriptor::is_default;
use super::words::{ArgumentName, Words};
use super::{Complete, Pointer};
use crate::model::CleanText;
use serde::{Deserialize, Serialize};

/// A shell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shell {
    /// Where the answer of the operation that opens a session has its name.
    pub session: Pointer,
    /// What is sent when a session is opened, beside what was typed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub open: Vec<(ArgumentName, String)>,
    /// What runs statements.
    pub run: ShellOperation,
    /// What tells where the session is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub state: Option<ShellOperation>,
    /// What closes it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub close: Option<ShellOperation>,
    /// The prompt.
    #[serde(skip_serializing_if = "is_default", default)]
    pub prompt: ShellPrompt,
    /// How statements are written.
    pub syntax: StatementSyntax,
    /// Words that are offered and shown as the language's own.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub keywords: Vec<CleanText>,
    /// Where further words come from.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub complete: Vec<Complete>,
    /// A statement with one of these words is not kept in the history.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub forget: Vec<CleanText>,
    /// Words that are no statements.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub words: Vec<ShellWord>,
}

/// An operation that works in a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShellOperation {
    /// The command.
    pub command: Words,
    /// Its argument that takes the session's name.
    pub session: ArgumentName,
    /// Its argument that takes a statement.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub statement: Option<ArgumentName>,
    /// Its argument that takes `name=value` for each variable.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub variables: Option<ArgumentName>,
    /// What is sent beside that.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub set: Vec<(ArgumentName, String)>,
}

/// The prompt: a text from the answer that opened the session, then the state of the session, then a mark.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShellPrompt {
    /// Where the text is; the plugin's name where there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<Pointer>,
    /// Where answers say the state.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub state: Option<Pointer>,
    /// What stands for a state.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub states: Vec<(CleanText, CleanText)>,
    /// Where the answer that opened the session says that statements may change something; then the mark is `#`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub powerful: Option<Pointer>,
}

/// How statements are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementSyntax {
    /// What ends one.
    pub end: String,
    /// Characters that quote; a doubled one is one of its kind.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub quotes: Vec<char>,
    /// Characters after which a quote has escapes: `E` for `E'…\'…'`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub escapes: Vec<char>,
    /// Quotes like `$$…$$` and `$tag$…$tag$` are made of this character.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tagged: Option<char>,
    /// What starts a comment to the end of the line.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line_comment: Option<String>,
    /// What a comment starts and ends with; there may be others in it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub block_comment: Option<(String, String)>,
    /// Brackets within which nothing ends.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub brackets: Option<(char, char)>,
    /// Words that start a block within which nothing ends, such as `begin atomic`, those that do within one, and those
    /// that end one.
    #[serde(skip_serializing_if = "is_default", default)]
    pub blocks: Blocks,
}

/// Blocks of statements that are one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocks {
    /// Words that start one.
    pub start: Vec<String>,
    /// Words that start one within another.
    pub nested: Vec<String>,
    /// Words that end one.
    pub end: Vec<String>,
}

/// A word of a shell that is no statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShellWord {
    /// The word.
    pub word: CleanText,
    /// What it does.
    pub does: ShellAction,
    /// The same in a line of help.
    #[serde(skip_serializing_if = "is_default", default)]
    pub summary: CleanText,
}

/// What a word does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShellAction {
    /// Runs another command of the plugin.
    Command {
        /// Its words and arguments, `{name}` for what the pattern has found.
        template: Vec<CleanText>,
        /// What follows the word: `{name}` for any text.
        pattern: CleanText,
    },
    /// Opens another session, with another value of this argument.
    Reopen(ArgumentName),
    /// What every shell can do.
    Own(ShellVerb),
}

/// What every shell can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShellVerb {
    /// Runs the statement that stands before the word, or the last one.
    Run,
    /// The same, and makes variables of the only row.
    RunIntoVariables,
    /// The same, again and again.
    Watch,
    /// Shows rows as lines.
    Expanded,
    /// Says how long statements take.
    Timing,
    /// Opens an editor for the statement.
    Edit,
    /// Shows the statement.
    Print,
    /// Forgets the statement.
    Reset,
    /// Runs the statements of a file.
    Include,
    /// Keeps the statement under a name.
    Save,
    /// Runs what was kept, or lists it.
    Saved,
    /// Sets a variable, or lists them.
    Set,
    /// Deletes a variable.
    Unset,
    /// Writes a text.
    Echo,
    /// Lists the words.
    Help,
    /// Ends the shell.
    Quit,
}

impl ShellVerb {
    /// All of them, by the names that documents use.
    pub(super) const ALL: [(&'static str, Self); 16] = [
        ("run", Self::Run),
        ("run-into-variables", Self::RunIntoVariables),
        ("watch", Self::Watch),
        ("expanded", Self::Expanded),
        ("timing", Self::Timing),
        ("edit", Self::Edit),
        ("print", Self::Print),
        ("reset", Self::Reset),
        ("include", Self::Include),
        ("save", Self::Save),
        ("saved", Self::Saved),
        ("set", Self::Set),
        ("unset", Self::Unset),
        ("echo", Self::Echo),
        ("help", Self::Help),
        ("quit", Self::Quit),
    ];
}

impl Shell {
    /// Whether `word` is one of the words.
    pub fn has_word(&self, word: &str) -> bool {
        self.words.iter().any(|other| other.word.as_str() == word)
    }
}

/// What `text` has where `pattern` has `{name}`; none where it does not fit. A value may be in quotes that are not its
/// own: `{file}` takes `'a b'` as `a b`.
pub fn fitting(pattern: &str, text: &str) -> Option<Vec<(String, String)>> {
    let (mut pattern, mut text, mut found) = (pattern.trim(), text.trim(), Vec::new());
    loop {
        let Some(start) = pattern.find('{') else {
            return text.trim().eq_ignore_ascii_case(pattern.trim()).then_some(found);
        };
        let before = pattern.get(..start)?;
        let head = text.get(..before.len())?;
        if !head.eq_ignore_ascii_case(before) {
            return None;
        }
        text = text.get(before.len()..)?;
        let (name, rest) = pattern.get(start + 1..)?.split_once('}')?;
        let next = rest.split('{').next().unwrap_or_default();
        let end = if next.is_empty() { text.len() } else { last_of(text, next)? };
        let value = text.get(..end)?.trim();
        if value.is_empty() {
            return None;
        }
        found.push((name.to_owned(), without_quotes(name, value).to_owned()));
        (pattern, text) = (rest, text.get(end..)?);
    }
}

/// Where `part` stands last in `text`, in capitals or not.
fn last_of(text: &str, part: &str) -> Option<usize> {
    text.to_ascii_lowercase().rfind(&part.to_ascii_lowercase())
}

fn without_quotes<'t>(name: &str, value: &'t str) -> &'t str {
    if name != "file" {
        return value;
    }
    value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_finds_what_was_typed() {
        let found = |pattern: &str, text: &str| {
            fitting(pattern, text).map(|all| all.into_iter().map(|(_, value)| value).collect::<Vec<_>>())
        };
        let all = |values: &[&str]| Some(values.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(found("", ""), all(&[]));
        assert_eq!(found("", "x"), None);
        assert_eq!(found("{table}", " \"Weird Name\" "), all(&["\"Weird Name\""]));
        assert_eq!(found("{table}", ""), None);
        assert_eq!(
            found("{table} from {file}", "orders FROM 'my file.csv'"),
            all(&["orders", "my file.csv"])
        );
        assert_eq!(
            found("({query}) to {file}", "(select 1 to x from (select 2) t) to o.csv"),
            all(&["select 1 to x from (select 2) t", "o.csv"])
        );
        assert_eq!(found("({query}) to {file}", "orders to o.csv"), None);
    }
}
