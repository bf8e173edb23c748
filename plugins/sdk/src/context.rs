//! Where a plugin runs: the environment that everestctl gives to each.

use everestctl_protocol::environment as variable;
use std::collections::BTreeMap;
use std::io::IsTerminal as _;

/// What is known; each is as in the table of variables that plugins find ([`everestctl_protocol::environment`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The name of the plugin, as everestctl found it.
    pub plugin: Option<String>,
    /// The everestctl that runs it.
    pub everestctl: Option<std::path::PathBuf>,
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
    /// A token, where the metadata asks for one there.
    pub(crate) token: Option<zeroize::Zeroizing<String>>,
}

impl Context {
    /// That of this process.
    #[expect(clippy::disallowed_methods, reason = "here the environment of a plugin is read, once")]
    pub fn from_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let mut context = Self::from_variables(variables);
        context.color |=
            std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
        context
    }

    /// That of these variables.
    pub fn from_variables(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut variables: BTreeMap<String, String> =
            variables.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let mut take = |name: &str| variables.remove(name);
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
            token: take(variable::TOKEN).map(zeroize::Zeroizing::new),
        }
    }

    /// Whether everestctl has a feature ([`everestctl_protocol::version::FEATURES`]).
    pub fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|other| other == feature)
    }
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
}
