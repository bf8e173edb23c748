//! `everestctl --help`, `everestctl help …`: what there is, and what a command says of itself.
//!
//! `help WORDS` is `WORDS --help`, so that the two cannot differ. `help --man` shows a man page, whoever provides the
//! command: there is always one.

use super::man::{self, ManPage};
use super::output::{OutputFormat, long};
use super::plugin_command::{TreeDetail, command_group};
use super::program::CommandLine;
use super::{CommandResult, equivalent_words, is_own_word, write};
use crate::error::{ExitCode, Failure, exit};
use crate::ops::help_overview::{CommandSummary, Overview, overview};
use crate::ops::run_command::{RunOutcome, TypedLine, run_command};
use crate::ops::{App, complete};
use crate::runner::Manual;
use crate::sys::exec::become_program;
use crate::sys::{files, process, program};
use crate::term::Streams;
use crate::term::table::shortened;
use std::borrow::Cow;
use std::ffi::OsString;
use std::time::Duration;

/// Show help for a command
///
/// `help NAME` shows what `NAME --help` shows; a local plugin is run with --help.
#[derive(Debug, clap::Args)]
pub struct HelpArgs {
    /// Show the man page; `-o raw` prints its source
    #[arg(long)]
    man: bool,
    /// Find commands of a plugin by words of their names and descriptions
    #[arg(long, value_name = "WORDS", num_args = 1.., requires = "words", conflicts_with = "man")]
    search: Vec<OsString>,
    /// Words of the command
    #[arg(value_name = "COMMAND")]
    words: Vec<OsString>,
}

/// What is left to do.
#[derive(Debug)]
pub enum HelpRequest {
    /// Nothing: this is the exit code.
    Shown(ExitCode),
    /// This line says it.
    Line(Vec<OsString>),
}

/// Runs `help`; `arguments` is the whole command line.
pub fn run(
    streams: &mut Streams,
    program: &CommandLine,
    app: &App,
    args: &HelpArgs,
    arguments: &[OsString],
) -> Result<HelpRequest, Failure> {
    if args.man {
        return manual(streams, program, app, &args.words);
    }
    if args.words.is_empty() {
        return of_program(streams, program, app).map(HelpRequest::Shown);
    }
    // Global flags stay where they are.
    let word = arguments.iter().position(|argument| argument == "help").unwrap_or_default();
    let mut line: Vec<OsString> = arguments.to_vec();
    line.remove(word);
    if args.search.is_empty() {
        line.push("--help".into());
    }
    Ok(HelpRequest::Line(line))
}

/// The help of the program: its own commands, then those that others bring.
pub fn of_program(streams: &mut Streams, program: &CommandLine, app: &App) -> CommandResult {
    let mut command = program.shown_along(None).help_template(TEMPLATE);
    let help = command.render_help();
    let help = if streams.out_color() { help.ansi().to_string() } else { help.to_string() };
    let mut parts = help.split(BREAK);
    let mut part = || parts.next().unwrap_or_default();
    let style = if streams.out_color() { *command.get_styles().get_header() } else { anstyle::Style::new() };
    let header = |text: &str| format!("\n{style}{text}:{style:#}\n");
    let Overview { local, server, aliases, context } = overview(app);
    let of_server = context
        .map_or_else(|| "Server commands".to_owned(), |context| format!("Server commands ({context})"));
    let mut text = format!("{}{}{}\n", part(), header("Built-in commands"), part());
    for (title, items) in [("Local commands", local), (&of_server, server), ("Aliases", aliases)] {
        if !items.is_empty() {
            text.push_str(&header(title));
            group(&mut text, &items, streams.width());
        }
    }
    text.push_str(&header("Global options"));
    text.push_str(part());
    text.push('\n');
    long(streams, &app.environment, &text)?;
    Ok(exit::SUCCESS)
}

/// The parts of clap's help, with what no help text has between them.
const TEMPLATE: &str =
    "{about}\n\n{usage-heading} {usage}\n\u{e000}{subcommands}\u{e000}{options}{after-help}";
const BREAK: char = '\u{e000}';

/// Adds the commands of one group, a line each. There may be a thousand, which a real table takes its time for.
fn group(text: &mut String, items: &[CommandSummary], width: Option<usize>) {
    const INDENT: &str = "  ";
    let longest = items.iter().map(|item| item.name.len()).max().unwrap_or_default();
    let left = 2 * INDENT.len() + longest;
    for CommandSummary { name, summary } in items {
        if summary.is_empty() {
            text.extend([INDENT, name, "\n"]);
            continue;
        }
        let summary = match width {
            Some(width) => Cow::Owned(shortened(summary, width.saturating_sub(left).max(NARROWEST))),
            None => Cow::Borrowed(summary),
        };
        // Names are ASCII, so that a letter is a column.
        let gap = " ".repeat(longest - name.len() + INDENT.len());
        text.extend([INDENT, name, &gap, &summary, "\n"]);
    }
}

