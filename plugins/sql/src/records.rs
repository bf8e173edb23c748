//! The records of a file that comes piece by piece: its header as CSV has it, and its lines.
//!
//! It must not know where they go.

/// The longest header or line, in bytes.
pub(crate) const LONGEST: usize = 16 * 1024 * 1024;

/// Bytes that have come and are not used yet.
#[derive(Default)]
pub(crate) struct Pending(Vec<u8>);

impl Pending {
    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.0.extend_from_slice(piece);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }

    /// The first record of CSV with its end, once it is there: a line end in quotes ends nothing.
    pub(crate) fn record(&mut self) -> Option<Vec<u8>> {
        let mut quoted = false;
        let end = self.0.iter().position(|byte| {
            quoted ^= *byte == b'"';
            *byte == b'\n' && !quoted
        })?;
        Some(self.take(end + 1))
    }

    /// The first line with its end, once it is there.
    pub(crate) fn line(&mut self) -> Option<Vec<u8>> {
        let end = self.0.iter().position(|byte| *byte == b'\n')?;
        Some(self.take(end + 1))
    }

    /// Takes a byte order mark away.
    pub(crate) fn without_mark(&mut self) {
        if self.0.starts_with(b"\xef\xbb\xbf") {
            self.0.drain(..3);
        }
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let rest = self.0.split_off(length);
        std::mem::replace(&mut self.0, rest)
    }
}

/// The fields of one record of CSV.
pub(crate) fn fields(record: &str, delimiter: char) -> Vec<String> {
    let record = record.trim_end_matches(['\n', '\r']);
    let mut fields = vec![String::new()];
    let mut characters = record.chars().peekable();
    let mut quoted = false;
    while let Some(character) = characters.next() {
        let Some(field) = fields.last_mut() else { break };
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => field.extend(characters.next()),
            '"' => quoted = !quoted,
            _ if character == delimiter && !quoted => fields.push(String::new()),
            _ => field.push(character),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_csv_has_it() {
        assert_eq!(fields("id,\"a,\"\"b\",c\r\n", ','), ["id", "a,\"b", "c"]);
        assert_eq!(fields("id;größe", ';'), ["id", "größe"]);
        let mut pending = Pending::default();
        pending.push(b"\xef\xbb\xbfid,\"a");
        assert!(pending.record().is_none());
        pending.push(b"\nb\"\n1,2\n");
        pending.without_mark();
        assert_eq!(pending.record().unwrap(), b"id,\"a\nb\"\n");
        assert_eq!(pending.line().unwrap(), b"1,2\n");
        assert!(pending.line().is_none() && pending.rest().is_empty());
    }
}
