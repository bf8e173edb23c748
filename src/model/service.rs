//! A Service of a Kubernetes cluster, which a plugin's backend is behind. Pure.

use std::fmt;

/// Name, namespace and port, each of which can stand in a path as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAddress {
    name: String,
    namespace: String,
    port: u16,
}

impl ServiceAddress {
    /// The Service that a backend is, as [`super::Origin::backend`] shows it: `NAME.NAMESPACE:PORT`. `None` for an address
    /// outside of the cluster, and for what cannot be a Service.
    pub fn from_backend(backend: &str) -> Option<Self> {
        let (host, port) = backend.split_once(':')?;
        let (name, namespace) = host.split_once('.')?;
        let port = port.parse().ok().filter(|port| *port != 0)?;
        (is_label(name) && is_label(namespace)).then(|| Self {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            port,
        })
    }

    /// Its namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Where the Kubernetes API server passes requests on to it.
    pub fn segments(&self) -> [String; 7] {
        let Self { name, namespace, port } = self;
        let fixed = |text: &str| text.to_owned();
        let service = format!("{name}:{port}");
        [
            fixed("api"),
            fixed("v1"),
            fixed("namespaces"),
            namespace.clone(),
            fixed("services"),
            service,
            fixed("proxy"),
        ]
    }
}

/// What Kubernetes allows as the name of a Service and of a namespace (RFC 1123).
fn is_label(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

impl fmt::Display for ServiceAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}:{}", self.name, self.namespace, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_kubernetes_allows_is_a_service() {
        let service = ServiceAddress::from_backend("snake.everest-system:8080").unwrap();
        assert_eq!(service.to_string(), "snake.everest-system:8080");
        assert_eq!(
            service.segments().join("/"),
            "api/v1/namespaces/everest-system/services/snake:8080/proxy"
        );
        for backend in [
            "https://snake.example.com",
            "http://a.b:80",
            "snake:8080",
            "snake.everest-system",
            "snake.everest-system:0",
            "snake.everest-system:65536",
            "snake.everest-system:-1",
            "snake.everest.system:80",
            "../x.y:80",
            "x/y.z:80",
            "X.y:80",
            "-x.y:80",
            "x.y%2f:80",
            ".y:80",
            "",
        ] {
            assert_eq!(ServiceAddress::from_backend(backend), None, "{backend}");
        }
    }
}
