//! Large bodies in both directions: with little memory, through a backend that dies, and never half a file.
//!
//! `STREAM_BYTES` says how large they are; the default is for a test among others.

use crate::support::InTime as _;
use crate::support::backends::Backends;
use crate::support::host::{is_ignored, kill};
use crate::support::http::{Reply, Request, Server, response};
use crate::support::memory::peak;
use crate::support::plugin::{answering, heads};
use crate::support::sandbox::eventually;
use crate::support::terminal::Terminal;
use crate::support::{Sandbox, skip};
use rustix::process::Signal;
use std::io::{Read, Write as _};
use std::process::Stdio;
use std::time::Duration;

/// The memory that no transfer needs more of, in KiB.
const MOST: u64 = 64 * 1024;

fn size() -> u64 {
    std::env::var("STREAM_BYTES").ok().and_then(|text| text.parse().ok()).unwrap_or(48 << 20)
}

/// A backend with a body of [`size`] that it cannot send in one life.
fn backend(test: &str) -> Option<Backends> {
    let environment = format!("BYTES: \"{}\", DIE_BYTES: \"{}\",", size(), size() / 5 * 2);
    Backends::start(test, "streams", "spec", &environment)
}

/// Whether a file is what the backend sends: 0 to 255, again and again.
fn is_whole(sandbox: &Sandbox, name: &str) -> bool {
    let mut file = std::fs::File::open(sandbox.path(name)).unwrap();
    let (mut piece, mut at) = (vec![0; 1 << 20], 0);
    let pattern: Vec<u8> = (0..=255).cycle().take(piece.len() + 256).collect();
    loop {
        let length = file.read(&mut piece).unwrap();
        if length == 0 {
            return at as u64 == size();
        }
        if piece[..length] != pattern[at % 256..][..length] {
            return false;
        }
        at += length;
    }
}

#[test]
fn a_large_download_goes_on_where_it_broke_off() {
    let test = "a_large_download_goes_on_where_it_broke_off";
    let Some(it) = backend(test) else { return };
    let (most, code, error) = peak(&it.user, "streams blob --output-file large");
    assert_eq!((code, error), (Some(0), format!("saved {} bytes to large\n", size())));
    assert!(is_whole(&it.user, "home/large"));
    assert!(most < MOST, "{most} KiB");
    assert!(it.requests().iter().filter(|line| line.starts_with("GET /api/blob")).count() > 1);
}

#[test]
fn a_large_upload_is_read_while_it_is_sent() {
    let test = "a_large_upload_is_read_while_it_is_sent";
    let Some(it) = Backends::start(test, "streams", "spec", "") else { return };
    let file = std::fs::File::create(it.user.path("home/large")).unwrap();
    file.set_len(size()).unwrap();
    for line in ["put-raw --body @large", "put-form --name a --file @large"] {
        let (most, code, error) = peak(&it.user, &format!("streams {line}"));
        assert_eq!((code, error.as_str()), (Some(0), ""), "{line}");
        assert!(most < MOST, "{line}: {most} KiB");
    }
    let sent = it.json("put-raw --body @large");
    assert_eq!(
        (sent["bytes"].as_u64(), sent["length"].as_str()),
        (Some(size()), Some(size().to_string().as_str()))
    );
    // The length of what comes through a pipe is not known.
    let piped = it.user.shell("printf 12345 | everestctl streams put-raw --body - -o json").json();
    assert_eq!((piped["bytes"].as_u64(), piped["length"].as_str()), (Some(5), None));
    let missing = it.stderr_failed("put-raw --body @none", 2);
    assert!(missing.contains("could not read file none"), "{missing}");
    let dry = it.stdout_ok("put-form --name a --file @large --dry-run");
    assert!(dry.ends_with(" --form-string name=a --form file=@large\n"), "{dry}");
}

/// A plugin whose bytes come like this, first and then again.
fn blob(replies: impl Fn(usize, &Request) -> Vec<u8> + Send + Sync + 'static) -> (Sandbox, Server) {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    answering(move |route, request| {
        (route == "GET /api/blob").then(|| {
            let number = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Reply::Bytes(replies(number, request))
        })
    })
}

fn part(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let kind = "content-type: application/octet-stream\r\naccept-ranges: bytes";
    format!("HTTP/1.1 {status}\r\n{kind}\r\n{headers}\r\n\r\n{body}").into_bytes()
}

/// What a download of bytes leaves, beside the folders of every home.
fn saves(sandbox: &Sandbox) -> (Option<i32>, String, Vec<String>) {
    let output = sandbox.run("x blob --output-file saved");
    let names = std::fs::read_dir(sandbox.path("home")).unwrap();
    (output.code, output.stderr, names.map(|name| name.unwrap().file_name().into_string().unwrap()).collect())
}

#[test]
fn a_body_that_has_changed_meanwhile_comes_from_the_start() {
    let (sandbox, server) = blob(|number, _| match number {
        0 => part("200 OK", "etag: \"a\"\r\ncontent-length: 10", "01234"),
        _ => part("200 OK", "etag: \"b\"\r\ncontent-length: 4", "abcd"),
    });
    assert_eq!(saves(&sandbox), (Some(0), "saved 4 bytes to saved\n".to_owned(), vec!["saved".to_owned()]));
    assert_eq!(std::fs::read(sandbox.path("home/saved")).unwrap(), b"abcd");
    let again = &heads(&server, "/api/blob")[1];
    assert!(
        again.contains("\r\nrange: bytes=5-\r\n") && again.contains("\r\nif-range: \"a\"\r\n"),
        "{again}"
    );
}

