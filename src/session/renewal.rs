//! Renewing a session. A refresh token is good for one use, and the process that uses it must write the next one down
//! before another process reads it: so it happens under the file's lock, once, after looking again, with the place
//! for the answer on the disk already reserved, and Ctrl-C waits until it is done. The answer goes into the
//! lock's own file first, which takes one system call, and then into the config file: who is killed between the
//! two has lost nothing, since the next command takes it from there.

use crate::client::{Address, ClientError, NetworkError, Token, TokenSource, Transport, auth_api};
use crate::config::{ClientConfig, ConfigError, ConfigFile, InterruptedRenewal, Renewed, StoredSession};
use crate::error::Explain;
use crate::model::CleanText;
use crate::sys::clock::UnixTime;
use crate::sys::signals::CriticalSection;
use crate::yaml::edit::{ConfigList, Edit};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use zeroize::Zeroizing;

/// A token that expires within this time is renewed before it is used (reference, section 8.2).
const BEFORE: Duration = Duration::from_secs(30);

/// The session of one context.
#[derive(Debug)]
pub struct Session {
    file: ConfigFile,
    context: String,
    address: Address,
    transport: Transport,
    patience: Duration,
    /// As this process saw it last.
    known: Mutex<Option<Stored>>,
}

/// A session out of the file, as values.
#[derive(Clone)]
struct Stored {
    access: Zeroizing<String>,
    refresh: Option<Zeroizing<String>>,
    expires: Option<UnixTime>,
    list: ConfigList,
    name: String,
}

impl std::fmt::Debug for Stored {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Stored(hidden)")
    }
}

impl From<StoredSession<'_>> for Stored {
    fn from(session: StoredSession<'_>) -> Self {
        Self {
            access: session.access.clone(),
            refresh: session.refresh.cloned(),
            expires: session.expires,
            list: session.place.0,
            name: session.place.1.to_owned(),
        }
    }
}

impl Stored {
    /// Whether the access token expires within `at_least`, or has. One that nothing could renew is as good as it is:
    /// the server decides, whose clock may differ.
    fn is_due(&self, at_least: Duration) -> bool {
        let soon = UnixTime::now().after(at_least);
        self.refresh.is_some() && self.expires.is_some_and(|expires| expires <= soon)
    }

    fn with(&self, renewed: &Renewed) -> Self {
        Self {
            access: renewed.access.clone(),
            refresh: Some(renewed.refresh.clone()),
            expires: Some(UnixTime(renewed.expires)),
            ..self.clone()
        }
    }

    fn has_expired(&self) -> bool {
        self.expires.is_some_and(|expires| expires <= UnixTime::now())
    }
}

impl TokenSource for Session {
    fn token(&self) -> Result<Token, ClientError> {
        self.token_lasting(BEFORE)
    }

    fn token_lasting(&self, at_least: Duration) -> Result<Token, ClientError> {
        let at_least = at_least.max(BEFORE);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let stored = match known.filter(|known| !known.is_due(at_least)) {
            Some(known) => return self.bound(known.access),
            None => self.stored(&self.file.read().map_err(of_file)?)?,
        };
        if !stored.is_due(at_least) {
            return self.bound(self.keep(stored).access);
        }
        // A token that another process has renewed meanwhile is used as long as it is valid.
        let seen = stored.access;
        let session = self.renew_if(|stored| stored.access == seen || stored.has_expired())?;
        self.bound(self.keep(session).access)
    }

    fn renewed(&self, refused: &Token) -> Result<Option<Token>, ClientError> {
        let stored = self.stored(&self.file.read().map_err(of_file)?)?;
        if stored.refresh.is_none() && refused.is(&stored.access) {
            return Ok(None);
        }
        let session = self.renew_if(|stored| refused.is(&stored.access))?;
        self.bound(self.keep(session).access).map(Some)
    }
}

impl Session {
    /// The session of `context` in `file`, with the server at `address`. `patience` is how long another process may
    /// keep the file.
    pub fn new(
        file: ConfigFile,
        context: String,
        address: Address,
        transport: Transport,
        patience: Duration,
    ) -> Self {
        Self { file, context, address, transport, patience, known: Mutex::default() }
    }

    /// The same, when the file has been read already.
    #[must_use]
    pub fn known_from(self, config: &ClientConfig) -> Self {
        let known = self.stored(config).ok();
        Self { known: Mutex::new(known), ..self }
    }

    fn keep(&self, stored: Stored) -> Stored {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(stored.clone());
        stored
    }

    fn bound(&self, access: Zeroizing<String>) -> Result<Token, ClientError> {
        Token::new(access, self.address.clone())
    }

    fn stored(&self, config: &ClientConfig) -> Result<Stored, ClientError> {
        let context = config.context(&self.context).ok_or(ClientError::NoSession)?;
        context.session.map(Stored::from).ok_or(ClientError::NoSession)
    }

