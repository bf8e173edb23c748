//! The last words of an answer that breaks off: a backend that fails when rows are out already can no longer say so by
//! its status. It writes a last line, `{"error": …}` with `detail` and `hint` as in any error, and breaks the answer off.
//!
//! It must not know who shows them.

use super::Explanation;
use super::error_body::{explanation, message};
use crate::model::CleanText;
use bytes::Bytes;
use serde_json::Value;
use std::collections::VecDeque;

/// The longest line that is looked at, in bytes.
const LONGEST: usize = 8 * 1024;
/// How such a line starts.
const BEGINNING: &[u8] = b"{\"error\":";

/// Why an answer broke off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailingError {
    /// What happened.
    pub message: CleanText,
    /// More about it.
    pub more: Explanation,
}

impl TrailingError {
    /// Those in a line, if it may be some: a row can look like them, and is followed by others.
    pub fn from_line(line: &[u8]) -> Option<Self> {
        let line = line.trim_ascii();
        if !line.starts_with(BEGINNING) || line.len() > LONGEST {
            return None;
        }
        let value: Value = serde_json::from_slice(line).ok()?;
        value["error"].as_str()?;
        Some(Self { message: message(line)?, more: explanation(line) })
    }
}

/// The end of what has come so far: the last pieces, which are not copied.
#[derive(Clone, Debug, Default)]
pub struct TailBuffer {
    pieces: VecDeque<Bytes>,
    length: usize,
}

impl TailBuffer {
    /// What comes next.
    pub fn push(&mut self, piece: &Bytes) {
        self.length += piece.len();
        self.pieces.push_back(piece.clone());
        while let Some(first) = self.pieces.front().filter(|first| self.length - first.len() >= LONGEST) {
            self.length -= first.len();
            self.pieces.pop_front();
        }
    }

    /// The last words, if its last line is some.
    pub fn last_words(&self) -> Option<TrailingError> {
        let text = self.pieces.iter().flatten().copied().collect::<Vec<u8>>();
        let text = text.trim_ascii_end();
        let start = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        TrailingError::from_line(&text[start..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_line_says_why() {
        let words = |text: &str| {
            let mut tail = TailBuffer::default();
            text.as_bytes().chunks(7).for_each(|piece| tail.push(&Bytes::copy_from_slice(piece)));
            tail.last_words()
        };
        let found = words("{\"a\":1}\n{\"error\":\"no \\u001b[2J\",\"hint\":\"try\"}\n").unwrap();
        assert_eq!(found.message.as_str(), "no [2J");
        assert_eq!(found.more.hint.unwrap().as_str(), "try");
        assert_eq!(words("1,2\n{\"error\":\"x\"}").unwrap().message.as_str(), "x");
        for other in ["", "a\n", "{\"error\":1}\n", "{\"error\":\"x\"", "{\"error\":\"x\"}\n1,2\n"] {
            assert_eq!(words(other), None, "{other}");
        }
        assert_eq!(words(&format!("{{\"error\":\"{}\"}}", "x".repeat(LONGEST))), None);
    }

    proptest! {
        #[test]
        fn the_tail_holds_the_end_and_little_more_whatever_the_pieces(pieces in proptest::collection::vec(0..3000_usize, 0..12)) {
            let mut tail = TailBuffer::default();
            let mut all = Vec::new();
            for (number, length) in pieces.into_iter().enumerate() {
                let piece = vec![u8::try_from(number).unwrap(); length];
                tail.push(&Bytes::copy_from_slice(&piece));
                all.extend(piece);
            }
            let held: Vec<u8> = tail.pieces.iter().flatten().copied().collect();
            prop_assert!(all.ends_with(&held) && held.len() >= all.len().min(LONGEST));
            prop_assert!(held.len() < LONGEST + 3000 && tail.length == held.len());
        }
    }
}
