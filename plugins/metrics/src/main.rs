//! A plugin of OpenEverest that asks a Prometheus about databases and has dashboards of them. This page is the map.
//!
//! It knows three things: HTTP, the API of the OpenEverest server, and that of Prometheus. Prometheus knows no users: what a caller
//! may see is decided here, and everything that is asked goes through `promql`.
//!
//! * `settings`: what the environment says;
//! * `routes`: one file for each group of requests;
//! * `document`: the OpenAPI document of these routes, with the keys that make commands of them;
//! * `everest`: the OpenEverest server, asked as the user who calls;
//! * `promql`: expressions within what the caller may see;
//! * `prometheus`: the Prometheus server;
//! * `tls`: why no encrypted connection to it came about;
//! * `period`: moments, spans of time and steps;
//! * `series`: what Prometheus answers, as series with names and points;
//! * `dashboards`: files with panels, and those that are built in;
//! * `databases`: which database a series is of;
//! * `room`: how many requests there may be, and of whom;
//! * `problem`: what went wrong, in words.

mod dashboards;
mod databases;
mod document;
mod everest;
mod period;
mod problem;
mod prometheus;
mod promql;
mod room;
mod routes;
mod series;
mod settings;
mod tls;

use everestctl_plugin_service as service;
use settings::PluginSettings;
use std::io;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Builder;

/// How long what runs may take to end after the process is asked to.
const LAST: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    service::start(run)
}

/// Reads what the process was given, while it has no other thread.
fn run() -> io::Result<()> {
    let settings = PluginSettings::from_process()?;
    let socket = service::listener::handed_over()?;
    Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(serve(settings, socket))
}

/// Serves until the process is asked to end, and then what has begun.
async fn serve(settings: PluginSettings, socket: Option<std::net::TcpListener>) -> io::Result<()> {
    let listener = service::listen(socket, &settings.service).await?;
    let (api, prometheus) = (&settings.service.api, settings.shown_prometheus());
    service::log(&format!(
        "listening on {}, for the API at {api} and Prometheus at {prometheus}",
        listener.local_addr()?
    ));
    let router = routes::router(settings).map_err(io::Error::other)?;
    service::serve(listener, router, LAST).await
}
