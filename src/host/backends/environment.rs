//! What a backend finds in its environment: little of the user's, as in a cluster, where it has none of it.
//!
//! The user's holds secrets that are for others: tokens of real servers, the passwords of other plugins, keys of
//! clouds. A list of those would never be whole, so this is one of what passes.

use crate::sys::Environment;
use std::ffi::OsStr;

/// What passes: where things are, who the user is, which language; no secrets.
const PASSES: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "TERM",
    "COLORTERM",
    "NO_COLOR",
    "XDG_RUNTIME_DIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    // Where tools for development find themselves and their parts.
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUST_BACKTRACE",
    "RUST_LOG",
    "GOPATH",
    "GOROOT",
    "GOCACHE",
    "JAVA_HOME",
    "NODE_PATH",
    "NVM_DIR",
    "NODE_ENV",
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE",
    "VIRTUAL_ENV",
    "GEM_HOME",
];

/// The variables by which everestctl and the Go CLI find a server and its token: never for a backend.
const OURS: [&str; 5] =
    ["EVEREST_HOST", "EVEREST_TOKEN", "EVEREST_CLUSTER", "EVEREST_NAMESPACE", "EVEREST_CONFIG"];

/// Why a variable cannot be asked for with `inherit`, if it cannot.
pub fn refuse(name: &str) -> Option<String> {
    if name.is_empty() || name.contains(['=', '\0']) {
        return Some(format!("`{name}` is not the name of a variable"));
    }
    let is_ours = OURS.contains(&name) || name.starts_with("EVERESTCTL_");
    is_ours.then(|| format!("{name} cannot be passed on: it belongs to everestctl's own session"))
}

/// What a backend gets of `environment`; it has asked for `inherited`.
pub(super) fn of_backend(environment: &Environment, inherited: &[String]) -> Environment {
    environment.only(|name| {
        let named = |list: &[&str]| list.iter().any(|other| name == OsStr::new(other));
        let is_locale = name.to_str().is_some_and(|name| name.starts_with("LC_"));
        let is_asked_for = inherited.iter().any(|other| name == OsStr::new(other) && refuse(other).is_none());
        named(PASSES) || is_locale || is_asked_for
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_does_not_pass() {
        let secrets = [
            "EVEREST_TOKEN",
            "EVERESTCTL_CONTEXT",
            "EVEREST_PERF_DB_PASSWORD",
            "KUBECONFIG",
            "AWS_X",
            "pgpassword",
        ];
        let all = secrets.iter().chain(&["PATH", "LC_ALL"]).map(|name| (*name, "x"));
        let environment: Environment = all.collect();
        let names = |inherited: &[String]| {
            let passed = of_backend(&environment, inherited);
            passed.iter().map(|(name, _)| name.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&[]), ["PATH", "LC_ALL"]);
        let asked = secrets.map(str::to_owned);
        assert_eq!(
            names(&asked),
            ["EVEREST_PERF_DB_PASSWORD", "KUBECONFIG", "AWS_X", "pgpassword", "PATH", "LC_ALL"]
        );
    }
}
