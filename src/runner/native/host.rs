//! The functions that a library calls: `everestctl_host` of the header.
//!
//! Whatever comes from the library is checked before it is used; what cannot be checked (that a pointer leads to as many
//! bytes as it says) is the library's own risk, in a process of its own. No panic leaves a function: it would end the process, as the rules
//! of the language have it for `extern "C"`.

use super::services::{HostRequest, HostResponse, HostServices};
use crate::error::{Failure, exit};
use crate::sys::interruptible::Interruptible;
use crate::sys::signals::Interrupts;
use everestctl_protocol::native::{
    ABI_VERSION, Bytes, FAILED, Header, Host, INVALID, OK, Request, Response, SIGN_IN, STDERR, STDOUT,
};
use everestctl_protocol::version::PROTOCOL;
use std::ffi::c_void;
use std::io::Write as _;
use std::sync::{Mutex, OnceLock, PoisonError};

/// What the functions share, from whatever thread they are called.
struct HostContext {
    services: Mutex<Box<dyn HostServices>>,
    interrupts: OnceLock<Option<Interrupts>>,
}

/// The most headers of a request.
const MOST_HEADERS: usize = 256;

/// The host for a library, for the rest of the life of this process: the library's threads may outlive its run.
pub(super) fn host(services: Box<dyn HostServices>) -> &'static Host {
    let context = HostContext { services: Mutex::new(services), interrupts: OnceLock::new() };
    Box::leak(Box::new(Host {
        struct_size: size_of::<Host>(),
        abi_version: ABI_VERSION,
        protocol: PROTOCOL,
        context: Box::into_raw(Box::new(context)).cast(),
        write,
        token,
        request,
        release,
        progress,
        is_cancelled,
        request_server,
    }))
}

/// The context behind the first argument of each function.
#[expect(unsafe_code, reason = "the library hands back the pointer that it got")]
unsafe fn context<'c>(pointer: *mut c_void) -> Option<&'c HostContext> {
    // SAFETY: the caller passes what `host` has put into the struct, which is never freed, or NULL.
    unsafe { pointer.cast::<HostContext>().as_ref() }
}

#[expect(unsafe_code, reason = "the bytes are the library's")]
unsafe fn bytes<'b>(from: Bytes) -> Option<&'b [u8]> {
    if from.size == 0 {
        return Some(&[]);
    }
    if from.data.is_null() || from.size > isize::MAX.unsigned_abs() {
        return None;
    }
    // SAFETY: not null, and as long as the library says, until the function returns.
    Some(unsafe { std::slice::from_raw_parts(from.data.cast(), from.size) })
}

#[expect(unsafe_code, reason = "the bytes are the library's")]
unsafe fn text(from: Bytes) -> Option<String> {
    // SAFETY: as for `bytes`, which the caller promises.
    std::str::from_utf8(unsafe { bytes(from) }?).ok().map(str::to_owned)
}

#[expect(unsafe_code, reason = "called by the library")]
unsafe extern "C" fn write(_context: *mut c_void, stream: i32, from: Bytes) -> i32 {
    // SAFETY: by the header the bytes are valid until this function returns.
    let Some(content) = (unsafe { bytes(from) }) else { return INVALID };
    let written = match stream {
        STDOUT => Interruptible::new(std::io::stdout()).write_all(content),
        STDERR => Interruptible::new(std::io::stderr()).write_all(content),
        _ => return INVALID,
    };
    if written.is_ok() { OK } else { FAILED }
}

#[expect(unsafe_code, reason = "called by the library")]
unsafe extern "C" fn token(pointer: *mut c_void, response: *mut Response) -> i32 {
    // SAFETY: `pointer` is the context of the struct by the header.
    let Some(context) = (unsafe { context(pointer) }) else { return INVALID };
    let given = || {
        let token = context.services.lock().unwrap_or_else(PoisonError::into_inner).token()?;
        Ok(HostResponse { body: token.as_bytes().to_vec(), ..HostResponse::default() })
    };
    // SAFETY: by the header `response` is a struct of the size that it says.
    unsafe { fill_in(response, given) }
}

#[expect(unsafe_code, reason = "called by the library")]
unsafe extern "C" fn request(pointer: *mut c_void, asked: *const Request, response: *mut Response) -> i32 {
    // SAFETY: what this function was given, by the same rules.
    unsafe { answer(pointer, asked, response, |services, asked| services.request(asked)) }
}

#[expect(unsafe_code, reason = "called by the library")]
unsafe extern "C" fn request_server(
    pointer: *mut c_void,
    asked: *const Request,
    response: *mut Response,
) -> i32 {
    // SAFETY: what this function was given, by the same rules.
    unsafe { answer(pointer, asked, response, |services, asked| services.request_server(asked)) }
}

/// Fills `response` in with what `ask` gives for the request.
#[expect(unsafe_code, reason = "the structs are the library's")]
unsafe fn answer(
    pointer: *mut c_void,
    asked: *const Request,
    response: *mut Response,
    ask: impl FnOnce(&mut dyn HostServices, HostRequest) -> Result<HostResponse, Failure>,
) -> i32 {
    // SAFETY: `pointer` is the context of the struct by the header.
    let Some(context) = (unsafe { context(pointer) }) else { return INVALID };
    // SAFETY: by the header `asked` is a struct of the size that it says, valid until this function returns.
    let Some(asked) = (unsafe { asked_for(asked) }) else { return INVALID };
    let given = || {
        let mut services = context.services.lock().unwrap_or_else(PoisonError::into_inner);
        ask(services.as_mut(), asked)
    };
    // SAFETY: by the header `response` is a struct of the size that it says.
    unsafe { fill_in(response, given) }
}

