//! The plugin without everestctl and without a server.

use everestctl_plugin::testing::Run;
use plugin_<<module>>::ThePlugin;

#[test]
fn it_greets() {
    assert_eq!(Run::of::<ThePlugin>(["hello"]).end().out, "hello, world\n");
    assert_eq!(Run::of::<ThePlugin>(["hello", "Ada", "--loud"]).end().out, "HELLO, ADA\n");
}

#[test]
fn it_refuses_what_it_does_not_know() {
    let refused = Run::of::<ThePlugin>(["hello", "--nothing"]).end();
    assert_eq!((refused.code, refused.out.as_str()), (2, ""));
}

#[test]
fn it_asks_its_backend_with_the_session_of_the_user() {
    let asked = Run::of::<ThePlugin>(["get", "/api/notes"]).answers("GET", "/api/notes", 200, "[]\n").end();
    assert_eq!((asked.code, asked.out.as_str()), (0, "[]\n"));
    let missing = Run::of::<ThePlugin>(["get", "/nothing"]).end();
    assert_eq!((missing.code, missing.err.as_str()), (1, "error: the backend answered 404\n"));
}

#[test]
fn its_package_has_its_version() {
    let package = std::fs::read_to_string("everestctl-plugin.yaml").unwrap();
    assert!(package.contains(concat!("version: ", env!("CARGO_PKG_VERSION"), "\n")), "{package}");
}
