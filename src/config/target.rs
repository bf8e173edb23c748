//! Which context, server, cluster and namespace a command is about: design section 7, "who wins".

use super::{ClientConfig, client_config::Context};
use crate::error::{Explain, exit};
use crate::sys::Environment;
use everestctl_protocol::environment as variable;
use url::Url;
use zeroize::Zeroizing;

/// The cluster's name when nobody says another.
pub const DEFAULT_CLUSTER: &str = "main";

/// What the command line asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// `--context`.
    pub context: Option<String>,
    /// `--cluster`.
    pub cluster: Option<String>,
    /// `-n`.
    pub namespace: Option<String>,
}

/// What a command is about.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The name of the context, when one was chosen.
    pub context: Option<String>,
    /// The server's URL as it was written, when one is known.
    pub server: Option<String>,
    /// Who the user is to that server, for telling indexes apart: the user entry's name.
    pub user: String,
    /// The access token for that server.
    pub token: Option<Zeroizing<String>>,
    /// The cluster that was asked for.
    pub cluster: Option<String>,
    /// The namespace that was asked for.
    pub namespace: Option<String>,
}

/// A context was asked for by name, and there is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no context `{0}`")]
pub struct NoSuchContext(String, Vec<String>);

impl Explain for NoSuchContext {
    fn exit_code(&self) -> u8 {
        exit::USAGE
    }

    fn hints(&self) -> Vec<String> {
        if self.1.is_empty() {
            vec!["the config file has no contexts: `everestctl auth login --server URL` makes one".to_owned()]
        } else {
            vec![format!("the config file has: {}", self.1.join(", "))]
        }
    }
}

impl Target {
    /// Decides: flag, then `EVERESTCTL_CONTEXT`, then `EVEREST_HOST` and `EVEREST_TOKEN`, then the current
    /// context.
    pub fn choose(
        wishes: &Wishes,
        environment: &Environment,
        config: &ClientConfig,
    ) -> Result<Self, NoSuchContext> {
        let named = wishes.context.as_deref().or_else(|| environment.text(variable::CONTEXT));
        let mut target = match named {
            Some(name) => {
                Self::of_context(config.context(name).ok_or_else(|| no_such_context(name, config))?)
            }
            None => Self::of_environment(environment, config),
        };
        let from_environment = |name| environment.text(name).map(str::to_owned);
        target.cluster = wishes.cluster.clone().or_else(|| from_environment(variable::CLUSTER));
        target.namespace = wishes.namespace.clone().or_else(|| from_environment(variable::NAMESPACE));
        Ok(target)
    }

    /// Whether the token comes from the environment, where nobody says whose it is.
    pub fn has_token_of_environment(&self) -> bool {
        self.user == variable::TOKEN
    }

    /// The cluster to ask for.
    pub fn cluster(&self) -> &str {
        self.cluster.as_deref().unwrap_or(DEFAULT_CLUSTER)
    }

    fn of_context(context: Context<'_>) -> Self {
        Self {
            context: Some(context.name.to_owned()),
            server: context.server.map(str::to_owned),
            user: context.user.to_owned(),
            token: context.access_token.cloned(),
            ..Self::default()
        }
    }

    /// `EVEREST_TOKEN` goes to `EVEREST_HOST`, or, without it, to the current context's server only.
    /// `EVEREST_HOST` without a token uses a session only of the same origin.
    fn of_environment(environment: &Environment, config: &ClientConfig) -> Self {
        let current = config.current_context();
        let token = environment.text(variable::TOKEN).map(|token| Zeroizing::new(token.to_owned()));
        let from_token = |server: Option<&str>| Self {
            server: server.map(str::to_owned),
            user: variable::TOKEN.to_owned(),
            token: token.clone(),
            ..Self::default()
        };
        match (environment.text(variable::HOST), &token) {
            (Some(host), Some(_)) => from_token(Some(host)),
            (None, Some(_)) => {
                let context = current.map(|context| context.name.to_owned());
                Self { context, ..from_token(current.and_then(|context| context.server)) }
            }
            (Some(host), None) => current
                .into_iter()
                .chain(config.contexts())
                .find(|context| context.server.is_some_and(|server| same_origin(server, host)))
                .map_or_else(|| from_token(Some(host)), Self::of_context),
            (None, None) => current.map(Self::of_context).unwrap_or_default(),
        }
    }
}

/// Whether two server URLs are of one origin (RFC 6454): scheme, host and port.
fn same_origin(first: &str, second: &str) -> bool {
    match (Url::parse(first), Url::parse(second)) {
        (Ok(first), Ok(second)) => first.origin().is_tuple() && first.origin() == second.origin(),
        _ => false,
    }
}

fn no_such_context(name: &str, config: &ClientConfig) -> NoSuchContext {
    NoSuchContext(name.to_owned(), config.contexts().map(|context| context.name.to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "
currentContext: dana@one
contexts:
  - { name: dana@one, context: { server: one, user: dana@one } }
  - { name: two, context: { server: two, user: root@two } }
servers:
  - { name: one, server: { url: 'https://one.example' } }
  - { name: two, server: { url: 'https://two.example/v1' } }
users:
  - { name: dana@one, user: { accessToken: token-one } }
  - { name: root@two, user: { accessToken: token-two } }
";

    /// Context, server and token for these wishes and this environment.
    fn chosen(context: Option<&str>, environment: &[(&str, &str)]) -> String {
        let config: ClientConfig = crate::config::yaml::from_slice(CONFIG.as_bytes()).unwrap();
        let wishes = Wishes { context: context.map(str::to_owned), ..Wishes::default() };
        match Target::choose(&wishes, &environment.iter().copied().collect(), &config) {
            Ok(target) => format!(
                "{} {} {}",
                target.context.as_deref().unwrap_or("-"),
                target.server.as_deref().unwrap_or("-"),
                target.token.as_ref().map_or("-", |token| token.as_str())
            ),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_flag_wins_then_the_variable_then_the_current_context() {
        assert_eq!(chosen(None, &[]), "dana@one https://one.example token-one");
        assert_eq!(chosen(None, &[("EVERESTCTL_CONTEXT", "two")]), "two https://two.example/v1 token-two");
        let both = [("EVERESTCTL_CONTEXT", "two"), ("EVEREST_HOST", "https://x"), ("EVEREST_TOKEN", "t")];
        assert_eq!(chosen(Some("dana@one"), &both), "dana@one https://one.example token-one");
        assert_eq!(chosen(Some("nope"), &[]), "there is no context `nope`");
    }

    #[test]
    fn a_host_without_a_token_gets_only_a_session_of_its_own_origin() {
        assert_eq!(
            chosen(None, &[("EVEREST_HOST", "https://ONE.example:443/v1/")]),
            "dana@one https://one.example token-one"
        );
        assert_eq!(
            chosen(None, &[("EVEREST_HOST", "https://two.example")]),
            "two https://two.example/v1 token-two"
        );
        assert_eq!(chosen(None, &[("EVEREST_HOST", "https://three.example")]), "- https://three.example -");
    }

    #[test]
    fn a_token_without_a_host_goes_to_the_contexts_server_only() {
        assert_eq!(chosen(None, &[("EVEREST_TOKEN", "mine")]), "dana@one https://one.example mine");
        let both = [("EVEREST_HOST", "https://three.example"), ("EVEREST_TOKEN", "mine")];
        assert_eq!(chosen(None, &both), "- https://three.example mine");
    }
}