/// No summary is cut to less.
const NARROWEST: usize = 12;

/// Shows the manual page of a command, or of `everestctl` itself.
fn manual(
    streams: &mut Streams,
    program: &CommandLine,
    app: &App,
    words: &[OsString],
) -> Result<HelpRequest, Failure> {
    if let Some(page) = page(program, app, words) {
        return show(streams, app, &page).map(HelpRequest::Shown);
    }
    // The plugin may not have been queried yet, or the words are unknown.
    let mut line = words.to_vec();
    line.push("--help".into());
    let typed = TypedLine { arguments: &line, whole: &line };
    match run_command(app, typed, &mut |problem| streams.problem(&problem))? {
        RunOutcome::Declared { command, words: name } => {
            let tree = super::plugin_command::tree_of(app, &command, words)?;
            let below: Option<Vec<&str>> = words.iter().skip(name).map(|word| word.to_str()).collect();
            match man::for_server_command(tree, &below.unwrap_or_default()) {
                Some(page) => show(streams, app, &page).map(HelpRequest::Shown),
                None => Ok(HelpRequest::Line(line)),
            }
        }
        RunOutcome::Alias(mut expanded) => {
            expanded.retain(|word| word != "--help");
            manual(streams, program, app, &expanded)
        }
        RunOutcome::Ended(code) => Ok(HelpRequest::Shown(code)),
        RunOutcome::Load(step) => super::native_child::become_one(*step),
        RunOutcome::Unknown(unknown) => {
            Err(unknown.into_failure(program.paths(), equivalent_words::of_words))
        }
        RunOutcome::BuiltIn | RunOutcome::Group { .. } | RunOutcome::AcceptImage(_) => {
            Ok(HelpRequest::Line(line))
        }
    }
}

/// The page from the index, without a request.
fn page(program: &CommandLine, app: &App, words: &[OsString]) -> Option<ManPage> {
    let texts: Vec<&str> = words.iter().map(|word| word.to_str()).collect::<Option<_>>()?;
    let Some(first) = words.first() else { return man::for_built_in(program, &[]) };
    if let [name] = texts.as_slice()
        && let Some(page) = man::by_hand(name)
    {
        return Some(page);
    }
    if is_own_word(first) {
        return man::for_built_in(program, &texts);
    }
    if let Some(page) = man::of_bundled(&texts) {
        return Some(page);
    }
    match complete::manual(app, words)? {
        (Manual::Described(command), _) => {
            Some(man::of_package(&command).unwrap_or_else(|| man::for_local_command(&command)))
        }
        (Manual::Declared(command, known), count) => {
            let tree = command_group::tree(command.name().as_str(), &known, words, TreeDetail::default());
            man::for_server_command(tree, &texts[count..])
        }
    }
}

/// Shows a page with `man`, which has the user's pager and formats for the terminal; where there is no `man`, its
/// source.
fn show(streams: &mut Streams, app: &App, page: &ManPage) -> CommandResult {
    let source = OutputFormat::from_options(&app.options) == OutputFormat::Raw;
    let Some(reader) = program::find("man", &app.environment).filter(|_| !source) else {
        if !source {
            streams.hint("`man` not found on PATH; printing the source of the page");
        }
        write(streams, &page.roff)?;
        return Ok(exit::SUCCESS);
    };
    let target: OsString = if page.is_foreign && is_installed(app, &page.name) {
        page.name.clone().into()
    } else {
        let cannot = |error: std::io::Error| {
            let mut failure = Failure::new(exit::FAILURE, "could not write the page for `man`");
            failure.causes.push(error.to_string());
            failure.hint("`-o raw` prints its source")
        };
        let nowhere = || cannot(std::io::Error::other("no cache folder on this system"));
        let folder = app.folders.cache.as_ref().ok_or_else(nowhere)?.join("man");
        let file = folder.join(page.file_name());
        files::make_private_folder(&folder)
            .and_then(|()| files::replace(&file, page.roff.as_bytes()))
            .map_err(cannot)?;
        file.into()
    };
    let _ = streams.flush();
    let error = become_program(&reader, &[target], &[]);
    Err(Failure::new(exit::FAILURE, format!("could not run `man`: {error}"))
        .hint("`-o raw` prints the page's source"))
}

/// Whether the author of a plugin has brought a page that `man` knows.
fn is_installed(app: &App, name: &str) -> bool {
    const PATIENCE: Duration = Duration::from_secs(2);
    process::answer_of("man", &["-w".to_owned(), name.to_owned()], &app.environment, PATIENCE).is_ok()
}
