//! The header `Link`, asked for the relations that are used.
#![no_main]

use everestctl::client::link;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    for relation in ["next", "service-desc", ""] {
        let _ = link::target(data, relation);
    }
});
