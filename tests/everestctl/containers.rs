//! The way `container`: the image of a `Plugin` resource becomes a command, with a runtime that notes what it is asked, and
//! with a real podman.

use crate::support::host::kill;
use crate::support::http::{Reply, Server, json, response};
use crate::support::podman::Podman;
use crate::support::process::command_lines;
use crate::support::sandbox::Output;
use crate::support::terminal::Terminal;
use crate::support::{InTime as _, Sandbox, skip};
use rustix::process::Signal;
use std::fs;
use std::process::Stdio;

/// The API server of a cluster with one plugin, whose `spec` is given.
pub(crate) fn cluster(spec: &str) -> Server {
    annotated("{}", spec)
}

/// The same with annotations.
pub(crate) fn annotated(annotations: &str, spec: &str) -> Server {
    serving(format!(r#"{{"metadata":{{"name":"bench","annotations":{annotations}}},"spec":{spec}}}"#))
}

/// The API server of a cluster with this `Plugin` resource.
pub(crate) fn serving(resource: String) -> Server {
    Server::start(move |request| {
        Reply::Bytes(if request.path.starts_with("/apis/extensions.openeverest.io/") {
            json(&format!(r#"{{"metadata":{{}},"items":[{resource}]}}"#))
        } else {
            response("404 Not Found", "text/plain", b"404 page not found\n")
        })
    })
}

/// Somebody who knows the plugin of that cluster, and is signed in to a server on this machine.
pub(crate) fn user(cluster: &Server) -> Sandbox {
    let (sandbox, refreshed) = refreshed(cluster);
    refreshed.success_silent();
    sandbox
}

/// The same, with what is said of the plugin.
fn refreshed(cluster: &Server) -> (Sandbox, Output) {
    let sandbox = Sandbox::new().with_path("KUBECONFIG", "kubeconfig").with("CI", "1");
    sandbox.write(
        "kubeconfig",
        format!(
            "current-context: c\nclusters: [{{name: c, cluster: {{server: '{}'}}}}]\n\
             users: [{{name: u, user: {{token: t}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n",
            cluster.url()
        ),
    );
    let sandbox =
        sandbox.with("EVEREST_HOST", "http://127.0.0.1:9").with("EVEREST_TOKEN", "secret-token-of-the-user");
    let output = sandbox.run("plugin refresh --source cluster");
    (sandbox, output)
}

pub(crate) const SPEC: &str = r#"{"cli":{"image":"registry.example/bench:1","subcommand":"bn"}}"#;

/// A runtime that has `images`, a line `NAME ID ARCHITECTURE` for each, and notes its arguments and its environment. It
/// pulls nothing but what is in `registry`, and says what podman says.
const RUNTIME: &str = r#"
printf '%s\n' "$*" >> "$HOME/asked"
line() { grep -s "^$1 " "$HOME/images" | head -n 1; }
case $1 in
  image)
    found=$(line "$3")
    [ -n "$found" ] || { echo "Error: $3: image not known" >&2; echo '[]'; exit 125; }
    set -- $found
    echo "[{\"Id\":\"$2\",\"RepoDigests\":[\"$1@sha256:dd\"],\"Architecture\":\"$3\"}]" ;;
  pull)
    found=$(grep -s "^$3 " "$HOME/registry")
    [ -n "$found" ] || { cat "$HOME/refusal" >&2; exit 125; }
    echo "$found" >> "$HOME/images" ;;
  run)
    case " $* " in *" __complete "*)
      printf '%s\n' "$*" > "$HOME/tab"
      sleep "$(cat "$HOME/thinks" 2>/dev/null || echo 0)"
      printf '%b\n' 'deep\tGo deep' 'wide\tGo wide' ':4'
      exit ;;
    esac
    env > "$HOME/environment"
    shift
    for word; do printf '<%s>' "$word"; done > "$HOME/arguments"
    exit "$(cat "$HOME/code" 2>/dev/null || echo 0)" ;;
esac
"#;

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const OTHER: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

/// The architecture of this machine, as images name it.
fn here() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}

