//! The test backends of `tests/backends/` behind a host, and a user of it.

use super::host::{Host, Session};
use super::sandbox::Output;
use super::{Sandbox, skip};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A host with one plugin whose backend behaves as the real one, and a user who is signed in.
pub(crate) struct Backends {
    pub(crate) host: Host,
    pub(crate) user: Sandbox,
    pub(crate) plugin: &'static str,
    /// Where the manifests are.
    _sandbox: Sandbox,
}

impl Backends {
    /// Starts them; `environment` is more for the backend, as in `A: "1", B: "2"`. Nothing where there is no
    /// Python.
    pub(crate) fn start(test: &str, plugin: &'static str, compat: &str, environment: &str) -> Option<Self> {
        if !Path::new("/usr/bin/python3").exists() {
            skip("python", test, "there is no /usr/bin/python3");
            return None;
        }
        let sandbox = Sandbox::new();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/backends");
        for file in [format!("{plugin}.py"), "plumbing.py".into(), "world.py".into(), "instances.yaml".into()]
        {
            sandbox.write(&format!("backends/{file}"), fs::read(source.join(&file)).unwrap());
        }
        for entry in fs::read_dir(source.join(plugin)).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            let text = fs::read_to_string(entry.path()).unwrap();
            let more = format!("environment: {{ LOG_REQUESTS: \"1\", {environment}");
            sandbox.write(&format!("backends/{plugin}/{name}"), text.replace("environment: {", &more));
        }
        let (backends, instances) = (sandbox.path("backends"), sandbox.path("backends/instances.yaml"));
        let arguments =
            format!("--plugins {} --instances {} --compat {compat}", backends.display(), instances.display());
        let host = Host::start(&sandbox, &arguments);
        host.eventually_says(&format!("{plugin}: ready at "));
        let token = host.sign_in().access;
        let user = Sandbox::new()
            .with("EVEREST_HOST", format!("http://{}", host.address))
            .with("EVEREST_TOKEN", token)
            .with("CI", "1");
        Some(Self { host, user, plugin, _sandbox: sandbox })
    }

    /// Runs a command of the plugin; `line` starts after the plugin's name.
    pub(crate) fn run(&self, line: &str) -> Output {
        self.user.run(&format!("{} {line}", self.plugin))
    }

    /// What a command prints when all is well.
    #[track_caller]
    pub(crate) fn stdout_ok(&self, line: &str) -> String {
        self.run(line).success_silent()
    }

    /// What a command says on standard error when it ends with `code`.
    #[track_caller]
    pub(crate) fn stderr_failed(&self, line: &str, code: i32) -> String {
        let output = self.run(line);
        assert_eq!(output.stdout, "", "{}", output.stderr);
        output.stderr_failed(code)
    }

    /// Each of these commands prints nothing, ends with the code and says the text on standard error. All that do
    /// otherwise are shown.
    #[track_caller]
    pub(crate) fn all_stderr_failed(&self, lines: &[(impl AsRef<str>, i32, &str)]) {
        let mut wrong = Vec::new();
        for (line, code, text) in lines {
            let (line, code) = (line.as_ref(), *code);
            let output = self.run(line);
            if output.code != Some(code) || !output.stdout.is_empty() || !output.stderr.contains(text) {
                wrong.push(format!("{line}: not {code} with {text:?}: {output:?}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    /// What a command prints, as JSON.
    #[track_caller]
    pub(crate) fn json(&self, line: &str) -> Value {
        let output = self.run(&format!("{line} -o json"));
        assert_eq!(output.code, Some(0), "{output:?}");
        output.json()
    }

    /// What the backend answers to a GET, without everestctl.
    #[track_caller]
    pub(crate) fn body(&self, path: &str) -> Value {
        let answer = self.session().get(&format!("/v1/clusters/main/plugins/{}{path}", self.plugin));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    fn session(&self) -> Session<'_> {
        self.host.sign_in()
    }

    /// The first lines of the requests that have reached the backend, as `GET /path HTTP/1.1`.
    pub(crate) fn requests(&self) -> Vec<String> {
        let start = format!("{}: \"", self.plugin);
        let lines = self.host.lines();
        let first = |line: &String| Some(line.strip_prefix(&start)?.split('"').next()?.to_owned());
        lines.iter().filter_map(first).collect()
    }
}

/// Does the same with a host in each of its modes.
pub(crate) fn in_both_modes(test: &str, plugin: &'static str, check: impl Fn(&Backends, &str)) {
    for compat in ["spec", "upstream"] {
        if let Some(backends) = Backends::start(test, plugin, compat, "") {
            check(&backends, compat);
        }
    }
}

/// The body in a line that `--dry-run` prints.
#[track_caller]
pub(crate) fn sent_body(line: &str) -> Value {
    let body = line.split("--data-binary ").nth(1).unwrap_or_else(|| panic!("{line}"));
    serde_json::from_str(body.trim().trim_matches('\'')).unwrap_or_else(|error| panic!("{error}: {line}"))
}
