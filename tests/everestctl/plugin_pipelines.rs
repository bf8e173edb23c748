//! The pipelines of `plugin new --ci github|gitlab`, run here as their services run them: each step, in its order and in its shell.
//!
//! What needs docker, cosign or the network is asked of programs that note it: `docker login` alone does what it does. everestctl is this one.

use crate::support::registry::{Registry, WITH_LOGIN};
use crate::support::{Sandbox, openssl, skip};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// It keeps what it is given where docker does, and says of every image that it is there.
const DOCKER: &str = r#"
case $1 in
  login)
    read -r password
    mkdir -p "$HOME/.docker"
    auth=$(printf '%s:%s' "$4" "$password" | base64 -w 0)
    printf '{"auths":{"%s":{"auth":"%s"}}}' "$2" "$auth" > "$HOME/.docker/config.json" ;;
  inspect) echo "$4@sha256:0123" ;;
esac
echo "docker $1 $2 $3" >> "$HOME/asked"
"#;

/// A sandbox with a project, a registry and the programs of a runner.
struct Pipeline {
    sandbox: Sandbox,
    registry: Registry,
    folder: PathBuf,
    name: &'static str,
}

impl Pipeline {
    /// Makes the project; nothing where something is missing, said by name.
    fn start(test: &str, template: &str, flags: &str) -> Option<Self> {
        let wanted = match template {
            "shell" => ("/usr/bin/shellcheck", "shellcheck"),
            _ => ("/usr/bin/go", "go"),
        };
        for (program, component) in [wanted, (openssl::OPENSSL, "openssl"), ("/usr/bin/bash", "bash")] {
            if !Path::new(program).exists() {
                skip(component, test, &format!("there is no {program}"));
                return None;
            }
        }
        let go_cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go-cache");
        let sandbox = Sandbox::new().with("CI", "true").with("GOCACHE", go_cache).with("GOFLAGS", "-mod=mod");
        let registry = Registry::start_with(&sandbox, "registry", test, WITH_LOGIN)?;
        sandbox.script("bin/docker", DOCKER);
        for program in ["cosign", "cargo", "apt-get", "apk", "rustup"] {
            sandbox.script(&format!("bin/{program}"), &format!("echo \"{program} $*\" >> \"$HOME/asked\""));
        }
        let name = "my-plugin";
        let folder = sandbox.path("project");
        let line = format!("plugin new {name} --template {template} --dir {} {flags}", folder.display());
        sandbox.run(&line).succeeded();
        for line in [
            "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out cosign.key",
            "pkey -in cosign.key -pubout -out cosign.pub",
        ] {
            openssl::run(&sandbox, line);
        }
        Some(Self { sandbox, registry, folder, name })
    }

    /// The same with helm; nothing where there is none.
    fn with_helm(self, test: &str) -> Option<Self> {
        let helm = crate::support::helm::helm(test)?;
        std::os::unix::fs::symlink(helm, self.sandbox.path("bin/helm")).unwrap();
        Some(self)
    }

    fn key(&self) -> String {
        fs::read_to_string(self.sandbox.path("cosign.key")).unwrap()
    }

    /// Runs a script as a step of GitHub, or as a job of GitLab.
    #[track_caller]
    fn run(&self, script: &str, variables: &[(String, String)]) {
        self.sandbox.write("step", script);
        let mut line = String::new();
        for (name, value) in variables {
            self.sandbox.write(&format!("variables/{name}"), value);
            let place = self.sandbox.path("variables").join(name);
            let _ = write!(line, "{name}=$(cat {}); export {name}; ", place.display());
        }
        let place = self.sandbox.path("step");
        let _ = write!(line, "cd {}; exec bash -eo pipefail {}", self.folder.display(), place.display());
        let output = self.sandbox.shell(&line);
        assert_eq!(output.code, Some(0), "{script}\n{output:?}");
    }

    /// What was asked of the programs that are not there.
    fn asked(&self) -> String {
        fs::read_to_string(self.sandbox.path("home/asked")).unwrap_or_default()
    }

    /// Somebody else installs what was published, with the public key, and runs it.
    #[track_caller]
    fn is_installed_elsewhere(&self, reference: &str) {
        let other = Sandbox::new().with_path("DOCKER_CONFIG", "docker");
        let login = fs::read(self.sandbox.path("home/.docker/config.json")).unwrap();
        other.write("docker/config.json", login);
        let key = self.sandbox.path("cosign.pub");
        let line = format!("plugin install --yes oci://{reference} --key {}", key.display());
        other.run(&line).succeeded();
        assert_eq!(other.run(&format!("{} hello Ada", self.name)).success_silent(), "hello, Ada\n");
    }
}

