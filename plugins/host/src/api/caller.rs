//! Who calls: a user with an access token, or a plugin's backend with the statement about its own caller.
//!
//! A backend acts in its caller's name and within what its manifest declares: it may do what both may. It must not
//! know what a request asks for.

use super::facts::MAIN;
use super::{message, too_many};
use crate::Host;
use crate::accounts::Claims;
use crate::places::{Busy, ConnectionPlace};
use crate::plugins::{ServedPlugin, covers};
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::Response;
use std::sync::Arc;

/// The caller, authenticated.
pub(super) struct Caller {
    user: String,
    by: Credential,
}

/// What the caller is known by.
enum Credential {
    /// An access token.
    Session(Claims),
    /// A statement, which the backend of this plugin got.
    Statement(Arc<ServedPlugin>),
}

impl Caller {
    /// The caller with these headers. A missing header and a bad token differ, as in upstream's library. From here on
    /// the connection is known to be this user's.
    #[expect(clippy::result_large_err, reason = "it goes out as it is, once for each request")]
    pub(super) fn of(headers: &HeaderMap, extensions: &Extensions, host: &Host) -> Result<Self, Response> {
        let missing = || message(StatusCode::BAD_REQUEST, "missing or malformed jwt");
        let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
        let token = value.strip_prefix("Bearer ").ok_or_else(missing)?;
        let caller = match host.accounts.check(token) {
            Ok(claims) => Self { user: claims.user().to_owned(), by: Credential::Session(claims) },
            Err(true) => return Err(message(StatusCode::UNAUTHORIZED, "Invalid token")),
            Err(false) => Self::of_statement(token, host)
                .ok_or_else(|| message(StatusCode::UNAUTHORIZED, "invalid or expired jwt"))?,
        };
        if place(extensions).is_some_and(|place| place.belongs_to(caller.user()).is_err()) {
            return Err(too_many("too many concurrent requests of this user"));
        }
        Ok(caller)
    }

    /// Only for a plugin that is there and switched on, with what its manifest declares now.
    fn of_statement(token: &str, host: &Host) -> Option<Self> {
        let statement = host.accounts.check_statement(token)?;
        let plugin = host.registry.find(&statement.plugin_name)?;
        let is_enabled = plugin.manifest.spec.is_enabled();
        is_enabled.then(|| Self { user: statement.sub, by: Credential::Statement(plugin) })
    }

    pub(super) fn user(&self) -> &str {
        &self.user
    }

    /// The claims of the access token, if that is what the caller is known by.
    pub(super) fn session(&self) -> Option<&Claims> {
        match &self.by {
            Credential::Session(claims) => Some(claims),
            Credential::Statement(_) => None,
        }
    }

    /// The plugin through which the user calls.
    pub(super) fn plugin(&self) -> Option<&str> {
        match &self.by {
            Credential::Session(_) => None,
            Credential::Statement(plugin) => Some(plugin.manifest.name()),
        }
    }

    /// Whether the plugin, if there is one, declares that it does `action` to `resource`.
    pub(super) fn covers(&self, resource: &str, action: &str) -> bool {
        match &self.by {
            Credential::Session(_) => true,
            Credential::Statement(plugin) => {
                let permissions = plugin.manifest.spec.permissions.as_deref().unwrap_or_default();
                covers(permissions, resource, action)
            }
        }
    }

    /// Refuses a plugin that does not declare `action` on `resource`, in words for its author.
    #[expect(clippy::result_large_err, reason = "it goes out as it is, once for each request")]
    pub(super) fn needs(&self, resource: &str, action: &str) -> Result<(), Response> {
        if self.covers(resource, action) {
            return Ok(());
        }
        let plugin = self.plugin().unwrap_or_default();
        let text = format!(
            "insufficient permissions: plugin {plugin} does not declare {{verb: {action}, resource: {resource}}} \
             in spec.permissions"
        );
        Err(message(StatusCode::FORBIDDEN, &text))
    }

    /// Whether the user may do `action` to `object` of `resource`, and the plugin too.
    pub(super) fn may(&self, host: &Host, resource: &str, action: &str, object: &str) -> bool {
        self.covers(resource, action)
            && host.policy.allows(&self.user, resource, action, &format!("{MAIN}/{object}"))
    }
}

/// The place of the connection that a request came on.
pub(super) fn place(extensions: &Extensions) -> Option<&ConnectionPlace> {
    extensions.get::<Arc<Busy>>().map(|busy| busy.place())
}

impl FromRequestParts<Arc<Host>> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, host: &Arc<Host>) -> Result<Self, Response> {
        Self::of(&parts.headers, &parts.extensions, host)
    }
}
