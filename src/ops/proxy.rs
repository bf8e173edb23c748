//! A request to a plugin's backend through the API server's proxy, and what comes back, piece by piece.

use super::World;
use super::descriptors::{self, Known};
use super::known::Remote;
use crate::client::call::{Call, Place, Reply};
use crate::client::server::Server;
use crate::client::{ClientError, Runtime};
use crate::error::{Failure, exit};
use crate::index::Names;
use crate::model::{Line, PathFamily, quoted};
use crate::openapi::{Part, Request, RequestBody};
use crate::resolve::Command;
use crate::sys::files;
use std::cell::OnceCell;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;

/// A plugin of a server, and what it offers.
#[derive(Debug)]
pub struct Plugin {
    /// Its name.
    pub name: String,
    /// What it offers.
    pub known: Known,
    /// The backend that gets the user's token, as far as it is known.
    pub backend: Option<Line>,
    remote: Remote,
    family: PathFamily,
    /// The connection, once there is one.
    link: OnceCell<(Runtime, Server)>,
}

impl Plugin {
    /// The plugin that `command` is, with what it offers; that is asked when it is not known.
    pub fn open(world: &World, command: &Command) -> Result<Self, Failure> {
        let remote = Remote::of(world)?;
        let names = remote.names(world.store().as_ref());
        let known = descriptors::of(world, &remote, &names, command)?;
        Ok(Self::with(command, remote, &names, known))
    }

    /// The plugin that `command` is, whatever it offers.
    pub fn bare(world: &World, command: &Command) -> Result<Self, Failure> {
        let remote = Remote::of(world)?;
        let names = remote.names(world.store().as_ref());
        Ok(Self::with(command, remote, &names, Known { descriptor: Box::default(), place: String::new() }))
    }

    fn with(command: &Command, remote: Remote, names: &Names, known: Known) -> Self {
        let family = descriptors::family(names);
        let backend = command.find(|origin| origin.backend.clone());
        Self { name: command.name().to_string(), known, backend, remote, family, link: OnceCell::new() }
    }

    /// The cluster that it is asked in.
    pub fn cluster(&self) -> &str {
        self.remote.target.cluster()
    }

    /// The address of the server, as the user wrote it.
    pub fn server(&self) -> &str {
        self.remote.target.server.as_deref().unwrap_or_default()
    }

    /// The path of the plugin below the server.
    pub fn base(&self) -> String {
        match self.family {
            PathFamily::Clustered => format!("/v1/clusters/{}/plugins/{}", self.cluster(), self.name),
            PathFamily::Flat => format!("/v1/plugins/{}", self.name),
        }
    }

