//! The end of a server, and what its log has by then.

use super::ServerPlugin;
use super::operations::NOTHING;
use super::wire::{Answer, said};
use crate::author::conformance::checks;
use crate::author::conformance::declared::FILE;
use crate::author::conformance::suite::Probe;
use crate::author::conformance::verdict::Verdict;
use std::thread;
use std::time::{Duration, Instant};

pub(super) const PROBES: &[Probe<ServerPlugin>] = &[
    Probe::new(checks::SECRETS_LOGGED, logged),
    Probe::new(checks::STOP_FINISHES, finishes),
    Probe::new(checks::STOP_IN_TIME, in_time),
];

/// The body of the request that runs when the signal comes, in two parts. It is no JSON, so that it does nothing.
const BODY: [&[u8]; 2] = [b"{\"everestctl-test\": ", b"oops"];
/// How long a request runs before the signal comes, and between that and its second part.
const BEFORE: Duration = Duration::from_millis(300);
const BETWEEN: Duration = Duration::from_millis(300);
/// After this long the host makes an end of it.
const GRACE: Duration = Duration::from_secs(3);
/// How much longer than the service itself the host may take.
const MORE: Duration = Duration::from_secs(3);

/// The part of a token by which it is known.
const PART: std::ops::Range<usize> = 60..100;

/// How it ended.
pub(super) struct ServiceEnding {
    did: String,
    /// The answer to the request that ran; none if there was no such request.
    answer: Option<Result<Answer, String>>,
    took: Option<Duration>,
}

fn logged(plugin: &ServerPlugin) -> Verdict {
    // What has just been answered may not be written yet.
    thread::sleep(Duration::from_millis(100));
    let log = plugin.server.log();
    let own = format!("{}: ", plugin.name);
    // Long lines are cut, and so is the token in them.
    let part = plugin.server.token.get(PART).unwrap_or(&plugin.server.token);
    let line = log.iter().find(|line| line.contains(part));
    let fault = line.map(|line| {
        let start: String = line.chars().take(30).collect();
        format!("the token is in its log, in the line that starts with `{start}`")
    });
    let count = log.iter().filter(|line| line.starts_with(&own)).count();
    Verdict::of(format!("looked for the token in {count} lines of its log"), fault, "it is in none")
}

/// Ends the server once, with a request that runs.
fn ended(plugin: &ServerPlugin) -> &ServiceEnding {
    plugin.end.get_or_init(|| {
        let bearer = format!("Bearer {}", plugin.server.token);
        let host = plugin.server.address.host();
        let operations = plugin.operations();
        let with_body = operations.iter().find(|it| it.body_schema().is_some());
        let length = BODY.concat().len();
        let (did, parts) = match (&plugin.declared.server.slow, with_body) {
            (Some(path), _) => {
                let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {bearer}\r\n\r\n");
                (format!("sent SIGTERM while GET {path} ran"), Some([head.into_bytes(), Vec::new()]))
            }
            (None, Some(operation)) => {
                let (method, path) = (operation.method.to_uppercase(), operation.path_with(NOTHING));
                let head = format!(
                    "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {bearer}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
                );
                let first = [head.as_bytes(), BODY[0]].concat();
                (format!("sent SIGTERM while the body of {method} {path} came"), Some([first, BODY[1].to_vec()]))
            }
            (None, None) => ("sent SIGTERM".to_owned(), None),
        };
        let answer = thread::scope(|scope| {
            let running = parts.map(|[first, second]| {
                scope.spawn(move || -> Result<Answer, String> {
                    let mut wire = plugin.server.address.connect().map_err(|error| said(&error))?;
                    wire.send(&first).map_err(|error| said(&error))?;
                    thread::sleep(BEFORE + BETWEEN);
                    wire.send(&second).map_err(|error| said(&error))?;
                    wire.answer(false)
                })
            });
            thread::sleep(BEFORE);
            let start = Instant::now();
            plugin.server.ask_to_end();
            let took = plugin.server.ends_within(GRACE + MORE).then(|| start.elapsed());
            (running.map(|it| it.join().unwrap_or_else(|_| Err("no answer".to_owned()))), took)
        });
        ServiceEnding { did, answer: answer.0, took: answer.1 }
    })
}

fn not_ours(plugin: &ServerPlugin) -> Option<Verdict> {
    (!plugin.is_ours()).then(|| Verdict::skipped("it runs already (`url` of host.yaml), and is not stopped"))
}

fn finishes(plugin: &ServerPlugin) -> Verdict {
    if let Some(verdict) = not_ours(plugin) {
        return verdict;
    }
    let ending = ended(plugin);
    match &ending.answer {
        None => Verdict::skipped(format!("no operation takes a body, and {FILE} names no `slow` GET")),
        Some(Ok(answer)) if answer.status < 500 => {
            Verdict::passed(ending.did.clone(), format!("it was answered: {}", answer.status))
        }
        Some(Ok(answer)) => Verdict::failed(ending.did.clone(), answer.status.to_string()),
        Some(Err(error)) => Verdict::failed(ending.did.clone(), error.clone()),
    }
}

fn in_time(plugin: &ServerPlugin) -> Verdict {
    if let Some(verdict) = not_ours(plugin) {
        return verdict;
    }
    let ending = ended(plugin);
    let fault = match ending.took {
        Some(took) if took < GRACE => None,
        _ => Some("it did not end by itself within 3 s".to_owned()),
    };
    let took = ending.took.unwrap_or_default();
    Verdict::of(ending.did.clone(), fault, format!("it ended after {:.1} s", took.as_secs_f64()))
}
