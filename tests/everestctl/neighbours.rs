//! Other users of the machine: what they put in the way of a file that the user writes, reads or runs.
//!
//! The neighbour is uid 65534, and needs a root that can give files away.

use crate::support::InTime as _;
use crate::support::http::{Reply, Server};
use crate::support::plugin::answering;
use crate::support::sandbox::eventually;
use crate::support::{Sandbox, is_root, skip};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const NEIGHBOUR: u32 = 65534;

/// A plugin `x` with a file to save, and a folder `shared` in which everybody may put something.
fn sandbox() -> (Sandbox, Server) {
    let (sandbox, server) = answering(|route, _| {
        (route == "GET /api/blob").then(|| {
            let head = "content-type: application/octet-stream\r\ncontent-length: 3\r\nconnection: close";
            Reply::Bytes(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\nnew").into_bytes())
        })
    });
    fs::create_dir(sandbox.path("shared")).unwrap();
    sandbox.chmod("shared", 0o1777);
    (sandbox, server)
}

fn give_away(path: &Path) {
    lchown(path, Some(NEIGHBOUR), Some(NEIGHBOUR)).unwrap();
}

/// A link of the neighbour's.
fn foreign_link(target: impl AsRef<Path>, place: impl AsRef<Path>) {
    symlink(target, place.as_ref()).unwrap();
    give_away(place.as_ref());
}

fn save(sandbox: &Sandbox, file: &str) -> crate::support::Output {
    sandbox.run_with(["x", "blob", "--output-file", sandbox.path(file).to_str().unwrap()])
}

#[track_caller]
fn refused(sandbox: &Sandbox, file: &str, why: &str) {
    let error = save(sandbox, file).stderr_failed(1);
    assert!(error.contains(why) && error.contains("(uid 65534)\nhint: "), "{file}: {error}");
}

#[test]
fn a_link_of_another_user_leads_nowhere() {
    if !is_root() {
        return skip(
            "root",
            "neighbours::a_link_of_another_user_leads_nowhere",
            "only root can give files away",
        );
    }
    let (sandbox, _server) = sandbox();
    sandbox.write("mine/target", "precious");
    let (target, shared) = (sandbox.path("mine/target"), sandbox.path("shared"));
    foreign_link(&target, shared.join("link"));
    foreign_link(sandbox.path("mine/made"), shared.join("dangling"));
    foreign_link(sandbox.path("mine"), shared.join("folder"));
    foreign_link("../mine", shared.join("relative"));
    // A link of the user's own that leads through one of theirs.
    symlink(shared.join("link"), sandbox.path("mine/chain")).unwrap();
    symlink("../shared/folder", sandbox.path("mine/again")).unwrap();
    let places = [
        "shared/link",
        "shared/dangling",
        "shared/folder/target",
        "shared/relative/other",
        "shared/../shared/folder/target",
        "mine/chain",
        "mine/again/target",
    ];
    // With and without the sticky bit, for the group alone, for one user by a list, and in a folder of theirs.
    for mode in [0o1777, 0o777, 0o775, 0o755] {
        sandbox.chmod("shared", mode);
        let owner = if mode == 0o755 { NEIGHBOUR } else { 0 };
        chown(&shared, Some(owner), Some(50)).unwrap();
        for place in places {
            refused(&sandbox, place, "belongs to another user");
        }
    }
    chown(&shared, Some(0), Some(0)).unwrap();
    sandbox.chmod("shared", 0o755);
    if has_lists(&sandbox, "a_link_of_another_user_leads_nowhere", &["-m", "u:65534:rwx", "shared"]) {
        refused(&sandbox, "shared/link", "belongs to another user");
    }
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    assert!(!sandbox.path("mine/made").exists() && !sandbox.path("mine/other").exists());
    assert_eq!(fs::read_dir(&shared).unwrap().count(), 4);
    // Where no other user can put a link, one is as good as a name, whoever owns it.
    foreign_link(&target, sandbox.path("mine/theirs"));
    save(&sandbox, "mine/theirs").success_stderr();
    assert_eq!(fs::read_to_string(&target).unwrap(), "new");
}

#[test]
fn links_of_the_users_own_lead_to_what_is_replaced() {
    let (sandbox, _server) = sandbox();
    sandbox.write("mine/target", "old");
    sandbox.chmod("mine/target", 0o640);
    for (target, place) in [
        (sandbox.path("mine/target"), "shared/link"),
        (PathBuf::from("link"), "shared/chain"),
        (PathBuf::from("../mine"), "shared/folder"),
        (sandbox.path("mine/made"), "shared/dangling"),
    ] {
        symlink(target, sandbox.path(place)).unwrap();
    }
    for place in ["shared/link", "shared/chain", "shared/folder/target"] {
        sandbox.write("mine/target", "old");
        sandbox.chmod("mine/target", 0o640);
        save(&sandbox, place).success_stderr();
        let metadata = fs::metadata(sandbox.path("mine/target")).unwrap();
        assert_eq!(fs::read_to_string(sandbox.path("mine/target")).unwrap(), "new", "{place}");
        assert_eq!(metadata.mode() & 0o7777, 0o640, "{place}");
    }
    save(&sandbox, "shared/dangling").success_stderr();
    assert_eq!(fs::read_to_string(sandbox.path("mine/made")).unwrap(), "new");
    let is_link = |place: &str| fs::symlink_metadata(sandbox.path(place)).unwrap().is_symlink();
    assert!(["shared/link", "shared/chain", "shared/folder", "shared/dangling"].into_iter().all(is_link));
    // Any user may have created a hard link to such a symlink.
    let theirs = sandbox.path("shared/second");
    if fs::hard_link(sandbox.path("shared/link"), &theirs).is_ok() {
        assert!(save(&sandbox, "shared/second").stderr_failed(1).contains("has another hard link"));
    }
    symlink("round", sandbox.path("mine/round")).unwrap();
    assert!(save(&sandbox, "mine/round").stderr_failed(1).contains("too many links"));
    assert!(save(&sandbox, "mine").stderr_failed(1).contains("Is a directory"));
    assert!(save(&sandbox, "nowhere/x").stderr_failed(1).contains("No such file or directory"));
}

#[test]
fn what_belongs_to_another_user_is_not_replaced() {
    if !is_root() {
        let test = "neighbours::what_belongs_to_another_user_is_not_replaced";
        return skip("root", test, "only root can give files away");
    }
    let (sandbox, _server) = sandbox();
    for mode in [0o1777, 0o777, 0o755] {
        sandbox.chmod("shared", mode);
        sandbox.write("shared/theirs", "theirs");
        sandbox.chmod("shared/theirs", 0o666);
        give_away(&sandbox.path("shared/theirs"));
        refused(&sandbox, "shared/theirs", "belongs to another user");
        // Another name of a file of theirs, in a folder of the user's.
        let _ = fs::remove_file(sandbox.path("home/name"));
        fs::hard_link(sandbox.path("shared/theirs"), sandbox.path("home/name")).unwrap();
        refused(&sandbox, "home/name", "belongs to another user");
        assert_eq!(fs::read_to_string(sandbox.path("shared/theirs")).unwrap(), "theirs");
    }
    // Another name that they made for a file of the user's: the name changes, the file does not.
    sandbox.chmod("shared", 0o1777);
    sandbox.write("home/precious", "precious");
    fs::hard_link(sandbox.path("home/precious"), sandbox.path("shared/name")).unwrap();
    save(&sandbox, "shared/name").success_stderr();
    assert_eq!(fs::read_to_string(sandbox.path("home/precious")).unwrap(), "precious");
    assert_eq!(fs::read_to_string(sandbox.path("shared/name")).unwrap(), "new");
    // A pipe of theirs is not even opened: that would wait for them.
    assert_eq!(sandbox.shell("mkfifo ../shared/pipe; mkfifo pipe").code, Some(0));
    give_away(&sandbox.path("shared/pipe"));
    refused(&sandbox, "shared/pipe", "the pipe");
    let through = "cat pipe & everestctl x blob --output-file pipe 2>/dev/null; wait";
    assert_eq!(sandbox.shell(through).stdout, "new");
}

#[test]
fn devices_and_open_files_get_everything_at_once() {
    let (sandbox, _server) = sandbox();
    for place in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/proc/thread-self/fd/1"] {
        let line = format!("everestctl x blob --output-file {place} 2>/dev/null | cat");
        assert_eq!(sandbox.shell(&line).stdout, "new", "{place}");
        let line = format!("everestctl x blob --output-file {place} 2>/dev/null >out; cat out");
        assert_eq!(sandbox.shell(&line).stdout, "new", "{place}");
    }
    assert_eq!(sandbox.run("x blob --output-file /dev/null").code, Some(0));
    sandbox.run("x blob --output-file /proc/self/cwd/here").success_stderr();
    assert_eq!(fs::read_to_string(sandbox.path("home/here")).unwrap(), "new");
}

