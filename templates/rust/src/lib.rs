//! <<title>>: a plugin of everestctl, as an executable and as a native library.

use everestctl_plugin::{Error, Host, Output, Plugin, Request, clap};
use serde::Serialize;
use std::time::Duration;

/// <<title>>
#[derive(Debug, clap::Parser)]
#[command(name = "<<name>>", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Greet somebody
    Hello {
        /// Whom to greet
        #[arg(default_value = "world")]
        name: String,
        /// Shout
        #[arg(long)]
        loud: bool,
    },
    /// Show the server and the namespace in use
    Server {
        #[command(flatten)]
        output: Output,
    },
    /// Greet somebody each second, until Ctrl-C
    Watch {
        /// Whom to greet
        #[arg(default_value = "world")]
        name: String,
    },
    /// Send a GET request to the backend of this plugin and show the answer
    Get {
        /// Path below the plugin
        path: String,
    },
}

/// Where it runs.
#[derive(Serialize)]
struct Server {
    server: Option<String>,
    namespace: Option<String>,
}

/// The plugin.
pub struct ThePlugin;

impl Plugin for ThePlugin {
    type Arguments = Arguments;

    fn run(arguments: Arguments, host: &mut Host) -> Result<(), Error> {
        match arguments.command {
            Command::Hello { name, loud } => {
                let greeting = format!("hello, {name}");
                host.line(if loud { greeting.to_uppercase() } else { greeting })
            }
            Command::Server { output } => {
                let context = host.context();
                let row = Server { server: context.host.clone(), namespace: context.namespace.clone() };
                host.show(&output, &[row])
            }
            Command::Watch { name } => loop {
                host.line(format!("hello, {name}"))?;
                // Whoever reads it has it now.
                host.flush()?;
                std::thread::sleep(Duration::from_secs(1));
            },
            Command::Get { path } => {
                let response = host.request(&Request::get(&path))?.success()?;
                host.write_bytes(&response.body)
            }
        }
    }
}

everestctl_plugin::library!(ThePlugin);
