//! Putting a new session into the file, in the names that the Go CLI gives (reference, section 8.1).

use super::SessionError;
use crate::client::Address;
use crate::config::{ClientConfig, ConfigFile};
use crate::model::limits;
use crate::sys::clock::UnixTime;
use crate::yaml::edit::{ConfigList, Edit};
use std::path::PathBuf;
use std::time::Duration;
use zeroize::Zeroizing;

/// A session that has started on the server.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// The server.
    pub address: &'a Address,
    /// The user's name there.
    pub user: &'a str,
    /// The name of the context; by default the one that the Go CLI would give.
    pub context: Option<&'a str>,
    /// The access token.
    pub access: &'a Zeroizing<String>,
    /// What gets the next one.
    pub refresh: Option<&'a Zeroizing<String>>,
    /// When the access token expires.
    pub expires: UnixTime,
    /// What the user said of the way to the server: kept for the context.
    pub ca_file: Option<PathBuf>,
    /// The session's user entry.
    pub allow_http: bool,
}

/// Writes it down, makes its context the current one, and gives the name of that.
pub fn begin(
    file: &ConfigFile,
    session: &NewSession<'_>,
    patience: Duration,
) -> Result<String, SessionError> {
    let is_too_long = |token: &Zeroizing<String>| token.len() > limits::TOKEN;
    if is_too_long(session.access) || session.refresh.is_some_and(is_too_long) {
        return Err(SessionError::TokenTooLong);
    }
    let user = format!("{}@{}", session.user, without_scheme(&session.address.to_string()));
    let context = session.context.unwrap_or(&user).to_owned();
    let set = |list, name: &str, field, value: &str| Edit::Set {
        list,
        name: name.to_owned(),
        field,
        value: value.into(),
    };
    file.change(patience, |config| {
        let (server, entry) = server_entry(config, session.address);
        let mut edits = vec![
            Edit::Top("currentContext", context.clone()),
            set(ConfigList::Contexts, &context, "server", &server),
            set(ConfigList::Contexts, &context, "user", &user),
        ];
        edits.extend(entry);
        edits.push(set(ConfigList::Users, &user, "accessToken", session.access));
        match session.refresh {
            Some(refresh) => edits.push(set(ConfigList::Users, &user, "refreshToken", refresh)),
            None => {
                edits.push(Edit::Unset {
                    list: ConfigList::Users,
                    name: user.clone(),
                    field: "refreshToken",
                });
            }
        }
        edits.push(set(ConfigList::Users, &user, "expiresAt", &session.expires.to_rfc3339()));
        edits
    })?;
    keep(file, session, &context, patience)?;
    Ok(context)
}

/// The name of the entry of a server, and the edit that makes it when it is not there. The name is the Go CLI's, the
/// address without its scheme; where another server has that name it keeps it, and ours gets its whole address.
pub fn server_entry(config: &ClientConfig, address: &Address) -> (String, Option<Edit>) {
    let url = address.to_string();
    let short = without_scheme(&url);
    let taken = config.server(short).is_some_and(|other| other.trim_end_matches("/v1") != url);
    let name = if taken { url.clone() } else { short.to_owned() };
    let entry = config.server(&name).is_none().then(|| Edit::Set {
        list: ConfigList::Servers,
        name: name.clone(),
        field: "url",
        value: url.into(),
    });
    (name, entry)
}

fn without_scheme(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest)
}

/// Keeps what the user said of the way to the server.
fn keep(
    file: &ConfigFile,
    session: &NewSession<'_>,
    context: &str,
    patience: Duration,
) -> Result<(), SessionError> {
    let set = |field, value| Edit::Set { list: ConfigList::Contexts, name: context.to_owned(), field, value };
    let ca_file = session.ca_file.as_ref().map(|path| set("caFile", path.to_string_lossy().as_ref().into()));
    let allow_http = session.allow_http.then(|| set("allowHttp", true.into()));
    let edits: Vec<Edit> = [ca_file, allow_http].into_iter().flatten().collect();
    if edits.is_empty() {
        return Ok(());
    }
    Ok(file.own_beside().change(patience, |_| edits)?)
}
