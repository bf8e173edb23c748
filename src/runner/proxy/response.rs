//! Sending a request, and what is done with the answer as it comes: shown, passed on, saved, followed.

use super::follow::Shown;
use super::show::{self, Wishes};
use crate::cli::output::Form;
use crate::cli::{Ending, write_bytes, write_clean};
use crate::client::ClientError;
use crate::client::call::Call;
use crate::client::messages::Framing;
use crate::error::{Failure, exit};
use crate::model::{Problem, limits, quoted};
use crate::openapi::{AnswerKind, Command, Method};
use crate::ops::World;
use crate::runner::proxy::connection::{Incoming, Plugin};
use crate::runner::proxy::download::{self, Downloaded, Downloading, Saving, Target, Uploading};
use crate::runner::proxy::error::{Trouble, stop};
use crate::runner::proxy::follow::{Following, is_unknown_cursor};
use crate::sys::signals::Interrupts;
use crate::term::Streams;
use crate::term::progress::Progress;
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};

/// A request, and what is wanted of its answer.
pub(super) struct Asked<'a> {
    pub(super) world: &'a World,
    pub(super) plugin: &'a Plugin,
    pub(super) command: &'a Command,
    pub(super) call: &'a Call,
    pub(super) wishes: &'a Wishes,
    /// The row that is wanted, of an answer that is a list.
    pub(super) selected: Option<&'a str>,
    pub(super) output_file: Option<&'a Path>,
    pub(super) stream: Stream<'a>,
}

/// How to go on with an answer that is a stream.
pub(super) struct Stream<'a> {
    /// The request behind a cursor, or anew without one.
    pub(super) again: &'a dyn Fn(Option<&str>) -> Result<Call, Failure>,
    /// The cursor that was typed.
    pub(super) cursor: Option<String>,
    /// Whether it is gone on with when it ends.
    pub(super) goes_on: bool,
    /// How long nothing may come.
    pub(super) silence: Option<Duration>,
    /// The flag that goes on behind a cursor.
    pub(super) since: Option<&'a str>,
}

impl<'a> Asked<'a> {
    /// Sends the request and shows what comes, as it comes where it can.
    pub(super) fn show(&self, streams: &mut Streams) -> Ending {
        // What is only read and shown can be cut off anywhere.
        let mut interrupts = None;
        if self.output_file.is_some() || self.command.method != Method::Get {
            watched(&mut interrupts)?;
        }
        // Before anything is sent: a file that cannot be written is no reason to ask for it.
        let saving = match self.output_file {
            Some(path) if path != Path::new("-") => Some(Saving::begin(path)?),
            _ => None,
        };
        let mut incoming = self.begin(streams, interrupts.as_ref())?;
        let reply = &incoming.reply;
        let kind = reply.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let mut warnings = self.command.answer.warnings(|name| reply.header(name), None);
        let how = self.how(streams, &kind);
        let mut value = None;
        let ending = match how {
            How::Save => {
                if let Some(file) = saving {
                    self.save(streams, watched(&mut interrupts)?, incoming, file)
                } else {
                    let progress = Progress::beside_output(streams);
                    let mut output = Output { streams, begun: false };
                    self.download(progress, watched(&mut interrupts)?, incoming, &mut output).map(drop)
                }
            }
            How::Follow(framing) => {
                for warning in warnings {
                    streams.problem(&Problem::general(warning.to_string()));
                }
                return self.follow(streams, watched(&mut interrupts)?, incoming, framing);
            }
            How::PassOn | How::Clean => self.pass_on(streams, &mut incoming, how),
            How::Refuse => {
                Err(Failure::new(exit::USAGE, "the answer is something for a file, not for a terminal")
                    .hint("`--output-file FILE` saves it; `--output-file -` writes it to standard output"))
            }
            How::Quote(form) => {
                let body = self.collected(&mut incoming, interrupts.as_ref())?;
                show::text(streams, form, &body)
            }
            How::Collect => {
                let body = self.collected(&mut incoming, interrupts.as_ref())?;
                if body.trim_ascii().is_empty() {
                    streams.remark("done");
                    Ok(())
                } else {
                    self.whole(streams, &kind, &body).map(|read| value = read)
                }
            }
        };
        warnings.extend(self.command.answer.warnings(|_| None, value.as_ref()));
        for warning in warnings {
            streams.problem(&Problem::general(warning.to_string()));
        }
        ending.map(|()| exit::SUCCESS)
    }

