//! `everestctl version` and `everestctl --version`.

use super::output::{OutputFormat, structured};
use super::{CommandResult, write};
use crate::error::exit;
use crate::ops::App;
use crate::term::Streams;
use serde::Serialize;

const LINE: &str = concat!("everestctl ", env!("CARGO_PKG_VERSION"), "\n");

#[derive(Serialize)]
struct VersionReport {
    name: &'static str,
    version: &'static str,
}

/// The one line of `--version`.
pub fn print_short(streams: &mut Streams) -> CommandResult {
    write(streams, LINE)?;
    Ok(exit::SUCCESS)
}

/// The command.
pub fn run(streams: &mut Streams, app: &App) -> CommandResult {
    match OutputFormat::for_own_report(&app.options) {
        form @ (OutputFormat::Json | OutputFormat::Yaml) => {
            structured(
                streams,
                form,
                &VersionReport { name: "everestctl", version: env!("CARGO_PKG_VERSION") },
            )?;
            Ok(exit::SUCCESS)
        }
        _ => print_short(streams),
    }
}
