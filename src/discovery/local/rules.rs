//! Whether a local file may run: design section 4, one function for each rule.
//!
//! What others can write, others can make run as the user (docker CVE-2025-15558). Such a file is refused,
//! with the command that fixes it; there is no fallback to a later file. The file counts, and every folder
//! and link on the way to it: a user who can replace one of them decides what runs.

use crate::model::{self, CleanText, CommandWord, OriginState, file_stems};
use crate::sys::trust::{Distrust, TrustPolicy};
use crate::sys::{FileFacts, owners};
use std::path::Path;

/// The state of the file at `path`.
///
/// Ready means that only root and the user can replace the file, now or until it runs.
pub(super) fn state(path: &Path, facts: &FileFacts) -> OriginState {
    if !is_executable(facts) {
        return OriginState::NotExecutable;
    }
    TrustPolicy::for_this_user().look(path).map_or_else(invalid, |_| OriginState::Ready)
}

/// The state of the library at `path`, which needs no executable bit.
pub(in crate::discovery) fn state_of_library(path: &Path) -> OriginState {
    TrustPolicy::for_this_user().look(path).map_or_else(invalid, |_| OriginState::Ready)
}

/// The rule of the executable bit: the user's own bit of the user's own file, else that of others.
pub(super) fn is_executable(facts: &FileFacts) -> bool {
    let bits = match () {
        () if owners::is_root() => 0o111,
        () if owners::is_me(facts.uid) => 0o100,
        () => 0o011,
    };
    facts.mode & bits != 0
}

/// The state of what others decide.
pub(super) fn invalid(distrust: Distrust) -> OriginState {
    let why = CleanText::new(&format!("its {} {}", distrust.what, distrust.why));
    OriginState::Invalid { why, hint: distrust.mend }
}

/// The rule of the name: the stem of the file name leads to a command word.
pub(super) fn has_valid_name(stem: &str) -> Result<CommandWord, OriginState> {
    let word =
        CommandWord::new(&file_stems::canonical(stem)).map_err(|error| bad_name(&error.to_string()))?;
    if file_stems::is_looked_for(stem, &word) {
        Ok(word)
    } else {
        Err(bad_name("only the first 4 dashes of a name can be `_` in the file name"))
    }
}

fn bad_name(why: &str) -> OriginState {
    OriginState::Invalid { why: CleanText::new(why), hint: None }
}

/// The path as the user would type it in a shell.
pub(super) fn quoted(path: &Path) -> String {
    model::quoted(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn names() {
        assert_eq!(has_valid_name("sql_x-query").unwrap().as_str(), "sql-x-query");
        assert!(matches!(has_valid_name("Upper"), Err(OriginState::Invalid { .. })));
        assert!(matches!(has_valid_name("a_b_c_d_e_f"), Err(OriginState::Invalid { .. })));
    }
}
