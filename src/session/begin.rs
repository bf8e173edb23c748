//! Putting a new session into the file, in the names that the Go CLI gives (reference, section 8.1).

use super::{PATIENCE, SessionError};
use crate::client::Address;
use crate::config::ConfigFile;
use crate::config::edit::{Edit, List};
use crate::sys::clock::Moment;
use std::path::PathBuf;
use std::time::Duration;
use zeroize::Zeroizing;

/// A session that has begun on the server.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// The server.
    pub address: &'a Address,
    /// The user's name there.
    pub user: &'a str,
    /// The name of the context; the Go CLI's when nobody says.
    pub context: Option<&'a str>,
    /// The access token.
    pub access: &'a Zeroizing<String>,
    /// What gets the next one.
    pub refresh: Option<&'a Zeroizing<String>>,
    /// When the access token expires.
    pub expires: Moment,
    /// What the user said of the way to the server: kept for the context.
    pub ca_file: Option<PathBuf>,
    /// The same.
    pub allow_http: bool,
}

/// Writes it down, makes its context the current one, and gives the name of that.
pub fn begin(
    file: &ConfigFile,
    session: &NewSession<'_>,
    patience: Option<Duration>,
) -> Result<String, SessionError> {
    let patience = patience.unwrap_or(PATIENCE);
    let url = session.address.to_string();
    let server = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).to_owned();
    let user = format!("{}@{server}", session.user);
    let context = session.context.unwrap_or(&user).to_owned();
    let set = |list, name: &str, field, value: &str| Edit::Set {
        list,
        name: name.to_owned(),
        field,
        value: value.into(),
    };
    file.change(patience, |config| {
        // An entry of that name may be another server: it keeps its name, and ours gets another.
        let taken = config.server(&server).is_some_and(|other| other.trim_end_matches("/v1") != url);
        let server = if taken { url.clone() } else { server.clone() };
        let mut edits = vec![
            Edit::Top("currentContext", context.clone()),
            set(List::Contexts, &context, "server", &server),
            set(List::Contexts, &context, "user", &user),
        ];
        if config.server(&server).is_none() {
            edits.push(set(List::Servers, &server, "url", &url));
        }
        edits.push(set(List::Users, &user, "accessToken", session.access));
        match session.refresh {
            Some(refresh) => edits.push(set(List::Users, &user, "refreshToken", refresh)),
            None => edits.push(Edit::Unset { list: List::Users, name: user.clone(), field: "refreshToken" }),
        }
        edits.push(set(List::Users, &user, "expiresAt", &session.expires.to_rfc3339()));
        edits
    })?;
    keep(file, session, &context, patience)?;
    Ok(context)
}

/// Keeps what the user said of the way to the server.
fn keep(
    file: &ConfigFile,
    session: &NewSession<'_>,
    context: &str,
    patience: Duration,
) -> Result<(), SessionError> {
    let set = |field, value| Edit::Set { list: List::Contexts, name: context.to_owned(), field, value };
    let ca_file = session.ca_file.as_ref().map(|path| set("caFile", path.to_string_lossy().as_ref().into()));
    let allow_http = session.allow_http.then(|| set("allowHttp", true.into()));
    let edits: Vec<Edit> = [ca_file, allow_http].into_iter().flatten().collect();
    if edits.is_empty() {
        return Ok(());
    }
    Ok(file.own_beside().change(patience, |_| edits)?)
}
