//! Whether a path stays below its start, however often it is decoded. Pure.

/// Letters that some decoders take for `.`, `/` or `\`.
const LOOKALIKES: &[char] = &[
    '\u{2024}', '\u{2025}', '\u{2026}', '\u{2044}', '\u{2215}', '\u{29f8}', '\u{ff0e}', '\u{ff0f}',
    '\u{ff3c}',
];

/// Why a path of a document or an answer might lead out of the plugin, if it might: dots, slashes and percent signs
/// must be as they are, for a gateway that decodes before it decides sees another path than this program.
pub fn fault(path: &str) -> Option<&'static str> {
    if !path.starts_with('/') {
        return Some("it does not start with `/`");
    }
    if path.contains(['?', '#', '\\']) || path.chars().any(char::is_control) {
        return Some("it has characters that are not allowed in a path");
    }
    let body = path.strip_suffix('/').unwrap_or(path);
    // What follows a semicolon is a parameter to some servers, which then see the dots before it.
    let leaves = |segment: &str| matches!(segment.split(';').next(), Some("" | "." | ".."));
    if body.split('/').skip(1).any(leaves) {
        return Some("it has an empty segment, `.` or `..`");
    }
    let mut decoded = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|digit| char::from(digit).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Some("it has a `%` that encodes nothing");
        };
        let byte = u8::try_from(high * 16 + low).unwrap_or_default();
        if matches!(byte, b'.' | b'/' | b'\\' | b'%' | b';') || byte.is_ascii_control() {
            return Some("it has an encoded `/`, `.` or `%`");
        }
        decoded.push(byte);
    }
    match std::str::from_utf8(&decoded) {
        Err(_) => Some("it has encoded bytes that are not text"),
        Ok(text) if text.contains(LOOKALIKES) || text.chars().any(char::is_control) => {
            Some("it has letters that look like `/` or `.`")
        }
        Ok(_) => None,
    }
}

/// How often a server and whatever is before it may decode a path.
const DECODINGS: usize = 4;

/// Whether a segment of `path` is `.` or `..` for some server: decoded as often as servers may do it, with `\` as `/`,
/// without parameters (`..;x`) and control characters.
pub fn leaves(path: &str) -> bool {
    let mut text = path.as_bytes().to_vec();
    for _ in 0..DECODINGS {
        if text.split(|byte| matches!(byte, b'/' | b'\\')).any(is_dots) {
            return true;
        }
        let decoded = decoded(&text);
        if decoded.len() == text.len() {
            return false;
        }
        text = decoded;
    }
    // No one encodes that often by accident.
    text.contains(&b'%')
}

fn is_dots(segment: &[u8]) -> bool {
    let name = segment.split(|byte| *byte == b';').next().unwrap_or_default();
    let visible: Vec<u8> = name.iter().copied().filter(|byte| !byte.is_ascii_control()).collect();
    matches!(visible.trim_ascii(), b"." | b"..")
}

/// `text` decoded once; `.` and `/` in the long forms of UTF-8, too.
fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, behind)) = rest.split_first() {
        rest = behind;
        let code = match (first, behind) {
            (b'%', [high, low, ..]) => digit(*high).zip(digit(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        let Some(byte) = code else {
            decoded.push(first);
            continue;
        };
        rest = behind.get(2..).unwrap_or_default();
        match (decoded.last(), byte) {
            (Some(0xc0), 0xae | 0xaf) => {
                decoded.pop();
                decoded.push(byte - 0x80);
            }
            _ => decoded.push(byte),
        }
    }
    decoded
}

/// Whether a string from a response can be one segment of a path, however often it is decoded.
pub fn is_segment(text: &str) -> bool {
    !text.contains(['/', '%']) && fault(&format!("/{text}")).is_none() && !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_one_step() {
        for wrong in ["", ".", "..", "a/b", "../b", "a\\b", "a%2fb", "..;", "a?b", "a#b", "\n", "．．", "a\0"]
        {
            assert!(!is_segment(wrong), "{wrong}");
        }
        for right in ["a", "a.b", "42", "Größe", "a b", "urn:uuid:1", "a=b&c"] {
            assert!(is_segment(right), "{right}");
        }
    }

    #[test]
    fn what_anybody_could_read_as_another_place() {
        for path in [
            "a",
            "",
            "//x",
            "/a//b",
            "/.",
            "/..",
            "/a/../b",
            "/a/./b",
            "/a/..;/b",
            "/a/..;x=1/b",
            "/a/;/b",
            "/a\\b",
            "/a?b",
            "/a#b",
            "/\u{1b}",
            "/%2e%2e/b",
            "/%2E./b",
            "/a%2fb",
            "/a%5Cb",
            "/a%252fb",
            "/a%00",
            "/a%0d%0a",
            "/a%",
            "/a%2",
            "/a%zz",
            "/a%u002f",
            "/%c0%ae%c0%ae/b",
            "/%c0%afb",
            "/%ff",
            "/a%ef%bc%8fb",
            "/a／b",
            "/．．/b",
            "/a%3b/b",
            "/%c2%85",
        ] {
            assert!(fault(path).is_some(), "{path}");
        }
        for path in [
            "/",
            "/a",
            "/a/",
            "/a/b.c",
            "/...x",
            "/a%20b",
            "/a b",
            "/gr%C3%B6%C3%9Fe",
            "/a;v=1",
            "/a:b",
            "/@x",
            "/a..",
        ] {
            assert_eq!(fault(path), None, "{path}");
        }
    }

    #[test]
    fn a_path_does_not_leave_its_place_however_often_it_is_decoded() {
        for path in [
            "/..%2fother/x",
            "/%2e%2e%2Fother",
            "/a/%252e%252e/x",
            "/..%5cother",
            "/..\\other",
            "/..;a=b/x",
            "/..%00/x",
            "/%c0%ae%c0%ae/x",
            "/..%c0%af../x",
            "/%25252e%25252e/x",
            "/.",
            "..",
        ] {
            assert!(leaves(path), "{path}");
        }
        for path in ["/", "/a%2Fb", "/100%", "/%zz", "/a.b/..c", "/...", "/a;b=..", "50%25", "{v}%2e?#ö"] {
            assert!(!leaves(path), "{path}");
        }
    }
}