fn with_runtime(cluster: &Server) -> Sandbox {
    let sandbox = user(cluster);
    sandbox.script("bin/podman", RUNTIME);
    sandbox.write("home/images", format!("registry.example/bench:1 {ID} {}\n", here()));
    sandbox.write("home/refusal", "Error: reading manifest 1 in registry.example/bench: manifest unknown\n");
    sandbox
}

fn read(sandbox: &Sandbox, name: &str) -> String {
    fs::read_to_string(sandbox.path("home").join(name)).unwrap_or_default()
}

#[test]
fn an_image_becomes_a_command() {
    let cluster = cluster(SPEC);
    let sandbox = with_runtime(&cluster);
    sandbox.write("home/code", "7");
    let ran = sandbox.run_with(["-n", "prod", "bench", "list", "--all", "", "-v", "a b"]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(7), "", ""));
    let arguments = read(&sandbox, "arguments");
    let (of_runtime, of_plugin) = arguments.split_once(&format!("<sha256:{ID}>")).unwrap();
    assert_eq!(of_plugin, "<list><--all><><-v><a b>");
    for given in [
        "<--rm><--interactive>",
        "<--pull=never><--read-only><--cap-drop=all><--security-opt=no-new-privileges><--tmpfs=/tmp>",
        // The server is on this machine.
        "<--network=host>",
        "<--env=EVEREST_HOST><--env=EVEREST_TOKEN>",
    ] {
        assert!(of_runtime.contains(given), "{given}: {of_runtime}");
    }
    for never in ["<--tty>", "secret-token", "--volume", "KUBECONFIG", "EVERESTCTL_PATH", "127.0.0.1"] {
        assert!(!of_runtime.contains(never), "{never}: {of_runtime}");
    }
    let environment = read(&sandbox, "environment");
    for variable in [
        "EVEREST_TOKEN=secret-token-of-the-user",
        "EVEREST_HOST=http://127.0.0.1:9",
        "EVEREST_NAMESPACE=prod",
        "EVERESTCTL_PLUGIN=bench",
    ] {
        assert!(environment.lines().any(|line| line == variable), "{variable}: {environment}");
    }
    // Its other name, and the whole of it by name.
    sandbox.run_with(["bn"]).failed(7);
    sandbox.run_with(["plugin", "run", "--way", "container", "bench"]).failed(7);
    let seen = sandbox.run("-v bench").stderr_failed(7);
    assert!(seen.contains("the container shares the network of this machine"), "{seen}");
    let listed = sandbox.run("plugin list --offline").success_silent();
    assert!(listed.contains("container") && listed.contains("ready"), "{listed}");
    let facts = sandbox.run("plugin info bench --offline").success_silent();
    for fact in ["registry.example/bench:1", "Digest", &format!("sha256:dd (sha256:{ID})"), "podman"] {
        assert!(facts.contains(fact), "{fact}: {facts}");
    }
}

#[test]
fn what_is_not_here_is_pulled_when_that_is_wanted() {
    let cluster = cluster(SPEC);
    let sandbox = with_runtime(&cluster);
    let known = format!("registry.example/bench:1 {ID} {}\n", here());
    sandbox.write("home/images", "");
    sandbox.write("home/registry", &known);
    let never = sandbox.run("plugin run --pull never bench").stderr_failed(127);
    assert!(never.contains("image registry.example/bench:1 is not on this machine"), "{never}");
    assert!(never.contains("hint: podman pull registry.example/bench:1"), "{never}");
    sandbox.run("--offline bench").failed(127);
    sandbox.run("--offline plugin run --pull always bench").failed(2);
    assert!(!read(&sandbox, "asked").contains("pull"));
    let pulled = sandbox.run("bench");
    assert_eq!(pulled.code, Some(0), "{pulled:?}");
    assert!(pulled.stderr.contains("pulling image registry.example/bench:1"), "{pulled:?}");
    assert_eq!(sandbox.run("bench").success_silent(), "");
    assert_eq!(read(&sandbox, "asked").matches("pull --quiet").count(), 1);
    sandbox.run("plugin run --pull always bench").succeeded();
    assert_eq!(read(&sandbox, "asked").matches("pull --quiet").count(), 2);
    // From a mirror.
    sandbox.write("everestctl.yaml", "containers: {mirrors: {registry.example: 'mirror.example:5000/r'}}\n");
    sandbox.write("home/registry", known.replace("registry.example", "mirror.example:5000/r"));
    sandbox.run("bench").succeeded();
    assert!(read(&sandbox, "asked").contains("pull --quiet mirror.example:5000/r/bench:1"));
}

