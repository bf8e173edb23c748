//! A plugin of OpenEverest that looks into PostgreSQL instances and runs statements in them. This page is the map.
//!
//! It knows three things: HTTP, the API of the OpenEverest server, and PostgreSQL. It must not know who calls its
//! commands: a command line, a page, a script.
//!
//! * `settings`: what the environment says;
//! * `routes`: one file for each group of requests;
//! * `document`: the OpenAPI document of these routes, with the keys that make commands of them;
//! * `shell`: the words and rules of a shell for them;
//! * `everest`: the server, asked as the user who calls;
//! * `target`: which instance and which database is meant;
//! * `database`: a connection for one request, cancelled when its result is no longer needed;
//! * `room`: how many of them there may be;
//! * `subject`: of whom;
//! * `notices`: what the database notes beside its answers;
//! * `statement`: what can be seen of a statement without running it;
//! * `script`: where the statements of a text end, and its variables;
//! * `tag`: what a statement is by its words, and what it does to a transaction;
//! * `executor`: statements one after the other on one connection;
//! * `sessions`: such connections that outlive a request;
//! * `records`: the records of a file to import;
//! * `rows`: a statement that runs, row by row;
//! * `cursor`: where its rows come from, if it only reads;
//! * `value`, `array`: what the database writes as text, as JSON;
//! * `body`: rows on their way to the caller;
//! * `problem`: what went wrong, in words.

mod array;
mod body;
mod cursor;
mod database;
mod document;
mod everest;
mod executor;
mod inline_rows;
mod notices;
mod problem;
mod records;
mod room;
mod routes;
mod rows;
mod script;
mod sessions;
mod settings;
mod shell;
mod statement;
mod subject;
mod tag;
mod target;
mod value;

use everestctl_plugin_service as service;
use settings::PluginSettings;
use std::io;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Builder;

fn main() -> ExitCode {
    service::start(run)
}

/// Reads what the process was given, while it has no other thread.
fn run() -> io::Result<()> {
    let settings = PluginSettings::from_process()?;
    let socket = service::listener::handed_over()?;
    Builder::new_multi_thread().enable_all().build()?.block_on(serve(settings, socket))
}

/// How long what has begun may take when the process is asked to end: the development host and a cluster wait a little longer.
const LAST: Duration = Duration::from_secs(2);

/// Serves until the process is asked to end, and then what has begun and is short.
async fn serve(settings: PluginSettings, socket: Option<std::net::TcpListener>) -> io::Result<()> {
    let listener = service::listen(socket, &settings.service).await?;
    service::log(&format!(
        "listening on {}, for the API at {}",
        listener.local_addr()?,
        settings.service.api
    ));
    let router = routes::router(&settings).map_err(io::Error::other)?;
    // What still runs is cancelled by the database, which sees its connection go.
    service::serve(listener, router, LAST).await
}
