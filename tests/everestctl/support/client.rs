//! A client that says exactly the bytes that a test wants, and sees the answer as it comes.

use serde_json::Value;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An answer whose body is still coming.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    reader: BufReader<TcpStream>,
    /// What is left of the chunk or of the body; `None` when the end of the connection ends it.
    left: Option<usize>,
    chunked: bool,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// Connects and sends one request whose head is `lines`; `body` follows as it is.
pub(crate) fn open(address: &str, first: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut head = format!("{first} HTTP/1.1\r\nhost: {address}\r\n");
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let announced = |name: &str| headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    if !body.is_empty() && !announced("transfer-encoding") && !announced("content-length") {
        let _ = write!(head, "content-length: {}\r\n", body.len());
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    Response::read(stream, first.starts_with("HEAD "))
}

/// One request and its whole answer.
pub(crate) fn ask(address: &str, first: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut headers = headers.to_vec();
    headers.push(("connection", "close"));
    open(address, first, &headers, body).whole()
}

impl Response {
    fn read(stream: TcpStream, without_body: bool) -> Self {
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).unwrap() > 0, "the answer ends in its head: {head:?}");
        }
        let status: u16 = head[9..12].parse().unwrap();
        let field = |name: &str| header(&head, name);
        let chunked = field("transfer-encoding").is_some_and(|value| value == "chunked");
        let left = match field("content-length") {
            _ if without_body || status == 204 || chunked => Some(0),
            Some(length) => Some(length.parse().unwrap()),
            None => None,
        };
        Self { status, chunked: chunked && !without_body, left, head, reader }
    }

    /// The connection itself, for protocols that are no HTTP.
    pub(crate) fn connection(self) -> BufReader<TcpStream> {
        self.reader
    }

    /// The way to the server, for what goes there while the answer comes.
    pub(crate) fn writer(&self) -> TcpStream {
        self.reader.get_ref().try_clone().unwrap()
    }

    /// The whole answer.
    pub(crate) fn whole(mut self) -> Answer {
        let mut body = Vec::new();
        self.read_to_end(&mut body).unwrap();
        Answer { status: self.status, head: self.head, body }
    }

    /// The next line of the body, without its end; `None` at the end of the body.
    pub(crate) fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\n") {
            if self.read(&mut byte).unwrap_or(0) == 0 {
                return None;
            }
            line.push(byte[0]);
        }
        Some(String::from_utf8(line).unwrap().trim_end().to_owned())
    }

    /// The next line of the body that starts with `start`.
    #[track_caller]
    pub(crate) fn line_with(&mut self, start: &str) -> String {
        loop {
            let line = self.line().unwrap_or_else(|| panic!("the stream ended without `{start}`"));
            if line.starts_with(start) {
                return line;
            }
        }
    }
}

impl Read for Response {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.chunked && self.left == Some(0) {
            let mut line = String::new();
            while line.trim().is_empty() {
                line.clear();
                if self.reader.read_line(&mut line)? == 0 {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
            }
            let size = usize::from_str_radix(line.trim(), 16).unwrap();
            self.chunked = size > 0;
            self.left = Some(size);
        }
        let most = self.left.unwrap_or(usize::MAX).min(buffer.len());
        let count = self.reader.read(&mut buffer[..most])?;
        if let Some(left) = &mut self.left {
            *left -= count;
        }
        Ok(count)
    }
}

impl Answer {
    /// A header of the answer.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        header(&self.head, name)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// A field of a head.
pub(crate) fn header(head: &str, name: &str) -> Option<String> {
    let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    fields.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
}
