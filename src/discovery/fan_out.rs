//! Asking the sources side by side, each under the same time budget.

use super::SourceReport;
use crate::model::{Source, Warning};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A source that waits to be asked.
pub struct SourceQuery {
    /// The source.
    pub source: Source,
    /// Where it is, for messages.
    pub place: String,
    /// Asks it.
    pub ask: Box<dyn FnOnce() -> SourceReport + Send>,
}

/// Asks all sources at once, hands each report to `answered` as it comes, and stops waiting after `budget`.
///
/// Each source has its own thread, so that one that blocks (a credential helper, a file system that
/// hangs) or panics stops nobody else; its thread is left behind and ends with the process.
pub fn query_all(questions: Vec<SourceQuery>, budget: Duration, mut answered: impl FnMut(SourceReport)) {
    let deadline = Instant::now() + budget;
    let (sender, receiver) = mpsc::channel();
    let mut open: Vec<(Source, String)> = Vec::new();
    for SourceQuery { source, place, ask } in questions {
        let sender = sender.clone();
        let started = thread::Builder::new().name(format!("source {source}")).spawn(move || {
            // The receiver is dropped once the time is up.
            let _ = sender.send(ask());
        });
        match started {
            Ok(_) => open.push((source, place)),
            Err(error) => answered(failed(source, format!("could not be queried: {error}"))),
        }
    }
    drop(sender);
    while !open.is_empty() {
        match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(report) => {
                open.retain(|(source, _)| *source != report.source);
                answered(report);
            }
            Err(error) => {
                for (source, place) in open.drain(..) {
                    answered(match error {
                        mpsc::RecvTimeoutError::Timeout => too_slow(source, &place, budget),
                        mpsc::RecvTimeoutError::Disconnected => {
                            failed(source, "stopped without a response".to_owned())
                        }
                    });
                }
            }
        }
    }
}

fn too_slow(source: Source, place: &str, budget: Duration) -> SourceReport {
    let message = format!("{place}: no response within {}", humantime::format_duration(budget));
    SourceReport::failed(
        Warning::new(source, message)
            .hint("use `--request-timeout 30s` to wait longer, or `--offline` to skip it"),
        source,
        false,
    )
}

fn failed(source: Source, message: String) -> SourceReport {
    SourceReport::failed(Warning::new(source, message), source, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ReportOutcome;

    fn question(source: Source, ask: impl FnOnce() -> SourceReport + Send + 'static) -> SourceQuery {
        SourceQuery { source, place: "there".to_owned(), ask: Box::new(ask) }
    }

    #[test]
    fn one_that_never_answers_hides_no_other() {
        let questions = vec![
            question(Source::Server, || {
                thread::sleep(Duration::from_mins(1));
                SourceReport::not_configured(Source::Server)
            }),
            question(Source::Local, || SourceReport::not_configured(Source::Local)),
        ];
        let mut reports = Vec::new();
        query_all(questions, Duration::from_millis(200), |report| reports.push(report));
        assert_eq!(reports[0].source, Source::Local);
        assert!(matches!(reports[1].outcome, ReportOutcome::Failed { sign_in: false }));
        assert_eq!(reports[1].problems[0].message, "there: no response within 200ms");
    }
}
