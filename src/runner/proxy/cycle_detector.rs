//! Whether a list goes in circles. It must not know what a page is.

use crate::model::limits;
use serde_json::Value;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// The pages that were asked for, so far as it takes to see a circle of any length: the place of one of them, and of
/// a later one each time that twice as many have come (Brent). A list may have millions of pages.
#[derive(Default)]
pub struct CycleDetector {
    /// The place of the last page.
    pub last: String,
    checkpoint: String,
    steps: u64,
    body: Option<u64>,
    /// The rows of the last page, and how many pages in a row had no others.
    rows: u64,
    same: u32,
}

impl CycleDetector {
    /// Whether there is still something to hope for: a server can lead to ever new places that all have nothing, or
    /// the same.
    pub fn brings_news(&mut self, rows: &[Value]) -> bool {
        let mut hasher = DefaultHasher::new();
        rows.hash(&mut hasher);
        let rows = hasher.finish();
        self.same = if self.steps > 0 && rows == self.rows { self.same + 1 } else { 0 };
        self.rows = rows;
        self.same < limits::EMPTY_PAGES
    }

    /// Adds a place. `body` is the page before it, when the place alone says nothing: who counts rows never comes
    /// back to the same place, though the server may give the same rows.
    pub fn goes_in_circles(&mut self, place: String, body: Option<&Vec<u8>>) -> bool {
        let body = body.map(|body| {
            let mut hasher = DefaultHasher::new();
            body.hash(&mut hasher);
            hasher.finish()
        });
        let is_same = place == self.checkpoint || (body.is_some() && body == self.body);
        self.steps += 1;
        if self.steps.is_power_of_two() {
            self.checkpoint.clone_from(&place);
        }
        (self.last, self.body) = (place, body);
        is_same
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_of_any_length_is_seen() {
        for length in [1, 2, 3, 7, 500] {
            let mut trail = CycleDetector::default();
            let mut pages = (0..).map(|page| (page, (page % length).to_string()));
            let (page, _) = pages.find(|(_, place)| trail.goes_in_circles(place.clone(), None)).unwrap();
            assert!(page <= 3 * length, "{length}: {page}");
        }
        let mut trail = CycleDetector::default();
        assert!(!(0..10_000).any(|page| trail.goes_in_circles(page.to_string(), None)));
    }

    #[test]
    fn ever_new_places_with_the_same_rows_come_to_an_end() {
        for rows in [&[] as &[Value], &[Value::from(1), Value::from("a")]] {
            let mut trail = CycleDetector::default();
            let mut pages = (0..1000)
                .take_while(|page| trail.brings_news(rows) && !trail.goes_in_circles(page.to_string(), None));
            let count = pages.by_ref().count();
            assert!((90..110).contains(&count), "{count}");
        }
        let mut trail = CycleDetector::default();
        assert!(
            (0..1000).all(|page| trail.brings_news(&[Value::from(page)])
                && !trail.goes_in_circles(page.to_string(), None))
        );
    }

    #[test]
    fn rows_that_are_counted_are_not_the_same_again() {
        let mut trail = CycleDetector::default();
        assert!(!trail.goes_in_circles("10".to_owned(), Some(&vec![1])));
        assert!(!trail.goes_in_circles("20".to_owned(), Some(&vec![2])));
        assert!(trail.goes_in_circles("30".to_owned(), Some(&vec![2])));
    }
}
