//! Every limit on an answer, in one place, and what is said when one is reached. Pure.
//!
//! The server decides what a response costs: sixty kilobytes of gzip can be gigabytes of values, and fifty
//! thousand brackets a stack. So each answer is measured before it is read as JSON, wherever it comes from. What is
//! passed on as it is (`-o raw`, `--output-file`) has no limit but the length of what is kept at once.

use std::fmt;

/// The largest answer that is shown, in bytes.
pub const SHOWN: usize = 64 * 1024 * 1024;
/// The largest page of a list of Kubernetes resources, in bytes.
pub const RESOURCES: usize = 32 * 1024 * 1024;
/// The largest answer of the server's own routes, in bytes.
pub const SERVER: usize = 8 * 1024 * 1024;
/// The largest message of a stream, in bytes.
pub const MESSAGE: usize = 8 * 1024 * 1024;
/// The largest answer that values for TAB are taken from, in bytes.
pub const COMPLETION: usize = 4 * 1024 * 1024;
/// The largest answer to a sign-in, in bytes.
pub const SIGN_IN: usize = 256 * 1024;
/// The longest token, in bytes: it goes into a header, which few servers take longer.
pub const TOKEN: usize = 16 * 1024;
/// What is read of an answer that says no, in bytes.
pub const REFUSAL: usize = 64 * 1024;

/// How deep an answer may nest.
pub const DEPTH: usize = 256;
/// Values and names in an answer that is read.
pub const VALUES: usize = 1_500_000;
/// Entries of a list of plugins.
pub const ENTRIES: usize = 100_000;
/// Problems of one source that are told one by one.
pub const PROBLEMS: usize = 20;
/// How many times larger than on the wire an answer may be that is [`PACKED`] or more.
pub const EXPANSION: usize = 200;
/// The size from which on it is looked at how well an answer was packed, in bytes.
pub const PACKED: usize = 4 * 1024 * 1024;
/// Pages in a row that bring nothing new.
pub const EMPTY_PAGES: u32 = 100;

/// Which limit a response exceeds. Its text follows "the response is".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Excess {
    /// It has more bytes.
    Bytes(usize),
    /// It nests deeper.
    Depth,
    /// It has more values.
    Values,
    /// It was packed tighter than anything honest is.
    Expansion,
}

impl fmt::Display for Excess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MEBI: usize = 1024 * 1024;
        match self {
            Self::Bytes(limit) if *limit < MEBI => write!(formatter, "larger than {} KiB", limit / 1024),
            Self::Bytes(limit) => write!(formatter, "larger than {} MiB", limit / MEBI),
            Self::Depth => write!(formatter, "nested deeper than {DEPTH} levels"),
            Self::Values => write!(formatter, "too complex (more than {VALUES} values)"),
            Self::Expansion => {
                write!(formatter, "more than {EXPANSION} times as large as its compressed form")
            }
        }
    }
}

/// Measures what is to be read as JSON, without reading it: in one pass, on no stack, whatever it is.
pub fn check(json: &[u8]) -> Result<(), Excess> {
    let (mut depth, mut values) = (0_usize, 1_usize);
    let mut rest = json.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' => loop {
                match rest.next() {
                    None | Some(b'"') => break,
                    Some(b'\\') => drop(rest.next()),
                    Some(_) => {}
                }
            },
            b'[' | b'{' => {
                depth += 1;
                values += 1;
                if depth > DEPTH {
                    return Err(Excess::Depth);
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' | b':' => values += 1,
            // The reader of jq knows comments, in which a quote starts no text.
            b'#' => drop(rest.find(|byte| **byte == b'\n')),
            _ => {}
        }
        if values > VALUES {
            return Err(Excess::Values);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_in_every_shape_and_not_in_texts() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]"), (" [ \n", "]"), ("[1,", "]")]
        {
            let levels = open.matches(['[', '{']).count();
            let nested = |count: usize| format!("{}1{}", open.repeat(count), close.repeat(count));
            assert_eq!(check(nested(DEPTH / levels).as_bytes()), Ok(()), "{open}");
            assert_eq!(check(nested(DEPTH / levels + 1).as_bytes()), Err(Excess::Depth), "{open}");
            assert_eq!(check(open.repeat(50_000).as_bytes()), Err(Excess::Depth), "{open}");
        }
        let brackets = "[".repeat(50_000);
        assert_eq!(check(format!("\"{brackets}\"").as_bytes()), Ok(()));
        assert_eq!(check(format!("\"\\\"{brackets}\"").as_bytes()), Ok(()));
        for hidden in
            [format!("\"\\\\\"{brackets}"), format!("# \"\n{brackets}"), format!("1 \"a\" {brackets}")]
        {
            assert_eq!(check(hidden.as_bytes()), Err(Excess::Depth));
        }
        // Side by side is not within each other.
        assert_eq!(check(format!("[{}[]]", "[],".repeat(50_000)).as_bytes()), Ok(()));
    }

    #[test]
    fn values_are_counted_whatever_they_are() {
        for one in ["1,", "[],", "{},", "\"\",", "{\"a\":1},", "[[]],"] {
            assert_eq!(check(format!("[{}1]", one.repeat(VALUES)).as_bytes()), Err(Excess::Values), "{one}");
            assert_eq!(check(format!("[{}1]", one.repeat(VALUES / 4)).as_bytes()), Ok(()), "{one}");
        }
    }
}
