//! What others can write is refused, and the command that the refusal names fixes it.

use crate::support::{Sandbox, is_root, skip};
use snapbox::{assert_data_eq, str};

/// The command in the first hint, run in a shell.
#[track_caller]
fn mend(sandbox: &Sandbox, stderr: &str) {
    let hint = stderr.lines().find_map(|line| line.strip_prefix("hint: ")).unwrap();
    let line = hint.replace("[ROOT]", sandbox.path("").to_str().unwrap()).replace("sudo ", "");
    assert_eq!(sandbox.shell(&line).code, Some(0), "{line}");
}

#[test]
fn a_file_that_others_can_write() {
    let sandbox = Sandbox::new();
    for folder in ["plugins", "bin"] {
        sandbox.script(&format!("{folder}/everestctl-x"), "echo ran");
        sandbox.chmod(&format!("{folder}/everestctl-x"), 0o757);
        let stderr = sandbox.run("x").stderr_failed(126);
        assert_eq!(
            stderr,
            format!(
                "error: `x` is not allowed to run: its file is writable by others\n\
                 hint: chmod o-w [ROOT]/{folder}/everestctl-x\n"
            )
        );
        mend(&sandbox, &stderr);
        assert_eq!(sandbox.run("x").success_silent(), "ran\n");
        std::fs::remove_file(sandbox.path(&format!("{folder}/everestctl-x"))).unwrap();
    }
}

