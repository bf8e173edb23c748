//! Lines out of a body that comes in pieces, none longer than a limit. It must not know what is in them.

/// Bytes that are not a whole line yet.
#[derive(Debug)]
pub struct LineSplitter {
    rest: Vec<u8>,
    limit: usize,
    /// The last piece ended in `\r`: a `\n` at the start of the next one belongs to it.
    after_return: bool,
}

/// A line is longer than the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl LineSplitter {
    /// Nothing has come yet.
    pub fn new(limit: usize) -> Self {
        Self { rest: Vec::new(), limit, after_return: false }
    }

    /// Gives each line that `piece` completes, without its end: `\n`, `\r\n` or `\r`.
    pub fn feed(
        &mut self,
        mut piece: &[u8],
        each: &mut dyn FnMut(&[u8]) -> Result<(), TooLong>,
    ) -> Result<(), TooLong> {
        if std::mem::take(&mut self.after_return) && piece.first() == Some(&b'\n') {
            piece = &piece[1..];
        }
        while let Some(at) = piece.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (line, end) = piece.split_at(at);
            if self.rest.len() + line.len() > self.limit {
                return Err(TooLong);
            }
            if self.rest.is_empty() {
                each(line)?;
            } else {
                self.rest.extend_from_slice(line);
                each(&self.rest)?;
                self.rest.clear();
            }
            self.after_return = end == b"\r";
            let length = if end.starts_with(b"\r\n") { 2 } else { 1 };
            piece = &end[length..];
        }
        if self.rest.len() + piece.len() > self.limit {
            return Err(TooLong);
        }
        self.rest.extend_from_slice(piece);
        Ok(())
    }

    /// What has come of a line whose end has not.
    pub fn rest(&self) -> &[u8] {
        &self.rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(pieces: &[&[u8]], limit: usize) -> Result<(Vec<String>, String), TooLong> {
        let mut lines = LineSplitter::new(limit);
        let mut found = Vec::new();
        for piece in pieces {
            lines.feed(piece, &mut |line| {
                found.push(String::from_utf8_lossy(line).into_owned());
                Ok(())
            })?;
        }
        Ok((found, String::from_utf8_lossy(lines.rest()).into_owned()))
    }

    #[test]
    fn every_end_of_a_line_is_one_end() {
        let (found, rest) = lines(&[b"a\nb\r\nc\rd\r", b"\ne\r", b"f"], 10).unwrap();
        assert_eq!(found, ["a", "b", "c", "d", "e"]);
        assert_eq!(rest, "f");
    }

    #[test]
    fn a_line_that_is_too_long_is_not_kept() {
        assert_eq!(lines(&[b"123", b"45", b"6"], 5), Err(TooLong));
        assert_eq!(lines(&[b"123456\n"], 5), Err(TooLong));
        assert!(lines(&[b"12345\n12345\n"], 5).is_ok());
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_the_pieces_end(text in "[a\r\n]{0,40}", at in 0_usize..40) {
            let at = at.min(text.len());
            let (first, second) = text.as_bytes().split_at(at);
            prop_assert_eq!(lines(&[first, second], 100), lines(&[text.as_bytes()], 100));
        }
    }
}