/// The workflow of GitHub, with what GitHub fills in.
struct Workflow(Value);

impl Workflow {
    fn of(pipeline: &Pipeline) -> Self {
        let text = fs::read_to_string(pipeline.folder.join(".github/workflows/plugin.yaml")).unwrap();
        // Its registry is ours here.
        let text = text.replace("ghcr.io", &pipeline.registry.address);
        Self(serde_yaml::from_str(&text).unwrap())
    }

    fn filled(pipeline: &Pipeline, text: &str) -> String {
        let mut filled = text.to_owned();
        for (name, value) in [
            ("github.repository_owner", "acme"),
            ("github.actor", "ada"),
            ("secrets.GITHUB_TOKEN", "sesame"),
            ("secrets.COSIGN_KEY", pipeline.key().as_str()),
            ("secrets.COSIGN_PASSWORD", ""),
            ("vars.EVERESTCTL_REPOSITORY", "https://example.com/everestctl"),
        ] {
            filled = filled.replace(&format!("${{{{ {name} }}}}"), value);
        }
        assert!(!filled.contains("${{"), "{filled}");
        filled
    }

    /// Runs the steps of a job; gives their scripts.
    #[track_caller]
    fn run(&self, pipeline: &Pipeline, job: &str) -> Vec<String> {
        let job = &self.0["jobs"][job];
        let mut variables = vec![
            ("GITHUB_REF_NAME".to_owned(), "v0.1.0".to_owned()),
            ("RUNNER_TEMP".to_owned(), pipeline.sandbox.path("home").display().to_string()),
        ];
        for (name, value) in job["env"].as_object().into_iter().flatten() {
            variables.push((name.clone(), Self::filled(pipeline, value.as_str().unwrap())));
        }
        let steps = job["steps"].as_array().unwrap().iter().filter_map(|step| step["run"].as_str());
        let scripts: Vec<String> = steps.map(|script| Self::filled(pipeline, script)).collect();
        for script in &scripts {
            pipeline.run(script, &variables);
        }
        scripts
    }
}

