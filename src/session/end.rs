//! Taking a session out of the file. The server is told first, and whatever it says the file is cleaned.

use super::SessionError;
use crate::client::{Address, ClientError, Transport, auth_api};
use crate::config::{ClientConfig, ConfigFile};
use crate::yaml::edit::{ConfigList, Edit};
use std::time::Duration;
use zeroize::Zeroizing;

/// Ends the session of `context`: on the server, unless `offline`, and in the file. What the server says
/// against it comes back; the file is clean then, too.
pub fn end(
    file: &ConfigFile,
    context: &str,
    transport: &Transport,
    offline: bool,
    patience: Duration,
) -> Result<Option<ClientError>, SessionError> {
    let held = file.lock(patience)?;
    let config = held.read()?;
    let change = held.prepare()?;
    let session = revocable(&config, context);
    // What a renewal that was killed had got already is alive, and stands in the lock's file only.
    let interrupted = session.and_then(|(_, refresh)| held.interrupted_renewal(refresh));
    let told = match session.filter(|_| !offline) {
        Some((server, refresh)) => {
            let renewed = interrupted.as_ref().and_then(|interrupted| interrupted.renewed.as_ref());
            Address::new(server, transport.allow_http)
                .and_then(|address| {
                    auth_api::revoke(&address, transport, renewed.map_or(refresh, |renewed| &renewed.refresh))
                })
                .err()
        }
        None => None,
    };
    change.finish(&without_context(&config, context))?;
    if interrupted.is_some() {
        // Whatever it says, it is about a session that has ended.
        let _ = held.end_renewal();
    }
    Ok(told)
}

fn revocable<'a>(config: &'a ClientConfig, context: &str) -> Option<(&'a str, &'a Zeroizing<String>)> {
    let found = config.context(context)?;
    Some((found.server?, found.session?.refresh?))
}

/// The edits that remove a context, and with it the user and the server that no other context names.
pub fn without_context(config: &ClientConfig, context: &str) -> Vec<Edit> {
    let mut edits = vec![Edit::Remove { list: ConfigList::Contexts, name: context.to_owned() }];
    if let Some((server, user)) = config.names_of(context) {
        let others = || config.contexts().filter(|other| other.name != context);
        let names = || others().filter_map(|other| config.names_of(other.name));
        if !names().any(|(_, other)| other == user) {
            edits.push(Edit::Remove { list: ConfigList::Users, name: user.to_owned() });
        }
        if !names().any(|(other, _)| other == server) {
            edits.push(Edit::Remove { list: ConfigList::Servers, name: server.to_owned() });
        }
    }
    if config.current_name() == Some(context) {
        edits.push(Edit::Top("currentContext", String::new()));
    }
    edits
}
