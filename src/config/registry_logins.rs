//! Logins for registries, from the files of podman and docker (containers-auth.json(5)). They are read when a registry is asked,
//! and never written: `podman login` and `docker login` do that.

use crate::sys::Environment;
use crate::sys::files;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// More than any file of logins, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;

/// The login for a registry, and the file that has it.
#[derive(Debug)]
pub struct KeptLogin {
    /// The file.
    pub path: PathBuf,
    /// Name and password.
    pub login: LoginForm,
}

/// How a login is kept.
#[derive(Debug, PartialEq, Eq)]
pub enum LoginForm {
    /// `name:password` in base64.
    Base64(Zeroizing<String>),
    /// In a credential helper, which is a program that the user has not named here.
    Helper(String),
}

#[derive(Default, Deserialize)]
struct LoginFile {
    #[serde(default)]
    auths: BTreeMap<String, Login>,
    #[serde(default, rename = "credHelpers")]
    helpers: BTreeMap<String, String>,
    #[serde(default, rename = "credsStore")]
    store: Option<String>,
}

#[derive(Default, Deserialize)]
struct Login {
    #[serde(default)]
    auth: Option<Zeroizing<String>>,
}

/// The login for the repository `name` of the registry `host`: of the first file that knows one.
pub fn login_for(host: &str, name: &str, environment: &Environment) -> Option<KeptLogin> {
    files_of(environment).into_iter().find_map(|path| {
        let content = Zeroizing::new(files::read(&path, LARGEST).ok()?);
        let file: LoginFile = serde_json::from_slice(&content).ok()?;
        Some(KeptLogin { login: file.login(host, name)?, path })
    })
}

/// Where podman and docker keep logins.
fn files_of(environment: &Environment) -> Vec<PathBuf> {
    let below = |variable: &str, file: &str| Some(PathBuf::from(environment.os(variable)?).join(file));
    [
        environment.os("REGISTRY_AUTH_FILE").map(PathBuf::from),
        below("XDG_RUNTIME_DIR", "containers/auth.json"),
        below("XDG_CONFIG_HOME", "containers/auth.json"),
        below("HOME", ".config/containers/auth.json"),
        below("DOCKER_CONFIG", "config.json"),
        below("HOME", ".docker/config.json"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl LoginFile {
    /// The most precise entry counts: `host/a/b`, `host/a`, `host`.
    fn login(mut self, host: &str, name: &str) -> Option<LoginForm> {
        let mut key = format!("{host}/{name}");
        loop {
            let written = [key.clone(), format!("https://{key}"), format!("https://{key}/v1/")];
            for key in &written {
                if let Some(helper) = self.helpers.remove(key) {
                    return Some(LoginForm::Helper(helper));
                }
                match self.auths.remove(key) {
                    Some(Login { auth: Some(auth) }) if !auth.is_empty() => {
                        return Some(LoginForm::Base64(auth));
                    }
                    Some(_) => return self.store.map(LoginForm::Helper),
                    None => {}
                }
            }
            key.truncate(key.rfind('/')?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_precise_entry_counts() {
        let login = |text: &str| {
            serde_json::from_str::<LoginFile>(text).unwrap().login("reg.example:5000", "acme/tools/greet")
        };
        let base64 = |text: &str| Some(LoginForm::Base64(Zeroizing::new(text.to_owned())));
        assert_eq!(login(r#"{"auths":{"reg.example:5000":{"auth":"a"}}}"#), base64("a"));
        let both = r#"{"auths":{"reg.example:5000":{"auth":"a"},"reg.example:5000/acme":{"auth":"b"}}}"#;
        assert_eq!(login(both), base64("b"));
        assert_eq!(login(r#"{"auths":{"https://reg.example:5000/v1/":{"auth":"c"}}}"#), base64("c"));
        assert_eq!(login(r#"{"auths":{"other.example":{"auth":"a"}}}"#), None);
        assert_eq!(
            login(r#"{"auths":{"reg.example:5000":{}},"credsStore":"pass"}"#),
            Some(LoginForm::Helper("pass".to_owned()))
        );
    }
}
