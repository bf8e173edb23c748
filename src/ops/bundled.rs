//! A bundled plugin whose program is nowhere: where it was looked for, and how it gets there.

use crate::discovery::local;
use crate::error::{Failure, exit};
use crate::model::CommandWord;

/// The failure of a bundled plugin that is not installed.
pub fn not_installed(word: &CommandWord) -> Failure {
    let message = format!("`{word}` needs the program `{}{word}`, which is not installed", local::PREFIX);
    let mut failure = Failure::new(exit::NOT_FOUND, message);
    let places = local::bundled::places(word.as_str());
    failure.causes.extend(places.iter().map(|path| format!("there is no {}", path.display())));
    let failure = match places.first().and_then(|path| path.parent()) {
        Some(folder) => failure.hint(format!("put it into {}, beside everestctl", folder.display())),
        None => failure,
    };
    failure.hint("`cargo build --workspace` builds it together with everestctl")
}
