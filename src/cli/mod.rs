//! L5: the command line. The only layer that knows clap and the only one that prints.
//!
//! * [`globals`]: the one table of global flags; [`scan`] reads it quickly, [`root`] gives it to clap;
//! * [`plugin`], [`alias`], [`auth`], [`config`], [`doctor`], [`version`]: one file for each command, which only
//!   translates between flags, an op and a page of output;
//! * [`plugin_command`]: the commands that a server declares;
//! * [`bundled`]: the command line of a plugin that ships with everestctl, read as this one is;
//! * `program`: the clap tree, built once; [`root`] puts it together, `completer` says who knows an argument's values;
//! * [`help`], [`man`]: what there is, and what a command says of itself; `usage`: what clap says; `equivalents` and
//!   `equivalent_words`: what other programs call it;
//! * `native_child`: the process that a native library is loaded in;
//! * `complete`: answers TAB; [`completion`] prints the scripts that ask; both walk through clap's tree by `walk`;
//! * `confirmation`: the question before a change;
//! * `status_color`: the colour of a word that says how something is;
//! * [`output`]: `-o table|wide|vertical|json|yaml|name|raw|jsonl|csv|tsv`; [`list_output`]: the lists of this program in all of them.
//!
//! [`run`] is the program: scan, and either become a plugin or let clap and a command do the rest.

pub mod alias;
pub mod auth;
pub mod bundled;
mod clap_cursor;
mod complete;
pub mod completer;
pub mod completion;
pub mod config;
mod confirmation;
pub mod doctor;
mod equivalent_words;
mod equivalents;
pub mod globals;
pub mod help;
pub mod list_output;
pub mod man;
mod native_child;
pub mod output;
pub mod plugin;
pub mod plugin_command;
mod program;
pub mod root;
pub mod scan;
mod status_color;
mod template_text;
mod update_notice;
mod usage;
mod user_file;
pub mod version;
mod without_effect;

use crate::error::{ExitCode, Failure, FailureKind, Interrupted, exit};
use crate::model::{CommandWord, reserved};
use crate::ops::alias_expansion::{self, AliasError};
use crate::ops::run_command::{RunOutcome, TypedLine, run_command};
use crate::ops::{self, App, Options};
use crate::resolve::Command;
use crate::runner::container::error::ContainerError;
use crate::runner::container::options::ImageConsent;
use crate::sys::late_warnings::{self, Weight};
use crate::sys::{Environment, clock, process, signals, stage, trace};
use crate::term::{Streams, WriteError, prompt, wire};
use clap::error::ErrorKind;
use program::CommandLine;
use scan::Scan;
use std::ffi::OsString;
use std::io::ErrorKind as ErrorKindOfSystem;
use std::time::Duration;

/// What a command ends with: an exit code, or a failure to show.
pub type CommandResult = Result<ExitCode, Failure>;

/// Runs everestctl with `arguments` (without the program's own name) and gives its exit code.
pub fn run(arguments: &[OsString], environment: Environment) -> ExitCode {
    if let Some(code) = hidden(arguments, &environment) {
        return code;
    }
    clock::set(&environment);
    let mut streams = Streams::from_process(&environment);
    let program = CommandLine::new(root::PARTS);
    if complete::answer(&mut streams, &program, &environment, arguments).is_some() {
        return exit::SUCCESS;
    }
    let ending = interpret(&mut streams, &program, environment.clone(), arguments, &mut Vec::new());
    let code = conclude(&mut streams, ending);
    if code == exit::SUCCESS && update_notice::can_be_told(&streams) {
        update_notice::tell(&mut streams, environment);
    }
    code
}

/// Does what `arguments` say. `aliases` are the user's own names that have led here.
fn interpret(
    streams: &mut Streams,
    program: &CommandLine,
    environment: Environment,
    arguments: &[OsString],
    aliases: &mut Vec<String>,
) -> CommandResult {
    match scan::scan(arguments) {
        Scan::Word { options, word } if !is_own_word(&arguments[word]) => {
            command(streams, program, environment, *options, arguments, word, aliases)
        }
        Scan::Version => version::print_short(streams),
        Scan::Help(_) if leads_to_help(arguments).is_some() => {
            let line = leads_to_help(arguments).unwrap_or_default();
            interpret(streams, program, environment, &line, aliases)
        }
        Scan::Help(options) => {
            configure(streams, &options);
            help::of_program(streams, program, &App::new(environment, *options)?)
        }
        Scan::Word { .. } | Scan::AskClap => through_clap(streams, program, environment, arguments, aliases),
    }
}

