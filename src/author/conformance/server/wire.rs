//! HTTP/1.1 as bytes: requests of which each byte is chosen, and answers as they come. An HTTP client would put right what is to be wrong.

use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::net::{Shutdown, TcpStream, ToSocketAddrs as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// The most of a head and of a body that is read, in bytes.
const LARGEST_HEAD: usize = 256 * 1024;
const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// How long an answer may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection may take.
const CONNECTING: Duration = Duration::from_secs(3);

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ListenAddress {
    /// At a host and a port.
    Tcp(String),
    /// At a socket of this machine.
    Unix(PathBuf),
}

impl ListenAddress {
    /// What the development host calls it: `http://127.0.0.1:9000`, `unix:/run/x.sock`.
    pub(super) fn new(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Some(Self::Unix(path.into()));
        }
        let rest = text.strip_prefix("http://")?;
        let authority = rest.split('/').next().unwrap_or(rest);
        let with_port =
            if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
        Some(Self::Tcp(with_port))
    }

    /// What stands in `Host`.
    pub(super) fn host(&self) -> &str {
        match self {
            Self::Tcp(address) => address,
            Self::Unix(_) => "localhost",
        }
    }

    /// Opens a connection.
    pub(super) fn connect(&self) -> io::Result<Wire> {
        let stream = match self {
            Self::Tcp(address) => {
                let first = address.to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
                Stream::Tcp(TcpStream::connect_timeout(&first, CONNECTING)?)
            }
            Self::Unix(path) => Stream::Unix(UnixStream::connect(path)?),
        };
        stream.limit(PATIENCE)?;
        Ok(Wire { stream, read: Vec::new() })
    }
}

#[derive(Debug)]
enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    fn limit(&self, patience: Duration) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => {
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(patience))?;
                stream.set_write_timeout(Some(patience))
            }
            Self::Unix(stream) => {
                stream.set_read_timeout(Some(patience))?;
                stream.set_write_timeout(Some(patience))
            }
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.write_all(bytes),
            Self::Unix(stream) => stream.write_all(bytes),
        }
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Stream,
    /// What has come and is not used yet.
    read: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Names in small letters.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The first header of this name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Its media type, without parameters.
    pub(super) fn media_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Its body as JSON.
    pub(super) fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

impl Wire {
    /// Waits no longer than this for what comes.
    pub(super) fn limit(&self, patience: Duration) -> io::Result<()> {
        self.stream.limit(patience)
    }

    /// Sends bytes.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Says that nothing more comes.
    pub(super) fn finish(&self) {
        let _ = match &self.stream {
            Stream::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Stream::Unix(stream) => stream.shutdown(Shutdown::Write),
        };
    }

    /// More bytes; none at the end.
    fn more(&mut self) -> io::Result<usize> {
        let mut piece = [0; 16 * 1024];
        let length = self.stream.read(&mut piece)?;
        self.read.extend_from_slice(&piece[..length]);
        Ok(length)
    }

    /// How many bytes come until the connection ends, or nothing comes any more.
    pub(super) fn rest(&mut self) -> usize {
        while self.read.len() < LARGEST_HEAD && self.more().is_ok_and(|length| length > 0) {}
        self.read.len()
    }

