//! Whether a local file may run: design section 4, one function for each rule.
//!
//! What others can write, others can make run as the user (docker CVE-2025-15558). Such a file is refused,
//! with the command that mends it; it does not fall back to a file behind it.

use crate::model::{self, CommandWord, Line, Place, State, spelling};
use crate::sys::{FileFacts, files, owners};
use std::path::Path;

/// Judges files for one user.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judge {
    is_me: fn(u32) -> bool,
    is_my_private_group: fn(u32) -> bool,
}

type Verdict = Result<(), State>;

impl Judge {
    pub(super) fn of_this_user() -> Self {
        Self { is_me: owners::is_me, is_my_private_group: owners::is_my_private_group }
    }

    /// The state of the file at `path`, found at `place`.
    pub(super) fn state(&self, place: Place, path: &Path, facts: &FileFacts) -> State {
        let verdict = self.is_executable(facts).and_then(|()| self.is_trusted(place, path, facts));
        verdict.err().unwrap_or(State::Ready)
    }

    /// The file itself, its folders, and every folder in which a link leads to it: whoever can replace one of
    /// them decides what runs.
    pub(super) fn is_trusted(&self, place: Place, path: &Path, facts: &FileFacts) -> Verdict {
        self.is_safe(path, facts, "file")?;
        self.is_folder_safe(place, path, facts)?;
        let Ok(way) = files::resolve(path) else {
            return Err(invalid("the links to it cannot be followed", None));
        };
        for link in &way.links {
            self.is_folder_safe(Place::Path(0), &link.path, &link.facts)?;
        }
        if way.links.is_empty() { Ok(()) } else { self.is_folder_safe(place, &way.target, facts) }
    }

    /// The rule of the executable bit: the user's own bit of the user's own file, else that of others.
    fn is_executable(&self, facts: &FileFacts) -> Verdict {
        let bits = match () {
            () if (self.is_me)(0) => 0o111,
            () if (self.is_me)(facts.uid) => 0o100,
            () => 0o011,
        };
        if facts.mode & bits != 0 { Ok(()) } else { Err(State::NotExecutable) }
    }

    /// Owner and writability of one file or folder.
    pub(super) fn is_safe(&self, path: &Path, facts: &FileFacts, what: &str) -> Verdict {
        self.has_trusted_owner(path, facts, what)?;
        self.is_not_writable_by_others(path, facts, what)
    }

    /// The rule of the owner: root or the user.
    fn has_trusted_owner(&self, path: &Path, facts: &FileFacts, what: &str) -> Verdict {
        if facts.uid == 0 || (self.is_me)(facts.uid) {
            return Ok(());
        }
        let why = format!("its {what} belongs to another user (uid {})", facts.uid);
        Err(invalid(&why, Some(format!("sudo chown \"$(id -un)\" {}", quoted(path)))))
    }

    /// The rule of the permissions: nobody else may write it. A group may when it is the user's own.
    fn is_not_writable_by_others(&self, path: &Path, facts: &FileFacts, what: &str) -> Verdict {
        let world = facts.mode & 0o002 != 0;
        let group = facts.mode & 0o020 != 0 && !(self.is_my_private_group)(facts.gid);
        let (whom, change) = match (group, world) {
            (false, false) => return Ok(()),
            (true, false) => ("its group", "g-w"),
            (false, true) => ("everybody", "o-w"),
            (true, true) => ("everybody", "go-w"),
        };
        let why = format!("its {what} is writable by {whom}");
        let sudo = if (self.is_me)(facts.uid) || (self.is_me)(0) { "" } else { "sudo " };
        Err(invalid(&why, Some(format!("{sudo}chmod {change} {}", quoted(path)))))
    }

    /// The rule of the folder: of PATH only the folder itself, of the plugin folder every parent too.
    fn is_folder_safe(&self, place: Place, path: &Path, facts: &FileFacts) -> Verdict {
        let depth = if place == Place::PluginFolder { usize::MAX } else { 1 };
        let mut child = *facts;
        for folder in path.ancestors().skip(1).take(depth) {
            let Ok(facts) = FileFacts::of(folder) else {
                return Err(invalid("its folder cannot be read", None));
            };
            if !self.is_protected_by_sticky(&facts, &child) {
                self.is_safe(folder, &facts, "folder")?;
            }
            child = facts;
        }
        Ok(())
    }

