//! Requests that make no sense: the server says so, and lives on.

use super::ServerPlugin;
use super::answers::good_path;
use super::document::needed;
use super::operations::{NOTHING, Operation};
use super::wire::{Answer, said};
use crate::author::conformance::checks;
use crate::author::conformance::suite::Probe;
use crate::author::conformance::verdict::{Verdict, VerdictKind};
use std::time::Duration;

pub(super) const PROBES: &[Probe<ServerPlugin>] = &[
    Probe::new(checks::UNKNOWN_ROUTE, unknown_route),
    Probe::new(checks::WRONG_METHOD, wrong_method),
    Probe::new(checks::QUERY_JUNK, query_junk),
    Probe::new(checks::BODY_MALFORMED, body_malformed),
    Probe::new(checks::BODY_KIND, body_kind),
    Probe::new(checks::BODY_LARGE, body_large).needing(takes_body),
    Probe::new(checks::BODY_SHORT, body_short).needing(takes_body),
    Probe::new(checks::LENGTH_TWICE, length_twice).needing(takes_body),
    Probe::new(checks::HOST_TWICE, host_twice),
    Probe::new(checks::HEADERS_LARGE, headers_large),
    Probe::new(checks::PATH_TRAVERSAL, path_traversal),
    Probe::new(checks::NOT_HTTP, not_http),
];

/// How large a body and how long a header is that nobody needs, in bytes.
const LARGE: usize = 64 * 1024 * 1024;
const LONG: usize = 2 * 1024 * 1024;
/// How long what makes no sense may take.
const SHORT: Duration = Duration::from_secs(4);

fn unknown_route(plugin: &ServerPlugin) -> Verdict {
    let path = format!("/{NOTHING}/no/such/route");
    let did = format!("asked GET {path}");
    match plugin.get(&path) {
        Ok(answer) => {
            let is_right = matches!(answer.status, 401 | 403 | 404);
            Verdict::of(did, (!is_right).then(|| answer.status.to_string()), answer.status.to_string())
        }
        Err(error) => Verdict::failed(did, error),
    }
}

fn wrong_method(plugin: &ServerPlugin) -> Verdict {
    let path = good_path(plugin);
    let did = format!("asked LOCK {path}");
    match plugin.send("LOCK", &path, &[], b"") {
        Ok(answer) => {
            let is_right = matches!(answer.status, 400 | 401 | 403 | 404 | 405 | 501);
            Verdict::of(did, (!is_right).then(|| answer.status.to_string()), answer.status.to_string())
        }
        Err(error) => Verdict::failed(did, error),
    }
}

fn query_junk(plugin: &ServerPlugin) -> Verdict {
    const JUNK: &str = "limit=abc&limit=-1&limit=x&offset=99999999999999999999&page=%00&after=%ff&sort=&a[b]=c&%=&=&&q='%22%3C";
    let mut paths: Vec<String> = plugin.fetched().iter().map(|found| found.path.clone()).take(8).collect();
    if paths.is_empty() {
        paths.push(plugin.server.readiness.clone());
    }
    for path in &paths {
        let join = if path.contains('?') { '&' } else { '?' };
        let whole = format!("{path}{join}{JUNK}");
        let did = format!("asked GET {whole}");
        match plugin.get(&whole) {
            Ok(answer) if answer.status >= 500 => return Verdict::failed(did, answer.status.to_string()),
            Err(error) => return Verdict::failed(did, error),
            Ok(_) => {}
        }
    }
    Verdict::passed(format!("asked {} GETs with `?{JUNK}`", paths.len()), "none is a failure of the server")
}

