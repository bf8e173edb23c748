//! The body of an answer as it comes: unpacked here, so that it is known how much came over the wire for it, and held
//! against the limits of [`limits`], whichever code reads it.

use super::ClientError;
use super::network_error::{NetworkError, network};
use crate::model::limits::{self, Excess};
use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use std::io::{self, Write as _};
use std::mem;

/// How much is unpacked at once; it becomes a thousand times as much at most.
const PIECE: usize = 512;

/// What is packed, and may be unpacked on the way.
pub(super) const ACCEPTED: &str = "gzip";

/// The body of an answer.
#[derive(Debug)]
pub(super) struct ResponseBody {
    response: Response,
    packed: Option<Packed>,
    /// How many bytes came over the wire, and how many they were.
    sent: usize,
    came: usize,
}

struct Packed {
    decoder: MultiGzDecoder<Vec<u8>>,
    rest: Bytes,
}

impl std::fmt::Debug for Packed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Packed({} bytes)", self.rest.len())
    }
}

impl ResponseBody {
    /// The body of `response`, which loses the headers that are about its packed form.
    pub(super) fn new(mut response: Response) -> Self {
        let headers = response.headers_mut();
        let is_packed =
            headers.get(CONTENT_ENCODING).is_some_and(|how| how.as_bytes().eq_ignore_ascii_case(b"gzip"));
        if is_packed {
            headers.remove(CONTENT_ENCODING);
            headers.remove(CONTENT_LENGTH);
        }
        let packed =
            is_packed.then(|| Packed { decoder: MultiGzDecoder::new(Vec::new()), rest: Bytes::new() });
        Self { response, packed, sent: 0, came: 0 }
    }

    /// The body of `response` as it is sent: a file is what its server has, packed or not.
    pub(super) fn as_sent(response: Response) -> Self {
        Self { response, packed: None, sent: 0, came: 0 }
    }

    /// Status and headers.
    pub(super) fn head(&self) -> &Response {
        &self.response
    }

    /// The next piece; `None` at its end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, ClientError> {
        loop {
            if let Some(piece) =
                self.packed.as_mut().map(Packed::next).transpose().map_err(|_| damaged())?.flatten()
            {
                self.came += piece.len();
                return Ok(Some(piece));
            }
            match (self.response.chunk().await.map_err(|error| network(&error))?, &mut self.packed) {
                (Some(chunk), packed) => {
                    self.sent += chunk.len();
                    let Some(packed) = packed else {
                        self.came += chunk.len();
                        return Ok(Some(chunk));
                    };
                    packed.rest = chunk;
                }
                (None, Some(packed)) if self.sent > 0 => {
                    let rest = packed.finish().map_err(|_| damaged())?;
                    self.packed = None;
                    if !rest.is_empty() {
                        self.came += rest.len();
                        return Ok(Some(rest));
                    }
                }
                (None, _) => return Ok(None),
            }
        }
    }

    /// Whether what has come is no more than `limit` bytes, and no more than anything honest becomes.
    pub(super) fn check(&self, limit: usize) -> Result<(), Excess> {
        if self.came > limit {
            return Err(Excess::Bytes(limit));
        }
        let is_plausible = self.came < limits::PACKED || self.came / limits::EXPANSION <= self.sent;
        if is_plausible { Ok(()) } else { Err(Excess::Expansion) }
    }

    /// The complete body, of at most `limit` bytes.
    pub(super) async fn whole(mut self, limit: usize) -> Result<Vec<u8>, ClientError> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            self.check(limit)?;
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// The same for JSON, which is checked against the limits before it is parsed.
    pub(super) async fn json(self, limit: usize) -> Result<Vec<u8>, ClientError> {
        let body = self.whole(limit).await?;
        limits::check(&body)?;
        Ok(body)
    }

    /// The start of the body of an error response.
    pub(super) async fn refusal(mut self) -> Vec<u8> {
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = self.chunk().await {
            let room = limits::REFUSAL - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == limits::REFUSAL {
                break;
            }
        }
        body
    }
}

impl Packed {
    /// The next piece that has been received; `None` at the end.
    fn next(&mut self) -> io::Result<Option<Bytes>> {
        while !self.rest.is_empty() {
            let piece = self.rest.split_to(self.rest.len().min(PIECE));
            self.decoder.write_all(&piece)?;
            let unpacked = mem::take(self.decoder.get_mut());
            if !unpacked.is_empty() {
                return Ok(Some(unpacked.into()));
            }
        }
        Ok(None)
    }

    fn finish(&mut self) -> io::Result<Bytes> {
        self.decoder.try_finish()?;
        Ok(mem::take(self.decoder.get_mut()).into())
    }
}

/// Packed bytes that cannot be unpacked were cut off, or are none.
fn damaged() -> ClientError {
    ClientError::Network(NetworkError::Broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::wait_for;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    fn packed(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn body(bytes: Vec<u8>) -> ResponseBody {
        let response =
            http::Response::builder().header("content-encoding", "gzip").header("content-length", "7");
        ResponseBody::new(Response::from(response.body(bytes).unwrap()))
    }

    fn whole(bytes: Vec<u8>, limit: usize) -> Result<Vec<u8>, ClientError> {
        wait_for(body(bytes).whole(limit)).unwrap()
    }

    #[test]
    fn what_is_packed_is_unpacked_and_what_is_cut_off_is_not_whole() {
        let content = b"[1,2,3]".repeat(1000);
        assert_eq!(whole(packed(&content), 7000), Ok(content.clone()));
        assert_eq!(whole([packed(b"a"), packed(b"b")].concat(), 7000), Ok(b"ab".to_vec()));
        assert_eq!(whole(Vec::new(), 7000), Ok(Vec::new()));
        assert!(body(Vec::new()).head().headers().is_empty());
        for bytes in [packed(&content)[..20].to_vec(), b"no gzip at all".to_vec()] {
            assert_eq!(whole(bytes, 7000), Err(ClientError::Network(NetworkError::Broken)));
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_goes_off() {
        let zeros = packed(&vec![b' '; 64 * 1024 * 1024]);
        let expected = Err(ClientError::Excess(Excess::Expansion));
        assert_eq!(whole(zeros.clone(), limits::SHOWN), expected);
        assert_eq!(whole(zeros.clone(), 1000), Err(ClientError::Excess(Excess::Bytes(1000))));
        let refusal = wait_for(body(zeros.clone()).refusal()).unwrap();
        assert_eq!(refusal.len(), limits::REFUSAL);
        // No piece is ever large, whatever it was packed from.
        let mut body = body(zeros);
        while let Some(piece) = wait_for(body.chunk()).unwrap().unwrap() {
            assert!(piece.len() <= 1024 * 1024, "{}", piece.len());
        }
        assert_eq!(wait_for(super::tests::body(packed(b"[[1]]")).json(100)).unwrap(), Ok(b"[[1]]".to_vec()));
        let deep = packed("[".repeat(50_000).as_bytes());
        assert_eq!(
            wait_for(super::tests::body(deep).json(100_000)).unwrap(),
            Err(ClientError::Excess(Excess::Depth))
        );
    }
}
