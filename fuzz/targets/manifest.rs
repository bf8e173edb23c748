//! A `Plugin` resource, an entry of a server's plugin list, and a sidecar.
#![no_main]

use everestctl::yaml;
use everestctl::discovery::manifest;
use everestctl_protocol::sidecar::Sidecar;
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

fuzz_target!(|data: &[u8]| {
    let _ = yaml::from_slice::<Option<Sidecar>>(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(raw) = serde_json::from_str::<Box<RawValue>>(text) else { return };
    let mut problems = Vec::new();
    for origin in
        [manifest::from_resource(&raw, 0, &mut problems), manifest::from_list_entry(&raw, &mut problems)]
    {
        if let Some(origin) = origin {
            let _ = (origin.name.to_string(), origin.word());
        }
    }
});
