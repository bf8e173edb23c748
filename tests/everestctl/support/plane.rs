//! A real Kubernetes control plane, when `KUBEBUILDER_ASSETS` names one.
//!
//! `tests/kube/control-plane` ends when its standard input does, so that nothing is left even when the test
//! process is killed.

use super::InTime as _;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock};

/// A running control plane.
pub(crate) struct Plane {
    folder: tempfile::TempDir,
    pipes: Mutex<Pipes>,
}

struct Pipes {
    commands: ChildStdin,
    answers: BufReader<std::process::ChildStdout>,
    _child: Child,
}

/// The control plane that all tests share; `None` without `KUBEBUILDER_ASSETS`.
pub(crate) fn shared() -> Option<&'static Plane> {
    static PLANE: OnceLock<Option<Plane>> = OnceLock::new();
    PLANE.get_or_init(Plane::start).as_ref()
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

impl Plane {
    /// Starts one of its own, with the CRDs of all three API groups and the manifests of the real plugins.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// The same with further flags of kube-apiserver.
    pub(crate) fn start_with(flags: &[&str]) -> Option<Self> {
        std::env::var_os("KUBEBUILDER_ASSETS")?;
        let folder = tempfile::Builder::new().prefix("everestctl-kube-").tempdir().unwrap();
        let mut control_plane = Command::new(tests().join("kube/control-plane"));
        // It reaches services directly: a proxy of the machine has no business in between.
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
            control_plane.env_remove(name);
        }
        let mut child = control_plane
            .arg(folder.path())
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let plane = Self { folder, pipes: Mutex::new(Pipes { commands, answers, _child: child }) };
        plane.expect("ready");
        for group in ["extensions", "plugin", "core"] {
            plane.apply(&tests().join(format!("kube/crds/{group}.yaml")));
        }
        let crds =
            ["extensions", "plugin", "core"].map(|group| format!("crd/plugins.{group}.openeverest.io"));
        plane.kubectl(&["wait", "--for=condition=Established", &crds[0], &crds[1], &crds[2]]);
        plane.apply(&tests().join("fixtures/plugins"));
        Some(plane)
    }

    /// A file that it has made: `kubeconfig`, `kubeconfig.viewer`, `kubeconfig.nobody`, `pki/…`.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Stops or starts the API server.
    pub(crate) fn tell(&self, command: &str, answer: &str) {
        writeln!(self.pipes.lock().unwrap().commands, "{command}").unwrap();
        self.expect(answer);
    }

    fn expect(&self, answer: &str) {
        let mut line = String::new();
        self.pipes.lock().unwrap().answers.read_line(&mut line).unwrap();
        assert!(line.starts_with(answer), "the control plane says {line:?}, not {answer}");
    }

    fn apply(&self, path: &Path) {
        // A definition needs a moment before the first resource of it is taken.
        let applied = (0..50).any(|_| {
            let done = self.run(&["apply", "-f", path.to_str().unwrap()], None).status.success();
            if !done {
                std::thread::sleep(std::time::Duration::from_millis(200));
            }
            done
        });
        assert!(applied, "{}", path.display());
    }

    /// Runs kubectl as the administrator.
    #[track_caller]
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, None);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs kubectl with another kubeconfig.
    #[track_caller]
    pub(crate) fn as_user(&self, kubeconfig: &Path, arguments: &[&str]) -> String {
        let kubeconfig = kubeconfig.to_str().unwrap();
        self.kubectl(&[&["--kubeconfig", kubeconfig], arguments].concat())
    }

    /// As [`Plane::kubectl`]; whether it went well.
    pub(crate) fn tries(&self, arguments: &[&str]) -> bool {
        self.run(arguments, None).status.success()
    }

    /// Creates what `yaml` describes.
    #[track_caller]
    pub(crate) fn create(&self, yaml: &str) {
        let output = self.run(&["create", "-f", "-"], Some(yaml));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn run(&self, arguments: &[&str], input: Option<&str>) -> std::process::Output {
        let assets = PathBuf::from(std::env::var_os("KUBEBUILDER_ASSETS").unwrap());
        let mut child = Command::new(assets.join("kubectl"))
            .arg("--kubeconfig")
            .arg(self.file("kubeconfig"))
            .args(arguments)
            .env("HOME", self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.unwrap_or_default().as_bytes()).unwrap();
        drop(stdin);
        child.output_in_time()
    }
}

/// `count` plugins in the newest API group, as one YAML text.
pub(crate) fn many(prefix: &str, count: usize) -> String {
    (0..count).fold(String::new(), |mut text, number| {
        let _ = write!(
            text,
            "---\napiVersion: extensions.openeverest.io/v1alpha1\nkind: Plugin\nmetadata: {{name: {prefix}{number:05}}}\n\
             spec: {{displayName: Number {number}, version: 1.0.{number}, \
             backend: {{serviceRef: {{namespace: everest-system, name: s{number}, port: 8080}}}}}}\n"
        );
        text
    })
}
