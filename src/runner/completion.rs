//! The answer to a TAB. It must not know a shell.

use super::known::PluginApi;

/// The shell may offer file names when there is nothing else.
pub const DEFAULT: u8 = 0;
/// It must not put a blank after the value.
pub const NO_SPACE: u8 = 2;
/// It must not offer file names.
pub const NO_FILES: u8 = 4;

/// The maximum number of candidates.
pub(super) const MOST: usize = 5000;

/// Values with their descriptions, and what the shell shall do with them, in the numbers of cobra.
#[derive(Debug, PartialEq, Eq)]
pub struct Completions {
    /// The values.
    pub values: Vec<(String, String)>,
    /// Cobra's directive.
    pub directive: u8,
}

impl Default for Completions {
    /// Nothing is known.
    fn default() -> Self {
        Self { values: Vec::new(), directive: NO_FILES }
    }
}

impl Completions {
    /// An answer in cobra's form; what is not a directive at the end is a value.
    pub fn from_cobra(text: &str) -> Self {
        let directive = text
            .lines()
            .last()
            .and_then(|line| line.strip_prefix(':'))
            .and_then(|number| number.parse::<u32>().ok());
        let mut values = values(text);
        match directive {
            Some(number) => {
                values.pop();
                // 1 is cobra's word for an error; 16 and more are about kinds of files, which the shell has.
                let directive =
                    if number & 1 == 1 { DEFAULT } else { u8::try_from(number & 0b110).unwrap_or(NO_FILES) };
                Self { values, directive }
            }
            None => Self { values, directive: NO_FILES },
        }
    }
}

/// Values, each in a line of its own, with what they mean behind a tab.
pub(super) fn values(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter(|line| !line.is_empty())
        .take(MOST)
        .map(|line| line.split_once('\t').unwrap_or((line, "")))
        .map(|(value, description)| (value.to_owned(), description.to_owned()))
        .collect()
}

/// Who knows the values.
#[derive(Debug)]
pub enum CompletionResult {
    /// The runner.
    Answer(Completions),
    /// The arguments that the plugin declares.
    Declared(PluginApi),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cobras_answers_are_understood() {
        let answer = Completions::from_cobra("--all\tEverything\nx\n:4\n");
        assert_eq!(
            answer.values,
            [("--all".to_owned(), "Everything".to_owned()), ("x".to_owned(), String::new())]
        );
        assert_eq!(answer.directive, NO_FILES);
        assert_eq!(Completions::from_cobra(":0\n"), Completions { values: Vec::new(), directive: 0 });
        assert_eq!(Completions::from_cobra(":1\n").directive, DEFAULT);
        assert_eq!(Completions::from_cobra("a\nb").values.len(), 2);
    }
}
