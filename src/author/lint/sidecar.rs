//! The sidecar of an executable. Pure: whoever calls it knows what lies beside it.

use super::finding::Findings;
use super::place;
use super::rules;
use crate::yaml;
use everestctl_protocol::sidecar::{Completion, Sidecar};
use everestctl_protocol::version;

/// What lies beside a sidecar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beside {
    /// Whether the executable is there.
    pub program: bool,
    /// Whether the companion is, which completes.
    pub companion: bool,
}

/// What is wrong with the sidecar in `text`.
pub fn lint(text: &str, beside: Beside, found: &mut Findings) {
    let (sidecar, misfits) = match yaml::tolerant::<Sidecar>(text.as_bytes()) {
        Ok(read) => read,
        Err(misfit) => {
            found.add(rules::SIDECAR_KEY, misfit.place.map(|(line, _)| line), &misfit.to_string());
            return;
        }
    };
    for misfit in &misfits {
        found.add(rules::SIDECAR_KEY, misfit.place.map(|(line, _)| line), &misfit.to_string());
    }
    if !beside.program {
        found.add(rules::SIDECAR_PROGRAM, None, "there is no executable of its name beside it");
    }
    if let Err(error) = version::check(sidecar.protocol, &sidecar.requires) {
        let key = if matches!(error, version::Incompatible::NoFeature(_)) { "requires" } else { "protocol" };
        found.add(rules::SIDECAR_REQUIRES, place::line(text, &[key]), &error.to_string());
    }
    if sidecar.summary.as_deref().is_none_or(|summary| summary.trim().is_empty()) {
        found.add(rules::SIDECAR_SUMMARY, place::line(text, &["summary"]), "it has no summary");
    }
    words(sidecar.completion, sidecar.words.is_empty(), text, found);
    if sidecar.completion == Completion::Companion && !beside.companion {
        let message = "there is no executable `everestctl_complete-NAME` beside it";
        found.add(rules::SIDECAR_COMPANION, place::line(text, &["completion"]), message);
    }
}

/// Whether words are there and used, in a sidecar or a manifest that has the same keys.
pub(super) fn words(completion: Completion, has_none: bool, text: &str, found: &mut Findings) {
    if completion == Completion::Words && has_none {
        let line = place::line(text, &["completion"]);
        found.add(rules::SIDECAR_WORDS, line, "`completion: words` without `words`");
    }
    if completion != Completion::Words && !has_none {
        let line = place::line(text, &["words"]);
        found.add(rules::SIDECAR_WORDS, line, "`words` without `completion: words`");
    }
}
