//! Native libraries and other forms of the example plugins, built by the compilers of this machine.

use super::{InTime as _, Sandbox};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder of the examples.
pub(crate) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/examples")
}

/// The name of a library in the plugin folder.
pub(crate) fn library_name(stem: &str) -> String {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    format!("{DLL_PREFIX}everestctl_{stem}{DLL_SUFFIX}")
}

/// Compiles examples in C; `arguments` may name files in the folder of the examples.
#[track_caller]
pub(crate) fn compile(to: &Path, arguments: &[&str]) {
    let output = Command::new("cc")
        .args(["-std=gnu99", "-Wall", "-Wextra", "-Werror", "-O1", "-I"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/protocol/include"))
        .args(arguments)
        .arg("-o")
        .arg(to)
        .current_dir(examples())
        .stdin(Stdio::null())
        .output_in_time();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Puts the library of `stress` into the plugin folder, with what is wrong with it.
#[track_caller]
pub(crate) fn install_stress(sandbox: &Sandbox, lie: &str) -> PathBuf {
    let path = sandbox.path("plugins").join(library_name("stress"));
    let lie = format!("-DLIE={lie}");
    compile(&path, &["-shared", "-fPIC", "-pthread", &lie, "stress/stress.c"]);
    path
}
