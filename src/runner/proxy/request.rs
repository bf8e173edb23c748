//! What was typed → a call: bodies from files, from standard input, as forms.
//!
//! A file is read only where it comes as a [`NamedFile`], which the command line alone can make; no text is taken for the
//! name of one. It must not know what an argument means, nor how a call is
//! sent.

use super::connection::PluginConnection;
use super::input_error::InputError;
use super::plugin_credentials;
use crate::client::checksum;
use crate::client::plugin_request::{DisplayedRequest, PluginRequest};
use crate::client::request_body::{BodyPart, Field, RequestBody};
use crate::error::Failure;
use crate::openapi::{self, ApiCommand, HIDDEN, OperationBody, OperationRequest};
use crate::sys::files::{self, FileFacts, FileKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::convert::Infallible;
use std::io::{self, Read};
use std::path::Path;

/// The largest body that is read whole, since it has to be looked at, in bytes.
const LARGEST_BODY: u64 = 64 * 1024 * 1024;

/// A file, or standard input, that the user has named on this command line. `cli` has the one type that is it.
pub trait NamedFile {
    /// Where it is; `None` is standard input.
    fn path(&self) -> Option<&Path>;
}

impl<F: NamedFile> NamedFile for &F {
    fn path(&self) -> Option<&Path> {
        (*self).path()
    }
}

/// Requests that nobody typed have no files: polling a job, pages, values for TAB.
impl NamedFile for Infallible {
    fn path(&self) -> Option<&Path> {
        match *self {}
    }
}

/// The call that a request of `command` is, with the raw body that the user gave, if it takes one.
pub fn call<F: NamedFile>(
    plugin: &PluginConnection,
    command: &ApiCommand,
    request: OperationRequest<F>,
    raw: Option<RequestBody>,
) -> Result<PluginRequest, Failure> {
    let credentials = plugin_credentials::of(plugin, command, &|place| request.carries(place))?;
    let OperationRequest { method, path, query, headers, body, safe, shown } = request;
    let openapi::RedactedRequest { path: shown_path, query: shown_query, headers: shown_headers } = shown;
    let mut shown =
        DisplayedRequest { path: shown_path, query: shown_query, headers: shown_headers, body: None };
    let body = match body {
        None => None,
        Some(OperationBody::Json { content_type, text, shown: to_show }) => {
            shown.body = Some(to_show);
            Some((content_type, text.into_bytes().into()))
        }
        Some(OperationBody::Form { text, shown: to_show }) => {
            shown.body = Some(to_show);
            Some(("application/x-www-form-urlencoded".to_owned(), text.into_bytes().into()))
        }
        Some(OperationBody::Multipart(parts)) => {
            // It cannot be guessed, so none of the parts contains it.
            let boundary =
                checksum::unguessable().map_err(|error| InputError::NoBoundary(error.to_string()))?;
            Some(multipart(parts, &boundary)?)
        }
        Some(OperationBody::Raw { content_type, private }) => {
            shown.body = private.then(|| HIDDEN.to_owned());
            Some((content_type, raw.unwrap_or_default()))
        }
    };
    let shown = Some(Box::new(shown));
    let mut call = PluginRequest {
        query,
        headers,
        body,
        credentials,
        safe,
        shown,
        ..PluginRequest::new(method.as_str(), &path)
    };
    if call.body.as_ref().is_some_and(|(_, content)| content.is_streamed()) {
        // However long that takes; who sends it looks whether it continues.
        call.timeout = None;
    }
    Ok(call)
}

/// A form with files (RFC 7578), which are read while they are sent.
fn multipart<F: NamedFile>(
    parts: Vec<openapi::FormPart<F>>,
    boundary: &str,
) -> Result<(String, RequestBody), Failure> {
    let escaped = |text: &str| text.replace('"', "%22").replace(['\r', '\n'], "%0A");
    let head = |name: &str, more: &str| {
        format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"{more}\r\n\r\n", escaped(name))
            .into_bytes()
    };
    let typed = |kind: &str| format!("\r\ncontent-type: {}", kind.replace(['\r', '\n'], " "));
    let (mut content, mut fields) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            openapi::FormPart::Text { name, value, shown, content_type } => {
                let more = content_type.as_deref().map(typed).unwrap_or_default();
                fields.push(Field { name: name.clone(), value: shown, is_file: false, content_type });
                content.extend([BodyPart::Bytes(head(&name, &more)), BodyPart::Bytes(value.into_bytes())]);
            }
            openapi::FormPart::File { name, file, content_type } => {
                let kind = typed(content_type.as_deref().unwrap_or("application/octet-stream"));
                let value = shown_name(&file);
                fields.push(Field { name: name.clone(), value, is_file: true, content_type });
                let own_name = file.path().and_then(Path::file_name);
                let shown = own_name.map(|name| name.to_string_lossy().into_owned());
                let more = format!("; filename=\"{}\"{kind}", escaped(&shown.unwrap_or_default()));
                content.extend([BodyPart::Bytes(head(&name, &more)), part_of(&file)?]);
            }
        }
        content.push(BodyPart::Bytes(b"\r\n".to_vec()));
    }
    content.push(BodyPart::Bytes(format!("--{boundary}--\r\n").into_bytes()));
    let inputs = content.iter().filter(|part| matches!(part, BodyPart::Input)).count();
    if inputs > 1 {
        return Err(InputError::InputTwice.into());
    }
    Ok((format!("multipart/form-data; boundary={boundary}"), RequestBody::from_form(content, fields)))
}

