//! Why no encrypted connection came about, in words that say what to change.
//!
//! It must not know what was asked. Names that are in certificates are not passed on: who asks need not know where Prometheus is.

use crate::problem::ProblemBody;
use rustls::{CertificateError, Error as TlsError};
use std::error::Error;
use std::io;

/// What TLS says no with; nothing where `error` is of something else.
pub(crate) fn problem(error: &(dyn Error + 'static)) -> Option<ProblemBody> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(error) = cause.downcast_ref::<TlsError>() {
            return Some(said(error));
        }
        // An error of input and output leaves what it was made of out of the chain.
        next = match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    None
}

fn said(error: &TlsError) -> ProblemBody {
    let (what, hint) = match error {
        TlsError::InvalidCertificate(wrong) => match wrong {
            CertificateError::UnknownIssuer => (
                "is signed by an authority that the plugin does not know",
                "set PROMETHEUS_CA_FILE of the plugin to a file with the certificate of that authority",
            ),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                ("has expired", "renew it")
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
                "is for another name",
                "set PROMETHEUS_URL of the plugin to a name that is in the certificate",
            ),
            _ => ("is not valid", "look at the web configuration of Prometheus"),
        },
        TlsError::InvalidMessage(_) => {
            let text = "Prometheus does not speak TLS at this address";
            return ProblemBody::gateway(text).hint("set PROMETHEUS_URL of the plugin to one with http://");
        }
        _ => {
            let text = "no encrypted connection to Prometheus came about";
            return ProblemBody::gateway(text).hint("look at the web configuration of Prometheus");
        }
    };
    ProblemBody::gateway(format!("the certificate of Prometheus {what}")).hint(hint)
}
