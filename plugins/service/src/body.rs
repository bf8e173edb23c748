//! The body of a response of another server, and what it says, within bounds.

/// No message is passed on longer than this, in characters.
const LONGEST_MESSAGE: usize = 600;

/// Why a response was not read.
#[derive(Debug)]
pub enum ReadError {
    /// The connection was lost.
    Lost(reqwest::Error),
    /// It is larger than it may be.
    TooLarge,
}

/// The body of a response, if it is not larger than that.
///
/// # Errors
/// It is larger, or does not come to its end.
pub async fn read(mut answer: reqwest::Response, largest: usize) -> Result<Vec<u8>, ReadError> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(ReadError::Lost)? {
        if body.len() + piece.len() > largest {
            return Err(ReadError::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// What another server says, no longer than anybody reads.
pub fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
