//! Which instance and which database a request is for.
//!
//! It must not know what is done there.

use crate::everest::{CallerToken, ConnectionDetails, Everest, InstanceResource};
use crate::problem::ProblemBody;
use crate::subject::Subject;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use utoipa::{IntoParams, ToSchema};

/// The cluster that a request means when it names none.
const MAIN: &str = "main";
/// How many namespaces are looked into at once.
const AT_ONCE: usize = 8;
/// After so much silence a database is asked whether it is still there.
const QUIET: Duration = Duration::from_secs(30);
/// How the statements of this plugin are named in the database's own lists.
pub(crate) const APPLICATION: &str = "plugin-sql";

/// Where a statement runs.
#[derive(Clone, Debug, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatementTarget {
    /// Database instance
    pub(crate) instance: String,
    /// Namespace of the instance (needed only if the name exists in several namespaces)
    pub(crate) namespace: Option<String>,
    /// Its cluster
    pub(crate) k8s_cluster: Option<String>,
    /// Database [default: the one in the instance's address, or the user name]
    pub(crate) database: Option<String>,
}

/// An instance that can be connected to.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InstanceRow {
    /// Name of the instance.
    pub(crate) name: String,
    /// Namespace of the instance.
    pub(crate) namespace: String,
    /// OpenEverest cluster of the instance.
    pub(crate) k8s_cluster: String,
    /// Who runs it.
    pub(crate) provider: String,
}

/// Where to connect, and as whom.
pub(crate) struct ConnectionTarget {
    pub(crate) config: Config,
    /// Whether the database has to prove who it is, as libpq's `verify-full`.
    pub(crate) verified: bool,
    /// As a policy names it.
    pub(crate) object: String,
    /// Who connects. There is none before the server has accepted the caller's token.
    pub(crate) subject: Subject,
}

impl StatementTarget {
    /// Finds the instance and asks the server how the caller may connect to it.
    pub(crate) async fn place(
        &self,
        everest: &Everest,
        caller: &CallerToken,
    ) -> Result<ConnectionTarget, ProblemBody> {
        let cluster = name(self.k8s_cluster.as_deref().unwrap_or(MAIN))?;
        let instance = name(&self.instance)?;
        let namespace = match self.namespace.as_deref().filter(|namespace| !namespace.is_empty()) {
            Some(namespace) => name(namespace)?.to_owned(),
            None => only_namespace(everest, caller, cluster, instance).await?,
        };
        let access = everest.access(caller, cluster, &namespace, instance).await?;
        if !access.engine.is_empty() && !access.engine.starts_with("postgres") {
            return Err(ProblemBody::bad(format!("`{instance}` is not PostgreSQL: it is {}", access.engine)));
        }
        let (config, verified) = config(&access, self.database.as_deref())?;
        let subject = Subject::from_caller(everest, caller, cluster).await;
        Ok(ConnectionTarget {
            config,
            verified,
            object: format!("{cluster}/{namespace}/{instance}"),
            subject,
        })
    }
}

/// All instances of PostgreSQL that the caller may see, or those of one namespace.
pub(crate) async fn instances(
    everest: &Everest,
    caller: &CallerToken,
    cluster: Option<&str>,
    namespace: Option<&str>,
) -> Result<Vec<InstanceRow>, ProblemBody> {
    let cluster = name(cluster.unwrap_or(MAIN))?;
    let namespaces = match namespace.filter(|namespace| !namespace.is_empty()) {
        Some(namespace) => vec![name(namespace)?.to_owned()],
        None => everest.namespaces(caller, cluster).await?,
    };
    let found = of_namespaces(everest, caller, cluster, namespaces).await?;
    let speaks = found.into_iter().filter(|(_, instance)| is_postgresql(instance.provider()));
    let row = |(namespace, instance): (String, InstanceResource)| InstanceRow {
        name: instance.name().to_owned(),
        namespace,
        k8s_cluster: cluster.to_owned(),
        provider: instance.provider().to_owned(),
    };
    Ok(speaks.map(row).collect())
}

/// Everything in these namespaces, each with its namespace.
async fn of_namespaces(
    everest: &Everest,
    caller: &CallerToken,
    cluster: &str,
    namespaces: Vec<String>,
) -> Result<Vec<(String, InstanceResource)>, ProblemBody> {
    let found = stream::iter(namespaces)
        .map(|namespace| async move {
            let all = everest.instances(caller, cluster, &namespace).await?;
            Ok::<_, ProblemBody>(
                all.into_iter().map(|instance| (namespace.clone(), instance)).collect::<Vec<_>>(),
            )
        })
        .buffered(AT_ONCE)
        .try_collect::<Vec<_>>()
        .await?;
    Ok(found.into_iter().flatten().collect())
}

/// The list does not say what an instance speaks: the names of the providers do.
fn is_postgresql(provider: &str) -> bool {
    provider.contains("postgres") || provider.ends_with("-pg")
}

/// The namespace of the only instance of this name.
async fn only_namespace(
    everest: &Everest,
    caller: &CallerToken,
    cluster: &str,
    instance: &str,
) -> Result<String, ProblemBody> {
    let namespaces = everest.namespaces(caller, cluster).await?;
    // Whether it speaks as it should shows when it is asked how to connect.
    let mut found = of_namespaces(everest, caller, cluster, namespaces).await?;
    found.retain(|(_, other)| other.name() == instance);
    match found.as_slice() {
        [(namespace, _)] => Ok(namespace.clone()),
        [] => Err(ProblemBody::new(StatusCode::NOT_FOUND, format!("instance `{instance}` not found"))
            .hint("use `sql instances` to list the instances that you may see")),
        several => {
            let names: Vec<&str> = several.iter().map(|(namespace, _)| namespace.as_str()).collect();
            Err(ProblemBody::bad(format!(
                "instance `{instance}` exists in several namespaces: {}",
                names.join(", ")
            ))
            .hint("use --namespace to select one"))
        }
    }
}

