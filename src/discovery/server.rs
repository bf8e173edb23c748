//! The source `server`: the plugin list of an OpenEverest server (reference, section 3.3).

use super::{SourceReport, manifest, shorten};
use crate::client::api_client::{ApiClient, ConditionalResponse, what_it_is};
use crate::client::{self, Address, ClientError, TokenSource, Transport};
use crate::model::{
    CleanText, Origin, OriginState, PathFamily, ReportOutcome, Source, Validators, Warning, host_range,
    limits, quoted,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;

/// Which server to ask, and what is known of it.
#[derive(Debug)]
pub struct ServerQuery {
    /// Its address, as the user wrote it.
    pub address: String,
    /// The user's credentials; `None` when not signed in, or why they are not usable.
    pub credentials: Result<Option<Arc<dyn TokenSource>>, ClientError>,
    /// How it is reached.
    pub transport: Transport,
    /// The cluster.
    pub cluster: String,
    /// What it answered last time.
    pub known: Validators,
}

/// Asks the server.
pub fn discover(request: &ServerQuery) -> SourceReport {
    let answer = client::wait_for(ask(request));
    let (error, sign_in) = match answer {
        Ok(Ok(report)) => return report,
        Ok(Err(error)) => (explain(request, &error), error.wants_sign_in()),
        Err(error) => (Warning::new(Source::Server, error.to_string()), false),
    };
    SourceReport::failed(error, Source::Server, sign_in)
}

async fn ask(request: &ServerQuery) -> Result<SourceReport, ClientError> {
    let address = Address::new(&request.address, request.transport.allow_http)?;
    // Every route that lists plugins wants a session: without one there is nothing to ask.
    let Some(credentials) = request.credentials.clone()? else { return Err(ClientError::NoSession) };
    let server = ApiClient::new(address, credentials, &request.transport)?;
    let (answer, family) = list(&server, request).await?;
    let (body, etag) = match answer {
        ConditionalResponse::Body(body, etag) => (body, etag),
        ConditionalResponse::NotModified => {
            return Ok(SourceReport {
                source: Source::Server,
                outcome: ReportOutcome::Unchanged,
                problems: Vec::new(),
            });
        }
    };
    let mut problems = Vec::new();
    let entries = entries(&body)?;
    if entries.len() > limits::ENTRIES {
        return Err(ClientError::TooMany(limits::ENTRIES));
    }
    let mut origins: Vec<Origin> =
        entries.into_iter().filter_map(|entry| manifest::from_list_entry(entry, &mut problems)).collect();
    shorten(&mut problems, Source::Server);
    check_versions(&server, &mut origins).await;
    let validators = Validators { etag, family: Some(family), watched: Vec::new() };
    Ok(SourceReport {
        source: Source::Server,
        outcome: ReportOutcome::Complete { origins, validators },
        problems,
    })
}

/// The list, from the family of paths that answered last time, else the newer one; on 404 from the other.
async fn list(
    server: &ApiClient,
    request: &ServerQuery,
) -> Result<(ConditionalResponse, PathFamily), ClientError> {
    let first = request.known.family.unwrap_or(PathFamily::Clustered);
    let second = match first {
        PathFamily::Clustered => PathFamily::Flat,
        PathFamily::Flat => PathFamily::Clustered,
    };
    let get = async |family: PathFamily, etag: Option<&str>| match family {
        PathFamily::Clustered => server.get(&["clusters", &request.cluster, "plugins"], etag).await,
        PathFamily::Flat => server.get(&["plugins"], etag).await,
    };
    match get(first, request.known.etag.as_deref()).await {
        Err(ClientError::Status { status: 404, message, more }) => match get(second, None).await {
            // Neither is there: the answer of the newer family says it best.
            Err(ClientError::Status { status: 404, .. }) => {
                Err(ClientError::Status { status: 404, message, more })
            }
            answer => Ok((answer?, second)),
        },
        answer => Ok((answer?, first)),
    }
}

/// The entries of an array or of `{"items": […]}`.
fn entries(body: &[u8]) -> Result<Vec<&RawValue>, ClientError> {
    #[derive(Deserialize)]
    struct Items<'a> {
        #[serde(borrow)]
        items: Option<Vec<&'a RawValue>>,
    }
    let not_json = || ClientError::NotJson(what_it_is(body));
    if body.trim_ascii_start().first() == Some(&b'[') {
        return serde_json::from_slice(body).map_err(|_| not_json());
    }
    match serde_json::from_slice::<Items<'_>>(body) {
        Ok(Items { items: Some(items) }) => Ok(items),
        Ok(Items { items: None }) => Err(ClientError::Unexpected("a list of plugins")),
        Err(error) if error.is_data() => Err(ClientError::Unexpected("a list of plugins")),
        Err(_) => Err(not_json()),
    }
}

/// Marks the plugins that do not fit the server's version, which is asked for only when one sets limits.
async fn check_versions(server: &ApiClient, origins: &mut [Origin]) {
    #[derive(Deserialize)]
    struct Version {
        version: String,
    }
    if origins.iter().all(|origin| origin.host_versions.is_none()) {
        return;
    }
    // Without a version nothing is refused: the server itself does not check either.
    let Ok(ConditionalResponse::Body(body, _)) = server.get(&["version"], None).await else { return };
    let Ok(Version { version }) = serde_json::from_slice(&body) else { return };
    for origin in origins {
        if let Some(range) = &origin.host_versions
            && matches!(origin.state, OriginState::Ready)
            && !host_range::allows(range.as_str(), &version)
        {
            origin.state = OriginState::Incompatible(CleanText::new(&format!(
                "requires OpenEverest {range}, the server is {version}"
            )));
        }
    }
}

fn explain(request: &ServerQuery, error: &ClientError) -> Warning {
    let address = CleanText::new(&request.address);
    let problem = Warning::new(
        Source::Server,
        match error {
            ClientError::BadAddress { .. } => error.to_string(),
            _ => format!("{address}: {error}"),
        },
    );
    let address = quoted(&request.address);
    let hint = match error {
        error if error.wants_sign_in() => {
            Some(format!("sign in with `everestctl auth login --server {address}`"))
        }
        ClientError::Status { status: 403, .. } => Some(format!(
            "ask for the grant `plugins, read, {cluster}/*` (older servers: `plugins, read, *`)",
            cluster = CleanText::new(&request.cluster)
        )),
        error => error.hint().map(str::to_owned),
    };
    Warning { hint, ..problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_and_items() {
        assert_eq!(entries(b" [1,2]").unwrap().len(), 2);
        assert_eq!(entries(br#"{"items":[1]}"#).unwrap().len(), 1);
        assert_eq!(
            entries(br#"{"items":null}"#).unwrap_err().to_string(),
            "the response is not a list of plugins"
        );
        assert_eq!(
            entries(br#"{"plugins":[]}"#).unwrap_err().to_string(),
            "the response is not a list of plugins"
        );
        assert_eq!(entries(b"<html>").unwrap_err().to_string(), "the response is an HTML page, not JSON");
        assert_eq!(entries(b"").unwrap_err().to_string(), "the response is empty, not JSON");
        assert_eq!(entries(b"[{},").unwrap_err().to_string(), "the response is damaged, not JSON");
    }
}