/// What is in a file, as a body; it is read while it is sent.
pub fn content(file: &impl NamedFile) -> Result<RequestBody, Failure> {
    Ok(RequestBody::new(vec![part_of(file)?]))
}

/// What is in a file, which has to be text; it is read whole.
pub fn text(file: &impl NamedFile) -> Result<String, Failure> {
    let text = String::from_utf8(content_of(file)?).map_err(|_| InputError::NotText(shown_name(file)))?;
    // Some editors start a file with a mark that is not a part of its text.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// What is in a file, in base64; it is read whole.
pub fn base64(file: &impl NamedFile) -> Result<String, Failure> {
    Ok(STANDARD.encode(content_of(file)?))
}

fn shown_name(file: &impl NamedFile) -> String {
    file.path().map_or_else(|| "-".to_owned(), |path| path.display().to_string())
}

/// A file, or standard input, as a part of a body.
fn part_of(file: &impl NamedFile) -> Result<BodyPart, Failure> {
    let Some(path) = file.path() else { return Ok(BodyPart::Input) };
    let path = path.to_owned();
    let facts = FileFacts::from_path(&path).map_err(|error| unreadable(file, error))?;
    let size = match facts.kind {
        FileKind::Folder => return Err(unreadable(file, io::ErrorKind::IsADirectory.into())),
        // To look whether a pipe can be read would take something out of it.
        FileKind::Other | FileKind::Link => None,
        FileKind::File => {
            files::open(&path).map_err(|error| unreadable(file, error))?;
            Some(facts.identity.size)
        }
    };
    Ok(BodyPart::File(path, size))
}

fn content_of(file: &impl NamedFile) -> Result<Vec<u8>, Failure> {
    if let Some(path) = file.path() {
        return files::read(path, LARGEST_BODY).map_err(|error| unreadable(file, error));
    }
    let mut content = Vec::new();
    let read = io::stdin().lock().take(LARGEST_BODY + 1).read_to_end(&mut content);
    read.map_err(|error| unreadable(file, error))?;
    if content.len() as u64 > LARGEST_BODY {
        return Err(unreadable(file, io::Error::other("it is larger than 64 MiB")));
    }
    Ok(content)
}

fn unreadable(file: &impl NamedFile, error: io::Error) -> Failure {
    InputError::Unreadable { name: shown_name(file), error }.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::exit;

    #[test]
    fn a_form_has_its_boundary_around_each_part() {
        let text = |name: &str, value: &str| openapi::FormPart::<Infallible>::Text {
            name: name.to_owned(),
            value: value.to_owned(),
            shown: String::new(),
            content_type: None,
        };
        let boundary = "a1";
        let (kind, body) = multipart(vec![text("na\"me", "1"), text("b", "2")], boundary).unwrap();
        assert_eq!(kind, "multipart/form-data; boundary=a1");
        let bytes = body.parts().iter().flat_map(|part| match part {
            BodyPart::Bytes(bytes) => bytes.clone(),
            other => panic!("{other:?}"),
        });
        let text = String::from_utf8(bytes.collect()).unwrap();
        let start =
            format!("--{boundary}\r\ncontent-disposition: form-data; name=\"na%22me\"\r\n\r\n1\r\n--");
        assert!(text.starts_with(&start), "{text}");
        assert!(text.ends_with(&format!("\r\n\r\n2\r\n--{boundary}--\r\n")), "{text}");
    }

    const CARGO_TOML: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

    struct File(Option<&'static str>);

    impl NamedFile for File {
        fn path(&self) -> Option<&Path> {
            self.0.map(Path::new)
        }
    }

    #[test]
    fn a_named_file_is_looked_at_before_anything_is_sent() {
        assert!(matches!(content(&File(None)).unwrap().parts(), [BodyPart::Input]));
        assert!(content(&File(Some(CARGO_TOML))).unwrap().size().is_some_and(|size| size > 0));
        assert!(text(&File(Some(CARGO_TOML))).unwrap().contains("[package]"));
        for nothing in ["nothing-here", "src", ""] {
            assert_eq!(content(&File(Some(nothing))).unwrap_err().exit_code, exit::USAGE);
        }
    }
}