/// `--help NAME` is `NAME --help`; `None` where no name follows.
fn leads_to_help(arguments: &[OsString]) -> Option<Vec<OsString>> {
    let at = arguments.iter().position(|argument| argument == "--help" || argument == "-h")?;
    let mut line = arguments.to_vec();
    let help = line.remove(at);
    matches!(scan::scan(&line), Scan::Word { .. }).then(|| {
        line.push(help);
        line
    })
}

/// A session that is being renewed in the background is not cut off: the server has perhaps taken the old
/// token away already.
fn wait_for_renewals(streams: &mut Streams) {
    const SOON: Duration = Duration::from_secs(1);
    if signals::wait_until_whole(SOON) {
        return;
    }
    // Flush buffered output before blocking.
    let _ = streams.flush();
    streams.note("the session is being renewed; interrupting now may lose it");
    // The request has its own time limit.
    signals::wait_until_whole(Duration::MAX);
}

/// Shows how it ended and gives the exit code.
fn conclude(streams: &mut Streams, ending: CommandResult) -> ExitCode {
    wait_for_renewals(streams);
    let ending = match (ending, streams.flush()) {
        (Ok(_), Err(WriteError::Failed(error))) => Err(cannot_write(&error)),
        (Ok(_), Err(WriteError::Interrupted)) => Err(Interrupted.into()),
        (ending, _) => ending,
    };
    for (late, weight) in late_warnings::take() {
        match weight {
            Weight::Usual => streams.problem(&late),
            Weight::Token => {
                streams.warning(&late.message);
                late.hint.iter().for_each(|hint| streams.hint(hint));
            }
        }
    }
    ending.unwrap_or_else(|failure| {
        if failure.kind == FailureKind::Reported {
            streams.failure(&failure);
        }
        failure.exit_code
    })
}

/// The words by which this binary starts itself; they are not commands.
fn hidden(arguments: &[OsString], environment: &Environment) -> Option<ExitCode> {
    if let Some(words) = native_child::words(arguments) {
        return Some(native_child::run(words, environment));
    }
    let (first, rest) = arguments.split_first()?;
    if first == stage::STAGE {
        let is_absent = stage::enter(rest).kind() == ErrorKindOfSystem::NotFound;
        return Some(if is_absent { exit::NOT_FOUND } else { exit::CANNOT_RUN });
    }
    (first == process::DETACH)
        .then(|| if process::detach(rest, environment).is_ok() { exit::SUCCESS } else { exit::HOST_FAILURE })
}

fn is_own_word(word: &OsString) -> bool {
    word.to_str().and_then(reserved::owner).is_some_and(|(owner, _)| owner == reserved::Owner::BuiltIn)
}

/// Runs the command that starts at `arguments[word]`.
fn command(
    streams: &mut Streams,
    program: &CommandLine,
    environment: Environment,
    options: Options,
    arguments: &[OsString],
    word: usize,
    aliases: &mut Vec<String>,
) -> CommandResult {
    configure(streams, &options);
    let app = App::new(environment, options)?;
    if arguments[word] == crate::app::refresh::BACKGROUND_WORD {
        let named = &arguments[word + 1..];
        return crate::app::refresh::run_in_background(&app.in_background(), named).map(|()| exit::SUCCESS);
    }
    if arguments[word] == ops::completion_values::BACKGROUND_WORD {
        return ops::completion_values::run_in_background(&app.in_background(), &arguments[word + 1..])
            .map(|()| exit::SUCCESS);
    }
    let typed = TypedLine { arguments: &arguments[word..], whole: arguments };
    match run_command(&app, typed, &mut |problem| streams.problem(&problem))? {
        RunOutcome::Group { path, names, asked_for_help } => {
            Ok(group(streams, &path, &names, asked_for_help)?)
        }
        RunOutcome::Declared { command, words } => {
            let name = shown_words(&typed.arguments[..words]);
            server_command(streams, &app, (&command, &name), &typed.arguments[words..], &|app| {
                match run_command(app, typed, &mut |_| {})? {
                    RunOutcome::Declared { command, .. } => Ok(*command),
                    RunOutcome::Unknown(unknown) => {
                        Err(unknown.into_failure(program.paths(), equivalent_words::of_words))
                    }
                    _ => Err(Failure::new(
                        exit::USAGE,
                        "the name means something else in that context: put the flags before it",
                    )),
                }
            })
        }
        RunOutcome::Ended(code) => Ok(code),
        RunOutcome::Load(step) => native_child::become_one(*step),
        RunOutcome::AcceptImage(change) => {
            let options = with_image_accepted(streams, &app, *change)?;
            command(streams, program, app.environment, options, arguments, word, aliases)
        }
        RunOutcome::Unknown(unknown) => {
            Err(unknown.into_failure(program.paths(), equivalent_words::of_words))
        }
        RunOutcome::Alias(expanded) => {
            aliases.push(arguments[word].to_string_lossy().into_owned());
            if aliases.len() > alias_expansion::DEEPEST {
                return Err(AliasError::endless(aliases).into());
            }
            let line = [&arguments[..word], &expanded].concat();
            interpret(streams, program, app.environment, &line, aliases)
        }
        // Only after `--`, where clap sees no command.
        RunOutcome::BuiltIn => {
            let word = arguments[word].to_string_lossy();
            Err(Failure::new(exit::USAGE, format!("unexpected `--` before built-in command `{word}`"))
                .hint(format!("everestctl {word}")))
        }
    }
}

