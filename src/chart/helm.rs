//! The user's helm, version 3 or 4, as a child process: with the kubeconfig and the context that everestctl itself uses, and
//! with nothing of the environment that would lead it elsewhere.
//!
//! A chart is pulled once, and what was pulled is rendered and installed: a tag that moves meanwhile changes nothing.
//!
//! It must not know what a chart brings.

use super::{archive, objects};
use crate::client::registry::reference::Digest;
use crate::error::Explain;
use crate::model::{CleanText, quoted};
use crate::sys::process::{self, ProgramOutput};
use crate::sys::{Environment, files, program};
use semver::Version;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What would send helm to another cluster, namespace or user than everestctl has.
const LEADS_ELSEWHERE: &[&str] = &["HELM_NAMESPACE", "HELM_DEBUG", "EVEREST_TOKEN"];
/// The same, by how the names of the variables start.
const LEADS_ELSEWHERE_PREFIX: &str = "HELM_KUBE";
/// The most lines of what helm says that are passed on.
const MOST_LINES: usize = 6;

/// Why helm did not do what was wanted.
#[derive(Debug, thiserror::Error)]
pub enum HelmError {
    /// There is none.
    #[error("`helm` was not found on PATH")]
    NotFound,
    /// It cannot run.
    #[error("could not run {}", program.display())]
    NotStarted {
        /// The file.
        program: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// It is another one.
    #[error("{} is not helm 3 or 4: it says its version is `{said}`", program.display())]
    Version {
        /// The file.
        program: PathBuf,
        /// What it says.
        said: CleanText,
    },
    /// It said no.
    #[error("helm could not {doing}")]
    Failed {
        /// What it was to do.
        doing: String,
        /// What it says.
        said: Vec<CleanText>,
    },
    /// It wrote too much.
    #[error("helm could not {doing}: it writes more than {} MiB", objects::LARGEST / 1024 / 1024)]
    TooMuch {
        /// What it was to do.
        doing: String,
    },
    /// What it wrote is not what it should be.
    #[error("could not read what helm writes to {doing}")]
    Unreadable {
        /// What it was to do.
        doing: String,
    },
    /// helm cannot be told of a kubeconfig.
    #[error("helm cannot use a kubeconfig whose path contains `:`")]
    KubeconfigPath,
    /// There is no place for a chart.
    #[error("could not make a temporary folder")]
    NoFolder(#[source] io::Error),
    /// The registry has another chart than the catalog names.
    #[error("{reference}: the chart has another digest than the catalog says")]
    WrongDigest {
        /// The chart.
        reference: CleanText,
        /// What the catalog says.
        expected: String,
        /// What was pulled.
        found: CleanText,
    },
    /// A digest is wanted, and helm named none.
    #[error("{0}: helm named no digest, and the catalog has one")]
    NoDigest(CleanText),
}

impl Explain for HelmError {
    fn causes(&self) -> Vec<String> {
        match self {
            Self::NotStarted { error, .. } | Self::NoFolder(error) => vec![error.to_string()],
            Self::Failed { said, .. } => said.iter().map(ToString::to_string).collect(),
            Self::WrongDigest { expected, found, .. } => {
                vec![format!("expected {expected}"), format!("found {found}")]
            }
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::NotFound | Self::Version { .. } => {
                vec!["install helm 3 or 4: https://helm.sh/docs/intro/install/".to_owned()]
            }
            Self::WrongDigest { .. } => {
                vec!["the chart was replaced after the catalog was made: ask its maintainers".to_owned()]
            }
            _ => Vec::new(),
        }
    }
}

/// helm, ready to run.
#[derive(Debug)]
pub struct Helm {
    program: PathBuf,
    version: Version,
    environment: Environment,
    context: Option<String>,
}

/// A release: a name in a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReleaseName {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
}

/// What the user sets.
#[derive(Clone, Debug, Default)]
pub struct HelmValues {
    /// Files with values.
    pub files: Vec<PathBuf>,
    /// Values of the form `key=value`.
    pub set: Vec<String>,
}

impl HelmValues {
    fn arguments(&self) -> impl Iterator<Item = OsString> {
        let files = self.files.iter().map(|file| joined("--values=", file.as_os_str()));
        files.chain(self.set.iter().map(|pair| format!("--set={pair}").into()))
    }
}

/// A chart on this machine.
#[derive(Debug)]
pub struct LocalChart {
    /// Its folder or archive.
    pub path: PathBuf,
    /// The digest that its registry knows it by, or that of the file that came from elsewhere.
    pub digest: Option<CleanText>,
    _folder: Option<tempfile::TempDir>,
}

impl LocalChart {
    /// The chart whose archive is `content`: the file `name`, as long as this lives. `digest` is that which its source knows it by.
    pub fn keep(content: &[u8], name: &str, digest: Option<&Digest>) -> Result<Self, HelmError> {
        let folder = files::temporary_folder("everestctl-chart-").map_err(HelmError::NoFolder)?;
        let path = folder.path().join(name);
        files::replace(&path, content).map_err(HelmError::NoFolder)?;
        let digest = digest.map(|digest| CleanText::new(digest.as_str()));
        Ok(Self { path, digest, _folder: Some(folder) })
    }
}

/// What a chart says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ChartFacts {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// One revision of a release.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Revision {
    /// Its number.
    pub revision: u64,
    /// What has become of it: `deployed`, `superseded`, `failed`, ….
    #[serde(default)]
    pub status: String,
    /// The chart with its version, as in `bench-0.1.0`.
    #[serde(default)]
    pub chart: String,
}

