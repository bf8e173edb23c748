//! Which context, server, cluster and namespace a command is about: design section 7, "who wins".

use super::{ClientConfig, Context, Preferences};
use crate::error::{ExitCode, Explain, exit};
use crate::sys::Environment;
use everestctl_protocol::environment as variable;
use std::fmt;
use std::path::PathBuf;
use url::Url;
use zeroize::Zeroizing;

/// The default name of the cluster.
pub const DEFAULT_CLUSTER: &str = "main";

/// What the command line asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextOverrides {
    /// `--context`.
    pub context: Option<String>,
    /// `--cluster`.
    pub cluster: Option<String>,
    /// `-n`.
    pub namespace: Option<String>,
    /// `-A`: no namespace, whatever the environment and the context say.
    pub all_namespaces: bool,
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
    /// The access token for that server; one of a context may have expired.
    pub token: Option<Zeroizing<String>>,
    /// The cluster that was asked for.
    pub cluster: Option<String>,
    /// The namespace that was asked for.
    pub namespace: Option<String>,
    /// The database instance to use where one has to be named and none is.
    pub instance: Option<String>,
    /// The database of that instance.
    pub database: Option<String>,
    /// Certificates to trust beside those of the system.
    pub ca_file: Option<PathBuf>,
    /// Whether the server may be reached over plain http.
    pub allow_http: bool,
    /// Who said each of them.
    pub said: Provenance,
}

/// Who said what a [`Target`] holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// The context.
    pub context: Option<ValueSource>,
    /// The server.
    pub server: Option<ValueSource>,
    /// The token.
    pub token: Option<ValueSource>,
    /// The cluster.
    pub cluster: Option<ValueSource>,
    /// The namespace.
    pub namespace: Option<ValueSource>,
    /// The instance.
    pub instance: Option<ValueSource>,
    /// The database.
    pub database: Option<ValueSource>,
}

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueSource {
    /// A flag.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// The config file, by its current context.
    CurrentContext,
    /// The context.
    Context,
    /// The file `everestctl.yaml`.
    Preferences,
}

impl fmt::Display for ValueSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Flag(name) | Self::Variable(name) => name,
            Self::CurrentContext => "the current context of the config file",
            Self::Context => "the context",
            Self::Preferences => "everestctl.yaml",
        })
    }
}

/// A context was asked for by name, and there is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no context `{0}`")]
pub struct NoSuchContext(String, Vec<String>);

impl Explain for NoSuchContext {
    fn exit_code(&self) -> ExitCode {
        exit::USAGE
    }

    fn hints(&self) -> Vec<String> {
        if self.1.is_empty() {
            vec![
                "the config file has no contexts: create one with `everestctl auth login --server URL`"
                    .to_owned(),
            ]
        } else {
            vec![format!("known contexts: {}", self.1.join(", "))]
        }
    }
}

impl Target {
    /// Decides: flag, then `EVERESTCTL_CONTEXT`, then `EVEREST_HOST` and `EVEREST_TOKEN`, then the current
    /// context; for cluster and namespace also what is kept for the context.
    pub fn choose(
        wishes: &ContextOverrides,
        environment: &Environment,
        config: &ClientConfig,
        preferences: &Preferences,
    ) -> Result<Self, NoSuchContext> {
        let by_flag = wishes.context.as_deref().map(|name| (name, ValueSource::Flag("--context")));
        let by_variable = || {
            environment.text(variable::CONTEXT).map(|name| (name, ValueSource::Variable(variable::CONTEXT)))
        };
        let mut target = match by_flag.or_else(by_variable) {
            Some((name, said)) => {
                let context = config.context(name).ok_or_else(|| no_such_context(name, config))?;
                Self::from_context(context, said)
            }
            None => Self::from_environment(environment, config),
        };
        let kept = target.context.as_deref().and_then(|context| preferences.of(context));
        let first = |wish: &Option<String>, flag, name, kept: Option<&String>| {
            let wish = wish.clone().map(|text| (text, ValueSource::Flag(flag)));
            let variable =
                || environment.text(name).map(|text| (text.to_owned(), ValueSource::Variable(name)));
            let kept = || kept.cloned().map(|text| (text, ValueSource::Preferences));
            wish.or_else(variable).or_else(kept).unzip()
        };
        (target.cluster, target.said.cluster) = first(
            &wishes.cluster,
            "--cluster",
            variable::CLUSTER,
            kept.and_then(|kept| kept.cluster.as_ref()),
        );
        (target.namespace, target.said.namespace) = first(
            &wishes.namespace,
            "--namespace",
            variable::NAMESPACE,
            kept.and_then(|kept| kept.namespace.as_ref()),
        );
        let nobody = None;
        (target.instance, target.said.instance) =
            first(&nobody, "", variable::INSTANCE, kept.and_then(|kept| kept.instance.as_ref()));
        (target.database, target.said.database) =
            first(&nobody, "", variable::DATABASE, kept.and_then(|kept| kept.database.as_ref()));
        if wishes.all_namespaces {
            (target.namespace, target.said.namespace) = (None, Some(ValueSource::Flag("--all-namespaces")));
        }
        if let Some(kept) = kept {
            target.ca_file.clone_from(&kept.ca_file);
            target.allow_http = kept.allow_http;
        }
        Ok(target)
    }

