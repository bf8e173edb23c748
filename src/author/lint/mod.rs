//! What is wrong with what an author has made, before a server, an installer or a user finds out.
//!
//! * [`rules`]: the table of rules; [`finding`]: one place where one is broken; [`allowed`]: those that are allowed, each with a reason;
//! * [`subjects`]: what there is to judge in a folder;
//! * [`manifest`], [`sidecar`], [`package`], [`document`], [`chart`], [`bundle`]: each kind of it;
//! * [`place`]: the line of a key; [`sarif`]: the findings for code hosts.
//!
//! Nothing that is judged is run; helm renders a chart, and the development host reads a bundle. It must not know who asks.

pub mod allowed;
pub mod bundle;
pub mod chart;
pub mod document;
pub mod finding;
pub mod manifest;
pub mod package;
pub mod place;
pub mod rules;
pub mod sarif;
pub mod sidecar;
pub mod subjects;

use crate::chart::archive;
use crate::chart::helm::Helm;
use crate::error::{ExitCode, Explain, exit};
use crate::model::CleanText;
use crate::sys::{Environment, FileFacts, files};
use allowed::Allowed;
use finding::{Finding, Findings};
use rules::Severity;
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};
use subjects::{Subject, SubjectKind};

/// Why nothing was judged, or nothing was mended.
#[derive(Debug, thiserror::Error)]
pub enum LintError {
    /// It cannot be read.
    #[error("could not read {}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// There is nothing of a plugin.
    #[error("{} has nothing that `plugin lint` knows", .0.display())]
    Nothing(PathBuf),
    /// What is allowed cannot be understood.
    #[error("{place}: {why}")]
    Allowed {
        /// The flag, or the file.
        place: CleanText,
        /// Why.
        why: CleanText,
    },
    /// A file cannot be mended.
    #[error("could not write {}", path.display())]
    NotMended {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
}

impl Explain for LintError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NotMended { .. } => exit::FAILURE,
            _ => exit::USAGE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Nothing(_) => vec![
                "expected a manifest, a sidecar, everestctl-plugin.yaml, an OpenAPI document, a chart or dist/main.js".to_owned(),
            ],
            Self::Allowed { .. } => vec!["everestctl plugin lint --allow RULE=REASON (rules: docs/lint.md)".to_owned()],
            _ => Vec::new(),
        }
    }
}

/// What was found. Its JSON form is an interface.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LintReport {
    /// Where rules are broken, by file and line.
    pub findings: Vec<Finding>,
    /// What was judged.
    pub checked: Vec<CleanText>,
    /// What was not, and why.
    pub not_checked: Vec<CleanText>,
}

impl LintReport {
    /// How many findings of this severity are not allowed.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|found| found.severity == severity && found.allowed.is_none()).count()
    }
}

