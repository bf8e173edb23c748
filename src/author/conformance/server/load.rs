//! Several requests at once, slow ones, and clients that go.

use super::ServerPlugin;
use super::answers::good_path;
use super::wire::{Answer, Wire, request, said};
use crate::author::conformance::checks;
use crate::author::conformance::suite::Probe;
use crate::author::conformance::verdict::Verdict;
use std::thread;
use std::time::{Duration, Instant};

pub(super) const PROBES: &[Probe<ServerPlugin>] = &[
    Probe::new(checks::SLOW_CLIENT, slow_client),
    Probe::new(checks::CLIENT_GONE, client_gone),
    Probe::new(checks::SIDE_BY_SIDE_GETS, together),
    Probe::new(checks::KEEP_ALIVE, keep_alive),
];

const MANY: usize = 50;
const SLOW: usize = 20;
/// How long others may wait for slow clients.
const PATIENCE: Duration = Duration::from_secs(2);

fn slow_client(plugin: &ServerPlugin) -> Verdict {
    let path = good_path(plugin);
    let did = format!("held {SLOW} connections with half a request, and asked GET {path}");
    let address = &plugin.server.address;
    let half = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nX-", address.host());
    let held: Vec<Wire> = (0..SLOW)
        .filter_map(|_| {
            let mut wire = address.connect().ok()?;
            wire.send(half.as_bytes()).ok()?;
            Some(wire)
        })
        .collect();
    let start = Instant::now();
    let answer = plugin.get(&path);
    let took = start.elapsed();
    drop(held);
    match answer {
        Err(error) => Verdict::failed(did, error),
        Ok(answer) => {
            let saw = format!("{} after {} ms", answer.status, took.as_millis());
            Verdict::of(did, (took > PATIENCE || answer.status >= 500).then(|| saw.clone()), saw)
        }
    }
}

fn client_gone(plugin: &ServerPlugin) -> Verdict {
    let path = good_path(plugin);
    let did = format!("asked GET {path} 20 times, and went before the answer");
    let bearer = format!("Bearer {}", plugin.server.token);
    let bytes = request(&plugin.server.address, "GET", &path, &[("Authorization", &bearer)], b"");
    for _ in 0..20 {
        if let Ok(mut wire) = plugin.server.address.connect() {
            let _ = wire.send(&bytes);
        }
    }
    Verdict::of(did, plugin.is_dead(), "it lives on")
}

fn together(plugin: &ServerPlugin) -> Verdict {
    let path = good_path(plugin);
    let did = format!("asked GET {path} {MANY} times at once");
    let wanted = match plugin.get(&path) {
        Ok(answer) => answer.status,
        Err(error) => return Verdict::failed(did, error),
    };
    let answers: Vec<Result<Answer, String>> = thread::scope(|scope| {
        let asked: Vec<_> = (0..MANY).map(|_| scope.spawn(|| plugin.get(&path))).collect();
        asked.into_iter().map(|it| it.join().unwrap_or_else(|_| Err("no answer".to_owned()))).collect()
    });
    let wrong = answers.iter().filter(|it| it.as_ref().map_or(true, |answer| answer.status != wanted));
    let count = wrong.clone().count();
    let first = wrong.clone().next().map(|it| match it {
        Ok(answer) => answer.status.to_string(),
        Err(error) => error.clone(),
    });
    let fault = first.map(|first| format!("{count} of {MANY} are not {wanted}: {first}"));
    Verdict::of(did, fault, format!("{wanted} each time"))
}

fn keep_alive(plugin: &ServerPlugin) -> Verdict {
    let path = good_path(plugin);
    let did = format!("asked GET {path} twice on one connection");
    let address = &plugin.server.address;
    let bearer = format!("Bearer {}", plugin.server.token);
    let bytes = request(address, "GET", &path, &[("Authorization", &bearer)], b"");
    let asked = || -> Result<(Answer, Option<Answer>), String> {
        let mut wire = address.connect().map_err(|error| said(&error))?;
        wire.send(&bytes).map_err(|error| said(&error))?;
        let first = wire.answer(false)?;
        let closes = first.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let has_end = first.header("content-length").is_some() || first.header("transfer-encoding").is_some();
        if closes || (!has_end && first.status != 204) {
            return Ok((first, None));
        }
        wire.send(&bytes).map_err(|error| format!("the second: {}", said(&error)))?;
        Ok((first, Some(wire.answer(false).map_err(|error| format!("the second: {error}"))?)))
    };
    match asked() {
        Err(error) => Verdict::failed(did, error),
        Ok((first, None)) => Verdict::passed(did, format!("{}, and it closes", first.status)),
        Ok((first, Some(second))) => {
            let fault =
                (first.status != second.status).then(|| format!("{}, then {}", first.status, second.status));
            Verdict::of(did, fault, format!("{} both times", first.status))
        }
    }
}
