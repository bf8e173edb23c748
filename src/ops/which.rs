//! `plugin which`: every candidate for a name, the rule that chose, and how old what is known is.

use super::command_error::LIST_HINT;
use super::command_row::{CommandRow, SourceFreshness, shown_origin};
use super::install::facts::{self, PackageFacts};
use super::run_command::{hidden_by_server, newer};
use super::{App, alias, words_below};
use crate::app::catalog::CommandCatalog;
use crate::app::refresh;
use crate::error::{ExitCode, Explain, Failure, exit};
use crate::model::{CleanText, CommandWord, InvalidWord, Source, Warning, Way, quoted};
use crate::resolve::{Candidate, Command, Rule, RunTarget, candidates, choose};
use serde::Serialize;
use std::collections::BTreeMap;

/// Who has a name. Its JSON form is an interface.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WhichReport {
    /// What was asked for.
    pub command: String,
    /// Every claim to it, in order of precedence.
    pub candidates: Vec<Claim>,
}

/// One claim to a name.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// The name that is claimed; the words after it would be arguments.
    pub name: String,
    /// Whether this one runs.
    pub chosen: bool,
    /// The source; `None` for a built-in.
    pub source: Option<Source>,
    /// How it runs; `None` for a built-in.
    pub way: Option<Way>,
    /// Where it is.
    pub place: String,
    /// Why it does or does not run.
    pub reason: String,
    /// How many seconds ago its source answered; `None` for what is looked at right now.
    pub age_seconds: Option<u64>,
}

/// Finds every claim to `words`, by the resolver that dispatch uses. Whoever is unknown is asked for first, as by running
/// the words; `warn` gets what the user should know of that.
pub fn which(
    app: &App,
    words: &[CommandWord],
    warn: &mut dyn FnMut(Warning),
) -> Result<WhichReport, Failure> {
    let catalog = catalog_with(app, words, warn)?;
    let report = claims(app, words, &catalog)?;
    if let Some(Candidate { target: RunTarget::Command(chosen), words: count }) =
        choose(candidates(words, &catalog))
    {
        words_below::check(app, catalog.names(), &chosen, words.get(count..).unwrap_or_default())?;
    }
    Ok(report)
}

/// What is known of the commands, once the sources were asked for `words` that are not.
pub(super) fn catalog_with<'a>(
    app: &'a App,
    words: &[CommandWord],
    warn: &mut dyn FnMut(Warning),
) -> Result<CommandCatalog<'a>, Failure> {
    let catalog = CommandCatalog::new(app);
    let is_known = candidates(words, &catalog).next().is_some();
    if is_known
        || app.options.no_plugins
        || alias::all(app).contains_key(words.first().map_or("", CommandWord::as_str))
    {
        return Ok(catalog);
    }
    let (newer, problems) = newer(app, &catalog)?;
    problems.into_iter().for_each(warn);
    Ok(newer.unwrap_or(catalog))
}

/// Every claim to `words` in `catalog`.
pub(super) fn claims(
    app: &App,
    words: &[CommandWord],
    catalog: &CommandCatalog<'_>,
) -> Result<WhichReport, Failure> {
    let found: Vec<Candidate> = candidates(words, catalog).collect();
    let command = words.iter().map(CommandWord::as_str).collect::<Vec<_>>().join(" ");
    let winner = found.iter().position(|candidate| !candidate.is_passed_over()).unwrap_or(0);
    if found.is_empty() {
        let word = words.first().map_or("", CommandWord::as_str);
        let alias = alias::all(app).remove(word);
        if alias.is_none()
            && let Some(failure) = hidden_by_server(app, catalog.names(), word)
        {
            return Err(failure);
        }
        return Err(WhichError::NoCommand { command, alias }.into());
    }
    refresh::keep_fresh(app);
    let ages = SourceFreshness::from_names(catalog.names(), app);
    let packages = facts::all(app);
    let claims = found.iter().enumerate().map(|(position, candidate)| {
        let reason = reason(candidate, (position != winner).then(|| &found[winner]), &ages, &packages);
        claim(words, candidate, position == winner, reason, &ages)
    });
    Ok(WhichReport { candidates: claims.collect(), command })
}

