//! A names file of the index: as it is, and as an archive under a header that is right, so that the checksum stops
//! nothing.
#![no_main]

use everestctl::index::format;
use libfuzzer_sys::fuzz_target;
use rkyv::util::AlignedVec;
use xxhash_rust::xxh3::xxh3_64;

const KEY: u64 = 9;

fn read(content: &[u8]) {
    let mut aligned: AlignedVec = AlignedVec::new();
    aligned.extend_from_slice(content);
    let _ = format::for_each_entry(&aligned, KEY, |entry| {
        let _ = (entry.name.len(), entry.description.map(str::len));
    });
    if let Some(names) = format::decode(&aligned, KEY) {
        for section in names.sections.values() {
            let _ = section.answered.map(|moment| moment.to_rfc3339_seconds());
            let _ = section.failed.map(|moment| moment.to_rfc3339_seconds());
        }
        let _ = format::encode(&names, KEY);
    }
}

fuzz_target!(|data: &[u8]| {
    read(data);
    let mut content = b"EVXNAMES".to_vec();
    content.extend_from_slice(&format::VERSION.to_le_bytes());
    content.extend_from_slice(&[0; 4]);
    content.extend_from_slice(&xxh3_64(data).to_le_bytes());
    content.extend_from_slice(&KEY.to_le_bytes());
    content.extend_from_slice(data);
    read(&content);
});
