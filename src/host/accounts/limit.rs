//! Not letting anybody guess passwords: five attempts a second for each address, as upstream.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const ATTEMPTS: u32 = 5;
const WINDOW: Duration = Duration::from_secs(1);

/// Counts attempts by address.
#[derive(Debug, Default)]
pub(super) struct GuessLimit {
    windows: Mutex<HashMap<IpAddr, (Instant, u32)>>,
}

impl GuessLimit {
    /// Whether `from` may try once more now.
    pub(super) fn allows(&self, from: IpAddr) -> bool {
        let now = Instant::now();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.retain(|_, (start, _)| now.duration_since(*start) < WINDOW);
        let (_, count) = windows.entry(from).or_insert((now, 0));
        *count += 1;
        *count <= ATTEMPTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_attempt_in_a_second_has_to_wait() {
        let limit = GuessLimit::default();
        let address = IpAddr::from([127, 0, 0, 1]);
        assert!((0..5).all(|_| limit.allows(address)));
        assert!(!limit.allows(address));
        assert!(limit.allows(IpAddr::from([127, 0, 0, 2])));
    }
}
