//! `everestctl version` and `everestctl --version`.

use super::output::{Form, structured};
use super::{Ending, write};
use crate::error::exit;
use crate::ops::World;
use crate::term::Streams;
use serde::Serialize;

const LINE: &str = concat!("everestctl ", env!("CARGO_PKG_VERSION"), "\n");

#[derive(Serialize)]
struct Version {
    name: &'static str,
    version: &'static str,
}

/// The one line of `--version`.
pub fn print_short(streams: &mut Streams) -> Ending {
    write(streams, LINE)?;
    Ok(exit::SUCCESS)
}

/// The command.
pub fn run(streams: &mut Streams, world: &World) -> Ending {
    match Form::of_own(&world.options) {
        form @ (Form::Json | Form::Yaml) => {
            structured(streams, form, &Version { name: "everestctl", version: env!("CARGO_PKG_VERSION") })?;
            Ok(exit::SUCCESS)
        }
        _ => print_short(streams),
    }
}
