//! Standard output and error: the one place that prints.

use super::color::{self, ColorWish};
use crate::error::{Failure, ForeignWords};
use crate::model::{Warning, harmless, harmless_lines};
use crate::sys::Environment;
use crate::sys::interruptible::{self, Interruptible};
use anstyle::{AnsiColor, Style};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Standard input, output and error, and what is known of them.
pub struct Streams {
    input: InputStream,
    input_terminal: Terminal,
    out_terminal: Terminal,
    err_terminal: Terminal,
    is_ci: bool,
    is_dumb: bool,
    is_of_this_process: bool,
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    /// The width that the user wants.
    columns: Option<usize>,
    /// The height that there is where no terminal has one.
    lines: Option<usize>,
    /// Columns and lines as they were measured last.
    measured: Option<(usize, usize)>,
    color: ColorWish,
    rest: Vec<u8>,
    quiet: bool,
    verbose: bool,
}

/// Whether a stream is a terminal: asked once, and only where something depends on it.
struct Terminal {
    known: OnceCell<bool>,
    ask: fn() -> bool,
}

impl Terminal {
    fn asked(ask: fn() -> bool) -> Self {
        Self { known: OnceCell::new(), ask }
    }

    fn known(known: bool) -> Self {
        Self { known: known.into(), ask: || false }
    }

    fn is_one(&self) -> bool {
        *self.known.get_or_init(self.ask)
    }

    fn gets_color(&self, wish: ColorWish) -> bool {
        match wish {
            ColorWish::Always => true,
            ColorWish::Never => false,
            ColorWish::OnTerminals => self.is_one(),
        }
    }
}

/// Where standard input comes from. That of the process is not kept locked: a request's body may read it, too.
enum InputStream {
    Process,
    Memory(io::Cursor<Vec<u8>>),
}

/// Standard output did not take what it was given.
#[derive(Debug)]
pub enum WriteError {
    /// The reader closed the pipe: `everestctl … | head` is not a failure.
    Closed,
    /// The user pressed Ctrl-C, and the reader of the pipe does not read.
    Interrupted,
    /// The disk is full, the device is broken.
    Failed(io::Error),
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

impl Streams {
    /// The streams of this process. The width of the terminal is known only when standard output is one;
    /// `COLUMNS` overrules it.
    pub fn from_process(environment: &Environment) -> Self {
        let columns =
            environment.text("COLUMNS").and_then(|text| text.parse().ok()).filter(|width| *width > 0);
        Self {
            input: InputStream::Process,
            input_terminal: Terminal::asked(|| io::stdin().is_terminal()),
            out_terminal: Terminal::asked(|| io::stdout().is_terminal()),
            err_terminal: Terminal::asked(|| io::stderr().is_terminal()),
            is_ci: environment.is_ci(),
            is_dumb: environment.text("TERM") == Some("dumb"),
            is_of_this_process: true,
            out: Box::new(io::BufWriter::new(Interruptible::new(io::stdout()))),
            err: Box::new(Interruptible::new(io::stderr())),
            columns,
            lines: None,
            measured: None,
            color: color::wish(None, environment),
            rest: Vec::new(),
            quiet: false,
            verbose: false,
        }
    }

    /// Streams in memory, for tests: `input` is what somebody types, and everything is a terminal of `width` columns, or
    /// nothing is.
    pub fn of_buffers(input: &str, width: Option<usize>) -> (Self, Buffers) {
        let buffers = Buffers::default();
        let streams = Self {
            input: InputStream::Memory(io::Cursor::new(input.as_bytes().to_vec())),
            input_terminal: Terminal::known(width.is_some()),
            out_terminal: Terminal::known(width.is_some()),
            err_terminal: Terminal::known(width.is_some()),
            is_ci: false,
            is_dumb: false,
            is_of_this_process: false,
            out: Box::new(buffers.out.clone()),
            err: Box::new(buffers.err.clone()),
            columns: width,
            lines: None,
            measured: None,
            color: ColorWish::Never,
            rest: Vec::new(),
            quiet: false,
            verbose: false,
        };
        (streams, buffers)
    }

    /// Measures the terminal again; whether it has another size than the last time.
    pub fn measure(&mut self) -> bool {
        let Some((width, height)) = self.measured() else { return false };
        let now = (self.columns.unwrap_or(width), height);
        self.measured.replace(now).is_some_and(|before| before != now)
    }

