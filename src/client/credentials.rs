//! Where a connection gets its token from. The session that is in a file, and is renewed when it must be,
//! is another layer's; here is what a connection needs of it.

use super::{ClientError, Token};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

/// A source of tokens for one server. It may wait for other processes and ask the server, so that it is
/// called where blocking does no harm.
pub trait TokenSource: Debug + Send + Sync {
    /// A token that holds for a while.
    fn token(&self) -> Result<Token, ClientError>;

    /// The same for `at_least`, where it can be renewed.
    fn token_lasting(&self, at_least: Duration) -> Result<Token, ClientError> {
        let _ = at_least;
        self.token()
    }

    /// Another one, now that the server has refused `refused`; `None` when there can be none.
    fn renewed(&self, refused: &Token) -> Result<Option<Token>, ClientError>;

    /// Whether there can be another one at all.
    fn can_renew(&self) -> bool {
        true
    }
}

/// A token that is what it is: from the environment, or for CI.
#[derive(Debug)]
pub struct FixedToken(Token);

impl FixedToken {
    /// Credentials that are this token.
    pub fn from_token(token: Token) -> Arc<dyn TokenSource> {
        Arc::new(Self(token))
    }
}

impl TokenSource for FixedToken {
    fn token(&self) -> Result<Token, ClientError> {
        Ok(self.0.clone())
    }

    fn renewed(&self, _refused: &Token) -> Result<Option<Token>, ClientError> {
        Ok(None)
    }

    fn can_renew(&self) -> bool {
        false
    }
}
