//! The C header and the Rust types say the same, by what compilers make of both.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout)]

use everestctl_protocol::native::{
    self, Bytes, Header, Host, Invocation, PluginDescriptor, Request, Response,
};
use std::mem::offset_of;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Compilers with the language that they take the header for; those that are not installed are left out by name.
const COMPILERS: &[(&str, &str, &str)] = &[
    ("gcc", "c99", "c"),
    ("gcc", "c17", "c"),
    ("clang", "c99", "c"),
    ("g++", "c++11", "c++"),
    ("clang++", "c++17", "c++"),
];

const PROGRAM: &str = r#"
#include "everestctl_plugin.h"
#include <stdio.h>
#define SIZE(type) printf(#type " %lu\n", (unsigned long)sizeof(struct everestctl_##type));
#define OFFSET(type, member) printf(#type "." #member " %lu\n", (unsigned long)offsetof(struct everestctl_##type, member));
int main(void) {
    printf("version %u\n", EVERESTCTL_ABI_VERSION);
    printf("codes %d %d %d %d %d %d\n", EVERESTCTL_OK, EVERESTCTL_FAILED, EVERESTCTL_INVALID, EVERESTCTL_SIGN_IN,
           EVERESTCTL_STDOUT, EVERESTCTL_STDERR);
    LAYOUT
    return 0;
}
"#;

/// Each struct with its members: the text for C, and what Rust says.
macro_rules! layout {
    ($($type:ident as $name:literal { $($member:ident),* })*) => {{
        let (mut asked, mut expected) = (String::new(), String::new());
        $(
            asked.push_str(&format!("SIZE({})\n", $name));
            expected.push_str(&format!("{} {}\n", $name, size_of::<$type>()));
            $(
                asked.push_str(&format!("OFFSET({}, {})\n", $name, stringify!($member)));
                expected.push_str(&format!("{}.{} {}\n", $name, stringify!($member), offset_of!($type, $member)));
            )*
        )*
        (asked, expected)
    }};
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("header-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn compile(compiler: &str, standard: &str, language: &str, source: &Path, program: &Path) -> Option<Output> {
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    let compiled = Command::new(compiler)
        .args(["-Wall", "-Wextra", "-Werror", "-pedantic", &format!("-std={standard}"), "-x", language, "-I"])
        .arg(include)
        .arg(source)
        .arg("-o")
        .arg(program)
        .output();
    match compiled {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped {compiler} ({standard}): it is not installed");
            None
        }
        other => Some(other.unwrap()),
    }
}

#[test]
fn c_and_rust_agree() {
    let (asked, expected) = layout! {
        Bytes as "bytes" { data, size }
        Header as "header" { name, value }
        Invocation as "invocation" { struct_size, name, arguments, argument_count }
        Request as "request" { struct_size, plugin, method, path, headers, header_count, body }
        Response as "response" { struct_size, status, headers, header_count, body, error, hint, owner }
        Host as "host" {
            struct_size, abi_version, protocol, context, write, token, request, release, progress, is_cancelled,
            request_server
        }
        PluginDescriptor as "plugin" { struct_size, abi_version, reserved, metadata, run }
    };
    let codes =
        [native::OK, native::FAILED, native::INVALID, native::SIGN_IN, native::STDOUT, native::STDERR];
    let codes = codes.map(|code| code.to_string()).join(" ");
    let expected = format!("version {}\ncodes {codes}\n{expected}", native::ABI_VERSION);
    let folder = folder();
    let (source, program) = (folder.join("layout.c"), folder.join("layout"));
    std::fs::write(&source, PROGRAM.replace("LAYOUT", &asked)).unwrap();
    let mut count = 0;
    for (compiler, standard, language) in COMPILERS {
        let Some(compiled) = compile(compiler, standard, language, &source, &program) else { continue };
        assert!(
            compiled.status.success(),
            "{compiler} -std={standard}: {}",
            String::from_utf8_lossy(&compiled.stderr)
        );
        let told = Command::new(&program).output().unwrap();
        assert_eq!(String::from_utf8(told.stdout).unwrap(), expected, "{compiler} -std={standard}");
        count += 1;
    }
    assert!(count > 0, "no compiler for C is installed");
    std::fs::remove_dir_all(folder).unwrap();
}
