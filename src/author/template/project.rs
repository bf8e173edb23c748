//! The files of a project: the folder of the template in `templates/`, and one in `templates/parts/` for each wish.
//!
//! The files are templates of minijinja. Its usual marks would meet those of Helm, GitHub and JSX, so ours are `<<name>>` and `<% if ui %>`. In
//! paths, `__name__` and `__module__` are filled in. Files that begin with `#!/` become executable.

use super::name::PluginName;
use super::{License, Pipeline, Template};
use crate::error::Explain;
use crate::sys::tree::TreeFile;
use include_dir::{Dir, DirEntry, include_dir};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use std::path::PathBuf;

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");
/// The interface of native plugins, which a project in C has a copy of.
const HEADER: &[u8] = include_bytes!("../../../plugins/protocol/include/everestctl_plugin.h");

/// The version of a new plugin.
const VERSION: &str = "0.1.0";
/// The port of a server plugin in its container.
const PORT: u16 = 8080;

/// What somebody wants to have.
#[derive(Clone, Debug)]
pub struct ProjectRequest {
    /// The name of the plugin.
    pub name: PluginName,
    /// What it is started from.
    pub template: Template,
    /// Whether it brings a frontend.
    pub ui: bool,
    /// Whether it brings a chart.
    pub chart: bool,
    /// Where it is tested and published.
    pub pipeline: Pipeline,
    /// Its license.
    pub license: License,
    /// Where the SDK for Rust is.
    pub sdk: Option<SdkPlace>,
    /// The year of the license.
    pub year: String,
}

/// Where the SDK for Rust is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SdkPlace {
    /// In a folder of this machine.
    Folder(String),
    /// In a repository of git.
    Repository(String),
}

/// A template is broken. A test renders all of them with all wishes, so nobody should see it.
#[derive(Debug, thiserror::Error)]
#[error("the template {file} cannot be used")]
pub struct BrokenTemplate {
    file: String,
    #[source]
    error: minijinja::Error,
}

impl Explain for BrokenTemplate {}

