//! Finding the description of what a plugin offers (design, section 6): its own, through the API server's proxy,
//! else the overlay that comes with this program for plugins that publish none.
//!
//! The proxy hands the user's whole token to the backend, so that a description is asked for without it. Only
//! when that is refused, and only for a plugin that the user has named, it is shown (design, section 5).

use super::overlays;
use crate::client::ClientError;
use crate::client::api_client::ApiClient;
use crate::client::plugin_request::{Destination, PluginRequest, PluginResponse};
use crate::model::{CleanText, below};
use crate::openapi::{self, Descriptor, DocumentFiles, limits};
use std::time::{Duration, Instant};

/// Where plugins publish their description when they do not say.
const USUAL: [&str; 4] = ["/openapi.json", "/openapi.yaml", "/api/openapi.json", "/api/openapi.yaml"];
/// Where what they are made with puts it. Nobody is asked for these who has something there that is meant as one.
const OF_FRAMEWORKS: [&str; 12] = [
    // springdoc, springfox.
    "/v3/api-docs",
    "/v2/api-docs",
    // utoipa.
    "/api-docs/openapi.json",
    // ASP.NET: Swashbuckle, and its own.
    "/swagger/v1/swagger.json",
    "/openapi/v1.json",
    // drf-spectacular.
    "/api/schema/",
    // go-swagger, swag.
    "/swagger.json",
    "/swagger.yaml",
    "/swagger/doc.json",
    // NestJS, Quarkus, MicroProfile.
    "/api-json",
    "/q/openapi",
    "/openapi",
];
/// How long the other files of a description may take, all together.
const FILES_PATIENCE: Duration = Duration::from_secs(20);
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which plugin is asked.
#[derive(Clone, Debug)]
pub struct DescriptorQuery<'a> {
    /// Where it is.
    pub place: Destination<'a>,
    /// Name of the plugin.
    pub plugin: &'a str,
    /// Version of the plugin.
    pub version: Option<&'a str>,
    /// Where its manifest says that the description is.
    pub path: Option<&'a str>,
    /// The `ETag` of what is known.
    pub etag: Option<&'a str>,
    /// Whether the token may be shown to its backend.
    pub may_show_token: bool,
}

/// What came of it.
#[derive(Debug)]
pub enum DescriptorOutcome {
    /// A description.
    Descriptor {
        /// The document.
        descriptor: Box<Descriptor>,
        /// Where it was, in words.
        place: String,
        /// Its `ETag`.
        etag: Option<String>,
        /// Why the plugin itself could not be asked, where this program has a description of its own.
        failed: Option<ClientError>,
    },
    /// What is known still holds.
    Unchanged,
    /// There is none.
    Nothing {
        /// The backend requires a token, and none was sent.
        refused: bool,
        /// What was there instead.
        problems: Vec<CleanText>,
    },
    /// It is not known.
    Failed(ClientError),
}