    /// What comes until a line ends, without that end.
    pub(super) fn line(&mut self) -> Result<String, String> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.read.len() > LARGEST_HEAD {
                return Err("a line without an end".to_owned());
            }
            if self.more().map_err(|error| said(&error))? == 0 {
                return Err("the connection was closed".to_owned());
            }
        }
    }

    /// The head of an answer; its body has not come yet.
    pub(super) fn head(&mut self) -> Result<Answer, String> {
        let first = self.line()?;
        let status = first.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse().ok());
        let status = status.ok_or_else(|| format!("no answer of HTTP/1.1: {first:.40}"))?;
        let mut answer = Answer { status, ..Answer::default() };
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Ok(answer);
            }
            let (name, value) = line.split_once(':').ok_or("a header without a colon")?;
            answer.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    /// A whole answer; one to HEAD has no body.
    pub(super) fn answer(&mut self, is_of_head: bool) -> Result<Answer, String> {
        let mut answer = self.head()?;
        while (100..200).contains(&answer.status) && answer.status != 101 {
            answer = self.head()?;
        }
        if is_of_head || answer.status == 204 || answer.status == 304 {
            return Ok(answer);
        }
        let is_chunked = answer.header("transfer-encoding").is_some_and(|value| value.contains("chunked"));
        if is_chunked {
            while let Some(chunk) = self.chunk()? {
                answer.body.extend_from_slice(&chunk);
                if answer.body.len() > LARGEST_BODY {
                    return Err("a body of more than 16 MiB".to_owned());
                }
            }
        } else if let Some(length) = answer.header("content-length") {
            let length: usize = length.parse().map_err(|_| "a Content-Length that is no number")?;
            answer.body = self.exactly(length)?;
        } else {
            while self.more().map_err(|error| said(&error))? > 0 {
                if self.read.len() > LARGEST_BODY {
                    return Err("a body of more than 16 MiB".to_owned());
                }
            }
            answer.body = std::mem::take(&mut self.read);
        }
        Ok(answer)
    }

    /// A chunk of a body; none at its end.
    pub(super) fn chunk(&mut self) -> Result<Option<Vec<u8>>, String> {
        let line = self.line()?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| "a chunk without a size")?;
        if size == 0 {
            while !self.line()?.is_empty() {}
            return Ok(None);
        }
        let chunk = self.exactly(size)?;
        self.line()?;
        Ok(Some(chunk))
    }

    fn exactly(&mut self, length: usize) -> Result<Vec<u8>, String> {
        if length > LARGEST_BODY {
            return Err("a body of more than 16 MiB".to_owned());
        }
        while self.read.len() < length {
            if self.more().map_err(|error| said(&error))? == 0 {
                return Err("the connection was closed within the body".to_owned());
            }
        }
        Ok(self.read.drain(..length).collect())
    }
}

/// A failure of a connection, in few words.
pub(super) fn said(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            format!("no answer within {} s", PATIENCE.as_secs())
        }
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => "the connection was closed".to_owned(),
        io::ErrorKind::ConnectionRefused => "nobody listens any more".to_owned(),
        _ => error.to_string(),
    }
}

/// The bytes of a request.
pub(super) fn request(
    address: &ListenAddress,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", address.host());
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let has_length = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    if !has_length && (!body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH")) {
        let _ = write!(head, "Content-Length: {}\r\n", body.len());
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (Result<Answer, String>, Wire) {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(bytes).unwrap();
        drop(theirs);
        let mut wire = Wire { stream: Stream::Unix(ours), read: Vec::new() };
        (wire.answer(false), wire)
    }

    #[test]
    fn bodies_of_each_kind_are_read() {
        for (rest, body) in [
            ("Content-Length: 2\r\n\r\nab", "ab"),
            ("Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n1;x=y\r\nb\r\n0\r\n\r\n", "ab"),
            ("\r\nab", "ab"),
        ] {
            let (answer, _) =
                read(format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain; x=y\r\n{rest}").as_bytes());
            let answer = answer.unwrap();
            assert_eq!((answer.status, answer.body.as_slice()), (200, body.as_bytes()));
            assert_eq!(answer.media_type(), "text/plain");
        }
    }

    #[test]
    fn what_is_cut_off_is_no_answer() {
        for bytes in ["", "SSH-2.0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"] {
            read(bytes.as_bytes()).0.unwrap_err();
        }
    }

    #[test]
    fn addresses_as_the_host_writes_them() {
        assert_eq!(
            ListenAddress::new("http://127.0.0.1:90/x"),
            Some(ListenAddress::Tcp("127.0.0.1:90".to_owned()))
        );
        assert_eq!(ListenAddress::new("unix:/a b"), Some(ListenAddress::Unix("/a b".into())));
        assert_eq!(ListenAddress::new("https://x"), None);
    }
}