#[test]
fn another_image_behind_the_same_name_is_not_run() {
    let cluster = cluster(SPEC);
    let sandbox = with_runtime(&cluster);
    sandbox.run("bench").succeeded();
    let kept = fs::read_to_string(sandbox.path("everestctl.yaml")).unwrap();
    assert!(kept.contains("registry.example/bench:1") && kept.contains(ID), "{kept}");
    sandbox.write("home/images", format!("registry.example/bench:1 {OTHER} {}\n", here()));
    sandbox.write("home/arguments", "");
    let refused = sandbox.run("bench").stderr_failed(126);
    assert!(refused.contains("image registry.example/bench:1 has changed since it last ran"), "{refused}");
    assert!(refused.contains(&format!("it was sha256:{ID}, and is now sha256:{OTHER}")), "{refused}");
    assert!(refused.contains("everestctl plugin run --accept-image bench"), "{refused}");
    assert_eq!(read(&sandbox, "arguments"), "");
    sandbox.run("plugin run --accept-image bench").succeeded();
    // Once is enough, and the first one has become the other.
    sandbox.run("bench").succeeded();
    assert!(read(&sandbox, "arguments").contains(OTHER));
    sandbox.write("home/images", format!("registry.example/bench:1 {ID} {}\n", here()));
    sandbox.run("bench").stderr_failed(126);
}

#[test]
fn on_a_terminal_the_user_is_asked_whether_another_image_may_run() {
    let name = "on_a_terminal_the_user_is_asked_whether_another_image_may_run";
    let cluster = cluster(SPEC);
    let sandbox = with_runtime(&cluster);
    sandbox.run("bench").succeeded();
    sandbox.write("home/images", format!("registry.example/bench:1 {OTHER} {}\n", here()));
    sandbox.write("home/arguments", "");
    let Some(mut terminal) =
        Terminal::start(&sandbox, "unset CI; $E bench; echo en''ded $?; $E bench; echo again $?")
    else {
        return skip("script", name, "script (util-linux) is not installed");
    };
    terminal.shows(&["run it? [y/N]"]);
    terminal.press("n\n");
    terminal.shows(&["ended 126"]);
    assert_eq!(read(&sandbox, "arguments"), "");
    terminal.press("y\n");
    terminal.shows(&["again 0"]);
    assert!(
        read(&sandbox, "arguments").contains("<--tty><--pull=never>")
            || read(&sandbox, "arguments").contains("<--tty><--init>")
    );
}

