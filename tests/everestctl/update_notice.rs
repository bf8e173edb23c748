//! One line after a command says that installed plugins have newer versions: at most once a day, where a person watches, and
//! only of what is known.

use crate::support::packages::{archive, install, package};
use crate::support::registry::Registry;
use crate::support::terminal::Terminal;
use crate::support::{Sandbox, skip};

const LINE: &str = "greet 1.1 is available: everestctl plugin upgrade greet";
const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const DAY: u64 = 24 * 60 * 60;

/// What `everestctl version` shows in a terminal.
fn screen(sandbox: &Sandbox, test: &str) -> Option<String> {
    let Some(terminal) = Terminal::start(sandbox, "$E version; echo done=$?") else {
        skip("script", test, "there is no script");
        return None;
    };
    terminal.shows(&["done=0"]);
    Some(terminal.seen())
}

#[test]
fn it_is_said_once_a_day_and_never_to_scripts() {
    let test = "it_is_said_once_a_day_and_never_to_scripts";
    let mut sandbox = Sandbox::new();
    package(&sandbox, "greet", "1.0", "hello");
    install(&sandbox, "greet");
    package(&sandbox, "greet", "1.1", "hello");
    assert!(sandbox.run("plugin outdated").success_silent().contains("1.1"));
    // Who has just seen the list is not told.
    let Some(first) = screen(&sandbox, test) else { return };
    assert!(!first.contains(LINE), "{first}");
    sandbox.later(DAY + 60);
    sandbox.run("version").success_silent();
    let sandbox = sandbox.with("CI", "true");
    let quiet = screen(&sandbox, test).unwrap();
    assert!(!quiet.contains(LINE), "{quiet}");
    let mut sandbox = sandbox.with("CI", "");
    let told = screen(&sandbox, test).unwrap();
    assert_eq!(told.matches(LINE).count(), 1, "{told}");
    let again = screen(&sandbox, test).unwrap();
    assert!(!again.contains(LINE), "{again}");
    // What was upgraded meanwhile is not spoken of.
    sandbox.run("plugin upgrade --yes").succeeded();
    sandbox.later(3 * DAY);
    let upgraded = screen(&sandbox, test).unwrap();
    assert!(!upgraded.contains("available"), "{upgraded}");
}

#[test]
fn a_refresh_asks_the_registry_whether_a_tag_has_moved() {
    let test = "a_refresh_asks_the_registry_whether_a_tag_has_moved";
    let sandbox = Sandbox::new();
    let Some(registry) = Registry::start(&sandbox, "registry", test) else { return };
    let push = |version: &str| {
        let content = archive(&sandbox, "greet", version, version);
        let layer = registry.push("greet", GZIP, "greet.tar.gz", &content);
        registry.tag("greet", "latest", &[layer]);
    };
    push("1.0");
    sandbox.run(&format!("plugin install --yes oci://{}/greet", registry.address)).succeeded();
    sandbox.run("plugin refresh").succeeded();
    let Some(first) = screen(&sandbox, test) else { return };
    assert!(!first.contains("newer greet"), "{first}");
    push("1.1");
    sandbox.run("plugin refresh").succeeded();
    let told = screen(&sandbox, test).unwrap();
    assert!(told.contains("a newer greet is available: everestctl plugin upgrade greet"), "{told}");
}
