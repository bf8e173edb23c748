//! Names and password hashes: `users.yaml` in the state folder, or one administrator in memory.
//!
//! ```yaml
//! users:
//!   admin: { passwordHash: "$argon2id$…" }
//!   dana: { passwordHash: "$argon2id$…" }
//! ```

use super::keys;
use crate::{Log, log};
use argon2::password_hash::phc::Output;
use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, PasswordHasher, Version};
use everestctl::sys::files;
use everestctl::yaml;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use tokio::sync::oneshot;

pub(super) const FILE: &str = "users.yaml";
/// The user that is always there.
pub(crate) const ADMINISTRATOR: &str = "admin";
/// How many passwords are hashed side by side: each takes a core and 19 MiB for a while.
const SIDE_BY_SIDE: usize = 2;
/// How many more wait for that; what comes then is refused at once.
const WAITING: usize = 8;
/// The longest name of a user.
const LONGEST_NAME: usize = 64;

/// The users. A lookup before the first password is hashed waits for that: it takes longer than all the
/// rest of starting.
#[derive(Debug)]
pub struct Users {
    known: Arc<OnceLock<UserRecords>>,
    guesses: mpsc::SyncSender<Guess>,
}

/// A password to be held against that of a user.
struct Guess {
    user: String,
    password: String,
    is_right: oneshot::Sender<bool>,
}

/// Empty if hashing fails: then sign-in is not possible.
#[derive(Debug, Default)]
struct UserRecords {
    hashes: BTreeMap<String, String>,
    /// The hash of no password: an unknown user takes as long as a wrong password.
    nobody: String,
}

/// Whether `name` can be that of a user: letters, digits and `._@+-`, a letter or digit first. Tokens and the policy give
/// a meaning to everything else: `admin:x` would be `admin`, and `role:admin` a role.
pub(crate) fn is_user_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._@+-".contains(&byte))
}

#[derive(Default, Deserialize, Serialize)]
struct UsersFile {
    users: BTreeMap<String, User>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct User {
    password_hash: String,
}

impl Users {
    /// Reads the users of the state folder, or makes an administrator, whose password it gives.
    /// Whose name is none cannot sign in; `log` says so.
    pub(super) fn open(state: Option<&Path>, log: &Log) -> io::Result<(Self, Option<String>)> {
        let users = Self::default();
        let Some(path) = state.map(|folder| folder.join(FILE)) else {
            let password = keys::random_hex::<12>();
            let (known, hashed) = (Arc::clone(&users.known), password.clone());
            std::thread::spawn(move || {
                known.set(administrator(&hashed).and_then(UserRecords::of).unwrap_or_default())
            });
            return Ok((users, Some(password)));
        };
        let (mut file, password) = match files::read(&path, 1024 * 1024) {
            Ok(content) => {
                let damaged = |error| io::Error::other(format!("{FILE} is not valid: {error}"));
                (yaml::from_slice::<UsersFile>(&content).map_err(damaged)?, None)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let password = keys::random_hex::<12>();
                let made = administrator(&password)?;
                let text = serde_yaml::to_string(&made).map_err(io::Error::other)?;
                // Before the password is shown.
                files::replace(&path, text.as_bytes())?;
                (made, Some(password))
            }
            Err(error) => return Err(error),
        };
        file.users.retain(|name, _| {
            let is_name = is_user_name(name);
            if !is_name {
                let name = log::field(name, log::LONGEST_NAME);
                log.trouble(&format!(
                    "{}: {name} cannot sign in: a user name can contain only letters, digits and `._@+-`, and must start with a letter or digit",
                    path.display()
                ));
            }
            is_name
        });
        let _ = users.known.set(UserRecords::of(file)?);
        Ok((users, password))
    }

    /// Whether this is the user's password; nothing when too many ask at once.
    pub(super) async fn verify(&self, user: &str, password: &str) -> Option<bool> {
        let (is_right, told) = oneshot::channel();
        let guess = Guess { user: user.to_owned(), password: password.to_owned(), is_right };
        self.guesses.try_send(guess).ok()?;
        Some(told.await.unwrap_or(false))
    }

    /// Whether there is still such a user. Before the first password is hashed there is no other than the administrator.
    pub(super) fn knows(&self, user: &str) -> bool {
        user == ADMINISTRATOR || self.known.get().is_some_and(|known| known.hashes.contains_key(user))
    }
}

impl Default for Users {
    /// No users yet. Threads of their own, so that the memory of a hash is taken once for each and not for whichever
    /// thread is free.
    fn default() -> Self {
        let known: Arc<OnceLock<UserRecords>> = Arc::default();
        let (guesses, waiting) = mpsc::sync_channel::<Guess>(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..SIDE_BY_SIDE {
            let (known, waiting) = (Arc::clone(&known), Arc::clone(&waiting));
            std::thread::spawn(move || {
                let mut memory = Vec::new();
                let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
                while let Ok(guess) = next() {
                    // The caller may be gone.
                    if !guess.is_right.is_closed() {
                        let is_right = known.wait().is_right(&guess.user, &guess.password, &mut memory);
                        let _ = guess.is_right.send(is_right);
                    }
                }
            });
        }
        Self { known, guesses }
    }
}

impl UserRecords {
    fn is_right(&self, user: &str, password: &str, memory: &mut Vec<Block>) -> bool {
        let hash = self.hashes.get(user);
        let expected = hash.unwrap_or(&self.nobody).as_str();
        is_hash_of(password, expected, memory) == Some(true) && hash.is_some()
    }

