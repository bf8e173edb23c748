//! What was typed → a call: bodies from files, from standard input, as forms; and a call as a line of curl.
//!
//! It must not know what an argument means, nor how a call is sent.

use super::proxy::Plugin;
use crate::client::call::Call;
use crate::client::checksum;
use crate::client::content::{Content, Field, Part};
use crate::error::{Failure, exit};
use crate::model::quoted;
use crate::openapi::{self, Request, RequestBody};
use crate::sys::files::{self, FileFacts, Kind};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The largest body that is read whole, since it has to be looked at, in bytes.
const LARGEST_BODY: u64 = 64 * 1024 * 1024;

/// The call that a request is, with the raw body that the user gave, if it takes one.
pub fn call(request: Request, raw: Option<Content>) -> Result<Call, Failure> {
    let Request { method, path, query, headers, body, safe } = request;
    let body = match body {
        None => None,
        Some(RequestBody::Json { content_type, text }) => Some((content_type, text.into_bytes().into())),
        Some(RequestBody::Form(text)) => {
            Some(("application/x-www-form-urlencoded".to_owned(), text.into_bytes().into()))
        }
        Some(RequestBody::Multipart(parts)) => Some(multipart(parts)?),
        Some(RequestBody::Raw { content_type }) => Some((content_type, raw.unwrap_or_default())),
    };
    let mut call = Call { query, headers, body, safe, ..Call::new(method.as_str(), &path) };
    if call.body.as_ref().is_some_and(|(_, content)| content.is_streamed()) {
        // However long that takes; who sends it looks whether it goes on.
        call.timeout = None;
    }
    Ok(call)
}

/// A form with files (RFC 7578), which are read while they are sent.
fn multipart(parts: Vec<openapi::Part>) -> Result<(String, Content), Failure> {
    // Nobody can guess it, so that it stands in none of the parts.
    let boundary = checksum::unguessable()
        .map_err(|error| Failure::new(exit::FAILURE, format!("no form can be made: {error}")))?;
    let escaped = |text: &str| text.replace('"', "%22").replace(['\r', '\n'], "%0A");
    let head = |name: &str, more: &str| {
        format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"{more}\r\n\r\n", escaped(name))
            .into_bytes()
    };
    let (mut content, mut fields) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            openapi::Part::Text { name, value } => {
                fields.push(Field { name: name.clone(), value: value.clone(), is_file: false });
                content.extend([Part::Bytes(head(&name, "")), Part::Bytes(value.into_bytes())]);
            }
            openapi::Part::File { name, file } => {
                let file = file.strip_prefix('@').unwrap_or(&file);
                fields.push(Field { name: name.clone(), value: file.to_owned(), is_file: true });
                let shown = Path::new(file).file_name().map(|name| name.to_string_lossy().into_owned());
                let more = format!(
                    "; filename=\"{}\"\r\ncontent-type: application/octet-stream",
                    escaped(&shown.unwrap_or_default())
                );
                content.extend([Part::Bytes(head(&name, &more)), part_of(file)?]);
            }
        }
        content.push(Part::Bytes(b"\r\n".to_vec()));
    }
    content.push(Part::Bytes(format!("--{boundary}--\r\n").into_bytes()));
    let inputs = content.iter().filter(|part| matches!(part, Part::Input)).count();
    if inputs > 1 {
        return Err(Failure::new(exit::USAGE, "standard input can be one file of a form, not several"));
    }
    Ok((format!("multipart/form-data; boundary={boundary}"), Content::of_form(content, fields)))
}

/// What a value means that may be a file: `@FILE` is what stands in it, `-` and `@-` what comes on standard
/// input, anything else is itself. Neither is read here.
pub fn given(value: &str) -> Result<Content, Failure> {
    Ok(match file_of(value) {
        Some(file) => Content::new(vec![part_of(file)?]),
        None => value.as_bytes().to_vec().into(),
    })
}

