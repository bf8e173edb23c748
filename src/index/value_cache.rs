//! Values that a server returned for TAB recently: a file for each request, which can be lost without harm.
//!
//! What a question is, and how it is asked, is not known here.

use super::store::{Key, Store};
use crate::sys::clock::UnixTime;
use serde::{Deserialize, Serialize};
use std::io;
use std::time::Duration;

/// The largest file, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;
/// For this long values are used, and are fetched again only in the background.
const FRESH: Duration = Duration::from_secs(15);
/// So long they are better than nothing.
const USABLE: Duration = Duration::from_hours(1);
/// A question that was not answered is left alone for so long.
const PAUSE: Duration = Duration::from_secs(30);

/// The values for one question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Values {
    /// When they were given, in milliseconds since 1970; 0 for never.
    answered: u64,
    /// When the question was last not answered, in milliseconds since 1970; 0 once it was answered again.
    failed: u64,
    /// The values, each with what it is.
    given: Vec<(String, String)>,
}

impl Values {
    /// Whether to ask again.
    pub fn is_due(&self, now: UnixTime) -> bool {
        !within(self.answered, FRESH, now) && !within(self.failed, PAUSE, now)
    }

    /// The values, unless they are too old to mean anything.
    pub fn usable(self, now: UnixTime) -> Option<Vec<(String, String)>> {
        within(self.answered, USABLE, now).then_some(self.given)
    }

    /// Whether it was tried since `then`.
    pub fn is_news(&self, then: UnixTime) -> bool {
        self.answered >= then.0 || self.failed >= then.0
    }
}

/// A time in the future, as after the clock was set back, proves nothing.
fn within(moment: u64, span: Duration, now: UnixTime) -> bool {
    moment > 0 && now.since(UnixTime(moment)).is_some_and(|age| age < span)
}

impl Store {
    /// What is known for this question; nothing when it is damaged or not there.
    pub fn values(&self, key: Key) -> Values {
        self.json(key, LARGEST).unwrap_or_default()
    }

    /// Keeps an answer; `None` when there was none: then what was known stays.
    pub fn keep_values(
        &self,
        key: Key,
        answer: Option<Vec<(String, String)>>,
        now: UnixTime,
    ) -> io::Result<()> {
        let values = match answer {
            Some(given) => Values { answered: now.0, failed: 0, given },
            None => Values { failed: now.0, ..self.values(key) },
        };
        self.keep_json(key, &values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::files;

    #[test]
    fn an_answer_is_good_for_a_while_and_a_failure_leaves_it() {
        let folder = files::temporary_folder("values-").unwrap();
        let store = Store::new(folder.path());
        let key = Key::new("values", [&b"question"[..]]);
        let at = |seconds: u64| UnixTime(1_000_000 + seconds * 1000);
        assert!(store.values(key).is_due(at(0)));
        let values = vec![("orders".to_owned(), "postgresql".to_owned())];
        store.keep_values(key, Some(values.clone()), at(0)).unwrap();
        assert!(!store.values(key).is_due(at(10)) && store.values(key).is_due(at(20)));
        store.keep_values(key, None, at(20)).unwrap();
        assert!(!store.values(key).is_due(at(40)) && store.values(key).is_due(at(60)));
        assert_eq!(store.values(key).usable(at(60)), Some(values));
        assert_eq!(store.values(key).usable(at(4000)), None);
        files::replace(&store.file(key, "json"), b"{\"values\": 5").unwrap();
        assert_eq!(store.values(key), Values::default());
    }
}