/// Sends a body to each operation that takes JSON, for something that is not there.
fn refuses_body(
    plugin: &ServerPlugin,
    wants: fn(&Operation<'_>) -> bool,
    body: fn(&Operation<'_>) -> &'static [u8],
    how: &str,
) -> Verdict {
    if let Err(verdict) = needed(plugin) {
        return verdict;
    }
    let operations = plugin.operations();
    let wanted: Vec<&Operation<'_>> = operations.iter().filter(|it| wants(it)).take(10).collect();
    if wanted.is_empty() {
        return Verdict::skipped("no operation of the document takes such a body");
    }
    for operation in &wanted {
        let path = operation.path_with(NOTHING);
        let method = operation.method.to_uppercase();
        let did = format!("asked {method} {path} with {how}");
        match plugin.send(&method, &path, &[], body(operation)) {
            Ok(answer) if (400..500).contains(&answer.status) => {}
            Ok(answer) => return Verdict::failed(did, answer.status.to_string()),
            Err(error) => return Verdict::failed(did, error),
        }
    }
    let first = wanted[0].name();
    Verdict::passed(format!("asked {} operations such as {first} with {how}", wanted.len()), "4xx each time")
}

fn body_malformed(plugin: &ServerPlugin) -> Verdict {
    refuses_body(plugin, |it| it.body_schema().is_some(), |_| b"{\"a\": [1, ", "JSON that breaks off")
}

fn body_kind(plugin: &ServerPlugin) -> Verdict {
    let is_object = |operation: &Operation<'_>| {
        let schema = operation.body_schema();
        schema.is_some_and(|it| {
            it.get("properties").is_some() && it.get("type").is_none_or(|name| name == "object")
        })
    };
    refuses_body(plugin, is_object, |_| b"[\"everestctl\", 1]", "a list instead of an object")
}

/// For what needs an operation that takes a body.
fn takes_body(plugin: &ServerPlugin) -> Option<Verdict> {
    target(plugin).is_none().then(|| Verdict::skipped("no operation of the document takes a body of JSON"))
}

/// An operation that takes a body: its method, and its path for something that is not there.
fn target(plugin: &ServerPlugin) -> Option<(String, String)> {
    let operations = plugin.operations();
    let found = operations.iter().find(|it| it.body_schema().is_some())?;
    Some((found.method.to_uppercase(), found.path_with(NOTHING)))
}

fn head(plugin: &ServerPlugin, method: &str, path: &str, headers: &str) -> String {
    let host = plugin.server.address.host();
    let token = &plugin.server.token;
    format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n{headers}\r\n")
}

/// Sends bytes, and gives the answer, or how the connection ended.
fn raw(plugin: &ServerPlugin, bytes: &[u8], finishes: bool) -> Result<Answer, String> {
    let mut wire = plugin.server.address.connect().map_err(|error| said(&error))?;
    wire.limit(SHORT).map_err(|error| said(&error))?;
    // A server that has seen enough closes.
    let _ = wire.send(bytes);
    if finishes {
        wire.finish();
    }
    let answer = wire.answer(false)?;
    plugin.look_at("a request", &answer);
    Ok(answer)
}

/// Makes a verdict of an answer to what makes no sense: it is refused or the connection is closed, and the server lives.
fn harmless(
    plugin: &ServerPlugin,
    did: String,
    answer: Result<Answer, String>,
    may_be_good: bool,
) -> Verdict {
    if let Some(death) = plugin.is_dead() {
        return Verdict::failed(did, death);
    }
    match answer {
        Err(how) => Verdict::passed(did, format!("{how}; it lives on")),
        Ok(answer) if answer.status >= 500 && !matches!(answer.status, 501 | 505) => {
            Verdict::failed(did, answer.status.to_string())
        }
        Ok(answer) if answer.status < 400 && !may_be_good => Verdict::failed(did, answer.status.to_string()),
        Ok(answer) => Verdict::passed(did, format!("{}; it lives on", answer.status)),
    }
}

fn body_large(plugin: &ServerPlugin) -> Verdict {
    const START: &[u8] = b"{\"everestctl-test\": \"";
    const PIECE: usize = 256 * 1024;
    let (method, path) = target(plugin).unwrap_or_default();
    let did = format!("sent 64 MiB of JSON to {method} {path}");
    let head = head(
        plugin,
        &method,
        &path,
        &format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n",
            START.len() + LARGE + 2
        ),
    );
    let sent = || -> Result<Answer, String> {
        let mut wire = plugin.server.address.connect().map_err(|error| said(&error))?;
        wire.send(head.as_bytes()).and_then(|()| wire.send(START)).map_err(|error| said(&error))?;
        let piece = vec![b'a'; PIECE];
        for _ in 0..LARGE / PIECE {
            if wire.send(&piece).is_err() {
                break;
            }
        }
        let _ = wire.send(b"\"}");
        wire.answer(false)
    };
    harmless(plugin, did, sent(), false)
}

