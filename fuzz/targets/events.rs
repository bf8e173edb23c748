//! A stream of events or of JSON lines, in pieces: however it is cut, the same messages come out.
#![no_main]

use everestctl::client::event_stream::{Framing, Message, Messages};
use libfuzzer_sys::fuzz_target;

fn read<'a>(framing: Framing, pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Message> {
    let mut messages = Messages::new(framing, None);
    let mut found = Vec::new();
    for piece in pieces {
        match messages.feed(piece) {
            Ok(more) => found.extend(more),
            Err(_) => return found,
        }
    }
    found.extend(messages.finish());
    found
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, stream)) = data.split_first() else { return };
    let framing = if choice % 2 == 0 { Framing::Events } else { Framing::JsonLines };
    let size = usize::from(choice / 2) + 1;
    assert_eq!(read(framing, stream.chunks(size)), read(framing, std::iter::once(stream)));
});
