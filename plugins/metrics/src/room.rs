//! How many requests may be with Prometheus at once, and how many of one user: nobody keeps all others out.

use crate::problem::ProblemBody;
use http::StatusCode;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Of all users together, and of one.
const MOST: usize = 32;
const MOST_OF_ONE: usize = 8;

/// Who has how many places.
#[derive(Clone, Default)]
pub(crate) struct Room(Arc<Mutex<HashMap<String, usize>>>);

/// A place, as long as it is held.
pub(crate) struct Seat {
    room: Room,
    subject: String,
}

impl Room {
    /// A place for one more.
    pub(crate) fn seat(&self, subject: String) -> Result<Seat, ProblemBody> {
        let mut taken = self.taken();
        let full = |what: String| {
            Err(ProblemBody::new(StatusCode::TOO_MANY_REQUESTS, what).hint("try again in a moment"))
        };
        if taken.get(&subject).is_some_and(|own| *own >= MOST_OF_ONE) {
            return full(format!("you already have {MOST_OF_ONE} requests running, which is the maximum"));
        }
        if taken.values().sum::<usize>() >= MOST {
            return full("too many requests are running".to_owned());
        }
        *taken.entry(subject.clone()).or_default() += 1;
        Ok(Seat { room: self.clone(), subject })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        // A panic leaves no half-made change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.room.taken();
        if let Some(own) = taken.get_mut(&self.subject) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.subject);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_keeps_all_others_out() {
        let room = Room::default();
        let all = |user: &str| std::iter::from_fn(|| room.seat(user.to_owned()).ok()).collect::<Vec<_>>();
        let own = all("a");
        assert_eq!(own.len(), MOST_OF_ONE);
        assert!(room.seat("a".to_owned()).is_err());
        let others: Vec<_> = ["b", "c", "d", "e"].iter().flat_map(|user| all(user)).collect();
        assert_eq!(own.len() + others.len(), MOST);
        assert!(room.seat("f".to_owned()).is_err());
        drop(own);
        assert!(room.seat("f".to_owned()).is_ok());
        drop(others);
        assert!(room.taken().is_empty());
    }
}