#[test]
fn a_replaced_file_is_open_to_the_same_people_and_lends_nobodys_rights() {
    let (sandbox, _server) = sandbox();
    sandbox.write("home/file", "old");
    for (before, after) in [(0o4755, 0o755), (0o2775, 0o775), (0o600, 0o600), (0o444, 0o444)] {
        sandbox.chmod("home/file", before);
        save(&sandbox, "home/file").success_stderr();
        assert_eq!(fs::metadata(sandbox.path("home/file")).unwrap().mode() & 0o7777, after, "{before:o}");
    }
    if is_root() {
        sandbox.chmod("home/file", 0o660);
        chown(sandbox.path("home/file"), None, Some(50)).unwrap();
        save(&sandbox, "home/file").success_stderr();
        let metadata = fs::metadata(sandbox.path("home/file")).unwrap();
        assert_eq!((metadata.gid(), metadata.mode() & 0o777), (50, 0o660));
    }
    let test = "a_replaced_file_is_open_to_the_same_people_and_lends_nobodys_rights";
    if has_lists(&sandbox, test, &["-m", "u:65534:r,g::-", "home/file"]) {
        let list = || sandbox.shell("getfacl -c file").stdout;
        let before = list();
        save(&sandbox, "home/file").success_stderr();
        assert_eq!(list(), before);
        // What the folder gives to new files is not for one that has no list.
        assert_eq!(sandbox.shell("setfacl -b file; setfacl -d -m u:65534:rwx .").code, Some(0));
        let before = list();
        save(&sandbox, "home/file").success_stderr();
        assert_eq!(list(), before);
    }
}

