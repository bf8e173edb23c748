//! Lines that somebody types at a terminal: with a history, over several lines, coloured, completed.
//!
//! It must not know what is typed: what a text is, an [`Assistant`] says.

use reedline::{
    Color, ColumnarMenu, Completer, CompletionResult, DefaultHinter, EditCommand, Emacs, FileBackedHistory,
    Highlighter, History, HistoryItem, HistoryItemId, HistorySessionId, KeyCode, KeyModifiers, MenuBuilder,
    Prompt, PromptEditMode, PromptHistorySearch, Reedline, ReedlineEvent, ReedlineMenu, SearchQuery, Signal,
    Span, StyledText, Suggestion, ValidationResult, Validator, default_emacs_keybindings,
};
use std::borrow::Cow;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How many texts the history keeps.
const KEPT: usize = 5000;
const MENU: &str = "values";

/// Knows what is typed.
pub trait Assistant: Send + Sync {
    /// Whether `text` can be worked on; else it goes on in the next line.
    fn is_whole(&self, text: &str) -> bool;
    /// The text in parts, each with what it is.
    fn parts(&self, text: &str) -> Vec<(PartStyle, String)>;
    /// What can stand at the end of `text`.
    fn candidates(&self, text: &str) -> Vec<TextCompletion>;
    /// Whether `text` may be remembered.
    fn is_kept(&self, text: &str) -> bool;
}

/// What a part of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartStyle {
    /// Nothing of note.
    Plain,
    /// A word of the language.
    Keyword,
    /// A text in quotes.
    Quote,
    /// A number.
    Number,
    /// What is for people only.
    Comment,
    /// A word of the shell.
    Word,
}

/// Something that can stand in the place of the end of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextCompletion {
    /// What it is replaced by.
    pub value: String,
    /// What that is.
    pub description: String,
    /// Where it starts, in bytes.
    pub start: usize,
}

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditorLine {
    /// A text that is whole.
    Text(String),
    /// Ctrl-C: never mind.
    Dropped,
    /// Ctrl-D, or this process has to end.
    End,
}

/// Reads lines from the terminal.
pub struct LineEditor {
    editor: Reedline,
}

impl LineEditor {
    /// The terminal of this process. `history` is a file for the user alone, if one can be written. The editor stops when
    /// `ends` becomes true.
    pub fn new(
        assistant: &Arc<dyn Assistant>,
        history: Option<&Path>,
        has_color: bool,
        ends: Arc<AtomicBool>,
    ) -> Self {
        let mut keys = default_emacs_keybindings();
        let next = vec![ReedlineEvent::Menu(MENU.to_owned()), ReedlineEvent::MenuNext];
        keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, ReedlineEvent::UntilFound(next));
        keys.add_binding(KeyModifiers::SHIFT, KeyCode::BackTab, ReedlineEvent::MenuPrevious);
        let newline = ReedlineEvent::Edit(vec![EditCommand::InsertNewline]);
        keys.add_binding(KeyModifiers::ALT, KeyCode::Enter, newline);
        let menu =
            ReedlineMenu::EngineCompleter(Box::new(ColumnarMenu::default().with_name(MENU).with_marker("")));
        let with = |assistant: &Arc<dyn Assistant>| Assisted(Arc::clone(assistant));
        let mut editor = Reedline::create()
            .with_break_signal(ends)
            .with_ansi_colors(has_color)
            .with_edit_mode(Box::new(Emacs::new(keys)))
            .with_validator(Box::new(with(assistant)))
            .with_completer(Box::new(with(assistant)))
            .with_quick_completions(true)
            .with_partial_completions(true)
            .with_menu(menu)
            // A line that starts with a blank is not remembered, as in other shells.
            .with_history_exclusion_prefix(Some(" ".to_owned()))
            .use_bracketed_paste(true);
        if has_color {
            let hinter = DefaultHinter::default().with_style(Color::DarkGray.normal());
            editor = editor.with_highlighter(Box::new(with(assistant))).with_hinter(Box::new(hinter));
        }
        let file = history.and_then(|file| FileBackedHistory::with_file(KEPT, file.to_owned()).ok());
        let kept = file.or_else(|| FileBackedHistory::new(KEPT).ok());
        if let Some(inner) = kept {
            let history = CarefulHistory { inner, assistant: Arc::clone(assistant) };
            editor = editor.with_history(Box::new(history));
        }
        Self { editor }
    }

    /// Reads a text, which starts with `start`.
    pub fn read(&mut self, prompt: &str, more: &str, start: &str) -> io::Result<EditorLine> {
        if !start.is_empty() {
            self.editor.run_edit_commands(&[EditCommand::Clear, EditCommand::InsertString(start.to_owned())]);
        }
        let prompt = EditorPrompt { prompt: prompt.to_owned(), more: more.to_owned() };
        Ok(match self.editor.read_line(&prompt).map_err(io::Error::other)? {
            Signal::Success(text) => EditorLine::Text(text),
            Signal::CtrlC => EditorLine::Dropped,
            _ => EditorLine::End,
        })
    }

    /// Writes the history to its file.
    pub fn save(&mut self) {
        // What cannot be remembered is typed again.
        let _ = self.editor.sync_history();
    }
}

