//! The SHA-256 of a body, and what an answer says that it is: `Repr-Digest` and `Content-Digest` (RFC 9530),
//! `Digest` (RFC 3230), or an `ETag` that is one.

use crate::model::hex;
use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The checksum of what has come so far.
#[derive(Clone)]
pub struct Sha256(Context);

impl Default for Sha256 {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl Sha256 {
    /// Adds a piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The checksum in hexadecimal.
    pub fn finish(self) -> String {
        hex(self.0.finish().as_ref())
    }
}

/// The checksum of the whole that an answer announces, in hexadecimal. `header` finds a header by name.
pub fn announced<'h>(header: impl Fn(&str) -> Option<&'h str>) -> Option<String> {
    let of_digests = ["repr-digest", "content-digest", "digest"].into_iter().find_map(|name| {
        header(name)?.split(',').find_map(|digest| {
            let (algorithm, value) = digest.trim().split_once('=')?;
            let value = value.trim_matches(':');
            algorithm.eq_ignore_ascii_case("sha-256").then(|| of_base64(value).or_else(|| of_hex(value)))?
        })
    });
    of_digests.or_else(|| {
        // An entity tag means nothing by itself: it has to say that it is a checksum.
        let tag = header("etag")?.trim_matches('"');
        let (_, value) = tag.split_at_checked("sha256".len()).filter(|(name, _)| *name == "sha256")?;
        of_hex(value.trim_start_matches([':', '-', '=']))
    })
}

fn of_base64(text: &str) -> Option<String> {
    let bytes = STANDARD.decode(text).ok().filter(|bytes| bytes.len() == SHA256.output_len())?;
    Some(hex(&bytes))
}

fn of_hex(text: &str) -> Option<String> {
    let is_one = text.len() == 2 * SHA256.output_len() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| text.to_ascii_lowercase())
}

/// A random boundary: 128 bits in hexadecimal.
pub fn unguessable() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| std::io::Error::other("there is no randomness"))?;
    Ok(hex(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn no_boundary_comes_twice() {
        let [one, other] = [unguessable().unwrap(), unguessable().unwrap()];
        assert!(one.len() == 32 && one != other);
    }

    #[test]
    fn every_header_that_names_a_checksum() {
        assert_eq!(Sha256::default().finish(), EMPTY);
        let found =
            |name: &'static str, value: &'static str| announced(|other| (other == name).then_some(value));
        let base64 = "sha-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(found("digest", base64).as_deref(), Some(EMPTY));
        assert_eq!(
            found("repr-digest", "sha-512=:AA==:, sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:")
                .as_deref(),
            Some(EMPTY)
        );
        let tag = "\"sha256:E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"";
        assert_eq!(found("etag", tag).as_deref(), Some(EMPTY));
        for (name, value) in [("etag", "\"abc\""), ("digest", "md5=AA=="), ("digest", "sha-256=AA==")] {
            assert_eq!(found(name, value), None, "{value}");
        }
    }
}
