//! What a names file says, and what a new answer changes in it.

use super::Described;
use crate::model::{Origin, ReportOutcome, Source, Validators};
use crate::sys::clock::UnixTime;
use std::collections::BTreeMap;

/// What is known, source by source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The sources that were ever asked.
    pub sections: BTreeMap<Source, Section>,
    /// The plugins of the server that were asked what they offer.
    pub described: BTreeMap<String, Described>,
}

/// What is known of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// When it last gave a whole answer; `None` when it never did.
    pub answered: Option<UnixTime>,
    /// When it last failed; `None` once it has answered again.
    pub failed: Option<UnixTime>,
    /// Whether it answered when the user last asked for it: only then may it be queried in the background,
    /// back.
    pub approved: bool,
    /// Why it failed, as long as it has not answered again.
    pub failure: Option<SectionFailure>,
    /// What tells whether the answer still holds.
    pub validators: Validators,
    /// What it said.
    pub origins: Vec<Origin>,
}

/// Why a source failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionFailure {
    /// What the user reads of it.
    pub message: String,
    /// Whether signing in would help.
    pub sign_in: bool,
}

/// On whose behalf a source is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshReason {
    /// The user asked for it: `plugin list`, `plugin refresh`.
    ByUser,
    /// Not at the user's request.
    Unasked,
}

impl Names {
    /// Takes in an answer. A source that failed keeps what was known of it.
    pub fn take(&mut self, source: Source, outcome: ReportOutcome, asked: RefreshReason, now: UnixTime) {
        let section = self.sections.entry(source).or_default();
        match outcome {
            ReportOutcome::NotConfigured => {
                self.sections.remove(&source);
                return;
            }
            ReportOutcome::Complete { origins, validators } => {
                section.origins = origins;
                section.validators = validators;
                section.answered = Some(now);
                (section.failed, section.failure) = (None, None);
                let names = &section.origins;
                if source == Source::Server {
                    self.described.retain(|name, _| names.iter().any(|origin| origin.name.as_str() == name));
                }
                self.spread_aliases();
            }
            ReportOutcome::Unchanged => {
                section.answered = Some(now);
                (section.failed, section.failure) = (None, None);
            }
            ReportOutcome::Failed { .. } => section.failed = Some(now),
        }
        if asked == RefreshReason::ByUser
            && let Some(section) = self.sections.get_mut(&source)
        {
            section.approved = section.failed.is_none();
        }
    }

    /// Remembers why a source failed.
    pub fn explain(&mut self, source: Source, failure: SectionFailure) {
        if let Some(section) = self.sections.get_mut(&source).filter(|section| section.failed.is_some()) {
            section.failure = Some(failure);
        }
    }

    /// Takes in what a plugin offers.
    pub fn describe(&mut self, plugin: &str, described: Described) {
        self.described.insert(plugin.to_owned(), described);
        self.spread_aliases();
    }

    /// The names that descriptions give are names of the commands.
    fn spread_aliases(&mut self) {
        for (source, section) in &mut self.sections {
            for origin in section.origins.iter_mut().filter(|_| source.is_remote()) {
                let Some(described) = self.described.get(origin.name.as_str()) else { continue };
                for alias in &described.aliases {
                    if !origin.aliases.contains(alias) {
                        origin.aliases.push(alias.clone());
                    }
                }
            }
        }
    }

    /// Takes out everything that the sources said; what remains is when they said it.
    pub fn take_origins(&mut self) -> impl Iterator<Item = Origin> {
        self.sections.values_mut().flat_map(|section| std::mem::take(&mut section.origins))
    }

    /// Everything that the sources said.
    pub fn origins(&self) -> impl Iterator<Item = &Origin> {
        self.sections.values().flat_map(|section| &section.origins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CleanText, OriginPlace, Way};

    fn complete(name: &str) -> ReportOutcome {
        let origin =
            Origin::new(CleanText::new(name), Source::Server, Some(Way::Proxy), OriginPlace::PluginList);
        ReportOutcome::Complete { origins: vec![origin], validators: Validators::default() }
    }

    #[test]
    fn a_failure_keeps_what_is_known_and_withdraws_the_approval() {
        let mut names = Names::default();
        names.take(Source::Server, complete("bench"), RefreshReason::ByUser, UnixTime(1));
        assert!(names.sections[&Source::Server].approved);
        names.take(
            Source::Server,
            ReportOutcome::Failed { sign_in: false },
            RefreshReason::ByUser,
            UnixTime(2),
        );
        let section = &names.sections[&Source::Server];
        assert_eq!(section.origins.len(), 1);
        assert_eq!(
            (section.answered, section.failed, section.approved),
            (Some(UnixTime(1)), Some(UnixTime(2)), false)
        );
    }

    #[test]
    fn an_answer_that_nobody_asked_for_approves_nothing() {
        let mut names = Names::default();
        names.take(Source::Server, complete("bench"), RefreshReason::Unasked, UnixTime(1));
        assert!(!names.sections[&Source::Server].approved);
    }
}
