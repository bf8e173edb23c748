//! What there is to judge at a path, told by the names of files and the start of what is in them. No link is followed, and of a large
//! folder only so much is looked at.

use super::document;
use super::manifest;
use crate::sys::FileFacts;
use crate::sys::files::{self, FileKind};
use crate::yaml;
use everestctl_protocol::package;
use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};

/// More than any file that is judged, in bytes.
pub const LARGEST: u64 = 16 * 1024 * 1024;
/// How many files and folders are looked at.
const MOST: usize = 5000;
/// How deep they lie.
const DEEPEST: usize = 4;
/// Folders that are made by tools.
const MADE: &[&str] =
    &["target", "node_modules", "__pycache__", "venv", "vendor", "templates", "tests", "test"];

/// Something to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What it is.
    pub kind: SubjectKind,
    /// The file, or the folder of a chart.
    pub path: PathBuf,
}

/// What something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectKind {
    /// A `Plugin` resource.
    Manifest,
    /// The sidecar of an executable.
    Sidecar,
    /// The manifest of a package.
    Package,
    /// A packed package.
    Archive,
    /// An OpenAPI document.
    Document,
    /// A Helm chart.
    Chart,
    /// A web bundle.
    Bundle,
    /// Nothing that is known.
    Unknown,
}

/// What there is at `path`.
pub fn find(path: &Path) -> io::Result<Vec<Subject>> {
    let facts = FileFacts::from_path(path)?;
    if facts.kind != FileKind::Folder {
        let kind = of_file(path).unwrap_or(SubjectKind::Unknown);
        let path = match (kind, path.parent()) {
            (SubjectKind::Chart, Some(folder)) if folder.as_os_str().is_empty() => PathBuf::from("."),
            (SubjectKind::Chart, Some(folder)) => folder.to_owned(),
            _ => path.to_owned(),
        };
        return Ok(vec![Subject { kind, path }]);
    }
    let (mut found, mut seen) = (Vec::new(), 0);
    let mut open = vec![(path.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        let mut names: Vec<String> =
            files::names_in(&folder)?.into_iter().filter_map(|name| name.into_string().ok()).collect();
        names.sort();
        let is_chart = names.iter().any(|name| name == "Chart.yaml");
        if is_chart {
            found.push(Subject { kind: SubjectKind::Chart, path: folder.clone() });
        }
        for name in names {
            seen += 1;
            let inside = if folder == Path::new(".") { PathBuf::from(&name) } else { folder.join(&name) };
            if seen > MOST || name.starts_with('.') {
                continue;
            }
            match FileFacts::from_name(&inside).map(|facts| facts.kind) {
                Ok(FileKind::Folder) if depth < DEEPEST && !is_chart && !MADE.contains(&name.as_str()) => {
                    open.push((inside, depth + 1));
                }
                Ok(FileKind::File) if !is_chart => {
                    let kind = of_file(&inside);
                    let is_packed = kind == Some(SubjectKind::Archive);
                    found.extend(kind.filter(|_| !is_packed).map(|kind| Subject { kind, path: inside }));
                }
                _ => {}
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

fn of_file(path: &Path) -> Option<SubjectKind> {
    let name = path.file_name()?.to_str()?;
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let is_text = ends(&[".yaml", ".yml", ".json"]);
    match name {
        package::FILE => Some(SubjectKind::Package),
        "Chart.yaml" => Some(SubjectKind::Chart),
        "main.js" if path.parent().is_some_and(|folder| folder.ends_with("dist")) => {
            Some(SubjectKind::Bundle)
        }
        _ if ends(&[".tar.gz", ".tgz", ".zip"]) => Some(SubjectKind::Archive),
        _ if name.starts_with("everestctl-") && ends(&[".yaml"]) && name != "everestctl-policy.yaml" => {
            Some(SubjectKind::Sidecar)
        }
        _ if is_text => of_content(path),
        _ if ends(&[".js", ".mjs"]) && path.components().count() == 1 => Some(SubjectKind::Bundle),
        _ => None,
    }
}

fn of_content(path: &Path) -> Option<SubjectKind> {
    let content = files::read(path, LARGEST).ok()?;
    let text = String::from_utf8(content).ok()?;
    // Reading costs more than looking.
    if !["openeverest.io", "openapi", "swagger"].iter().any(|word| text.contains(word)) {
        return None;
    }
    let value: Value = yaml::explained(text.as_bytes()).ok()?;
    if manifest::is_one(&value) {
        Some(SubjectKind::Manifest)
    } else {
        document::is_one(&value).then_some(SubjectKind::Document)
    }
}