/// Sets the streams up as the global flags say, and warns of what must not become a habit.
fn configure(streams: &mut Streams, options: &Options) {
    set_up(streams, options);
    if options.insecure {
        streams
            .warning("the server's certificate is not verified: others on the network could read your token");
    }
}

fn shown_words(words: &[OsString]) -> String {
    words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// How much is told and how it looks.
fn set_up(streams: &mut Streams, options: &Options) {
    streams.configure(options.color, options.quiet, options.verbose > 0);
    if options.verbose > 1 {
        trace::start(wire::line);
    }
}

/// Runs a command that a server declares, by the name that the user typed. Flags after its name may select another server: then `again` finds
/// who has the name there.
pub(crate) fn server_command(
    streams: &mut Streams,
    app: &App,
    (command, typed): (&Command, &str),
    arguments: &[OsString],
    again: &dyn Fn(&App) -> Result<Command, Failure>,
) -> CommandResult {
    match plugin_command::parse(streams, app, command, typed, arguments)? {
        plugin_command::Parsed::Done(code) => Ok(code),
        plugin_command::Parsed::Run(typed) => plugin_command::run(streams, app, *typed),
        plugin_command::Parsed::Elsewhere(options) => {
            configure(streams, &options);
            let app = app.with_options(*options);
            let command = again(&app)?;
            match plugin_command::parse(streams, &app, &command, typed, arguments)? {
                plugin_command::Parsed::Run(typed) => plugin_command::run(streams, &app, *typed),
                plugin_command::Parsed::Done(code) => Ok(code),
                plugin_command::Parsed::Elsewhere(_) => Err(Failure::new(exit::USAGE, "conflicting flags")),
            }
        }
    }
}

/// Asks whether another image than before may run by a name; the options that let it.
pub(crate) fn with_image_accepted(
    streams: &mut Streams,
    app: &App,
    change: ContainerError,
) -> Result<Options, Failure> {
    let ContainerError::Changed { image, before, now, .. } = &change else { return Err(change.into()) };
    let question = format!("image {image} was {before} and is now {now}; run it?");
    let is_agreed = matches!(prompt::confirm(streams, &question), Ok(true));
    if !is_agreed {
        return Err(change.into());
    }
    let mut options = app.options.clone();
    options.container.consent = ImageConsent::This(now.clone());
    Ok(options)
}

/// Lists the commands below words that are not a command themselves.
fn group(streams: &mut Streams, path: &str, names: &[String], asked_for_help: bool) -> CommandResult {
    if !asked_for_help {
        let mut failure =
            Failure::new(exit::USAGE, format!("`{path}` is not a command; commands that start with it:"));
        failure.hints.extend(names.iter().map(|name| format!("everestctl {name}")));
        return Err(failure);
    }
    write(streams, &format!("Commands that start with `{path}`:\n"))?;
    for name in names {
        write(streams, &format!("  everestctl {name}\n"))?;
    }
    Ok(exit::SUCCESS)
}

fn through_clap(
    streams: &mut Streams,
    program: &CommandLine,
    environment: Environment,
    arguments: &[OsString],
    aliases: &mut Vec<String>,
) -> CommandResult {
    let name = std::iter::once(OsString::from("everestctl"));
    let mut tree = match scan::scan(arguments) {
        Scan::Word { word, .. } => program.along(arguments[word].to_str()),
        _ => program.tree().clone(),
    };
    if let Some(line) = usage::help_at_the_end(&tree, arguments) {
        return interpret(streams, program, environment, &line, aliases);
    }
    let matches = match tree.try_get_matches_from_mut(name.chain(arguments.iter().cloned())) {
        Ok(matches) => matches,
        // `-qh`: the quick scan leaves it to clap, which does not know all commands.
        Err(error)
            if error.kind() == ErrorKind::DisplayHelp && !clap_cursor::leads_below(&tree, arguments) =>
        {
            return help::of_program(streams, program, &App::new(environment, Options::default())?);
        }
        Err(error) => return usage::show(streams, &environment, &error, &tree, arguments),
    };
    let options = globals::options_of(&matches)?;
    configure(streams, &options);
    match root::subcommand(&matches) {
        root::Subcommand::BuiltIn(built_in) => {
            without_effect::refuse(&built_in, &options)?;
            let app = App::new(environment, options)?;
            match *built_in {
                root::BuiltIn::Plugin(command) => plugin::run(streams, &app, command),
                root::BuiltIn::Alias(command) => alias::run(streams, &app, command),
                root::BuiltIn::Completion(args) => completion::run(streams, &app, &args),
                root::BuiltIn::Help(args) => match help::run(streams, program, &app, &args, arguments)? {
                    help::HelpRequest::Shown(code) => Ok(code),
                    help::HelpRequest::Line(line) => {
                        interpret(streams, program, app.environment, &line, &mut Vec::new())
                    }
                },
                root::BuiltIn::Auth(command) => auth::run(streams, &app, command),
                root::BuiltIn::Config(command) => config::run(streams, &app, command),
                root::BuiltIn::Doctor(args) => doctor::run(streams, &app, &args),
                root::BuiltIn::Version(args) => version::run(streams, &app, &args),
            }
        }
        root::Subcommand::External(words) => {
            command(streams, program, environment, options, arguments, arguments.len() - words, aliases)
        }
        root::Subcommand::None => help::of_program(streams, program, &App::new(environment, options)?),
    }
}

/// Writes data; a reader that has gone ends the program silently.
pub fn write(streams: &mut Streams, text: &str) -> Result<(), Failure> {
    written(streams.data(text))
}

/// Writes bytes as they are, at once: a stream has no end to wait for.
pub(crate) fn write_bytes(streams: &mut Streams, bytes: &[u8]) -> Result<(), Failure> {
    written(streams.bytes(bytes))
}

/// Writes text from outside, at once; on a terminal without what that would act on.
pub(crate) fn write_clean(streams: &mut Streams, text: &[u8]) -> Result<(), Failure> {
    written(streams.foreign(text))
}

fn written(result: Result<(), WriteError>) -> Result<(), Failure> {
    result.map_err(|error| match error {
        WriteError::Closed => Failure::output_closed(),
        WriteError::Interrupted => Interrupted.into(),
        WriteError::Failed(error) => cannot_write(&error),
    })
}

fn cannot_write(error: &std::io::Error) -> Failure {
    Failure::new(exit::FAILURE, format!("could not write to standard output: {error}"))
}

/// The words of a command, checked.
pub(crate) fn words(typed: &[String]) -> Result<Vec<CommandWord>, Failure> {
    Ok(ops::which::words(typed)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::table::Table;

    #[test]
    fn a_closed_pipe_ends_well_and_says_nothing() {
        let (mut streams, buffers) = Streams::of_buffers("", None);
        buffers.close_out();
        let ending = write(&mut streams, "data\n").map(|()| exit::SUCCESS);
        assert_eq!(ending, Err(Failure::output_closed()));
        assert_eq!(conclude(&mut streams, ending), exit::SUCCESS);
        assert_eq!(buffers.err(), "");
    }

    #[test]
    fn a_failure_is_shown_once_and_gives_its_exit_code() {
        let (mut streams, buffers) = Streams::of_buffers("", None);
        let failure = Failure::new(exit::USAGE, "no").hint("yes");
        assert_eq!(conclude(&mut streams, Err(failure)), exit::USAGE);
        assert_eq!((buffers.out().as_str(), buffers.err().as_str()), ("", "error: no\nhint: yes\n"));
    }

    #[test]
    fn a_table_is_cut_to_the_terminal_and_whole_for_a_program() {
        let table = || Table {
            headers: Some(&["NAME", "DESCRIPTION"]),
            rows: vec![
                vec!["x".to_owned(), "a description that is rather long".to_owned()],
                vec![String::new(); 2],
            ],
            flexible: &[1],
            ..Table::default()
        };
        let shown = |width| {
            let (mut streams, buffers) = Streams::of_buffers("", width);
            output::tabular(&mut streams, table()).unwrap();
            streams.flush().unwrap();
            buffers.out()
        };
        assert_eq!(shown(None), "NAME  DESCRIPTION\nx     a description that is rather long\n-     -\n");
        let narrow = shown(Some(24));
        assert!(narrow.lines().all(|line| line.chars().count() <= 24), "{narrow}");
        assert!(narrow.starts_with("NAME  DESCRIPTION\nx     a description"), "{narrow}");
        // No column is cut to nothing.
        assert_eq!(shown(Some(1)), shown(Some(10)));
    }

    /// To build the whole tree takes longer than anything else that TAB and help do.
    #[test]
    fn known_words_need_no_whole_tree() {
        let whole = || -> clap::Command { panic!("the whole tree was built") };
        let program = CommandLine::new(program::TreeParts { whole, ..root::PARTS });
        let environment: Environment = [("HOME", "/nowhere")].into_iter().collect();
        let answer = |line: &[&str]| {
            let (mut streams, buffers) = Streams::of_buffers("", None);
            let line: Vec<OsString> = line.iter().map(OsString::from).collect();
            complete::answer(&mut streams, &program, &environment, &line);
            buffers.out()
        };
        assert!(answer(&["__complete", "pl"]).starts_with("plugin\t"));
        assert!(answer(&["__complete", "plugin", "li"]).starts_with("list\t"));
        assert!(answer(&["__complete", "--offline", "auth", "sta"]).starts_with("status\t"));
        for (line, said) in
            [("--help", "Built-in commands:"), ("plugin --help", "List commands from plugins")]
        {
            let (mut streams, buffers) = Streams::of_buffers("", None);
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let ending = interpret(&mut streams, &program, environment.clone(), &words, &mut Vec::new());
            assert_eq!(conclude(&mut streams, ending), exit::SUCCESS, "{line}");
            assert!(buffers.out().contains(said), "{line}: {}", buffers.out());
        }
    }

    /// A whole command, in this process.
    #[test]
    fn a_command_runs_in_memory() {
        let home = tempfile::tempdir().unwrap();
        let variable = |name: &str| (name.to_owned(), home.path().join(name).into_os_string());
        let environment = || {
            let folders = ["HOME", "EVEREST_CONFIG", "EVERESTCTL_CACHE_DIR", "EVERESTCTL_PLUGIN_DIR"];
            folders.map(variable).into_iter().collect::<Environment>()
        };
        let run = |line: &str, input: &str, width| {
            let program = CommandLine::new(root::PARTS);
            let (mut streams, buffers) = Streams::of_buffers(input, width);
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let ending = interpret(&mut streams, &program, environment(), &words, &mut Vec::new());
            (conclude(&mut streams, ending), buffers.out(), buffers.err())
        };
        let (code, out, err) = run("plugin list -o name --offline", "", None);
        assert_eq!((code, out.as_str()), (exit::SUCCESS, ""), "{err}");
        assert!(err.contains("hint: "), "{err}");
        let (code, out, err) = run("plugin which nosuch --offline", "", None);
        assert_ne!(code, exit::SUCCESS);
        assert!(out.is_empty() && err.starts_with("error: "), "{err}");
        // Where nobody can be asked, nobody is, and the flag is named.
        let (code, _, err) = run("auth login", "", None);
        assert_eq!(code, exit::USAGE);
        assert!(err.contains("--server"), "{err}");
        // The prompt is for people; the end of the input is no answer.
        let (code, out, err) = run("auth login", "", Some(80));
        assert_ne!(code, exit::SUCCESS);
        assert!(out.is_empty() && err.starts_with("Server: "), "{err}");
    }
}
