//! How servers and the proxies before them decode a path: `%xx` and `%uxxxx`, more than once,
//! UTF-8 that is longer than it needs to be, letters that look like `.`, `/` or `\`.
//!
//! It must not know where a path leads; [`super::below`] judges that.

/// How often a server and the proxies before it may decode a path.
const MOST_DECODINGS: usize = 4;

/// Whether `is_found` in `path` as it is, or decoded once or more often. A path that is still encoded after that was not typed
/// by a person, and counts as found.
pub(super) fn is_in_any_decoding(path: &str, is_found: impl Fn(&str) -> bool) -> bool {
    let mut bytes = path.as_bytes().to_vec();
    for _ in 0..=MOST_DECODINGS {
        let text: String = String::from_utf8_lossy(&bytes).chars().map(narrow).collect();
        if is_found(&text) {
            return true;
        }
        let decoded = decode(&bytes);
        if decoded == bytes {
            return false;
        }
        bytes = decoded;
    }
    true
}

/// The plain form of characters that some servers take for a dot or a slash.
pub(super) fn narrow(character: char) -> char {
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
