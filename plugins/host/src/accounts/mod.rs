//! Who may sign in, and the tokens that they get (reference, section 3.1).
//!
//! * `keys`: the RSA key that signs;
//! * `users`: names and argon2 hashes;
//! * `sessions`: rotating refresh tokens, kept as hashes;
//! * `statement`: what a backend is told of its caller;
//! * `limit`: limits password attempts;
//! * `folder`: where all of that is kept, which others must not write.

mod folder;
mod keys;
mod limit;
mod sessions;
mod statement;
mod users;

pub use folder::OpenToOthers;
pub use keys::SigningKeys;
pub(crate) use statement::{LIFETIME as STATEMENT_LIFETIME, Statement};
pub use users::Users;
pub(crate) use users::{ADMINISTRATOR, is_user_name};

use super::{HostSettings, Log};
use everestctl::sys::clock;
use limit::GuessLimit;
use serde::{Deserialize, Serialize};
use sessions::Sessions;
use std::io;
use std::net::IpAddr;
use std::time::{Duration, UNIX_EPOCH};

/// Accounts and their sessions.
#[derive(Debug)]
pub struct Accounts {
    keys: SigningKeys,
    users: Users,
    sessions: Sessions,
    guesses: GuessLimit,
    access_lifetime: Duration,
    refresh_lifetime: Duration,
}

/// Who issues everything that is signed here.
const ISSUER: &str = "everest";
/// What comes after the user in the subject of an access token.
const LOGIN: &str = ":login";

/// The claims of an access token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// `everest`.
    pub iss: String,
    /// `USER:login`.
    pub sub: String,
    /// The token's own number.
    pub jti: String,
    /// Seconds since 1970.
    pub iat: u64,
    /// Seconds since 1970.
    pub nbf: u64,
    /// Seconds since 1970.
    pub exp: u64,
}

impl Claims {
    /// The user: the part of the subject before the colon, which no name has.
    pub fn user(&self) -> &str {
        self.sub.strip_suffix(LOGIN).unwrap_or_default()
    }

    fn holds(&self, now: u64) -> bool {
        self.nbf <= now && now < self.exp
    }
}

/// What a sign-in or a refresh gives.
#[derive(Debug)]
pub struct IssuedTokens {
    /// Whose it is.
    pub user: String,
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
    /// How long the access token holds.
    pub expires_in: Duration,
}

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Wrong user or password.
    Credentials,
    /// A refresh token that is unknown, used or expired.
    RefreshToken,
    /// Too many attempts.
    TooMany,
    /// The host itself failed.
    Failed,
}

impl Accounts {
    /// Opens the accounts of these settings; gives the password of a new administrator, to be shown once.
    pub fn open(settings: &HostSettings, log: &Log) -> io::Result<(Self, Option<String>)> {
        let state = settings.state.as_deref();
        if let Some(folder) = state {
            folder::open(folder, log)?;
        }
        // Each takes a core for a while.
        let keys = SigningKeys::open(state)?;
        let (users, password) = Users::open(state, log)?;
        let accounts = Self {
            keys,
            users,
            sessions: Sessions::open(state),
            guesses: GuessLimit::default(),
            access_lifetime: settings.access_lifetime,
            refresh_lifetime: settings.refresh_lifetime,
        };
        Ok((accounts, password))
    }

    /// The password grant.
    pub async fn sign_in(&self, user: &str, password: &str, from: IpAddr) -> Result<IssuedTokens, Refused> {
        if !self.guesses.allows(from, user) {
            return Err(Refused::TooMany);
        }
        match self.users.verify(user, password).await {
            None => Err(Refused::TooMany),
            Some(false) => Err(Refused::Credentials),
            Some(true) => {
                self.guesses.was_right(from, user);
                self.grant(user)
            }
        }
    }

    /// The refresh grant: the token is dead after one use.
    pub fn refresh(&self, token: &str) -> Result<IssuedTokens, Refused> {
        // What takes its time comes first: a client that loses the connection then still has the old one.
        let user = self.sessions.holder(token, now()).ok_or(Refused::RefreshToken)?;
        // A session may outlive its user, or be of a name that is none any more.
        if !self.users.knows(&user) {
            return Err(Refused::RefreshToken);
        }
        let access = self.access(&user)?;
        self.sessions.take(token, now()).ok_or(Refused::RefreshToken)?;
        self.granted(user, access)
    }

    /// Forgets a refresh token, if it is known.
    pub fn revoke(&self, token: &str) -> Option<String> {
        self.sessions.take(token, now())
    }

    /// Makes an access token unusable before its time.
    pub fn block(&self, claims: &Claims) {
        self.sessions.block(&claims.jti, claims.exp, now());
    }

    /// A pair of tokens for `user`, who has proved to be that.
    pub fn grant(&self, user: &str) -> Result<IssuedTokens, Refused> {
        let access = self.access(user)?;
        self.granted(user.to_owned(), access)
    }

    fn access(&self, user: &str) -> Result<String, Refused> {
        let issued = now();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: format!("{user}{LOGIN}"),
            jti: keys::random_hex::<16>(),
            iat: issued,
            nbf: issued,
            exp: issued + self.access_lifetime.as_secs(),
        };
        self.keys.sign(&claims).ok_or(Refused::Failed)
    }

    fn granted(&self, user: String, access: String) -> Result<IssuedTokens, Refused> {
        let refresh = self.sessions.issue(&user, now() + self.refresh_lifetime.as_secs());
        let refresh = refresh.map_err(|_| Refused::Failed)?;
        Ok(IssuedTokens { user, access, refresh, expires_in: self.access_lifetime })
    }

    /// The claims of a valid access token; `Err(true)` when it is one that was blocked.
    pub fn check(&self, token: &str) -> Result<Claims, bool> {
        let claims: Claims = self.keys.verify(token).ok_or(false)?;
        if !claims.holds(now()) {
            return Err(false);
        }
        if !is_user_name(claims.user()) {
            return Err(false);
        }
        if self.sessions.is_blocked(&claims.jti) { Err(true) } else { Ok(claims) }
    }

    /// Signs a statement for a backend.
    pub(crate) fn sign(&self, statement: &Statement) -> Option<String> {
        self.keys.sign(statement)
    }

    /// The statement that a backend sends back, if it was signed here and still holds.
    pub(crate) fn check_statement(&self, token: &str) -> Option<Statement> {
        self.keys.verify(token).filter(|statement: &Statement| statement.holds(now()))
    }
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    clock::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A unique name.
pub(super) fn random_name() -> String {
    keys::random_hex::<6>()
}

/// A word that nobody can guess, for one answer.
pub(super) fn nonce() -> String {
    keys::random_hex::<16>()
}
