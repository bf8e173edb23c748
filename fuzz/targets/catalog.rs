//! A catalog of extensions, and what a chart of one of them makes.
#![no_main]

use everestctl::chart::{difference, objects, range, surface};
use everestctl::client::hub::document;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(catalog) = document::read(data) {
        for entry in &catalog.entries {
            assert!(document::is_label(&entry.name));
            assert!(entry.release.as_deref().is_none_or(document::is_release));
            // What becomes an argument of helm is never an option.
            for chart in entry.channels.values() {
                assert!(!chart.reference.starts_with('-') && !chart.reference.contains(char::is_whitespace));
            }
            if let Some(range) = &entry.kubernetes {
                let _ = range::allows(range.as_str(), "v1.30.4+k3s1");
            }
        }
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(objects) = objects::read(text) {
        let _ = surface::of(&objects);
        assert_eq!(difference::between(&objects, &objects), []);
        let _ = difference::between(&objects, &[]);
    }
});
