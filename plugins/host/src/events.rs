//! Events for subscribers (reference, section 4): an envelope with a cursor `epoch:seq`, a ring
//! of the last events, and a stream for each follower.

use super::{Log, accounts, log};
use everestctl::sys::clock;
use serde::Serialize;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;

/// How many events are kept for those who come back.
const RING: usize = 4096;
/// How many bytes of them are kept.
const RING_BYTES: usize = 2 * 1024 * 1024;
/// How many of them may be failed sign-ins, which need no session: they push out each other and nothing else.
const RING_FAILED: usize = 256;
/// What an event takes beside its names, in bytes.
const EVENT_BYTES: usize = 256;
/// A sign-in that failed.
pub const LOGIN_FAILED: &str = "user.login-failed";
/// How long they are kept, in seconds.
const KEPT: u64 = 300;
/// How many events a subscriber may lag.
const BEHIND: usize = 256;

/// One event.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostEvent {
    /// Sequence number, the second part of a cursor.
    pub seq: u64,
    /// The life of the host that it belongs to.
    pub epoch: String,
    /// What happened, as in `plugin.installed`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// When, as RFC 3339.
    pub occurred_at: String,
    /// Where, if anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// To what.
    pub resource: EventSubject,
    /// By whom.
    pub actor: Actor,
    #[serde(skip)]
    second: u64,
}

/// What an event is about.
#[derive(Clone, Debug, Serialize)]
pub struct EventSubject {
    /// `Plugin`, `User`.
    pub kind: &'static str,
    /// Name of the resource.
    pub name: String,
}

/// Who did it.
#[derive(Clone, Debug, Serialize)]
pub struct Actor {
    /// `user` or `system`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The user.
    pub id: String,
}

/// The events of one life of the host.
pub struct Events {
    epoch: String,
    ring: Mutex<Ring>,
    live: broadcast::Sender<HostEvent>,
    log: Log,
}

impl fmt::Debug for Events {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Events").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Ring {
    events: VecDeque<HostEvent>,
    /// The number of the last event that happened.
    last: u64,
    /// The number of the last event that is no longer kept, failed sign-ins aside.
    lost: u64,
    failed: usize,
    bytes: usize,
}

impl Ring {
    fn push(&mut self, event: HostEvent) {
        self.bytes += event.size();
        let now = event.second;
        let has_failed = event.kind == LOGIN_FAILED;
        self.failed += usize::from(has_failed);
        self.events.push_back(event);
        if self.failed > RING_FAILED {
            let oldest = self.events.iter().position(|event| event.kind == LOGIN_FAILED);
            self.forget(oldest.unwrap_or_default());
        }
        while self.events.len() > RING
            || self.bytes > RING_BYTES
            || self.events.front().is_some_and(|oldest| oldest.second + KEPT < now)
        {
            self.forget(0);
        }
    }

    fn forget(&mut self, position: usize) {
        let Some(event) = self.events.remove(position) else { return };
        self.bytes -= event.size();
        if event.kind == LOGIN_FAILED {
            self.failed -= 1;
        } else {
            self.lost = event.seq;
        }
    }
}

/// An expired cursor: start again without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

impl Events {
    /// Nothing has happened yet. Each event is a line of `log` too.
    pub fn new(epoch: String, log: Log) -> Self {
        Self { epoch, ring: Mutex::default(), live: broadcast::channel(BEHIND).0, log }
    }

    /// Publishes an event. Names are cut: after a failed sign-in the name is whatever was typed.
    pub fn publish(&self, kind: &'static str, resource: EventSubject, actor: Actor) {
        let cut = |text: String| match text.char_indices().nth(log::LONGEST_NAME) {
            Some((end, _)) => text[..end].to_owned(),
            None => text,
        };
        let resource = EventSubject { name: cut(resource.name), ..resource };
        let actor = Actor { id: cut(actor.id), ..actor };
        self.log.event(&format!("event {kind} {}", log::field(&resource.name, log::LONGEST_NAME)));
        let mut ring = self.lock();
        ring.last += 1;
        let occurred_at = humantime::format_rfc3339_millis(clock::now()).to_string();
        let event = HostEvent {
            seq: ring.last,
            epoch: self.epoch.clone(),
            kind,
            occurred_at,
            namespace: None,
            resource,
            actor,
            second: accounts::now(),
        };
        ring.push(event.clone());
        // Under the lock, so that subscribers get events in order. There may be none.
        let _ = self.live.send(event);
    }

