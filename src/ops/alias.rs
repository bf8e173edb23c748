//! `alias …`: the user's own names for commands, kept in `everestctl.yaml`. An alias never comes before a command: whatever
//! the file says, it is looked for only when nothing else has the name.
//!
//! It must not know what an alias becomes: that is [`super::alias_expansion`].

use super::App;
use super::alias_expansion::{AliasError, circle, filled, split};
use crate::app::catalog::CommandCatalog;
use crate::config::{ConfigError, ConfigFile};
use crate::error::Failure;
use crate::model::{CommandWord, reserved};
use crate::resolve::{RunTarget, candidates, choose};
use crate::yaml::edit::{ConfigList, Edit};
use serde::Serialize;
use std::collections::BTreeMap;
use std::ffi::OsString;

/// One alias. Its JSON form is an interface.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AliasRow {
    /// Name of the alias.
    pub name: String,
    /// What it stands for.
    pub command: String,
    /// What has the name instead, when something has.
    pub shadowed_by: Option<String>,
}

/// All aliases, by name.
pub fn list(app: &App) -> Result<Vec<AliasRow>, Failure> {
    let catalog = CommandCatalog::new(app);
    let row = |(name, command): (String, String)| AliasRow {
        shadowed_by: CommandWord::new(&name).ok().and_then(|word| taken(app, &word, &catalog)),
        name,
        command,
    };
    Ok(read(app)?.into_iter().map(row).collect())
}

/// What [`set`] has found.
#[derive(Debug)]
pub struct CreatedAlias {
    /// What the name stood for before.
    pub before: Option<String>,
    /// The first word of the line, when nothing has that name yet.
    pub unknown: Option<String>,
}

/// Gives `line` a name.
pub fn set(app: &App, name: &str, line: &str) -> Result<CreatedAlias, Failure> {
    let name = CommandWord::new(name)
        .map_err(|error| AliasError::InvalidName { name: name.to_owned(), source: error })?;
    let catalog = CommandCatalog::new(app);
    if let Some(owner) = taken(app, &name, &catalog) {
        return Err(AliasError::Taken { name, owner }.into());
    }
    let words = split(name.as_str(), line)?;
    let mut aliases = read(app)?;
    let before = aliases.insert(name.as_str().to_owned(), line.to_owned());
    if let Some(circle) = circle(name.as_str(), &aliases) {
        return Err(AliasError::endless(&circle).into());
    }
    if words.is_empty() {
        return Err(AliasError::Empty(name).into());
    }
    let unknown = words.first().filter(|word| leads_nowhere(app, word, &aliases, &catalog)).cloned();
    let name = name.as_str().to_owned();
    change(app, Edit::Set { list: ConfigList::Aliases, name, field: "command", value: line.into() })?;
    Ok(CreatedAlias { before, unknown })
}

/// Whether nothing is known to have the name `word`. It is not an error: the command may come with another server.
fn leads_nowhere(
    app: &App,
    word: &str,
    aliases: &BTreeMap<String, String>,
    catalog: &CommandCatalog<'_>,
) -> bool {
    // A global flag, or a word that is filled in later.
    if word.starts_with(['-', '$']) {
        return false;
    }
    !aliases.contains_key(word)
        && CommandWord::new(word).map_or(true, |word| taken(app, &word, catalog).is_none())
}

/// Takes a name away again.
pub fn delete(app: &App, name: &str) -> Result<(), Failure> {
    let aliases = read(app)?;
    if !aliases.contains_key(name) {
        let known = aliases.into_keys().collect();
        return Err(AliasError::Unknown { name: name.to_owned(), known }.into());
    }
    change(app, Edit::Remove { list: ConfigList::Aliases, name: name.to_owned() })
}

/// All aliases with what they expand to, shadowed or not; none if they cannot be read.
pub fn all(app: &App) -> BTreeMap<String, String> {
    read(app).unwrap_or_default()
}

/// The arguments that the alias `name` stands for, with those that follow it; `None` when it is not an alias.
pub fn expand(
    app: &App,
    name: &CommandWord,
    arguments: &[OsString],
) -> Result<Option<Vec<OsString>>, AliasError> {
    // A damaged file is as good as none where no alias is wanted for certain; `alias list` says what is wrong.
    let Some(line) = all(app).remove(name.as_str()) else { return Ok(None) };
    filled(name.as_str(), &split(name.as_str(), &line)?, arguments).map(Some)
}

/// What has this name, in words.
fn taken(app: &App, name: &CommandWord, catalog: &CommandCatalog<'_>) -> Option<String> {
    if reserved::owner(name.as_str()).is_some() {
        return Some("a command of everestctl".to_owned());
    }
    if app.options.no_plugins {
        return None;
    }
    match choose(candidates(std::slice::from_ref(name), catalog))?.target {
        RunTarget::Command(command) => Some(format!("a plugin's command ({})", command.source())),
        RunTarget::Claimed { .. } => Some("a plugin's command".to_owned()),
        RunTarget::BuiltIn(_)
        | RunTarget::Bundled { .. }
        | RunTarget::Kept { .. }
        | RunTarget::Core { .. } => Some("a command of everestctl".to_owned()),
    }
}

fn read(app: &App) -> Result<BTreeMap<String, String>, Failure> {
    Ok(app
        .preferences()?
        .aliases()
        .filter(|(name, _)| CommandWord::new(name).is_ok())
        .map(|(name, command)| (name.to_owned(), command.to_owned()))
        .collect())
}

fn change(app: &App, edit: Edit) -> Result<(), Failure> {
    Ok(file(app)?.change(app.patience(), |_| vec![edit])?)
}

fn file(app: &App) -> Result<ConfigFile, Failure> {
    Ok(app.config_file().ok_or(ConfigError::NoPlace)?.own_beside())
}
