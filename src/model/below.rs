//! Whether a path stays below its start, however often it is decoded. Pure.

use super::decoding::{is_in_any_decoding, narrow};

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
        Ok(text) if text.chars().any(|letter| is_lookalike(letter) || letter.is_control()) => {
            Some("it has letters that look like `/` or `.`")
        }
        Ok(_) => None,
    }
}

/// Whether some decoder takes `letter` for `.`, `/` or `\`.
fn is_lookalike(letter: char) -> bool {
    narrow(letter) != letter || matches!(letter, '\u{2025}' | '\u{2026}')
}

/// Whether a segment of `path` is `.` or `..` for some server: decoded as often as servers may do it, with `\` as `/`,
/// without parameters (`..;x`) and control characters.
pub fn leaves(path: &str) -> bool {
    is_in_any_decoding(path, |path| segments(path, &[';', '\0']).any(|segment| matches!(segment, "." | "..")))
}

/// Whether a segment of `path`, which may have a query, is `..` for some server. `.` is left to the backend: it does not lead out.
pub fn climbs(path: &str) -> bool {
    is_in_any_decoding(path, |path| segments(path, &[';', '?', '#', '\0']).any(|segment| segment == ".."))
}

/// The segments of `path`, each up to the first of `ends`, without the blanks and control characters around it.
fn segments<'a>(path: &'a str, ends: &'a [char]) -> impl Iterator<Item = &'a str> {
    path.split(['/', '\\']).map(move |segment| {
        let name = segment.split(ends).next().unwrap_or_default();
        name.trim_matches(|character: char| character.is_whitespace() || character.is_control())
    })
}

/// Whether a text of an answer can be one segment of a path, however it is decoded.
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
            "/%u002e%u002e/x",
            "/%e0%80%ae%e0%80%ae/x",
            "/．．/x",
            "/%ef%bc%8e%ef%bc%8e/x",
            "/..%ef%bc%8fx",
            "/%20../x",
            "/.",
            "..",
        ] {
            assert!(leaves(path), "{path}");
        }
        for path in ["/", "/a%2Fb", "/100%", "/%zz", "/a.b/..c", "/...", "/a;b=..", "50%25", "{v}%2e?#ö"] {
            assert!(!leaves(path), "{path}");
        }
    }

    #[test]
    fn whatever_goes_up_is_found_and_the_rest_passes() {
        for path in [
            "/..",
            "/../x",
            "/a/../b",
            "/a/..",
            "/%2e%2e/x",
            "/%2E./x",
            "/.%2e/x",
            "/a/..%2fb",
            "/a/..%2Fb",
            "/a%2f..%2fb",
            "/..%5cx",
            "/a\\..\\b",
            "/%252e%252e/x",
            "/%25252e%25252e%25252fx",
            "/..;/x",
            "/..;a=b/x",
            "/%2e%2e%3bx/y",
            "/..%00/x",
            "/..%20/x",
            "/%09../x",
            "//../x",
            "/./../x",
            "/%c0%ae%c0%ae/x",
            "/..%c0%afx",
            "/..%c1%9cx",
            "/%e0%80%ae%e0%80%ae/x",
            "/%u002e%u002e/x",
            "/%ef%bc%8e%ef%bc%8e/x",
            "/..%ef%bc%8fx",
            "/..%3fx",
            "/..%23x",
            "/%2525252525252e",
        ] {
            assert!(climbs(path), "{path}");
        }
        for path in [
            "",
            "/",
            "//double//",
            "/api/a%2Fb/c%20d",
            "/a..b",
            "/..a",
            "/a..",
            "/...",
            "/.",
            "/a/./b",
            "/%2e",
            "/100%25",
            "/%",
            "/%zz",
            "/%u12",
            "/gr%C3%B6%C3%9Fe",
            "/a;b/c",
            "/x%2e%2e",
        ] {
            assert!(!climbs(path), "{path}");
        }
    }
}