    /// What happened since `cursor`, and what happens from now on.
    pub fn follow(
        &self,
        cursor: Option<&str>,
    ) -> Result<(Vec<HostEvent>, broadcast::Receiver<HostEvent>), Gone> {
        let ring = self.lock();
        let live = self.live.subscribe();
        let Some(cursor) = cursor else { return Ok((Vec::new(), live)) };
        let since = self.position(cursor).ok_or(Gone)?;
        if since > ring.last || since < ring.lost {
            return Err(Gone);
        }
        Ok((ring.events.iter().filter(|event| event.seq > since).cloned().collect(), live))
    }

    fn position(&self, cursor: &str) -> Option<u64> {
        let (epoch, seq) = cursor.split_once(':')?;
        (epoch == self.epoch).then(|| seq.parse().ok()).flatten()
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HostEvent {
    fn size(&self) -> usize {
        EVENT_BYTES + self.epoch.len() + self.resource.name.len() + self.actor.id.len()
    }

    /// What a follower sends to go on after this event.
    pub fn cursor(&self) -> String {
        format!("{}:{}", self.epoch, self.seq)
    }
}

/// How long a stream stays silent before it shows that it is alive.
pub const HEARTBEAT: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(events: &Events) {
        let resource = EventSubject { kind: "Plugin", name: "x".to_owned() };
        events.publish("plugin.installed", resource, Actor { kind: "system", id: String::new() });
    }

    #[test]
    fn a_cursor_replays_what_was_missed_and_nothing_twice() {
        let events = Events::new("e".to_owned(), log::door(std::sync::Arc::new(|_| {})));
        (0..3).for_each(|_| publish(&events));
        let (missed, mut live) = events.follow(Some("e:1")).unwrap();
        assert_eq!(missed.iter().map(|event| event.seq).collect::<Vec<_>>(), [2, 3]);
        publish(&events);
        assert_eq!(live.try_recv().unwrap().seq, 4);
        assert!(events.follow(Some("e:4")).unwrap().0.is_empty());
    }

    #[test]
    fn cursors_of_another_life_from_the_future_malformed_or_too_old_are_gone() {
        let events = Events::new("e".to_owned(), log::door(std::sync::Arc::new(|_| {})));
        (0..5000).for_each(|_| publish(&events));
        for cursor in ["other:1", "e:5001", "e", "e:x", "", "e:10"] {
            assert_eq!(events.follow(Some(cursor)).err(), Some(Gone), "{cursor}");
        }
        assert!(events.follow(Some("e:1000")).is_ok());
    }

    #[test]
    fn failed_sign_ins_push_out_each_other_and_nothing_else() {
        let events = Events::new("e".to_owned(), log::door(std::sync::Arc::new(|_| {})));
        publish(&events);
        for _ in 0..20_000 {
            let name = "n".repeat(60_000);
            let actor = Actor { kind: "user", id: name.clone() };
            events.publish(LOGIN_FAILED, EventSubject { kind: "User", name }, actor);
        }
        publish(&events);
        let (kept, _) = events.follow(Some("e:0")).unwrap();
        assert_eq!(kept.len(), RING_FAILED + 2);
        assert_eq!((kept[0].seq, kept.last().unwrap().seq), (1, 20_002));
        assert!(kept.iter().all(|event| event.resource.name.len() <= 64 && event.actor.id.len() <= 64));
        assert!(events.lock().bytes <= kept.len() * (EVENT_BYTES + 256));
    }

    #[test]
    fn a_cursor_and_an_event_are_what_the_reference_shows() {
        let events = Events::new("6f1c2a".to_owned(), log::door(std::sync::Arc::new(|_| {})));
        publish(&events);
        let (events, _) = events.follow(Some("6f1c2a:0")).unwrap();
        assert_eq!(events[0].cursor(), "6f1c2a:1");
        let json = serde_json::to_string(&events[0]).unwrap();
        assert!(json.starts_with(r#"{"seq":1,"epoch":"6f1c2a","type":"plugin.installed""#), "{json}");
    }
}