/// Looks for it.
pub async fn find(server: &ApiClient, question: &DescriptorQuery<'_>) -> DescriptorOutcome {
    let mut problems = Vec::new();
    let mut refused = false;
    let mut linked = false;
    let own = question.path.filter(|path| {
        let why = below::fault(path.split('?').next().unwrap_or_default());
        problems.extend(why.map(|why| CleanText::new(&format!("skipped {path} from its manifest: {why}"))));
        why.is_none()
    });
    let mut paths: Vec<String> = own.into_iter().chain(USUAL).map(str::to_owned).collect();
    let mut next = 0;
    let mut frameworks = Some(OF_FRAMEWORKS);
    let (mut is_broken, mut before) = (false, Vec::new());
    loop {
        if next == paths.len() {
            paths.extend(frameworks.take().filter(|_| !is_broken).into_iter().flatten().map(str::to_owned));
        }
        let Some(path) = paths.get(next).cloned() else { break };
        next += 1;
        let reply = match ask(server, question, &path).await {
            Ok((reply, was_refused)) => {
                refused |= was_refused;
                reply
            }
            Err(error) => return shipped(question).unwrap_or(DescriptorOutcome::Failed(error)),
        };
        match reply.link("service-desc") {
            Ok(Some((path, query))) if !linked => {
                linked = true;
                let path = if query.is_empty() { path } else { format!("{path}?{query}") };
                if !paths.contains(&path) {
                    // A backend that says where it is has no use for guesses.
                    paths.insert(next, path);
                }
            }
            Err(error) if !linked => {
                linked = true;
                problems.push(CleanText::new(&format!("{path}: {error}")));
            }
            _ => {}
        }
        if reply.status >= 400 && reply.is_through_kubernetes() {
            // The API server's own refusal says nothing of the plugin, whose path this may not even be.
            match reply.refusal().await {
                error @ ClientError::RefusedByKubernetes { .. } => {
                    return shipped(question).unwrap_or(DescriptorOutcome::Failed(error));
                }
                _ => continue,
            }
        }
        match reply.status {
            200 => {}
            304 => return DescriptorOutcome::Unchanged,
            502..=504 => {
                let error = reply.refusal().await;
                return match shipped(question) {
                    Some(DescriptorOutcome::Descriptor { descriptor, place, etag, .. }) => {
                        DescriptorOutcome::Descriptor { descriptor, place, etag, failed: Some(error) }
                    }
                    _ => DescriptorOutcome::Failed(error),
                };
            }
            _ => continue,
        }
        let etag = reply.header("etag").map(str::to_owned);
        let is_page = reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        if is_page {
            continue;
        }
        let body = match reply.body(limits::DOCUMENT).await {
            Ok(body) => body,
            Err(error) => {
                problems.push(CleanText::new(&format!("{path}: {error}")));
                continue;
            }
        };
        // Some backends answer every path with the same.
        if body == before {
            continue;
        }
        match DocumentFiles::new(&path, &body) {
            Ok(mut files) => {
                drop(body);
                fetch_files(server, question, &mut files).await;
                return DescriptorOutcome::Descriptor {
                    // It says nothing of the other files.
                    etag: etag.filter(|_| !files.has_files()),
                    descriptor: Box::new(files.read()),
                    place: format!("{path} of the plugin"),
                    failed: None,
                };
            }
            // A backend that returns the same page for every path: not meant as a document.
            Err(openapi::DocumentError::NotOpenApi | openapi::DocumentError::WebPage) => {}
            Err(error) => {
                is_broken = true;
                problems.push(CleanText::new(&format!("{path}: {error}")));
            }
        }
        before = body;
    }
    shipped(question).unwrap_or(DescriptorOutcome::Nothing { refused, problems })
}

/// Gets the files that a document refers to.
async fn fetch_files(server: &ApiClient, question: &DescriptorQuery<'_>, files: &mut DocumentFiles) {
    let end = Instant::now() + FILES_PATIENCE;
    let question = DescriptorQuery { etag: None, ..question.clone() };
    while let Some(path) = files.next_file() {
        let content = if Instant::now() < end {
            fetch_file(server, &question, &path).await
        } else {
            Err("not fetched: the other files took too long".to_owned())
        };
        files.add(&path, content);
    }
}

async fn fetch_file(
    server: &ApiClient,
    question: &DescriptorQuery<'_>,
    path: &str,
) -> Result<Vec<u8>, String> {
    let (reply, _) = ask(server, question, path).await.map_err(|error| error.to_string())?;
    if reply.status != 200 {
        return Err(format!("the plugin returned {}", reply.status));
    }
    reply.body(limits::DOCUMENT).await.map_err(|error| error.to_string())
}

/// The overlay of this program for the plugin, if it has one that fits.
pub fn shipped(question: &DescriptorQuery<'_>) -> Option<DescriptorOutcome> {
    let descriptor = overlays::for_plugin(question.plugin, question.version)?;
    Some(DescriptorOutcome::Descriptor {
        descriptor: Box::new(descriptor),
        place: overlays::PLACE.to_owned(),
        etag: None,
        failed: None,
    })
}

async fn ask(
    server: &ApiClient,
    question: &DescriptorQuery<'_>,
    path: &str,
) -> Result<(PluginResponse, bool), ClientError> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query = query.to_owned();
    let mut call =
        PluginRequest { query, with_token: false, timeout: Some(PATIENCE), ..PluginRequest::get(path) };
    call.headers
        .push(("accept".to_owned(), "application/json, application/yaml;q=0.9, */*;q=0.1".to_owned()));
    if let Some(etag) = question.etag {
        call.headers.push(("if-none-match".to_owned(), etag.to_owned()));
    }
    let reply = server.call(question.place, &call).await?;
    // Why a backend does not run, a server may tell its users only.
    let is_down = matches!(reply.status, 502..=504);
    if !is_down && !matches!(reply.status, 400 | 401 | 403) {
        return Ok((reply, false));
    }
    if !question.may_show_token {
        return Ok((reply, !is_down));
    }
    call.with_token = true;
    Ok((server.call(question.place, &call).await?, false))
}
