//! A request to the backend of a plugin or to the OpenEverest API, and its response. Who the user is, the host adds.

use crate::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Write as _;

/// Who is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RequestTarget {
    /// The backend of this plugin's own name.
    #[default]
    Own,
    /// The backend of another plugin.
    Plugin(String),
    /// The OpenEverest server itself.
    Server,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who is asked.
    pub target: RequestTarget,
    /// The HTTP method.
    pub method: String,
    /// Path and query inside the plugin, or of the OpenEverest API from `/v1/` on.
    pub path: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// A request with this method.
    pub fn new(method: &str, path: impl Into<String>) -> Self {
        Self {
            target: RequestTarget::Own,
            method: method.to_owned(),
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A GET.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    /// A POST of `body` as JSON.
    pub fn post(path: impl Into<String>, body: &impl Serialize) -> Result<Self, Error> {
        let mut request = Self::new("POST", path).header("content-type", "application/json");
        request.body = serde_json::to_vec(body)
            .map_err(|error| Error::new("could not write the body as JSON").because(error))?;
        Ok(request)
    }

    /// To the backend of another plugin.
    #[must_use]
    pub fn to(mut self, plugin: &str) -> Self {
        self.target = RequestTarget::Plugin(plugin.to_owned());
        self
    }

    /// To the OpenEverest API itself: the path begins with `/v1/`, and [`path_of`] makes it. It needs the feature
    /// [`server-api`](everestctl_protocol::version::SERVER_API).
    #[must_use]
    pub fn to_server(mut self) -> Self {
        self.target = RequestTarget::Server;
        self
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With one more parameter of the query, encoded.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.path.push(if self.path.contains('?') { '&' } else { '?' });
        encode(&mut self.path, name);
        self.path.push('=');
        encode(&mut self.path, value);
        self
    }
}

/// A path of these segments, each encoded: `path_of(["v1", "clusters", "main"])` is `/v1/clusters/main`.
pub fn path_of<'s>(segments: impl IntoIterator<Item = &'s str>) -> String {
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        // These two would lead elsewhere.
        if matches!(segment, "." | "..") {
            path.push_str(&segment.replace('.', "%2E"));
        } else {
            encode(&mut path, segment);
        }
    }
    path
}

/// As a query has it (RFC 3986, section 2.3: what is not reserved stays).
fn encode(into: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(byte.into());
        } else {
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

/// A response, whatever its status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Itself, or an error if the status is not a success.
    pub fn success(self) -> Result<Self, Error> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let error = Error::new(format!("the backend answered {}", self.status));
        let said = String::from_utf8_lossy(&self.body);
        let said = said.trim();
        let said: String = said.chars().filter(|one| !one.is_control()).take(MOST_SAID).collect();
        Err(if said.is_empty() { error } else { error.because(said) })
    }

    /// The body as JSON, if the status is a success.
    pub fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        let response = self.success()?;
        serde_json::from_slice(&response.body)
            .map_err(|error| Error::new("the backend did not answer as expected").because(error))
    }
}

/// The most that is shown of what a backend says of a failure, in characters.
const MOST_SAID: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_holds_any_text() {
        let request = Request::get("/api/runs").query("name", "a b&c").query("é", "1");
        assert_eq!(request.path, "/api/runs?name=a%20b%26c&%C3%A9=1");
    }

    #[test]
    fn a_segment_stays_one() {
        assert_eq!(path_of(["v1", "a/b", "..", "x y"]), "/v1/a%2Fb/%2E%2E/x%20y");
    }

    #[test]
    fn what_is_no_success_says_what_the_backend_said() {
        let response =
            Response { status: 404, body: b"no such\x1b[31m snake\n".to_vec(), ..Response::default() };
        assert_eq!(
            response.json::<()>().unwrap_err().to_lines(),
            "error: the backend answered 404\n  caused by: no such[31m snake\n"
        );
    }
}