fn body_short(plugin: &ServerPlugin) -> Verdict {
    let (method, path) = target(plugin).unwrap_or_default();
    let did = format!("sent 10 of 1,000 bytes to {method} {path}, and no more");
    let head = head(plugin, &method, &path, "Content-Type: application/json\r\nContent-Length: 1000\r\n");
    let answer = raw(plugin, format!("{head}{{\"a\": \"bcd").as_bytes(), true);
    harmless(plugin, did, answer, false)
}

fn length_twice(plugin: &ServerPlugin) -> Verdict {
    let (method, path) = target(plugin).unwrap_or_default();
    let did = format!("sent Content-Length and Transfer-Encoding to {method} {path}");
    let headers = "Content-Type: application/json\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n";
    let answer = raw(plugin, format!("{}0\r\n\r\n", head(plugin, &method, &path, headers)).as_bytes(), true);
    harmless(plugin, did, answer, false)
}

fn host_twice(plugin: &ServerPlugin) -> Verdict {
    let path = good_path(plugin);
    let did = format!("asked GET {path} with two `Host` headers");
    let answer = raw(plugin, head(plugin, "GET", &path, "Host: other.example\r\n").as_bytes(), false);
    harmless(plugin, did, answer, true)
}

fn headers_large(plugin: &ServerPlugin) -> Verdict {
    let path = good_path(plugin);
    let did = format!("asked GET {path} with a header of 2 MiB");
    let answer = raw(
        plugin,
        head(plugin, "GET", &path, &format!("X-Test: {}\r\n", "a".repeat(LONG))).as_bytes(),
        false,
    );
    harmless(plugin, did, answer, false)
}

fn not_http(plugin: &ServerPlugin) -> Verdict {
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\xff\xff\r\n\r\n"[..],
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"SSH-2.0-x\r\n",
    ] {
        let answer = raw(plugin, bytes, true);
        let did = "sent bytes that are not HTTP, such as the start of TLS";
        let verdict = harmless(plugin, did.to_owned(), answer, false);
        if verdict.status == VerdictKind::Failed {
            return verdict;
        }
    }
    Verdict::passed("sent bytes that are not HTTP, such as the start of TLS", "it lives on")
}

fn path_traversal(plugin: &ServerPlugin) -> Verdict {
    const UP: [&str; 5] = [
        "/../../../../../../../../etc/passwd",
        "/..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/..%252f..%252f..%252f..%252f..%252fetc%252fpasswd",
        "/static/..%5c..%5c..%5c..%5cetc%5cpasswd",
    ];
    let own = plugin.operations().into_iter().filter(|it| it.is_get() && it.route.contains('{'));
    let own: Vec<String> =
        own.map(|it| it.path_with("..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd")).take(5).collect();
    for path in UP.iter().map(|path| (*path).to_owned()).chain(own) {
        let did = format!("asked GET {path}");
        match plugin.get(&path) {
            Ok(answer) if String::from_utf8_lossy(&answer.body).contains(":0:0:") => {
                return Verdict::failed(did, format!("{} with a file of this machine", answer.status));
            }
            Ok(answer) if answer.status >= 500 => return Verdict::failed(did, answer.status.to_string()),
            Err(error) if plugin.is_dead().is_some() => return Verdict::failed(did, error),
            _ => {}
        }
    }
    Verdict::passed(
        format!("asked for /etc/passwd in {} ways, such as GET {}", UP.len(), UP[1]),
        "no file of this machine",
    )
}
