//! A download that goes on where it broke off.
//!
//! It must not know how progress is shown.

use super::connection::{PluginConnection, ResponseStream};
use super::download_error::DownloadError;
use super::error::RequestError;
use crate::client::Deadline;
use crate::client::StopReason;
use crate::client::checksum::{self, Sha256};
use crate::client::plugin_request::{PluginRequest, PluginResponse};
use crate::error::{Failure, Interrupted};
use crate::runner::event::{Event, Sink};
use crate::sys::interruptible::was_interrupted;
use crate::sys::output::OutputFile;
use crate::sys::signals::Interrupts;
use backon::{BackoffBuilder, ExponentialBuilder};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a transfer may stall by default.
pub const SILENCE: Duration = Duration::from_mins(1);
/// The rests after connections that brought nothing; so many in a row are the end.
const RESTS: ExponentialBuilder =
    ExponentialBuilder::new().with_min_delay(Duration::from_millis(250)).with_max_times(MOST_FRUITLESS);
const MOST_FRUITLESS: usize = 6;
/// A connection that brought less has brought nothing, in bytes.
const LEAST: u64 = 4 * 1024;
/// How many times it restarts because the file on the server changed.
const MOST_RESTARTS: u32 = 5;

/// Where a download goes.
pub trait DownloadTarget {
    /// Takes the next piece.
    fn write(&mut self, piece: &[u8]) -> Result<(), Failure>;
    /// Forgets what has come.
    fn start_over(&mut self) -> Result<(), Failure>;
    /// So many bytes have come, of so many.
    fn moved(&mut self, done: u64, total: Option<u64>);
}

/// A file that gets its name only when it is complete.
pub struct FileSink {
    path: PathBuf,
    file: OutputFile,
}

impl FileSink {
    /// Starts beside `path`.
    pub fn begin(path: &Path) -> Result<Self, Failure> {
        let file = OutputFile::begin(path).map_err(|error| unwritable(path, error))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Its name, as the user gave it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name.
    pub fn finish(self) -> Result<(), Failure> {
        let Self { path, file } = self;
        file.finish().map(drop).map_err(|error| unwritable(&path, error))
    }
}

/// A file as the target of a download, and who is told how far it is.
pub struct ToFile<'s> {
    /// The file.
    pub file: FileSink,
    /// Who is told.
    pub sink: &'s mut dyn Sink,
}

impl DownloadTarget for ToFile<'_> {
    fn write(&mut self, piece: &[u8]) -> Result<(), Failure> {
        let FileSink { path, file } = &mut self.file;
        file.write(piece).map_err(|error| unwritable(path, error))
    }

    fn start_over(&mut self) -> Result<(), Failure> {
        let FileSink { path, file } = &mut self.file;
        file.start_over().map_err(|error| unwritable(path, error))
    }

    fn moved(&mut self, done: u64, total: Option<u64>) {
        let _ = self.sink.take(Event::Moved { done, total, is_output: false });
    }
}

/// Standard output as the target of a download.
pub struct ToOutput<'s> {
    /// Who writes it.
    pub sink: &'s mut dyn Sink,
    /// Whether something was written.
    pub begun: bool,
}

impl DownloadTarget for ToOutput<'_> {
    fn write(&mut self, piece: &[u8]) -> Result<(), Failure> {
        self.begun = true;
        self.sink.take(Event::Bytes(piece))
    }

    fn start_over(&mut self) -> Result<(), Failure> {
        if !self.begun {
            return Ok(());
        }
        Err(DownloadError::ChangedAfterOutput.into())
    }

    fn moved(&mut self, done: u64, total: Option<u64>) {
        let _ = self.sink.take(Event::Moved { done, total, is_output: true });
    }
}

fn unwritable(path: &Path, error: std::io::Error) -> Failure {
    if was_interrupted(&error) {
        return Interrupted.into();
    }
    DownloadError::Unwritable { path: path.to_owned(), error }.into()
}

/// The call of a download: its bytes as they are, so that parts of them fit together.
pub fn untouched(mut call: PluginRequest) -> PluginRequest {
    call.headers.push(("accept-encoding".to_owned(), "identity".to_owned()));
    call.timeout = None;
    call
}

/// What is downloaded.
pub struct Downloading<'a> {
    /// Whose it is.
    pub plugin: &'a PluginConnection,
    /// The request.
    pub call: &'a PluginRequest,
    /// How long nothing may come.
    pub silence: Option<Duration>,
    /// Whether the user pressed Ctrl-C.
    pub interrupts: &'a Interrupts,
}

/// What has come.
#[derive(Debug)]
pub struct Downloaded {
    /// How many bytes.
    pub size: u64,
    /// Their SHA-256, when the server says the same.
    pub checksum: Option<String>,
}

/// What a response says of the complete body.
struct BodyInfo {
    total: Option<u64>,
    /// What tells this body from a later one.
    tag: Option<String>,
    modified: Option<String>,
    /// Whether parts of it can be had.
    offers_parts: bool,
    checksum: Option<String>,
}

impl BodyInfo {
    fn of(reply: &PluginResponse) -> Self {
        let header = |name: &str| reply.header(name);
        Self {
            total: header("content-length").and_then(|length| length.parse().ok()),
            tag: header("etag").map(str::to_owned),
            modified: header("last-modified").map(str::to_owned),
            offers_parts: header("accept-ranges").is_some_and(|units| units.eq_ignore_ascii_case("bytes")),
            checksum: checksum::announced(header),
        }
    }