    /// Streams into memory for text that is shown where these are, with `less` lines less.
    pub fn in_memory(&self, color: bool, less: usize) -> (Self, Buffers) {
        let (mut memory, buffers) = Self::of_buffers("", self.width());
        memory.lines = self.height().map(|height| height.saturating_sub(less));
        memory.color = if color { ColorWish::Always } else { ColorWish::Never };
        (memory, buffers)
    }

    /// Whether somebody can be asked: the question goes to standard error, the answer comes from standard input. In CI
    /// nobody is there, whatever the streams are.
    pub fn can_ask(&self) -> bool {
        !self.is_ci && self.has_terminals()
    }

    /// Whether standard input and standard error are terminals.
    pub fn has_terminals(&self) -> bool {
        self.input_terminal.is_one() && self.err_terminal.is_one()
    }

    /// Whether standard input of this process is a terminal, on which nothing waits to be read.
    pub fn input_is_terminal() -> bool {
        io::stdin().is_terminal()
    }

    /// Whether these are the streams of the process, which libraries for terminals use by themselves.
    pub(super) fn is_of_this_process(&self) -> bool {
        self.is_of_this_process
    }

    /// How many lines the terminal shows; `None` when standard output is none.
    pub fn height(&self) -> Option<usize> {
        self.lines.or_else(|| self.measured().map(|(_, height)| height))
    }

    /// A line of standard input, of at most `limit` bytes, with its end where it has one.
    pub(super) fn line(&mut self, limit: u64) -> io::Result<String> {
        let mut line = String::new();
        match &mut self.input {
            InputStream::Process => io::stdin().lock().take(limit).read_line(&mut line)?,
            InputStream::Memory(input) => input.take(limit).read_line(&mut line)?,
        };
        Ok(line)
    }

    /// Reads standard input to its end, of at most `limit` bytes.
    pub fn read_input(&mut self, limit: u64, text: &mut String) -> io::Result<()> {
        match &mut self.input {
            InputStream::Process => io::stdin().lock().take(limit).read_to_string(text).map(drop),
            InputStream::Memory(input) => input.take(limit).read_to_string(text).map(drop),
        }
    }

    /// Applies `--color`, `-q` and `-v`.
    pub fn configure(&mut self, color: Option<bool>, quiet: bool, verbose: bool) {
        self.verbose = verbose;
        self.color = match color {
            Some(true) => ColorWish::Always,
            Some(false) => ColorWish::Never,
            None => self.color,
        };
        self.quiet = quiet;
    }

    /// The width that output should keep to; `None` for a pipe or a file, which get everything.
    pub fn width(&self) -> Option<usize> {
        self.columns.or_else(|| self.measured().map(|(width, _)| width))
    }

    /// Columns and lines of the terminal of this process; `None` when standard output is none.
    fn measured(&self) -> Option<(usize, usize)> {
        let size = terminal_size::terminal_size_of;
        let is_measurable = self.is_of_this_process && self.out_terminal.is_one();
        let (width, height) = is_measurable.then(|| size(io::stdout())).flatten()?;
        Some((width.0.into(), height.0.into()))
    }

    /// Whether a person reads standard output.
    pub fn is_terminal(&self) -> bool {
        self.out_terminal.is_one()
    }

    /// Whether a person watches standard error, and wants to.
    pub fn is_watched(&self) -> bool {
        !self.quiet && !self.is_dumb && self.err_terminal.is_one()
    }

    /// Whether the user wants quiet.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether standard output gets colour.
    pub fn out_color(&self) -> bool {
        self.out_terminal.gets_color(self.color)
    }

    /// Whether standard error gets colour.
    pub fn err_color(&self) -> bool {
        self.err_terminal.gets_color(self.color)
    }

    /// Writes data.
    pub fn data(&mut self, text: &str) -> Result<(), WriteError> {
        self.out.write_all(text.as_bytes()).map_err(WriteError::from)
    }

    /// Writes bytes as they are, and hands them on at once.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.out.write_all(bytes).and_then(|()| self.out.flush()).map_err(WriteError::from)
    }