/// Judges what is at `path`, a file or a folder. `host` is the program of the development host.
pub fn lint(
    path: &Path,
    allowed: &Allowed,
    environment: &Environment,
    host: Option<&Path>,
) -> Result<LintReport, LintError> {
    let subjects =
        subjects::find(path).map_err(|error| LintError::Unreadable { path: path.to_owned(), error })?;
    if subjects.is_empty() {
        return Err(LintError::Nothing(path.to_owned()));
    }
    let mut report = LintReport::default();
    let (mut points, mut bundles) = (None, Vec::new());
    for subject in &subjects {
        let mut found = Findings::new(&subject.path);
        let shown = CleanText::new(&subject.path.to_string_lossy());
        let mut not_checked = |why: &str| report.not_checked.push(CleanText::new(&format!("{shown}: {why}")));
        match (subject.kind, subject.text()) {
            (SubjectKind::Archive, _) if !is_chart(&subject.path) => {
                package::lint_archive(&subject.path, &mut found);
            }
            (SubjectKind::Archive | SubjectKind::Chart, _) => match Helm::find(environment, &[], "") {
                Ok(helm) => report.findings.extend(chart::lint(&subject.path, &helm)),
                Err(error) => not_checked(&error.to_string()),
            },
            (_, Err(why)) => found.add(rules::UNREADABLE, None, &why),
            (SubjectKind::Bundle, Ok(text)) => {
                match host {
                    Some(host) if bundle::lint(host, environment, &mut found) => {}
                    _ => not_checked("the development host is missing, which reads bundles"),
                }
                bundles.push((subject.path.clone(), text));
            }
            (SubjectKind::Unknown, Ok(_)) => found.add(rules::UNREADABLE, None, "it is nothing of a plugin"),
            (kind, Ok(text)) => {
                match kind {
                    SubjectKind::Manifest => {
                        points =
                            manifest::lint(&text, &mut found).map(|kinds| (subject, text.clone(), kinds));
                    }
                    SubjectKind::Sidecar => sidecar::lint(&text, beside(&subject.path), &mut found),
                    SubjectKind::Package => {
                        let folder = subject.path.parent().filter(|folder| !folder.as_os_str().is_empty());
                        package::lint(folder.unwrap_or(Path::new(".")), &text, &mut found);
                    }
                    _ => document::lint(&text, &mut found),
                }
                if !text.is_empty() && !text.ends_with('\n') {
                    let line = text.lines().count() as u64;
                    found.add(rules::PACKAGE_NEWLINE, Some(line), "the last line has no end");
                    found.with_fix("", "\n");
                }
            }
        }
        report.checked.push(shown);
        report.findings.extend(found.into_list());
    }
    if let (Some((subject, text, kinds)), [(path, source)]) = (points, bundles.as_slice()) {
        let (mut of_manifest, mut of_bundle) = (Findings::new(&subject.path), Findings::new(path));
        bundle::compare(source, (text.as_str(), kinds.as_slice()), &mut of_manifest, &mut of_bundle);
        report.findings.extend(of_manifest.into_list());
        report.findings.extend(of_bundle.into_list());
    }
    for finding in &mut report.findings {
        finding.allowed = allowed.reason(finding.rule);
    }
    report.findings.sort_by(|one, other| {
        (one.file.as_str(), one.line, one.rule).cmp(&(other.file.as_str(), other.line, other.rule))
    });
    Ok(report)
}

/// Mends what has one right form; gives how many findings that were.
pub fn mend(report: &LintReport) -> Result<usize, LintError> {
    let mut count = 0;
    for fix in
        report.findings.iter().filter(|found| found.allowed.is_none()).filter_map(|found| found.fix.as_ref())
    {
        let path = &fix.path;
        let content = files::read(path, subjects::LARGEST)
            .map_err(|error| LintError::Unreadable { path: path.clone(), error })?;
        let Ok(text) = String::from_utf8(content) else { continue };
        let mended = match fix.from.as_str() {
            "" => text + &fix.to,
            from if text.matches(from).count() == 1 => text.replace(from, &fix.to),
            // It stands there twice, and one of them may be right.
            _ => continue,
        };
        let absolute = std::path::absolute(path);
        absolute
            .and_then(|path| files::replace_public(&path, mended.as_bytes()))
            .map_err(|error| LintError::NotMended { path: path.clone(), error })?;
        count += 1;
    }
    Ok(count)
}

/// Whether the archive at `path` is a chart.
fn is_chart(path: &Path) -> bool {
    files::read(path, archive::LARGEST as u64).is_ok_and(|content| archive::is_one(&content))
}

/// What lies beside the sidecar at `path`.
fn beside(path: &Path) -> sidecar::Beside {
    let stem = path.with_extension("");
    let name = stem.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let companion = path.with_file_name(name.replacen("everestctl-", "everestctl_complete-", 1));
    let runs = |path: &Path| FileFacts::from_path(path).is_ok_and(|facts| facts.mode & 0o111 != 0);
    sidecar::Beside { program: runs(&stem), companion: runs(&companion) }
}

/// A kind of subject that has a text.
impl Subject {
    fn text(&self) -> Result<String, String> {
        let content = files::read(&self.path, subjects::LARGEST).map_err(|error| error.to_string())?;
        String::from_utf8(content).map_err(|_| "it is not UTF-8 text".to_owned())
    }
}
