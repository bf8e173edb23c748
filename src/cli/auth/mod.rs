//! `everestctl auth …`: the session; `plugin`: what plugins require beside it.

mod plugin;

use super::output::{OutputFormat, structured, tabular};
use super::{CommandResult, write};
use crate::error::{Failure, exit};
use crate::model::CleanText;
use crate::ops::App;
use crate::ops::auth::{self, IdentityProof, SessionCheck, SignIn};
use crate::term::Streams;
use crate::term::prompt::{self, PromptError};
use crate::term::table::Table;
use plugin::AuthPluginArgs;
use zeroize::Zeroizing;

/// The commands below `auth`.
#[expect(
    missing_docs,
    reason = "the help of `plugin` is the doc comment of its arguments, which this would replace"
)]
#[derive(Debug, clap::Subcommand)]
pub enum AuthCommand {
    /// Sign in to a server
    ///
    /// The session is stored in the config file shared with OpenEverest's own CLI and renewed automatically. On a
    /// terminal, missing values are prompted for; the password is not shown.
    Login(LoginArgs),
    /// Sign out on the server and on this machine
    Logout(LogoutArgs),
    /// Show the current user, server and session expiry
    Status,
    /// Print the name of the current user
    Whoami,
    /// Print a valid access token, for scripts
    Token,
    Plugin(AuthPluginArgs),
}

/// How to sign in.
#[derive(Debug, clap::Args)]
pub struct LoginArgs {
    /// Server address [default: that of the current context]
    #[arg(value_name = "URL")]
    address: Option<String>,
    /// The same as a flag
    #[arg(long, value_name = "URL", conflicts_with = "address")]
    server: Option<String>,
    /// User name on the server
    #[arg(short, long, value_name = "NAME")]
    username: Option<String>,
    /// Read the password from standard input
    #[arg(long, conflicts_with = "with_token")]
    password_stdin: bool,
    /// Read an access token from standard input instead of signing in
    #[arg(long)]
    with_token: bool,
    /// Name of the context (default: NAME@SERVER)
    #[arg(long, value_name = "NAME")]
    context_name: Option<String>,
}

/// Where to sign out.
#[derive(Debug, clap::Args)]
pub struct LogoutArgs {
    /// Sign out of every context
    #[arg(long)]
    all: bool,
}

/// Runs one of them.
pub fn run(streams: &mut Streams, app: &App, command: AuthCommand) -> CommandResult {
    match command {
        AuthCommand::Login(args) => login(streams, app, args),
        AuthCommand::Logout(args) => logout(streams, app, &args),
        AuthCommand::Status => status(streams, app),
        AuthCommand::Whoami => who_am_i(streams, app),
        AuthCommand::Token => {
            let token = auth::token(app)?;
            write(streams, &Zeroizing::new(format!("{}\n", token.as_str())))?;
            Ok(exit::SUCCESS)
        }
        AuthCommand::Plugin(args) => plugin::run(streams, app, &args),
    }
}

fn login(streams: &mut Streams, app: &App, args: LoginArgs) -> CommandResult {
    let server = match args
        .address
        .or(args.server)
        .map_or_else(|| auth::usual_server(app), |server| Ok(Some(server)))?
    {
        Some(server) => server,
        None => asked("--server URL", prompt::text(streams, "Server"))?,
    };
    let prompted = !args.password_stdin && !args.with_token;
    let mut tries = 3;
    let (user, proof) = if args.with_token {
        (args.username, IdentityProof::Token(secret_from_stdin(streams, "token")?))
    } else {
        let user = match args.username {
            Some(user) => user,
            None => asked("--username NAME", prompt::text(streams, "Username"))?,
        };
        let password = if args.password_stdin {
            secret_from_stdin(streams, "password")?
        } else {
            asked("--password-stdin", prompt::secret(streams, "Password"))?
        };
        (Some(user), IdentityProof::Password(password))
    };
    let mut request = SignIn { server, user, proof, context: args.context_name };
    let signed_in = loop {
        match auth::sign_in(app, &request) {
            // Whoever has mistyped a password types it again.
            Err(error) if error.wants_sign_in() && prompted && tries > 1 => {
                tries -= 1;
                streams.failure(&Failure { hints: Vec::new(), ..error.into() });
                let password = asked("--password-stdin", prompt::secret(streams, "Password"))?;
                request.proof = IdentityProof::Password(password);
            }
            outcome => break outcome?,
        }
    };
    match OutputFormat::for_own_report(&app.options) {
        form @ (OutputFormat::Json | OutputFormat::Yaml) => structured(streams, form, &signed_in)?,
        OutputFormat::Name => write(streams, &format!("{}\n", signed_in.context))?,
        _ => streams.remark(&format!(
            "signed in to {} as {}; current context is now `{}`",
            signed_in.server, signed_in.user, signed_in.context
        )),
    }
    Ok(exit::SUCCESS)
}