    /// The session of the file, renewed if it is still `stale` once the lock is held.
    fn renew_if(&self, stale: impl Fn(&Stored) -> bool) -> Result<Stored, ClientError> {
        let held = self.file.lock(self.patience).map_err(of_file)?;
        let stored = self.stored(&held.read().map_err(of_file)?)?;
        if !stale(&stored) {
            return Ok(stored);
        }
        let Some(refresh) = stored.refresh.clone() else { return Err(ClientError::SessionEnded) };
        let change = held.prepare().map_err(of_file)?;
        let interrupted = held.interrupted_renewal(&refresh);
        if let Some(InterruptedRenewal { renewed: Some(renewed), .. }) = &interrupted {
            // A process that was killed here had the response already.
            let found = stored.with(renewed);
            change.finish(&edits(&found)).map_err(of_file)?;
            let _ = held.end_renewal();
            drop(held);
            return if stale(&found) { self.renew_if(stale) } else { Ok(found) };
        }

        let unable = |error: std::io::Error| ClientError::NotRenewed {
            why: CleanText::new(&error.to_string()),
            hint: None,
        };
        let _undivided = CriticalSection::begin().map_err(unable)?;
        if interrupted.is_none() {
            held.note_renewal(&refresh, None).map_err(unable)?;
        }
        match auth_api::renew(&self.address, &self.transport, &refresh) {
            Ok(granted) => {
                let renewed = Renewed {
                    access: granted.access,
                    // A server that keeps its refresh tokens sends none.
                    refresh: granted.refresh.unwrap_or_else(|| refresh.clone()),
                    expires: UnixTime::now().after(granted.expires_in).0,
                };
                // First where it takes a moment only: from here on nothing is lost any more.
                let _ = held.note_renewal(&refresh, Some(renewed.clone()));
                let found = stored.with(&renewed);
                change.finish(&edits(&found)).map_err(of_file)?;
                // The note is about the old token: left behind, it misleads nobody.
                let _ = held.end_renewal();
                Ok(found)
            }
            Err(ClientError::Status { status: 401, .. }) => {
                drop(change);
                // The Go CLI, which waits for no lock, may have been quicker.
                let now = self.stored(&held.read().map_err(of_file)?)?;
                if now.refresh.as_deref() != stored.refresh.as_deref() {
                    let _ = held.end_renewal();
                    return Ok(now);
                }
                let _ = interrupted.is_none().then(|| held.end_renewal());
                Err(match interrupted {
                    Some(InterruptedRenewal { since, pid, .. }) => {
                        ClientError::SessionLost { pid, since: since.to_rfc3339_seconds() }
                    }
                    None => ClientError::SessionEnded,
                })
            }
            Err(error) => {
                // Where the request may have arrived, the note has to stay.
                if never_arrived(&error) && interrupted.is_none() {
                    let _ = held.end_renewal();
                }
                Err(match &error {
                    ClientError::Status { .. }
                    | ClientError::NotJson(_)
                    | ClientError::Unexpected(_)
                    | ClientError::Excess(_)
                    | ClientError::BadGrant(_)
                    | ClientError::NotFollowed { .. } => {
                        let why = CleanText::new(&format!("{}: {error}", self.address));
                        ClientError::NotRenewed { why, hint: error.hint().map(CleanText::new) }
                    }
                    _ => error,
                })
            }
        }
    }
}

/// The edits that write a session down.
fn edits(session: &Stored) -> Vec<Edit> {
    let set = |field, value: &str| Edit::Set {
        list: session.list,
        name: session.name.clone(),
        field,
        value: value.into(),
    };
    let refresh = session.refresh.as_deref().map(|token| set("refreshToken", token));
    let expires = session.expires.map(|moment| set("expiresAt", &moment.to_rfc3339()));
    [Some(set("accessToken", &session.access)), refresh, expires].into_iter().flatten().collect()
}

/// Whether the server cannot have got the request, or has answered that it did nothing.
fn never_arrived(error: &ClientError) -> bool {
    !matches!(
        error,
        ClientError::Network(NetworkError::TimedOut | NetworkError::Broken | NetworkError::Other(_))
            | ClientError::Status { status: 500.., .. }
            | ClientError::NotJson(_)
            | ClientError::Unexpected(_)
            | ClientError::Excess(_)
            | ClientError::BadGrant(_)
    )
}

#[expect(clippy::needless_pass_by_value, reason = "it is for map_err")]
fn of_file(error: ConfigError) -> ClientError {
    let hint = error.hints().into_iter().next().as_deref().map(CleanText::new);
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
    ClientError::NotRenewed { why: CleanText::new(&format!("{error}{cause}")), hint }
}
