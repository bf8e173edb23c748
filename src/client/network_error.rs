//! Errors of requests to a server, as shown to the user.

use super::target::Naming;
use crate::model::CleanText;
use crate::model::limits::{self, Excess};
use std::error::Error;
use std::fmt;
use std::io;

/// Why a request to a server failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The address itself is wrong.
    #[error("invalid server address `{address}`: {why}")]
    BadAddress {
        /// The address, without secrets.
        address: CleanText,
        /// What is wrong with it.
        why: String,
    },
    /// There is no connection, or it was lost.
    #[error("{0}")]
    Network(NetworkError),
    /// What names the proxy does not name one. It may hold a password, so that nothing of it is quoted.
    #[error("{named_by} is not a proxy address: {why}")]
    BadProxy {
        /// The variable, or the field of the kubeconfig.
        named_by: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The file of certificates to trust cannot be used.
    #[error("could not load certificates from {path}: {why}")]
    BadCaFile {
        /// The file.
        path: CleanText,
        /// What is wrong with it.
        why: String,
    },
    /// The Kubernetes API server would not pass the request on as it is.
    #[error("the Kubernetes API server cannot pass on {0}")]
    NotThroughKubernetes(&'static str),
    /// The Kubernetes API server refused to pass the request on.
    #[error("the Kubernetes API server returned {}: {message}", status_words(*status))]
    RefusedByKubernetes {
        /// The HTTP status.
        status: u16,
        /// What it says.
        message: CleanText,
    },
    /// There is no connection to the cluster.
    #[error("{why}")]
    NoCluster {
        /// Why not.
        why: CleanText,
        /// Whether its credentials are the reason.
        wants_sign_in: bool,
        /// What the user can do.
        hint: Option<CleanText>,
    },
    /// No OpenEverest server is set up.
    #[error("no OpenEverest server is configured")]
    NoServer,
    /// There is no session for this server.
    #[error("you are not signed in")]
    NoSession,
    /// The path is outside of the plugin.
    #[error("path {0} is not inside the plugin")]
    BadPath(CleanText),
    /// A header or a method has characters that are not allowed.
    #[error("invalid header `{0}`")]
    BadHeader(CleanText),
    /// It is not known whether a request that must not be repeated has arrived.
    #[error("outcome unknown: {0}")]
    OutcomeUnknown(Box<ClientError>),
    /// The session has ended: the server no longer accepts its tokens.
    #[error("your session has expired or was revoked")]
    SessionEnded,
    /// A process ended while renewing the session, and the new tokens are lost.
    #[error("your session was lost: process {pid} ended at {since} while renewing it")]
    SessionLost {
        /// The process.
        pid: u32,
        /// When it started.
        since: String,
    },
    /// The session cannot be renewed here; it has not been lost.
    #[error("could not renew the session: {why}")]
    NotRenewed {
        /// Why not.
        why: CleanText,
        /// What the user can do.
        hint: Option<CleanText>,
    },
    /// The token cannot be sent.
    #[error("the token contains characters that are not allowed in a header (a line break?)")]
    BadToken,
    /// The token cannot be kept.
    #[error("the token is longer than {} KiB", limits::TOKEN / 1024)]
    LongToken,
    /// The server redirects in a loop.
    #[error("redirect loop")]
    Circles,
    /// The list is too long.
    #[error("the list has more than {0} entries")]
    TooMany(usize),
    /// The server redirects to another server.
    #[error("redirected to {0}; the token is not sent there")]
    Redirected(CleanText),
    /// The server returned an error status.
    #[error("returned {}{}", status_words(*status), message.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
    Status {
        /// The HTTP status.
        status: u16,
        /// The message in the body, if there is one.
        message: Option<CleanText>,
        /// Details and a hint from the body.
        more: Box<Explanation>,
    },
    /// The response exceeds a limit.
    #[error("the response is {0}")]
    Excess(#[from] Excess),
    /// The response points to a URL where the token must not be sent.
    #[error("did not follow {naming} to {place}: {why}")]
    NotFollowed {
        /// What contains the URL.
        naming: Naming,
        /// The place.
        place: CleanText,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The token in the response cannot be sent or stored.
    #[error("the server returned an unusable token: {0}")]
    BadGrant(&'static str),
    /// The response is not JSON.
    #[error("the response is {0}, not JSON")]
    NotJson(&'static str),
    /// The response is JSON with another structure.
    #[error("the response is not {0}")]
    Unexpected(&'static str),
}

/// What a body contains in addition to its message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The reason, possibly several lines, with spaces kept.
    pub detail: Option<String>,
    /// What to do next.
    pub hint: Option<CleanText>,
    /// The start of the body itself, without what a terminal would act on.
    pub body: String,
}

/// Why there is no connection, or why it was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkError {
    /// Nothing listens there.
    Refused,
    /// The host name could not be resolved.
    UnknownHost,
    /// Timed out.
    TimedOut,
    /// The server's certificate has expired.
    CertificateExpired,
    /// The server's certificate is signed by an unknown authority.
    CertificateUntrusted,
    /// The server's certificate is for another host name.
    CertificateForAnother,
    /// The server's certificate is a CA certificate.
    CertificateOfAuthority,
    /// This machine has no certificates to trust.
    NoTrustedCertificates,
    /// The server's certificate is of X.509 version 1.
    CertificateVersion1,
    /// The server does not support TLS.
    NotTls,
    /// The handshake failed.
    Tls(CleanText),
    /// The proxy cannot be reached, or does not connect to the server.
    Proxy {
        /// Its address, and what names it.
        proxy: CleanText,
        /// What is wrong.
        fault: Box<NetworkError>,
    },
    /// The connection broke in the middle.
    Broken,
    /// Anything else.
    Other(CleanText),
}

/// Nothing can be sent at all: the system refuses what waiting for the network takes.
#[derive(Debug, thiserror::Error)]
#[error("could not set up networking: {0}")]
pub struct NoNetwork(#[from] std::io::Error);

impl From<NoNetwork> for ClientError {
    fn from(error: NoNetwork) -> Self {
        Self::no_network(&error)
    }
}

impl ClientError {
    /// The network could not be set up.
    pub(super) fn no_network(error: &dyn fmt::Display) -> Self {
        Self::Network(NetworkError::Other(CleanText::new(&error.to_string())))
    }

    /// Whether signing in would help. A missing token can be 400 (reference, section 3.1).
    pub fn wants_sign_in(&self) -> bool {
        match self {
            Self::NoSession
            | Self::NoServer
            | Self::SessionEnded
            | Self::SessionLost { .. }
            | Self::RefusedByKubernetes { status: 401, .. }
            | Self::Status { status: 401, .. } => true,
            Self::NoCluster { wants_sign_in, .. } => *wants_sign_in,
            Self::Status { status: 400, message: Some(text), .. } => text.as_str().contains("jwt"),
            _ => false,
        }
    }

    /// Whether the same request may succeed if it is repeated.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Network(NetworkError::Proxy { fault, .. }) => fault.may_pass(),
            Self::Network(fault) => fault.may_pass(),
            _ => false,
        }
    }

    /// Whether the server may have received the request.
    pub(super) fn may_have_arrived(&self) -> bool {
        matches!(self, Self::Network(NetworkError::TimedOut | NetworkError::Broken | NetworkError::Other(_)))
    }

    /// What the user can do about it, as a hint.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::NotRenewed { hint, .. } | Self::NoCluster { hint, .. } => {
                hint.as_ref().map(CleanText::as_str)
            }
            Self::OutcomeUnknown(_) => Some("check whether it was carried out before you send it again"),
            Self::BadAddress { .. }
            | Self::BadProxy { .. }
            | Self::NoServer
            | Self::BadCaFile { .. }
            | Self::BadPath(_)
            | Self::BadHeader(_)
            | Self::NoSession
            | Self::SessionEnded
            | Self::SessionLost { .. }
            | Self::BadToken
            | Self::LongToken
            | Self::BadGrant(_)
            | Self::Circles
            | Self::TooMany(_)
            | Self::Excess(_)
            | Self::NotFollowed { .. }
            | Self::Unexpected(_) => None,
            Self::Network(fault) => fault.hint(),
            Self::NotThroughKubernetes(_) => Some("`--via server` sends it through an OpenEverest server"),
            Self::RefusedByKubernetes { status, .. } => match status {
                401 => Some("the credentials of the kubeconfig have expired: sign in to the cluster again"),
                403 => Some(
                    "ask for a Role that may `get`, `create`, `update`, `patch` and `delete` `services/proxy`",
                ),
                404 => Some("is the Service of the plugin's backend there? kubectl get services -A"),
                _ => Some("is the plugin's backend running? kubectl get endpointslices -A"),
            },
            Self::Redirected(_) => Some("if this is the new address of the server, use it instead"),
            Self::NotJson(_) => Some("is this the address of an OpenEverest server, or of a login page?"),
            Self::Status { status, .. } => match status {
                404 => Some("is this the address of an OpenEverest server with generic plugins?"),
                429 => Some("rate limit exceeded: try again later"),
                502..=504 => Some("the server at this address is not running"),
                _ => None,
            },
        }
    }
}

