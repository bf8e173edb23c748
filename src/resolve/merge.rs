//! One command of the origins that the server and the cluster give it, and the aliases of all of them.

use super::Command;
use crate::model::{CommandWord, Origin, Source, reserved};
use std::collections::{BTreeMap, BTreeSet};

/// All commands that the remote sources give.
#[derive(Clone, Debug, Default)]
pub struct RemoteCommands {
    commands: BTreeMap<String, Command>,
    aliases: BTreeMap<CommandWord, BTreeSet<String>>,
    losers: Vec<(Origin, Origin)>,
}

/// What a word means among the remote commands.
#[derive(Clone, Debug)]
pub enum RemoteMatch<'a> {
    /// It is the name of this command.
    Name(&'a Command),
    /// It is an alias that only this command claims.
    Alias(&'a Command),
    /// An alias that several commands claim: it is ambiguous.
    Claimed(Vec<&'a str>),
}

impl RemoteCommands {
    /// Sorts `origins` of the server and the cluster into commands.
    pub fn new(origins: impl IntoIterator<Item = Origin>) -> Self {
        let mut by_name: BTreeMap<String, Vec<Origin>> = BTreeMap::new();
        for origin in origins {
            // Most names have one origin, and an empty list would grow to four at once.
            let one = || Vec::with_capacity(1);
            by_name.entry(origin.name.as_str().to_owned()).or_insert_with(one).push(origin);
        }
        let mut remotes = Self::default();
        for (name, origins) in by_name {
            let (command, losers) = merged(origins);
            if let Some(command) = command {
                remotes.losers.extend(losers.into_iter().map(|loser| (loser, command.first().clone())));
                remotes.commands.insert(name, command);
            }
        }
        for (name, command) in &remotes.commands {
            for alias in command.aliases() {
                let taken = reserved::owner(alias.as_str()).is_some()
                    || remotes.commands.contains_key(alias.as_str());
                if !taken {
                    remotes.aliases.entry(alias.clone()).or_default().insert(name.clone());
                }
            }
        }
        remotes
    }

    /// What `word` means.
    pub fn find(&self, word: &CommandWord) -> Option<RemoteMatch<'_>> {
        if let Some(command) = self.commands.get(word.as_str()) {
            return Some(RemoteMatch::Name(command));
        }
        let names = self.aliases.get(word)?;
        match names.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [name] => self.commands.get(name).map(RemoteMatch::Alias),
            ref several => Some(RemoteMatch::Claimed(several.to_vec())),
        }
    }

    /// All commands, by name.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.commands.values()
    }

    /// The origins that lost against another of the same source, each with the one that won.
    pub fn losers(&self) -> &[(Origin, Origin)] {
        &self.losers
    }

    /// All commands, by name, and the [`RemoteCommands::losers`].
    pub fn into_parts(self) -> (impl Iterator<Item = Command>, Vec<(Origin, Origin)>) {
        (self.commands.into_values(), self.losers)
    }

    /// The aliases that one command alone claims, with its name.
    pub fn aliases(&self) -> impl Iterator<Item = (&CommandWord, &str)> {
        self.aliases.iter().filter_map(|(alias, names)| match names.first() {
            Some(name) if names.len() == 1 => Some((alias, name.as_str())),
            _ => None,
        })
    }

    /// The aliases that several commands claim, with their names.
    pub fn contested_aliases(&self) -> impl Iterator<Item = (&CommandWord, impl Iterator<Item = &str>)> {
        let contested = self.aliases.iter().filter(|(_, names)| names.len() > 1);
        contested.map(|(alias, names)| (alias, names.iter().map(String::as_str)))
    }
}

