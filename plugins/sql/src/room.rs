//! How many connections there may be at once, of all callers together and of each: one of them takes no room from all
//! others.
//!
//! It must not know what a connection is.

use crate::everest::Caller;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Of all callers together.
const MOST: usize = 64;
/// Of one.
const MOST_OF_ONE: usize = 16;

/// The connections that there are, by their callers.
#[derive(Clone, Default)]
pub(crate) struct Room(Arc<Mutex<HashMap<Caller, usize>>>);

/// A connection's place, as long as it is held.
pub(crate) struct Seat {
    room: Room,
    caller: Caller,
}

impl Room {
    /// A place for one more; `None` when there is none.
    pub(crate) fn seat(&self, caller: &Caller) -> Option<Seat> {
        let mut taken = self.taken();
        let (all, own) = (taken.values().sum::<usize>(), taken.get(caller).copied().unwrap_or_default());
        if all >= MOST || own >= MOST_OF_ONE {
            return None;
        }
        taken.insert(caller.clone(), own + 1);
        Some(Seat { room: self.clone(), caller: caller.clone() })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Caller, usize>> {
        // Whoever panicked has changed nothing by half.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.room.taken();
        if let Some(own) = taken.get_mut(&self.caller) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_takes_no_room_from_all_others() {
        let room = Room::default();
        let callers: Vec<Caller> = (0..5).map(|number| Caller::of(&format!("Bearer {number}"))).collect();
        let mut seats: Vec<Seat> = (0..MOST_OF_ONE).filter_map(|_| room.seat(&callers[0])).collect();
        assert!(seats.len() == MOST_OF_ONE && room.seat(&callers[0]).is_none());
        for caller in &callers[1..4] {
            seats.extend((0..MOST_OF_ONE).filter_map(|_| room.seat(caller)));
        }
        assert!(seats.len() == MOST && room.seat(&callers[4]).is_none());
        seats.pop();
        assert!(room.seat(&callers[4]).is_some());
        drop(seats);
        assert!(room.taken().is_empty());
    }
}
