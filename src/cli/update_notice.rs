//! One line after a command, at most once a day: installed plugins have newer versions. Only where a person watches, and from
//! what is known: nobody waits for it.

use crate::app::package_updates;
use crate::ops::{App, Options};
use crate::sys::Environment;
use crate::term::Streams;

/// Whether a person watches who could be told.
pub(super) fn can_be_told(streams: &Streams) -> bool {
    streams.can_ask() && streams.is_terminal()
}

/// Tells what is due.
pub(super) fn tell(streams: &mut Streams, environment: Environment) {
    if streams.is_quiet() {
        return;
    }
    let Ok(app) = App::new(environment, Options::default()) else { return };
    let line = match package_updates::untold(&app).as_slice() {
        [] => return,
        [(name, Some(version))] => {
            format!("{name} {version} is available: everestctl plugin upgrade {name}")
        }
        [(name, None)] => format!("a newer {name} is available: everestctl plugin upgrade {name}"),
        several => format!("{} plugins have newer versions: everestctl plugin outdated", several.len()),
    };
    streams.remark(&line);
}
