//! The first TAB and the first `--help` in a new context: the index is filled in the background, and they wait for that a
//! moment.
//!
//! It makes no request itself.

use super::App;
use crate::app::refresh;
use crate::index::{NameRecord, Names};
use crate::model::Source;
use std::ffi::OsString;
use std::time::{Duration, Instant};

/// How long somebody who has pressed TAB waits.
const PATIENCE: Duration = Duration::from_millis(250);
/// How often the index is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(10);

/// Calls `each` with every command of the remote sources that can run. Of a server that has never been asked the names are
/// waited for.
pub(super) fn for_each_runnable(app: &App, mut each: impl FnMut(NameRecord<'_>)) {
    let (Ok(remote), Some(store)) = (app.remote(), app.store()) else { return };
    let is_known = remote.for_each_runnable(&store, &mut each).is_some();
    if !is_known
        && remote.is_configured(Source::Server)
        && wait(app, |names| names.sections.contains_key(&Source::Server))
    {
        let _ = remote.for_each_runnable(&store, each);
    }
}

/// Whether the index knows what the plugin that `words` start with offers, or that there is none.
pub(super) fn describes(names: &Names, words: &[OsString]) -> bool {
    let Some(section) = names.sections.get(&Source::Server) else { return false };
    let Some(word) = words.first().and_then(|word| word.to_str()) else { return true };
    let is_it = |origin: &&crate::model::Origin| {
        origin.name.as_str() == word || origin.aliases.iter().any(|alias| alias.as_str() == word)
    };
    match section.origins.iter().find(is_it) {
        Some(origin) => names.described.contains_key(origin.name.as_str()),
        // An alias may be known only once its plugin has been asked.
        None => section.origins.iter().all(|origin| names.described.contains_key(origin.name.as_str())),
    }
}

/// Has the index filled in the background, and waits until `is_enough`; whether it has become that.
pub(super) fn wait(app: &App, is_enough: impl Fn(&Names) -> bool) -> bool {
    let (Ok(remote), Some(store)) = (app.remote(), app.store()) else { return false };
    if !remote.is_configured(Source::Server) || app.options.offline {
        return false;
    }
    let names = remote.names(Some(&store));
    if is_enough(&names) || !refresh::start_in_background(app, &remote, &names) {
        return false;
    }
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        std::thread::sleep(LOOK);
        if store.load_now(remote.key).is_some_and(|names| is_enough(&names)) {
            return true;
        }
    }
    false
}