struct EditorPrompt {
    prompt: String,
    more: String,
}

impl Prompt for EditorPrompt {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.prompt)
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.more)
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        Cow::Owned(format!("(search: {}) ", search.term))
    }

    fn get_prompt_color(&self) -> Color {
        Color::Default
    }

    fn get_prompt_multiline_color(&self) -> Color {
        Color::Default
    }
}

struct Assisted(Arc<dyn Assistant>);

impl Validator for Assisted {
    fn validate(&self, line: &str) -> ValidationResult {
        if self.0.is_whole(line) { ValidationResult::Complete } else { ValidationResult::Incomplete }
    }
}

impl Highlighter for Assisted {
    fn highlight(&self, line: &str, _: usize) -> StyledText {
        let mut styled = StyledText::new();
        for (style, text) in self.0.parts(line) {
            let style = match style {
                PartStyle::Plain => Color::Default.normal(),
                PartStyle::Keyword => Color::Blue.bold(),
                PartStyle::Quote => Color::Green.normal(),
                PartStyle::Number => Color::Cyan.normal(),
                PartStyle::Comment => Color::DarkGray.normal(),
                PartStyle::Word => Color::Purple.normal(),
            };
            styled.push((style, text));
        }
        styled
    }
}

impl Completer for Assisted {
    fn complete(&mut self, line: &str, pos: usize) -> CompletionResult {
        let typed = line.get(..pos).unwrap_or(line);
        let suggestion = |candidate: TextCompletion| Suggestion {
            value: candidate.value,
            description: Some(candidate.description).filter(|text| !text.is_empty()),
            span: Span { start: candidate.start.min(pos), end: pos },
            append_whitespace: false,
            ..Suggestion::default()
        };
        CompletionResult::fresh(self.0.candidates(typed).into_iter().map(suggestion).collect::<Vec<_>>())
    }
}

/// A history that does not remember what should not be.
struct CarefulHistory {
    inner: FileBackedHistory,
    assistant: Arc<dyn Assistant>,
}

impl History for CarefulHistory {
    fn save(&mut self, item: HistoryItem) -> reedline::Result<HistoryItem> {
        if self.assistant.is_kept(&item.command_line) { self.inner.save(item) } else { Ok(item) }
    }

    fn load(&self, id: HistoryItemId) -> reedline::Result<HistoryItem> {
        self.inner.load(id)
    }

    fn count(&self, query: SearchQuery) -> reedline::Result<i64> {
        self.inner.count(query)
    }

    fn search(&self, query: SearchQuery) -> reedline::Result<Vec<HistoryItem>> {
        self.inner.search(query)
    }

    fn update(
        &mut self,
        id: HistoryItemId,
        updater: &dyn Fn(HistoryItem) -> HistoryItem,
    ) -> reedline::Result<()> {
        self.inner.update(id, updater)
    }

    fn clear(&mut self) -> reedline::Result<()> {
        self.inner.clear()
    }

    fn delete(&mut self, id: HistoryItemId) -> reedline::Result<()> {
        self.inner.delete(id)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.inner.sync()
    }

    fn session(&self) -> Option<HistorySessionId> {
        self.inner.session()
    }
}