/// A name of a resource, which can do no harm in a path.
fn name(text: &str) -> Result<&str, ProblemBody> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let is_name = matches!(text.len(), 1..=253)
        && text.bytes().all(plain)
        && text.starts_with(|first: char| first.is_ascii_alphanumeric());
    if is_name {
        Ok(text)
    } else {
        Err(ProblemBody::bad(format!("`{}` is not a valid resource name", text.escape_debug())))
    }
}

/// How to connect, and whether the database has to prove who it is. What the fields say wins over the address, which
/// adds the database and how the connection is encrypted.
fn config(access: &ConnectionDetails, database: Option<&str>) -> Result<(Config, bool), ProblemBody> {
    let unusable = || ProblemBody::new(StatusCode::BAD_GATEWAY, "the instance's address is not usable");
    let uri = url::Url::parse(&access.uri).ok();
    let asked = |name: &str| {
        let uri = uri.as_ref()?;
        uri.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let (mode, verified) = match asked("sslmode").as_deref() {
        None | Some("allow" | "prefer") => (SslMode::Prefer, false),
        Some("disable") => (SslMode::Disable, false),
        Some("require") => (SslMode::Require, false),
        Some(_) => (SslMode::Require, true),
    };
    let decoded = |text: &str| {
        let text = percent_encoding::percent_decode_str(text).decode_utf8();
        text.map(String::from).map_err(|_| unusable())
    };
    let of_uri =
        |part: fn(&url::Url) -> Option<&str>| uri.as_ref().and_then(part).filter(|text| !text.is_empty());
    let mut config = Config::new();
    match (access.host.as_str(), of_uri(url::Url::host_str)) {
        ("", Some(host)) => config.host(host.trim_matches(['[', ']'])),
        ("", None) => return Err(unusable()),
        (host, _) => config.host(host),
    };
    let port = match &access.port {
        serde_json::Value::String(text) if !text.is_empty() => text.parse().map_err(|_| unusable())?,
        serde_json::Value::Number(number) => {
            number.as_u64().and_then(|port| u16::try_from(port).ok()).ok_or_else(unusable)?
        }
        _ => uri.as_ref().and_then(url::Url::port).unwrap_or(5432),
    };
    let user = match access.username.as_str() {
        "" => of_uri(|uri| Some(uri.username())).map(decoded).transpose()?.unwrap_or_default(),
        user => user.to_owned(),
    };
    let password = match access.password.as_str() {
        "" => of_uri(url::Url::password).map(decoded).transpose()?.unwrap_or_default(),
        password => password.to_owned(),
    };
    let of_path = of_uri(|uri| Some(uri.path().trim_start_matches('/'))).map(decoded).transpose()?;
    if let Some(database) = database.map(str::to_owned).filter(|name| !name.is_empty()).or(of_path) {
        config.dbname(database);
    }
    // A socket of this machine is no place to listen in.
    let mode = if access.host.starts_with('/') { SslMode::Disable } else { mode };
    config.port(port).user(user).ssl_mode(mode).application_name(APPLICATION);
    // A machine that is gone is noticed within a minute, while a statement runs too.
    config
        .keepalives_idle(QUIET)
        .keepalives_interval(QUIET / 3)
        .keepalives_retries(3)
        .tcp_user_timeout(QUIET);
    if !password.is_empty() {
        config.password(password);
    }
    Ok((config, verified))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tokio_postgres::config::Host;

    fn made(access: serde_json::Value, database: Option<&str>) -> (Config, bool) {
        config(&serde_json::from_value(access).unwrap(), database).ok().unwrap()
    }

    #[test]
    fn fields_win_over_the_address_and_the_address_adds_to_them() {
        let (config, verified) = made(
            json!({"host": "db", "port": "5433", "username": "dana", "password": "p w",
                   "uri": "postgresql://x:y@other:1/shop?sslmode=verify-full"}),
            None,
        );
        assert_eq!(config.get_hosts(), [Host::Tcp("db".to_owned())]);
        assert_eq!(
            (config.get_ports(), config.get_user(), config.get_dbname()),
            (&[5433][..], Some("dana"), Some("shop"))
        );
        assert_eq!(
            (config.get_password(), config.get_ssl_mode(), verified),
            (Some(&b"p w"[..]), SslMode::Require, true)
        );
        let (config, verified) = made(json!({"uri": "postgres://d%40:p%2Fw@[::1]/a%20b"}), Some("other"));
        assert_eq!(config.get_hosts(), [Host::Tcp("::1".to_owned())]);
        assert_eq!(
            (config.get_user(), config.get_password(), config.get_dbname()),
            (Some("d@"), Some(&b"p/w"[..]), Some("other"))
        );
        assert_eq!(
            (config.get_ports(), config.get_ssl_mode(), verified),
            (&[5432][..], SslMode::Prefer, false)
        );
        assert!(super::config(&serde_json::from_value(json!({})).unwrap(), None).is_err());
    }

    #[test]
    fn a_name_stays_in_its_place_of_a_path() {
        assert!(name("shop-1.a").is_ok());
        for bad in ["", "..", "a/b", "a%2f", "A", "a\n"] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }
}
