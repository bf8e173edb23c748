//! The plugin as a native library: the C interface of `everestctl_plugin.h`, on the side of the plugin.
//!
//! This is the only file with `unsafe` code, each for a promise that the header makes.

use crate::host::{Backend, Stream, code_of_signal, no_server_api};
use crate::plugin::{self, Plugin};
use crate::{Context, Error, Host, Request, RequestTarget, Response, metadata};
use everestctl_protocol::native::{self, ABI_VERSION, Bytes, Header, Invocation};
use std::ffi::{OsString, c_void};
use std::os::unix::ffi::OsStringExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use zeroize::Zeroizing;

/// What a library exports: `everestctl_plugin::library!(Snake);` in the crate that is a `cdylib`.
#[macro_export]
macro_rules! library {
    ($plugin:ty) => {
        #[doc(hidden)]
        #[allow(unsafe_code, reason = "the name is that of the C interface")]
        #[unsafe(no_mangle)]
        pub extern "C" fn everestctl_plugin_descriptor() -> *const $crate::protocol::native::PluginDescriptor
        {
            $crate::library::descriptor::<$plugin>()
        }
    };
}

/// The descriptor of the plugin; each call makes one that stays, and a process makes one call.
pub fn descriptor<P: Plugin>() -> *const native::PluginDescriptor {
    let metadata = catch_unwind(metadata::json::<P>).unwrap_or_default();
    Box::leak(Box::new(native::PluginDescriptor {
        struct_size: size_of::<native::PluginDescriptor>(),
        abi_version: ABI_VERSION,
        reserved: 0,
        metadata: Bytes::of(metadata.leak().as_bytes()),
        run: Some(run::<P>),
    }))
}

/// The exit code of a panic, as the standard library has it.
const PANICKED: i32 = 101;

#[expect(unsafe_code, reason = "called by the host")]
unsafe extern "C" fn run<P: Plugin>(invocation: *const Invocation, host: *const native::Host) -> i32 {
    // SAFETY: both are valid until this function returns, by the header, and of this version at least.
    let arguments = unsafe { arguments(&*invocation) };
    let mut host = Host::new(Context::from_process(), Box::new(Library(host)));
    // The panic has been printed by its hook.
    let ran = catch_unwind(AssertUnwindSafe(|| plugin::run::<P>(arguments, &mut host)));
    ran.map_or(PANICKED, i32::from)
}

#[expect(unsafe_code, reason = "the bytes are the host's")]
unsafe fn bytes(from: Bytes) -> Vec<u8> {
    if from.size == 0 || from.data.is_null() {
        return Vec::new();
    }
    // SAFETY: as many as the host says, by the header; the caller still holds them.
    unsafe { std::slice::from_raw_parts(from.data.cast::<u8>(), from.size) }.to_vec()
}

#[expect(unsafe_code, reason = "the list is the host's")]
unsafe fn arguments(invocation: &Invocation) -> Vec<OsString> {
    if invocation.argument_count == 0 {
        return Vec::new();
    }
    // SAFETY: as many as the host says, by the header.
    let list = unsafe { std::slice::from_raw_parts(invocation.arguments, invocation.argument_count) };
    // SAFETY: the same holds for the bytes of each.
    list.iter().map(|argument| OsString::from_vec(unsafe { bytes(*argument) })).collect()
}

/// The host behind the pointer that `run` got. It is not used after `run` has returned, since [`Host`] ends there.
///
/// It is no reference: the struct of an older host is smaller than that of this crate.
struct Library(*const native::Host);

type RequestFunction =
    unsafe extern "C" fn(*mut c_void, *const native::Request, *mut native::Response) -> i32;

impl Library {
    /// What sends requests to the OpenEverest API, if the host is new enough to have it.
    #[expect(unsafe_code, reason = "the struct is the host's")]
    fn request_server(&self) -> Option<RequestFunction> {
        let needed = std::mem::offset_of!(native::Host, request_server) + size_of::<RequestFunction>();
        // SAFETY: the first member is there by the header; the other one where the size covers it.
        unsafe { ((*self.0).struct_size >= needed).then(|| (*self.0).request_server) }
    }

