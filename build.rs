//! Linking, so that a dispatch costs less than git's: `benches/README.md` has the figures. Only for the binary
//! of this package, on Linux with glibc:
//!
//! * the compiler's support library is linked in, as it is in every C program: one shared library less to
//!   find and to map;
//! * the program has a fixed address (no PIE), as kubectl, gh, docker and helm have: the loader need not write 33,000
//!   addresses into a hundred pages. What is given up: its own code and data are not where nobody can guess them; the stack, the heap
//!   and the shared libraries still are. `EVERESTCTL_PIE=1` takes it back, for distributions whose rules want it;
//! * in a release for x86-64 the functions that quick commands run stand side by side (`link/functions.ld`): a function costs the
//!   page fault and the 64 KiB that the system reads around it, and they would lie all over 20 MB.
//!
//! libc stays shared, since only then are host names found as the system is told to (`nsswitch.conf`), and native libraries
//! loaded. libm stays with it: as a static library it asks the loader for what only a static libc has.
#![expect(clippy::disallowed_methods, reason = "a build script has no `sys` to ask")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// What a release says of itself.
const COMMIT: &str = "EVERESTCTL_COMMIT";
const COMMIT_DATE: &str = "EVERESTCTL_COMMIT_DATE";

const SWITCH: &str = "EVERESTCTL_PIE";

/// Which functions come first, for the linker. `link/order` writes it, from the map that the linker writes.
const ORDER: &str = "link/functions.ld";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    // The library has these files in it.
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-env-changed={SWITCH}");
    say_which_commit();
    if variable("CARGO_CFG_TARGET_OS") != "linux" || variable("CARGO_CFG_TARGET_ENV") != "gnu" {
        return Ok(());
    }
    link(&format!("-L{}", support_library()?.display()));
    if variable(SWITCH) != "1" {
        link("-no-pie");
    }
    if variable("PROFILE") == "release" && has_rusts_linker() {
        let project = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
        link(&format!("-Wl,-T,{}", project.join(ORDER).display()));
        link(&format!("-Wl,-Map,{}", PathBuf::from(variable("OUT_DIR")).join("link/map").display()));
    }
    Ok(())
}

/// The commit of a release, unless whoever builds has said it. Other builds have none: it would be that of the last time
/// that this script ran.
fn say_which_commit() {
    println!("cargo::rerun-if-env-changed={COMMIT}");
    println!("cargo::rerun-if-env-changed={COMMIT_DATE}");
    if variable("PROFILE") != "release" {
        return;
    }
    if Path::new(".git/HEAD").exists() {
        println!("cargo::rerun-if-changed=.git/HEAD");
        println!("cargo::rerun-if-changed=.git/refs/heads");
    }
    for (name, form) in [(COMMIT, "%h"), (COMMIT_DATE, "%cs")] {
        if env::var_os(name).is_some() {
            continue;
        }
        let output = Command::new("git").args(["log", "-1", &format!("--format={form}")]).output();
        let said = output.ok().filter(|output| output.status.success());
        if let Some(text) = said.and_then(|output| String::from_utf8(output.stdout).ok()) {
            println!("cargo::rustc-env={name}={}", text.trim());
        }
    }
}

/// Whether it is linked by the linker that comes with Rust (lld), which takes such a script; not every other one does.
fn has_rusts_linker() -> bool {
    let is_named =
        ["fuse-ld", "linker"].iter().any(|word| variable("CARGO_ENCODED_RUSTFLAGS").contains(word));
    variable("CARGO_CFG_TARGET_ARCH") == "x86_64" && env::var_os("RUSTC_LINKER").is_none() && !is_named
}

fn link(argument: &str) {
    println!("cargo::rustc-link-arg-bin=everestctl={argument}");
}

/// A folder in which the linker, asked for `libgcc_s.so`, finds the same code as a static library. Rust's
/// standard library asks for it by name, so that `-static-libgcc` does not help.
///
/// The folder stays empty if the compiler has no static library: the linker then works as usual.
fn support_library() -> io::Result<PathBuf> {
    let folder = PathBuf::from(variable("OUT_DIR")).join("link");
    fs::create_dir_all(&folder)?;
    let found = ["libgcc_eh.a", "libgcc.a"].map(path_of);
    if let [Some(unwinding), Some(arithmetic)] = found {
        let script = format!("GROUP ( \"{}\" \"{}\" )\n", unwinding.display(), arithmetic.display());
        fs::write(folder.join("libgcc_s.so"), script)?;
    }
    Ok(folder)
}

/// Where the C compiler that links has `library`.
fn path_of(library: &str) -> Option<PathBuf> {
    let linker = env::var("RUSTC_LINKER").unwrap_or_else(|_| "cc".to_owned());
    let output = Command::new(linker).arg(format!("-print-file-name={library}")).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    // What it does not have it repeats as it was asked.
    Some(Path::new(path.trim()).to_owned()).filter(|path| path.is_absolute())
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}
