//! Limits password attempts: five per second, as upstream, and one per second for a name whose password is being
//! guessed.
//!
//! A limit for each address would be none here: every program of this machine has the sixteen million of 127.0.0.0/8.
//! So all of loopback has one, of which the addresses that nobody uses by chance have a fifth: whoever guesses from
//! there is in the way of none who sign in from 127.0.0.1. What is too much is refused at once and never waits, so
//! that whoever comes again a second later is not behind a thousand others. It must not know a password.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// After this many wrong passwords in a row a name has one attempt a second.
const PATIENCE: u32 = 5;
/// How long that may last at most before the next attempt.
const PAUSE: Duration = Duration::from_secs(1);
/// After this long without an attempt all is forgotten.
const FORGOTTEN: Duration = Duration::from_mins(1);
/// The most names that are remembered.
const MOST_NAMES: usize = 4096;
/// No user has a longer name.
const LONGEST_NAME: usize = 64;

/// Counts attempts.
#[derive(Debug, Default)]
pub(super) struct GuessLimit {
    known: Mutex<GuessRecords>,
}

#[derive(Debug, Default)]
struct GuessRecords {
    /// When each would have used up what it has, had it come at a steady pace.
    lanes: HashMap<Lane, Instant>,
    names: HashMap<(Lane, String), Guessed>,
}

#[derive(Debug)]
struct Guessed {
    wrong: u32,
    last: Instant,
}

/// Those who share a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Lane {
    /// 127.0.0.1 and `::1`.
    Loopback,
    /// The rest of 127.0.0.0/8.
    OddLoopback,
    Address(Ipv4Addr),
    /// The first half of an address: one network of one subscriber.
    Network([u16; 4]),
}

impl Lane {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(Ipv4Addr::LOCALHOST) | IpAddr::V6(Ipv6Addr::LOCALHOST) => Self::Loopback,
            IpAddr::V4(address) if address.is_loopback() => Self::OddLoopback,
            IpAddr::V4(address) => Self::Address(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::Network([a, b, c, d])
            }
        }
    }

    /// The pause between two attempts at a steady pace, and how many may come at once.
    const fn pace(self) -> (Duration, u32) {
        match self {
            Self::Loopback => (Duration::from_millis(250), 5),
            Self::OddLoopback => (Duration::from_secs(1), 1),
            Self::Address(_) | Self::Network(_) => (Duration::from_millis(200), 5),
        }
    }
}

impl GuessLimit {
    /// Whether `from` may try a password of `user` now. It counts as wrong until [`Self::was_right`].
    pub(super) fn allows(&self, from: IpAddr, user: &str) -> bool {
        self.allows_at(from, user, Instant::now())
    }

    fn allows_at(&self, from: IpAddr, user: &str, now: Instant) -> bool {
        let lane = Lane::of(from);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.lanes.retain(|_, until| *until > now);
        known.names.retain(|_, guessed| now.duration_since(guessed.last) < FORGOTTEN);
        let key = (lane, shortened(user));
        let guessed = known.names.get(&key);
        if guessed.is_some_and(|it| it.wrong >= PATIENCE && now.duration_since(it.last) < PAUSE) {
            return false;
        }
        let (pause, at_once) = lane.pace();
        let until = known.lanes.get(&lane).copied().unwrap_or(now);
        if until.duration_since(now) > pause * (at_once - 1) {
            return false;
        }
        if guessed.is_none() && known.names.len() >= MOST_NAMES {
            return false;
        }
        known.lanes.insert(lane, until.max(now) + pause);
        let guessed = known.names.entry(key).or_insert(Guessed { wrong: 0, last: now });
        guessed.wrong = guessed.wrong.saturating_add(1);
        guessed.last = now;
        true
    }

    /// The password was right: it was not a guess.
    pub(super) fn was_right(&self, from: IpAddr, user: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.names.remove(&(Lane::of(from), shortened(user)));
    }
}

fn shortened(user: &str) -> String {
    user.chars().take(LONGEST_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn all_of_loopback_has_one_limit_and_its_odd_addresses_a_part_of_it() {
        let (limit, start) = (GuessLimit::default(), Instant::now());
        let tried = |at: u64, from: IpAddr, name: &str| {
            limit.allows_at(from, name, start + Duration::from_millis(at))
        };
        let mut odd = 0;
        for number in 0..100_000_u64 {
            let [.., a, b, c] = u32::try_from(number).unwrap().to_be_bytes();
            let from = IpAddr::from([127, a.saturating_add(1), b, c]);
            odd += usize::from(tried(number / 10, from, &format!("user{number}")));
        }
        assert!((9..=11).contains(&odd), "{odd} in ten seconds");
        // They delayed no one.
        let usual = [address("127.0.0.1"), address("::1"), address("::ffff:127.0.0.1")];
        let at_once =
            (0..100).filter(|number| tried(10_000, usual[number % 3], &format!("x{number}"))).count();
        assert_eq!(at_once, 5);
        let steady = (0..4000).filter(|at| tried(10_000 + at, usual[0], &format!("y{at}"))).count();
        assert!((15..=17).contains(&steady), "{steady} in four seconds");
    }

    #[test]
    fn a_network_has_one_limit() {
        let (limit, now) = (GuessLimit::default(), Instant::now());
        let from = |number: u16| IpAddr::from([0x2001, 0xdb8, 0, 0, number, number, 0, 1]);
        assert_eq!(
            (0..100).filter(|number| limit.allows_at(from(*number), &number.to_string(), now)).count(),
            5
        );
        assert!(limit.allows_at(address("2001:db8:0:1::1"), "x", now));
        assert!(limit.allows_at(address("192.0.2.1"), "x", now));
    }

    #[test]
    fn a_name_that_is_guessed_at_has_one_attempt_a_second_and_never_less() {
        let (limit, start, from) = (GuessLimit::default(), Instant::now(), address("127.0.0.1"));
        let tried = |at: u64, name: &str| limit.allows_at(from, name, start + Duration::from_millis(at));
        let tested = (0..10_000).filter(|at| tried(*at, "dana")).count();
        assert!((10..=15).contains(&tested), "{tested} in ten seconds");
        assert!(tried(10_000, "eve"), "another name has its own");
        assert!(tried(11_500, "dana"), "a thousand refusals make nobody wait longer");
        limit.was_right(from, "dana");
        assert!(tried(11_600, "dana") && tried(11_700, "dana"));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (limit, start) = (GuessLimit::default(), Instant::now());
        for number in 0..20_000_u32 {
            let from = IpAddr::from(Ipv4Addr::from(0x0a00_0000 + number));
            limit.allows_at(from, &"n".repeat(60_000), start);
        }
        let known = limit.known.lock().unwrap();
        assert_eq!(known.names.len(), MOST_NAMES);
        assert!(known.names.keys().all(|(_, name)| name.len() == LONGEST_NAME));
        assert!(known.lanes.len() <= MOST_NAMES);
    }
}