impl NetworkError {
    fn may_pass(&self) -> bool {
        matches!(self, Self::Refused | Self::TimedOut | Self::Broken)
    }

    /// What the user can do about it, as a hint.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused => Some("is the server running, and is the port correct?"),
            Self::UnknownHost => Some("check the host name and your network connection"),
            Self::TimedOut => Some("use `--request-timeout 30s` to wait longer, or `--offline` to skip it"),
            Self::CertificateExpired => {
                Some("ask its administrator to renew the certificate, and check this machine's clock")
            }
            Self::CertificateUntrusted => Some(
                "use `--ca-file FILE` to trust the certificates in a file, or SSL_CERT_FILE for all programs",
            ),
            Self::CertificateForAnother => Some("use the host name in the certificate"),
            Self::CertificateOfAuthority => Some(
                "ask its administrator for one without `CA:TRUE`: openssl req -x509 … -addext basicConstraints=CA:FALSE",
            ),
            Self::NoTrustedCertificates => Some("install ca-certificates, or pass --ca-file FILE"),
            Self::CertificateVersion1 => Some(
                "ask its administrator for a certificate of version 3, with its host names in subjectAltName",
            ),
            Self::NotTls => Some("is it an https address?"),
            Self::Proxy { .. } => {
                Some("is this the proxy to use? NO_PROXY lists the hosts that are reached without one")
            }
            Self::Tls(_) | Self::Broken | Self::Other(_) => None,
        }
    }

    /// The same when it went wrong while connecting through `proxy`. Behind it only TLS is the server's own: that a name
    /// is unknown or a connection refused can be said of the proxy alone.
    pub(super) fn through(self, proxy: &dyn fmt::Display) -> Self {
        let words = |text: &str| Self::Other(CleanText::new(text));
        let fault = match &self {
            fault if fault.is_of_tls() => return self,
            // hyper-util's words for what has no type of its own.
            Self::Other(text) => match text.as_str() {
                "tunnel error: proxy authorization required" => {
                    words("407 (proxy authentication required): it wants a user name and a password")
                }
                "tunnel error: unsuccessful" => words("it refused to connect to the server"),
                "tunnel error: unexpected end of file" => Self::Broken,
                _ => self,
            },
            _ => self,
        };
        Self::Proxy { proxy: CleanText::new(&proxy.to_string()), fault: Box::new(fault) }
    }

    /// Whether the server was reached, and the two did not agree about TLS.
    pub(super) fn is_of_tls(&self) -> bool {
        match self {
            Self::CertificateExpired
            | Self::CertificateUntrusted
            | Self::CertificateForAnother
            | Self::CertificateOfAuthority
            | Self::CertificateVersion1
            | Self::NoTrustedCertificates
            | Self::NotTls
            | Self::Tls(_) => true,
            Self::Refused
            | Self::UnknownHost
            | Self::TimedOut
            | Self::Broken
            | Self::Proxy { .. }
            | Self::Other(_) => false,
        }
    }

    /// Finds the innermost known cause of `error`.
    pub fn from_error(error: &(dyn Error + 'static)) -> Self {
        let mut last = error;
        let mut next = Some(error);
        let mut broken = false;
        while let Some(cause) = next {
            last = cause;
            if let Some(error) = cause.downcast_ref::<rustls::Error>() {
                return of_tls(error);
            }
            let io_error = cause.downcast_ref::<io::Error>();
            if let Some(error) = io_error {
                match error.kind() {
                    io::ErrorKind::ConnectionRefused => return Self::Refused,
                    io::ErrorKind::TimedOut => return Self::TimedOut,
                    io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::UnexpectedEof => broken = true,
                    _ => {}
                }
            }
            let text = cause.to_string();
            if text.contains("failed to lookup address") || text.contains("dns error") {
                return Self::UnknownHost;
            }
            broken |= text.contains("connection closed before") || text.contains("IncompleteBody");
            // An io::Error leaves the error that it was made of out of the chain.
            next = match io_error.and_then(io::Error::get_ref) {
                Some(inner) => Some(inner),
                None => cause.source(),
            };
        }
        if broken { Self::Broken } else { Self::Other(CleanText::new(&last.to_string())) }
    }
}

