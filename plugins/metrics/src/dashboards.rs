//! Dashboards: files with panels, read when they are asked for, and those that are built in.
//!
//! A file that is wrong says where, and takes no other with it. It must not know who looks at them.

use crate::prometheus::content;
use crate::promql;
use crate::settings::is_label;
use serde::{Deserialize, Serialize};
use serde_yaml::Spanned;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use utoipa::ToSchema;

/// How many files a folder may have, and panels a dashboard.
const MOST_FILES: usize = 200;
const MOST_PANELS: usize = 24;

/// The dashboards that need no file.
const BUILT_IN: &[(&str, &str)] = &[
    ("postgresql", include_str!("../dashboards/postgresql.yaml")),
    ("prometheus", include_str!("../dashboards/prometheus.yaml")),
];
/// The expressions of `metrics top`, and the file that has others.
const TOP: &str = include_str!("../dashboards/top.yaml");
const TOP_NAME: &str = "top";

/// How a panel is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PanelKind {
    /// Lines over time.
    #[default]
    Line,
    /// A bar for each series, of the last values.
    Bar,
    /// The last values alone.
    Value,
}

/// A dashboard.
#[derive(Clone, Debug)]
pub(crate) struct Dashboard {
    pub(crate) title: String,
    pub(crate) description: String,
    /// The providers whose databases it is of; all where it names none.
    pub(crate) providers: Vec<String>,
    pub(crate) panels: Vec<Panel>,
}

impl Dashboard {
    /// Whether it can show one database alone.
    pub(crate) fn is_of_instance(&self) -> bool {
        self.panels.iter().any(|panel| promql::names_instance(&panel.expr))
    }
}

/// A panel.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) expr: String,
    pub(crate) unit: Option<String>,
    pub(crate) kind: PanelKind,
    pub(crate) legend: Vec<String>,
}

/// The expressions of `metrics top`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct TopExpressions {
    /// Cores.
    pub(crate) cpu: String,
    /// Bytes.
    pub(crate) memory: String,
    /// Connections.
    pub(crate) connections: String,
    /// Seconds.
    pub(crate) replication_lag: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DashboardFile {
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    providers: Vec<String>,
    panels: Vec<PanelFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PanelFile {
    title: Spanned<String>,
    expr: Spanned<String>,
    #[serde(default)]
    unit: Option<String>,
    #[serde(default)]
    kind: PanelKind,
    #[serde(default)]
    legend: Vec<Spanned<String>>,
}

/// Where a file is not what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub(crate) struct FileError {
    file: String,
    line: u64,
    what: String,
}

/// A dashboard that was found, under its name.
pub(crate) struct FoundDashboard {
    /// The name of its file; nothing where it is built in.
    pub(crate) file: Option<String>,
    pub(crate) dashboard: Result<Dashboard, FileError>,
}

/// Where dashboards come from.
#[derive(Clone, Debug)]
pub(crate) struct DashboardFolder {
    folder: Option<PathBuf>,
    longest: Duration,
}

impl DashboardFolder {
    pub(crate) fn new(folder: Option<PathBuf>, longest: Duration) -> Self {
        Self { folder, longest }
    }

    /// All of them. A file hides what is built in under its name.
    pub(crate) fn all(&self) -> io::Result<BTreeMap<String, FoundDashboard>> {
        let mut all = BTreeMap::new();
        for (name, text) in BUILT_IN {
            let dashboard = self.dashboard(&format!("{name}.yaml"), text);
            all.insert((*name).to_owned(), FoundDashboard { file: None, dashboard });
        }
        for (name, path) in self.files()? {
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let dashboard = text(&path, &file).and_then(|text| self.dashboard(&file, &text));
            all.insert(name, FoundDashboard { file: Some(file), dashboard });
        }
        Ok(all)
    }

    /// What `metrics top` asks.
    pub(crate) fn top(&self) -> Result<TopExpressions, FileError> {
        let own = ["yaml", "yml"]
            .iter()
            .filter_map(|end| Some(self.folder.as_ref()?.join(format!("{TOP_NAME}.{end}"))));
        match own.into_iter().find(|path| path.is_file()) {
            Some(path) => {
                let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                read(&file, &text(&path, &file)?)
            }
            None => read("top.yaml", TOP),
        }
    }

