//! Paths that climb: `..` in any of the spellings that a server behind the proxy may undo.
//!
//! It must not know where a path leads; only whether a part of it goes up.

/// How often a backend and what comes before it may decode a path.
const MOST_DECODINGS: usize = 4;

/// Whether a part of `path`, without its query, goes up: plainly, encoded (`%2e%2e`, `..%2f`, `..%5c`, twice, as the
/// overlong and wide forms of old servers), or with parameters (`..;x`).
pub(super) fn climbs(path: &str) -> bool {
    let mut bytes = path.as_bytes().to_vec();
    for _ in 0..=MOST_DECODINGS {
        if has_climbing_part(&bytes) {
            return true;
        }
        let decoded = decode(&bytes);
        if decoded == bytes {
            return false;
        }
        bytes = decoded;
    }
    // What is still encoded after that is not a path that is typed.
    true
}

fn has_climbing_part(path: &[u8]) -> bool {
    let narrow: String = String::from_utf8_lossy(path).chars().map(narrow).collect();
    narrow.split(['/', '\\']).any(|part| {
        let part = part.split([';', '?', '#', '\0']).next().unwrap_or_default();
        part.trim_matches(|character: char| character.is_whitespace() || character.is_control()) == ".."
    })
}

/// The plain form of characters that some servers take for a dot or a slash.
fn narrow(character: char) -> char {
    match character {
        '\u{2024}' | '\u{ff0e}' | '\u{fe52}' => '.',
        '\u{2044}' | '\u{2215}' | '\u{29f8}' | '\u{ff0f}' => '/',
        '\u{2216}' | '\u{29f5}' | '\u{fe68}' | '\u{ff3c}' => '\\',
        other => other,
    }
}

/// `%xx` and `%uxxxx` decoded once; overlong forms of ASCII become it.
fn decode(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&byte, behind)) = rest.split_first() {
        if byte == b'%' {
            if let [b'u' | b'U', digits @ ..] = behind
                && let Some(character) = digits.get(..4).and_then(hexadecimal).and_then(char::from_u32)
            {
                decoded.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &behind[5..];
                continue;
            }
            if let Some(value) = behind.get(..2).and_then(hexadecimal) {
                decoded.push(u8::try_from(value).unwrap_or_default());
                rest = &behind[2..];
                continue;
            }
        }
        decoded.push(byte);
        rest = behind;
    }
    without_overlong(&decoded)
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    let text =
        std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u32::from_str_radix(text, 16).ok()
}

/// ASCII that is spelled in more bytes than it needs, `c0 ae` for a dot, which no UTF-8 allows and some servers read.
fn without_overlong(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        rest = match rest {
            [] => return plain,
            [first @ 0xc0..=0xc1, second @ 0x80..=0xbf, behind @ ..] => {
                plain.push(((first & 0x1f) << 6) | (second & 0x3f));
                behind
            }
            [0xe0, second @ 0x80..=0x81, third @ 0x80..=0xbf, behind @ ..] => {
                plain.push(((second & 0x3f) << 6) | (third & 0x3f));
                behind
            }
            [first, behind @ ..] => {
                plain.push(*first);
                behind
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
