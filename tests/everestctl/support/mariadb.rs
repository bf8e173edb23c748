//! A MariaDB of a test's own: in its own folder, never as root.

use super::sandbox::eventually;
use super::{InTime as _, is_root, skip};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const PROGRAM: &str = "/usr/sbin/mariadbd";
/// An unprivileged user: what the server runs as when the tests run as root.
const NOBODY: u32 = 65534;

/// A server that ends with the test.
pub(crate) struct MariaDb {
    _folder: tempfile::TempDir,
    child: Child,
    pub(crate) port: u16,
}

impl MariaDb {
    /// Starts one without users; nothing where there is none.
    pub(crate) fn start(test: &str) -> Option<Self> {
        if !Path::new(PROGRAM).exists() {
            skip("mariadb", test, "there is no MariaDB (Debian: apt-get install mariadb-server-core)");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("everestctl-mariadb-").tempdir().unwrap();
        if is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("/usr/bin/setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if is_root() {
            let nobody = NOBODY.to_string();
            command.args(["--reuid", &nobody, "--regid", &nobody, "--clear-groups"]);
        }
        let at = |name: &str| folder.path().join(name).display().to_string();
        let child = command
            .arg(PROGRAM)
            .args([
                "--no-defaults",
                "--skip-grant-tables",
                "--bind-address=127.0.0.1",
                "--innodb-buffer-pool-size=8M",
            ])
            .args(["--innodb-flush-log-at-trx-commit=0", "--skip-log-bin", "--skip-slave-start"])
            .arg(format!("--port={port}"))
            .arg(format!("--datadir={}", folder.path().display()))
            .arg(format!("--socket={}", at("socket")))
            .arg(format!("--pid-file={}", at("pid")))
            .arg(format!("--log-error={}", at("log")))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { _folder: folder, child, port };
        eventually("MariaDB listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(server)
    }

    /// Its version, as it says it itself.
    pub(crate) fn version() -> String {
        let output =
            Command::new(PROGRAM).args(["--no-defaults", "--version"]).stdin(Stdio::null()).output_in_time();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_whitespace().skip_while(|word| *word != "Ver").nth(1).unwrap().to_owned()
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
