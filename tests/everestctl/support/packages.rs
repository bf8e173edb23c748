//! Packages for the tests of installing.

use super::{InTime as _, Sandbox};
use std::fs;
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
