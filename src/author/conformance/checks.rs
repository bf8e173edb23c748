//! The table of checks: each with its id, what it is about, what it wants, and what to change. `docs/plugin-test.md` has a section for
//! each.

use serde::Serialize;

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckGroup {
    /// Help and version.
    Help,
    /// Command lines that make no sense.
    Usage,
    /// Standard input, output and errors.
    Streams,
    /// A terminal, or none.
    Terminal,
    /// Signals.
    Signals,
    /// The user's token.
    Secrets,
    /// Folders and the environment.
    Places,
    /// TAB.
    Completion,
    /// What the author says.
    Declared,
    /// Processes.
    Processes,
    /// The OpenAPI document of a server.
    Document,
    /// What a server answers.
    Answers,
    /// Who calls a server.
    Callers,
    /// Requests that make no sense.
    Requests,
    /// Several requests, and slow ones.
    Load,
    /// Pages, streams and jobs.
    Flows,
    /// The end of a server.
    Ending,
}

impl CheckGroup {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Help => "help",
            Self::Usage => "usage",
            Self::Streams => "streams",
            Self::Terminal => "terminal",
            Self::Signals => "signals",
            Self::Secrets => "secrets",
            Self::Places => "places",
            Self::Completion => "completion",
            Self::Declared => "declared",
            Self::Processes => "processes",
            Self::Document => "document",
            Self::Answers => "answers",
            Self::Callers => "callers",
            Self::Requests => "requests",
            Self::Load => "load",
            Self::Flows => "flows",
            Self::Ending => "ending",
        }
    }

    /// Whether it is about servers.
    pub const fn is_of_servers(self) -> bool {
        use CheckGroup::{Answers, Callers, Document, Ending, Flows, Load, Requests};
        matches!(self, Document | Answers | Callers | Requests | Load | Flows | Ending)
    }

    /// What its checks are about, as a heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Help => "Help and version",
            Self::Usage => "Command lines that make no sense",
            Self::Streams => "Standard input, output and errors",
            Self::Terminal => "Terminals",
            Self::Signals => "Signals",
            Self::Secrets => "The user's token",
            Self::Places => "Folders and the environment",
            Self::Completion => "TAB",
            Self::Declared => "The commands of plugin-test.yaml",
            Self::Processes => "Processes",
            Self::Document => "The OpenAPI document",
            Self::Answers => "Answers",
            Self::Callers => "Who calls",
            Self::Requests => "Requests that make no sense",
            Self::Load => "Several requests, slow ones, clients that go",
            Self::Flows => "Pages, streams, jobs",
            Self::Ending => "The end",
        }
    }
}

/// A check.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name, and the anchor of its section.
    pub id: &'static str,
    /// What it is about.
    pub group: CheckGroup,
    /// What it wants, in one line.
    pub wants: &'static str,
    /// What to change.
    pub mend: &'static str,
}

impl Check {
    /// Its section in the documentation.
    pub fn docs(&self) -> String {
        format!("docs/plugin-test.md#{}", self.id)
    }
}

/// The check of this name.
pub fn check(id: &str) -> Option<&'static Check> {
    CHECKS.iter().copied().find(|check| check.id == id)
}

/// The check whose name is most like `id`, if one is.
pub fn most_like(id: &str) -> Option<&'static str> {
    let near = |check: &&&Check| strsim::jaro_winkler(check.id, id) > 0.8;
    let likeness = |check: &&&Check| (strsim::jaro_winkler(check.id, id) * 1000.0).round();
    let ids = CHECKS.iter().filter(near).max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    ids.map(|check| check.id)
}

macro_rules! checks {
    ($($name:ident $id:literal $group:ident $wants:literal $mend:literal;)*) => {
        $(
            #[doc = $wants]
            pub const $name: &Check = &Check { id: $id, group: CheckGroup::$group, wants: $wants, mend: $mend };
        )*
        /// All of them, in the order of the page.
        pub const CHECKS: &[&Check] = &[$($name),*];
    };
}