impl Helm {
    /// The one on the PATH of `environment`, for the cluster of these kubeconfig files and this context of theirs.
    pub fn find(environment: &Environment, kubeconfig: &[PathBuf], context: &str) -> Result<Self, HelmError> {
        let program = program::find("helm", environment).ok_or(HelmError::NotFound)?;
        // One that is left out would lead helm to another cluster.
        let files = std::env::join_paths(kubeconfig).map_err(|_| HelmError::KubeconfigPath)?;
        let environment = environment
            .only(|name| {
                let name = name.to_string_lossy();
                !name.starts_with(LEADS_ELSEWHERE_PREFIX) && !LEADS_ELSEWHERE.contains(&name.as_ref())
            })
            .changed(Some(("KUBECONFIG", files)).filter(|(_, files)| !files.is_empty()), &[]);
        let context = Some(context.to_owned()).filter(|context| !context.is_empty());
        let version = Version::new(0, 0, 0);
        let mut helm = Self { program, version, environment, context };
        let output =
            helm.output("tell its version", ["version", "--template", "{{.Version}}"].map(Into::into))?;
        let said = String::from_utf8_lossy(&output);
        let version = Version::parse(said.trim().trim_start_matches('v')).ok();
        let unknown = || HelmError::Version { program: helm.program.clone(), said: CleanText::new(&said) };
        helm.version = version.filter(|version| matches!(version.major, 3 | 4)).ok_or_else(unknown)?;
        Ok(helm)
    }