/// Runs a job of GitLab: its lines are one script.
#[track_caller]
fn run_on_gitlab(pipeline: &Pipeline, job: &str) -> String {
    let text = fs::read_to_string(pipeline.folder.join(".gitlab-ci.yml")).unwrap();
    let whole: Value = serde_yaml::from_str(&text).unwrap();
    let job = &whole[job];
    let above = job["extends"].as_str().map(|name| &whole[name]);
    let lines = |key: &str| {
        let own = Some(&job[key]).filter(|own| own.is_array());
        let list = own.or_else(|| above.map(|above| &above[key])).and_then(Value::as_array);
        list.into_iter().flatten().map(|line| line.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let script = [lines("before_script"), lines("script")].concat().join("\n");
    let registry = pipeline.registry.address.clone();
    let variables = [
        ("CI_COMMIT_TAG", "v0.1.0".to_owned()),
        ("CI_REGISTRY_IMAGE", format!("{registry}/acme/{}", pipeline.name)),
        ("CI_REGISTRY", registry),
        ("CI_REGISTRY_USER", "ada".to_owned()),
        ("CI_REGISTRY_PASSWORD", "sesame".to_owned()),
        ("CI_PROJECT_DIR", pipeline.folder.display().to_string()),
        ("CARGO_HOME", pipeline.folder.join(".cargo").display().to_string()),
        ("EVERESTCTL_REPOSITORY", "https://example.com/everestctl".to_owned()),
        ("COSIGN_KEY", pipeline.sandbox.path("cosign.key").display().to_string()),
        ("COSIGN_PASSWORD", String::new()),
    ];
    pipeline.run(&script, &variables.map(|(name, value)| (name.to_owned(), value)));
    script
}

#[track_caller]
fn has_lines(script: &str, lines: &[&str]) {
    for line in lines {
        assert!(script.contains(line), "{line}: {script}");
    }
}

/// What a test run leaves for its service.
#[track_caller]
fn has_report(pipeline: &Pipeline) {
    let report = fs::read_to_string(pipeline.folder.join("plugin-test.xml")).unwrap();
    assert!(report.contains("<testcase ") && !report.contains("<failure"), "{report}");
}

#[test]
fn github_tests_signs_and_publishes_a_local_plugin() {
    let test = "github_tests_signs_and_publishes_a_local_plugin";
    let Some(pipeline) = Pipeline::start(test, "shell", "--ci github") else { return };
    let workflow = Workflow::of(&pipeline);
    let tested = workflow.run(&pipeline, "test").join("\n");
    has_lines(&tested, &["shellcheck ", "tests/run", "plugin lint", "plugin test", "plugin pack"]);
    has_report(&pipeline);
    let published = workflow.run(&pipeline, "publish").join("\n");
    has_lines(&published, &["docker login", "plugin pack", "plugin push", "--key"]);
    pipeline.is_installed_elsewhere(&format!("{}/acme/{}:0.1.0", pipeline.registry.address, pipeline.name));
    // A tag of another version publishes nothing.
    let version = published.lines().find(|line| line.starts_with("grep -qx")).unwrap();
    let line = format!("cd {} && GITHUB_REF_NAME=v0.2.0 && {version}", pipeline.folder.display());
    assert_eq!(pipeline.sandbox.shell(&line).code, Some(1));
}

#[test]
fn gitlab_tests_signs_and_publishes_a_local_plugin() {
    let test = "gitlab_tests_signs_and_publishes_a_local_plugin";
    let Some(pipeline) = Pipeline::start(test, "shell", "--ci gitlab") else { return };
    let tested = run_on_gitlab(&pipeline, "test");
    has_lines(
        &tested,
        &["cargo install", "shellcheck ", "tests/run", "plugin lint", "plugin test", "plugin pack"],
    );
    has_report(&pipeline);
    run_on_gitlab(&pipeline, "publish");
    pipeline.is_installed_elsewhere(&format!("{}/acme/{}:0.1.0", pipeline.registry.address, pipeline.name));
}

#[test]
fn github_tests_signs_and_publishes_a_server_plugin() {
    let test = "github_tests_signs_and_publishes_a_server_plugin";
    let Some(pipeline) = Pipeline::start(test, "go", "--ci github --chart") else { return };
    let Some(pipeline) = pipeline.with_helm(test) else { return };
    let workflow = Workflow::of(&pipeline);
    let tested = workflow.run(&pipeline, "test").join("\n");
    has_lines(&tested, &["go vet", "go build", "tests/run", "plugin lint", "plugin test", "helm lint"]);
    has_report(&pipeline);
    workflow.run(&pipeline, "publish");
    let place = format!("{}/acme", pipeline.registry.address);
    let asked = pipeline.asked();
    has_lines(
        &asked,
        &[
            "docker build --tag my-plugin:test\n",
            &format!("docker push {place}/my-plugin:0.1.0 \n"),
            &format!("cosign sign --yes --key env://COSIGN_KEY {place}/my-plugin:0.1.0@sha256:0123\n"),
            // The digest is what helm says.
            &format!("cosign sign --yes --key env://COSIGN_KEY {place}/charts/my-plugin@sha256:"),
        ],
    );
    is_pulled(&pipeline, &format!("oci://{place}/charts/my-plugin"));
}

#[test]
fn gitlab_tests_signs_and_publishes_a_server_plugin() {
    let test = "gitlab_tests_signs_and_publishes_a_server_plugin";
    let Some(pipeline) = Pipeline::start(test, "go", "--ci gitlab --chart") else { return };
    let Some(pipeline) = pipeline.with_helm(test) else { return };
    let tested = run_on_gitlab(&pipeline, "test");
    has_lines(&tested, &["cargo install", "go vet", "go build", "tests/run", "plugin lint", "plugin test"]);
    has_report(&pipeline);
    run_on_gitlab(&pipeline, "publish");
    let place = format!("{}/acme/my-plugin", pipeline.registry.address);
    let key = pipeline.sandbox.path("cosign.key").display().to_string();
    has_lines(
        &pipeline.asked(),
        &[
            &format!("docker push {place}:0.1.0 \n"),
            &format!("cosign sign --yes --key {key} {place}:0.1.0@sha256:0123\n"),
            &format!("cosign sign --yes --key {key} {place}/charts/my-plugin@sha256:"),
        ],
    );
    is_pulled(&pipeline, &format!("oci://{place}/charts/my-plugin"));
}

/// The chart is in the registry.
#[track_caller]
fn is_pulled(pipeline: &Pipeline, reference: &str) {
    let pulled = pipeline.sandbox.shell(&format!("helm show chart {reference} --version 0.1.0"));
    assert!(pulled.code == Some(0) && pulled.stdout.contains("name: my-plugin\n"), "{pulled:?}");
}