    /// The whole body.
    fn collected(
        &self,
        incoming: &mut Incoming<'_>,
        interrupts: Option<&Interrupts>,
    ) -> Result<Vec<u8>, Failure> {
        incoming.whole(limits::SHOWN, &mut || stop(interrupts, None)).map_err(|trouble| match trouble {
            Trouble::Client(ClientError::Excess(excess)) => show::too_much(excess),
            trouble => self.plugin.explain_for(self.command, self.call, trouble),
        })
    }

    /// Sends the request, with how much of it has been sent when that takes a while.
    fn begin(&self, streams: &mut Streams, interrupts: Option<&Interrupts>) -> Result<Incoming<'a>, Failure> {
        let begun = match &self.call.body {
            Some((_, content)) if content.is_streamed() => {
                let mut progress = Progress::new(streams);
                let mut upload = Uploading::new(content);
                self.plugin.begin(self.world, self.call, &mut || {
                    stop(interrupts, None)
                        .or_else(|| upload.look(&mut |sent, size| progress.bytes(sent, size)))
                })
            }
            _ => {
                let until = self.stream.silence.map(|silence| Instant::now() + silence);
                self.plugin.begin(self.world, self.call, &mut || stop(interrupts, until))
            }
        };
        begun.map_err(|trouble| {
            let is_unknown = self.stream.cursor.is_some() && is_unknown_cursor(&trouble);
            let failure = self.plugin.explain_for(self.command, self.call, trouble);
            match self.stream.since {
                Some(since) if is_unknown => failure
                    .hint(format!("perhaps it no longer knows that event: leave {since} out to begin now")),
                _ => failure,
            }
        })
    }

    /// By what the answer says it is, by what the user wants, and where neither tells by what the descriptor says.
    fn how(&self, streams: &Streams, kind: &str) -> How {
        // Bytes are what was asked for: a pipe gets them, a terminal does not.
        let is_expected = matches!(self.command.answer.kind, AnswerKind::Binary | AnswerKind::Any);
        if self.output_file.is_some() {
            return How::Save;
        }
        if Form::of(&self.world.options) == Form::Raw {
            return How::PassOn;
        }
        match (how_to_show(self.command, kind, self.wishes), Form::of(&self.world.options)) {
            (How::Refuse, _) if is_expected && !streams.is_terminal() => How::PassOn,
            // Whoever asks for JSON reads it.
            (How::Clean, form @ (Form::Json | Form::JsonLines | Form::Yaml)) if !self.stream.goes_on => {
                How::Quote(form)
            }
            (how, _) => how,
        }
    }

    /// Saves what comes, and says so.
    fn save(
        &self,
        streams: &mut Streams,
        interrupts: &Interrupts,
        incoming: Incoming<'a>,
        mut file: Saving,
    ) -> Result<(), Failure> {
        let Downloaded { size, checksum } =
            self.download(Progress::new(streams), interrupts, incoming, &mut file)?;
        let shown = quoted(&file.path().to_string_lossy());
        file.finish()?;
        streams.remark(&format!("{size} bytes saved to {shown}"));
        if let Some(checksum) = checksum {
            streams.remark(&format!("SHA-256 {checksum}, as the server says"));
        }
        Ok(())
    }

    fn download(
        &self,
        mut progress: Progress,
        interrupts: &Interrupts,
        incoming: Incoming<'a>,
        target: &mut dyn Target,
    ) -> Result<Downloaded, Failure> {
        let Self { world, plugin, call, .. } = *self;
        // A stream that is saved may be quiet for long.
        let is_stream = self.stream.goes_on
            || matches!(
                self.command.answer.kind,
                AnswerKind::Text | AnswerKind::EventStream | AnswerKind::JsonLines
            );
        let silence = self.stream.silence.or((!is_stream).then_some(download::SILENCE));
        let download = Downloading { world, plugin, call, silence, interrupts };
        download.run(incoming, target, &mut |done, total| progress.bytes(done, total))
    }

    /// Follows the messages of a stream.
    fn follow(
        &self,
        streams: &mut Streams,
        interrupts: &Interrupts,
        incoming: Incoming<'a>,
        framing: Framing,
    ) -> Ending {
        let Stream { again, cursor, goes_on, silence, since } = &self.stream;
        let following = Following {
            world: self.world,
            plugin: self.plugin,
            again: *again,
            goes_on: *goes_on,
            id: self.command.follow.as_ref().and_then(|follow| follow.id.as_ref()),
            silence: *silence,
            until_silent: None,
            interrupts,
        };
        Shown { following: &following, command: self.command, wishes: self.wishes, since: *since }.run(
            streams,
            incoming,
            framing,
            cursor.clone(),
        )
    }

    /// Shows a body that has come whole; gives its value for warnings.
    fn whole(&self, streams: &mut Streams, kind: &str, body: &[u8]) -> Result<Option<Value>, Failure> {
        let Self { world, command, wishes, selected, .. } = *self;
        if kind.starts_with("text/html") && wishes.jq.is_none() {
            return Err(Failure::new(exit::FAILURE, "the answer is an HTML page, not JSON")
                .hint("is the plugin's backend behind a login page? `-o raw` shows it"));
        }
        let value = show::json(streams, world, command, wishes, selected, body)?;
        let warns = !command.answer.warnings.is_empty();
        Ok(value.or_else(|| warns.then(|| serde_json::from_slice(body).ok()).flatten()))
    }

    /// Passes on what comes, as it comes.
    fn pass_on(&self, streams: &mut Streams, incoming: &mut Incoming<'_>, how: How) -> Result<(), Failure> {
        loop {
            let until = self.stream.silence.map(|silence| Instant::now() + silence);
            match incoming.chunk(&mut || stop(None, until)) {
                Ok(Some(piece)) if how == How::Clean => write_clean(streams, &piece)?,
                Ok(Some(piece)) => write_bytes(streams, &piece)?,
                Ok(None) => return Ok(()),
                Err(trouble) => return Err(self.plugin.explain(trouble)),
            }
        }
    }
}