    /// Writes text from outside and hands it on at once: to a program as it is, to a terminal without the
    /// characters that it would act on.
    pub fn foreign(&mut self, text: &[u8]) -> Result<(), WriteError> {
        if !self.is_terminal() {
            return self.bytes(text);
        }
        // A character that a piece cuts in two waits for the next one.
        self.rest.extend_from_slice(text);
        let whole = match std::str::from_utf8(&self.rest) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => self.rest.len(),
        };
        let rest = self.rest.split_off(whole);
        let text = harmless_lines(&String::from_utf8_lossy(&std::mem::replace(&mut self.rest, rest)));
        self.bytes(text.as_bytes())
    }

    /// Text from outside as it may be shown: to a program as it is.
    pub fn safe_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.is_terminal() { Cow::Owned(harmless_lines(text)) } else { Cow::Borrowed(text) }
    }

    /// Flushes the buffer. To be called after data was written.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.out.flush().map_err(WriteError::from)
    }

    /// Writes text for people.
    pub fn message(&mut self, text: &str) {
        // A failure to write to standard error cannot be reported anywhere.
        let _ = self.err.write_all(text.as_bytes());
    }

    /// Shows a problem and its hint, unless the user wants quiet.
    pub fn problem(&mut self, problem: &Warning) {
        if self.quiet {
            return;
        }
        let source = problem.source.map(|source| format!("{source}: ")).unwrap_or_default();
        self.labelled(WARNING, "warning", &format!("{source}{}", problem.message));
        if let Some(hint) = &problem.hint {
            self.hint(hint);
        }
    }

    /// Says what was done, unless the user wants quiet: data goes to standard output, this does not.
    pub fn remark(&mut self, text: &str) {
        if !self.quiet {
            self.message(&format!("{}\n", harmless(text)));
        }
    }

    /// Warns, whether the user wants quiet or not.
    pub fn warning(&mut self, text: &str) {
        self.labelled(WARNING, "warning", text);
    }

    /// Writes a note, which is shown with `-v`.
    pub fn note(&mut self, text: &str) {
        if self.verbose {
            self.labelled(HINT, "note", text);
        }
    }

    /// Shows a remark, unless the user wants quiet.
    pub fn hint(&mut self, text: &str) {
        if !self.quiet {
            self.labelled(HINT, "hint", text);
        }
    }

    /// Shows a failure, with its causes and what to do next.
    pub fn failure(&mut self, failure: &Failure) {
        self.labelled(ERROR, "error", &failure.message);
        for cause in &failure.causes {
            // What has several lines keeps them: a caret may point at what is above it.
            let mut label = "caused by:";
            for line in cause.lines() {
                self.message(&format!("  {label:10} {}\n", readable(line)));
                label = "";
            }
        }
        if let Some(said) = &failure.said {
            self.said(said);
        }
        for hint in &failure.hints {
            self.hint(hint);
        }
    }

    /// Shows what a plugin says of a statement in its own shell, in lines of its own.
    pub fn refusal(&mut self, message: &str, detail: &str, hint: Option<&str>) {
        self.labelled(ERROR, "ERROR", message);
        for line in detail.lines() {
            self.message(&format!("{}\n", harmless(line)));
        }
        if let Some(hint) = hint {
            self.labelled(HINT, "HINT", hint);
        }
    }

    /// Shows text from someone else: each line names its author, and none starts like one of ours.
    fn said(&mut self, ForeignWords { by, texts, whole }: &ForeignWords) {
        let whole = Some(whole.trim()).filter(|whole| self.verbose && !whole.is_empty());
        for text in texts.iter().map(String::as_str).chain(whole) {
            let lines: Vec<String> = text.lines().map(harmless).collect();
            match &lines[..] {
                [line] => self.message(&format!("  {} says: {line}\n", harmless(by))),
                // What has several lines keeps them: a caret may point at what is above it.
                lines => {
                    self.message(&format!("  {} says:\n", harmless(by)));
                    for line in lines {
                        self.message(&format!("    | {line}\n"));
                    }
                }
            }
        }
    }

    /// The one way of text for people: whatever a part of it came from, the terminal does not act on it.
    fn labelled(&mut self, style: Style, label: &str, text: &str) {
        let text = readable(text);
        let line = if self.err_color() {
            format!("{}{label}:{} {text}\n", style.render(), style.render_reset())
        } else {
            format!("{label}: {text}\n")
        };
        self.message(&line);
    }
}

