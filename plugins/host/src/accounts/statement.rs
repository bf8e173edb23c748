//! The signed statement about a caller that a backend gets as `X-Everest-User`, and by which it asks the API in
//! the caller's name (spec 003, sections 10.1 and 10.2).
//!
//! It is signed with the key of the access tokens and is none: it has no number and no `:login`, and an access token
//! names no plugin, so that neither passes for the other.

use super::{ISSUER, is_user_name};
use serde::{Deserialize, Serialize};

/// How long a statement is valid, in seconds.
pub(crate) const LIFETIME: u64 = 60;

/// Who calls, and through which plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Statement {
    iss: String,
    /// The user.
    pub(crate) sub: String,
    /// The namespaces that the user may read.
    pub(crate) namespaces: Vec<String>,
    /// The plugin that it was made for.
    pub(crate) plugin_name: String,
    exp: u64,
}

impl Statement {
    /// A statement made at `now`.
    pub(crate) fn new(user: &str, namespaces: Vec<String>, plugin: &str, now: u64) -> Self {
        Self {
            iss: ISSUER.to_owned(),
            sub: user.to_owned(),
            namespaces,
            plugin_name: plugin.to_owned(),
            exp: now + LIFETIME,
        }
    }

    /// Whether it is about a user and still valid at `now`.
    pub(super) fn holds(&self, now: u64) -> bool {
        is_user_name(&self.sub) && now < self.exp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_with_its_time_and_is_about_a_user() {
        let statement = Statement::new("dana", Vec::new(), "x", 100);
        assert!(statement.holds(100) && statement.holds(100 + LIFETIME - 1));
        assert!(!statement.holds(100 + LIFETIME));
        assert!(!Statement::new("dana:login", Vec::new(), "x", 100).holds(100));
    }

    #[test]
    fn an_access_token_does_not_pass_for_it() {
        let token = r#"{"iss":"everest","sub":"dana:login","jti":"1","iat":1,"nbf":1,"exp":9}"#;
        assert!(serde_json::from_str::<Statement>(token).is_err());
    }
}
