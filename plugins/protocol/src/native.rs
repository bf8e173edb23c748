//! The C interface of native plugins as Rust types: `include/everestctl_plugin.h`, member by member. The header says what each
//! is for and who owns what; a test compares the two.
//!
//! It has no code: what calls through these pointers is `runner/native/` of everestctl and the SDK.

use std::ffi::{c_char, c_void};

/// The version of the interface.
pub const ABI_VERSION: u32 = 1;
/// The function that a library exports, a [`DescriptorFunction`].
pub const DESCRIPTOR_SYMBOL: &str = "everestctl_plugin_descriptor";
/// The maximum size of the metadata, in bytes.
pub const LARGEST_METADATA: usize = 64 * 1024;

/// Done.
pub const OK: i32 = 0;
/// It did not work; the response says why.
pub const FAILED: i32 = 1;
/// The call makes no sense.
pub const INVALID: i32 = 2;
/// The user has to sign in first.
pub const SIGN_IN: i32 = 4;

/// Standard output, for [`Host::write`].
pub const STDOUT: i32 = 1;
/// Standard error.
pub const STDERR: i32 = 2;

/// Bytes with a length.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    /// The first one.
    pub data: *const c_char,
    /// How many.
    pub size: usize,
}

impl Bytes {
    /// None.
    pub const EMPTY: Self = Self { data: std::ptr::null(), size: 0 };

    /// These bytes, for as long as they live.
    pub const fn of(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr().cast(), size: bytes.len() }
    }
}

/// One header of an HTTP message.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// Its name.
    pub name: Bytes,
    /// Its value.
    pub value: Bytes,
}

/// What the user typed.
#[repr(C)]
#[derive(Debug)]
pub struct Invocation {
    /// Its size in bytes.
    pub struct_size: usize,
    /// The canonical name of the plugin.
    pub name: Bytes,
    /// The arguments after the name.
    pub arguments: *const Bytes,
    /// How many.
    pub argument_count: usize,
}

/// A request to the backend of a plugin.
#[repr(C)]
#[derive(Debug)]
pub struct Request {
    /// Its size in bytes.
    pub struct_size: usize,
    /// The plugin whose backend is meant; empty for the one of this plugin's own name.
    pub plugin: Bytes,
    /// The HTTP method.
    pub method: Bytes,
    /// Path and query inside the plugin.
    pub path: Bytes,
    /// Further headers.
    pub headers: *const Header,
    /// How many.
    pub header_count: usize,
    /// The body.
    pub body: Bytes,
}

/// What the host answers.
#[repr(C)]
#[derive(Debug)]
pub struct Response {
    /// Its size in bytes, as the plugin has it.
    pub struct_size: usize,
    /// The HTTP status; 0 where there was no response.
    pub status: i32,
    /// The headers of the response.
    pub headers: *const Header,
    /// How many.
    pub header_count: usize,
    /// The body, or the token.
    pub body: Bytes,
    /// Why it did not work.
    pub error: Bytes,
    /// What the user can type next.
    pub hint: Bytes,
    /// The host's own.
    pub owner: *mut c_void,
}

impl Response {
    /// One to be filled in.
    pub const EMPTY: Self = Self {
        struct_size: size_of::<Self>(),
        status: 0,
        headers: std::ptr::null(),
        header_count: 0,
        body: Bytes::EMPTY,
        error: Bytes::EMPTY,
        hint: Bytes::EMPTY,
        owner: std::ptr::null_mut(),
    };
}

/// What the plugin may ask of its host.
#[repr(C)]
#[derive(Debug)]
pub struct Host {
    /// Its size in bytes.
    pub struct_size: usize,
    /// The version of the interface that the host has.
    pub abi_version: u32,
    /// The version of the plugin protocol.
    pub protocol: u32,
    /// The first argument of each function.
    pub context: *mut c_void,
    /// Writes to a stream.
    pub write: unsafe extern "C" fn(*mut c_void, i32, Bytes) -> i32,
    /// Gives a token of the user's session.
    pub token: unsafe extern "C" fn(*mut c_void, *mut Response) -> i32,
    /// Sends a request.
    pub request: unsafe extern "C" fn(*mut c_void, *const Request, *mut Response) -> i32,
    /// Takes a response back.
    pub release: unsafe extern "C" fn(*mut c_void, *mut Response),
    /// Shows how far the plugin is.
    pub progress: unsafe extern "C" fn(*mut c_void, Bytes, u64, u64) -> i32,
    /// The number of the signal by which the user wants it to end, or 0.
    pub is_cancelled: unsafe extern "C" fn(*mut c_void) -> i32,
    /// Sends a request to the OpenEverest API itself. It is there where the size covers it: the feature
    /// [`crate::version::SERVER_API`].
    pub request_server: unsafe extern "C" fn(*mut c_void, *const Request, *mut Response) -> i32,
}

/// The plugin.
#[repr(C)]
#[derive(Debug)]
pub struct PluginDescriptor {
    /// Its size in bytes.
    pub struct_size: usize,
    /// The version of the interface that the plugin was built with.
    pub abi_version: u32,
    /// 0.
    pub reserved: u32,
    /// What it says of itself: JSON with the keys of [`crate::sidecar::Sidecar`].
    pub metadata: Bytes,
    /// Runs the command.
    pub run: Option<RunFunction>,
}

/// The function behind [`PluginDescriptor::run`].
pub type RunFunction = unsafe extern "C" fn(*const Invocation, *const Host) -> i32;
/// The function behind [`DESCRIPTOR_SYMBOL`].
pub type DescriptorFunction = unsafe extern "C" fn() -> *const PluginDescriptor;
