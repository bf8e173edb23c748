//! How many requests may be with Prometheus at once, and how many of one user: nobody keeps all others out. Who comes when there
//! is no place waits a while, as a page does that asks for many things at once.

use crate::problem::ProblemBody;
use http::StatusCode;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Of all users together, and of one.
const MOST: usize = 32;
const MOST_OF_ONE: usize = 8;
/// How many of one user there may be with those that wait, and how long they wait.
const MOST_WAITING: usize = 100;
const WAIT: Duration = Duration::from_secs(10);

/// Who has how many places.
#[derive(Clone)]
pub(crate) struct Room {
    all: Arc<Semaphore>,
    users: Arc<Mutex<HashMap<String, UserRoom>>>,
}

/// The places of a user, and how many requests there are for them.
struct UserRoom {
    places: Arc<Semaphore>,
    count: usize,
}

/// A request that is known, whether it has a place or waits for one.
struct Known {
    room: Room,
    subject: String,
}

/// A place, as long as it is held.
pub(crate) struct Seat {
    _permits: [OwnedSemaphorePermit; 2],
    _known: Known,
}

impl Default for Room {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(MOST)), users: Arc::default() }
    }
}

impl Room {
    /// A place for one more.
    pub(crate) async fn seat(&self, subject: String) -> Result<Seat, ProblemBody> {
        let (known, own) = self.known(subject).ok_or_else(full)?;
        // First one's own: who waits there takes nothing from others.
        let both =
            async { Some([own.acquire_owned().await.ok()?, self.all.clone().acquire_owned().await.ok()?]) };
        let permits = timeout(WAIT, both).await.ok().flatten().ok_or_else(full)?;
        Ok(Seat { _permits: permits, _known: known })
    }

    fn known(&self, subject: String) -> Option<(Known, Arc<Semaphore>)> {
        let mut users = self.users();
        let own = users
            .entry(subject.clone())
            .or_insert_with(|| UserRoom { places: Arc::new(Semaphore::new(MOST_OF_ONE)), count: 0 });
        if own.count >= MOST_WAITING {
            return None;
        }
        own.count += 1;
        let places = Arc::clone(&own.places);
        drop(users);
        Some((Known { room: self.clone(), subject }, places))
    }

    fn users(&self) -> MutexGuard<'_, HashMap<String, UserRoom>> {
        // A panic leaves no half-made change.
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn full() -> ProblemBody {
    ProblemBody::new(StatusCode::TOO_MANY_REQUESTS, "too many requests are running")
        .hint("try again in a moment")
}

impl Drop for Known {
    fn drop(&mut self) {
        let mut users = self.room.users();
        if let Some(own) = users.get_mut(&self.subject) {
            own.count -= 1;
            if own.count == 0 {
                users.remove(&self.subject);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn at_once(room: &Room, user: &str) -> Option<Seat> {
        timeout(Duration::from_millis(20), room.seat(user.to_owned())).await.ok()?.ok()
    }

    async fn all(room: &Room, user: &str) -> Vec<Seat> {
        let mut seats = Vec::new();
        while let Some(seat) = at_once(room, user).await {
            seats.push(seat);
        }
        seats
    }

    #[tokio::test]
    async fn nobody_keeps_all_others_out() {
        let room = Room::default();
        let mut own = all(&room, "a").await;
        assert_eq!(own.len(), MOST_OF_ONE);
        // Who waits gets the place of who leaves.
        let waits = tokio::spawn({
            let room = room.clone();
            async move { room.seat("a".to_owned()).await.is_ok() }
        });
        tokio::task::yield_now().await;
        own.pop();
        assert!(waits.await.unwrap());
        own.extend(at_once(&room, "a").await);
        let mut others = Vec::new();
        for user in ["b", "c", "d", "e"] {
            others.extend(all(&room, user).await);
        }
        assert_eq!(own.len() + others.len(), MOST);
        assert!(at_once(&room, "f").await.is_none());
        drop(own);
        assert!(at_once(&room, "f").await.is_some());
        drop(others);
        assert!(room.users().is_empty());
    }

    #[tokio::test]
    async fn a_queue_has_an_end() {
        let room = Room::default();
        let known: Vec<_> = (0..MOST_WAITING).filter_map(|_| room.known("a".to_owned())).collect();
        assert_eq!(known.len(), MOST_WAITING);
        assert!(room.seat("a".to_owned()).await.is_err());
        assert!(at_once(&room, "b").await.is_some());
    }
}
