//! How long something is waited for: until Ctrl-C, where that is watched, and until a moment, where there is one. One
//! value says both, and waiting wakes up for either; nobody looks at a clock in a loop.
//!
//! It must not know what is waited for.

use crate::sys::signals::{Interrupts, SIGNALS};
use futures_util::future::{Either, select};
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;
use tokio::signal::unix::{SignalKind, signal};

/// Why something was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The user pressed Ctrl-C.
    Interrupted,
    /// It took too long.
    TimedOut,
}

/// Until when something is waited for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deadline<'i> {
    interrupts: Option<&'i Interrupts>,
    at: Option<Instant>,
}

impl<'i> Deadline<'i> {
    /// However long it takes; Ctrl-C ends the process.
    pub const NEVER: Self = Self { interrupts: None, at: None };

    /// Until Ctrl-C, where it is watched.
    pub fn interrupt(interrupts: impl Into<Option<&'i Interrupts>>) -> Self {
        Self { interrupts: interrupts.into(), at: None }
    }

    /// The same, and not longer than until `at`, where there is such a moment.
    #[must_use]
    pub fn or_at(self, at: impl Into<Option<Instant>>) -> Self {
        Self { at: at.into(), ..self }
    }

    /// Whether it has passed.
    pub fn passed(&self) -> Option<StopReason> {
        if self.interrupts.is_some_and(Interrupts::came) {
            return Some(StopReason::Interrupted);
        }
        self.at.is_some_and(|at| Instant::now() >= at).then_some(StopReason::TimedOut)
    }

    /// Ends when it passes.
    pub(super) async fn passes(self) -> StopReason {
        let interrupted = pin!(async {
            match self.interrupts {
                Some(interrupts) => interrupted(interrupts).await,
                None => pending().await,
            }
        });
        let late = pin!(async {
            match self.at {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => pending().await,
            }
        });
        match select(interrupted, late).await {
            Either::Left(_) => StopReason::Interrupted,
            Either::Right(_) => StopReason::TimedOut,
        }
    }
}

/// Ends when a signal comes, or has come before.
async fn interrupted(interrupts: &Interrupts) {
    // Listening comes before looking: a signal between the two would be missed.
    let mut signals: Vec<_> =
        SIGNALS.iter().filter_map(|number| signal(SignalKind::from_raw(*number)).ok()).collect();
    if interrupts.came() {
        return;
    }
    poll_fn(|context| {
        let came = signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
        if came { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Runtime;
    use std::time::Duration;

    /// Far enough away that a test which waits for it is stopped from outside.
    const FAR: Duration = Duration::from_hours(1);

    #[test]
    fn work_that_is_done_is_not_given_up() {
        let runtime = Runtime::new().unwrap();
        assert_eq!(runtime.wait_until(async { 7 }, Deadline::NEVER), Ok(7));
        let later = Deadline::NEVER.or_at(Instant::now() + FAR);
        assert_eq!(runtime.wait_until(async { 7 }, later), Ok(7));
    }

    #[test]
    fn work_is_given_up_when_the_moment_has_come() {
        let runtime = Runtime::new().unwrap();
        let now = Deadline::NEVER.or_at(Instant::now());
        assert_eq!(now.passed(), Some(StopReason::TimedOut));
        assert_eq!(runtime.wait_until(pending::<()>(), now), Err(StopReason::TimedOut));
        let soon = Deadline::NEVER.or_at(Instant::now() + Duration::from_millis(5));
        assert_eq!(runtime.wait_until(pending::<()>(), soon), Err(StopReason::TimedOut));
    }

    #[test]
    fn a_signal_wakes_what_waits_for_hours_and_is_remembered() {
        let runtime = Runtime::new().unwrap();
        let interrupts = Interrupts::watch().unwrap();
        let deadline = Deadline::interrupt(&interrupts).or_at(Instant::now() + FAR);
        let raised = async {
            signal_hook::low_level::raise(signal_hook::consts::SIGHUP).unwrap();
            pending::<()>().await;
        };
        assert_eq!(runtime.wait_until(raised, deadline), Err(StopReason::Interrupted));
        assert_eq!(runtime.rest(FAR, deadline), Some(StopReason::Interrupted));
        assert_eq!(deadline.passed(), Some(StopReason::Interrupted));
    }
}
