//! Why AWS gives no answer, in our words, and what the user can type next.

use crate::database::clean;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_rds::config::http::HttpResponse;
use aws_sdk_rds::error::{ProvideErrorMetadata, SdkError};
use everestctl_plugin::protocol::exit;
use everestctl_plugin::{Error, text};
use std::error::Error as StdError;

/// Why a request failed, after all tries.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    #[error("the AWS credentials have expired")]
    Expired,
    /// In a region that an account is not let into, too.
    #[error("AWS does not know these credentials here")]
    UnknownCredentials,
    #[error("the AWS credentials are wrong: the signature does not match")]
    WrongSecret,
    #[error("not allowed: {0}")]
    Denied(String),
    #[error("AWS answers no more requests of this account for now ({0})")]
    Throttled(String),
    #[error("there is no answer: {0}")]
    Unreachable(String),
    #[error("{code}: {message}")]
    Refused { code: String, message: String },
    #[error("the answer ({status}) makes no sense: {why}")]
    Nonsense { status: u16, why: String },
    #[error("there are more than {0} databases")]
    TooMany(usize),
}

impl Trouble {
    /// What an answer, or its absence, means.
    pub(super) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let Some(refused) = error.as_service_error() else {
            return Self::Unreachable(cause(error));
        };
        let Some(code) = refused.code() else {
            let status = error.raw_response().map_or(0, |response| response.status().as_u16());
            return Self::Nonsense { status, why: cause(error) };
        };
        let message = clean(refused.message().unwrap_or_default());
        match code {
            "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => Self::Expired,
            "InvalidClientTokenId" | "UnrecognizedClientException" | "AuthFailure" | "OptInRequired" => {
                Self::UnknownCredentials
            }
            "SignatureDoesNotMatch" | "IncompleteSignature" | "InvalidSignatureException" => {
                Self::WrongSecret
            }
            "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "NotAuthorized" => {
                Self::Denied(message)
            }
            code if is_throttling(code) => Self::Throttled(clean(code)),
            code => Self::Refused { code: clean(code), message },
        }
    }

    /// Whether this may be a region that the account has to be let into first.
    pub(super) const fn is_disabled_region(&self) -> bool {
        matches!(self, Self::UnknownCredentials)
    }

    /// What the user can type next.
    pub(super) fn hint(&self, profile: Option<&str>) -> Option<String> {
        Some(match self {
            Self::Expired => renew(profile),
            Self::UnknownCredentials => {
                "check the keys with `aws sts get-caller-identity`; some regions have to be enabled for an account first".to_owned()
            }
            Self::WrongSecret => "check AWS_SECRET_ACCESS_KEY, or run `aws configure`, and the clock of this machine".to_owned(),
            Self::Denied(_) => "a policy has to allow rds:DescribeDBInstances and rds:DescribeDBClusters, for example AmazonRDSReadOnlyAccess".to_owned(),
            Self::Throttled(_) => "wait a minute, or name fewer regions with --region".to_owned(),
            Self::Unreachable(_) => "check the network, HTTPS_PROXY and AWS_ENDPOINT_URL, and the name of the region".to_owned(),
            Self::Refused { .. } | Self::Nonsense { .. } | Self::TooMany(_) => return None,
        })
    }

    /// As the end of the command.
    pub(super) fn into_error(self, what: &str, profile: Option<&str>) -> Error {
        let error = Error::new(what).because(&self);
        let error = match self.hint(profile) {
            Some(hint) => error.hint(hint),
            None => error,
        };
        let is_sign_in = matches!(self, Self::Expired | Self::UnknownCredentials | Self::WrongSecret);
        if is_sign_in { error.with_code(u8::from(exit::SIGN_IN)) } else { error }
    }
}

fn is_throttling(code: &str) -> bool {
    [
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "SlowDown",
        "PriorRequestNotComplete",
    ]
    .contains(&code)
}

/// How somebody signs in anew.
fn renew(profile: Option<&str>) -> String {
    match profile {
        Some(profile) => format!("aws sso login --profile {}, or renew its keys", quoted(profile)),
        None => "`aws sso login`, or set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN anew"
            .to_owned(),
    }
}

fn quoted(profile: &str) -> String {
    let plain = |one: char| one.is_ascii_alphanumeric() || "-_./@".contains(one);
    if profile.chars().all(plain) { profile.to_owned() } else { format!("'{}'", text::one_line(profile, 80)) }
}

/// Nobody has said who asks.
pub(super) fn no_credentials(profile: Option<&str>) -> Error {
    let error = Error::new("there are no AWS credentials").with_code(u8::from(exit::SIGN_IN));
    match profile {
        Some(profile) => error
            .hint(format!("aws configure --profile {0}, or aws sso login --profile {0}", quoted(profile))),
        None => error
            .hint("aws configure, aws sso login, or use --profile NAME")
            .hint("or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    }
}

/// Why there are no credentials.
pub(super) fn of_credentials(error: &CredentialsError, profile: Option<&str>) -> Error {
    let why = cause(error);
    let code = u8::from(exit::SIGN_IN);
    match error {
        CredentialsError::CredentialsNotLoaded(_) => no_credentials(profile).because(why),
        CredentialsError::ProviderTimedOut(_) => {
            Error::new("the AWS credentials did not come in time").because(why).with_code(code)
        }
        _ if why.contains("expired") => Trouble::Expired.into_error("could not get AWS credentials", profile),
        _ => Error::new("could not get AWS credentials").because(why).hint(renew(profile)).with_code(code),
    }
}

/// What stands at the bottom of an error, which says more than what wraps it.
fn cause(error: &(dyn StdError + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    clean(&last.to_string())
}