    /// Its version.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// The chart at `reference`, pulled where it is not on this machine already.
    pub fn pull(
        &self,
        reference: &str,
        version: Option<&str>,
        digest: Option<&str>,
    ) -> Result<LocalChart, HelmError> {
        if !reference.contains("://") {
            return Ok(LocalChart { path: reference.into(), digest: None, _folder: None });
        }
        let doing = format!("pull {}", CleanText::new(reference));
        let folder = files::temporary_folder("everestctl-chart-").map_err(HelmError::NoFolder)?;
        let wanted = CleanText::new(reference);
        let by_digest = digest.filter(|_| reference.starts_with("oci://"));
        let mut arguments: Vec<OsString> = vec!["pull".into()];
        if let Some(digest) = by_digest {
            arguments.push(format!("{reference}@{digest}").into());
        } else {
            arguments.push(reference.into());
            arguments.extend(version.map(|version| format!("--version={version}").into()));
        }
        arguments.push(joined("--destination=", folder.path().as_os_str()));
        let output = self.run(&doing, arguments)?;
        if !output.is_success {
            return Err(failed(doing, &output));
        }
        let names = files::names_in(folder.path()).map_err(HelmError::NoFolder)?;
        let is_archive = |name: &OsString| Path::new(name).extension().is_some_and(|end| end == "tgz");
        let name = names.into_iter().find(is_archive).ok_or(HelmError::Unreadable { doing })?;
        let path = folder.path().join(name);
        let found = if reference.starts_with("oci://") {
            let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
            let lines = stdout.lines().chain(output.stderr.lines());
            let found = lines.filter_map(|line| line.trim().strip_prefix("Digest:")).next_back();
            found.and_then(CleanText::non_empty)
        } else {
            // Of a file, helm names none.
            let content = files::read(&path, archive::LARGEST as u64).map_err(HelmError::NoFolder)?;
            Some(CleanText::new(&Digest::of(&content).to_string()))
        };
        if let Some(expected) = digest {
            let found = found.clone().ok_or_else(|| HelmError::NoDigest(wanted.clone()))?;
            if !Digest::are_same(found.as_str(), expected) {
                return Err(HelmError::WrongDigest {
                    reference: wanted,
                    expected: expected.to_owned(),
                    found,
                });
            }
        }
        Ok(LocalChart { path, digest: found, _folder: Some(folder) })
    }

    /// What the chart says of itself.
    pub fn facts(&self, chart: &Path) -> Result<ChartFacts, HelmError> {
        let doing = "read the chart";
        let text = self.text(doing, vec!["show".into(), "chart".into(), chart.into()])?;
        crate::yaml::from_slice_as_go(text.as_bytes())
            .map_err(|_| HelmError::Unreadable { doing: doing.to_owned() })
    }

    /// Fails with what `helm lint` finds wrong.
    pub fn lint(&self, chart: &Path) -> Result<(), HelmError> {
        let doing = "pass the chart: `helm lint` failed".to_owned();
        let output = self.run(&doing, ["lint".into(), "--quiet".into(), chart.into()])?;
        if output.is_success {
            return Ok(());
        }
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines = stdout.lines().chain(output.stderr.lines()).filter(|line| line.contains("[ERROR]"));
        let said: Vec<CleanText> = lines.take(MOST_LINES).map(CleanText::new).collect();
        if said.is_empty() { Err(failed(doing, &output)) } else { Err(HelmError::Failed { doing, said }) }
    }

    /// What the chart would make, as YAML. `kubernetes` is the version of the cluster.
    pub fn template(
        &self,
        release: &ReleaseName,
        chart: &Path,
        values: &HelmValues,
        kubernetes: Option<&str>,
        is_upgrade: bool,
    ) -> Result<String, HelmError> {
        let mut arguments = self.on("template", release);
        arguments.insert(2, chart.into());
        arguments.extend(kubernetes.map(|version| format!("--kube-version={version}").into()));
        // A chart may ask whether the cluster has plugins.
        let versions = ["extensions.openeverest.io/v1alpha1", "extensions.openeverest.io/v1alpha1/Plugin"];
        arguments.extend(versions.map(|version| format!("--api-versions={version}").into()));
        arguments.push(if is_upgrade { "--is-upgrade" } else { "--include-crds" }.into());
        arguments.extend(values.arguments());
        self.text("render the chart", arguments)
    }

    /// Installs the chart.
    pub fn install(
        &self,
        release: &ReleaseName,
        chart: &Path,
        values: &HelmValues,
        makes_namespace: bool,
        timeout: Duration,
    ) -> Result<(), HelmError> {
        let mut arguments = self.on("install", release);
        arguments.insert(2, chart.into());
        arguments.push(timeout_flag(timeout));
        arguments.extend(makes_namespace.then(|| "--create-namespace".into()));
        arguments.extend(values.arguments());
        self.text(&format!("install release `{}`", release.name), arguments).map(drop)
    }

