//! The answer to a TAB. It must not know a shell.

use super::known::PluginApi;

/// The shell may offer file names when there is nothing else.
pub const DEFAULT: u8 = 0;
/// It must not put a blank after the value.
pub const NO_SPACE: u8 = 2;
/// It must not offer file names.
pub const NO_FILES: u8 = 4;

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

/// Who knows the values.
#[derive(Debug)]
pub enum CompletionResult {
    /// The runner.
    Answer(Completions),
    /// The arguments that the plugin declares.
    Declared(PluginApi),
}