    /// The files of the folder by the names of their dashboards. What does not look like one is none.
    #[expect(
        clippy::disallowed_methods,
        reason = "the plugin has no module of everestctl, and reads a few names"
    )]
    fn files(&self) -> io::Result<Vec<(String, PathBuf)>> {
        let Some(folder) = &self.folder else { return Ok(Vec::new()) };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let is_yaml = path.extension().is_some_and(|end| end == "yaml" || end == "yml");
            let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
            if is_yaml && is_name(name) && name != TOP_NAME {
                files.push((name.to_owned(), path));
            }
            if files.len() > MOST_FILES {
                return Err(io::Error::other(format!("more than {MOST_FILES} files")));
            }
        }
        files.sort();
        Ok(files)
    }

    fn dashboard(&self, file: &str, text: &str) -> Result<Dashboard, FileError> {
        let wrong = |line, what: String| FileError { file: file.to_owned(), line, what };
        let mut read: DashboardFile = read(file, text)?;
        if read.panels.is_empty() || read.panels.len() > MOST_PANELS {
            return Err(wrong(1, format!("a dashboard has 1 to {MOST_PANELS} panels")));
        }
        let mut panels: Vec<Panel> = Vec::new();
        for panel in std::mem::take(&mut read.panels) {
            let line = panel.title.referenced.line();
            if panels.iter().any(|other| other.title == panel.title.value) {
                return Err(wrong(line, format!("there are two panels `{}`", panel.title.value)));
            }
            promql::check(&panel.expr.value, self.longest)
                .map_err(|refusal| wrong(panel.expr.referenced.line(), refusal.to_string()))?;
            if let Some(label) = panel.legend.iter().find(|label| !is_label(&label.value)) {
                return Err(wrong(
                    label.referenced.line(),
                    format!("`{}` is not the name of a label", label.value),
                ));
            }
            panels.push(Panel {
                title: panel.title.value,
                expr: panel.expr.value,
                unit: panel.unit,
                kind: panel.kind,
                legend: panel.legend.into_iter().map(|label| label.value).collect(),
            });
        }
        let DashboardFile { title, description, providers, .. } = read;
        Ok(Dashboard { title, description, providers, panels })
    }
}

/// Whether a dashboard may be called that.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 63
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !name.starts_with('-')
}

fn text(path: &Path, file: &str) -> Result<String, FileError> {
    let wrong = |what: String| FileError { file: file.to_owned(), line: 1, what };
    let content = content(path).map_err(|error| wrong(error.to_string()))?;
    String::from_utf8(content).map_err(|_| wrong("it is not UTF-8 text".to_owned()))
}

fn read<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, FileError> {
    let options = serde_yaml::options! { with_snippet: false, strict_booleans: true };
    serde_yaml::from_str_with_options(text.trim_start_matches('\u{feff}'), options).map_err(|error| {
        let line = error.location().map_or(1, |place| place.line().max(1));
        let said = error.without_snippet().to_string();
        // The place is said once.
        let what = said.lines().next().unwrap_or_default();
        let what = what.split(" at line ").next().unwrap_or_default();
        FileError { file: file.to_owned(), line, what: what.to_owned() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const MONTH: Duration = Duration::from_hours(31 * 24);

    #[test]
    fn what_is_built_in_is_right() {
        let all = DashboardFolder::new(None, MONTH).all().unwrap();
        assert_eq!(all.keys().collect::<Vec<_>>(), ["postgresql", "prometheus"]);
        for (name, found) in all {
            let dashboard = found.dashboard.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(dashboard.panels.len() >= 5, "{name}");
            assert_eq!(dashboard.is_of_instance(), !dashboard.providers.is_empty(), "{name}");
        }
        let top = DashboardFolder::new(None, MONTH).top().unwrap();
        for expression in [top.cpu, top.memory, top.connections, top.replication_lag] {
            promql::check(&expression, MONTH).unwrap_or_else(|error| panic!("{expression}: {error}"));
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test writes files")]
    fn a_wrong_file_says_where_and_takes_no_other_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("good.yml", "title: Good\npanels:\n- title: Up\n  expr: up\n  legend: [job]\n");
        write("expr.yaml", "title: X\npanels:\n- title: Up\n  expr: up\n- title: Two\n  expr: rate(up\n");
        write("key.yaml", "title: X\npanels:\n- title: Up\n  exprr: up\n");
        write("kind.yaml", "title: X\npanels:\n- title: Up\n  expr: up\n  kind: pie\n");
        write("label.yaml", "title: X\npanels:\n- title: Up\n  expr: up\n  legend:\n  - a-b\n");
        write("twice.yaml", "title: X\npanels:\n- {title: Up, expr: up}\n- {title: Up, expr: up}\n");
        write("empty.yaml", "title: X\npanels: []\n");
        write("broken.yaml", "title: [\n");
        write("info.yaml", "title: X\npanels:\n- title: Up\n  expr: info(up)\n");
        write("Other Name.yaml", "title: X\n");
        write("notes.txt", "x");
        // A file hides what is built in.
        write("prometheus.yaml", "title: Mine\npanels:\n- {title: Up, expr: up}\n");
        let all = DashboardFolder::new(Some(folder.path().into()), MONTH).all().unwrap();
        let title = |name: &str| all[name].dashboard.as_ref().unwrap().title.clone();
        assert_eq!((title("good").as_str(), title("prometheus").as_str()), ("Good", "Mine"));
        let error = |name: &str| all[name].dashboard.as_ref().unwrap_err().to_string();
        for (name, expected) in [
            ("expr", "expr.yaml:6: invalid PromQL"),
            ("key", "key.yaml:4: "),
            ("kind", "kind.yaml:5: "),
            ("label", "label.yaml:6: `a-b` is not the name of a label"),
            ("twice", "twice.yaml:4: there are two panels `Up`"),
            ("empty", "empty.yaml:1: a dashboard has 1 to 24 panels"),
            ("broken", "broken.yaml:"),
            ("info", "info.yaml:4: info() cannot be limited"),
        ] {
            assert!(error(name).starts_with(expected), "{name}: {}", error(name));
        }
        assert!(error("key").contains("exprr"), "{}", error("key"));
        assert_eq!(all.len(), 11);
    }
}