/// As [`given`], for what has to be text; it is read whole.
pub fn given_text(value: &str) -> Result<String, Failure> {
    let Some(file) = file_of(value) else { return Ok(value.to_owned()) };
    let text = String::from_utf8(content_of(file)?)
        .map_err(|_| Failure::new(exit::USAGE, format!("{} is not UTF-8 text", quoted(value))))?;
    // Some editors begin a file with a mark that is no part of its text.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The file that a value names; `-` is standard input.
fn file_of(value: &str) -> Option<&str> {
    if value == "-" { Some(value) } else { value.strip_prefix('@') }
}

/// A file, or standard input, as a part of a body.
fn part_of(file: &str) -> Result<Part, Failure> {
    if file == "-" {
        return Ok(Part::Input);
    }
    let path = PathBuf::from(file);
    let facts = FileFacts::of(&path).map_err(|error| unreadable(file, &error))?;
    let size = match facts.kind {
        Kind::Folder => return Err(unreadable(file, &io::ErrorKind::IsADirectory.into())),
        // To look whether a pipe can be read would take something out of it.
        Kind::Other | Kind::Link => None,
        Kind::File => {
            files::open(&path).map_err(|error| unreadable(file, &error))?;
            Some(facts.identity.size)
        }
    };
    Ok(Part::File(path, size))
}

fn content_of(file: &str) -> Result<Vec<u8>, Failure> {
    if file != "-" {
        return files::read(Path::new(file), LARGEST_BODY).map_err(|error| unreadable(file, &error));
    }
    let mut content = Vec::new();
    let read = io::stdin().lock().take(LARGEST_BODY + 1).read_to_end(&mut content);
    read.map_err(|error| unreadable(file, &error))?;
    if content.len() as u64 > LARGEST_BODY {
        return Err(unreadable(file, &io::Error::other("it is larger than 64 MiB")));
    }
    Ok(content)
}

fn unreadable(file: &str, error: &io::Error) -> Failure {
    let mut failure = Failure::new(exit::USAGE, format!("the file {} cannot be read", quoted(file)));
    failure.causes.push(error.to_string());
    failure
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
    if let Some((content_type, content)) = &call.body {
        if content.fields().is_empty() {
            words.extend(["-H".to_owned(), quoted(&format!("content-type: {content_type}"))]);
        }
        words.extend(body_as_curl(content));
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

/// How curl is told of a body.
fn body_as_curl(content: &Content) -> Vec<String> {
    if !content.fields().is_empty() {
        let field = |Field { name, value, is_file }: &Field| match is_file {
            true => ["--form".to_owned(), quoted(&format!("{name}=@{value}"))],
            false => ["--form-string".to_owned(), quoted(&format!("{name}={value}"))],
        };
        return content.fields().iter().flat_map(field).collect();
    }
    let parts = content.parts().iter().flat_map(|part| {
        let text = match part {
            Part::Bytes(bytes) => {
                return ["--data-binary".to_owned(), quoted(&String::from_utf8_lossy(bytes))];
            }
            Part::File(path, _) => format!("@{}", path.display()),
            Part::Input => "@-".to_owned(),
        };
        ["--data-binary".to_owned(), quoted(&text)]
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_a_boundary_that_nobody_can_guess() {
        let text =
            |name: &str, value: &str| openapi::Part::Text { name: name.to_owned(), value: value.to_owned() };
        let (kind, body) = multipart(vec![text("na\"me", "1"), text("b", "2")]).unwrap();
        let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
        assert_eq!(boundary.len(), 32);
        let bytes = body.parts().iter().flat_map(|part| match part {
            Part::Bytes(bytes) => bytes.clone(),
            other => panic!("{other:?}"),
        });
        let text = String::from_utf8(bytes.collect()).unwrap();
        let start =
            format!("--{boundary}\r\ncontent-disposition: form-data; name=\"na%22me\"\r\n\r\n1\r\n--");
        assert!(text.starts_with(&start), "{text}");
        assert!(text.ends_with(&format!("\r\n\r\n2\r\n--{boundary}--\r\n")), "{text}");
    }

    #[test]
    fn what_is_given_is_a_file_standard_input_or_itself() {
        assert!(matches!(given("-").unwrap().parts(), [Part::Input]));
        assert!(matches!(given("@-").unwrap().parts(), [Part::Input]));
        assert_eq!(given("text").unwrap().size(), Some(4));
        assert!(given("@Cargo.toml").unwrap().size().is_some_and(|size| size > 0));
        assert_eq!(given("@nothing-here").unwrap_err().exit_code, exit::USAGE);
        assert_eq!(given("@src").unwrap_err().exit_code, exit::USAGE);
    }
}
