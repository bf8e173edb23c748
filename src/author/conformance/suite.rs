//! Checks, one after the other and side by side.

use super::checks::Check;
use super::report::CheckOutcome;
use super::verdict::Verdict;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many run side by side: most of them wait.
const SIDE_BY_SIDE: usize = 4;

/// A check, and what finds out about a plugin of one kind.
pub struct Probe<P: 'static> {
    /// The check.
    pub check: &'static Check,
    /// What finds out.
    pub run: fn(&P) -> Verdict,
    /// Whether it runs alone: it measures time, or what others would disturb.
    pub alone: bool,
    /// What it cannot do without: a verdict where that is missing.
    pub needs: Option<fn(&P) -> Option<Verdict>>,
}

impl<P> Probe<P> {
    /// One that can run beside others.
    pub const fn new(check: &'static Check, run: fn(&P) -> Verdict) -> Self {
        Self { check, run, alone: false, needs: None }
    }

    /// One that says nothing where something else is broken, which has a check of its own.
    #[must_use]
    pub const fn needing(self, needs: fn(&P) -> Option<Verdict>) -> Self {
        Self { needs: Some(needs), ..self }
    }

    /// What becomes of it.
    fn outcome(&self, plugin: &P, selection: Selection<'_>) -> CheckOutcome {
        let start = Instant::now();
        let verdict = match selection.skipped.get(self.check.id) {
            Some(reason) => Verdict::skipped(format!("plugin-test.yaml: {reason}")),
            None => self.needs.and_then(|needs| needs(plugin)).unwrap_or_else(|| (self.run)(plugin)),
        };
        CheckOutcome::new(self.check, &verdict, start.elapsed(), selection.secret)
    }

    /// One that runs alone.
    pub const fn alone(check: &'static Check, run: fn(&P) -> Verdict) -> Self {
        Self { check, run, alone: true, needs: None }
    }
}

/// What is run, and what the author does not want to be.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// Those that are wanted; all if none is named.
    pub only: &'a [&'static Check],
    /// Those that are skipped, each with its reason.
    pub skipped: &'a BTreeMap<String, String>,
    /// What must stand in no report.
    pub secret: &'a str,
}

impl Selection<'_> {
    fn wants(&self, check: &Check) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| wanted.id == check.id)
    }
}

/// Runs the checks of `groups` that are wanted: first those that run alone.
pub fn run<P: Sync>(plugin: &P, groups: &[&[Probe<P>]], selection: Selection<'_>) -> Vec<CheckOutcome> {
    let wanted = || groups.iter().copied().flatten().filter(|probe| selection.wants(probe.check));
    let one = |probe: &Probe<P>| probe.outcome(plugin, selection);
    let mut outcomes: Vec<CheckOutcome> = wanted().filter(|probe| probe.alone).map(one).collect();
    let together: Vec<&Probe<P>> = wanted().filter(|probe| !probe.alone).collect();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE.min(together.len()) {
            scope.spawn(|| {
                while let Some(probe) = together.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = one(probe);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
                }
            });
        }
    });
    outcomes.extend(done.into_inner().unwrap_or_else(PoisonError::into_inner));
    outcomes
}

/// Skips all checks of `groups` that are wanted, for one reason.
pub fn skipped<P>(groups: &[&[Probe<P>]], selection: Selection<'_>, why: &str) -> Vec<CheckOutcome> {
    let wanted = groups.iter().copied().flatten().filter(|probe| selection.wants(probe.check));
    let skip = |probe: &Probe<P>| {
        CheckOutcome::new(probe.check, &Verdict::skipped(why), Duration::ZERO, selection.secret)
    };
    wanted.map(skip).collect()
}

/// Runs the checks of `groups` that are wanted, one after the other.
pub fn run_in_order<P>(plugin: &P, groups: &[&[Probe<P>]], selection: Selection<'_>) -> Vec<CheckOutcome> {
    let wanted = groups.iter().copied().flatten().filter(|probe| selection.wants(probe.check));
    wanted.map(|probe| probe.outcome(plugin, selection)).collect()
}