/// Text for people, without the number that Rust puts behind the system's own words: `(os error 2)`.
fn readable(text: &str) -> String {
    const NUMBER: &str = " (os error ";
    let mut text = harmless(text);
    let mut from = 0;
    while let Some(start) = text[from..].find(NUMBER).map(|at| at + from) {
        let digits = text[start + NUMBER.len()..].bytes().take_while(u8::is_ascii_digit).count();
        let end = start + NUMBER.len() + digits;
        from = end;
        if digits > 0 && text[end..].starts_with(')') {
            text.replace_range(start..=end, "");
            from = start;
        }
    }
    text
}

/// What was written to streams in memory.
#[derive(Clone, Debug, Default)]
pub struct Buffers {
    out: Buffer,
    err: Buffer,
}

impl Buffers {
    /// What standard output got.
    pub fn out(&self) -> String {
        self.out.text()
    }

    /// What standard error got.
    pub fn err(&self) -> String {
        self.err.text()
    }

    /// Nobody reads standard output from here on.
    pub fn close_out(&self) {
        self.out.lock().is_closed = true;
    }
}

#[derive(Clone, Debug, Default)]
struct Buffer(Arc<Mutex<Written>>);

#[derive(Debug, Default)]
struct Written {
    bytes: Vec<u8>,
    is_closed: bool,
}

impl Buffer {
    fn lock(&self) -> std::sync::MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock().bytes).into_owned()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.lock();
        if written.is_closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        written.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        if interruptible::was_interrupted(&error) {
            return Self::Interrupted;
        }
        if error.kind() == io::ErrorKind::BrokenPipe { Self::Closed } else { Self::Failed(error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::exit;

    #[test]
    fn no_number_of_the_system_is_shown() {
        let missing = std::io::Error::from_raw_os_error(2);
        assert_eq!(
            readable(&format!("a: {missing}, b: {missing}")),
            "a: No such file or directory, b: No such file or directory"
        );
        assert_eq!(readable("x (os error )(os error 12"), "x (os error )(os error 12");
    }

    #[test]
    fn a_failure_with_causes_foreign_words_and_hints() {
        let (mut streams, buffers) = Streams::of_buffers("", None);
        let mut failure = Failure::new(exit::FAILURE, "cannot list \u{1b}[31mx").hint("try `y`");
        failure.causes = vec!["first".to_owned(), "second\n  ^ here".to_owned()];
        failure.said = Some(Box::new(ForeignWords {
            by: "plugin sql".to_owned(),
            texts: vec!["no".to_owned()],
            whole: String::new(),
        }));
        streams.failure(&failure);
        let expected = "error: cannot list [31mx\n  caused by: first\n  caused by: second\n               ^ here\n  \
                        plugin sql says: no\nhint: try `y`\n";
        assert_eq!(buffers.err().replace('\u{fffd}', ""), expected);
        assert_eq!(buffers.out(), "");
    }

    #[test]
    fn quiet_keeps_the_error_and_drops_the_hint() {
        let (mut streams, buffers) = Streams::of_buffers("", None);
        streams.configure(None, true, false);
        streams.failure(&Failure::new(exit::FAILURE, "no").hint("yes"));
        streams.remark("done");
        assert_eq!(buffers.err(), "error: no\n");
    }

    #[test]
    fn colour_is_for_labels_only() {
        let (mut streams, buffers) = Streams::of_buffers("", Some(80));
        streams.configure(Some(true), false, false);
        streams.warning("w");
        assert_eq!(buffers.err(), format!("{}warning:{} w\n", WARNING.render(), WARNING.render_reset()));
    }

    #[test]
    fn a_terminal_gets_no_control_characters_and_a_program_gets_all() {
        for (width, expected) in [(Some(80), false), (None, true)] {
            let (mut streams, buffers) = Streams::of_buffers("", width);
            // A character cut in two comes whole.
            streams.foreign(b"\x1b[2J\xc3").unwrap();
            streams.foreign(b"\xa9\n").unwrap();
            assert_eq!(buffers.out().contains('\x1b'), expected);
            assert!(buffers.out().ends_with("\u{e9}\n"), "{:?}", buffers.out());
        }
    }
}
