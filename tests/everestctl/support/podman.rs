//! A podman of the test's own: its images and containers lie in a folder that goes with the test.

use super::registry::Registry;
use super::{InTime as _, Sandbox, skip};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Images whose program tells what it finds, and whoever runs them.
pub(crate) struct Podman {
    place: Sandbox,
}

/// No control group is to be had in a container of CI, nor a network of its own, and no more than it has itself.
const CONTAINERS: &str = "[containers]\nnetns = \"host\"\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\n\
     [engine]\nruntime = \"runc\"\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\n";

impl Podman {
    /// One that works; nothing where there is none, said by name.
    pub(crate) fn start(test: &str) -> Option<Self> {
        let missing = |what: &str| {
            skip("podman", test, what);
            None
        };
        if ["podman", "runc", "catatonit"].iter().any(|name| {
            !Path::new("/usr/bin").join(name).exists() && !Path::new("/usr/sbin").join(name).exists()
        }) {
            return missing("podman, runc and catatonit are not all installed");
        }
        let podman = Self { place: Sandbox::new() };
        podman.place.write("containers.conf", CONTAINERS);
        podman.trust_plain_http(&[]);
        let folder = |name: &str| podman.place.path(name).display().to_string();
        podman.place.write(
            "storage.conf",
            format!(
                "[storage]\ndriver = \"vfs\"\ngraphroot = \"{}\"\nrunroot = \"{}\"\n",
                folder("graph"),
                folder("state")
            ),
        );
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/everestctl/support/container.c");
        fs::create_dir(podman.place.path("root")).unwrap();
        let built = Command::new("cc")
            .args(["-static", "-O1", "-o"])
            .arg(podman.place.path("root/program"))
            .arg(source)
            .stdin(Stdio::null())
            .output_in_time();
        if !built.status.success() {
            return missing(&format!(
                "no static program can be built: {}",
                String::from_utf8_lossy(&built.stderr)
            ));
        }
        podman.import("probe", "probe");
        let ran = podman.command(&["run", "--rm", "probe"]).output_in_time();
        if !ran.status.success() {
            return missing(&format!(
                "podman runs no containers here: {}",
                String::from_utf8_lossy(&ran.stderr)
            ));
        }
        Some(podman)
    }

