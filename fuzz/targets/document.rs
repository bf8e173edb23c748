//! A plugin's OpenAPI document, and a request by each of the commands that it gives.
#![no_main]

use everestctl::openapi;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(descriptor) = openapi::read(data) else { return };
    for command in descriptor.commands.iter().take(50) {
        let input = openapi::Input::at(std::time::SystemTime::UNIX_EPOCH);
        let _ = openapi::request(command, &input);
        let _ = openapi::confirmation(command, &input);
        let _ = openapi::requirement(command, &descriptor.schemes, |_| false);
    }
    let kept = serde_json::to_vec(&descriptor).expect("a descriptor can be written down");
    let read: openapi::Descriptor = serde_json::from_slice(&kept).expect("and is read again");
    assert_eq!(read.commands.len(), descriptor.commands.len());
});
