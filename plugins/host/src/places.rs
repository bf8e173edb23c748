//! Who has a connection, and who has to go when there is no room.
//!
//! Any process that reaches the port can open connections, so they count for nothing until a user signs in on them.
//! A newcomer always finds a place: the one goes that means least, an idle one without a session first. So neither
//! a program without a session nor one user with a thousand streams keeps the others out. It must not know what is
//! asked on a connection.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Of all places, one user has this part at most in use at once: a quarter.
const PART_OF_ONE: usize = 4;
/// Of all places, one user follows events on this part at most.
const PART_OF_STREAMS: usize = 32;

/// The places.
#[derive(Debug)]
pub(crate) struct Places {
    most: usize,
    taken: Mutex<TakenPlaces>,
    /// A connection was closed.
    freed: Notify,
}

#[derive(Debug, Default)]
struct TakenPlaces {
    next: u64,
    seats: BTreeMap<u64, ConnectionState>,
}

/// What is known of one connection.
#[derive(Debug)]
struct ConnectionState {
    /// Who has proved who they are on it last.
    user: Option<Arc<str>>,
    busy: bool,
    follows: bool,
    leave: Arc<Notify>,
}

/// A place; it is free again when the last clone is dropped.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionPlace(Arc<HeldPlace>);

#[derive(Debug)]
struct HeldPlace {
    number: u64,
    leave: Arc<Notify>,
    places: Arc<Places>,
}

/// A running request; it has ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Busy(ConnectionPlace);

/// The user has as much as one user gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl Places {
    /// All are free.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most: most.max(1), taken: Mutex::default(), freed: Notify::new() })
    }

    /// A place for a new connection; the least important one is closed for it. Waits only if all are more important.
    pub(super) async fn take(self: &Arc<Self>) -> ConnectionPlace {
        loop {
            if let Some(place) = self.take_now() {
                return place;
            }
            self.freed.notified().await;
        }
    }

    fn take_now(self: &Arc<Self>) -> Option<ConnectionPlace> {
        let mut taken = self.lock();
        if taken.seats.len() >= self.most {
            let number = taken.least(self.most)?;
            if let Some(seat) = taken.seats.remove(&number) {
                seat.leave.notify_one();
            }
        }
        let number = taken.next;
        taken.next += 1;
        let leave = Arc::new(Notify::new());
        let seat = ConnectionState { user: None, busy: false, follows: false, leave: Arc::clone(&leave) };
        taken.seats.insert(number, seat);
        Some(ConnectionPlace(Arc::new(HeldPlace { number, leave, places: Arc::clone(self) })))
    }

    fn lock(&self) -> MutexGuard<'_, TakenPlaces> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TakenPlaces {
    /// The connection that means least; of several the oldest.
    fn least(&self, most: usize) -> Option<u64> {
        let oldest = |wanted: &dyn Fn(&ConnectionState) -> bool| {
            self.seats.iter().find(|(_, seat)| wanted(seat)).map(|(number, _)| *number)
        };
        let strangers = self.seats.values().filter(|seat| seat.user.is_none()).count();
        let is_stranger = |seat: &ConnectionState| seat.user.is_none();
        oldest(&|seat| is_stranger(seat) && !seat.busy)
            .or_else(|| if strangers > most / 2 { oldest(&is_stranger) } else { None })
            .or_else(|| oldest(&|seat| !seat.busy))
            .or_else(|| oldest(&is_stranger))
            .or_else(|| {
                let greatest = self.greatest()?;
                oldest(&|seat| seat.user.as_ref() == Some(&greatest))
            })
    }

    /// Who has the most, if that is more than one.
    fn greatest(&self) -> Option<Arc<str>> {
        let mut counts: BTreeMap<&Arc<str>, usize> = BTreeMap::new();
        for user in self.seats.values().filter_map(|seat| seat.user.as_ref()) {
            *counts.entry(user).or_default() += 1;
        }
        let (user, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
        (count > 1).then(|| Arc::clone(user))
    }

    fn count(&self, user: &str, counted: impl Fn(&ConnectionState) -> bool) -> usize {
        self.seats.values().filter(|seat| seat.user.as_deref() == Some(user) && counted(seat)).count()
    }
}

impl ConnectionPlace {
    /// A request starts. The caller is anonymous until authenticated.
    pub(super) fn begin(&self) -> Busy {
        self.change(|seat| {
            seat.busy = true;
            seat.follows = false;
        });
        Busy(self.clone())
    }

    /// The request is one of `user`, who has proved to be that.
    pub(crate) fn belongs_to(&self, user: &str) -> Result<(), TooMany> {
        let mut taken = self.0.places.lock();
        let most = (self.0.places.most / PART_OF_ONE).max(1);
        let others = taken.count(user, |seat| seat.busy);
        let Some(seat) = taken.seats.get_mut(&self.0.number) else { return Ok(()) };
        // This one counts already where the request before was the same user's.
        let others = others - usize::from(seat.busy && seat.user.as_deref() == Some(user));
        if others >= most {
            return Err(TooMany);
        }
        if seat.user.as_deref() != Some(user) {
            seat.user = Some(user.into());
        }
        Ok(())
    }

