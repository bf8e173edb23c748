//! What a host does for a library, in Rust: `host` offers it by the C interface, `ops` and `cli` do it.

use crate::error::Failure;
use zeroize::Zeroizing;

/// What a library may ask for while it runs.
pub trait HostServices: Send {
    /// A token of the user's session.
    fn token(&mut self) -> Result<Zeroizing<String>, Failure>;
    /// The response to a request to the backend of a plugin, whatever its status.
    fn request(&mut self, request: HostRequest) -> Result<HostResponse, Failure>;
    /// The same to the OpenEverest API itself; the path begins with `/v1/`.
    fn request_server(&mut self, request: HostRequest) -> Result<HostResponse, Failure>;
    /// Shows how far the plugin is.
    fn progress(&mut self, message: &str, done: u64, total: Option<u64>);
}

/// A request to the backend of a plugin, or to the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostRequest {
    /// The plugin; empty for the one of the library's own name.
    pub plugin: String,
    /// The HTTP method.
    pub method: String,
    /// Path and query inside the plugin.
    pub path: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostResponse {
    /// The HTTP status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}
