//! A plugin that says hello, shows where it runs, and asks a server. The library form is this crate itself.

use everestctl_plugin::{Error, Host, Output, Plugin, Request, clap};
use serde::Serialize;

/// Say hello
#[derive(Debug, clap::Parser)]
#[command(name = "hello-rust", version)]
pub struct Arguments {
    /// Whom to greet
    #[arg(default_value = "world")]
    name: String,
    /// Shout
    #[arg(long)]
    loud: bool,
    /// Show where the plugin runs
    #[arg(long)]
    environment: bool,
    /// Send a GET request to the plugin's backend and show the answer
    #[arg(long, value_name = "PATH")]
    get: Option<String>,
    /// Send it to the OpenEverest API itself
    #[arg(long, requires = "get")]
    server: bool,
    /// Count to this number, until Ctrl-C
    #[arg(long, value_name = "NUMBER")]
    count: Option<u64>,
    /// End with this exit code
    #[arg(long, value_name = "CODE", default_value_t = 0)]
    exit: u8,
    #[command(flatten)]
    output: Output,
}

/// One variable of the environment.
#[derive(Serialize)]
struct Variable {
    name: &'static str,
    value: Option<String>,
}

/// The plugin.
pub struct Hello;

impl Plugin for Hello {
    type Arguments = Arguments;

    fn run(arguments: Arguments, host: &mut Host) -> Result<(), Error> {
        if arguments.environment {
            let context = host.context();
            let rows = [
                ("plugin", context.plugin.clone()),
                ("host", context.host.clone()),
                ("namespace", context.namespace.clone()),
                ("protocol", Some(context.protocol.to_string())),
            ];
            let rows = rows.map(|(name, value)| Variable { name, value });
            host.show(&arguments.output, &rows)?;
        } else if let Some(path) = &arguments.get {
            let request = Request::get(path);
            let request = if arguments.server { request.to_server() } else { request };
            let response = host.request(&request)?.success()?;
            host.write_bytes(&response.body)?;
        } else if let Some(last) = arguments.count {
            count(last, host)?;
        } else {
            let greeting = format!("hello, {}", arguments.name);
            host.line(if arguments.loud { greeting.to_uppercase() } else { greeting })?;
        }
        if arguments.exit == 0 { Ok(()) } else { Err(Error::Exit(arguments.exit)) }
    }
}

/// Counts, a tenth of a second for each number.
fn count(last: u64, host: &mut Host) -> Result<(), Error> {
    for number in 1..=last {
        if host.is_cancelled() {
            return Err(Error::new(format!("stopped before {number}")).with_code(host.cancel_code()));
        }
        host.progress("counting", number, Some(last));
        host.line(number)?;
        host.flush()?;
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    Ok(())
}

everestctl_plugin::library!(Hello);
