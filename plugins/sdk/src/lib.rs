//! Write a plugin of everestctl once; build an executable and a native library of it.
//!
//! A plugin is a type whose arguments clap reads, and whose [`Plugin::run`] does the work with what its [`Host`] gives:
//!
//! ```
//! use everestctl_plugin::{Error, Host, Output, Plugin, clap};
//!
//! /// List the snakes of a server
//! #[derive(clap::Parser)]
//! #[command(name = "snake", version)]
//! struct Arguments {
//!     /// Only those of this color
//!     #[arg(long)]
//!     color: Option<String>,
//!     #[command(flatten)]
//!     output: Output,
//! }
//!
//! struct Snake;
//!
//! impl Plugin for Snake {
//!     type Arguments = Arguments;
//!
//!     fn run(arguments: Arguments, host: &mut Host) -> Result<(), Error> {
//!         let mut request = everestctl_plugin::Request::get("/api/snakes");
//!         if let Some(color) = &arguments.color {
//!             request = request.query("color", color);
//!         }
//!         let snakes: Vec<serde_json::Value> = host.request(&request)?.json()?;
//!         host.show(&arguments.output, &snakes)
//!     }
//! }
//!
//! // In the tests of the plugin: a backend that is made up, and what the user would see.
//! let ran = everestctl_plugin::testing::Run::of::<Snake>(["--color", "red"])
//!     .answers("GET", "/api/snakes?color=red", 200, r#"[{"name": "Kaa", "length": 3}]"#)
//!     .end();
//! assert_eq!(ran.out, "NAME  LENGTH\nKaa        3\n");
//! assert_eq!(ran.code, 0);
//! ```
//!
//! In the library crate of the plugin (`crate-type = ["lib", "cdylib"]`) stands `everestctl_plugin::library!(Snake);`, and its
//! `src/main.rs` is `everestctl_plugin::executable!(snake::Snake);`. Copy `libsnake.so` to `libeverestctl_snake.so` in the plugin
//! folder, or the executable to `everestctl-snake`; `everestctl-snake --everestctl-metadata` prints the sidecar for the latter,
//! and `--everestctl-man` its manual page, both from the same arguments.
//!
//! * [`Plugin`]: what you write; [`Error`]: how it fails;
//! * [`Host`]: what it may ask for: where it runs ([`Context`]), a token, requests to backends and to the OpenEverest API, streams, progress, Ctrl-C;
//! * [`Output`]: `-o`, and tables; [`text`]: what others have written, made harmless;
//! * [`metadata`]: what everestctl knows without running it; [`Plugin::complete`]: what TAB learns by running it;
//! * [`testing`]: running it in a test, against answers that are made up or a development host.
//!
//! The two forms differ in [`mod@executable`] and [`mod@library`] only; a plugin cannot tell which it is.

mod completion;
pub mod context;
#[cfg(feature = "direct")]
mod direct;
mod error;
pub mod executable;
mod host;
pub mod http;
pub mod library;
pub mod metadata;
pub mod output;
mod plugin;
pub mod testing;
pub mod text;

pub use clap;
pub use context::Context;
pub use error::Error;
pub use everestctl_protocol as protocol;
pub use host::Host;
pub use http::{Request, RequestTarget, Response};
pub use output::Output;
pub use plugin::Plugin;