    /// What a function of the host answers, copied and given back.
    #[expect(unsafe_code, reason = "the functions are the host's")]
    fn asked(&self, ask: impl FnOnce(&mut native::Response) -> i32) -> Result<Response, Error> {
        let mut response = native::Response::EMPTY;
        let code = ask(&mut response);
        if code == native::INVALID {
            return Err(Error::new("the host does not understand this plugin").hint("upgrade everestctl"));
        }
        // SAFETY: everything that the response points to is valid until it is released.
        let (body, error, hint) =
            unsafe { (bytes(response.body), bytes(response.error), bytes(response.hint)) };
        let headers = if response.header_count == 0 {
            Vec::new()
        } else {
            let text = |from: Bytes| {
                // SAFETY: as above.
                String::from_utf8_lossy(&unsafe { bytes(from) }).into_owned()
            };
            // SAFETY: as many as the host says.
            let headers = unsafe { std::slice::from_raw_parts(response.headers, response.header_count) };
            headers.iter().map(|Header { name, value }| (text(*name), text(*value))).collect()
        };
        let status = u16::try_from(response.status).unwrap_or_default();
        // SAFETY: released once, and not used afterwards.
        unsafe { ((*self.0).release)((*self.0).context, &raw mut response) };
        if code == native::OK {
            return Ok(Response { status, headers, body });
        }
        let error = Error::new(String::from_utf8_lossy(&error));
        let error = if code == native::SIGN_IN { error.with_code(4) } else { error };
        let hint = String::from_utf8_lossy(&hint);
        Err(if hint.is_empty() { error } else { error.hint(hint) })
    }
}

impl Backend for Library {
    #[expect(unsafe_code, reason = "the function is the host's")]
    fn write(&mut self, stream: Stream, text: &[u8]) -> Result<(), Error> {
        let stream = match stream {
            Stream::Output => native::STDOUT,
            Stream::Error => native::STDERR,
        };
        // SAFETY: the bytes are valid until the function has returned.
        match unsafe { ((*self.0).write)((*self.0).context, stream, Bytes::of(text)) } {
            native::OK => Ok(()),
            _ => Err(Error::new("could not write to standard output")),
        }
    }

    #[expect(unsafe_code, reason = "the function is the host's")]
    fn token(&mut self) -> Result<Zeroizing<String>, Error> {
        // SAFETY: the response is a struct of the size that it says.
        let response =
            self.asked(|response| unsafe { ((*self.0).token)((*self.0).context, &raw mut *response) })?;
        Ok(Zeroizing::new(String::from_utf8_lossy(&response.body).into_owned()))
    }

    #[expect(unsafe_code, reason = "the function is the host's")]
    fn request(&mut self, request: &Request) -> Result<Response, Error> {
        let pair = |(name, value): &(String, String)| Header {
            name: Bytes::of(name.as_bytes()),
            value: Bytes::of(value.as_bytes()),
        };
        let headers: Vec<Header> = request.headers.iter().map(pair).collect();
        let asked = native::Request {
            struct_size: size_of::<native::Request>(),
            plugin: match &request.target {
                RequestTarget::Plugin(name) => Bytes::of(name.as_bytes()),
                RequestTarget::Own | RequestTarget::Server => Bytes::EMPTY,
            },
            method: Bytes::of(request.method.as_bytes()),
            path: Bytes::of(request.path.as_bytes()),
            headers: headers.as_ptr(),
            header_count: headers.len(),
            body: Bytes::of(&request.body),
        };
        let send = if request.target == RequestTarget::Server {
            self.request_server().ok_or_else(no_server_api)?
        } else {
            // SAFETY: every host has this member.
            unsafe { (*self.0).request }
        };
        // SAFETY: everything that the request points to lives until the function has returned.
        self.asked(|response| unsafe { send((*self.0).context, &raw const asked, &raw mut *response) })
    }

    #[expect(unsafe_code, reason = "the function is the host's")]
    fn progress(&mut self, message: &str, done: u64, total: Option<u64>) {
        let message = Bytes::of(message.as_bytes());
        // SAFETY: the message is valid until the function has returned.
        let _ = unsafe { ((*self.0).progress)((*self.0).context, message, done, total.unwrap_or_default()) };
    }

    #[expect(unsafe_code, reason = "the function is the host's")]
    fn is_cancelled(&mut self) -> bool {
        // SAFETY: the context is the host's own.
        unsafe { ((*self.0).is_cancelled)((*self.0).context) != 0 }
    }

    #[expect(unsafe_code, reason = "the function is the host's")]
    fn cancel_code(&mut self) -> u8 {
        // SAFETY: the context is the host's own.
        code_of_signal(unsafe { ((*self.0).is_cancelled)((*self.0).context) })
    }
}