    /// The request follows events, which has no end.
    pub(crate) fn follows(&self, user: &str) -> Result<(), TooMany> {
        let mut taken = self.0.places.lock();
        let most = (self.0.places.most / PART_OF_STREAMS).max(4);
        if taken.count(user, |seat| seat.follows) >= most {
            return Err(TooMany);
        }
        if let Some(seat) = taken.seats.get_mut(&self.0.number) {
            seat.follows = true;
        }
        Ok(())
    }

    /// Returns when the place is needed for someone else.
    pub(crate) async fn needed(&self) {
        self.0.leave.notified().await;
    }

    fn change(&self, change: impl FnOnce(&mut ConnectionState)) {
        if let Some(seat) = self.0.places.lock().seats.get_mut(&self.0.number) {
            change(seat);
        }
    }
}

impl Busy {
    /// The place that it has.
    pub(crate) const fn place(&self) -> &ConnectionPlace {
        &self.0
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.change(|seat| {
            seat.busy = false;
            seat.follows = false;
        });
    }
}

impl Drop for HeldPlace {
    fn drop(&mut self) {
        self.places.lock().seats.remove(&self.number);
        self.places.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_asked_to_leave(place: &ConnectionPlace) -> bool {
        !place.0.places.lock().seats.contains_key(&place.0.number)
    }

    #[test]
    fn a_newcomer_finds_a_place_and_the_idle_stranger_goes() {
        let places = Places::new(4);
        let taken: Vec<_> = (0..4).map(|_| places.take_now().unwrap()).collect();
        let _request = taken[0].begin();
        taken[0].belongs_to("dana").unwrap();
        let _sign_in = taken[1].begin();
        let newcomer = places.take_now().unwrap();
        assert_eq!(taken.iter().map(is_asked_to_leave).collect::<Vec<_>>(), [false, false, true, false]);
        // A thousand that only connect push out each other.
        for _ in 0..1000 {
            let _ = places.take_now().unwrap();
        }
        assert!(!is_asked_to_leave(&taken[0]) && !is_asked_to_leave(&taken[1]));
        drop(newcomer);
    }

    #[test]
    fn strangers_who_are_busy_without_end_do_not_keep_users_out() {
        let places = Places::new(8);
        let user = places.take_now().unwrap();
        drop(user.begin());
        user.belongs_to("dana").unwrap();
        let strangers: Vec<_> =
            (0..100).map(|_| places.take_now().unwrap()).map(|it| (it.begin(), it)).collect();
        assert!(!is_asked_to_leave(&user), "an idle user goes after strangers who are too many");
        assert_eq!(strangers.iter().filter(|(_, place)| !is_asked_to_leave(place)).count(), 7);
    }

    #[test]
    fn one_user_has_a_part_and_gives_way_when_all_is_taken() {
        let places = Places::new(8);
        let taken: Vec<_> = (0..8).map(|_| places.take_now().unwrap()).collect();
        let mut busy = Vec::new();
        for place in &taken[..3] {
            busy.push(place.begin());
        }
        assert_eq!(taken[0].belongs_to("dana"), Ok(()));
        assert_eq!(taken[1].belongs_to("dana"), Ok(()));
        assert_eq!(taken[1].belongs_to("dana"), Ok(()), "the same request is not counted twice");
        assert_eq!(taken[2].belongs_to("dana"), Err(TooMany));
        assert_eq!(taken[2].belongs_to("eve"), Ok(()));
        for (place, user) in taken[3..].iter().zip(["eve", "frank", "frank", "gina", "gina"]) {
            busy.push(place.begin());
            place.belongs_to(user).unwrap();
        }
        // All are users and busy: one of those who have two gives way.
        let _newcomer = places.take_now().unwrap();
        assert_eq!(taken.iter().filter(|place| is_asked_to_leave(place)).count(), 1);
    }

    #[test]
    fn followers_are_counted_and_a_stream_that_ends_makes_room() {
        let places = Places::new(64);
        let taken: Vec<_> = (0..6).map(|_| places.take_now().unwrap()).collect();
        let mut busy: Vec<_> = taken.iter().map(ConnectionPlace::begin).collect();
        let followed: Vec<_> = taken
            .iter()
            .map(|place| place.belongs_to("dana").and_then(|()| place.follows("dana")).is_ok())
            .collect();
        assert_eq!(followed, [true, true, true, true, false, false]);
        busy.swap_remove(0);
        assert_eq!(taken[5].follows("dana"), Ok(()));
    }
}
