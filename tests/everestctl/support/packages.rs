//! Packages for the tests of installing.

use super::{InTime as _, Sandbox};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A folder with a package `name` whose command says `says`.
pub(crate) fn package(sandbox: &Sandbox, name: &str, version: &str, says: &str) {
    let folder = format!("packages/{name}");
    sandbox.write(
        &format!("{folder}/everestctl-plugin.yaml"),
        format!(
            "name: {name}\nversion: {version}\nsummary: Say {says}\nlicense: Apache-2.0\n\
             platforms: {{any: {{file: bin/run.sh}}}}\ncompletion: words\nwords: {{loud: Shout}}\n"
        ),
    );
    sandbox.script(&format!("{folder}/bin/run.sh"), &format!("echo {says} \"$@\""));
}

/// The same as an archive; gives its bytes. It is `packages/NAME.tar.gz`.
pub(crate) fn archive(sandbox: &Sandbox, name: &str, version: &str, says: &str) -> Vec<u8> {
    package(sandbox, name, version, says);
    let file = format!("{name}.tar.gz");
    let packed = Command::new("tar")
        .args(["-czf", &file, name])
        .current_dir(sandbox.path("packages"))
        .status_in_time();
    assert!(packed.success());
    fs::read(sandbox.path("packages").join(file)).unwrap()
}

/// Installs it.
pub(crate) fn install(sandbox: &Sandbox, name: &str) -> String {
    sandbox.run(&format!("plugin install {} --yes", source(sandbox, name))).success_stderr()
}

/// Where it is.
pub(crate) fn source(sandbox: &Sandbox, name: &str) -> String {
    sandbox.path("packages").join(name).display().to_string()
}

/// Makes the package of a first-party plugin as its README says, has it judged and packed, and installs the archive. `more` are
/// other files of its folder that are judged, too.
pub(crate) fn first_party(user: &Sandbox, name: &str, program: &Path, more: &[&str]) {
    let delivered = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins").join(name);
    for file in [&["everestctl-plugin.yaml", "README.md"], more].concat() {
        user.write(&format!("package/{file}"), fs::read(delivered.join(file)).unwrap());
    }
    let file = program.file_name().unwrap().to_str().unwrap();
    fs::copy(program, user.path("package").join(file)).unwrap();
    let package = user.path("package").display().to_string();
    let judged = user.run_with(["plugin", "lint", &package]);
    assert_eq!((judged.code, judged.stdout.as_str()), (Some(0), ""), "{judged:?}");
    assert!(judged.stderr.starts_with("0 errors, 0 warnings in "), "{}", judged.stderr);
    let archive = user.path("package.tar.gz").display().to_string();
    user.run_with(["plugin", "pack", &package, "-f", &archive]).succeeded();
    user.run_with(["plugin", "install", &archive, "--yes"]).succeeded();
}
