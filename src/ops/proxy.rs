//! A request to a plugin's backend through the API server's proxy, and what comes back, piece by piece.

use super::World;
use super::descriptors::{self, Known};
use super::known::Remote;
use crate::client::call::{Call, Place, Reply};
use crate::client::server::Server;
use crate::client::{ClientError, Fault, Runtime};
use crate::error::{Failure, exit};
use crate::index::Names;
use crate::model::{Line, PathFamily};
use crate::openapi::{self, Descriptor, Method};
use crate::resolve::Command;
use crate::sys::signals::Interrupts;
use bytes::Bytes;
use std::cell::OnceCell;
use std::io;
use std::ops::ControlFlow;
use std::time::Instant;

const MAY_HAVE_ARRIVED: &str = "look before you run it again: it may have been carried out";

/// Where its requests go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    /// To the plugin, by paths of this generation.
    Plugin(PathFamily),
    /// To the server itself.
    Server,
}

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
    place: Where,
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
        let place = Where::Plugin(descriptors::family(names));
        let backend = command.find(|origin| origin.backend.clone());
        Self { name: command.name().to_string(), known, backend, remote, place, link: OnceCell::new() }
    }

    /// The server itself as if it were one: what it offers is `descriptor`, and `name` is what the user types.
    pub fn of_server(world: &World, name: &str, descriptor: Descriptor) -> Result<Self, Failure> {
        let known = Known { descriptor: Box::new(descriptor), place: "everestctl".to_owned() };
        let (remote, place) = (Remote::of(world)?, Where::Server);
        Ok(Self { name: name.to_owned(), known, backend: None, remote, place, link: OnceCell::new() })
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
        match self.place {
            Where::Plugin(PathFamily::Clustered) => {
                format!("/v1/clusters/{}/plugins/{}", self.cluster(), self.name)
            }
            Where::Plugin(PathFamily::Flat) => format!("/v1/plugins/{}", self.name),
            Where::Server => "/v1".to_owned(),
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
        let never = &mut || None;
        let begun =
            if wants_refusals { self.ask(world, call, never) } else { self.begin(world, call, never) };
        let mut incoming = begun.map_err(|trouble| self.explain(trouble))?;
        let mut flow = sink(Event::Head(&incoming.reply))?;
        while flow.is_continue() {
            match incoming.chunk(never) {
                Ok(Some(chunk)) => flow = sink(Event::Chunk(&chunk))?,
                Ok(None) => break,
                Err(trouble) => return Err(self.explain(trouble)),
            }
        }
        Ok(incoming.reply.status)
    }

    /// Makes a request and gives the answer once it has begun, whatever it is; until then `stop` is asked many times
    /// a second whether it is still wanted.
    pub fn ask(&self, world: &World, call: &Call, stop: &mut Look<'_>) -> Result<Incoming<'_>, Trouble> {
        if world.options.offline {
            return Err(Trouble::Failure(Failure::new(
                exit::FAILURE,
                format!("`{}` runs on the server, and --offline forbids to ask it", self.name),
            )));
        }
        let (runtime, server) = self.link(world)?;
        let place = match self.place {
            Where::Plugin(family) => Place::Plugin { cluster: self.cluster(), plugin: &self.name, family },
            Where::Server => Place::Server,
        };
        let reply = runtime.wait_unless(server.call(place, call), stop).map_err(Trouble::Stopped)?;
        Ok(Incoming { runtime, reply: reply.map_err(Trouble::Client)?, came: 0 })
    }

    /// The same, and an answer that is no success is trouble.
    pub fn begin(&self, world: &World, call: &Call, stop: &mut Look<'_>) -> Result<Incoming<'_>, Trouble> {
        let incoming = self.ask(world, call, stop)?;
        if (200..300).contains(&incoming.reply.status) {
            return Ok(incoming);
        }
        let Incoming { runtime, reply, .. } = incoming;
        let refusal = runtime.wait_unless(reply.refusal(), stop).map_err(Trouble::Stopped)?;
        Err(Trouble::Client(refusal))
    }

    /// The connection; it is made when the first request is.
    fn link(&self, world: &World) -> Result<&(Runtime, Server), Trouble> {
        let no_network = |error: io::Error| {
            Trouble::Failure(Failure::new(exit::FAILURE, format!("the network cannot be used: {error}")))
        };
        if self.link.get().is_none() {
            let server = descriptors::connect(world, &self.remote).map_err(Trouble::Client)?;
            let _ = self.link.set((Runtime::new().map_err(no_network)?, server));
        }
        self.link.get().ok_or_else(|| no_network(io::ErrorKind::Other.into()))
    }

    /// What the user reads of trouble.
    pub fn explain(&self, trouble: Trouble) -> Failure {
        match trouble {
            Trouble::Client(error) => self.failure(&error),
            Trouble::BrokenOff(error, came) => self.broken_off(&error, came),
            Trouble::Failure(failure) => failure,
            Trouble::Stopped(Stop::Interrupted) => Failure::new(exit::INTERRUPTED, "interrupted"),
            Trouble::Stopped(Stop::TimedOut) => {
                Failure::new(exit::TIMED_OUT, format!("`{}`: {}", self.name, Fault::TimedOut))
            }
        }
    }

    /// The same for a command that changes something: when nobody can say whether it was carried out, then how to
    /// look, by the list of what it makes.
    pub fn explain_for(&self, command: &openapi::Command, trouble: Trouble) -> Failure {
        let stopped = match &trouble {
            Trouble::Stopped(Stop::Interrupted) => Some("interrupted before the answer came"),
            Trouble::Stopped(Stop::TimedOut) => Some("no answer came in time"),
            Trouble::Client(ClientError::OutcomeUnknown(_)) => None,
            _ => return self.explain(trouble),
        };
        let mut failure = self.explain(trouble);
        if command.method == Method::Get {
            return failure;
        }
        if let Some(why) = stopped {
            failure.message = format!("`{}`: outcome unknown: {why}", self.name);
            failure.hints = vec![MAY_HAVE_ARRIVED.to_owned()];
        }
        let mut others = self.known.descriptor.commands.iter();
        match others.find(|other| other.method == Method::Get && other.route == command.route) {
            Some(list) => failure.hint(format!("everestctl {} {}", self.name, list.words)),
            None => failure,
        }
    }

    /// What the user reads when an answer ends before its end.
    fn broken_off(&self, error: &ClientError, came: u64) -> Failure {
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
            ClientError::Status { .. } if self.place == Where::Server => {
                super::auth::of_server(server, error)
            }
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
                failure.hint(MAY_HAVE_ARRIVED)
            }
            error => super::auth::of_server(server, error),
        }
    }
}

