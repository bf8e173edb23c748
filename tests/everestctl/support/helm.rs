//! The real helm.

use super::skip;
use std::path::PathBuf;

/// The helm that `HELM` names, or the one of the `PATH`; nothing where there is none, said by name.
pub(crate) fn helm(test: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path =
        || std::env::split_paths(&path).map(|folder| folder.join("helm")).find(|file| file.is_file());
    let found = std::env::var_os("HELM").map(PathBuf::from).or_else(on_path);
    if found.is_none() {
        skip("helm", test, "there is no helm (tests/kube/helm)");
    }
    found
}
