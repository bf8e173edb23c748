//! The sessions that are open: each is a connection that outlives a request, of the user who has opened it and of nobody
//! else.
//!
//! One ends when its user closes it, when the request that holds it ends, and when nothing has happened in it for long.
//! What it had not committed is undone. It must not know what a statement is.

use crate::database::Canceller;
use crate::executor::Executor;
use crate::problem::ProblemBody;
use crate::subject::Subject;
use crate::tag::TransactionState;
use crate::target::StatementTarget;
use http::StatusCode;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// How long a request waits for the one before it, which may be ending.
const TURN: Duration = Duration::from_secs(5);

/// What is known of a session beside its connection.
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) subject: Subject,
    /// As a policy names its instance.
    pub(crate) object: String,
    pub(crate) target: StatementTarget,
    pub(crate) writes: bool,
    /// The role that runs its statements.
    pub(crate) user: String,
    canceller: Canceller,
    executor: Arc<AsyncMutex<Executor>>,
    seen: Mutex<SessionActivity>,
}

#[derive(Clone, Copy)]
struct SessionActivity {
    last: Instant,
    state: TransactionState,
}

impl Session {
    /// Where it is with its transaction.
    pub(crate) fn state(&self) -> TransactionState {
        self.activity().state
    }

    /// How long nothing has happened in it.
    pub(crate) fn idle(&self) -> Duration {
        if self.executor.try_lock().is_err() { Duration::ZERO } else { self.activity().last.elapsed() }
    }

    /// Stops the statement that runs in it, if one does.
    pub(crate) async fn cancel(&self) -> bool {
        let runs = self.executor.try_lock().is_err();
        if runs {
            self.canceller.clone().cancel().await;
        }
        runs
    }

    /// The connection, for one request at a time.
    pub(crate) async fn turn(self: &Arc<Self>) -> Result<SessionTurn, ProblemBody> {
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.executor).lock_owned()).await;
        let guard = turn.map_err(|_| {
            ProblemBody::new(StatusCode::CONFLICT, "another statement is running in this session")
                .hint("wait for it, or cancel it")
        })?;
        Ok(SessionTurn { guard: Some(guard), session: Arc::clone(self), runs: false })
    }

    fn activity(&self) -> MutexGuard<'_, SessionActivity> {
        // A panic leaves no half-made change.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connection of a session, for one request. One that is dropped while a statement runs cancels it, and the next
/// request has to wait until that is done.
pub(crate) struct SessionTurn {
    guard: Option<OwnedMutexGuard<Executor>>,
    session: Arc<Session>,
    /// A statement was begun and has not ended.
    pub(crate) runs: bool,
}

impl SessionTurn {
    pub(crate) fn executor(&mut self) -> Option<&mut Executor> {
        self.guard.as_deref_mut()
    }
}

impl Drop for SessionTurn {
    fn drop(&mut self) {
        let Some(mut guard) = self.guard.take() else { return };
        let session = Arc::clone(&self.session);
        let note = move |guard: &Executor, session: &Session| {
            *session.activity() = SessionActivity { last: Instant::now(), state: guard.state() };
        };
        if !self.runs {
            return note(&guard, &session);
        }
        tokio::spawn(async move {
            session.canceller.clone().cancel().await;
            guard.settle().await;
            note(&guard, &session);
        });
    }
}

/// All sessions that are open.
#[derive(Clone)]
pub(crate) struct Sessions {
    all: Arc<Mutex<HashMap<String, Arc<Session>>>>,
    /// How long nothing has to happen in one for it to end, and in one with an open transaction.
    limits: (Duration, Duration),
}

impl Sessions {
    /// None are open. One ends after `idle` without a statement, and after a third of it with an open transaction, which
    /// keeps others from what it has locked.
    pub(crate) fn new(idle: Duration) -> Self {
        Self { all: Arc::default(), limits: (idle, idle / 3) }
    }

    /// How long nothing has to happen in a session for it to end.
    pub(crate) fn idle_limit(&self) -> Duration {
        self.limits.0
    }

    /// Adds one.
    pub(crate) fn add(
        &self,
        subject: Subject,
        object: String,
        target: StatementTarget,
        executor: Executor,
        user: String,
    ) -> Arc<Session> {
        let session = Arc::new(Session {
            id: format!("{:016x}", RandomState::new().build_hasher().finish()),
            subject,
            object,
            target,
            writes: executor.writes(),
            user,
            canceller: executor.canceller(),
            executor: Arc::new(AsyncMutex::new(executor)),
            seen: Mutex::new(SessionActivity { last: Instant::now(), state: TransactionState::None }),
        });
        self.all().insert(session.id.clone(), Arc::clone(&session));
        tokio::spawn(watched(Arc::downgrade(&self.all), self.limits, session.id.clone()));
        session
    }

    /// The one of this name.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Session>> {
        self.all().get(id).cloned()
    }

    /// Those of a user, in the order of their names.
    pub(crate) fn of(&self, subject: &Subject) -> Vec<Arc<Session>> {
        let mut own: Vec<_> = self.all().values().filter(|one| one.subject == *subject).cloned().collect();
        own.sort_by(|one, other| one.id.cmp(&other.id));
        own
    }

    /// Ends one; what runs in it is cancelled.
    pub(crate) fn end(&self, id: &str) -> bool {
        let ended = self.all().remove(id);
        let is_ended = ended.is_some();
        if let Some(session) = ended {
            tokio::spawn(async move { session.cancel().await });
        }
        is_ended
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
        lock(&self.all)
    }
}

fn lock(all: &Mutex<HashMap<String, Arc<Session>>>) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the session `id` when nothing has happened in it for long.
async fn watched(
    all: Weak<Mutex<HashMap<String, Arc<Session>>>>,
    (idle, in_transaction): (Duration, Duration),
    id: String,
) {
    loop {
        let left = {
            let Some(all) = all.upgrade() else { return };
            let mut all = lock(&all);
            let Some(session) = all.get(&id) else { return };
            let limit = if session.state() == TransactionState::None { idle } else { in_transaction };
            let left = limit.checked_sub(session.idle()).filter(|left| !left.is_zero());
            let Some(left) = left else {
                all.remove(&id);
                return;
            };
            // It may begin a transaction meanwhile.
            left.min(in_transaction)
        };
        tokio::time::sleep(left.max(Duration::from_millis(50))).await;
    }
}

/// Ends a session when it is dropped: with the request that holds it.
pub(crate) struct SessionHold {
    sessions: Sessions,
    id: String,
}

impl SessionHold {
    pub(crate) fn new(sessions: &Sessions, id: &str) -> Self {
        Self { sessions: sessions.clone(), id: id.to_owned() }
    }

    /// Whether it is still open.
    pub(crate) fn is_open(&self) -> bool {
        self.sessions.get(&self.id).is_some()
    }
}

impl Drop for SessionHold {
    fn drop(&mut self) {
        self.sessions.end(&self.id);
    }
}