#[test]
fn a_part_of_another_version_is_never_joined() {
    const OLD: &str = "Wed, 21 Oct 2015 07:28:00 GMT";
    const NEW: &str = "Thu, 22 Oct 2015 07:28:00 GMT";
    for (first, second) in [
        ("etag: \"a\"".to_owned(), "etag: \"b\"".to_owned()),
        ("etag: \"a\"".to_owned(), "x-none: 1".to_owned()),
        (format!("last-modified: {OLD}"), format!("last-modified: {NEW}")),
        (format!("etag: W/\"a\"\r\nlast-modified: {OLD}"), format!("etag: W/\"b\"\r\nlast-modified: {NEW}")),
        (format!("etag: W/\"a\"\r\nlast-modified: {OLD}"), format!("etag: W/\"b\"\r\nlast-modified: {OLD}")),
    ] {
        let (sandbox, server) = blob(move |number, request| match number {
            0 => part("200 OK", &format!("{first}\r\ncontent-length: 10"), "01234"),
            _ if request.head.to_ascii_lowercase().contains("\r\nrange:") => {
                let range = format!("{second}\r\ncontent-range: bytes 5-9/10\r\ncontent-length: 5");
                part("206 Partial Content", &range, "fghij")
            }
            _ => part("200 OK", &format!("{second}\r\ncontent-length: 10"), "abcdefghij"),
        });
        assert_eq!(saves(&sandbox).0, Some(0));
        assert_eq!(std::fs::read(sandbox.path("home/saved")).unwrap(), b"abcdefghij");
        assert_eq!(heads(&server, "/api/blob").len(), 3);
    }
}

#[test]
fn a_body_that_is_not_what_it_says_leaves_nothing() {
    type Replies = fn(usize, &Request) -> Vec<u8>;
    let cases: [(Replies, &str); 3] = [
        (
            |number, _| match number {
                0 => part("200 OK", "etag: \"a\"\r\ncontent-length: 10", "01234"),
                _ => part("206 Partial Content", "content-range: bytes 0-4/10\r\ncontent-length: 5", "01234"),
            },
            "error: the server sent a different range than requested\n",
        ),
        (
            |_, _| {
                let sum = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
                part("200 OK", &format!("content-length: 3\r\nrepr-digest: sha-256=:{sum}:"), "abc")
            },
            "caused by: SHA-256 is ba7816bf",
        ),
        // Nothing tells that it can be had in parts.
        (|_, _| response("200 OK", "application/octet-stream", b"abc")[..80].to_vec(), "error: "),
    ];
    for (replies, text) in cases {
        let (sandbox, _server) = blob(replies);
        let (code, error, names) = saves(&sandbox);
        assert!(code == Some(1) && error.contains(text), "{error}");
        assert_eq!(names, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_checksum_that_is_right_is_shown() {
    let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let (sandbox, _server) =
        blob(move |_, _| part("200 OK", &format!("content-length: 3\r\netag: \"sha256:{sum}\""), "abc"));
    let (code, said, _) = saves(&sandbox);
    assert_eq!((code, said), (Some(0), format!("saved 3 bytes to saved\nverified SHA-256 {sum}\n")));
}

#[test]
fn a_full_disk_leaves_nothing() {
    let (sandbox, _server) = blob(|_, _| part("200 OK", "content-length: 100000", &"x".repeat(100_000)));
    let output = sandbox.shell("trap '' XFSZ; ulimit -f 8; everestctl x blob --output-file saved");
    let error = output.stderr_failed(1);
    assert!(error.starts_with("error: could not write file saved\n  caused by: File too large"), "{error}");
    assert_eq!(std::fs::read_dir(sandbox.path("home")).unwrap().count(), 0);
    // A device is written to, and stays what it is.
    let error = sandbox.run("x blob --output-file /dev/full").stderr_failed(1);
    assert!(error.contains("caused by: No space left on device"), "{error}");
    assert_eq!(sandbox.run("x blob --output-file /dev/null").code, Some(0));
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn ctrl_c_in_a_download_leaves_nothing() {
    let test = "ctrl_c_in_a_download_leaves_nothing";
    if is_ignored(Signal::INT) {
        return skip("signals", test, "this process was started to ignore Ctrl-C, and so are its children");
    }
    let (sandbox, server) = answering(|route, _| {
        (route == "GET /api/blob").then(|| {
            Reply::Connection(Box::new(|mut stream| {
                let _ = stream.write_all(&part("200 OK", "content-length: 100", "half"));
                std::thread::sleep(Duration::from_mins(1));
            }))
        })
    });
    let entries = || std::fs::read_dir(sandbox.path("home")).unwrap().count();
    let line = ["x", "blob", "--output-file", "saved"];
    let mut child = sandbox.command(line).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    eventually("it has begun", || !heads(&server, "/api/blob").is_empty());
    kill(child.id(), Signal::INT);
    let output = child.output_in_time();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), error.as_str()), (Some(130), "error: interrupted\n"));
    assert_eq!(entries(), 0);
}

#[test]
fn a_terminal_sees_how_far_a_download_is() {
    let test = "a_terminal_sees_how_far_a_download_is";
    let (sandbox, _server) = answering(|route, _| {
        (route == "GET /api/blob").then(|| {
            Reply::Connection(Box::new(|mut stream| {
                let _ = stream.write_all(&part("200 OK", "content-length: 2048", &"x".repeat(1024)));
                std::thread::sleep(Duration::from_mins(1));
            }))
        })
    });
    let Some(mut terminal) = Terminal::start(&sandbox, "$E x blob --output-file saved") else {
        return skip("script", test, "script (util-linux) is not installed");
    };
    terminal.shows(&["1.00 KiB of 2.00 KiB"]);
    terminal.press("\x03");
    terminal.shows(&["interrupted"]);
}
