//! An access token, bound to the address that it is for.

use super::{Address, ClientError};
use crate::model::limits;
use crate::sys::process;
use reqwest::Url;
use reqwest::header::HeaderValue;
use std::fmt;
use zeroize::Zeroizing;

/// A secret that only goes to one origin. It cannot be printed, and its memory is wiped when it goes.
#[derive(Clone)]
pub struct Token {
    secret: Zeroizing<String>,
    address: Address,
}

impl Token {
    /// Binds `secret` to `address`. Fails if it contains characters that are not allowed in a header. From here on, a crash leaves no image of
    /// the memory.
    pub fn new(secret: Zeroizing<String>, address: Address) -> Result<Self, ClientError> {
        process::leave_no_core();
        if secret.len() > limits::TOKEN {
            return Err(ClientError::LongToken);
        }
        if secret.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(ClientError::BadToken);
        }
        Ok(Self { secret, address })
    }

    /// Whether it is this secret.
    pub fn is(&self, secret: &str) -> bool {
        self.secret.as_str() == secret
    }

    /// The secret itself, to be passed on to a plugin that asks for it, or to the user.
    pub fn reveal(self) -> Zeroizing<String> {
        self.secret
    }

    /// `text` without the secret, which a backend may have sent back.
    pub(super) fn hidden_in(&self, text: &str) -> String {
        without(text, &self.secret)
    }

    /// The `Authorization` header for a request to `url`; `None` for any other origin than the token's own.
    pub(super) fn header_for(&self, url: &Url) -> Option<HeaderValue> {
        if !self.address.is_origin_of(url) {
            return None;
        }
        let text = Zeroizing::new(format!("Bearer {}", self.secret.as_str()));
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// `text` without `secret`.
pub(super) fn without(text: &str, secret: &str) -> String {
    /// Shorter ones are words of any text.
    const SHORTEST: usize = 8;
    if secret.len() < SHORTEST { text.to_owned() } else { text.replace(secret, "HIDDEN") }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Token(for {})", self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_to_its_own_origin_only_and_is_never_shown() {
        let address = Address::new("https://everest.example.com", false).unwrap();
        let token = Token::new(Zeroizing::new("hunter2".to_owned()), address.clone()).unwrap();
        for wrong in ["a\rb".to_owned(), "a b".to_owned(), "\u{e9}".to_owned(), "a".repeat(limits::TOKEN + 1)]
        {
            assert!(Token::new(Zeroizing::new(wrong), address.clone()).is_err());
        }
        assert!(token.header_for(&address.below(&["v1", "version"])).is_some());
        for other in
            ["https://evil.example.com/", "https://everest.example.com:444/", "http://everest.example.com/"]
        {
            assert!(token.header_for(&other.parse().unwrap()).is_none(), "{other}");
        }
        let header = token.header_for(&address.below(&[])).unwrap();
        assert!(!format!("{token:?}{header:?}").contains("hunter2"));
    }
}
