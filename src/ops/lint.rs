//! `plugin lint`: what is wrong with what an author has made.

use super::App;
use crate::author::lint::allowed::{self, Allowed};
use crate::author::lint::{self, LintError, LintReport};
use crate::discovery::local::bundled;
use crate::error::Failure;
use crate::model::CleanText;
use crate::sys::{FileFacts, files};
use serde_json::Value;
use std::path::{Path, PathBuf};

pub use crate::author::lint::rules::Severity;

/// What the user wants of it.
#[derive(Debug, Default)]
pub struct LintWishes {
    /// What to judge.
    pub path: PathBuf,
    /// Rules that are allowed to be broken: `RULE=REASON`.
    pub allowed: Vec<String>,
    /// Whether to mend what can be mended.
    pub mends: bool,
    /// Where the findings go as SARIF.
    pub sarif: Option<PathBuf>,
}

/// Judges; gives what is left, and how much was mended.
pub fn lint(app: &App, wishes: &LintWishes) -> Result<(LintReport, usize), Failure> {
    let path = &wishes.path;
    let folder = match FileFacts::from_path(path) {
        Ok(facts) if facts.kind == files::FileKind::Folder => path.as_path(),
        _ => path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")),
    };
    let refused = |place: &str, why: String| LintError::Allowed {
        place: CleanText::new(place),
        why: CleanText::new(&why),
    };
    let file = folder.join(allowed::FILE);
    let mut allowed = Allowed::in_folder(folder).map_err(|why| refused(&file.display().to_string(), why))?;
    for pair in &wishes.allowed {
        let (rule, reason) = pair.split_once('=').unwrap_or((pair, ""));
        allowed.add(rule, reason).map_err(|why| refused("--allow", why))?;
    }
    let host = bundled::places("host").into_iter().find(|place| FileFacts::from_path(place).is_ok());
    let judge = || lint::lint(path, &allowed, &app.environment, host.as_deref());
    let mut report = judge()?;
    let mut mended = 0;
    if wishes.mends {
        mended = lint::mend(&report)?;
        if mended > 0 {
            report = judge()?;
        }
    }
    if let Some(place) = &wishes.sarif {
        let text = format!("{:#}\n", sarif(&report));
        let absolute = std::path::absolute(place);
        absolute
            .and_then(|path| files::replace_public(&path, text.as_bytes()))
            .map_err(|error| LintError::NotMended { path: place.clone(), error })?;
    }
    Ok((report, mended))
}

/// The report for code hosts.
pub fn sarif(report: &LintReport) -> Value {
    lint::sarif::sarif(report, env!("CARGO_PKG_VERSION"))
}
