//! An emulator of AWS on this machine: moto, which `tests/moto` fetches.

use super::client::{self, Answer};
use super::sandbox::eventually;
use super::{InTime as _, Sandbox, skip};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What everybody's account is called there.
pub(crate) const ACCOUNT: &str = "123456789012";

/// A server that ends with the test.
pub(crate) struct Moto {
    pub(crate) address: String,
    child: Child,
}

impl Moto {
    /// Starts one; nothing where there is none.
    pub(crate) fn start(test: &str) -> Option<Self> {
        let Some(program) = program() else {
            skip("moto", test, "there is no moto_server (tests/moto fetches it)");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new("/usr/bin/setpriv")
            .args(["--pdeathsig", "KILL"])
            .arg(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", "/nonexistent")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let address = format!("127.0.0.1:{port}");
        // It loads a lot of Python first.
        for _ in 0..3 {
            if TcpStream::connect(&address).is_ok() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
        eventually("moto listens", || TcpStream::connect(&address).is_ok());
        Some(Self { address, child })
    }

    /// The same user with credentials for it, and nothing else of AWS.
    pub(crate) fn used_by(&self, user: Sandbox) -> Sandbox {
        with_keys(user, &format!("http://{}", self.address))
    }

    /// One request of RDS: `Action=…&…`.
    #[track_caller]
    pub(crate) fn rds(&self, region: &str, form: &str) -> Answer {
        let body = format!("Version=2014-10-31&{form}");
        self.ask(region, "rds", &[("content-type", "application/x-www-form-urlencoded")], &body)
    }

    /// Keeps a secret; gives its ARN.
    #[track_caller]
    pub(crate) fn secret(&self, region: &str, name: &str, value: &str) -> String {
        let body =
            serde_json::json!({"Name": name, "SecretString": value, "ClientRequestToken": "0".repeat(32)});
        let headers =
            [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", "secretsmanager.CreateSecret")];
        let answer = self.ask(region, "secretsmanager", &headers, &body.to_string());
        answer.json()["ARN"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn ask(&self, region: &str, service: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential=testing/20261128/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        let headers = [headers, &[("authorization", scope.as_str())]].concat();
        let answer = client::ask(&self.address, "POST /", &headers, body.as_bytes());
        assert_eq!(answer.status, 200, "{body}: {}", answer.text());
        answer
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A user with keys for the AWS at `endpoint`, who asks no machine of Amazon's for others.
pub(crate) fn with_keys(user: Sandbox, endpoint: &str) -> Sandbox {
    user.with("AWS_ACCESS_KEY_ID", "testing")
        .with("AWS_SECRET_ACCESS_KEY", "hunter2-of-aws")
        .with("AWS_EC2_METADATA_DISABLED", "true")
        .with("AWS_ENDPOINT_URL", endpoint)
}

/// Where it is, if it has been fetched.
fn program() -> Option<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/moto");
    let found = Command::new(script).arg("--check").stdin(Stdio::null()).output_in_time();
    let path = String::from_utf8(found.stdout).unwrap();
    found.status.success().then(|| PathBuf::from(path.trim()))
}