#[expect(unsafe_code, reason = "the struct is the library's")]
unsafe fn asked_for(pointer: *const Request) -> Option<HostRequest> {
    if pointer.is_null() || !pointer.is_aligned() {
        return None;
    }
    // SAFETY: not null, aligned; the first member is there by the header.
    let size = unsafe { (&raw const (*pointer).struct_size).read() };
    if size < size_of::<Request>() {
        return None;
    }
    // SAFETY: the size covers all members that are read here.
    let asked = unsafe { &*pointer };
    let mut headers = Vec::new();
    if asked.header_count > 0 {
        if asked.headers.is_null() || !asked.headers.is_aligned() || asked.header_count > MOST_HEADERS {
            return None;
        }
        // SAFETY: not null, aligned, as many as the library says.
        for Header { name, value } in unsafe { std::slice::from_raw_parts(asked.headers, asked.header_count) }
        {
            // SAFETY: by the header the bytes are valid until this function returns.
            headers.push(unsafe { (text(*name)?, text(*value)?) });
        }
    }
    // SAFETY: by the header the bytes are valid until this function returns.
    unsafe {
        Some(HostRequest {
            plugin: text(asked.plugin)?,
            method: text(asked.method)?,
            path: text(asked.path)?,
            headers,
            body: bytes(asked.body)?.to_vec(),
        })
    }
}

/// Everything that a response points to.
struct OwnedResponse {
    content: HostResponse,
    headers: Vec<Header>,
    error: String,
    hint: String,
}

/// Fills `response` in with what `given` gives, unless it is no struct to be filled in.
#[expect(unsafe_code, reason = "the struct is the library's")]
unsafe fn fill_in(response: *mut Response, given: impl FnOnce() -> Result<HostResponse, Failure>) -> i32 {
    if response.is_null() || !response.is_aligned() {
        return INVALID;
    }
    // SAFETY: not null, aligned; the first member is there by the header.
    let size = unsafe { (&raw const (*response).struct_size).read() };
    if size < size_of::<Response>() {
        return INVALID;
    }
    let (code, content, failure) = match given() {
        Ok(content) => (OK, content, None),
        Err(failure) => {
            let code = if failure.exit_code == exit::SIGN_IN { SIGN_IN } else { FAILED };
            (code, HostResponse::default(), Some(failure))
        }
    };
    let error = failure.as_ref().map(in_one_line).unwrap_or_default();
    let hint = failure.and_then(|failure| failure.hints.into_iter().next()).unwrap_or_default();
    let headers = Vec::new();
    let owned = Box::leak(Box::new(OwnedResponse { content, headers, error, hint }));
    owned.headers = owned
        .content
        .headers
        .iter()
        .map(|(name, value)| Header { name: Bytes::of(name.as_bytes()), value: Bytes::of(value.as_bytes()) })
        .collect();
    let filled = Response {
        struct_size: size,
        status: owned.content.status.into(),
        headers: owned.headers.as_ptr(),
        header_count: owned.headers.len(),
        body: Bytes::of(&owned.content.body),
        error: Bytes::of(owned.error.as_bytes()),
        hint: Bytes::of(owned.hint.as_bytes()),
        owner: (&raw mut *owned).cast(),
    };
    // SAFETY: not null, aligned, and as large as this version's struct at least.
    unsafe { response.write(filled) };
    code
}

fn in_one_line(failure: &Failure) -> String {
    let mut line = failure.message.clone();
    for cause in &failure.causes {
        line.push_str(": ");
        line.push_str(cause);
    }
    line
}

#[expect(unsafe_code, reason = "called by the library")]
unsafe extern "C" fn release(_context: *mut c_void, response: *mut Response) {
    if response.is_null() || !response.is_aligned() {
        return;
    }
    // SAFETY: not null, aligned; by the header it is one that this host has filled in.
    let owner = unsafe { (&raw mut (*response).owner).replace(std::ptr::null_mut()) };
    if !owner.is_null() {
        // SAFETY: made by `fill_in`, and taken out of the struct, so that it is freed once.
        drop(unsafe { Box::from_raw(owner.cast::<OwnedResponse>()) });
    }
}

#[expect(unsafe_code, reason = "called by the library")]
unsafe extern "C" fn progress(pointer: *mut c_void, message: Bytes, done: u64, total: u64) -> i32 {
    // SAFETY: `pointer` is the context of the struct by the header, and the bytes are valid until this function returns.
    let (Some(context), Some(message)) = (unsafe { (context(pointer), text(message)) }) else {
        return INVALID;
    };
    let mut services = context.services.lock().unwrap_or_else(PoisonError::into_inner);
    services.progress(&message, done, Some(total).filter(|total| *total > 0));
    OK
}

#[expect(unsafe_code, reason = "called by the library")]
unsafe extern "C" fn is_cancelled(pointer: *mut c_void) -> i32 {
    // SAFETY: `pointer` is the context of the struct by the header.
    let Some(context) = (unsafe { context(pointer) }) else { return 0 };
    let watched = context.interrupts.get_or_init(|| Interrupts::watch().ok());
    watched.as_ref().and_then(Interrupts::number).unwrap_or_default()
}
