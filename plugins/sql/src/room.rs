//! How many connections there may be at once, of all users together and of each: one of them takes no room from all
//! others.
//!
//! It must not know what a connection is.

use crate::subject::Subject;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Of all users together.
const MOST: usize = 64;
/// Of one.
const MOST_OF_ONE: usize = 16;
/// Those without an end, sessions among them, of all users together: room for statements is left.
const MOST_ENDLESS: usize = 32;
/// And of one.
const MOST_ENDLESS_OF_ONE: usize = 4;

/// Sessions of one: several terminals, and no more than a user looks at.
const MOST_SESSIONS_OF_ONE: usize = 8;

/// How long a connection is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stay {
    /// As long as a statement takes.
    Statement,
    /// Until a place is free.
    Endless,
    /// As long as the user works in it.
    Session,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// One user has as many as one may have.
    OfOne(Stay),
    /// All users together have.
    OfAll(Stay),
}

impl fmt::Display for Full {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfOne(Stay::Statement) => {
                write!(formatter, "you already have {MOST_OF_ONE} running statements, which is the maximum")
            }
            Self::OfOne(Stay::Endless) => {
                write!(
                    formatter,
                    "you already follow the activity {MOST_ENDLESS_OF_ONE} times, which is the maximum"
                )
            }
            Self::OfOne(Stay::Session) => {
                write!(
                    formatter,
                    "you already have {MOST_SESSIONS_OF_ONE} open sessions, which is the maximum"
                )
            }
            Self::OfAll(Stay::Session) => formatter.write_str("too many open sessions"),
            Self::OfAll(Stay::Statement) => formatter.write_str("too many concurrent statements"),
            Self::OfAll(Stay::Endless) => formatter.write_str("too many users are following the activity"),
        }
    }
}

/// How many places a user has.
#[derive(Clone, Copy, Debug, Default)]
struct SeatCount {
    all: usize,
    endless: usize,
    sessions: usize,
}

/// The connections that there are, by their users.
#[derive(Clone, Default)]
pub(crate) struct Room(Arc<Mutex<HashMap<Subject, SeatCount>>>);

/// A connection's place, as long as it is held.
pub(crate) struct ConnectionSeat {
    room: Room,
    subject: Subject,
    stay: Stay,
}

impl Room {
    /// A place for one more.
    pub(crate) fn seat(&self, subject: &Subject, stay: Stay) -> Result<ConnectionSeat, Full> {
        let mut taken = self.taken();
        let own = taken.get(subject).copied().unwrap_or_default();
        let (all, endless) = taken
            .values()
            .fold((0, 0), |(all, endless), one| (all + one.all, endless + one.endless + one.sessions));
        let is_endless = stay != Stay::Statement;
        if (stay == Stay::Endless && own.endless >= MOST_ENDLESS_OF_ONE)
            || (stay == Stay::Session && own.sessions >= MOST_SESSIONS_OF_ONE)
        {
            return Err(Full::OfOne(stay));
        }
        if own.all >= MOST_OF_ONE {
            return Err(Full::OfOne(Stay::Statement));
        }
        if is_endless && endless >= MOST_ENDLESS {
            return Err(Full::OfAll(stay));
        }
        if all >= MOST {
            return Err(Full::OfAll(Stay::Statement));
        }
        let more = SeatCount {
            all: own.all + 1,
            endless: own.endless + usize::from(stay == Stay::Endless),
            sessions: own.sessions + usize::from(stay == Stay::Session),
        };
        taken.insert(subject.clone(), more);
        Ok(ConnectionSeat { room: self.clone(), subject: subject.clone(), stay })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Subject, SeatCount>> {
        // A panic leaves no half-made change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ConnectionSeat {
    fn drop(&mut self) {
        let mut taken = self.room.taken();
        if let Some(own) = taken.get_mut(&self.subject) {
            own.all -= 1;
            own.endless -= usize::from(self.stay == Stay::Endless);
            own.sessions -= usize::from(self.stay == Stay::Session);
            if own.all == 0 {
                taken.remove(&self.subject);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(room: &Room, subject: &Subject, stay: Stay) -> Vec<ConnectionSeat> {
        std::iter::from_fn(|| room.seat(subject, stay).ok()).collect()
    }

    #[test]
    fn one_takes_no_room_from_all_others() {
        let room = Room::default();
        let users: Vec<Subject> = (0..5).map(|number| Subject::named(&number.to_string())).collect();
        let mut seats = all(&room, &users[0], Stay::Statement);
        assert_eq!(seats.len(), MOST_OF_ONE);
        assert_eq!(room.seat(&users[0], Stay::Statement).err(), Some(Full::OfOne(Stay::Statement)));
        assert!(room.seat(&users[1], Stay::Statement).is_ok());
        for user in &users[1..4] {
            seats.extend(all(&room, user, Stay::Statement));
        }
        assert_eq!(seats.len(), MOST);
        assert_eq!(room.seat(&users[4], Stay::Statement).err(), Some(Full::OfAll(Stay::Statement)));
        seats.pop();
        assert!(room.seat(&users[4], Stay::Statement).is_ok());
        drop(seats);
        assert!(room.taken().is_empty());
    }

    #[test]
    fn what_never_ends_leaves_room_for_what_does() {
        let room = Room::default();
        let one = Subject::named("one");
        let following = all(&room, &one, Stay::Endless);
        assert_eq!(following.len(), MOST_ENDLESS_OF_ONE);
        assert_eq!(room.seat(&one, Stay::Endless).err(), Some(Full::OfOne(Stay::Endless)));
        let statements = all(&room, &one, Stay::Statement);
        assert_eq!(statements.len(), MOST_OF_ONE - MOST_ENDLESS_OF_ONE);
        drop(statements);
        let users: Vec<Subject> = (0..100).map(|number| Subject::named(&number.to_string())).collect();
        let others: Vec<ConnectionSeat> =
            users.iter().flat_map(|user| all(&room, user, Stay::Endless)).collect();
        assert_eq!(others.len() + following.len(), MOST_ENDLESS);
        assert_eq!(room.seat(&users[99], Stay::Endless).err(), Some(Full::OfAll(Stay::Endless)));
        assert!(room.seat(&users[99], Stay::Statement).is_ok());
        drop((following, others));
        let sessions = all(&room, &one, Stay::Session);
        assert_eq!(sessions.len(), MOST_SESSIONS_OF_ONE);
        assert_eq!(room.seat(&one, Stay::Session).err(), Some(Full::OfOne(Stay::Session)));
        assert!(room.seat(&one, Stay::Statement).is_ok());
        drop(sessions);
        assert!(room.taken().is_empty());
    }
}
