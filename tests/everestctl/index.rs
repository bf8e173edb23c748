//! What is remembered: never wrong, never half, never in the way.

use crate::support::http::{Reply, Server, json, response};
use crate::support::sandbox::eventually;
use crate::support::{Sandbox, is_root, skip};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const LIST: &str = r#"[{"name":"bench","description":"Run benchmarks"}]"#;

/// A sandbox that knows `bench`, and the file in which it knows it.
fn with_index() -> (Sandbox, Server, PathBuf) {
    let server = Server::with_plugins(LIST);
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.run("plugin refresh").success_silent();
    let file = names_file(&sandbox);
    (sandbox, server, file)
}

fn names_file(sandbox: &Sandbox) -> PathBuf {
    let paths = std::fs::read_dir(sandbox.path("cache/index")).unwrap().flatten().map(|entry| entry.path());
    let is_remote = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("remote-") && path.extension().unwrap() == "names"
    };
    paths.into_iter().find(is_remote).unwrap()
}

fn offline_names(sandbox: &Sandbox) -> String {
    sandbox.run("--offline plugin list -q -o name").stdout
}

#[test]
fn it_is_private() {
    let (sandbox, _server, file) = with_index();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&sandbox.path("cache/index")), 0o700);
}

#[test]
fn a_damaged_file_is_no_file_and_the_next_answer_mends_it() {
    let (sandbox, _server, file) = with_index();
    let good = std::fs::read(&file).unwrap();
    let flip = |position: usize| {
        let mut bytes = good.clone();
        bytes[position] ^= 0x10;
        bytes
    };
    let version = |number: u8| [&good[..8], &[number], &good[9..]].concat();
    for bad in [
        vec![],
        good[..good.len() / 2].to_vec(),
        flip(good.len() - 9),
        flip(2),
        version(0),
        version(200),
        b"not an index at all, but longer than the header of one".to_vec(),
    ] {
        std::fs::write(&file, bad).unwrap();
        assert_eq!(offline_names(&sandbox), "");
        sandbox.run("plugin refresh").success_silent();
        assert_eq!(offline_names(&sandbox), "bench\n");
    }
}

#[test]
fn a_file_or_folder_that_others_can_write_is_not_believed() {
    let (sandbox, _server, file) = with_index();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(offline_names(&sandbox), "");
    sandbox.run("plugin refresh").success_silent();
    sandbox.chmod("cache/index", 0o777);
    let stderr = sandbox.run("plugin refresh").stderr;
    // Root is told at once, everybody else when the folder is looked at.
    assert!(stderr.contains("could not write the index: the folder [ROOT]/cache/index "), "{stderr}");
}

#[test]
fn a_file_of_another_user_is_not_believed() {
    if !is_root() {
        return skip(
            "root",
            "index::a_file_of_another_user_is_not_believed",
            "only root can give files away",
        );
    }
    let (sandbox, _server, file) = with_index();
    std::os::unix::fs::chown(&file, Some(4711), None).unwrap();
    assert_eq!(offline_names(&sandbox), "");
    sandbox.run("plugin refresh").success_silent();
    assert_eq!(offline_names(&sandbox), "bench\n");
}

#[test]
fn a_pipe_in_its_place_does_not_block() {
    let (sandbox, _server, file) = with_index();
    std::fs::remove_file(&file).unwrap();
    let line = format!("mkfifo -m 600 {}", file.display());
    assert_eq!(sandbox.shell(&line).code, Some(0));
    assert_eq!(offline_names(&sandbox), "");
}

#[test]
fn a_cache_that_cannot_be_written_is_a_warning() {
    let server = Server::with_plugins(LIST);
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.write("not-a-folder", "");
    let sandbox = sandbox.with_path("EVERESTCTL_CACHE_DIR", "not-a-folder");
    let output = sandbox.run("plugin list -o name");
    assert_eq!((output.stdout.as_str(), output.code), ("bench\n", Some(0)));
    assert!(output.stderr.contains("warning: could not write the index"), "{}", output.stderr);
}

#[test]
fn users_servers_and_clusters_have_indexes_of_their_own() {
    let (sandbox, server, _file) = with_index();
    assert_eq!(offline_names(&sandbox), "bench\n");
    assert_eq!(sandbox.run("--offline --cluster two plugin list -q -o name").stdout, "");
    let token = |token: &str| Sandbox::new().with("EVEREST_HOST", server.url()).with("EVEREST_TOKEN", token);
    let dana = token("dana");
    dana.run("plugin refresh").success_silent();
    assert_eq!(offline_names(&dana), "bench\n");
    let other = dana.with("EVEREST_TOKEN", "other");
    assert_eq!(offline_names(&other), "");
}

#[test]
fn many_at_once_leave_one_whole_file() {
    let (sandbox, _server, file) = with_index();
    let children: Vec<_> = (0..24)
        .map(|number| {
            let mut child = sandbox.command(["plugin", "refresh", "-q"]);
            let mut child = child.stdout(std::process::Stdio::null()).spawn().unwrap();
            if number % 3 == 0 {
                std::thread::sleep(Duration::from_millis(3));
                let _ = child.kill();
            }
            child
        })
        .collect();
    for mut child in children {
        let _ = child.wait();
    }
    assert_eq!(offline_names(&sandbox), "bench\n");
    assert!(file.exists());
}

