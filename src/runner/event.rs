//! What a runner tells while it runs, to a sink that it is given.
//!
//! It must not know how anything is shown: `cli` has the sink that prints.

use crate::error::Failure;
use crate::model::{Message, Warning};
use crate::openapi::{ApiCommand, JsonAnswer};
use serde_json::Value;

/// Takes the events of a run as they come.
pub trait Sink {
    /// Takes the next one. A failure ends the run.
    fn take(&mut self, event: Event<'_>) -> Result<(), Failure>;
}

/// What is told.
#[derive(Debug)]
pub enum Event<'e> {
    /// The head of a response.
    Head {
        /// Its status line.
        status: &'e str,
        /// Its headers.
        headers: &'e [(String, String)],
    },
    /// A whole body of JSON.
    Json {
        /// The command that describes it.
        command: &'e ApiCommand,
        /// The body.
        answer: &'e JsonAnswer<'e>,
        /// The row that is wanted, of a body that is a list.
        selected: Option<&'e str>,
    },
    /// A whole body of JSON that nothing describes: the user's filter says what is shown.
    Undescribed(&'e [u8]),
    /// A whole body of text, wanted as data.
    Text(&'e [u8]),
    /// A piece of a body, to be passed on byte for byte.
    Bytes(&'e [u8]),
    /// A piece of a body of text: nothing in it may reach a terminal as a command.
    ForeignText(&'e [u8]),
    /// A page of a list.
    Page(PageEvent<'e>),
    /// The end of a list, with the number of its rows.
    ListEnd(u64),
    /// A list breaks off.
    ListBroken,
    /// What happens on a stream.
    Stream(StreamEvent<'e>),
    /// What is seen of a job.
    Job(JobUpdate<'e>),
    /// A body is on its way.
    Moved {
        /// How many bytes have moved.
        done: u64,
        /// How many there are.
        total: Option<u64>,
        /// Whether standard output gets them.
        is_output: bool,
    },
    /// Nothing moves any more.
    MoveEnd,
    /// Something that the user should know.
    Problem(&'e Warning),
    /// What was done.
    Remark(&'e str),
    /// What the user can do next.
    Hint(&'e str),
    /// A detail, for who asks for details.
    Note(&'e str),
}

/// A page of a list.
#[derive(Clone, Copy, Debug)]
pub struct PageEvent<'e> {
    /// Its rows, as many as are wanted.
    pub rows: &'e [Value],
    /// The whole page.
    pub value: &'e Value,
    /// The same, byte for byte.
    pub body: &'e [u8],
    /// Whether it is the only one that is asked for.
    pub is_only: bool,
}

/// What happens on a stream.
#[derive(Debug)]
pub enum StreamEvent<'e> {
    /// A message has come.
    Message(&'e Message),
    /// That was all for now.
    Pause,
    /// Something may be missing, or come twice.
    Gap(&'e str),
    /// The connection was lost, and why.
    Lost(&'e str),
}

/// What is seen of a job.
#[derive(Debug)]
pub enum JobUpdate<'e> {
    /// How far it is.
    State {
        /// In its own word.
        status: &'e str,
        /// In percent.
        percent: Option<f64>,
    },
    /// A look that failed; there will be another.
    Retry(&'e str),
    /// Something to say for good.
    Remark(&'e str),
}