    /// The variables by which everestctl finds it.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let path = |name: &str| self.place.path(name).display().to_string();
        vec![
            ("CONTAINERS_CONF", path("containers.conf")),
            ("CONTAINERS_STORAGE_CONF", path("storage.conf")),
            ("CONTAINERS_REGISTRIES_CONF", path("registries.conf")),
            ("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin".to_owned()),
        ]
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("podman");
        command.env_clear().envs(self.variables()).env("HOME", self.place.path("home")).args(arguments);
        command.stdin(Stdio::null());
        command
    }

    /// Makes an image of this static program, whose name is `name`.
    pub(crate) fn import_program(&self, name: &str, program: &Path) {
        fs::copy(program, self.place.path("root/program")).unwrap();
        self.import(name, name);
    }

    /// Makes the image `name`, which calls itself `label`.
    pub(crate) fn import(&self, name: &str, label: &str) {
        self.place.write("root/label", label);
        self.import_folder("root", &["--change", "ENTRYPOINT [\"/program\"]"], name);
    }

    /// Makes the image `name` of a folder of its own.
    fn import_folder(&self, folder: &str, more: &[&str], name: &str) {
        let archive = self.place.path("root.tar");
        let packed = Command::new("tar")
            .arg("-C")
            .arg(self.place.path(folder))
            .arg("-cf")
            .arg(&archive)
            .arg(".")
            .status();
        assert!(packed.unwrap().success());
        let archive = archive.display().to_string();
        let made = self.command(&[&["import", "--quiet"], more, &[&archive, name]].concat()).output_in_time();
        assert!(made.status.success(), "{made:?}");
    }

    /// Builds the image `name` as the Dockerfile of a plugin says, without what no network is needed for: its base image is the
    /// libraries of this machine that `program` loads, and what its stage `build` would have made is `program`.
    pub(crate) fn build(&self, dockerfile: &Path, program: &Path, name: &str) {
        let text = fs::read_to_string(dockerfile).unwrap();
        let base = text.lines().filter_map(|line| line.strip_prefix("FROM ")).next_back().unwrap();
        let passwd = "root:x:0:0::/root:/sbin/nologin\nnonroot:x:65532:65532::/home/nonroot:/sbin/nologin\n";
        self.place.write("base/etc/passwd", passwd);
        let loaded = Command::new("ldd").arg(program).output_in_time();
        assert!(loaded.status.success(), "{loaded:?}");
        let loaded = String::from_utf8(loaded.stdout).unwrap();
        for library in loaded.split_whitespace().filter(|word| word.starts_with('/')) {
            self.place.write(&format!("base{library}"), fs::read(library).unwrap());
            let place = self.place.path(&format!("base{library}"));
            fs::set_permissions(place, fs::Permissions::from_mode(0o755)).unwrap();
        }
        self.import_folder("base", &[], base);
        let file = program.file_name().unwrap().to_str().unwrap();
        let made = self.place.path("stage/src/target/release");
        fs::create_dir_all(&made).unwrap();
        fs::create_dir_all(self.place.path("context")).unwrap();
        fs::copy(program, made.join(file)).unwrap();
        let stage = format!("build={}", self.place.path("stage").display());
        let (dockerfile, context) =
            (dockerfile.display().to_string(), self.place.path("context").display().to_string());
        // No command runs in the last stage, and a container of its own is not to be had everywhere.
        let words = ["build", "--quiet", "--pull=never", "--isolation=chroot", "--build-context", &stage];
        let built = self.command(&[&words[..], &["-f", &dockerfile, "-t", name, &context]].concat());
        let built = { built }.output_in_time();
        assert!(built.status.success(), "{built:?}");
    }

    /// What runs an image as everestctl does, but for its arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Command {
        self.command(&[&["run", "--rm"], arguments].concat())
    }

    /// Has these registries asked over plain http.
    pub(crate) fn trust_plain_http(&self, addresses: &[&str]) {
        let entry = |address: &&str| format!("[[registry]]\nlocation = \"{address}\"\ninsecure = true\n");
        let entries: Vec<String> = addresses.iter().map(entry).collect();
        self.place.write("registries.conf", entries.concat());
    }

    /// Puts the image `name` into a registry.
    pub(crate) fn push(&self, name: &str, place: &str) {
        let pushed = self.command(&["push", "--quiet", name, place]).output_in_time();
        assert!(pushed.status.success(), "{pushed:?}");
    }

    /// A real registry on this machine; nothing where there is none, said by name.
    pub(crate) fn registry(&self, test: &str) -> Option<Registry> {
        Registry::start(&self.place, "podman", test)
    }

    /// Ends what runs, as a cluster does.
    pub(crate) fn stop_all(&self) -> bool {
        self.command(&["stop", "--all", "--time=5"]).output_in_time().status.success()
    }

    /// The IDs of the containers that run.
    pub(crate) fn running(&self) -> String {
        let listed = self.command(&["ps", "--quiet"]).output_in_time();
        assert!(listed.status.success(), "{listed:?}");
        String::from_utf8_lossy(&listed.stdout).trim().to_owned()
    }

    /// The IDs of all containers, also of those that do not run.
    pub(crate) fn all(&self) -> String {
        let listed = self.command(&["ps", "--all", "--quiet"]).output_in_time();
        assert!(listed.status.success(), "{listed:?}");
        String::from_utf8_lossy(&listed.stdout).trim().to_owned()
    }

    /// A standard input that holds `text`.
    pub(crate) fn input(&self, text: &str) -> File {
        self.place.write("input", text);
        File::open(self.place.path("input")).unwrap()
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        let _ = self.command(&["rm", "--all", "--force", "--time=0"]).output_in_time();
    }
}
