//! Running a plugin in a test: what it writes and asks for, against answers that are made up, or against a development host.
//!
//! For the latter run the tests in one: `everestctl host exec -- cargo test`, and use [`Run::on_this_server`].

use crate::host::{Backend, Stream};
use crate::plugin::{self, Plugin};
use crate::{Context, Error, Host, Request, RequestTarget, Response};
use std::cell::RefCell;
use std::ffi::OsString;
use std::rc::Rc;
use zeroize::Zeroizing;

/// A run that is being prepared.
pub struct Run {
    arguments: Vec<OsString>,
    variables: Vec<(String, String)>,
    answers: Vec<(String, String, Response)>,
    token: Option<String>,
    is_cancelled: bool,
    start: fn(Vec<OsString>, &mut Host) -> u8,
}

/// What came of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// The exit code.
    pub code: u8,
    /// What it wrote to standard output.
    pub out: String,
    /// What it wrote to standard error.
    pub err: String,
    /// The requests that it sent.
    pub requests: Vec<Request>,
    /// What it said of its progress.
    pub progress: Vec<String>,
}

impl Run {
    /// A run of `P` with these arguments.
    pub fn of<P: Plugin>(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self {
            arguments: arguments.into_iter().map(Into::into).collect(),
            variables: Vec::new(),
            answers: Vec::new(),
            token: None,
            is_cancelled: false,
            start: plugin::run::<P>,
        }
    }

    /// With this variable in its environment.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// For somebody who is signed in with this token; without it nobody is.
    #[must_use]
    pub fn signed_in(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// With a user who has pressed Ctrl-C.
    #[must_use]
    pub const fn cancelled(mut self) -> Self {
        self.is_cancelled = true;
        self
    }

    /// With a backend that gives this answer. What nothing was said of is answered with 404.
    #[must_use]
    pub fn answers(mut self, method: &str, path: &str, status: u16, body: &str) -> Self {
        let response = Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
        self.answers.push((method.to_owned(), path.to_owned(), response));
        self
    }

    /// Runs it.
    pub fn end(mut self) -> Ran {
        let context = Context::from_variables(std::mem::take(&mut self.variables));
        self.run(context, None)
    }

    /// Runs it as the plugin `name` of the server that this process is signed in to: what is not made up for this run comes
    /// from there. It is asked by the everestctl that runs this process, else by the one on `PATH`.
    pub fn on_this_server(mut self, name: &str) -> Ran {
        let mut context = Context::from_process_with(std::mem::take(&mut self.variables));
        context.plugin = Some(name.to_owned());
        context.everestctl.get_or_insert_with(|| "everestctl".into());
        let server = crate::executable::backend(context.clone());
        self.run(context, Some(server))
    }

    fn run(self, context: Context, server: Option<Box<dyn Backend>>) -> Ran {
        let ran = Rc::new(RefCell::new(Ran::default()));
        let Self { arguments, answers, token, is_cancelled, start, .. } = self;
        let fake = Fake { answers, token, is_cancelled, server, ran: Rc::clone(&ran) };
        let mut host = Host::new(context, Box::new(fake));
        let code = start(arguments, &mut host);
        drop(host);
        Ran { code, ..ran.take() }
    }
}

/// A host that is made up, but for what a server is asked for.
struct Fake {
    answers: Vec<(String, String, Response)>,
    token: Option<String>,
    is_cancelled: bool,
    server: Option<Box<dyn Backend>>,
    ran: Rc<RefCell<Ran>>,
}

impl Backend for Fake {
    fn write(&mut self, stream: Stream, text: &[u8]) -> Result<(), Error> {
        let mut ran = self.ran.borrow_mut();
        let into = match stream {
            Stream::Output => &mut ran.out,
            Stream::Error => &mut ran.err,
        };
        into.push_str(&String::from_utf8_lossy(text));
        Ok(())
    }

    fn token(&mut self) -> Result<Zeroizing<String>, Error> {
        match (&self.token, &mut self.server) {
            (Some(token), _) => Ok(Zeroizing::new(token.clone())),
            (None, Some(server)) => server.token(),
            (None, None) => Err(not_signed_in()),
        }
    }

    fn request(&mut self, request: &Request) -> Result<Response, Error> {
        self.ran.borrow_mut().requests.push(request.clone());
        let fits = |(method, path, _): &&(String, String, Response)| {
            *method == request.method && *path == request.path
        };
        match (self.answers.iter().find(fits), &mut self.server) {
            (Some((_, _, response)), _) => Ok(response.clone()),
            (None, Some(server)) => server.request(request),
            // Without a session everestctl sends nothing to the API.
            (None, None) if request.target == RequestTarget::Server && self.token.is_none() => {
                Err(not_signed_in())
            }
            (None, None) => Ok(Response { status: 404, ..Response::default() }),
        }
    }

    fn progress(&mut self, message: &str, _done: u64, _total: Option<u64>) {
        self.ran.borrow_mut().progress.push(message.to_owned());
    }

    fn is_cancelled(&mut self) -> bool {
        self.is_cancelled
    }
}

fn not_signed_in() -> Error {
    Error::new("not signed in").hint("everestctl auth login").with_code(4)
}
