//! What the user reads when a server, or the session for it, says no: the cause, and how to sign in where that helps.

use super::ClientError;
use crate::error::{Failure, exit};
use crate::model::{CleanText, quoted};

/// What the user reads when a server, or the session for it, says no.
pub fn of_server(server: &str, error: &ClientError) -> Failure {
    let shown = CleanText::new(server);
    let message = match error {
        ClientError::BadAddress { .. } | ClientError::NotRenewed { .. } => error.to_string(),
        _ => format!("{shown}: {error}"),
    };
    let wants_sign_in = error.wants_sign_in();
    let mut failure = Failure::new(if wants_sign_in { exit::SIGN_IN } else { exit::FAILURE }, message);
    if wants_sign_in {
        failure = failure.hint(format!("everestctl auth login --server {}", quoted(server)));
    } else if let Some(hint) = error.hint() {
        failure = failure.hint(hint);
    }
    failure
}

/// The user has to sign in first, to `server` if one is set up.
pub fn not_signed_in(server: Option<&str>) -> Failure {
    let failure = Failure::new(exit::SIGN_IN, "you are not signed in");
    let server = server.map_or_else(|| "URL".to_owned(), quoted);
    failure.hint(format!("everestctl auth login --server {server}"))
}