    /// Makes a request. `sink` gets what comes, as it comes, and says whether to go on; an answer that is no
    /// success is a failure, unless the caller wants it too.
    pub fn send(
        &self,
        world: &World,
        call: &Call,
        wants_refusals: bool,
        sink: &mut dyn FnMut(Event<'_>) -> Result<ControlFlow<()>, Failure>,
    ) -> Result<u16, Failure> {
        if world.options.offline {
            return Err(Failure::new(
                exit::FAILURE,
                format!("`{}` runs on the server, and --offline forbids to ask it", self.name),
            ));
        }
        let no_network =
            |error: io::Error| Failure::new(exit::FAILURE, format!("the network cannot be used: {error}"));
        if self.link.get().is_none() {
            let server = descriptors::connect(world, &self.remote).map_err(|error| self.failure(&error))?;
            let _ = self.link.set((Runtime::new().map_err(no_network)?, server));
        }
        let Some((runtime, server)) = self.link.get() else {
            return Err(no_network(io::ErrorKind::Other.into()));
        };
        let work = async {
            let place = Place { cluster: self.cluster(), plugin: &self.name, family: self.family };
            let mut reply = server.call(place, call).await.map_err(|error| self.failure(&error))?;
            let status = reply.status;
            if !(200..300).contains(&status) && !wants_refusals {
                return Err(self.failure(&reply.refusal().await));
            }
            let mut flow = sink(Event::Head(&reply))?;
            let mut came = 0;
            while flow.is_continue() {
                match reply.chunk().await {
                    Ok(Some(chunk)) => {
                        came += chunk.len();
                        flow = sink(Event::Chunk(&chunk))?;
                    }
                    Ok(None) => break,
                    Err(error) => return Err(self.broken_off(&error, came)),
                }
            }
            Ok(status)
        };
        runtime.wait_for(work)
    }

    /// What the user reads when an answer ends before its end.
    fn broken_off(&self, error: &ClientError, came: usize) -> Failure {
        if came == 0 {
            return self.failure(error);
        }
        let message = format!("`{}`: the answer broke off after {came} bytes, and is not whole", self.name);
        let mut failure = Failure::new(exit::FAILURE, message);
        failure.causes.push(error.to_string());
        failure
    }

    /// What the user reads when the host or the backend says no.
    fn failure(&self, error: &ClientError) -> Failure {
        let server = self.server();
        if error.wants_sign_in() {
            return super::auth::of_server(server, error);
        }
        let name = &self.name;
        match error {
            ClientError::Status { status, message, more } => {
                let text = message.as_ref().map(Line::as_str).unwrap_or_default();
                let mut failure = Failure::new(exit::FAILURE, format!("`{name}`: {error}"));
                failure.causes.extend(more.detail.clone());
                failure.hints.extend(more.hint.as_ref().map(Line::to_string));
                match status {
                    403 if text == "insufficient permissions" => {
                        let cluster = Line::new(self.cluster());
                        failure = failure.hint(format!(
                            "ask for the grant `plugins, use, {cluster}/{name}` (older servers: `plugin/{name}, use, *`)"
                        ));
                    }
                    404 if text.starts_with("plugin ") => {
                        failure = failure
                            .hint(format!("everestctl plugin which {name}"))
                            .hint("everestctl plugin list");
                    }
                    409 => failure = failure.hint("it is not in a state that allows this: look at it first"),
                    429 => {
                        failure = failure.hint("it gets more requests than it allows: try again in a while");
                    }
                    502..=504 if message.is_none() => {
                        failure = failure.hint(format!(
                            "the backend of `{name}` does not run: everestctl plugin info {name}"
                        ));
                    }
                    _ => {}
                }
                failure
            }
            ClientError::OutcomeUnknown(cause) => {
                let mut failure = Failure::new(
                    exit::FAILURE,
                    format!("`{name}`: outcome unknown: the connection was lost before the answer came"),
                );
                failure.causes.push(cause.to_string());
                failure.hint("look before you run it again: it may have been carried out")
            }
            error => super::auth::of_server(server, error),
        }
    }
}

/// What comes back, in this order: once its head, then its body in pieces.
#[derive(Debug)]
pub enum Event<'a> {
    /// Status and headers.
    Head(&'a Reply),
    /// Some of the body.
    Chunk(&'a [u8]),
}

/// Path and query below a plugin of a place that its backend names, whether the backend knows the path in front of
/// it (`base`) or not.
pub fn below(place: &str, base: &str) -> (String, String) {
    let path = place.strip_prefix(base).unwrap_or(place);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    (path.to_owned(), query.to_owned())
}

/// The largest body that is read from a file or from standard input, in bytes.
const LARGEST_BODY: u64 = 64 * 1024 * 1024;

/// The call that a request is, with the raw body that the user gave, if it takes one.
pub fn call(request: Request, raw: Option<Vec<u8>>) -> Result<Call, Failure> {
    let Request { method, path, query, headers, body } = request;
    let body = match body {
        None => None,
        Some(RequestBody::Json { content_type, text }) => Some((content_type, text.into_bytes())),
        Some(RequestBody::Form(text)) => {
            Some(("application/x-www-form-urlencoded".to_owned(), text.into_bytes()))
        }
        Some(RequestBody::Multipart(parts)) => Some(multipart(parts)?),
        Some(RequestBody::Raw { content_type }) => Some((content_type, raw.unwrap_or_default())),
    };
    Ok(Call { method: method.as_str().to_owned(), query, headers, body, ..Call::get(&path) })
}

/// A form with files (RFC 7578).
fn multipart(parts: Vec<Part>) -> Result<(String, Vec<u8>), Failure> {
    let mut contents = Vec::new();
    for part in parts {
        contents.push(match part {
            Part::Text { name, value } => (name, None, value.into_bytes()),
            Part::File { name, file } => {
                let file = file.strip_prefix('@').unwrap_or(&file);
                let shown = Path::new(file).file_name().map(|name| name.to_string_lossy().into_owned());
                (name, Some(shown.unwrap_or_default()), content_of(file)?)
            }
        });
    }
    // A text that stands in none of the parts.
    let mut boundary = "everestctl-boundary".to_owned();
    while contents.iter().any(|(.., content)| contains(content, boundary.as_bytes())) {
        boundary.push('x');
    }
    let escaped = |text: &str| text.replace('"', "%22").replace(['\r', '\n'], "%0A");
    let mut body = Vec::new();
    for (name, file, content) in contents {
        let file = file.map(|file| {
            format!("; filename=\"{}\"\r\ncontent-type: application/octet-stream", escaped(&file))
        });
        let head = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"{}\r\n\r\n",
            escaped(&name),
            file.unwrap_or_default()
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(&content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok((format!("multipart/form-data; boundary={boundary}"), body))
}

fn contains(content: &[u8], part: &[u8]) -> bool {
    content.windows(part.len()).any(|window| window == part)
}

/// What a value means that may be a file: `@FILE` is what stands in it, `-` and `@-` what comes on standard
/// input, anything else is itself.
pub fn given(value: &str) -> Result<Vec<u8>, Failure> {
    match (value, value.strip_prefix('@')) {
        ("-", _) | (_, Some("-")) => content_of("-"),
        (_, Some(file)) => content_of(file),
        _ => Ok(value.as_bytes().to_vec()),
    }
}

/// As [`given`], for what has to be text.
pub fn given_text(value: &str) -> Result<String, Failure> {
    String::from_utf8(given(value)?)
        .map_err(|_| Failure::new(exit::USAGE, format!("{} is not UTF-8 text", quoted(value))))
}

fn content_of(file: &str) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: &io::Error| {
        let mut failure = Failure::new(exit::USAGE, format!("the file {} cannot be read", quoted(file)));
        failure.causes.push(error.to_string());
        failure
    };
    if file != "-" {
        return files::read(Path::new(file), LARGEST_BODY).map_err(|error| unreadable(&error));
    }
    let mut content = Vec::new();
    let read = io::stdin().lock().take(LARGEST_BODY + 1).read_to_end(&mut content);
    read.map_err(|error| unreadable(&error))?;
    if content.len() as u64 > LARGEST_BODY {
        return Err(unreadable(&io::Error::other("it is larger than 64 MiB")));
    }
    Ok(content)
}

/// The request as a line of curl; the token is put in by a command, and `secrets` are hidden, so that nobody reads
/// them.
pub fn as_curl(plugin: &Plugin, call: &Call, secrets: &[&str]) -> String {
    let query = if call.query.is_empty() { String::new() } else { format!("?{}", call.query) };
    let server = plugin.server().trim_end_matches('/').trim_end_matches("/v1");
    let url = format!("{server}{}{}{query}", plugin.base(), call.path);
    let mut words = vec!["curl".to_owned(), "-X".to_owned(), call.method.clone(), quoted(&url)];
    if call.with_token {
        words.extend(["-H".to_owned(), "\"authorization: Bearer $(everestctl auth token)\"".to_owned()]);
    }
    for (name, value) in &call.headers {
        words.extend(["-H".to_owned(), quoted(&format!("{name}: {value}"))]);
    }
    if let Some((content_type, body)) = &call.body {
        words.extend(["-H".to_owned(), quoted(&format!("content-type: {content_type}"))]);
        words.extend(["--data-binary".to_owned(), quoted(&String::from_utf8_lossy(body))]);
    }
    let mut line = words.join(" ");
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        let in_json = serde_json::Value::from(*secret).to_string();
        let in_query: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        for form in [in_json.trim_matches('"'), in_query.as_str(), secret, &quoted(secret)] {
            line = line.replace(form, "HIDDEN");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_with_files_is_bounded_by_what_is_in_none_of_them() {
        let parts = vec![
            Part::Text { name: "na\"me".to_owned(), value: "everestctl-boundary".to_owned() },
            Part::Text { name: "b".to_owned(), value: "2".to_owned() },
        ];
        let (kind, body) = multipart(parts).unwrap();
        assert_eq!(kind, "multipart/form-data; boundary=everestctl-boundaryx");
        let body = String::from_utf8(body).unwrap();
        assert!(body.starts_with("--everestctl-boundaryx\r\ncontent-disposition: form-data; name=\"na%22me\"\r\n\r\neverestctl-boundary\r\n"), "{body}");
        assert!(body.ends_with("\r\n--everestctl-boundaryx--\r\n"), "{body}");
    }
}
