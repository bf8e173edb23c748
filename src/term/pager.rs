//! Long text on a terminal, through the user's pager: `PAGER`, else `less` where it is installed.
//!
//! `LESS=FRX` as git sets it: what fits on one screen is just shown, colours stay, and the text is still there
//! afterwards.

use crate::sys::Environment;
use crate::sys::process::Piped;
use std::io::{self, IsTerminal};

/// Shows `text` through the pager, when standard output is a terminal that it does not fit on; `false` when it
/// has to be written as usual.
pub fn show(environment: &Environment, text: &str) -> bool {
    if !io::stdout().is_terminal() || !is_too_long(text) {
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

fn is_too_long(text: &str) -> bool {
    let height =
        terminal_size::terminal_size_of(io::stdout()).map_or(usize::MAX, |(_, height)| usize::from(height.0));
    text.lines().count() >= height
}