fn claim(
    words: &[CommandWord],
    candidate: &Candidate,
    chosen: bool,
    reason: String,
    ages: &SourceFreshness,
) -> Claim {
    let typed = words.iter().take(candidate.words).map(CommandWord::as_str).collect::<Vec<_>>().join(" ");
    let (source, way, place) = match &candidate.target {
        RunTarget::BuiltIn(_) => (None, None, "this program".to_owned()),
        RunTarget::Bundled { origin: Some(found), .. } => (None, found.way, shown_origin(found)),
        RunTarget::Bundled { origin: None, .. } => (None, None, "not installed".to_owned()),
        RunTarget::Kept { .. } => (None, None, "a later version of this program".to_owned()),
        RunTarget::Core { origin: Some(core), .. } => (Some(core.source), core.way, shown_origin(core)),
        RunTarget::Core { origin: None, .. } => {
            (None, None, "OpenEverest's own CLI, which is not installed".to_owned())
        }
        RunTarget::Command(command) => (Some(command.source()), command.way(), shown_origin(command.first())),
        RunTarget::Claimed { names, .. } => (None, None, names.join(", ")),
    };
    let age = source.filter(|source| source.is_remote()).and_then(|source| ages.age(source));
    Claim { name: typed, chosen, source, way, place, reason, age_seconds: age.map(|age| age.as_secs()) }
}

fn reason(
    candidate: &Candidate,
    winner: Option<&Candidate>,
    ages: &SourceFreshness,
    packages: &BTreeMap<String, PackageFacts>,
) -> String {
    if let RunTarget::Command(command) = &candidate.target
        && candidate.is_passed_over()
    {
        return format!("skipped: {}", CommandRow::from_command(command, ages).reason.unwrap_or_default());
    }
    if let Some(winner) = winner {
        let rule =
            Rule::between_targets((&winner.target, winner.words), (&candidate.target, candidate.words));
        return format!("shadowed: {rule}");
    }
    match &candidate.target {
        RunTarget::BuiltIn(_) => "built in".to_owned(),
        RunTarget::Bundled { origin, .. } => {
            let row =
                origin.as_ref().map(|origin| CommandRow::from_command(&Command::new(origin.clone()), ages));
            match row.and_then(|row| row.reason) {
                Some(reason) => format!("bundled with everestctl: {reason}"),
                None => "bundled with everestctl".to_owned(),
            }
        }
        RunTarget::Kept { purpose, .. } | RunTarget::Core { purpose, origin: None, .. } => {
            format!("reserved: {purpose}")
        }
        RunTarget::Core { purpose, origin: Some(core), .. } => {
            match CommandRow::from_command(&Command::new(core.clone()), ages).reason {
                Some(reason) => format!("reserved: {purpose}; {reason}"),
                None => format!("run by OpenEverest's own CLI: {purpose}"),
            }
        }
        RunTarget::Claimed { .. } => "ambiguous: claimed by several plugins".to_owned(),
        RunTarget::Command(command) => {
            let row = CommandRow::from_command(command, ages).with_package(packages);
            if let Some(PackageFacts { version, source, digest, signer, .. }) = &row.package {
                let digest = digest.as_ref().map(|digest| format!(", {digest}")).unwrap_or_default();
                let signer =
                    signer.as_ref().map(|signer| format!(", signed by {signer}")).unwrap_or_default();
                return format!("{}: installed {version} from {source}{digest}{signer}", row.status);
            }
            match row.reason {
                Some(reason) => format!("{}: {reason}", row.status),
                None => row.status.to_string(),
            }
        }
    }
}

/// The words that name a command, from what the user typed.
pub fn words(typed: &[String]) -> Result<Vec<CommandWord>, WhichError> {
    let word = |text: &String| {
        CommandWord::new(text)
            .map_err(|error| WhichError::InvalidWord { text: CleanText::new(text), source: error })
    };
    typed.iter().map(word).collect()
}

/// Why nobody has a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhichError {
    /// It cannot be a name.
    #[error("`{text}` is not a valid command name")]
    InvalidWord {
        /// What was typed.
        text: CleanText,
        /// Why it is not.
        source: InvalidWord,
    },
    /// There is no such command.
    #[error("no command `{command}`")]
    NoCommand {
        /// What was asked for.
        command: String,
        /// What it stands for, if it is an alias of the user's.
        alias: Option<String>,
    },
}

impl Explain for WhichError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::InvalidWord { .. } => exit::USAGE,
            Self::NoCommand { .. } => exit::FAILURE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::InvalidWord { .. } => Vec::new(),
            Self::NoCommand { alias: Some(line), .. } => {
                vec![format!("it is your alias for {}", quoted(line))]
            }
            Self::NoCommand { alias: None, .. } => vec![LIST_HINT.to_owned()],
        }
    }
}