    /// Upgrades the release to the chart.
    pub fn upgrade(
        &self,
        release: &ReleaseName,
        chart: &Path,
        values: &HelmValues,
        timeout: Duration,
    ) -> Result<(), HelmError> {
        let mut arguments = self.on("upgrade", release);
        arguments.insert(2, chart.into());
        arguments.extend([timeout_flag(timeout), "--reset-values".into()]);
        arguments.extend(values.arguments());
        self.text(&format!("upgrade release `{}`", release.name), arguments).map(drop)
    }

    /// Goes back to a revision of the release.
    pub fn rollback(&self, release: &ReleaseName, revision: u64, timeout: Duration) -> Result<(), HelmError> {
        let mut arguments = self.on("rollback", release);
        arguments.insert(2, revision.to_string().into());
        arguments.push(timeout_flag(timeout));
        self.text(&format!("roll back release `{}`", release.name), arguments).map(drop)
    }

    /// Removes the release.
    pub fn uninstall(&self, release: &ReleaseName, timeout: Duration) -> Result<(), HelmError> {
        let mut arguments = self.on("uninstall", release);
        arguments.push(timeout_flag(timeout));
        self.text(&format!("remove release `{}`", release.name), arguments).map(drop)
    }

    /// The revisions of the release, the oldest first; none where there is no such release.
    pub fn history(&self, release: &ReleaseName) -> Result<Vec<Revision>, HelmError> {
        let doing = format!("read the history of release `{}`", release.name);
        let mut arguments = self.on("history", release);
        arguments.push("--output=json".into());
        let output = self.run(&doing, arguments)?;
        if !output.is_success && output.stderr.contains("release: not found") {
            return Ok(Vec::new());
        }
        if !output.is_success {
            return Err(failed(doing, &output));
        }
        serde_json::from_slice(&output.stdout).map_err(|_| HelmError::Unreadable { doing })
    }

    /// The manifest of a revision of the release, or of the newest.
    pub fn manifest(&self, release: &ReleaseName, revision: Option<u64>) -> Result<String, HelmError> {
        let mut arguments = self.on("manifest", release);
        arguments.insert(0, "get".into());
        arguments.extend(revision.map(|revision| format!("--revision={revision}").into()));
        self.text(&format!("read the manifest of release `{}`", release.name), arguments)
    }

    /// The values that the user of the release has set, as YAML.
    pub fn values(&self, release: &ReleaseName) -> Result<String, HelmError> {
        let mut arguments = self.on("values", release);
        arguments.insert(0, "get".into());
        arguments.push("--output=yaml".into());
        self.text(&format!("read the values of release `{}`", release.name), arguments)
    }

