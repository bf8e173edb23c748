//! Whether a path stays where it begins, whoever decodes it, and however often. Pure.

/// Letters that some decoders take for `.`, `/` or `\`.
const LOOKALIKES: &[char] = &[
    '\u{2024}', '\u{2025}', '\u{2026}', '\u{2044}', '\u{2215}', '\u{29f8}', '\u{ff0e}', '\u{ff0f}',
    '\u{ff3c}',
];

/// Why a path of a document or an answer might lead out of the plugin, if it might: dots, slashes and percent signs
/// must stand as they are, for a gateway that decodes before it decides sees another path than this program.
pub fn fault(path: &str) -> Option<&'static str> {
    if !path.starts_with('/') {
        return Some("it does not begin with `/`");
    }
    if path.contains(['?', '#', '\\']) || path.chars().any(char::is_control) {
        return Some("it has characters that no path has");
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
        Err(_) => Some("it has encoded bytes that are no text"),
        Ok(text) if text.contains(LOOKALIKES) || text.chars().any(char::is_control) => {
            Some("it has letters that look like `/` or `.`")
        }
        Ok(_) => None,
    }
}

/// Whether a text of an answer can stand in a path as one step, whoever decodes it.
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
}
