//! `everestctl host run` and `everestctl host exec`.

use super::Ending;
use crate::error::{Failure, exit};
use crate::host::Compat;
use crate::ops::World;
use crate::ops::host::{self, Happening, Request, Sink};
use crate::sys::{Environment, children};
use crate::term::Streams;
use clap::ValueHint;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// Where `host run` listens unless it is told.
const LISTEN: &str = "127.0.0.1:8080";

/// The commands below `host`.
#[derive(Debug, clap::Subcommand)]
pub enum HostCommand {
    /// Run a development host until Ctrl-C; one line per event on standard error
    Run(RunArgs),
    /// Run a command, or your shell, signed in to a development host of its own
    Exec(ExecArgs),
}

/// Run a development host until Ctrl-C; one line per event on standard error
///
/// It listens on this machine only and serves the plugin part of the OpenEverest API: sign-in, the list of
/// plugins, the proxy, events. The plugin `hello` is always there.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    #[command(flatten)]
    host: HostArgs,
}

/// Run a command, or your shell, signed in to a development host of its own
///
/// The host listens on a free port and ends with the command. The command finds this everestctl first on
/// PATH, a config file that is signed in, and an empty cache. The exit code is the command's.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: everestctl host exec -- everestctl plugin list")]
pub struct ExecArgs {
    #[command(flatten)]
    host: HostArgs,
    /// The command with its arguments [default: your shell]
    #[arg(last = true, value_name = "COMMAND", value_hint = ValueHint::CommandWithArguments)]
    command: Vec<OsString>,
}

#[derive(Debug, clap::Args)]
struct HostArgs {
    /// The address to listen on, on this machine [default: 127.0.0.1:8080; a free port for `exec`]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    listen: Option<SocketAddr>,
    /// A folder of plugins: NAME/manifest.yaml, with a host.yaml that says where the backend is; repeatable
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    plugins: Vec<PathBuf>,
    /// The access policy, as in the `policy.csv` of a server; without one everybody may do everything
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    policy: Option<PathBuf>,
    /// Database instances to tell plugins of: a YAML file with the name, host, port, username and password of each
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    instances: Option<PathBuf>,
    /// Behave as the specification asks, or as today's server does
    #[arg(long, value_name = "WORD", default_value = "spec", value_parser = compat())]
    compat: Compat,
    /// Where users, keys and sessions are kept; without it they last as long as the host
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    state: Option<PathBuf>,
    /// How long an access token holds
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = lifetime)]
    access_token_lifetime: Duration,
    /// How long a refresh token holds
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = lifetime)]
    refresh_token_lifetime: Duration,
    /// How many connections there may be at once
    #[arg(long, value_name = "COUNT", default_value = "2048", hide = true)]
    connections: usize,
    /// The namespaces that the host tells of
    #[arg(long, value_name = "NAMES", default_value = "everest", value_delimiter = ',')]
    namespaces: Vec<String>,
}

impl HostArgs {
    fn request(self) -> Request {
        Request {
            listen: self.listen,
            plugins: self.plugins,
            policy: self.policy,
            instances: self.instances,
            compat: self.compat,
            state: self.state,
            access_lifetime: self.access_token_lifetime,
            refresh_lifetime: self.refresh_token_lifetime,
            connections: self.connections,
            namespaces: self.namespaces,
        }
    }
}

/// Runs one of them.
pub fn run(streams: &mut Streams, world: &World, command: HostCommand) -> Ending {
    match command {
        HostCommand::Run(args) => {
            let mut request = args.host.request();
            request.listen = request.listen.or_else(|| LISTEN.parse().ok());
            let shown = |streams: &mut Streams, happening| show(streams, happening);
            telling(streams, shown, |sink| host::run(world, request, sink).map(|()| exit::SUCCESS))
        }
        HostCommand::Exec(args) => {
            let request = args.host.request();
            // The terminal belongs to the command.
            let verbose = world.options.verbose > 0;
            let shown = |streams: &mut Streams, happening| {
                if verbose {
                    show(streams, happening);
                }
            };
            telling(streams, shown, |sink| host::exec(world, request, &args.command, sink))
        }
    }
}

/// Runs `work` on a thread of its own and shows on this one, which has the streams, what happens meanwhile.
fn telling(
    streams: &mut Streams,
    mut shown: impl FnMut(&mut Streams, Happening),
    work: impl FnOnce(&Sink) -> Ending + Send,
) -> Ending {
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        let worker = scope.spawn(move || {
            let tell = sender.clone();
            let sink: Sink = Arc::new(move |happening| drop(tell.send(Some(happening))));
            let ending = work(&sink);
            // A thread of the host may keep the sink for a moment longer.
            let _ = sender.send(None);
            ending
        });
        while let Ok(Some(happening)) = receiver.recv() {
            shown(streams, happening);
        }
        worker.join().unwrap_or_else(|_| Err(Failure::new(exit::HOST_FAILURE, "the host broke down")))
    })
}

fn show(streams: &mut Streams, happening: Happening) {
    match happening {
        Happening::Line(line) => streams.message(&format!("{line}\n")),
        Happening::Listening { address, password } => {
            streams.message(&format!(
                "everestctl development host: for this machine only, not for production\nlistening on http://{address}\n"
            ));
            if let Some(password) = password {
                streams.message(&format!("sign in as admin with the password {password} (shown only now)\n"));
            }
        }
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let numeric =
        text.strip_prefix("localhost:").map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
    numeric.parse().map_err(|_| "an address looks like 127.0.0.1:8080; port 0 takes any free one".to_owned())
}

fn compat() -> impl TypedValueParser<Value = Compat> {
    PossibleValuesParser::new(["spec", "upstream"])
        .map(|word| if word == "upstream" { Compat::Upstream } else { Compat::Spec })
}

fn lifetime(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if duration.as_secs() > 0 { Ok(duration) } else { Err("tokens hold for at least a second".to_owned()) }
}

/// The part of a process that the host starts for a backend: becomes the backend, or says why not.
#[cfg(unix)]
pub(super) fn become_backend(command: &[OsString], environment: &Environment) -> u8 {
    let error = children::become_with_parent(command, environment);
    let code = if error.kind() == std::io::ErrorKind::NotFound { exit::NOT_FOUND } else { exit::CANNOT_RUN };
    let name = command.first().map(|program| program.to_string_lossy()).unwrap_or_default();
    Streams::of_this_process(&Environment::default())
        .failure(&Failure::new(code, format!("cannot run `{name}`: {error}")));
    code
}