/// Translates an error of reqwest.
pub(super) fn network(error: &reqwest::Error) -> ClientError {
    ClientError::Network(if error.is_timeout() {
        NetworkError::TimedOut
    } else {
        NetworkError::from_error(error)
    })
}

fn of_tls(error: &rustls::Error) -> NetworkError {
    use rustls::CertificateError as Certificate;
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            Certificate::Expired | Certificate::ExpiredContext { .. } => NetworkError::CertificateExpired,
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                NetworkError::CertificateForAnother
            }
            Certificate::UnknownIssuer => NetworkError::CertificateUntrusted,
            // webpki's own error, which rustls has no name for.
            Certificate::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
                NetworkError::CertificateOfAuthority
            }
            Certificate::Other(other) if other.to_string().contains("UnsupportedCertVersion") => {
                NetworkError::CertificateVersion1
            }
            Certificate::Other(other) => {
                NetworkError::Tls(CleanText::new(&format!("the certificate is not valid ({other})")))
            }
            other => NetworkError::Tls(CleanText::new(&format!("the certificate is not valid ({other})"))),
        },
        rustls::Error::InvalidMessage(_) => NetworkError::NotTls,
        // The words of the platform's verifier, which rustls has no name for.
        rustls::Error::General(text) if text.contains("No CA certificates") => {
            NetworkError::NoTrustedCertificates
        }
        other => NetworkError::Tls(CleanText::new(&other.to_string())),
    }
}