/// Asked many times a second: why to give up what has not come yet, if there is a reason.
pub type Look<'l> = dyn FnMut() -> Option<Stop> + 'l;

/// Why something was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Ctrl-C.
    Interrupted,
    /// It took too long.
    TimedOut,
}

/// The reason that there mostly is: Ctrl-C, where it is watched, or the time that something may take.
pub fn stop(interrupts: Option<&Interrupts>, until: Option<Instant>) -> Option<Stop> {
    if interrupts.is_some_and(Interrupts::came) {
        return Some(Stop::Interrupted);
    }
    until.is_some_and(|until| Instant::now() >= until).then_some(Stop::TimedOut)
}

/// Why nothing has come, or no more.
#[derive(Debug)]
pub enum Trouble {
    /// It was given up.
    Stopped(Stop),
    /// The network, or a refusal.
    Client(ClientError),
    /// The network, after so many bytes of the answer.
    BrokenOff(ClientError, u64),
    /// Something else, in words.
    Failure(Failure),
}

impl Trouble {
    /// Whether the same may go well in a while: no connection, a server or a backend that is being restarted.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Client(ClientError::Status { status, .. }) => matches!(status, 408 | 429 | 500..=599),
            Self::Client(ClientError::Network(fault)) | Self::BrokenOff(ClientError::Network(fault), _) => {
                matches!(fault, Fault::Refused | Fault::TimedOut | Fault::Broken | Fault::Other(_))
            }
            Self::Stopped(Stop::TimedOut) => true,
            _ => false,
        }
    }

    /// The status that it was refused with.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Client(ClientError::Status { status, .. }) => Some(*status),
            _ => None,
        }
    }
}

/// An answer that is still coming.
#[derive(Debug)]
pub struct Incoming<'p> {
    runtime: &'p Runtime,
    /// Its head.
    pub reply: Reply,
    /// How many bytes of its body have come.
    came: u64,
}

impl Incoming<'_> {
    /// The next piece; `None` at the end.
    pub fn chunk(&mut self, stop: &mut Look<'_>) -> Result<Option<Bytes>, Trouble> {
        let Self { runtime, reply, came } = self;
        match runtime.wait_unless(reply.chunk(), stop).map_err(Trouble::Stopped)? {
            Ok(chunk) => {
                *came += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
                Ok(chunk)
            }
            Err(error) if *came > 0 => Err(Trouble::BrokenOff(error, *came)),
            Err(error) => Err(Trouble::Client(error)),
        }
    }

    /// The whole body, of at most `limit` bytes.
    pub fn whole(&mut self, limit: usize, stop: &mut Look<'_>) -> Result<Vec<u8>, Trouble> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk(stop)? {
            if body.len() + chunk.len() > limit {
                return Err(Trouble::Client(ClientError::TooLarge(limit)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
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