#[test]
fn why_a_container_does_not_start_is_told_apart_from_what_its_program_says() {
    let cluster = cluster(SPEC);
    let none = user(&cluster).with("PATH", "/nowhere");
    let missing = none.run("bench").stderr_failed(127);
    assert!(
        missing.contains("`bench` runs in a container, and there is no podman, docker or nerdctl"),
        "{missing}"
    );
    let listed = none.run("plugin list --offline -o json").json();
    assert_eq!(listed["items"][0]["status"], "unsupported", "{listed}");
    assert_eq!(listed["items"][0]["reason"], "there is no podman, docker or nerdctl on PATH", "{listed}");
    let sandbox = with_runtime(&cluster);
    let other = sandbox.run("plugin run --runtime nerdctl bench").stderr_failed(127);
    assert!(other.contains("there is no container runtime nerdctl on PATH"), "{other}");
    sandbox.write("home/images", "");
    for (said, code, expected) in [
        (
            "Error: reading manifest 1 in registry.example/bench: manifest unknown: manifest unknown",
            127,
            "does not exist",
        ),
        (
            "Error: reading manifest 1: unauthorized: authentication required",
            126,
            "hint: podman login registry.example",
        ),
        (
            "Error: choosing an image from manifest list: no image found in manifest list for architecture x",
            126,
            "has no build for linux/",
        ),
        ("Error: writing blob: write /x: no space left on device", 125, "no space left on the disk"),
        (
            "Error: pinging container registry: dial tcp: lookup registry.example: no such host",
            125,
            "no such host",
        ),
        (
            "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?",
            125,
            "its daemon is not running",
        ),
        ("Error: \u{1b}]0;title\u{7}\u{1b}[31mred", 125, "caused by: "),
    ] {
        sandbox.write("home/refusal", format!("{said}\n"));
        let refused = sandbox.run("bench").stderr_failed(code);
        assert!(refused.contains(expected), "{said}: {refused}");
        assert!(!refused.contains('\u{1b}') && !refused.contains('\u{7}'), "{refused:?}");
    }
    sandbox.write("home/images", format!("registry.example/bench:1 {ID} s390x\n"));
    let another = sandbox.run("bench").stderr_failed(126);
    assert!(another.contains("has no build for linux/"), "{another}");
    // What the program of the container says passes unchanged, whatever it is.
    sandbox.write("home/images", format!("registry.example/bench:1 {ID} {}\n", here()));
    for code in [1, 2, 125, 126, 127, 255] {
        sandbox.write("home/code", code.to_string());
        sandbox.run("bench").failed(code);
    }
}

#[test]
fn flags_of_containers_are_for_containers() {
    let cluster = cluster(SPEC);
    let sandbox = with_runtime(&cluster);
    sandbox.script("bin/docker", RUNTIME);
    let run = |line: &str| -> String {
        sandbox.run(line).succeeded();
        read(&sandbox, "arguments")
    };
    let folder = sandbox.path("home").display().to_string();
    let mounted = run("plugin run --mount-cwd bench");
    assert!(mounted.contains(&format!("<--volume={folder}:{folder}:ro><--workdir={folder}>")), "{mounted}");
    for writable in ["--mount-cwd=rw", "--mount-cwd:rw"] {
        let mounted = run(&format!("plugin run {writable} bench"));
        assert!(mounted.contains(&format!("<--volume={folder}:{folder}:rw>")), "{mounted}");
    }
    let more = run("plugin run --entrypoint /bin/sh --env PGPASSWORD --env LANG bench x");
    assert!(more.contains("<--env=PGPASSWORD><--env=LANG><--entrypoint=/bin/sh>"), "{more}");
    let value = sandbox.run("plugin run --env A=secret bench").stderr_failed(2);
    assert!(value.contains("its value comes from the environment"), "{value}");
    // The runtime by the variable, and what is usual in `everestctl.yaml`.
    let kept = fs::read_to_string(sandbox.path("everestctl.yaml")).unwrap();
    let more = "containers: {runtime: docker, arguments: ['--ulimit=nofile=64']}\nplugins:\n- {name: bench, plugin: {environment: [EVEREST_DB_PASSWORD]}}\n";
    sandbox.write("everestctl.yaml", format!("{kept}{more}"));
    let usual = run("bench");
    assert!(
        usual.contains("<--ulimit=nofile=64>") && usual.contains("<--env=EVEREST_DB_PASSWORD>"),
        "{usual}"
    );
    let facts = sandbox.run("plugin info bench --offline").success_silent();
    assert!(facts.contains("docker"), "{facts}");
    sandbox.script("bin/everestctl-local", "exit 0");
    let local = sandbox.run("plugin run --mount-cwd local").stderr_failed(2);
    assert!(local.contains("`local` does not run in a container"), "{local}");
}