    /// What a further part has to be of, when parts can be had. A weak tag says that two bodies mean the same, not that
    /// they are the same.
    fn validator(&self) -> Option<&String> {
        let tag = self.tag.as_ref().filter(|tag| !tag.starts_with("W/"));
        tag.or(self.modified.as_ref()).filter(|_| self.offers_parts)
    }

    /// Whether `part` says that it is of this very body (RFC 9110, 15.3.7.3): by what it was asked for, and by nothing that
    /// speaks against it.
    fn is_of_the_same(&self, part: &PluginResponse) -> bool {
        let differs = |name: &str, own: &Option<String>| matches!((part.header(name), own), (Some(other), Some(own)) if other != own);
        let proves = ["etag", "last-modified"]
            .into_iter()
            .any(|name| part.header(name) == self.validator().map(String::as_str));
        proves && !differs("etag", &self.tag) && !differs("last-modified", &self.modified)
    }

    /// Its own sum; nothing is summed up that is held against nothing.
    fn sum(&self) -> Option<Sha256> {
        self.checksum.as_ref().map(|_| Sha256::default())
    }
}

impl<'a> Downloading<'a> {
    /// Downloads, from the answer that has started.
    pub fn run(
        &self,
        mut incoming: ResponseStream<'a>,
        target: &mut dyn DownloadTarget,
    ) -> Result<Downloaded, Failure> {
        let mut whole = BodyInfo::of(&incoming.reply);
        let mut sum = whole.sum();
        let mut size = 0;
        let mut rests = RESTS.build();
        let mut restarts = 0;
        loop {
            let before = size;
            let cut = self.read(&mut incoming, target, &mut sum, &mut size, whole.total)?;
            let Some(trouble) = cut else { break };
            if size >= before + LEAST {
                rests = RESTS.build();
            }
            let Some(validator) = whole.validator().cloned().filter(|_| trouble.may_pass()) else {
                return Err(self.plugin.explain(trouble));
            };
            incoming = self.again(size, &validator, trouble, &mut rests)?;
            if incoming.reply.status == 206 {
                if !continues(&incoming.reply, size, whole.total) {
                    return Err(DownloadError::OtherRange.into());
                }
                if whole.is_of_the_same(&incoming.reply) {
                    continue;
                }
                // A part of another file than the one that has come so far: that one is asked for as a whole.
                let changed = RequestError::Stopped(StopReason::TimedOut);
                incoming = self.again(0, &validator, changed, &mut rests)?;
            }
            if size > 0 {
                restarts += 1;
            }
            if restarts > MOST_RESTARTS {
                return Err(DownloadError::ChangedTooOften(MOST_RESTARTS).into());
            }
            target.start_over()?;
            whole = BodyInfo::of(&incoming.reply);
            (sum, size) = (whole.sum(), 0);
        }
        if let Some(total) = whole.total.filter(|total| *total != size) {
            return Err(DownloadError::OtherSize { announced: total, sent: size }.into());
        }
        match (whole.checksum, sum.map(Sha256::finish)) {
            (Some(announced), Some(sum)) if announced != sum => {
                Err(DownloadError::OtherChecksum { sum, announced }.into())
            }
            (checksum, _) => Ok(Downloaded { size, checksum }),
        }
    }

    /// Reads one connection to its end, or to what went wrong with it.
    fn read(
        &self,
        incoming: &mut ResponseStream<'_>,
        target: &mut dyn DownloadTarget,
        sum: &mut Option<Sha256>,
        size: &mut u64,
        total: Option<u64>,
    ) -> Result<Option<RequestError>, Failure> {
        loop {
            let until = self.silence.map(|silence| Instant::now() + silence);
            match incoming.chunk(Deadline::interrupt(self.interrupts).or_at(until)) {
                Ok(Some(piece)) => {
                    target.write(&piece)?;
                    if let Some(sum) = sum {
                        sum.update(&piece);
                    }
                    *size += piece.len() as u64;
                    target.moved(*size, total);
                }
                Ok(None) => return Ok(None),
                Err(trouble) => return Ok(Some(trouble)),
            }
        }
    }

    /// Asks for the rest, until there is an answer.
    fn again(
        &self,
        size: u64,
        validator: &str,
        mut trouble: RequestError,
        rests: &mut impl Iterator<Item = Duration>,
    ) -> Result<ResponseStream<'a>, Failure> {
        let mut call = self.call.clone();
        if size > 0 {
            call.headers.push(("range".to_owned(), format!("bytes={size}-")));
            call.headers.push(("if-range".to_owned(), validator.to_owned()));
        }
        while trouble.may_pass()
            && let Some(rest) = rests.next()
        {
            if let Err(stopped) = self.plugin.rest(rest, Deadline::interrupt(self.interrupts)) {
                trouble = stopped;
                break;
            }
            let until = Instant::now() + SILENCE;
            match self.plugin.begin(&call, Deadline::interrupt(self.interrupts).or_at(until)) {
                Ok(incoming) => return Ok(incoming),
                Err(other) => trouble = other,
            }
        }
        Err(self.plugin.explain(trouble))
    }
}

/// Whether a part starts where the last one ended, and belongs to as large a whole.
fn continues(reply: &PluginResponse, size: u64, total: Option<u64>) -> bool {
    let range = reply.header("content-range").and_then(|range| range.strip_prefix("bytes "));
    let Some((part, whole)) = range.and_then(|range| range.split_once('/')) else { return false };
    let start = part.split('-').next().and_then(|start| start.parse().ok());
    start == Some(size) && (whole == "*" || total.is_none_or(|total| whole.parse() == Ok(total)))
}
