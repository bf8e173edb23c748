//! Long text on a terminal, through the user's pager: `PAGER`, else `less` where it is installed.
//!
//! `LESS=FRX` as git sets it: what fits on one screen is just shown, colours stay, and the text is still there
//! afterwards.

use super::Streams;
use crate::sys::Environment;
use crate::sys::process::Piped;

/// Shows `text` through the pager, when standard output is a terminal that it does not fit on; `false` when it
/// has to be written as usual.
pub fn show(streams: &Streams, environment: &Environment, text: &str) -> bool {
    if streams.height().is_none_or(|height| text.lines().count() < height) {
        return false;
    }
    let pager = environment.text("EVERESTCTL_PAGER").or_else(|| environment.text("PAGER")).unwrap_or("less");
    if pager.trim().is_empty() || pager == "cat" {
        return false;
    }
    let own = |name, value: &str| environment.os(name).is_none().then(|| (name, value.into()));
    let more = [own("LESS", "FRX"), own("LV", "-c")].into_iter().flatten();
    // A pager that cannot run is as good as none; one that the user leaves early has done its work.
    match Piped::start(pager, &environment.changed(more, &[])) {
        Ok(mut pager) => {
            pager.write(text.as_bytes());
            pager.wait()
        }
        Err(_) => false,
    }
}
