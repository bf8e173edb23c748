//! Who knows the values of an argument, attached to the argument itself: `#[arg(add = Completer::Contexts)]`.
//!
//! An argument without one completes to its possible values or to files, as clap knows them.

use crate::ops::{App, catalogs, complete, hub, install, plugin_test, server_release};
use clap::builder::ArgExt;
use std::ffi::{OsStr, OsString};

/// Who knows the values of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completer {
    /// The names of commands that plugins bring.
    Commands,
    /// The names of commands, and of extensions of the catalogs.
    CommandsAndExtensions,
    /// The contexts of the config file.
    Contexts,
    /// The user's aliases.
    Aliases,
    /// The installed plugins.
    Installed,
    /// The sets of installed plugins, now and before.
    Generations,
    /// What can be gone back to: these sets, and the plugins of a server.
    Earlier,
    /// The installed plugins, and those of a server.
    InstalledAnywhere,
    /// The plugins of a server.
    ServerPlugins,
    /// The extensions of the catalogs.
    Extensions,
    /// The catalogs.
    Catalogs,
    /// The namespaces that the server has.
    Namespaces,
    /// The methods of HTTP.
    Methods,
    /// The paths of the plugin that is named before.
    Paths,
    /// The types of the server's events.
    EventTypes,
    /// The plugins that have credentials of their own.
    CredentialPlugins,
    /// The credentials of the plugin that is named before.
    Schemes,
    /// The checks of `plugin test`.
    Checks,
}

impl ArgExt for Completer {}

impl Completer {
    /// The values that begin like `typed`, with what they are.
    /// `before` are the words before it.
    pub(super) fn values(self, app: &App, before: &[OsString], typed: &str) -> Vec<(String, String)> {
        match self {
            Self::Commands => complete::names(app, OsStr::new(typed)),
            Self::CommandsAndExtensions => {
                let commands = complete::names(app, OsStr::new(typed)).into_iter();
                let mut found: Vec<_> = commands.chain(hub::names(app, typed)).collect();
                found.sort();
                found.dedup_by(|second, first| second.0 == first.0);
                found
            }
            Self::Contexts => complete::contexts(app, typed),
            Self::Aliases => complete::aliases(app, typed),
            Self::Installed => install::names(app, typed),
            Self::Generations => install::generations(app, typed),
            Self::Earlier => [install::generations(app, typed), server_release::names(app, typed)].concat(),
            Self::InstalledAnywhere => {
                [install::names(app, typed), server_release::names(app, typed)].concat()
            }
            Self::ServerPlugins => server_release::names(app, typed),
            Self::Extensions => hub::names(app, typed),
            Self::Catalogs => catalogs::names(app, typed),
            Self::Namespaces => complete::namespaces(app, typed),
            Self::Methods => {
                let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter();
                let methods = methods.filter(|method| method.starts_with(&typed.to_uppercase()));
                methods.map(|method| (method.to_owned(), String::new())).collect()
            }
            Self::Paths => complete::paths(app, before, typed),
            Self::EventTypes => complete::event_types(typed),
            Self::CredentialPlugins => complete::credential_plugins(app, typed),
            Self::Schemes => complete::schemes(app, before, typed),
            Self::Checks => plugin_test::ids(typed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, Command};

    /// Arguments that nobody can know the values of, by the path of their command.
    const FREE_TEXT: &[(&str, &str)] = &[
        ("plugin run", "arguments"),
        ("plugin new", "name"),
        ("auth login", "address"),
        ("alias set", "name"),
        ("alias set", "words"),
        ("help", "words"),
    ];

    fn positionals<'a>(tree: &'a Command, path: &str, found: &mut Vec<(String, &'a Arg)>) {
        for command in tree.get_subcommands() {
            let path = format!("{path} {}", command.get_name()).trim_start().to_owned();
            found.extend(command.get_positionals().map(|argument| (path.clone(), argument)));
            positionals(command, &path, found);
        }
    }

    #[test]
    fn every_positional_argument_has_a_completer_or_is_free_text() {
        let tree = crate::cli::root::command();
        let mut found = Vec::new();
        positionals(&tree, "", &mut found);
        assert!(found.len() > FREE_TEXT.len());
        for (path, argument) in found {
            let id = argument.get_id().as_str();
            let is_free = FREE_TEXT.contains(&(path.as_str(), id));
            let is_known = argument.get::<Completer>().is_some()
                || !argument.get_possible_values().is_empty()
                || argument.get_value_hint() != clap::ValueHint::Unknown;
            assert_eq!(is_free, !is_known, "{path} {id}");
        }
    }
}