    fn of(file: UsersFile) -> io::Result<Self> {
        let hashes: BTreeMap<String, String> =
            file.users.into_iter().map(|(name, user)| (name, user.password_hash)).collect();
        // The costs of the first hash are those that an unknown user has to take too.
        let nobody = match hashes.values().next() {
            Some(hash) => hash.clone(),
            None => hash(&keys::random_hex::<16>())?,
        };
        Ok(Self { hashes, nobody })
    }
}

/// A file with one user, `admin`.
fn administrator(password: &str) -> io::Result<UsersFile> {
    let user = User { password_hash: hash(password)? };
    Ok(UsersFile { users: [(ADMINISTRATOR.to_owned(), user)].into() })
}

/// Whether `expected` is a hash of `password`. It works in `memory`, which stays for the next: 19 MiB that are taken anew
/// each time are not all given back by the system's allocator.
fn is_hash_of(password: &str, expected: &str, memory: &mut Vec<Block>) -> Option<bool> {
    let known = PasswordHash::new(expected).ok()?;
    let algorithm = Algorithm::new(known.algorithm.as_str()).ok()?;
    let version = known.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
    let params = Params::try_from(&known).ok()?;
    let (salt, output) = (known.salt.as_ref()?, known.hash.as_ref()?);
    memory.resize_with(params.block_count(), Block::new);
    let mut made = vec![0; output.len()];
    let hasher = Argon2::new(algorithm, version, params);
    hasher.hash_password_into_with_memory(password.as_bytes(), salt, &mut made, &mut memory[..]).ok()?;
    // Takes the same time wherever they differ.
    Some(Output::new(&made).ok()? == *output)
}

fn hash(password: &str) -> io::Result<String> {
    let hashed = Argon2::default().hash_password(password.as_bytes());
    hashed.map(|hash| hash.to_string()).map_err(|error| io::Error::other(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_meaning_of_its_own_is_none() {
        for name in ["admin", "dana", "Dana.B", "d_1@example.com", "x+y-z", "7"] {
            assert!(is_user_name(name), "{name}");
        }
        for name in [
            "",
            "admin:x",
            ":admin",
            "admin:",
            "role:admin",
            "*",
            "dana ",
            " dana",
            "da na",
            "-",
            "-x",
            ".x",
            "a/b",
            "a,b",
            "a\"b",
            "a=b",
            "a\nb",
            "a\u{0}b",
            "admi\u{f1}",
            "a%3ab",
            "\u{ff41}dmin",
            "admin\u{200b}",
            "a#b",
            "a|b",
        ] {
            assert!(!is_user_name(name), "{name:?}");
        }
        assert!(!is_user_name(&"x".repeat(65)));
    }

    #[tokio::test]
    async fn whose_name_is_none_is_named_and_cannot_sign_in() {
        let folder = tempfile::tempdir().unwrap();
        let hash = hash("secret").unwrap();
        let line = |name: &str| format!("  '{name}': {{passwordHash: '{hash}'}}\n");
        let text = format!("users:\n{}{}", line("admin:x"), line("dana"));
        files::replace(&folder.path().join(FILE), text.as_bytes()).unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&said);
        let log = log::door(Arc::new(move |line| kept.lock().unwrap().push_str(line.text.as_str())));
        let (users, _) = Users::open(Some(folder.path()), &log).unwrap();
        assert!(said.lock().unwrap().contains("users.yaml: admin:x cannot sign in"), "{said:?}");
        assert_eq!(users.verify("admin:x", "secret").await, Some(false));
        assert_eq!(users.verify("dana", "secret").await, Some(true));
        assert!(users.knows("dana") && !users.knows("admin:x"));
    }

    #[tokio::test]
    async fn more_than_a_few_at_once_are_refused_and_do_not_wait() {
        let users = Arc::new(Users::default());
        let guesses: Vec<_> = (0..100)
            .map(|_| {
                let users = Arc::clone(&users);
                tokio::spawn(async move { users.verify("admin", "guess").await })
            })
            .collect();
        // All of them have asked when this task has its turn again; nothing is hashed before a user is known.
        tokio::task::yield_now().await;
        users.known.set(UserRecords::of(administrator("secret").unwrap()).unwrap()).unwrap();
        let mut refused = 0;
        for guess in guesses {
            refused += usize::from(guess.await.unwrap().is_none());
        }
        assert!((100 - WAITING - SIDE_BY_SIDE..=100 - WAITING).contains(&refused), "{refused}");
        assert_eq!(users.verify("admin", "secret").await, Some(true));
    }
}