checks! {
    HELP_OUTPUT "help-output" Help "`--help` is answered on standard output, with exit code 0" "Write the help to standard output and exit with 0: the user has asked for it, and may read it through a pager.";
    HELP_QUIET "help-quiet" Help "`--help` says nothing on standard error" "Remove what is written beside the help: warnings, debug output, deprecations.";
    HELP_SHORT "help-short" Help "`-h` is understood as `--help`" "Understand `-h`, too: people type it before anything else.";
    HELP_QUICK "help-quick" Help "`--help` is there within two seconds" "Load less at the start: ask no network, import modules where they are used.";
    HELP_NAME "help-name" Help "Help calls the plugin what its users type" "Write `everestctl NAME` in the usage, not the name of the file.";
    HELP_COMMANDS "help-commands" Help "Help names each command that TAB offers" "Name the commands of `words` in the help, or remove from `words` what there is not.";
    HELP_BELOW "help-below" Help "Each command answers `--help` on standard output, with exit code 0" "Understand `--help` behind each command of `words`, without doing what the command does.";
    HELP_FLAGS "help-flags" Help "The help of a command names each flag that TAB offers" "Name the flags of `words` in the help of their command, or remove from `words` what there is not.";
    HELP_SAME "help-same" Help "Help is the same each time" "Leave times, addresses and random order out of the help.";
    VERSION "version" Help "`--version` says the version that everestctl shows" "Understand `--version`, and keep the sidecar or the package and the program at one version.";
    UNKNOWN_COMMAND "unknown-command" Usage "An unknown command is refused with an exit code from 1 to 125 and a message on standard error" "Refuse it: exit with 2 and say what is unknown on standard error.";
    UNKNOWN_FLAG "unknown-flag" Usage "An unknown flag is refused with an exit code from 1 to 125 and a message on standard error" "Refuse it: exit with 2 and say what is unknown on standard error. A flag that is passed over does something else than the user thinks.";
    UNKNOWN_NAMED "unknown-named" Usage "The message for an unknown command names it" "Say which word is unknown: in a long line, or in a script, that is all that counts.";
    USAGE_OUTPUT "usage-output" Usage "Nothing is written to standard output when a command line is refused" "Write the message to standard error: what reads standard output takes it for data.";
    USAGE_TRACE "usage-trace" Usage "A command line that makes no sense leads to no stack trace" "Catch the failure and say it in a sentence.";
    ARGUMENT_EMPTY "argument-empty" Usage "An empty argument ends in time, without a crash" "Expect empty arguments: a script passes them where a variable is empty.";
    ARGUMENT_LONG "argument-long" Usage "An argument of 100,000 characters ends in time, without a crash" "Use no buffer of a fixed size for arguments.";
    ARGUMENT_BYTES "argument-bytes" Usage "An argument that is not UTF-8 ends in time, without a crash" "Take arguments as bytes, or refuse them in a sentence: names of files need not be UTF-8.";
    ARGUMENT_SHELL "argument-shell" Usage "Nothing in an argument is run by a shell" "Pass arguments on as they are: no `eval`, no `sh -c` with a text that has them in it.";
    INPUT_CLOSED "input-closed" Streams "Help is the same without a standard input" "Do not read standard input for what needs none, and expect that there is none: cron and services have none.";
    INPUT_SILENT "input-silent" Streams "Help does not wait for a standard input on which nothing comes" "Do not read standard input for what needs none.";
    OUTPUT_CLOSED "output-closed" Streams "Without a standard output, help ends in time and without a stack trace" "Take a failure to write as an end, and not as a crash.";
    ERRORS_CLOSED "errors-closed" Streams "Without a standard error, an unknown command is refused all the same" "Give the exit code although the message cannot be written.";
    READER_GONE "reader-gone" Streams "When nobody reads its output any more, it ends in time and without a stack trace" "Let SIGPIPE end it, or take EPIPE for a normal end: `everestctl NAME … | head` is that.";
    ERRORS_GONE "errors-gone" Streams "When nobody reads its errors any more, it ends in time" "Do not write again and again what cannot be written.";
    PIPE_PLAIN "pipe-plain" Terminal "What goes to a pipe has no escape sequences" "Ask whether the stream is a terminal before you colour.";
    NO_COLOR "no-color" Terminal "With `NO_COLOR`, a terminal gets no colours" "Leave colours out when NO_COLOR is set: everestctl sets it for `--color never`.";
    TERMINAL_DUMB "terminal-dumb" Terminal "A terminal without abilities (TERM=dumb) gets no escape sequences" "Leave escape sequences out when TERM is `dumb`: Emacs and logs are such terminals.";
    TERMINAL_NARROW "terminal-narrow" Terminal "Help is whole on a terminal of 20 columns" "Divide by no width that may be small; let lines be longer than the terminal before text is lost.";
    TERMINAL_ZERO "terminal-zero" Terminal "Help is whole on a terminal that has no size" "Take 80 columns when the size is 0: serial lines and some pipelines say that.";
    TERMINAL_RESTORED "terminal-restored" Terminal "The terminal is afterwards as it was before" "Restore the modes of the terminal at every end, that by a signal included.";
    TERMINAL_NONE "terminal-none" Terminal "Without any terminal, a command that is refused asks nobody" "Do not open /dev/tty for what needs no answer.";
    SIGNAL_TERM "signal-term" Signals "SIGTERM ends it within two seconds, with that signal or 143" "Stop what runs, and end by the signal or with 128 and its number.";
    SIGNAL_INT "signal-int" Signals "SIGINT (Ctrl-C) ends it within two seconds, with that signal or 130" "Stop what runs, and end by the signal or with 128 and its number: a loop of a shell must see that it was interrupted.";
    SIGNAL_HUP "signal-hup" Signals "SIGHUP (a closed terminal) ends it within two seconds, with that signal or 129" "Do not ignore it: what goes on without its terminal is seen by nobody.";
    SIGNAL_TRACE "signal-trace" Signals "An end by Ctrl-C shows no stack trace" "Catch the interruption: the user knows what was pressed.";
    SIGNAL_STOP "signal-stop" Signals "SIGTSTP (Ctrl-Z) stops it, and SIGCONT lets it go on" "Do not ignore SIGTSTP, and stop after restoring the terminal where you catch it.";
    SIGNAL_CHILDREN "signal-children" Signals "Nothing that it has started is there after SIGTERM" "Pass the signal on to what you have started, and wait for it.";
    TOKEN_ARGUMENTS "token-arguments" Secrets "The user's token is in no command line" "Pass it in a header that a file or standard input has, as `curl --config -` reads it: every user of the machine sees command lines.";
    TOKEN_OUTPUT "token-output" Secrets "The user's token is in no output" "Do not print it, and leave headers and the environment out of debug output.";
    TOKEN_FILES "token-files" Secrets "The user's token is in no file" "Keep it in memory: everestctl renews it, and gives it each time.";
    HOME_MISSING "home-missing" Places "Help is the same when the home folder does not exist" "Make folders when something is written to them, and not at the start.";
    HOME_UNSET "home-unset" Places "Help is the same without HOME" "Ask for the home folder when it is needed: services and containers have none.";
    HOME_READONLY "home-readonly" Places "Help is the same when nothing can be written to the home folder" "Do without a cache or a log where none can be written.";
    HOME_CLEAN "home-clean" Places "Help and refusals write nothing to the home folder" "Write to the home folder when the user does something that needs it.";
    FOLDER_CLEAN "folder-clean" Places "Nothing is left in the current folder" "Write where the user says, or to a temporary folder that goes.";
    TEMPORARY_CLEAN "temporary-clean" Places "Nothing is left in the folder for temporary files" "Remove temporary files at every end.";
    FOLDER_GONE "folder-gone" Places "Help is the same when the current folder was removed" "Do not ask for the current folder before it is needed.";
    PATH_BLANKS "path-blanks" Places "It runs through a link in a folder whose name has blanks" "Quote the path in which it finds its own files, and follow the link: an installed plugin is run through one.";
    LOCALE_C "locale-c" Places "Help is there in the locale C" "Write help in ASCII, or write UTF-8 whatever the locale is.";
    ENVIRONMENT_BARE "environment-bare" Places "Help is there without any variable of everestctl" "Expect each of them to be absent: people run plugins by their path, too.";
    ENVIRONMENT_LATER "environment-later" Places "Help is the same with a later everestctl" "Ignore values that you do not know: later versions of the protocol add some.";
    OFFLINE "offline" Places "Help is the same without a network, and as quick" "Ask the network for what needs it only, and never at the start.";
    COMPLETION_ANSWERS "completion-answers" Completion "TAB is answered with exit code 0" "Answer in the protocol that `completion` names.";
    COMPLETION_QUICK "completion-quick" Completion "TAB is answered within 200 ms" "Complete from what is there: everestctl stops what takes longer, and offers files.";
    COMPLETION_LINES "completion-lines" Completion "Each line for TAB is a value with a description, and nothing else" "Write a value, a tab and a description on each line, without escape sequences; cobra's last line is `:` and a number.";
    COMPLETION_OFFLINE "completion-offline" Completion "TAB is answered without a network and without a session" "Complete from what is there, and answer with nothing where nothing is known.";
    COMPLETION_STRANGE "completion-strange" Completion "TAB is answered behind words that no command has" "Answer with nothing where nothing fits: people press TAB behind typing errors.";
    COMPLETION_CLEAN "completion-clean" Completion "TAB writes no file and leaves no process" "Do nothing but answer.";
    COMPLETION_WORDS "completion-words" Completion "With `completion: words` there are words" "Add `words`, or say `completion: none`.";
    DECLARED_CODE "declared-code" Declared "Each command of plugin-test.yaml ends with its exit code" "Correct the command, or what plugin-test.yaml says of it.";
    DECLARED_OUTPUT "declared-output" Declared "Each command of plugin-test.yaml writes what is said" "Correct the command, or what plugin-test.yaml says of it.";
    DECLARED_JSON "declared-json" Declared "Each command that says so writes JSON when `EVERESTCTL_OUTPUT` is `json`" "Write one JSON value to standard output, and everything else to standard error.";
    DECLARED_PLAIN "declared-plain" Declared "What the commands of plugin-test.yaml write to a pipe has no escape sequences" "Ask whether the stream is a terminal before you colour.";
    PROCESSES_LEFT "processes-left" Processes "No process is left behind" "Wait for what you have started, or end it.";
    SIDE_BY_SIDE "side-by-side" Processes "Eight at once are as good as one" "Use no lock, port or file of a fixed name for what only reads.";
    LIBRARY_LOADS "library-loads" Processes "The library is loaded, and says what it is" "Export `everestctl_plugin_descriptor`, and fill in its descriptor as everestctl_plugin.h says.";

    SERVER_STARTS "server-starts" Document "The development host starts it, and its readiness path answers" "Correct `command`, `listen` or `readiness` of host.yaml; build it first.";
    DOCUMENT_FOUND "document-found" Document "Its OpenAPI document is where everestctl looks" "Serve it at /openapi.json or /openapi.yaml, or name its path in the annotation everestctl.openeverest.io/openapi.";
    DOCUMENT_VALID "document-valid" Document "The document can be read" "Correct it: without it the plugin has no commands.";
    DOCUMENT_MAPPED "document-mapped" Document "Each operation becomes a command" "Change the operation, or say with `x-cli-*` keys what is meant.";
    DOCUMENT_SAME "document-same" Document "The document is the same each time" "Build it once: everestctl takes another one for a new version.";
    HEALTH "health" Document "The readiness path answers 200 without a token" "Answer it before anything else: the cluster asks it, and has no token.";
    GET_STATUS "get-status" Answers "Each GET answers with a status that the document has" "Correct the answer, or add the status to `responses`.";
    GET_SCHEMA "get-schema" Answers "The body of each GET is as its schema says" "Correct the body, or the schema: columns and types of commands come from it.";
    GET_TYPE "get-type" Answers "Each GET has the content type that the document says" "Set `Content-Type`, and declare each that there is.";
    GET_SAME "get-same" Answers "A GET changes nothing: the next one answers with the same status" "Do nothing in a GET: everestctl repeats it after a lost connection.";
    HEAD "head" Answers "HEAD answers as GET does, without a body" "Leave the body out, or answer 405.";
    OPTIONS "options" Answers "OPTIONS does not fail" "Answer 200, 204, 404 or 405.";
    ERROR_SHAPE "error-shape" Answers "What is not found says why, in JSON" "Answer with `{\"error\": …}`, or RFC 9457: everestctl shows that text.";
    ERROR_TRACE "error-trace" Answers "No answer shows a stack trace" "Log the trace, and answer with a sentence.";
    CALLER_NONE "caller-none" Callers "Without a token, an operation that says 401 answers 401 or 403" "Ask the API who calls, before anything else.";
    CALLER_UNKNOWN "caller-unknown" Callers "With a token that nobody has given, an operation that says 401 or 403 answers that" "Ask the API whose token it is: a token of any text is not one.";
    CALLER_FORGED "caller-forged" Callers "Headers that say who calls count for nothing" "Believe a header only as far as the API confirms it: anybody in the cluster can send `X-Everest-User` or `X-Forwarded-User`.";
    UNKNOWN_ROUTE "unknown-route" Requests "An unknown route answers 404 (or 401 and 403)" "Answer 404: a 200 with a page is taken for data.";
    WRONG_METHOD "wrong-method" Requests "A method that a route does not have answers 405 or 404 (or 401 and 403)" "Answer 405.";
    QUERY_JUNK "query-junk" Requests "A query that makes no sense is no failure of the server" "Check parameters, and answer 400 or 422.";
    BODY_MALFORMED "body-malformed" Requests "JSON that cannot be read answers 4xx" "Check the body, and answer 400 or 422.";
    BODY_KIND "body-kind" Requests "JSON of another kind than the schema says answers 4xx" "Check the body against its type, and answer 400 or 422.";
    BODY_LARGE "body-large" Requests "A body of 64 MiB is refused, and the server lives on" "Limit bodies, and answer 413.";
    BODY_SHORT "body-short" Requests "A body that breaks off harms nobody" "Give up the request, and serve the next.";
    LENGTH_TWICE "length-twice" Requests "A request with `Content-Length` and `Transfer-Encoding` is refused, and the server lives on" "Use an HTTP server that refuses it, or take `Transfer-Encoding` alone and close the connection (RFC 9112, 6.1).";
    HOST_TWICE "host-twice" Requests "A request with two `Host` headers harms nobody" "Use an HTTP server that answers 400 (RFC 9112, 3.2).";
    HEADERS_LARGE "headers-large" Requests "A header of 2 MiB is refused, and the server lives on" "Limit headers, and answer 431.";
    PATH_TRAVERSAL "path-traversal" Requests "No path leads to files of the machine" "Decode a path once, and serve no file by a name from a path.";
    NOT_HTTP "not-http" Requests "What is not HTTP harms nobody" "Use an HTTP server that closes such a connection.";
    SLOW_CLIENT "slow-client" Load "Clients that send slowly keep nobody waiting" "Serve connections side by side, and limit how long a request may take to come.";
    CLIENT_GONE "client-gone" Load "Clients that go before the answer harm nobody" "Take a failure to write as an end of the request.";
    SIDE_BY_SIDE_GETS "requests-together" Load "Fifty requests at once are all answered" "Serve requests side by side, and hold no lock while you wait.";
    KEEP_ALIVE "keep-alive" Load "Two requests on one connection are both answered, or the first says that it closes" "Say `Connection: close` where you close: a proxy keeps connections.";
    PAGES_WHOLE "pages-whole" Flows "Pages of one element have the same elements as one large page, each once" "Start a page behind the last element of the one before, in an order that stays.";
    PAGES_STABLE "pages-stable" Flows "A list is the same when it is asked for twice" "Sort the list by something that does not change.";
    PAGES_LIMIT "pages-limit" Flows "A page has no more elements than were asked for" "Take the limit into account, and answer 400 or 422 to one that makes no sense.";
    STREAM_RESUMES "stream-resumes" Flows "A stream that is resumed behind an event does not send it again" "Read `Last-Event-ID`, and go on behind it.";
    JOB_ENDS "job-ends" Flows "A job that plugin-test.yaml names comes to one of the ends that `x-cli-wait` knows" "Set the status that `success` or `failure` has: --wait waits for it.";
    SECRETS_LOGGED "secrets-logged" Ending "The token of a caller is in no line of the log" "Log neither headers nor whole requests.";
    STOP_FINISHES "stop-finishes" Ending "A request that runs when SIGTERM comes is answered" "Stop taking connections, and finish what runs: each new version of the plugin stops the old one.";
    STOP_IN_TIME "stop-in-time" Ending "After SIGTERM it ends within three seconds" "End when the last request has: the cluster kills it otherwise.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_check_has_its_section_and_each_section_its_check() {
        let page = include_str!("../../../docs/plugin-test.md");
        let sections: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("### ")).collect();
        assert_eq!(sections.len(), CHECKS.len());
        for check in CHECKS {
            assert_eq!(sections.iter().filter(|section| **section == check.id).count(), 1, "{}", check.id);
            let section = format!(
                "### {}\n\n*{}*: {}.\n\n{}\n",
                check.id,
                check.group.as_str(),
                check.wants,
                check.mend
            );
            assert!(page.contains(&section), "docs/plugin-test.md needs this section:\n{section}");
        }
    }

    #[test]
    fn each_check_is_done_once() {
        let done = [super::super::local::ids(), super::super::server::ids()].concat();
        assert_eq!(done.len(), CHECKS.len());
        for check in CHECKS {
            assert_eq!(done.iter().filter(|id| **id == check.id).count(), 1, "{}", check.id);
        }
        assert!(CHECKS.len() >= 60);
    }

    #[test]
    fn groups_are_not_torn() {
        let groups: Vec<&str> = CHECKS.iter().map(|check| check.group.as_str()).collect();
        let mut once = groups.clone();
        once.dedup();
        let distinct: std::collections::BTreeSet<_> = groups.iter().collect();
        assert_eq!(once.len(), distinct.len());
    }

    #[test]
    fn a_name_that_is_nearly_right_is_recognised() {
        assert_eq!(most_like("help-ouput"), Some("help-output"));
        assert_eq!(most_like("zzz"), None);
    }
}
