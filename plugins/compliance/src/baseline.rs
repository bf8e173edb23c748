//! Findings that somebody has accepted: a file of YAML that people read and review. Each entry has a reason, and ends.
//!
//! An entry covers a number of findings, one unless it says more: a second secret in the same file is reported.

use crate::finding::Finding;
use everestctl_plugin::Error;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

/// The largest file, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Baseline {
    #[serde(default)]
    pub(crate) accepted: Vec<Entry>,
}

/// What somebody has accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// The id of the rule.
    pub(crate) rule: String,
    /// The instance or the file.
    #[serde(rename = "where")]
    pub(crate) place: String,
    /// What was found there.
    pub(crate) subject: String,
    /// Why that is accepted.
    pub(crate) reason: String,
    /// The last day.
    pub(crate) until: Date,
    /// How many findings it covers.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub(crate) count: u32,
}

const fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_one(count: &u32) -> bool {
    *count == 1
}

impl Entry {
    fn covers(&self, finding: &Finding) -> bool {
        self.rule == finding.rule.id
            && self.place == finding.place.stable()
            && self.subject == finding.subject
    }
}

/// A finding that is accepted, with its entry.
#[derive(Clone, Debug)]
pub(crate) struct Accepted {
    pub(crate) finding: Finding,
    pub(crate) reason: String,
    pub(crate) until: Date,
}

/// What is left of findings, what is accepted, and what there is to say about the entries.
pub(crate) struct Split {
    pub(crate) open: Vec<Finding>,
    pub(crate) accepted: Vec<Accepted>,
    pub(crate) remarks: Vec<String>,
}

impl Baseline {
    /// Tells what is accepted from what is not.
    pub(crate) fn split(&self, findings: Vec<Finding>, today: Date) -> Split {
        let mut left: Vec<u32> = self.accepted.iter().map(|entry| entry.count).collect();
        let mut split = Split { open: Vec::new(), accepted: Vec::new(), remarks: Vec::new() };
        for finding in findings {
            let covers = |(index, entry): &(usize, &Entry)| {
                entry.until >= today && left[*index] > 0 && entry.covers(&finding)
            };
            match self.accepted.iter().enumerate().find(covers) {
                Some((index, entry)) => {
                    left[index] -= 1;
                    split.accepted.push(Accepted {
                        finding,
                        reason: entry.reason.clone(),
                        until: entry.until,
                    });
                }
                None => split.open.push(finding),
            }
        }
        for (entry, left) in self.accepted.iter().zip(left) {
            let what = format!("{} in {} ({})", entry.rule, entry.place, entry.subject);
            let what = crate::finding::harmless(&what);
            if entry.until < today {
                split.remarks.push(format!("no longer accepted since {}: {what}", entry.until));
            } else if left == entry.count {
                split.remarks.push(format!("accepted and not found: {what}"));
            }
        }
        split
    }

    /// Reads the file.
    #[expect(clippy::disallowed_methods, reason = "a file that the user names, with a limit")]
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let failed =
            |why: String| Error::new(format!("could not read the baseline {}", path.display())).because(why);
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text));
        read.map_err(|error| failed(error.to_string()))?;
        if text.len() as u64 > LARGEST {
            return Err(failed("it is larger than 1 MiB".to_owned()));
        }
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        serde_yaml::from_str(&text).map_err(|error| {
            let line = error.location().map_or(0, |place| place.line());
            failed(format!("line {line} is not as in `accepted: [{{rule, where, subject, reason, until}}]`"))
        })
    }

    /// The same; none where there is no file yet.
    pub(crate) fn read_or_new(path: &Path) -> Result<Self, Error> {
        if path.try_exists().unwrap_or(true) { Self::read(path) } else { Ok(Self::default()) }
    }

    /// Writes the file anew, whole or not at all. Comments in it are lost.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        let text = serde_yaml::to_string(self)
            .map_err(|error| Error::new("could not write the baseline").because(error))?;
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let replace = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            // Others read it, too: it has no secrets.
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
            file.as_file().set_permissions(mode)?;
            file.persist(path).map_err(|error| error.error)?;
            Ok(())
        };
        replace().map_err(|error| Error::new(format!("could not write {}", path.display())).because(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue as rule;
    use crate::finding::Place;

    fn finding(path: &str, line: usize) -> Finding {
        Finding::new(&rule::SECRET_VALUE, Place::File { path: path.to_owned(), line }, "password", "x")
    }

    fn baseline(until: &str, count: u32) -> Baseline {
        let text = format!(
            "accepted:\n- {{rule: secret-value, where: a.yaml, subject: password, reason: a test, until: {until}, count: {count}}}\n"
        );
        serde_yaml::from_str(&text).unwrap()
    }

    #[test]
    fn an_entry_covers_so_many_findings_until_its_day() {
        let today = jiff::civil::date(2026, 11, 28);
        let two = || vec![finding("a.yaml", 1), finding("a.yaml", 9), finding("b.yaml", 1)];
        let split = |until, count| {
            let split = baseline(until, count).split(two(), today);
            (split.open.len(), split.accepted.len(), split.remarks)
        };
        assert_eq!(split("2026-11-28", 1), (2, 1, vec![]));
        assert_eq!(split("2026-11-28", 2), (1, 2, vec![]));
        let (open, accepted, remarks) = split("2026-11-27", 2);
        assert_eq!((open, accepted), (3, 0));
        assert_eq!(remarks, ["no longer accepted since 2026-11-27: secret-value in a.yaml (password)"]);
        assert!(
            baseline("2026-11-28", 1).split(Vec::new(), today).remarks[0]
                .starts_with("accepted and not found")
        );
    }

    #[test]
    fn what_is_written_is_read_again_and_nonsense_is_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("baseline.yaml");
        assert_eq!(Baseline::read_or_new(&path).unwrap(), Baseline::default());
        baseline("2026-11-28", 3).write(&path).unwrap();
        assert_eq!(Baseline::read(&path).unwrap(), baseline("2026-11-28", 3));
        let entry: Result<Entry, _> = serde_yaml::from_str("{rule: x, hunter2: y}");
        assert!(entry.is_err());
    }
}
