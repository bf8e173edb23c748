//! Where an instance's database is and as whom we connect, from what the server says of it.
//!
//! It must not know what is done there.

use crate::everest::ConnectionDetails;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use url::Url;

/// How long it may take to connect.
const LONGEST: Duration = Duration::from_secs(10);
/// How we are named in the database's own lists.
const APPLICATION: &str = "plugin-compliance";

/// Where to connect, and as whom.
pub(crate) struct Target {
    pub(crate) config: Config,
    /// Whether the database has to prove who it is, as libpq's `verify-full`.
    pub(crate) verified: bool,
}

/// The address of an instance is of no use.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address of the instance is not usable")]
pub(crate) struct Unusable;

impl ConnectionDetails {
    pub(crate) fn is_postgresql(&self) -> bool {
        self.engine.is_empty() || self.engine.starts_with("postgres")
    }

    pub(crate) fn url(&self) -> Option<Url> {
        Url::parse(&self.uri).ok()
    }

    /// libpq's `sslmode`, if the address has one.
    pub(crate) fn ssl_mode(&self) -> Option<String> {
        let url = self.url()?;
        url.query_pairs().find(|(key, _)| key == "sslmode").map(|(_, value)| value.into_owned())
    }

    /// The host: a name, an address, or the folder of a socket.
    pub(crate) fn place(&self) -> Option<String> {
        if !self.host.is_empty() {
            return Some(self.host.clone());
        }
        self.url()?.host_str().map(|host| host.trim_matches(['[', ']']).to_owned())
    }

    /// How to connect. What the fields say wins over the address, which adds the encryption, and the database where none is
    /// named.
    pub(crate) fn target(&self, database: Option<&str>) -> Result<Target, Unusable> {
        let url = self.url();
        let of_url = |part: fn(&Url) -> Option<&str>| {
            let text = url.as_ref().and_then(part).filter(|text| !text.is_empty())?;
            percent_encoding::percent_decode_str(text).decode_utf8().ok().map(String::from)
        };
        let or_else = |field: &str, other: Option<String>| {
            if field.is_empty() { other.unwrap_or_default() } else { field.to_owned() }
        };
        let host = self.place().ok_or(Unusable)?;
        let port = match &self.port {
            serde_json::Value::String(text) if !text.is_empty() => text.parse().map_err(|_| Unusable)?,
            serde_json::Value::Number(number) => {
                number.as_u64().and_then(|port| u16::try_from(port).ok()).ok_or(Unusable)?
            }
            _ => url.as_ref().and_then(Url::port).unwrap_or(5432),
        };
        let (mode, verified) = match self.ssl_mode().as_deref() {
            // A socket of this machine is no place to listen in.
            _ if host.starts_with('/') => (SslMode::Disable, false),
            None | Some("allow" | "prefer") => (SslMode::Prefer, false),
            Some("disable") => (SslMode::Disable, false),
            Some("require") => (SslMode::Require, false),
            Some(_) => (SslMode::Require, true),
        };
        let mut config = Config::new();
        config.host(&host).port(port).ssl_mode(mode).application_name(APPLICATION).connect_timeout(LONGEST);
        config.user(or_else(&self.username, of_url(|url| Some(url.username()))));
        let password = or_else(&self.password, of_url(Url::password));
        if !password.is_empty() {
            config.password(password);
        }
        let named = database.map(str::to_owned);
        if let Some(database) = named.or_else(|| of_url(|url| Some(url.path().trim_start_matches('/')))) {
            config.dbname(database);
        }
        Ok(Target { config, verified })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn details(value: serde_json::Value) -> ConnectionDetails {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn fields_win_over_the_address() {
        let uri = "postgresql://eve:p%40ss@db.example.com:5433/sales?sslmode=verify-full";
        let whole = details(json!({"uri": uri})).target(None).unwrap();
        assert_eq!(whole.config.get_password(), Some(b"p@ss".as_slice()));
        assert_eq!((whole.config.get_dbname(), whole.config.get_ports()), (Some("sales"), &[5433][..]));
        assert!(whole.verified);
        let fields = details(json!({"uri": uri, "host": "/run/pg", "port": "1", "username": "dana"}))
            .target(Some("x"))
            .unwrap();
        assert_eq!((fields.config.get_user(), fields.config.get_ports()), (Some("dana"), &[1][..]));
        assert_eq!((fields.config.get_dbname(), fields.config.get_ssl_mode()), (Some("x"), SslMode::Disable));
        for unusable in [json!({}), json!({"host": "h", "port": "x"}), json!({"host": "h", "port": 70000})] {
            assert_eq!(details(unusable).target(None).err(), Some(Unusable));
        }
    }
}