#[test]
fn what_a_cluster_names_becomes_no_option_of_the_runtime() {
    for image in ["--privileged", "x --privileged", "-v/:/x", "$(id)", ""] {
        let cluster = cluster(&serde_json::json!({"cli": {"image": image}}).to_string());
        let sandbox = user(&cluster);
        sandbox.script("bin/podman", RUNTIME);
        let refused = sandbox.run("bench");
        assert!(matches!(refused.code, Some(126)), "{image}: {refused:?}");
        assert_eq!(read(&sandbox, "asked"), "", "{image}");
    }
    let disabled = cluster(r#"{"enabled":false,"cli":{"image":"registry.example/bench:1"}}"#);
    let sandbox = with_runtime(&disabled);
    assert!(sandbox.run("bench").stderr_failed(126).contains("is disabled"));
    assert_eq!(read(&sandbox, "asked"), "");
}

#[test]
fn a_runtime_that_others_can_change_is_not_run() {
    let cluster = cluster(SPEC);
    let sandbox = with_runtime(&cluster);
    sandbox.chmod("bin/podman", 0o777);
    let refused = sandbox.run("bench").stderr_failed(126);
    assert!(refused.contains("the container runtime is not allowed to run"), "{refused}");
    assert_eq!(read(&sandbox, "asked"), "");
}

/// What is offered after these words; the last one is being typed.
fn offered(sandbox: &Sandbox, words: &[&str]) -> String {
    sandbox.run_with(["__complete", "bench"].iter().chain(words)).success_silent()
}

const WORDS: &str = r#"{"everestctl.openeverest.io/words": "{\"run\": \"Start\\u001b[2J it\", \"run --mode <fast|slow>\": null}"}"#;

#[test]
fn tab_offers_the_words_of_the_resource_and_starts_nothing() {
    let cluster = annotated(WORDS, SPEC);
    let sandbox = with_runtime(&cluster);
    let asked = read(&sandbox, "asked");
    assert_eq!(offered(&sandbox, &[""]), "run\tStart[2J it\n:4\n");
    assert_eq!(offered(&sandbox, &["run", "-"]), "--mode\n:4\n");
    assert_eq!(offered(&sandbox, &["run", "--mode", "s"]), "slow\n:4\n");
    // No file of the user's is in the container.
    assert_eq!(offered(&sandbox, &["run", ""]), ":4\n");
    // By its other name, too.
    let other = sandbox.run_with(["__complete", "bn", "r"]).success_silent();
    assert!(other.starts_with("run\t"), "{other}");
    assert_eq!(read(&sandbox, "asked"), asked);
    let none =
        r#"{"everestctl.openeverest.io/completion": "none", "everestctl.openeverest.io/words": "run: x"}"#;
    for annotations in ["{}", none] {
        let cluster = annotated(annotations, SPEC);
        assert_eq!(offered(&with_runtime(&cluster), &[""]), ":4\n", "{annotations}");
    }
    let wrong = annotated(r#"{"everestctl.openeverest.io/completion": "clap"}"#, SPEC);
    let said = refreshed(&wrong).1.stderr;
    assert!(
        said.contains(
            "plugin `bench`: completion is not available: annotation everestctl.openeverest.io/completion"
        ),
        "{said}"
    );
}

#[test]
fn tab_asks_the_container_only_where_its_author_says_so_and_its_image_has_run() {
    let annotations = r#"{"everestctl.openeverest.io/completion": "cobra", "everestctl.openeverest.io/words": "run: Start it"}"#;
    let cluster = annotated(annotations, SPEC);
    let sandbox = with_runtime(&cluster);
    // It has not run yet: the user has agreed to nothing.
    assert_eq!(offered(&sandbox, &[""]), "run\tStart it\n:4\n");
    assert_eq!(read(&sandbox, "tab"), "");
    sandbox.run("bench").succeeded();
    let asked = read(&sandbox, "asked");
    // A machine that is busy may not answer in time.
    crate::support::sandbox::eventually("the container answers", || {
        offered(&sandbox, &["run", "d"]) == "deep\tGo deep\nwide\tGo wide\n:4\n"
    });
    let line = read(&sandbox, "tab");
    assert!(line.ends_with(&format!(" sha256:{ID} __complete run d\n")), "{line}");
    for part in ["--rm", "--pull=never", "--read-only", "--cap-drop=all", "--network=none", "--timeout=2"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!line.contains("--env"), "{line}");
    assert!(!read(&sandbox, "asked")[asked.len()..].contains("pull "), "nothing is pulled");
    // One that is late has its words, and is not killed while it starts a container.
    sandbox.write("home/thinks", "1");
    assert_eq!(offered(&sandbox, &[""]), "run\tStart it\n:4\n");
    sandbox.settle();
    // A runtime that ends no container by itself is not asked.
    sandbox.script("bin/docker", RUNTIME);
    sandbox.write("home/tab", "");
    let docker = sandbox.with("EVERESTCTL_CONTAINER_RUNTIME", "docker");
    assert_eq!(offered(&docker, &[""]), "run\tStart it\n:4\n");
    assert_eq!(read(&docker, "tab"), "");
}

#[test]
fn tab_leaves_no_real_container_behind() {
    let annotations = r#"{"everestctl.openeverest.io/completion": "cobra", "everestctl.openeverest.io/words": "sleep: Wait"}"#;
    let cluster = annotated(annotations, SPEC);
    let Some((sandbox, podman)) = with_podman("tab_leaves_no_real_container_behind", &cluster) else {
        return;
    };
    sandbox.run("bench").succeeded();
    // The program of this image answers everything by telling what it finds, and goes on for a minute.
    let told = offered(&sandbox, &["sleep", ""]);
    let words = offered(&sandbox, &[""]);
    for answer in [&told, &words] {
        assert!(answer.ends_with(":4\n"), "{answer}");
        assert!(!answer.contains("secret-token"), "{answer}");
    }
    sandbox.settle();
    crate::support::sandbox::eventually("nothing is left", || podman.all().is_empty());
}

/// How often the runtime was asked for an image.
fn looks(sandbox: &Sandbox) -> usize {
    read(sandbox, "asked").lines().filter(|line| line.starts_with("image inspect")).count()
}

#[test]
fn podman_is_not_asked_again_as_long_as_its_list_of_images_stays() {
    let cluster = cluster(SPEC);
    let sandbox = with_runtime(&cluster);
    let graph = sandbox.path("home/graph").display().to_string();
    let info = format!(
        r#"{{"host": {{"serviceIsRemote": false}}, "store": {{"graphDriverName": "vfs", "graphRoot": "{graph}", "graphOptions": {{}}}}}}"#
    );
    sandbox.script("bin/podman", &RUNTIME.replace("  pull)", &format!("  info) echo '{info}' ;;\n  pull)")));
    let list = "home/graph/vfs-images/images.json";
    sandbox.write(list, "[]");
    sandbox.run("bench").succeeded();
    // Twice, since it was not known before where the list is.
    assert_eq!(looks(&sandbox), 2);
    sandbox.run("bench x").succeeded();
    assert_eq!(looks(&sandbox), 2);
    assert!(read(&sandbox, "arguments").ends_with(&format!("<sha256:{ID}><x>")));
    // An image was changed: its name may stand for another one.
    fs::remove_file(sandbox.path(list)).unwrap();
    sandbox.write(list, "[ ]");
    sandbox.write("home/images", format!("registry.example/bench:1 {OTHER} {}\n", here()));
    assert!(sandbox.run("bench").stderr_failed(126).contains("has changed since it last ran"));
    sandbox.run("plugin run --accept-image bench").succeeded();
    assert_eq!(looks(&sandbox), 3);
    // So may the place of the list, by a file or by a variable.
    sandbox.write("home/.config/containers/storage.conf", "");
    sandbox.run("bench").succeeded();
    sandbox.run("bench").succeeded();
    assert_eq!(looks(&sandbox), 5);
    let elsewhere = sandbox.with("CONTAINERS_STORAGE_CONF", "/nowhere");
    elsewhere.run("bench").succeeded();
    assert_eq!(looks(&elsewhere), 7);
    // How often its place is asked for: once for each of them.
    let asked = read(&elsewhere, "asked");
    assert_eq!(asked.lines().filter(|line| line.starts_with("info")).count(), 3, "{asked}");
}

#[test]
fn an_image_that_is_named_by_its_digest_is_looked_at_once_by_any_runtime() {
    let image = format!("registry.example/bench@sha256:{ID}");
    let cluster = cluster(&serde_json::json!({"cli": {"image": image}}).to_string());
    let sandbox = user(&cluster).with("EVERESTCTL_CONTAINER_RUNTIME", "docker");
    sandbox.script("bin/docker", RUNTIME);
    sandbox.write("home/images", format!("{image} {OTHER} {}\n", here()));
    sandbox.run("bench").succeeded();
    assert!(read(&sandbox, "arguments").ends_with(&format!("<sha256:{OTHER}>")));
    sandbox.run("bench x").succeeded();
    assert_eq!(looks(&sandbox), 1);
    let arguments = read(&sandbox, "arguments");
    assert!(
        arguments.contains("<--pull=missing>") && arguments.ends_with(&format!("<{image}><x>")),
        "{arguments}"
    );
    sandbox.run("--offline bench").succeeded();
    assert!(read(&sandbox, "arguments").contains("<--pull=never>"));
}

#[test]
fn a_real_podman_is_asked_once_and_again_when_an_image_has_changed() {
    let name = "a_real_podman_is_asked_once_and_again_when_an_image_has_changed";
    let cluster = cluster(SPEC);
    let Some((sandbox, podman)) = with_podman(name, &cluster) else { return };
    // One that notes what it is asked.
    sandbox.script("bin/podman", "printf '%s\\n' \"$*\" >> \"$HOME/asked\"\nexec /usr/bin/podman \"$@\"");
    let path = format!("{}:/usr/bin:/bin:/usr/sbin:/sbin", sandbox.path("bin").display());
    let sandbox = sandbox.with("PATH", path);
    for _ in 0..3 {
        assert_eq!(told(&sandbox.run("bench"), "image"), "first");
    }
    assert_eq!(looks(&sandbox), 2, "{}", read(&sandbox, "asked"));
    podman.import("registry.example/bench:1", "second");
    sandbox.run("bench").stderr_failed(126);
    assert_eq!(told(&sandbox.run("plugin run --accept-image bench"), "image"), "second");
    assert_eq!(told(&sandbox.run("bench"), "image"), "second");
    assert_eq!(looks(&sandbox), 3, "{}", read(&sandbox, "asked"));
}

/// A real podman with an image from scratch, whose program tells what it finds.
fn with_podman(test: &str, cluster: &Server) -> Option<(Sandbox, Podman)> {
    let podman = Podman::start(test)?;
    podman.import("registry.example/bench:1", "first");
    let sandbox = podman
        .variables()
        .into_iter()
        .fold(user(cluster), |sandbox, (name, value)| sandbox.with(name, value));
    Some((sandbox, podman))
}

fn told(output: &Output, what: &str) -> String {
    let line = output.stdout.lines().find_map(|line| line.strip_prefix(&format!("{what}=")));
    line.unwrap_or_else(|| panic!("{what}: {output:?}")).to_owned()
}

#[test]
fn a_real_container_runs_with_its_own_exit_code_and_can_do_little() {
    let cluster = cluster(SPEC);
    let Some((sandbox, podman)) =
        with_podman("a_real_container_runs_with_its_own_exit_code_and_can_do_little", &cluster)
    else {
        return;
    };
    for code in [0, 1, 7, 125, 126, 127] {
        let ran = sandbox.run_with(["bench", &format!("exit={code}"), "a b", ""]);
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert_eq!(told(&ran, "arguments"), format!("[exit={code}][a b][]"));
    }
    let ran = sandbox.run_with(["bench"]);
    assert_eq!(told(&ran, "token"), "secret-token-of-the-user");
    assert_eq!(told(&ran, "image"), "first");
    assert_eq!(told(&ran, "terminal"), "no");
    assert_eq!(told(&ran, "writes"), "no");
    assert_eq!(told(&ran, "tmp"), "yes");
    assert_eq!(told(&ran, "capabilities"), "0000000000000000");
    assert_eq!(told(&ran, "privileges"), "1");
    let piped = sandbox.command(["bench", "read"]).stdin(podman.input("from a pipe")).output_in_time();
    assert!(String::from_utf8_lossy(&piped.stdout).contains("input=from a pipe"), "{piped:?}");
    sandbox.write("home/note", "in the folder");
    let mounted = sandbox.run_with(["plugin", "run", "--mount-cwd", "bench", "--", "cat=note"]);
    assert_eq!(told(&mounted, "file"), "in the folder");
    // Another image by the same name.
    podman.import("registry.example/bench:1", "second");
    sandbox.run("bench").stderr_failed(126);
    assert_eq!(told(&sandbox.run("plugin run --accept-image bench"), "image"), "second");
    assert_eq!(podman.running(), "");
}

#[test]
fn an_image_comes_from_its_registry_once_and_a_refusal_is_told() {
    let name = "an_image_comes_from_its_registry_once_and_a_refusal_is_told";
    let Some(podman) = Podman::start(name) else { return };
    let Some(mut registry) = podman.registry(name) else { return };
    let denies = Server::always(response(
        "401 Unauthorized\r\nwww-authenticate: Basic realm=\"images\"",
        "application/json",
        br#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#,
    ));
    let denying = denies.url().replace("http://", "");
    podman.trust_plain_http(&[&registry.address, &denying]);
    podman.import("localhost/bench:1", "from the registry");
    podman.push("localhost/bench:1", &format!("{}/bench:1", registry.address));
    let of = |image: &str| {
        let cluster = cluster(&serde_json::json!({"cli": {"image": image}}).to_string());
        let sandbox = podman
            .variables()
            .into_iter()
            .fold(user(&cluster), |sandbox, (name, value)| sandbox.with(name, value));
        (sandbox, cluster)
    };
    let (sandbox, _cluster) = of(&format!("{}/bench:1", registry.address));
    let pulled = sandbox.run("bench");
    assert_eq!((told(&pulled, "image").as_str(), pulled.code), ("from the registry", Some(0)));
    assert!(pulled.stderr.contains("pulling image"), "{pulled:?}");
    let facts = sandbox.run("plugin info bench --offline -o json").json();
    assert!(facts["container"]["digest"].as_str().unwrap().starts_with("sha256:"), "{facts}");
    assert_eq!(facts["container"]["id"], facts["container"]["ran"]);
    for (image, code, expected) in [
        (format!("{}/nosuch:1", registry.address), 127, "does not exist"),
        (format!("{denying}/bench:1"), 126, "refused to give image"),
    ] {
        let (sandbox, _cluster) = of(&image);
        let refused = sandbox.run("bench").stderr_failed(code);
        assert!(refused.contains(expected), "{refused}");
    }
    // Without its registry an image that is here runs on.
    registry.stop();
    assert_eq!(
        sandbox.run("bench").success_silent().lines().filter(|line| line.starts_with("image=")).count(),
        1
    );
    let unreachable = sandbox.run("plugin run --pull always bench").stderr_failed(125);
    assert!(
        unreachable.contains("could not pull image") && unreachable.contains("connection refused"),
        "{unreachable}"
    );
}

#[test]
fn a_real_container_is_ended_by_ctrl_c_and_term_and_has_a_terminal() {
    let name = "a_real_container_is_ended_by_ctrl_c_and_term_and_has_a_terminal";
    let cluster = cluster(SPEC);
    let Some((sandbox, podman)) = with_podman(name, &cluster) else { return };
    let Some(mut terminal) = Terminal::start(&sandbox, "$E bench sleep; echo en''ded $?") else {
        return skip("script", name, "script (util-linux) is not installed");
    };
    terminal.shows(&["terminal=200x50", "sleeping"]);
    let processes = command_lines();
    assert!(processes.contains("--env=EVEREST_TOKEN") && !processes.contains("secret-token"), "{processes}");
    terminal.press("\u{3}");
    terminal.shows(&["ended 130"]);
    crate::support::sandbox::eventually("nothing runs any more", || podman.running().is_empty());
    // As `kill` sends it, and as a terminal that is closed.
    for signal in [Signal::TERM, Signal::HUP] {
        let mut child = sandbox.command(["bench", "sleep"]).stdout(Stdio::piped()).spawn().unwrap();
        crate::support::sandbox::eventually("it runs", || !podman.running().is_empty());
        kill(child.id(), signal);
        let ended = child.output_in_time();
        assert!(!ended.status.success(), "{signal:?}: {ended:?}");
        crate::support::sandbox::eventually("nothing is left", || podman.all().is_empty());
    }
}
