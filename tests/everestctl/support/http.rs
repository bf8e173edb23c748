//! A server that answers exactly the bytes that a test wants, however wrong they are.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request as it came: the path, the whole head, and the body of a change.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) head: String,
    /// What a PUT or a PATCH has sent as JSON.
    pub(crate) body: String,
}

/// What is done with a request.
pub(crate) enum Reply {
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// Nothing, ever.
    Silence,
    /// Whatever this does with the connection.
    Connection(Box<dyn FnOnce(TcpStream) + Send>),
    /// These bytes, again and again, until the client closes the connection.
    Endless(Vec<u8>, Vec<u8>),
}

/// A running server; it ends with the test process.
pub(crate) struct Server {
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers each request with what `handler` says.
    pub(crate) fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (log, handler) = (Arc::clone(&requests), Arc::new(handler));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, handler) = (Arc::clone(&log), Arc::clone(&handler));
                thread::spawn(move || answer(stream, &log, &*handler));
            }
        });
        Self { port, requests }
    }

    /// Answers every path with this one answer.
    pub(crate) fn always(bytes: Vec<u8>) -> Self {
        Self::start(move |_| Reply::Bytes(bytes.clone()))
    }

    /// Answers the list of plugins, and 404 for everything else.
    pub(crate) fn with_plugins(list: &str) -> Self {
        let list = list.to_owned();
        Self::start(move |request| {
            Reply::Bytes(match request.path.as_str() {
                "/v1/clusters/main/plugins" => json(&list),
                _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
            })
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// How often the list of plugins was asked for.
    pub(crate) fn lists(&self) -> usize {
        self.paths().iter().filter(|path| path.ends_with("/plugins")).count()
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.path).collect()
    }
}

fn answer(mut stream: TcpStream, log: &Mutex<Vec<Request>>, handler: &dyn Fn(&Request) -> Reply) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let body = changing_body(&head, &mut stream);
    let request = Request { path, head, body };
    log.lock().unwrap().push(request.clone());
    match handler(&request) {
        Reply::Bytes(bytes) => {
            let _ = stream.write_all(&bytes);
            // What is closed with a body unread takes the response away from who is still sending.
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
            let _ = io::copy(&mut stream, &mut io::sink());
        }
        Reply::Connection(serve) => serve(stream),
        Reply::Silence => thread::sleep(Duration::from_mins(10)),
        Reply::Endless(start, again) => {
            let _ = stream.write_all(&start);
            while stream.write_all(&again).is_ok() {}
        }
    }
}

/// The body of a PUT or a PATCH with JSON of a known length; others are left to who answers.
fn changing_body(head: &str, stream: &mut TcpStream) -> String {
    let header =
        |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
    let is_change = head.starts_with("PUT ") || head.starts_with("PATCH ");
    if !is_change || !header("content-type:").ends_with("json") {
        return String::new();
    }
    let mut body = vec![0; header("content-length:").parse().unwrap_or_default()];
    let _ = stream.read_exact(&mut body);
    String::from_utf8_lossy(&body).into_owned()
}

/// A whole response.
pub(crate) fn response(status: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A whole response with JSON.
pub(crate) fn json(body: &str) -> Vec<u8> {
    response("200 OK", "application/json", body.as_bytes())
}

/// The URL of a port where nothing listens.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port())
}
