//! A PostgreSQL of a test's own: in its own folder, at a socket, never as root.

use super::InTime as _;
use super::sandbox::eventually;
use super::{is_root, skip};
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// An unprivileged user: what the server runs as when the tests run as root.
pub(crate) const NOBODY: u32 = 65534;
/// The password of the administrator. It must never be seen.
pub(crate) const PASSWORD: &str = "hunter2 'x";

/// A server that ends with the test.
pub(crate) struct Postgres {
    folder: tempfile::TempDir,
    child: Child,
    port: String,
}

impl Postgres {
    /// Starts one; nothing where there is no PostgreSQL.
    pub(crate) fn start(test: &str) -> Option<Self> {
        Self::start_with(test, |data| {
            fs::write(data.join("postgresql.auto.conf"), "listen_addresses = ''\nport = 5432\n").is_ok()
        })
    }

    /// Starts one that can be reached by 127.0.0.1 too, and only encrypted there; nothing where something is missing.
    pub(crate) fn start_encrypted(test: &str) -> Option<Self> {
        Self::start_with(test, |data| {
            let files = ["-keyout", "server.key", "-out", "server.crt"];
            let made = unprivileged(Path::new("/usr/bin/openssl"))
                .args([
                    "req",
                    "-x509",
                    "-newkey",
                    "rsa:2048",
                    "-nodes",
                    "-days",
                    "2",
                    "-subj",
                    "/CN=127.0.0.1",
                ])
                .args(files)
                .current_dir(data)
                .output();
            if !made.is_ok_and(|made| made.status.success()) {
                skip("openssl", test, "there is no openssl to make a certificate");
                return false;
            }
            // A port that is free now; the server would say if it were not any more.
            let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let rules = "local all all scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n";
            fs::write(data.join("pg_hba.conf"), rules).unwrap();
            let settings = format!("ssl = on\nlisten_addresses = '127.0.0.1'\nport = {port}\n");
            fs::write(data.join("postgresql.auto.conf"), settings).unwrap();
            true
        })
    }

    /// Starts one when `prepare` has done what it wants with the folder of its data.
    fn start_with(test: &str, prepare: impl FnOnce(&Path) -> bool) -> Option<Self> {
        let (Some(initdb), Some(postgres), Some(_)) =
            (program("initdb"), program("postgres"), program("psql"))
        else {
            skip("postgres", test, "there is no PostgreSQL (Debian: apt-get install postgresql)");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("everestctl-pg-").tempdir().unwrap();
        let secret = folder.path().join("password");
        fs::write(&secret, PASSWORD).unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
        if is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let data = folder.path().join("data");
        let made = unprivileged(&initdb)
            .args(["--username=admin", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .arg(format!("--pwfile={}", secret.display()))
            .arg(&data)
            .output_in_time();
        if !made.status.success() {
            skip(
                "postgres",
                test,
                &format!("initdb cannot run here: {}", String::from_utf8_lossy(&made.stderr).trim()),
            );
            return None;
        }
        if !prepare(&data) {
            return None;
        }
        let child = unprivileged(&postgres)
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args(["-c", "fsync=off", "-c", "shared_buffers=16MB"])
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let settings = fs::read_to_string(data.join("postgresql.auto.conf")).unwrap();
        let port = settings.lines().find_map(|line| line.strip_prefix("port = ")).unwrap().to_owned();
        let server = Self { folder, child, port };
        eventually("PostgreSQL answers", || server.try_psql("postgres", "select 1").is_ok());
        Some(server)
    }

    /// The folder of its socket.
    pub(crate) fn host(&self) -> &Path {
        self.folder.path()
    }

    /// Its port.
    pub(crate) fn port(&self) -> &str {
        &self.port
    }

    /// What the server has noted.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// What psql prints for a statement, without decoration.
    #[track_caller]
    pub(crate) fn psql(&self, database: &str, sql: &str) -> String {
        self.try_psql(database, sql).unwrap_or_else(|error| panic!("{error}"))
    }

    fn try_psql(&self, database: &str, sql: &str) -> Result<String, String> {
        let output = self
            .client("psql", database)
            .args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql])
            .output_in_time();
        if output.status.success() {
            Ok(String::from_utf8(output.stdout).unwrap())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// A program of PostgreSQL, ready to connect to `database`.
    pub(crate) fn client(&self, name: &str, database: &str) -> Command {
        let mut command = Command::new(program(name).unwrap_or_else(|| name.into()));
        command
            .env("PGHOST", self.host())
            .env("PGPORT", &self.port)
            .env("PGUSER", "admin")
            .env("PGPASSWORD", PASSWORD)
            .env("PGDATABASE", database)
            .stdin(Stdio::null());
        command
    }

    /// An entry for a file of instances.
    pub(crate) fn instance(&self, name: &str, namespace: &str) -> String {
        let (host, port) = (self.host().display(), &self.port);
        let password = PASSWORD.replace('\'', "''");
        format!(
            "- {{name: {name}, namespace: {namespace}, host: '{host}', port: {port}, username: admin, password: '{password}'}}\n"
        )
    }

    /// An entry for a connection over the network, with libpq's mode of encryption.
    pub(crate) fn encrypted_instance(&self, name: &str, mode: &str) -> String {
        let password = PASSWORD.replace('\'', "''");
        let port = &self.port;
        format!(
            "- {{name: {name}, host: 127.0.0.1, port: {port}, username: admin, password: '{password}', \
             uri: 'postgresql://127.0.0.1:{port}/postgres?sslmode={mode}'}}\n"
        )
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) fn break_down(&mut self) {
        super::host::kill(self.child.id(), Signal::QUIT);
        self.child.status_in_time();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            super::host::kill(self.child.id(), Signal::QUIT);
            let _ = self.child.wait();
        }
    }
}

/// Where a program of PostgreSQL is.
fn program(name: &str) -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders.extend(["/usr/local/bin".into(), "/usr/bin".into()]);
    folders.into_iter().map(|folder| folder.join(name)).find(|path| path.exists())
}

/// `program`, not as root, and not longer than this test.
pub(crate) fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new("/usr/bin/setpriv");
    command.args(["--pdeathsig", "QUIT"]);
    if is_root() {
        let nobody = NOBODY.to_string();
        command.args(["--reuid", &nobody, "--regid", &nobody, "--clear-groups"]);
    }
    command
        .arg(program)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null());
    command
}