/// The files of the project.
pub fn files(request: &ProjectRequest) -> Result<Vec<TreeFile>, BrokenTemplate> {
    let engine = engine();
    let values = values(request);
    let mut found = Vec::new();
    for folder in folders(request) {
        let Some(folder) = TEMPLATES.get_dir(&folder) else { continue };
        let mut open = vec![folder];
        while let Some(inside) = open.pop() {
            for entry in inside.entries() {
                match entry {
                    DirEntry::Dir(below) => open.push(below),
                    DirEntry::File(file) => {
                        let path = file.path().strip_prefix(folder.path()).unwrap_or(file.path());
                        let path = path.to_string_lossy();
                        let content = rendered(&engine, &path, file.contents(), &values)?;
                        let is_executable = content.starts_with(b"#!/");
                        let path = PathBuf::from(in_path(request, &path));
                        found.push(TreeFile { path, content, is_executable });
                    }
                }
            }
        }
    }
    if request.template == Template::C {
        let path = PathBuf::from("include/everestctl_plugin.h");
        found.push(TreeFile { path, content: HEADER.to_vec(), is_executable: false });
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

/// The folders of `templates/` that make the project.
fn folders(request: &ProjectRequest) -> Vec<String> {
    let parts = [
        (request.ui, "ui"),
        (request.chart, "chart"),
        (request.pipeline == Pipeline::Github, "github"),
        (request.pipeline == Pipeline::Gitlab, "gitlab"),
        (request.license == License::Apache, "license-apache"),
        (request.license == License::Mit, "license-mit"),
    ];
    let parts =
        parts.into_iter().filter(|(is_wanted, _)| *is_wanted).map(|(_, part)| format!("parts/{part}"));
    std::iter::once(request.template.as_str().to_owned()).chain(parts).collect()
}

/// Everything that a template can name.
fn values(request: &ProjectRequest) -> Value {
    let name = request.name.as_str();
    let sdk = request.sdk.as_ref().map(|place| match place {
        SdkPlace::Folder(path) => format!("path = {}", quoted(path)),
        SdkPlace::Repository(address) => format!("git = {}", quoted(address)),
    });
    context! {
        name,
        module => request.name.with_underscores(),
        title => request.name.title(),
        variable => request.name.with_underscores().to_uppercase(),
        version => VERSION,
        port => PORT,
        year => request.year,
        license => request.license.spdx(),
        template => request.template.as_str(),
        is_server => request.template.is_server(),
        is_native => request.template == Template::C,
        ui => request.ui,
        chart => request.chart,
        ci => request.pipeline.as_str(),
        sdk => sdk.unwrap_or_default(),
        platform => format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
        library => format!(
            "{}everestctl_{}{}",
            std::env::consts::DLL_PREFIX, request.name.with_underscores(), std::env::consts::DLL_SUFFIX
        ),
    }
}

/// A text as TOML and JSON have it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn engine() -> Environment<'static> {
    let mut engine = Environment::new();
    let syntax = SyntaxConfig::builder()
        .block_delimiters("<%", "%>")
        .variable_delimiters("<<", ">>")
        .comment_delimiters("<#", "#>")
        .build();
    if let Ok(syntax) = syntax {
        engine.set_syntax(syntax);
    }
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    engine.set_keep_trailing_newline(true);
    engine.set_trim_blocks(true);
    engine.set_lstrip_blocks(true);
    engine
}

fn rendered(
    engine: &Environment<'_>,
    path: &str,
    content: &[u8],
    values: &Value,
) -> Result<Vec<u8>, BrokenTemplate> {
    let Ok(text) = std::str::from_utf8(content) else { return Ok(content.to_vec()) };
    let rendered = engine.render_named_str(path, text, values);
    rendered.map(String::into_bytes).map_err(|error| BrokenTemplate { file: path.to_owned(), error })
}

fn in_path(request: &ProjectRequest, path: &str) -> String {
    path.replace("__name__", request.name.as_str()).replace("__module__", &request.name.with_underscores())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn request(template: Template) -> ProjectRequest {
        ProjectRequest {
            name: PluginName::new("slow-query").unwrap(),
            template,
            ui: false,
            chart: false,
            pipeline: Pipeline::None,
            license: License::None,
            sdk: template.needs_sdk().then(|| SdkPlace::Folder("/src/sdk".to_owned())),
            year: "2026".to_owned(),
        }
    }

    /// Every template with every wish that it can have.
    fn all() -> Vec<ProjectRequest> {
        let mut found = Vec::new();
        for template in Template::ALL {
            for wish in 0..8 {
                let (ui, chart) = (wish & 1 != 0, wish & 2 != 0);
                if (ui || chart) && !template.is_server() {
                    continue;
                }
                for pipeline in Pipeline::ALL {
                    let license = License::ALL[(wish + pipeline as usize) % 3];
                    found.push(ProjectRequest { ui, chart, pipeline, license, ..request(template) });
                }
            }
        }
        found
    }

    #[test]
    fn every_template_is_filled_in_whole() {
        for request in all() {
            let files = files(&request).unwrap();
            let paths: BTreeSet<_> = files.iter().map(|file| &file.path).collect();
            assert_eq!(paths.len(), files.len(), "{request:?}: two files have one name");
            assert!(files.len() >= 5, "{request:?}");
            for file in &files {
                let path = file.path.display().to_string();
                let text = String::from_utf8(file.content.clone()).unwrap();
                for rest in ["<<", "<%", "%>", "<#", "__module", "TODO", "FIXME"] {
                    assert!(!text.contains(rest), "{request:?}: {path} contains {rest}");
                }
                assert!(!path.contains("__"), "{path}");
                assert!(text.is_empty() || text.ends_with('\n'), "{path} ends without a newline");
                assert!(
                    text.lines().all(|line| !line.ends_with(' ')),
                    "{path} has blanks at the end of a line"
                );
                assert_eq!(file.is_executable, text.starts_with("#!/"), "{path}");
            }
        }
    }

    #[test]
    fn every_project_has_what_it_promises() {
        for request in all() {
            let files = files(&request).unwrap();
            let has = |path: &str| files.iter().any(|file| file.path == Path::new(path));
            assert!(has("README.md") && has(".gitignore"), "{request:?}");
            assert_eq!(has("LICENSE"), request.license != License::None);
            assert_eq!(has(".github/workflows/plugin.yaml"), request.pipeline == Pipeline::Github);
            assert_eq!(has(".gitlab-ci.yml"), request.pipeline == Pipeline::Gitlab);
            assert_eq!(has("chart/Chart.yaml"), request.chart, "{request:?}");
            assert_eq!(has("ui/src/main.tsx"), request.ui, "{request:?}");
            for path in ["manifest.yaml", "Dockerfile"] {
                assert_eq!(has(path), request.template.is_server(), "{request:?}: {path}");
            }
            // A local one has it for its build.
            let is_compiled = matches!(request.template, Template::C | Template::Rust);
            assert_eq!(has("host.yaml"), request.template.is_server() || is_compiled, "{request:?}");
            assert_eq!(has("everestctl-plugin.yaml"), !request.template.is_server(), "{request:?}");
        }
    }

    #[test]
    fn no_folder_of_the_templates_is_forgotten() {
        let mut used: BTreeSet<String> = all().iter().flat_map(folders).collect();
        used.insert("parts".to_owned());
        let parts = TEMPLATES.get_dir("parts").unwrap();
        for folder in TEMPLATES.dirs().chain(parts.dirs()) {
            let path = folder.path().display().to_string();
            assert!(used.contains(&path), "nobody uses templates/{path}");
        }
    }
}
