//! `--wait` and `… wait ID`: what is seen of a job, and its last answer.

use super::show::{self, Wishes};
use crate::cli::Ending;
use crate::error::{Failure, exit};
use crate::runner::proxy::wait::{Outcome, Seen, Waiting};
use crate::term::Streams;
use crate::term::progress::Progress;

/// Shows how far it is while `wait` waits, and then what came of it.
pub(super) fn shown<'a>(
    streams: &mut Streams,
    waiting: &Waiting<'a>,
    wishes: &Wishes,
    wait: impl FnOnce(&mut dyn FnMut(Seen<'_>)) -> Result<Outcome<'a>, Failure>,
) -> Ending {
    let mut progress = Progress::new(streams);
    let outcome = wait(&mut |seen| match seen {
        Seen::State { status, percent } => progress.state(streams, status, percent),
        Seen::Trouble(why) => progress.say(|| streams.note(why)),
        Seen::Remark(text) => progress.say(|| streams.remark(text)),
    });
    drop(progress);
    let Outcome { poll, body, failure } = outcome?;
    show::json(streams, waiting.job.world, poll, wishes, None, &body)?;
    failure.map_or(Ok(exit::SUCCESS), Err)
}