impl fmt::Display for NetworkError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => formatter.write_str("connection refused"),
            Self::UnknownHost => formatter.write_str("could not resolve host"),
            Self::TimedOut => formatter.write_str("timed out"),
            Self::CertificateExpired => formatter.write_str("the certificate has expired"),
            Self::CertificateUntrusted => formatter.write_str("certificate signed by unknown authority"),
            Self::CertificateForAnother => formatter.write_str("the certificate is for another host name"),
            Self::CertificateOfAuthority => {
                formatter.write_str("the certificate is a CA certificate, which a server must not use")
            }
            Self::NoTrustedCertificates => formatter.write_str("no CA certificates on this machine"),
            Self::CertificateVersion1 => formatter
                .write_str("the certificate is of X.509 version 1, which has no host names to verify"),
            Self::NotTls => formatter.write_str("TLS error: the server does not support TLS"),
            Self::Tls(text) => write!(formatter, "TLS error: {text}"),
            Self::Proxy { proxy, fault } => write!(formatter, "proxy {proxy}: {fault}"),
            Self::Broken => formatter.write_str("connection closed in the middle of the response"),
            Self::Other(text) => write!(formatter, "{text}"),
        }
    }
}

fn status_words(status: u16) -> String {
    let name = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    name.map_or_else(|| status.to_string(), |name| format!("{status} ({})", name.to_lowercase()))
}