    /// The rule of the sticky bit: in such a folder nobody can replace what belongs to root or the user.
    fn is_protected_by_sticky(&self, folder: &FileFacts, child: &FileFacts) -> bool {
        let trusted = |uid: u32| uid == 0 || (self.is_me)(uid);
        folder.is_sticky() && trusted(folder.uid) && trusted(child.uid)
    }
}

/// The rule of the name: the stem of the file name leads to a command word.
pub(super) fn has_valid_name(stem: &str) -> Result<CommandWord, State> {
    let word =
        CommandWord::new(&spelling::canonical(stem)).map_err(|error| invalid(&error.to_string(), None))?;
    if spelling::is_looked_for(stem, &word) {
        Ok(word)
    } else {
        Err(invalid("only the first 4 dashes of a name may be `_` in its file name", None))
    }
}

fn invalid(why: &str, hint: Option<String>) -> State {
    State::Invalid { why: Line::new(why), hint }
}

/// The path as the user would type it in a shell.
pub(super) fn quoted(path: &Path) -> String {
    model::quoted(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FileIdentity;
    use crate::sys::files::Kind;

    const JUDGE: Judge = Judge { is_me: |uid| uid == 1000, is_my_private_group: |gid| gid == 1000 };

    fn facts(mode: u32, uid: u32, gid: u32) -> FileFacts {
        FileFacts { kind: Kind::File, mode, uid, gid, identity: FileIdentity::default() }
    }

    fn verdict(mode: u32, uid: u32, gid: u32) -> String {
        match JUDGE.is_safe(Path::new("/p/everestctl-x"), &facts(mode, uid, gid), "file") {
            Ok(()) => "ready".to_owned(),
            Err(State::Invalid { why, hint }) => format!("{why}; {}", hint.unwrap_or_default()),
            Err(other) => format!("{other:?}"),
        }
    }

    #[test]
    fn owner_and_permissions() {
        for (mode, uid, gid, expected) in [
            (0o755, 1000, 1000, "ready"),
            (0o755, 0, 0, "ready"),
            (0o757, 0, 0, "its file is writable by everybody; sudo chmod o-w /p/everestctl-x"),
            (0o775, 1000, 1000, "ready"),
            (0o775, 1000, 50, "its file is writable by its group; chmod g-w /p/everestctl-x"),
            (0o757, 1000, 1000, "its file is writable by everybody; chmod o-w /p/everestctl-x"),
            (0o777, 1000, 50, "its file is writable by everybody; chmod go-w /p/everestctl-x"),
            (
                0o755,
                1001,
                1000,
                "its file belongs to another user (uid 1001); sudo chown \"$(id -un)\" /p/everestctl-x",
            ),
        ] {
            assert_eq!(verdict(mode, uid, gid), expected, "{mode:o} {uid} {gid}");
        }
    }

    #[test]
    fn the_executable_bit() {
        for (mode, uid, expected) in
            [(0o644, 1000, false), (0o100, 1000, true), (0o100, 0, false), (0o755, 0, true)]
        {
            assert_eq!(JUDGE.is_executable(&facts(mode, uid, 0)).is_ok(), expected, "{mode:o} {uid}");
        }
    }

    #[test]
    fn a_sticky_folder_protects_the_files_of_root_and_of_the_user() {
        let tmp = facts(0o1777, 0, 0);
        assert!(JUDGE.is_protected_by_sticky(&tmp, &facts(0o755, 1000, 1000)));
        assert!(!JUDGE.is_protected_by_sticky(&tmp, &facts(0o755, 1001, 1001)));
        assert!(!JUDGE.is_protected_by_sticky(&facts(0o777, 0, 0), &facts(0o755, 1000, 1000)));
    }

    #[test]
    fn names() {
        assert_eq!(has_valid_name("sql_x-query").unwrap().as_str(), "sql-x-query");
        assert!(matches!(has_valid_name("Upper"), Err(State::Invalid { .. })));
        assert!(matches!(has_valid_name("a_b_c_d_e_f"), Err(State::Invalid { .. })));
    }
}