/// What was typed for what is missing, or which flag gives it.
fn asked<T>(flag: &str, answer: Result<T, PromptError>) -> Result<T, Failure> {
    answer.map_err(|error| match error {
        PromptError::NoTerminal => {
            Failure::new(exit::USAGE, format!("`auth login` needs {flag}: no terminal to prompt on"))
                .hint(format!("everestctl auth login {flag}"))
        }
        PromptError::Ended => Failure::new(exit::INTERRUPTED, "nothing entered; nothing changed"),
    })
}

/// A secret of one line.
fn secret_from_stdin(streams: &mut Streams, what: &str) -> Result<Zeroizing<String>, Failure> {
    const LONGEST: u64 = 64 * 1024;
    let mut text = Zeroizing::new(String::new());
    streams.read_input(LONGEST, &mut text).map_err(|error| {
        Failure::new(exit::USAGE, format!("could not read {what} from standard input: {error}"))
    })?;
    let line = Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned());
    if line.is_empty() {
        return Err(Failure::new(exit::USAGE, format!("no {what} on standard input")));
    }
    Ok(line)
}

fn logout(streams: &mut Streams, app: &App, args: &LogoutArgs) -> CommandResult {
    let ended = auth::sign_out(app, app.options.wishes.context.as_deref(), args.all)?;
    if let form @ (OutputFormat::Json | OutputFormat::Yaml) = OutputFormat::for_own_report(&app.options) {
        structured(streams, form, &ended)?;
    }
    for session in &ended {
        streams.remark(&format!("signed out of `{}`", session.context));
        match session.plugin_credentials {
            0 => {}
            1 => streams.remark("removed 1 credential of a plugin of that server"),
            count => streams.remark(&format!("removed {count} credentials of plugins of that server")),
        }
        if let Some(why) = &session.not_removed {
            streams.warning(&format!("could not remove the credentials of the server's plugins: {why}"));
        }
        if let Some(why) = &session.not_told {
            streams.warning(&format!(
                "could not revoke the session on the server; it is valid until it expires: {why}"
            ));
        }
    }
    Ok(exit::SUCCESS)
}

fn who_am_i(streams: &mut Streams, app: &App) -> CommandResult {
    let status = auth::status(app)?;
    if let Some(problem) = status.problem.filter(|_| status.check != SessionCheck::Passed) {
        let failure = Failure::new(status.check.exit_code(), problem.message);
        return Err(problem.hint.into_iter().fold(failure, Failure::hint));
    }
    let user = status.name.or(status.user).unwrap_or_default();
    match OutputFormat::for_own_report(&app.options) {
        form @ (OutputFormat::Json | OutputFormat::Yaml) => {
            let report =
                serde_json::json!({"user": user, "server": status.server, "context": status.context});
            structured(streams, form, &report)?;
        }
        _ => write(streams, &format!("{user}\n"))?,
    }
    Ok(exit::SUCCESS)
}

fn status(streams: &mut Streams, app: &App) -> CommandResult {
    let status = auth::status(app)?;
    if let form @ (OutputFormat::Json | OutputFormat::Yaml) = OutputFormat::for_own_report(&app.options) {
        structured(streams, form, &status)?;
    } else {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let expires = match (&status.expires_at, status.renewable) {
            (Some(moment), true) => format!("{moment} (renewed automatically)"),
            (Some(moment), false) => moment.clone(),
            (None, _) => "-".to_owned(),
        };
        let rows = [
            ["context", &text(&status.context)],
            ["server", &text(&status.server)],
            ["user", &text(&status.user)],
            ["signed in", if status.signed_in { "yes" } else { "no" }],
            ["token expires", &expires],
            ["cluster", &status.cluster],
            ["namespace", &text(&status.namespace)],
            ["server version", &text(&status.server_version)],
        ];
        let usual = [("instance", &status.instance), ("database", &status.database)];
        let usual = usual.into_iter().filter_map(|(what, value)| Some([what, value.as_deref()?]));
        let credentials: Vec<String> = status
            .plugin_credentials
            .iter()
            .map(|stored| CleanText::new(&format!("{} ({})", stored.plugin, stored.scheme)).to_string())
            .collect();
        let mut rows: Vec<Vec<String>> =
            rows.into_iter().chain(usual).map(|row| row.map(str::to_owned).to_vec()).collect();
        if !credentials.is_empty() {
            rows.push(vec!["plugin credentials".to_owned(), credentials.join(", ")]);
        }
        if app.options.verbose > 0 {
            rows.extend(status.said_by.iter().map(|(what, by)| vec![format!("{what} from"), by.clone()]));
        }
        tabular(streams, Table { headers: None, rows, flexible: &[1], ..Table::default() })?;
    }
    if let Some(problem) = &status.problem {
        streams.problem(problem);
    }
    Ok(status.check.exit_code())
}