#[test]
fn a_folder_that_others_can_write() {
    let sandbox = Sandbox::new();
    sandbox.script("bin/everestctl-x", "echo ran");
    sandbox.chmod("bin", 0o777);
    let stderr = sandbox.run("x").stderr_failed(126);
    assert_data_eq!(
        &stderr,
        str![[r"
error: `x` is not allowed to run: its folder is writable by others
hint: chmod [..]-w [ROOT]/bin

"]]
    );
    mend(&sandbox, &stderr);
    assert_eq!(sandbox.run("x").success_silent(), "ran\n");
}

#[test]
fn a_parent_of_the_plugin_folder_that_others_can_write() {
    let sandbox = Sandbox::new();
    let sandbox = sandbox.with_path("EVERESTCTL_PLUGIN_DIR", "open/deep");
    sandbox.script("open/deep/everestctl-x", "echo ran");
    sandbox.chmod("open", 0o777);
    let stderr = sandbox.run("x").stderr_failed(126);
    assert!(stderr.contains("-w [ROOT]/open\n"), "{stderr}");
    // The sticky bit protects what belongs to the user.
    sandbox.chmod("open", 0o1777);
    assert_eq!(sandbox.run("x").success_silent(), "ran\n");
}

#[test]
fn a_parent_behind_a_link() {
    let sandbox = Sandbox::new();
    let sandbox = sandbox.with_path("EVERESTCTL_PLUGIN_DIR", "link");
    sandbox.script("open/deep/everestctl-x", "echo ran");
    std::os::unix::fs::symlink(sandbox.path("open/deep"), sandbox.path("link")).unwrap();
    assert_eq!(sandbox.run("x").success_silent(), "ran\n");
    sandbox.chmod("open", 0o777);
    sandbox.run("x").stderr_failed(126);
}

#[test]
fn a_link_to_a_file_in_a_folder_that_others_can_write() {
    let sandbox = Sandbox::new();
    sandbox.script("open/x", "echo ran");
    sandbox.chmod("open", 0o755);
    std::os::unix::fs::symlink(sandbox.path("open/x"), sandbox.path("bin/everestctl-x")).unwrap();
    assert_eq!(sandbox.run("x").success_silent(), "ran\n");
    sandbox.chmod("open", 0o777);
    sandbox.run("x").stderr_failed(126);
}

#[test]
fn a_refused_file_does_not_fall_back_to_one_behind_it() {
    let sandbox = Sandbox::new();
    sandbox.script("plugins/everestctl-x", "echo folder");
    sandbox.script("bin/everestctl-x", "echo path");
    sandbox.chmod("plugins/everestctl-x", 0o777);
    sandbox.run("x").stderr_failed(126);
}

#[test]
fn a_file_that_is_not_executable_is_passed_over_and_explained_when_it_is_the_only_one() {
    let sandbox = Sandbox::new();
    sandbox.write("plugins/everestctl-x", "#!/bin/sh\necho folder\n");
    let stderr = sandbox.run("x").stderr_failed(126);
    assert_data_eq!(
        &stderr,
        str![[r"
error: `x` is not executable
hint: chmod +x [ROOT]/plugins/everestctl-x

"]]
    );
    sandbox.script("bin/everestctl-x", "echo path");
    assert_eq!(sandbox.run("x").success_silent(), "path\n");
    mend(&sandbox, &stderr);
    assert_eq!(sandbox.run("x").success_silent(), "folder\n");
}

#[test]
fn a_file_of_another_user() {
    if !is_root() {
        return skip("root", "refusal::a_file_of_another_user", "only root can give files away");
    }
    let sandbox = Sandbox::new();
    sandbox.script("bin/everestctl-x", "echo ran");
    std::os::unix::fs::chown(sandbox.path("bin/everestctl-x"), Some(4711), None).unwrap();
    let stderr = sandbox.run("x").stderr_failed(126);
    assert!(stderr.contains("belongs to another user (uid 4711)"), "{stderr}");
    mend(&sandbox, &stderr);
    assert_eq!(sandbox.run("x").success_silent(), "ran\n");
}

#[test]
fn a_folder_a_pipe_and_a_socket_are_no_plugins() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("bin/everestctl-folder")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(sandbox.path("bin/everestctl-socket")).unwrap();
    assert_eq!(sandbox.shell("mkfifo ../bin/everestctl-pipe").code, Some(0));
    std::os::unix::fs::symlink("/nowhere", sandbox.path("bin/everestctl-dangling")).unwrap();
    for name in ["folder", "socket", "pipe", "dangling"] {
        // A server might have it, and nobody is signed in to one.
        let error = sandbox.run(name).stderr_failed(127);
        assert!(error.contains("is not a command, and you are not signed in"), "{error}");
    }
    assert_eq!(sandbox.run("plugin list -o name").stdout, "");
}

#[test]
fn a_link_in_a_folder_that_others_can_write_is_no_way_to_a_safe_file() {
    let sandbox = Sandbox::new();
    sandbox.script("safe/x", "echo ran");
    std::fs::create_dir(sandbox.path("evil")).unwrap();
    std::os::unix::fs::symlink(sandbox.path("safe/x"), sandbox.path("evil/link")).unwrap();
    std::os::unix::fs::symlink(sandbox.path("evil/link"), sandbox.path("bin/everestctl-x")).unwrap();
    sandbox.chmod("evil", 0o755);
    assert_eq!(sandbox.run("x").success_silent(), "ran\n");
    sandbox.chmod("evil", 0o777);
    sandbox.run("x").stderr_failed(126);
    // The same for a folder that is reached through such a link.
    std::os::unix::fs::symlink(sandbox.path("safe"), sandbox.path("evil/folder")).unwrap();
    std::fs::rename(sandbox.path("safe/x"), sandbox.path("safe/everestctl-y")).unwrap();
    let path = format!("{}:/usr/bin:/bin", sandbox.path("evil/folder").display());
    sandbox.with("PATH", path).run("y").stderr_failed(126);
}

#[test]
fn a_sidecar_behind_such_a_link_asks_for_nothing() {
    let sandbox = Sandbox::new().with_server("https://everest.example.com");
    sandbox.script("bin/everestctl-x", r#"echo "${EVEREST_TOKEN-none}""#);
    sandbox.write("evil/x.yaml", "credentials: env\n");
    std::os::unix::fs::symlink(sandbox.path("evil/x.yaml"), sandbox.path("bin/everestctl-x.yaml")).unwrap();
    sandbox.chmod("evil", 0o777);
    assert_eq!(sandbox.run("x").stdout, "none\n");
    sandbox.chmod("evil", 0o755);
    assert_eq!(sandbox.run("x").success_silent(), "sesame-open-4711\n");
}