    /// The arguments of `verb` for the release, in the cluster of this run.
    fn on(&self, verb: &str, release: &ReleaseName) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec![
            verb.into(),
            release.name.clone().into(),
            format!("--namespace={}", release.namespace).into(),
        ];
        arguments.extend(self.context.iter().map(|context| format!("--kube-context={context}").into()));
        arguments
    }

    fn text(&self, doing: &str, arguments: Vec<OsString>) -> Result<String, HelmError> {
        let output = self.output(doing, arguments)?;
        String::from_utf8(output).map_err(|_| HelmError::Unreadable { doing: doing.to_owned() })
    }

    fn output(
        &self,
        doing: &str,
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Vec<u8>, HelmError> {
        let output = self.run(doing, arguments)?;
        if output.is_success { Ok(output.stdout) } else { Err(failed(doing.to_owned(), &output)) }
    }

    fn run(
        &self,
        doing: &str,
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<ProgramOutput, HelmError> {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        process::output_of_file(&self.program, &arguments, &self.environment, objects::LARGEST).map_err(
            |error| match error.kind() {
                io::ErrorKind::FileTooLarge => HelmError::TooMuch { doing: doing.to_owned() },
                _ => HelmError::NotStarted { program: self.program.clone(), error },
            },
        )
    }
}

fn joined(flag: &str, value: &std::ffi::OsStr) -> OsString {
    let mut joined = OsString::from(flag);
    joined.push(value);
    joined
}

fn timeout_flag(timeout: Duration) -> OsString {
    format!("--timeout={}s", timeout.as_secs().max(1)).into()
}

fn failed(doing: String, output: &ProgramOutput) -> HelmError {
    // helm 3 warns by a word, helm 4 by a level.
    let noise = ["WARNING:", "Pulled:", "level=DEBUG", "level=INFO", "level=WARN"];
    let is_noise = |line: &&str| line.trim().is_empty() || noise.iter().any(|start| line.starts_with(start));
    let lines = output.stderr.lines().filter(|line| !is_noise(line));
    let lines = lines.map(|line| CleanText::new(line.strip_prefix("Error: ").unwrap_or(line)));
    HelmError::Failed { doing, said: lines.take(MOST_LINES).collect() }
}

/// The command line that installs a chart by hand, as the hub's own page shows it.
pub fn install_line(
    release: &ReleaseName,
    reference: &str,
    version: Option<&str>,
    digest: Option<&str>,
    values: &HelmValues,
    more: &[&str],
) -> String {
    let mut words =
        vec!["helm".to_owned(), "upgrade".to_owned(), "--install".to_owned(), release.name.clone()];
    words.extend(chart_words(reference, version, digest));
    words.extend(["--namespace".to_owned(), release.namespace.clone()]);
    words.extend(more.iter().map(|flag| (*flag).to_owned()));
    for file in &values.files {
        words.extend(["--values".to_owned(), quoted(&file.to_string_lossy())]);
    }
    for pair in &values.set {
        words.extend(["--set".to_owned(), quoted(pair)]);
    }
    words.join(" ")
}

fn chart_words(reference: &str, version: Option<&str>, digest: Option<&str>) -> Vec<String> {
    match (digest.filter(|_| reference.starts_with("oci://")), version) {
        (Some(digest), _) => vec![quoted(&format!("{reference}@{digest}"))],
        (None, Some(version)) => vec![quoted(reference), "--version".to_owned(), quoted(version)],
        (None, None) => vec![quoted(reference)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_the_one_that_the_hub_shows() {
        let release = ReleaseName { name: "bench".to_owned(), namespace: "everest-system".to_owned() };
        let values = HelmValues { files: vec!["my values.yaml".into()], set: vec!["a=b c".to_owned()] };
        let line =
            install_line(&release, "oci://h/charts/bench", Some("0.1.0"), None, &HelmValues::default(), &[]);
        assert_eq!(
            line,
            "helm upgrade --install bench oci://h/charts/bench --version 0.1.0 --namespace everest-system"
        );
        let line = install_line(
            &release,
            "oci://h/b",
            Some("1.0.0"),
            Some("sha256:0"),
            &values,
            &["--create-namespace"],
        );
        assert_eq!(
            line,
            "helm upgrade --install bench oci://h/b@sha256:0 --namespace everest-system --create-namespace \
             --values 'my values.yaml' --set 'a=b c'"
        );
    }

    #[test]
    fn what_helm_says_is_passed_on_without_noise() {
        let stderr = "WARNING: Kubernetes configuration file is group-readable\nlevel=WARN msg=\"helm 4\"\n\nError: INSTALLATION FAILED: no \u{1b}[31mway\n";
        let output = ProgramOutput { is_success: false, stdout: Vec::new(), stderr: stderr.to_owned() };
        let error = failed("install release `x`".to_owned(), &output);
        assert_eq!(error.to_string(), "helm could not install release `x`");
        assert_eq!(error.causes(), ["INSTALLATION FAILED: no [31mway"]);
    }
}
