//! The body of a request: bytes, files and standard input one after the other, read while they are sent.
//!
//! A thread reads ahead by a few pieces, since reading a file or a pipe blocks. It must not know what a form is.

use crate::sys::files;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::io::{self, Read};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::thread;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How much is read at once.
const PIECE: usize = 64 * 1024;
/// How many pieces are read ahead.
const AHEAD: usize = 4;

/// The body of a request.
#[derive(Clone, Debug, Default)]
pub struct RequestBody {
    parts: Vec<BodyPart>,
    fields: Vec<Field>,
    /// How many bytes were handed to the network.
    sent: Arc<AtomicU64>,
}

/// A field of a form, as it was given.
#[derive(Clone, Debug)]
pub struct Field {
    /// Name of the form field.
    pub name: String,
    /// Its value as it may be shown, or the file that it comes from.
    pub value: String,
    /// Whether it is the file.
    pub is_file: bool,
    /// Its content type, where it has one of its own.
    pub content_type: Option<String>,
}

/// A part of a body.
#[derive(Clone, Debug)]
pub enum BodyPart {
    /// These bytes.
    Bytes(Vec<u8>),
    /// This many bytes of a file; all of them if their number is not known, as with a pipe.
    File(PathBuf, Option<u64>),
    /// Whatever comes on standard input.
    Input,
}

impl From<Vec<u8>> for RequestBody {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(vec![BodyPart::Bytes(bytes)])
    }
}

impl RequestBody {
    /// These, one after the other.
    pub fn new(parts: Vec<BodyPart>) -> Self {
        Self::from_form(parts, Vec::new())
    }

    /// The same, and they are a form with these fields.
    pub fn from_form(parts: Vec<BodyPart>, fields: Vec<Field>) -> Self {
        Self { parts, fields, sent: Arc::default() }
    }

    /// The fields, when it is a form.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// What it is made of.
    pub fn parts(&self) -> &[BodyPart] {
        &self.parts
    }

    /// How many bytes it has; not known for standard input.
    pub fn size(&self) -> Option<u64> {
        let size = |part: &BodyPart| match part {
            BodyPart::Bytes(bytes) => Some(bytes.len() as u64),
            BodyPart::File(_, size) => *size,
            BodyPart::Input => None,
        };
        self.parts.iter().map(size).sum()
    }

    /// How many bytes were handed to the network so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Whether it is read while it is sent.
    pub fn is_streamed(&self) -> bool {
        self.parts.iter().any(|part| !matches!(part, BodyPart::Bytes(_)))
    }

    /// Whether it can be sent a second time.
    pub fn can_repeat(&self) -> bool {
        !self.parts.iter().any(|part| matches!(part, BodyPart::Input | BodyPart::File(_, None)))
    }

    /// The body of one request.
    pub(super) fn body(&self) -> reqwest::Body {
        if let [BodyPart::Bytes(bytes)] = &self.parts[..] {
            return reqwest::Body::from(bytes.clone());
        }
        let (sender, pieces) = channel(AHEAD);
        let parts = self.parts.clone();
        thread::spawn(move || {
            if let Err(error) = read(parts, &sender) {
                let _ = sender.blocking_send(Err(error));
            }
        });
        self.sent.store(0, Ordering::Relaxed);
        reqwest::Body::wrap(Streamed { pieces, size: self.size(), sent: Arc::clone(&self.sent) })
    }
}

/// Reads the parts until they end or the receiver is dropped.
fn read(parts: Vec<BodyPart>, sender: &Sender<io::Result<Bytes>>) -> io::Result<()> {
    for part in parts {
        match part {
            BodyPart::Bytes(bytes) => {
                let _ = sender.blocking_send(Ok(Bytes::from(bytes)));
            }
            BodyPart::File(path, size) => {
                let size = size.unwrap_or(u64::MAX);
                let read = read_all(&mut files::open(&path)?.take(size), sender)?;
                if read < size && size != u64::MAX && !sender.is_closed() {
                    return Err(io::Error::other(format!(
                        "{} was truncated while it was sent",
                        path.display()
                    )));
                }
            }
            BodyPart::Input => {
                read_all(&mut io::stdin().lock(), sender)?;
            }
        }
    }
    Ok(())
}

fn read_all(source: &mut dyn Read, sender: &Sender<io::Result<Bytes>>) -> io::Result<u64> {
    let mut total = 0;
    loop {
        let mut piece = vec![0; PIECE];
        let length = match source.read(&mut piece) {
            Ok(0) => return Ok(total),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        piece.truncate(length);
        total += length as u64;
        if sender.blocking_send(Ok(Bytes::from(piece))).is_err() {
            return Ok(total);
        }
    }
}

/// What the thread reads, as hyper takes it.
struct Streamed {
    pieces: Receiver<io::Result<Bytes>>,
    size: Option<u64>,
    sent: Arc<AtomicU64>,
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.pieces.poll_recv(context).map(|piece| {
            let piece = piece?;
            if let Ok(piece) = &piece {
                self.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
            }
            Some(piece.map(Frame::data))
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.size.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