    /// Whether the token comes from the environment, so that its owner is not known.
    pub fn has_token_of_environment(&self) -> bool {
        self.said.token == Some(ValueSource::Variable(variable::TOKEN))
    }

    /// The cluster to ask for.
    pub fn cluster(&self) -> &str {
        self.cluster.as_deref().unwrap_or(DEFAULT_CLUSTER)
    }

    fn from_context(context: Context<'_>, said: ValueSource) -> Self {
        let token = context.session.map(|session| session.access.clone());
        Self {
            context: Some(context.name.to_owned()),
            server: context.server.map(str::to_owned),
            user: context.user.to_owned(),
            said: Provenance {
                context: Some(said),
                server: context.server.map(|_| ValueSource::Context),
                token: token.as_ref().map(|_| ValueSource::Context),
                ..Provenance::default()
            },
            token,
            ..Self::default()
        }
    }

    /// `EVEREST_TOKEN` goes to `EVEREST_HOST`, or, without it, to the current context's server only.
    /// `EVEREST_HOST` without a token uses a session only of the same origin.
    fn from_environment(environment: &Environment, config: &ClientConfig) -> Self {
        let current = config.current_context();
        let token = environment.text(variable::TOKEN).map(|token| Zeroizing::new(token.to_owned()));
        let from_token = |server: Option<&str>, said| Self {
            server: server.map(str::to_owned),
            user: variable::TOKEN.to_owned(),
            said: Provenance {
                server: server.map(|_| said),
                token: token.as_ref().map(|_| ValueSource::Variable(variable::TOKEN)),
                ..Provenance::default()
            },
            token: token.clone(),
            ..Self::default()
        };
        let by_host = ValueSource::Variable(variable::HOST);
        match (environment.text(variable::HOST), &token) {
            (Some(host), Some(_)) => from_token(Some(host), by_host),
            (None, Some(_)) => {
                let mut target =
                    from_token(current.and_then(|context| context.server), ValueSource::CurrentContext);
                target.context = current.map(|context| context.name.to_owned());
                target.said.context = current.map(|_| ValueSource::CurrentContext);
                target
            }
            (Some(host), None) => current
                .into_iter()
                .chain(config.contexts())
                .find(|context| context.server.is_some_and(|server| same_origin(server, host)))
                .map_or_else(
                    || from_token(Some(host), by_host),
                    |context| Self::from_context(context, by_host),
                ),
            (None, None) => current
                .map(|context| Self::from_context(context, ValueSource::CurrentContext))
                .unwrap_or_default(),
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
        let config: ClientConfig = crate::yaml::from_slice(CONFIG.as_bytes()).unwrap();
        let wishes = ContextOverrides { context: context.map(str::to_owned), ..ContextOverrides::default() };
        match Target::choose(
            &wishes,
            &environment.iter().copied().collect(),
            &config,
            &Preferences::default(),
        ) {
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
        assert_eq!(chosen(Some("nope"), &[]), "no context `nope`");
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

    #[test]
    fn what_is_kept_for_a_context_comes_last() {
        let config = ClientConfig::from_text(CONFIG.as_bytes()).unwrap();
        let kept = "contexts: [{name: two, context: {namespace: prod, cluster: c2, caFile: /ca.pem}}]";
        let preferences: Preferences = crate::yaml::from_slice(kept.as_bytes()).unwrap();
        let of = |context: &str, namespace: Option<&str>, variables: &[(&str, &str)]| {
            let wishes = ContextOverrides {
                context: Some(context.to_owned()),
                namespace: namespace.map(str::to_owned),
                ..ContextOverrides::default()
            };
            let target =
                Target::choose(&wishes, &variables.iter().copied().collect(), &config, &preferences).unwrap();
            let said = target.said.namespace.map(|said| said.to_string()).unwrap_or_default();
            format!("{} {} {said}", target.cluster(), target.namespace.as_deref().unwrap_or("-"))
        };
        assert_eq!(of("two", None, &[]), "c2 prod everestctl.yaml");
        assert_eq!(of("two", None, &[("EVEREST_NAMESPACE", "dev")]), "c2 dev EVEREST_NAMESPACE");
        assert_eq!(of("two", Some("qa"), &[("EVEREST_NAMESPACE", "dev")]), "c2 qa --namespace");
        assert_eq!(of("dana@one", None, &[]), "main - ");
    }
}
