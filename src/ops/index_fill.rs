//! The first TAB and the first `--help` in a new context: the index is filled in the background, and they wait for that a
//! moment.
//!
//! It makes no request itself.

use super::App;
use crate::app::{descriptors, refresh};
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
        && wait(app, None, |names| names.sections.contains_key(&Source::Server))
    {
        let _ = remote.for_each_runnable(&store, each);
    }
}

/// Whether `word` is, or may be, a plugin of the server that is to be asked what it offers.
fn may_be_unasked(names: &Names, word: &str) -> bool {
    !names.sections.contains_key(&Source::Server) || descriptors::unasked(names, word).is_some()
}

/// Whether the index knows what the plugin that `words` start with offers, or that there is none.
fn describes(names: &Names, words: &[OsString]) -> bool {
    let Some(section) = names.sections.get(&Source::Server) else { return false };
    let Some(word) = words.first().and_then(|word| word.to_str()) else { return true };
    let is_it = |origin: &&crate::model::Origin| {
        origin.name.as_str() == word || origin.aliases.iter().any(|alias| alias.as_str() == word)
    };
    match section.origins.iter().find(is_it) {
        Some(origin) => !descriptors::is_unasked(names, origin.name.as_str()),
        // An alias may be known only once its plugin has been asked.
        None => section.origins.iter().all(|origin| names.described.contains_key(origin.name.as_str())),
    }
}

/// Waits for what the plugin that `words` start with offers: the user has named it. Whether it is known now, or that there is
/// nothing.
pub(super) fn wait_for_plugin(app: &App, words: &[OsString]) -> bool {
    let named = words.first().and_then(|word| word.to_str());
    wait(app, named, |names| describes(names, words))
}

/// Has the index filled in the background, and waits until `is_enough`; whether it has become that. `named` is what the user
/// has typed of a plugin.
fn wait(app: &App, named: Option<&str>, is_enough: impl Fn(&Names) -> bool) -> bool {
    let (Ok(remote), Some(store)) = (app.remote(), app.store()) else { return false };
    if !remote.is_configured(Source::Server) || app.options.offline {
        return false;
    }
    let names = remote.names(Some(&store));
    if is_enough(&names) {
        return false;
    }
    let is_started = match named.filter(|word| may_be_unasked(&names, word)) {
        Some(named) => refresh::start_for_named(app, named),
        None => refresh::start_in_background(app, &remote, &names),
    };
    if !is_started {
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