#[test]
fn a_killed_download_leaves_nothing_and_what_others_have_left_stays() {
    let (sandbox, _server) = answering(|route, _| {
        (route == "GET /api/blob").then(|| {
            Reply::Connection(Box::new(|mut stream| {
                let head = "content-type: application/octet-stream\r\ncontent-length: 100";
                let _ = write!(stream, "HTTP/1.1 200 OK\r\n{head}\r\n\r\nhalf");
                std::thread::sleep(Duration::from_mins(1));
            }))
        })
    });
    let folder = sandbox.path("home");
    let names = || {
        let mut names: Vec<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|name| name.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    sandbox.write("home/saved", "old");
    let left = |digit: &str| format!(".everestctl-unfinished-{}", digit.repeat(16));
    for name in [
        left("1"),
        left("2"),
        left("3"),
        ".everestctl-unfinished-thing".to_owned(),
        ".everestctl-unfinished-0123456789abcdeg".to_owned(),
    ] {
        sandbox.write(&format!("home/{name}"), "");
    }
    // One is being written, one belongs to another user.
    let busy = fs::File::options().write(true).open(folder.join(left("2"))).unwrap();
    busy.lock().unwrap();
    let mut expected = vec![
        ".everestctl-unfinished-0123456789abcdeg".to_owned(),
        left("2"),
        ".everestctl-unfinished-thing".to_owned(),
        "saved".to_owned(),
    ];
    if is_root() {
        give_away(&folder.join(left("3")));
        expected.push(left("3"));
    }
    expected.sort();
    let line = ["x", "blob", "--output-file", "saved"];
    let mut child = sandbox.command(line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("it has begun", || !names().contains(&left("1")));
    child.kill().unwrap();
    child.status_in_time();
    assert_eq!(names(), expected);
    assert_eq!(fs::read_to_string(folder.join("saved")).unwrap(), "old");
}

/// Sets an access control list; says so when that cannot be.
fn has_lists(sandbox: &Sandbox, test: &str, arguments: &[&str]) -> bool {
    let set = Command::new("setfacl").args(arguments).current_dir(sandbox.path("")).status();
    if set.is_ok_and(|status| status.success()) {
        return true;
    }
    skip("setfacl", &format!("neighbours::{test}"), "no setfacl, or a file system without lists");
    false
}

#[test]
fn who_can_write_by_a_list_can_write() {
    let test = "who_can_write_by_a_list_can_write";
    let sandbox = Sandbox::new();
    let path = sandbox.path("deep/bin");
    let sandbox = sandbox.with("PATH", format!("{}:/usr/bin:/bin", path.display()));
    sandbox.script("deep/bin/everestctl-x", "echo ran");
    for place in ["deep/bin/everestctl-x", "deep/bin", "deep"] {
        for list in ["u:65534:rw", "g:65534:rwx"] {
            if !has_lists(&sandbox, test, &["-m", list, place]) {
                return;
            }
            let stderr = sandbox.run("x").stderr_failed(126);
            assert!(
                stderr.contains("is writable by others through its access control list\nhint: chmod g-w"),
                "{stderr}"
            );
            let mend = stderr.lines().find_map(|line| line.strip_prefix("hint: ")).unwrap();
            let mend = mend.replace("[ROOT]", sandbox.path("").to_str().unwrap());
            assert_eq!(sandbox.shell(&mend).code, Some(0), "{mend}");
            assert_eq!(sandbox.run("x").success_silent(), "ran\n", "{place} {list}");
            assert!(has_lists(&sandbox, test, &["-b", place]));
        }
        // Who may only read, or is kept from it by the mask, changes nothing; nor does root.
        for list in ["u:65534:rx", "u:65534:rwx,m::rx", "u:0:rwx"] {
            assert!(has_lists(&sandbox, test, &["-m", list, place]));
            assert_eq!(sandbox.run("x").success_silent(), "ran\n", "{place} {list}");
            assert!(has_lists(&sandbox, test, &["-b", place]));
        }
    }
    // What a folder gives to each new file in it.
    assert!(has_lists(&sandbox, test, &["-d", "-m", "u:65534:rwx", "deep/bin"]));
    assert_eq!(sandbox.run("x").success_silent(), "ran\n");
    fs::remove_file(path.join("everestctl-x")).unwrap();
    fs::write(path.join("everestctl-x"), "#!/bin/sh\necho ran\n").unwrap();
    let mode = fs::metadata(path.join("everestctl-x")).unwrap().permissions().mode();
    fs::set_permissions(path.join("everestctl-x"), fs::Permissions::from_mode(mode | 0o111)).unwrap();
    let said = sandbox.run("x");
    let lets_write = fs::metadata(path.join("everestctl-x")).unwrap().mode() & 0o020 != 0;
    assert_eq!(said.code, Some(if lets_write { 126 } else { 0 }), "{said:?}");
}

#[test]
fn of_path_every_parent_counts() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("open/deep/bin");
    let sandbox = sandbox.with("PATH", format!("{}:/usr/bin:/bin", path.display()));
    sandbox.script("open/deep/bin/everestctl-x", "echo ran");
    symlink(sandbox.path("open/deep"), sandbox.path("link")).unwrap();
    assert_eq!(sandbox.run("x").success_silent(), "ran\n");
    let linked = format!("{}:/usr/bin:/bin", sandbox.path("link/bin").display());
    let dotted = format!("{}/../../deep/bin:/usr/bin:/bin", path.display());
    for folder in ["open", "open/deep"] {
        // Who can write there can swap what is below between the look and the run.
        sandbox.chmod(folder, 0o777);
        let stderr = sandbox.run("x").stderr_failed(126);
        assert!(
            stderr.contains(&format!("its folder is writable by others\nhint: chmod go-w [ROOT]/{folder}\n"))
                || stderr.contains(&format!(
                    "its folder is writable by others\nhint: chmod o-w [ROOT]/{folder}\n"
                )),
            "{stderr}"
        );
        for path in [&linked, &dotted] {
            let line = format!("PATH={path}; export PATH; {} x", env!("CARGO_BIN_EXE_everestctl"));
            sandbox.shell(&line).stderr_failed(126);
        }
        sandbox.chmod(folder, 0o1777);
        assert_eq!(sandbox.run("x").success_silent(), "ran\n");
        if is_root() {
            // The owner of a sticky folder is not held by it.
            chown(sandbox.path(folder), Some(NEIGHBOUR), None).unwrap();
            assert!(
                sandbox
                    .run("x")
                    .stderr_failed(126)
                    .contains("its folder belongs to another user (uid 65534)")
            );
            chown(sandbox.path(folder), Some(0), None).unwrap();
        }
        sandbox.chmod(folder, 0o755);
    }
    assert_eq!(sandbox.run("x").success_silent(), "ran\n");
}

#[test]
fn a_script_finds_its_own_name_and_folder() {
    let sandbox = Sandbox::new();
    sandbox.script("bin/everestctl-x", r#"echo "$0"; . "$(dirname "$0")/beside""#);
    sandbox.write("bin/beside", "echo beside\n");
    assert_eq!(sandbox.run("x").success_silent(), "[ROOT]/bin/everestctl-x\nbeside\n");
}

/// Everything below a folder: path, owner, mode, content.
fn everything(folder: &Path) -> Vec<(PathBuf, u32, u32, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let content = if metadata.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        found.push((path.clone(), metadata.uid(), metadata.mode(), content));
        if metadata.is_dir() {
            found.extend(everything(&path));
        }
    }
    found.sort();
    found
}

#[test]
fn root_with_the_home_of_a_user_changes_nothing_there() {
    if !is_root() {
        let test = "neighbours::root_with_the_home_of_a_user_changes_nothing_there";
        return skip("root", test, "only root can be root");
    }
    let sandbox = Sandbox::new();
    let binary = env!("CARGO_BIN_EXE_everestctl");
    let home = sandbox.path("home");
    let config = "apiVersion: config.openeverest.io/v1alpha1\nkind: ClientConfig\ncurrentContext: a\n\
                  contexts: [{name: a, context: {server: s, user: u}}]\n\
                  servers: [{name: s, server: {url: 'http://127.0.0.1:9'}}]\n\
                  users: [{name: u, user: {accessToken: a, refreshToken: r, expiresAt: 2020-01-01T00:00:00Z}}]\n";
    // Each is something that the user has put in the way, as a script in that home.
    for trap in [
        "true",
        "mkdir -p .config/everest; cp ../config .config/everest/config.yaml",
        "mkdir -p .config/everest; cp ../config .config/everest/config.yaml; cd .config/everest; \
         ln -s $ROOT/precious config.yaml.lock",
        "mkdir -p .config/everest; cp ../config .config/everest/config.yaml; cd .config/everest; \
         ln $ROOT/precious config.yaml.lock",
        "mkdir -p .config; ln -s $ROOT .config/everest",
        "mkdir -p .config/everest; ln -s $ROOT/made .config/everest/config.yaml",
        "mkdir -p .config/everest; ln -s $ROOT/precious .config/everest/config.yaml",
        "ln -s $ROOT .config",
        "mkdir -p .cache/everestctl; ln -s $ROOT .cache/everestctl/index; mkdir .cache/everestctl/man",
        "mkdir -p .cache; ln -s $ROOT .cache/everestctl",
    ] {
        let _ = fs::remove_dir_all(&home);
        let _ = fs::remove_dir_all(sandbox.path("root"));
        for folder in ["home", "root"] {
            fs::create_dir(sandbox.path(folder)).unwrap();
        }
        sandbox.write("config", config);
        sandbox.write("root/precious", "precious of root\n");
        sandbox.chmod("root/precious", 0o600);
        let trap = trap.replace("$ROOT", sandbox.path("root").to_str().unwrap());
        assert_eq!(sandbox.shell(&trap).code, Some(0), "{trap}");
        let away = Command::new("chown").args(["-RhP", "65534:65534"]).arg(&home).status_in_time();
        assert!(away.success());
        // The second name of root's file is root's still.
        chown(sandbox.path("root/precious"), Some(0), Some(0)).unwrap();
        let before = (everything(&home), everything(&sandbox.path("root")));
        let run = |arguments: &[&str]| {
            Command::new(binary)
                .args(arguments)
                .env_clear()
                .env("HOME", &home)
                .env("PATH", "/usr/bin:/bin")
                .current_dir("/")
                .stdin(Stdio::null())
                .output_in_time()
        };
        for arguments in [
            &["config", "set-context", "x", "--server", "http://127.0.0.1:9"][..],
            &["config", "use-context", "a"],
            &["config", "set-context", "a", "-n", "y"],
            &["auth", "token"],
            &["auth", "login", "--server", "http://127.0.0.1:9", "--with-token", "--offline"],
            &["auth", "logout", "--offline"],
            &["alias", "set", "y", "plugin list"],
            &["plugin", "list", "--offline"],
            &["plugin", "refresh"],
            &["unknown-word"],
            &["__complete", ""],
            &["help", "--man", "plugin"],
        ] {
            let output = run(arguments);
            assert!(output.status.code().is_some(), "{trap}: {arguments:?}: {output:?}");
            assert!(
                (everything(&home), everything(&sandbox.path("root"))) == before,
                "{trap}: {arguments:?}: {output:?}"
            );
        }
        let output = run(&["config", "set-context", "x", "--server", "http://127.0.0.1:9"]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            error.contains("belongs to another user (uid 65534)\nhint: use `sudo -H everestctl …`"),
            "{trap}: {error}"
        );
    }
}

#[test]
fn a_lock_that_somebody_has_put_there_is_not_written() {
    let sandbox = Sandbox::new();
    sandbox.write("precious", "precious\n");
    let refused = |why: &str| {
        let error = sandbox.run("config set-context x --server http://127.0.0.1:9").stderr_failed(1);
        assert!(error.contains(why), "{error}");
        assert!(!sandbox.path("config.yaml").exists());
    };
    let lock = sandbox.path("config.yaml.lock");
    symlink(sandbox.path("precious"), &lock).unwrap();
    refused("its lock [ROOT]/config.yaml.lock is a link");
    fs::remove_file(&lock).unwrap();
    fs::hard_link(sandbox.path("precious"), &lock).unwrap();
    refused("is a hard link");
    fs::remove_file(&lock).unwrap();
    if is_root() {
        sandbox.write("config.yaml.lock", "");
        sandbox.chmod("config.yaml.lock", 0o666);
        give_away(&lock);
        refused("belongs to another user (uid 65534)");
        fs::remove_file(&lock).unwrap();
    }
    sandbox.run("config set-context x --server http://127.0.0.1:9").success_stderr();
    assert_eq!(fs::read_to_string(sandbox.path("precious")).unwrap(), "precious\n");
}

#[test]
fn a_config_file_never_grows_beyond_what_is_read() {
    let sandbox = Sandbox::new();
    let login = |token: &str| {
        let mut child = sandbox
            .command(["auth", "login", "--server", "http://127.0.0.1:9", "--with-token", "--offline"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(token.as_bytes());
        let output = child.output_in_time();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(login(&"t".repeat(16 * 1024)).0, Some(0));
    let before = fs::read(sandbox.path("config.yaml")).unwrap();
    let (code, error) = login(&"t".repeat(16 * 1024 + 1));
    assert!(code == Some(1) && error.contains("the token is longer than 16 KiB"), "{error}");
    assert_eq!(fs::read(sandbox.path("config.yaml")).unwrap(), before);
    // Whatever it is that grows.
    let mut large = before;
    large.extend(format!("# {}\n", "x".repeat(1024 * 1024 - 200 - large.len())).bytes());
    sandbox.write("config.yaml", &large);
    let context = "c".repeat(300);
    let error =
        sandbox.run(&format!("config set-context {context} --server http://127.0.0.1:9")).stderr_failed(1);
    assert!(error.contains("would be larger than 1048576 bytes; it is unchanged"), "{error}");
    assert_eq!(fs::read(sandbox.path("config.yaml")).unwrap(), large);
    assert_eq!(sandbox.run("config view").code, Some(0));
}