#[test]
fn what_is_old_is_refreshed_behind_the_users_back_once() {
    let server = Server::start(|_| {
        std::thread::sleep(Duration::from_millis(400));
        Reply::Bytes(json(LIST))
    });
    let sandbox = Sandbox::new().with_server(&server.url()).with("EVERESTCTL_INDEX_TTL", "1ms");
    sandbox.run("plugin refresh").success_silent();
    std::thread::sleep(Duration::from_millis(5));
    for _ in 0..5 {
        sandbox.run("plugin which bench").success_silent();
    }
    eventually("the server was asked again", || server.lists() == 2);
    sandbox.settle();
    assert_eq!(server.lists(), 2, "single flight");
}

#[test]
fn nothing_happens_behind_the_users_back_when_it_must_not() {
    for variable in ["CI", "EVERESTCTL_OFFLINE"] {
        let (sandbox, server, _file) = with_index();
        let sandbox = sandbox.with("EVERESTCTL_INDEX_TTL", "1ms").with(variable, "true");
        sandbox.run("plugin which bench").success_silent();
        sandbox.settle();
        assert_eq!(server.lists(), 1, "{variable}");
    }
    // A source that failed when the user last asked is left alone.
    let (sandbox, server, _file) = with_index();
    let dead = crate::support::http::nobody();
    sandbox.write(
        "config.yaml",
        std::fs::read_to_string(sandbox.path("config.yaml")).unwrap().replace(&server.url(), &dead),
    );
    sandbox.run("plugin refresh").stderr_failed(1);
    let sandbox = sandbox.with("EVERESTCTL_INDEX_TTL", "1ms");
    // It says what hides the command.
    sandbox.run("plugin which bench").stderr_failed(125);
    sandbox.settle();
    assert_eq!(server.lists(), 1);
}

#[test]
fn a_background_refresh_is_nobodys_child_and_has_no_streams() {
    let server = Server::start(|_| {
        std::thread::sleep(Duration::from_millis(10));
        Reply::Bytes(json(LIST))
    });
    let sandbox = Sandbox::new().with_server(&server.url()).with("EVERESTCTL_INDEX_TTL", "1ms");
    sandbox.run("plugin refresh").success_silent();
    std::thread::sleep(Duration::from_millis(5));
    // A pipe stays open as long as any process holds its end: `cat` would hang on a leaked stream.
    let output =
        sandbox.shell("everestctl plugin which bench 2>&1 | cat; everestctl bench 2>&1 | cat; echo done");
    assert!(output.stdout.ends_with("done\n"));
    eventually("the server was asked again", || server.lists() >= 2);
}

#[test]
fn local_commands_are_seen_as_they_are_now() {
    let sandbox = Sandbox::new();
    sandbox.script("bin/everestctl-one", "");
    assert!(sandbox.run("onn").stderr_failed(127).contains("did you mean `one`?"));
    sandbox.script("bin/everestctl-two", "");
    assert!(sandbox.run("twoo").stderr_failed(127).contains("did you mean `two`?"));
    std::fs::remove_file(sandbox.path("bin/everestctl-one")).unwrap();
    assert!(!sandbox.run("onn").stderr_failed(127).contains("did you mean `one`?"));
}

#[test]
fn what_killed_processes_left_is_swept() {
    let (sandbox, _server, _file) = with_index();
    sandbox.write("cache/index/.new-old", "");
    sandbox.write("cache/index/.new-young", "");
    let line = "touch -d '2 hours ago' ../cache/index/.new-old";
    assert_eq!(sandbox.shell(line).code, Some(0));
    let sandbox = sandbox.with("EVERESTCTL_INDEX_TTL", "1ms");
    sandbox.run("plugin which bench").success_silent();
    eventually("the old one has gone", || !sandbox.path("cache/index/.new-old").exists());
    assert!(sandbox.path("cache/index/.new-young").exists());
}

#[test]
fn a_lock_that_is_never_let_go_delays_and_does_not_stop() {
    let (sandbox, _server, file) = with_index();
    let line = format!(
        "flock {} sleep 30 >/dev/null 2>&1 & trap 'kill $!' EXIT; sleep 0.2; everestctl plugin list -o name",
        file.with_extension("lock").display()
    );
    let start = std::time::Instant::now();
    let output = sandbox.shell(&line);
    assert_eq!(output.stdout, "bench\n", "{}", output.stderr);
    assert!(
        output.stderr.contains("could not write the index: locked by another process"),
        "{}",
        output.stderr
    );
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_background_refresh_keeps_nothing_open() {
    // The first question, the user's own, is answered; the second never is.
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        if !request.path.ends_with("/plugins") {
            return Reply::Bytes(response("404 Not Found", "text/plain", b"404 page not found\n"));
        }
        match asked.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::Bytes(json(LIST)),
            _ => Reply::Silence,
        }
    });
    let sandbox = Sandbox::new().with_server(&server.url()).with("EVERESTCTL_INDEX_TTL", "1ms");
    sandbox.run("plugin refresh").success_silent();
    std::thread::sleep(Duration::from_millis(5));
    let start = std::time::Instant::now();
    let output = sandbox.shell("(exec 9>&1; everestctl plugin which bench >/dev/null 2>&1) | cat; echo done");
    assert_eq!(output.stdout, "done\n");
    assert!(start.elapsed() < Duration::from_secs(5));
    eventually("the server was asked again", || server.lists() == 2);
}
