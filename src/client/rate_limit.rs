//! Not asking one server for too much at once: a real one allows 100 requests a second for each address
//! (reference, section 3.6), and all users of one gateway share them.

use std::time::Duration;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// At most this many requests are under way.
const SIDE_BY_SIDE: usize = 8;
/// The least time between the beginnings of two requests: 50 a second.
const APART: Duration = Duration::from_millis(20);

/// Gives each request its turn.
#[derive(Debug)]
pub struct RateLimiter {
    places: Semaphore,
    next: Mutex<Instant>,
}

impl RateLimiter {
    /// The pace for one server.
    pub fn new() -> Self {
        Self { places: Semaphore::new(SIDE_BY_SIDE), next: Mutex::new(Instant::now()) }
    }

    /// Waits for a turn; the place is free again when the permit goes.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed, so that there is always a permit.
        let place = self.places.acquire().await.ok();
        let start = {
            let mut next = self.next.lock().await;
            let start = (*next).max(Instant::now());
            *next = start + APART;
            start
        };
        sleep_until(start).await;
        place
    }
}

impl Default for RateLimiter {
    fn default() -> Self {
        Self::new()
    }
}
