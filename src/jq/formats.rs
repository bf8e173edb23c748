//! The formats of jq that the library has not: `@csv`, `@tsv`, `@base32`, `@base32d`.

use jaq_core::data;
use jaq_core::load::{self, parse::Def};
use jaq_core::native::{Fun, bome, run, v};
use jaq_json::Val;

/// RFC 4648, 6.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What is written in jq itself.
pub(super) fn definitions() -> impl Iterator<Item = Def<&'static str>> {
    load::parse(include_str!("formats.jq"), |parser| parser.defs()).unwrap_or_default().into_iter()
}

/// What they stand on.
pub(super) fn functions() -> impl Iterator<Item = Fun<data::JustLut<Val>>> {
    let encode: Fun<data::JustLut<Val>> = run(("encode_base32", v(0), |(_, input)| {
        bome(bytes(&input).map(|bytes| Val::utf8_str(encoded(bytes))))
    }));
    let decode: Fun<data::JustLut<Val>> = run(("decode_base32", v(0), |(_, input)| {
        let decoded = |bytes| decoded(bytes).ok_or_else(|| jaq_core::Error::str("not base32"));
        bome(bytes(&input).and_then(decoded).map(Val::utf8_str))
    }));
    [encode, decode].into_iter()
}

fn bytes(value: &Val) -> Result<&[u8], jaq_core::Error<Val>> {
    match value {
        Val::TStr(text) | Val::BStr(text) => Ok(text),
        _ => Err(jaq_core::Error::str("not a string")),
    }
}

fn encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let bits = (0..5).fold(0_u64, |bits, at| bits << 8 | u64::from(chunk.get(at).copied().unwrap_or(0)));
        let digits = (chunk.len() * 8).div_ceil(5);
        for at in 0..8 {
            let digit = usize::try_from(bits >> (35 - 5 * at) & 31).unwrap_or_default();
            text.push(if at < digits { char::from(ALPHABET[digit]) } else { '=' });
        }
    }
    text
}

fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for byte in &text[..text.len() - padding] {
        let digit = ALPHABET.iter().position(|digit| digit == byte)?;
        bits = bits << 5 | u32::try_from(digit).ok()?;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 255).ok()?);
        }
        bits &= 0xff;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn base32_as_rfc_4648_has_it() {
        for (text, expected) in [
            ("", ""),
            ("f", "MY======"),
            ("fo", "MZXQ===="),
            ("foo", "MZXW6==="),
            ("foob", "MZXW6YQ="),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI======"),
        ] {
            assert_eq!(encoded(text.as_bytes()), expected);
        }
        assert_eq!(decoded(b"1"), None);
        assert_eq!(definitions().count(), 6);
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(decoded(encoded(&bytes).as_bytes()), Some(bytes));
        }
    }
}
