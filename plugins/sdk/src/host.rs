//! What a plugin may ask of everestctl, in both forms the same.

use crate::context::Context;
use crate::output::{Format, Output};
use crate::{Error, Request, Response};
use everestctl_protocol::exit;
use serde::Serialize;
use std::fmt::Display;
use zeroize::Zeroizing;

/// What differs between the forms of a plugin.
pub(crate) trait Backend {
    fn write(&mut self, stream: Stream, text: &[u8]) -> Result<(), Error>;
    fn token(&mut self) -> Result<Zeroizing<String>, Error>;
    fn request(&mut self, request: &Request) -> Result<Response, Error>;
    fn progress(&mut self, message: &str, done: u64, total: Option<u64>);
    fn is_cancelled(&mut self) -> bool;
    /// What a shell makes of the signal that has cancelled it.
    fn cancel_code(&mut self) -> u8 {
        u8::from(exit::INTERRUPTED)
    }
}

/// The exit code of what a signal has ended; Ctrl-C where none is known.
pub(crate) fn code_of_signal(number: i32) -> u8 {
    let number = u8::try_from(number).ok().filter(|number| (1..128).contains(number));
    number.map_or_else(|| u8::from(exit::INTERRUPTED), |number| 128 + number)
}

/// The everestctl that runs the plugin is older than what it is asked for.
pub(crate) fn no_server_api() -> Error {
    Error::new("this everestctl sends no requests to the OpenEverest API for plugins")
        .hint("upgrade everestctl")
}

/// A stream of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Output,
    Error,
}

/// The everestctl that runs the plugin.
pub struct Host {
    context: Context,
    backend: Box<dyn Backend>,
    /// What is written to standard output and not yet there.
    pending: Vec<u8>,
}

/// So much is written at once, in bytes.
const PIECE: usize = 64 * 1024;

impl Host {
    pub(crate) fn new(context: Context, backend: Box<dyn Backend>) -> Self {
        Self { context, backend, pending: Vec::new() }
    }

    /// Where the plugin runs.
    pub const fn context(&self) -> &Context {
        &self.context
    }

    /// Writes to standard output.
    pub fn write(&mut self, text: impl Display) -> Result<(), Error> {
        self.write_bytes(text.to_string().as_bytes())
    }

    /// Writes a line to standard output.
    pub fn line(&mut self, text: impl Display) -> Result<(), Error> {
        self.write(format_args!("{text}\n"))
    }

    /// Writes bytes to standard output, as they are.
    pub fn write_bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= PIECE { self.flush() } else { Ok(()) }
    }

    /// Makes sure that what was written is there: before a pause, and before something else writes.
    pub fn flush(&mut self) -> Result<(), Error> {
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() { Ok(()) } else { self.backend.write(Stream::Output, &pending) }
    }

    /// Says something on standard error, after what was written before.
    pub fn say(&mut self, text: &str) {
        let _ = self.flush();
        let _ = self.backend.write(Stream::Error, text.as_bytes());
    }

    /// Warns of something, on standard error.
    pub fn warn(&mut self, text: impl Display) {
        self.say(&format!("warning: {text}\n"));
    }

    /// A token of the user's session. It must not be printed, nor put on a command line.
    pub fn token(&mut self) -> Result<Zeroizing<String>, Error> {
        match &self.context.token {
            Some(token) => Ok(token.clone()),
            None => self.backend.token(),
        }
    }

    /// Sends a request to a plugin's backend, or to the OpenEverest API, with the user's session; gives the response, whatever
    /// its status.
    pub fn request(&mut self, request: &Request) -> Result<Response, Error> {
        if self.context.offline {
            return Err(Error::new("the network must not be used").hint("leave --offline out"));
        }
        self.backend.request(request)
    }

    /// Shows how far the plugin is, on a terminal. The end is `done == total`.
    pub fn progress(&mut self, message: &str, done: u64, total: Option<u64>) {
        self.backend.progress(message, done, total);
    }

    /// Whether the user has pressed Ctrl-C. From the first call on, the first Ctrl-C no longer ends the process; a second one does.
    /// The same is true of SIGTERM.
    pub fn is_cancelled(&mut self) -> bool {
        self.backend.is_cancelled()
    }

    /// The exit code of a command that ends because it was cancelled: 130 after Ctrl-C, 143 after SIGTERM, as if the signal had ended it.
    pub fn cancel_code(&mut self) -> u8 {
        self.backend.cancel_code()
    }

    /// The form in which the user wants rows, where a plugin has other rows for some of them.
    pub fn format(&self, output: &Output) -> Result<Format, Error> {
        output.format(self.context.output.as_deref())
    }

    /// Shows rows as the user wants them.
    pub fn show<T: Serialize>(&mut self, output: &Output, rows: &[T]) -> Result<(), Error> {
        let text = output.render(self.context.output.as_deref(), rows)?;
        self.write(text)
    }
}