/// One command of the origins of one name, and those that lost: of each source only the first place
/// counts. A container image, which only the cluster knows, decides the way; else the server comes first,
/// since its list holds what this user may see.
fn merged(mut origins: Vec<Origin>) -> (Option<Command>, Vec<Origin>) {
    origins.sort_by_key(|origin| (origin.source, origin.place));
    let mut kept: Vec<Origin> = Vec::with_capacity(origins.len());
    let mut losers = Vec::new();
    for origin in origins {
        if kept.iter().any(|other| other.source == origin.source) {
            losers.push(origin);
        } else {
            kept.push(origin);
        }
    }
    kept.sort_by_key(|origin| (origin.image.is_none(), origin.source != Source::Server));
    let mut kept = kept.into_iter();
    let command = kept.next().map(|first| kept.fold(Command::new(first), Command::and));
    (command, losers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CleanText, OriginPlace, Way};

    fn origin(name: &str, source: Source, place: OriginPlace, alias: Option<&str>) -> Origin {
        let mut origin = Origin::new(CleanText::new(name), source, Some(Way::Proxy), place);
        origin.aliases = alias.map(|alias| CommandWord::new(alias).unwrap()).into_iter().collect();
        origin
    }

    fn word(text: &str) -> CommandWord {
        CommandWord::new(text).unwrap()
    }

    #[test]
    fn one_plugin_seen_twice_is_one_command_with_two_origins() {
        let remotes = RemoteCommands::new([
            origin("bench", Source::Cluster, OriginPlace::ApiGroup(0), None),
            origin("bench", Source::Server, OriginPlace::PluginList, None),
        ]);
        let commands: Vec<_> = remotes.commands().collect();
        assert_eq!(commands.len(), 1);
        assert_eq!(commands[0].source(), Source::Server);
        assert_eq!(commands[0].origins().count(), 2);
    }

    #[test]
    fn an_image_decides_the_way() {
        let mut container = origin("bench", Source::Cluster, OriginPlace::ApiGroup(0), None);
        container.image = Some(CleanText::new("example/bench:1"));
        container.way = Some(Way::Container);
        let remotes =
            RemoteCommands::new([origin("bench", Source::Server, OriginPlace::PluginList, None), container]);
        assert_eq!(remotes.commands().next().unwrap().way(), Some(Way::Container));
    }

    #[test]
    fn the_newest_api_group_wins_and_the_loser_is_kept() {
        let remotes = RemoteCommands::new([
            origin("hello", Source::Cluster, OriginPlace::ApiGroup(2), None),
            origin("hello", Source::Cluster, OriginPlace::ApiGroup(0), None),
        ]);
        assert_eq!(remotes.commands().next().unwrap().first().place, OriginPlace::ApiGroup(0));
        assert_eq!(remotes.losers()[0].0.place, OriginPlace::ApiGroup(2));
    }

    #[test]
    fn an_alias_of_one_is_found_one_of_two_is_nobodys() {
        let remotes = RemoteCommands::new([
            origin("plugin-bench", Source::Cluster, OriginPlace::ApiGroup(0), Some("bench")),
            origin("audit", Source::Cluster, OriginPlace::ApiGroup(0), Some("log")),
            origin("journal", Source::Cluster, OriginPlace::ApiGroup(0), Some("log")),
        ]);
        assert!(
            matches!(remotes.find(&word("bench")), Some(RemoteMatch::Alias(c)) if c.name().as_str() == "plugin-bench")
        );
        assert!(
            matches!(remotes.find(&word("log")), Some(RemoteMatch::Claimed(names)) if names == ["audit", "journal"])
        );
    }

    #[test]
    fn an_alias_never_takes_a_name_or_a_reserved_word() {
        let remotes = RemoteCommands::new([
            origin("evil", Source::Cluster, OriginPlace::ApiGroup(0), Some("plugin")),
            origin("other", Source::Cluster, OriginPlace::ApiGroup(0), Some("evil")),
        ]);
        assert!(remotes.find(&word("plugin")).is_none());
        assert!(
            matches!(remotes.find(&word("evil")), Some(RemoteMatch::Name(c)) if c.name().as_str() == "evil")
        );
    }
}
