//! One place where a rule is broken.

use super::rules::{LintRule, Severity};
use crate::model::CleanText;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// One place where a rule is broken. Its JSON form is an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The id of the rule.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The file.
    pub file: CleanText,
    /// The line, counted from 1, where it is known.
    pub line: Option<u64>,
    /// What is wrong.
    pub message: CleanText,
    /// What to change.
    pub mend: &'static str,
    /// The section of the documentation.
    pub docs: String,
    /// Why it is allowed, if it is.
    pub allowed: Option<CleanText>,
    /// What mends it.
    #[serde(skip)]
    pub fix: Option<Fix>,
}

/// A change of a file that cannot be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The file.
    pub path: PathBuf,
    /// What stands there, once; nothing for the end of the file.
    pub from: String,
    /// What will.
    pub to: String,
}

/// The findings in one file.
#[derive(Debug)]
pub struct Findings {
    path: PathBuf,
    shown: CleanText,
    list: Vec<Finding>,
}

impl Findings {
    /// None yet, in the file `path`.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), shown: CleanText::new(&path.to_string_lossy()), list: Vec::new() }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds one.
    pub fn add(&mut self, rule: &'static LintRule, line: Option<u64>, message: &str) {
        self.list.push(Finding {
            rule: rule.id,
            severity: rule.severity,
            file: self.shown.clone(),
            line,
            message: CleanText::new(message),
            mend: rule.mend,
            docs: rule.docs(),
            allowed: None,
            fix: None,
        });
    }

    /// What mends the last one: `to` in the place of `from`.
    pub fn with_fix(&mut self, from: &str, to: &str) {
        if let Some(last) = self.list.last_mut() {
            last.fix = Some(Fix { path: self.path.clone(), from: from.to_owned(), to: to.to_owned() });
        }
    }

    /// All of them.
    pub fn into_list(self) -> Vec<Finding> {
        self.list
    }
}
