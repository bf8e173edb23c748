//! Rotating refresh tokens, kept as hashes only, and access tokens that were revoked.
//!
//! A refresh token is `everest_rt_<32 hex digits>_<base 62>`; what is kept of it is its SHA-256.

use super::keys;
use aws_lc_rs::digest;
use everestctl::model::hex;
use everestctl::sys::files;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) const FILE: &str = "sessions.json";
const PREFIX: &str = "everest_rt_";

/// What is known of the tokens that were given out.
#[derive(Debug)]
pub(super) struct Sessions {
    known: Mutex<SessionRecords>,
    file: Option<PathBuf>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct SessionRecords {
    /// By the hash of the token.
    refresh: HashMap<String, RefreshSession>,
    /// The numbers of blocked access tokens, with the second at which they expire anyway.
    blocked: HashMap<String, u64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RefreshSession {
    user: String,
    expires: u64,
}

impl Sessions {
    /// Opens the sessions of the state folder.
    pub(super) fn open(state: Option<&Path>) -> Self {
        let file = state.map(|folder| folder.join(FILE));
        // Sessions that cannot be read are over: their owners sign in again.
        let known = file.as_deref().and_then(|path| files::read(path, 16 * 1024 * 1024).ok());
        let known = known.and_then(|content| serde_json::from_slice(&content).ok()).unwrap_or_default();
        Self { known: Mutex::new(known), file }
    }

    /// A new refresh token for `user`.
    pub(super) fn issue(&self, user: &str, expires: u64) -> io::Result<String> {
        let token = format!("{PREFIX}{}_{}", keys::random_hex::<16>(), base62(keys::random::<32>()));
        let mut known = self.lock();
        known.refresh.insert(hash(&token), RefreshSession { user: user.to_owned(), expires });
        self.keep(&known)?;
        Ok(token)
    }

    /// Whose a refresh token is, as long as it is good.
    pub(super) fn holder(&self, token: &str, now: u64) -> Option<String> {
        let known = self.lock();
        known
            .refresh
            .get(&hash(token))
            .filter(|session| session.expires > now)
            .map(|session| session.user.clone())
    }

    /// Uses a refresh token up; the user whose it was, if it was good.
    pub(super) fn take(&self, token: &str, now: u64) -> Option<String> {
        let mut known = self.lock();
        known.refresh.retain(|_, session| session.expires > now);
        let session = known.refresh.remove(&hash(token))?;
        // A token that was taken but not kept as taken would be good twice after a restart.
        self.keep(&known).ok()?;
        Some(session.user)
    }

    /// Blocks the access token of this number.
    pub(super) fn block(&self, number: &str, expires: u64, now: u64) {
        let mut known = self.lock();
        known.blocked.retain(|_, expires| *expires > now);
        known.blocked.insert(number.to_owned(), expires);
        let _ = self.keep(&known);
    }

    /// Whether the access token of this number is blocked.
    pub(super) fn is_blocked(&self, number: &str) -> bool {
        self.lock().blocked.contains_key(number)
    }

    fn lock(&self) -> MutexGuard<'_, SessionRecords> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, known: &SessionRecords) -> io::Result<()> {
        match &self.file {
            Some(path) => files::replace(path, &serde_json::to_vec(known)?),
            None => Ok(()),
        }
    }
}

fn hash(token: &str) -> String {
    hex(digest::digest(&digest::SHA256, token.as_bytes()).as_ref())
}

/// A number in base 62, the digits from the right.
fn base62(mut number: [u8; 32]) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = String::new();
    while number.iter().any(|byte| *byte != 0) {
        let rest = number.iter_mut().fold(0_usize, |rest, byte| {
            let value = rest * 256 + usize::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or_default();
            value % 62
        });
        text.push(char::from(DIGITS[rest]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_token_is_good_once_and_not_after_its_time() {
        let sessions = Sessions::open(None);
        let token = sessions.issue("dana", 100).unwrap();
        assert!(token.starts_with("everest_rt_") && token.len() > 70, "{token}");
        assert_eq!(sessions.take(&token, 50).as_deref(), Some("dana"));
        assert_eq!(sessions.take(&token, 50), None);
        let late = sessions.issue("dana", 100).unwrap();
        assert_eq!(sessions.take(&late, 100), None);
        assert_eq!(sessions.take("everest_rt_nonsense", 1), None);
    }

    #[test]
    fn sessions_survive_a_restart_and_lie_as_hashes_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let token = Sessions::open(Some(folder.path())).issue("dana", 100).unwrap();
        let content = files::read(&folder.path().join(FILE), 10_000).unwrap();
        assert!(!String::from_utf8(content).unwrap().contains(&token));
        assert_eq!(Sessions::open(Some(folder.path())).take(&token, 1).as_deref(), Some("dana"));
    }

    #[test]
    fn base_62() {
        let mut one = [0; 32];
        one[31] = 62;
        assert_eq!(base62(one), "01");
    }
}
