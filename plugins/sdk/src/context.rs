//! Where a plugin runs: the environment that everestctl gives to each.

use everestctl_protocol::environment as variable;
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;

/// What is known; each is as in the table of variables that plugins find ([`everestctl_protocol::environment`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The name of the plugin, as everestctl found it.
    pub plugin: Option<String>,
    /// The everestctl that runs it.
    pub everestctl: Option<PathBuf>,
    /// The version of the plugin protocol that it has; 0 where it did not say.
    pub protocol: u32,
    /// The features that it has.
    pub features: Vec<String>,
    /// The chosen context.
    pub context: Option<String>,
    /// The server's URL.
    pub host: Option<String>,
    /// The cluster.
    pub cluster: Option<String>,
    /// The namespace; none with `-A`.
    pub namespace: Option<String>,
    /// Whether all namespaces are asked for.
    pub all_namespaces: bool,
    /// The database instance to use where none is named.
    pub instance: Option<String>,
    /// Its database.
    pub database: Option<String>,
    /// What `-o` said before the plugin's name.
    pub output: Option<String>,
    /// How often `-v`.
    pub verbose: u8,
    /// Whether the network must not be used.
    pub offline: bool,
    /// Whether colors are wanted on standard output.
    pub color: bool,
    /// Where the plugins of this user keep what must last.
    data: Option<PathBuf>,
    /// A token, where the metadata asks for one there.
    pub(crate) token: Option<zeroize::Zeroizing<String>>,
}

impl Context {
    /// That of this process.
    pub fn from_process() -> Self {
        Self::from_process_with([])
    }

    /// The same with these variables in place of the process's own.
    #[expect(clippy::disallowed_methods, reason = "here the environment of a plugin is read, once")]
    pub(crate) fn from_process_with(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let own = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let mut context = Self::from_variables(own.chain(variables));
        context.color |= std::io::stdout().is_terminal()
                && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty())
                // A terminal that would show the sequences as text.
                && std::env::var_os("TERM").is_none_or(|name| name != "dumb");
        context
    }

    /// That of these variables.
    pub fn from_variables(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut variables: BTreeMap<String, String> =
            variables.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let mut take = |name: &str| variables.remove(name);
        let data = data_folder(&mut take);
        let is_on = |value: Option<String>| value.is_some_and(|value| value != "0");
        Self {
            plugin: take(variable::PLUGIN),
            everestctl: take(variable::PATH).map(Into::into),
            protocol: take(variable::PROTOCOL).and_then(|number| number.parse().ok()).unwrap_or_default(),
            features: take(variable::FEATURES)
                .map(|names| names.split_whitespace().map(str::to_owned).collect())
                .unwrap_or_default(),
            context: take(variable::CONTEXT),
            host: take(variable::HOST),
            cluster: take(variable::CLUSTER),
            namespace: take(variable::NAMESPACE),
            all_namespaces: is_on(take(variable::ALL_NAMESPACES)),
            instance: take(variable::INSTANCE),
            database: take(variable::DATABASE),
            output: take(variable::OUTPUT),
            verbose: take(variable::VERBOSE).and_then(|count| count.parse().ok()).unwrap_or_default(),
            offline: is_on(take(variable::OFFLINE)),
            color: is_on(take("CLICOLOR_FORCE")),
            data,
            token: take(variable::TOKEN).map(zeroize::Zeroizing::new),
        }
    }

    /// The folder in which the plugin `name` keeps what must last; it may not be there yet. None where the user has no home. The
    /// plugin makes it, and decides who may read it.
    pub fn data_folder(&self, name: &str) -> Option<PathBuf> {
        Some(self.data.as_ref()?.join("plugin-data").join(name))
    }

    /// Whether everestctl has a feature ([`everestctl_protocol::version::FEATURES`]).
    pub fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|other| other == feature)
    }
}

/// Where everestctl has its own data: `EVERESTCTL_HOME`, else where the platform says. A relative folder is none.
fn data_folder(take: &mut impl FnMut(&str) -> Option<String>) -> Option<PathBuf> {
    let mut folder = |name: &str| take(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(home) = folder("EVERESTCTL_HOME") {
        return Some(home.join("data"));
    }
    let named = folder("XDG_DATA_HOME").filter(|_| !cfg!(target_os = "macos"));
    let home = folder("HOME");
    let usual = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/share" };
    Some(named.or_else(|| Some(home?.join(usual)))?.join("everestctl"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_not_known() {
        let variables =
            [("EVEREST_NAMESPACE", "shop"), ("EVERESTCTL_FEATURES", "api later"), ("EVEREST_HOST", "")];
        let context =
            Context::from_variables(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!((context.namespace.as_deref(), &context.host), (Some("shop"), &None));
        assert!(context.has("api") && !context.has("native-1") && !context.offline);
    }

    #[test]
    fn data_is_where_that_of_everestctl_is() {
        let folder = |variables: &[(&str, &str)]| {
            let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Context::from_variables(owned).data_folder("snake")
        };
        let home = ("HOME", "/home/dana");
        assert_eq!(folder(&[home, ("EVERESTCTL_HOME", "/e")]), Some("/e/data/plugin-data/snake".into()));
        assert_eq!(folder(&[("HOME", "dana")]), None);
        if cfg!(target_os = "linux") {
            let usual = "/home/dana/.local/share/everestctl/plugin-data/snake";
            assert_eq!(folder(&[home, ("XDG_DATA_HOME", "x")]), Some(usual.into()));
            let named = [home, ("XDG_DATA_HOME", "/x")];
            assert_eq!(folder(&named), Some("/x/everestctl/plugin-data/snake".into()));
        }
    }
}