/// Standard output as the place of a download.
struct Output<'s> {
    streams: &'s mut Streams,
    begun: bool,
}

impl Target for Output<'_> {
    fn write(&mut self, piece: &[u8]) -> Result<(), Failure> {
        self.begun = true;
        write_bytes(self.streams, piece)
    }

    fn start_over(&mut self) -> Result<(), Failure> {
        if !self.begun {
            return Ok(());
        }
        Err(Failure::new(
            exit::FAILURE,
            "it has changed meanwhile, and what was written cannot be taken back",
        ))
    }
}

/// Ctrl-C as something to look at, from the first time on that it is wanted.
fn watched(interrupts: &mut Option<Interrupts>) -> Result<&Interrupts, Failure> {
    let watch = || Interrupts::watch().map_err(|error| Failure::of(&error));
    Ok(match interrupts {
        Some(interrupts) => interrupts,
        None => interrupts.insert(watch()?),
    })
}

/// What is done with the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// It is shown when it is whole.
    Collect,
    /// It goes to standard output, byte for byte, as it comes.
    PassOn,
    /// As it comes, without what a terminal would act on.
    Clean,
    /// It is text, and shown as the text of JSON or YAML.
    Quote(Form),
    /// It goes into a file, or to standard output as if that were one.
    Save,
    /// It is a stream of messages.
    Follow(Framing),
    /// It is nothing for a terminal.
    Refuse,
}

/// By what the answer says it is, and where it says nothing by what the descriptor says.
fn how_to_show(command: &Command, kind: &str, wishes: &Wishes) -> How {
    let media = kind.split(';').next().unwrap_or_default().trim();
    let is_json = media.ends_with("/json") || media.ends_with("+json");
    let framing = match (media, command.answer.kind) {
        ("", AnswerKind::EventStream) => Some(Framing::Events),
        ("", AnswerKind::JsonLines) => Some(Framing::JsonLines),
        (media, _) => Framing::of(media),
    };
    if let Some(framing) = framing {
        return How::Follow(framing);
    }
    if wishes.jq.is_some() || is_json {
        return How::Collect;
    }
    match (media, command.answer.kind) {
        ("text/html", _) => How::Collect,
        (media, _) if media.starts_with("text/") => How::Clean,
        ("", AnswerKind::Text) => How::Clean,
        ("", AnswerKind::Binary) => How::Refuse,
        ("", _) => How::Collect,
        _ => How::Refuse,
    }
}
