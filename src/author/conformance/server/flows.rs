//! What comes in several answers: pages, streams, jobs.

use super::ServerPlugin;
use super::document::needed;
use super::operations::{Operation, encoded};
use super::wire::{Wire, request, said};
use crate::author::conformance::checks;
use crate::author::conformance::declared::FILE;
use crate::author::conformance::suite::Probe;
use crate::author::conformance::verdict::Verdict;
use serde_json::Value;
use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

pub(super) const PROBES: &[Probe<ServerPlugin>] = &[
    Probe::new(checks::PAGES_WHOLE, whole),
    Probe::new(checks::PAGES_STABLE, stable),
    Probe::new(checks::PAGES_LIMIT, limit),
    Probe::new(checks::STREAM_RESUMES, resumes),
    Probe::new(checks::JOB_ENDS, job_ends),
];

/// The most pages that are asked for.
const MOST: usize = 200;
/// As many elements as a page usually can have.
const LARGE: usize = 100;
/// How long a stream may take to send two events, and a job to end.
const PATIENCE: Duration = Duration::from_secs(5);
const JOB: Duration = Duration::from_secs(30);

/// A list that comes in pages.
struct PagedList<'d> {
    path: String,
    operation: Operation<'d>,
    /// The parameter that says how many, and what leads on.
    size: String,
    next: Next,
}

enum Next {
    /// The answer names it at `place`, and it is sent as `parameter`.
    Cursor { place: String, parameter: String },
    /// The elements are counted.
    Offset(String),
}

fn pages<'d>(plugin: &'d ServerPlugin) -> Result<Vec<PagedList<'d>>, Verdict> {
    needed(plugin)?;
    let of = |operation: Operation<'d>| {
        let path = operation.path(&plugin.declared.server.parameters).ok()?;
        let key = operation.value.get("x-cli-paginate")?;
        let text = |name: &str| key.get(name).and_then(Value::as_str).map(str::to_owned);
        let next = match (text("cursor"), text("parameter"), text("offset")) {
            (Some(place), Some(parameter), _) => Next::Cursor { place, parameter },
            (_, _, Some(offset)) => Next::Offset(offset),
            _ => return None,
        };
        Some(PagedList { path, size: text("size")?, next, operation })
    };
    let found: Vec<_> = plugin.operations().into_iter().filter(Operation::is_get).filter_map(of).collect();
    if found.is_empty() {
        return Err(Verdict::skipped(
            "no GET says with `x-cli-paginate` how its pages are had, and how large they are",
        ));
    }
    Ok(found)
}

impl PagedList<'_> {
    /// One page: its rows, and what leads on.
    fn page(
        &self,
        plugin: &ServerPlugin,
        size: usize,
        from: Option<&str>,
    ) -> Result<(Vec<Value>, Value), String> {
        let join = if self.path.contains('?') { '&' } else { '?' };
        let mut path = format!("{}{join}{}={size}", self.path, encoded(&self.size));
        if let Some(from) = from {
            let parameter = match &self.next {
                Next::Cursor { parameter, .. } | Next::Offset(parameter) => parameter,
            };
            let _ = write!(path, "&{}={}", encoded(parameter), encoded(from));
        }
        let answer = plugin.get(&path)?;
        if answer.status != 200 {
            return Err(format!("GET {path} answers {}", answer.status));
        }
        let value = answer.json().ok_or_else(|| format!("GET {path} answers no JSON"))?;
        Ok((self.rows(&value), value))
    }

    fn rows(&self, value: &Value) -> Vec<Value> {
        let named = self.operation.value.get("x-cli-columns").and_then(|it| it.get("rows")?.as_str());
        let list = named.and_then(|pointer| value.pointer(pointer)).and_then(Value::as_array);
        let alone = || value.as_array().or_else(|| value.as_object()?.values().find_map(Value::as_array));
        list.or_else(alone).cloned().unwrap_or_default()
    }

    /// All rows, by pages of this size.
    fn walk(&self, plugin: &ServerPlugin, size: usize) -> Result<Vec<Value>, String> {
        let (mut all, mut from): (Vec<Value>, Option<String>) = (Vec::new(), None);
        for _ in 0..MOST {
            let (rows, value) = self.page(plugin, size, from.as_deref())?;
            let is_end = rows.is_empty();
            all.extend(rows);
            from = match &self.next {
                Next::Offset(_) => (!is_end).then(|| all.len().to_string()),
                Next::Cursor { place, .. } => value.pointer(place).and_then(|next| match next {
                    Value::Null => None,
                    Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
                    other => Some(other.to_string()),
                }),
            };
            if from.is_none() {
                return Ok(all);
            }
        }
        Err(format!("no end after {MOST} pages"))
    }
}

/// Judges each list that has something in it.
fn each_list(
    plugin: &ServerPlugin,
    least: usize,
    did: &str,
    judge: impl Fn(&PagedList<'_>, &[Value]) -> Result<Option<String>, String>,
) -> Verdict {
    let lists = match pages(plugin) {
        Ok(lists) => lists,
        Err(verdict) => return verdict,
    };
    let mut judged = None;
    for list in &lists {
        let did = format!("{did} GET {}", list.path);
        let whole = match list.walk(plugin, LARGE) {
            Ok(whole) => whole,
            Err(error) => return Verdict::failed(did, error),
        };
        if whole.len() < least || whole.len() > MOST / 2 {
            continue;
        }
        match judge(list, &whole) {
            Ok(None) => judged = Some((did, whole.len())),
            Ok(Some(fault)) | Err(fault) => return Verdict::failed(did, fault),
        }
    }
    match judged {
        Some((did, count)) => Verdict::passed(did, format!("{count} elements, as they should be")),
        None => Verdict::skipped(format!(
            "no list has {least} to {} elements: {FILE} can `prepare` some",
            MOST / 2
        )),
    }
}

fn whole(plugin: &ServerPlugin) -> Verdict {
    each_list(plugin, 2, "walked through pages of one element of", |list, whole| {
        let walked = list.walk(plugin, 1)?;
        let twice = walked.iter().enumerate().find(|(at, row)| walked[..*at].contains(row));
        if let Some((at, _)) = twice {
            return Ok(Some(format!("the element of page {} was there before", at + 1)));
        }
        let missing = whole.iter().filter(|row| !walked.contains(row)).count();
        Ok((missing > 0).then(|| format!("{missing} of {} elements are on no page", whole.len())))
    })
}

fn stable(plugin: &ServerPlugin) -> Verdict {
    each_list(plugin, 2, "asked twice for", |list, whole| {
        let again = list.walk(plugin, LARGE)?;
        Ok((again != whole).then(|| "another order, or other elements".to_owned()))
    })
}

fn limit(plugin: &ServerPlugin) -> Verdict {
    each_list(plugin, 2, "asked for one element of", |list, _| {
        let (rows, _) = list.page(plugin, 1, None)?;
        Ok((rows.len() > 1).then(|| format!("{} elements", rows.len())))
    })
}

/// An event of a stream.
struct ReadEvent {
    id: Option<String>,
    data: String,
}

/// Opens a stream of events, behind `last` if that is given.
fn open(plugin: &ServerPlugin, path: &str, last: Option<&str>) -> Result<Wire, String> {
    let bearer = format!("Bearer {}", plugin.server.token);
    let mut headers = vec![("Authorization", bearer.as_str()), ("Accept", "text/event-stream")];
    headers.extend(last.map(|last| ("Last-Event-ID", last)));
    let address = &plugin.server.address;
    let mut wire = address.connect().map_err(|error| said(&error))?;
    wire.limit(PATIENCE).map_err(|error| said(&error))?;
    wire.send(&request(address, "GET", path, &headers, b"")).map_err(|error| said(&error))?;
    let head = wire.head()?;
    match head.status {
        200 => Ok(wire),
        status => Err(format!("it answers {status}")),
    }
}

/// The next event. Sizes of chunks stand between the lines, and are no fields.
fn next_event(wire: &mut Wire, until: Instant) -> Result<ReadEvent, String> {
    let mut event = ReadEvent { id: None, data: String::new() };
    while Instant::now() < until {
        let line = wire.line()?;
        if let Some(id) = line.strip_prefix("id:") {
            event.id = Some(id.trim().to_owned());
        } else if let Some(data) = line.strip_prefix("data:") {
            event.data.push_str(data.trim());
        } else if line.is_empty() && !event.data.is_empty() {
            return Ok(event);
        }
    }
    Err("no event came in time".to_owned())
}

fn resumes(plugin: &ServerPlugin) -> Verdict {
    if let Err(verdict) = needed(plugin) {
        return verdict;
    }
    let operations = plugin.operations();
    let ask = |it: &Operation<'_>| {
        let key = it.value.get("x-cli-follow")?;
        let path = it.path(&plugin.declared.server.parameters).ok()?;
        let parameter = key.get("parameter").and_then(Value::as_str);
        Some(parameter.map_or_else(
            || path.clone(),
            |name| format!("{path}{}{name}=true", if path.contains('?') { '&' } else { '?' }),
        ))
    };
    let stream = operations.iter().filter(|it| it.is_get() && it.has_events()).find_map(ask);
    let Some(path) = stream else {
        return Verdict::skipped("no GET with `x-cli-follow` answers with text/event-stream");
    };
    let did = format!("read an event of GET {path}, and asked again with its id as Last-Event-ID");
    let until = Instant::now() + PATIENCE;
    let first = open(plugin, &path, None).and_then(|mut wire| next_event(&mut wire, until));
    let first = match first {
        Ok(ReadEvent { id: Some(id), data }) => (id, data),
        Ok(_) => return Verdict::failed(did, "its events have no `id`"),
        Err(error) => return Verdict::failed(did, error),
    };
    let until = Instant::now() + PATIENCE;
    match open(plugin, &path, Some(&first.0)).and_then(|mut wire| next_event(&mut wire, until)) {
        Ok(ReadEvent { id, .. }) if id.as_deref() == Some(first.0.as_str()) => {
            Verdict::failed(did, format!("the event {} again", first.0))
        }
        Ok(ReadEvent { id, .. }) => {
            Verdict::passed(did, format!("{}, then {}", first.0, id.unwrap_or_default()))
        }
        // One that has nothing more to say may end, or wait.
        Err(_) => Verdict::passed(did, format!("{}, and then no other", first.0)),
    }
}

fn job_ends(plugin: &ServerPlugin) -> Verdict {
    if let Err(verdict) = needed(plugin) {
        return verdict;
    }
    let Some(wish) = plugin.declared.server.jobs.first() else {
        return Verdict::skipped(format!("{FILE} names no job that may be started"));
    };
    let operations = plugin.operations();
    let of = |id: &str| operations.iter().find(|operation| operation.id() == id);
    let Some(start) = of(&wish.operation) else {
        return Verdict::failed(
            format!("looked for the operation `{}`", wish.operation),
            "the document has none",
        );
    };
    let did = format!("started {}, and asked for its status", start.name());
    let wait = start.value.get("x-cli-wait");
    let text = |key: &str| wait.and_then(|wait| wait.get(key)).and_then(Value::as_str).unwrap_or_default();
    let Some(poll) = of(text("poll")) else {
        return Verdict::failed(did, "its `x-cli-wait` names no operation that shows it");
    };
    match run_job(plugin, start, poll, wish.body.as_ref(), wait.unwrap_or(&Value::Null)) {
        Ok(status) => Verdict::passed(did, format!("`{status}`")),
        Err(fault) => Verdict::failed(did, fault),
    }
}

/// Starts a job, and gives its last status.
fn run_job(
    plugin: &ServerPlugin,
    start: &Operation<'_>,
    poll: &Operation<'_>,
    body: Option<&Value>,
    wait: &Value,
) -> Result<String, String> {
    let text = |key: &str| wait.get(key).and_then(Value::as_str).unwrap_or_default();
    let path =
        start.path(&plugin.declared.server.parameters).map_err(|name| format!("`{name}` has no value"))?;
    let body = body.map(ToString::to_string).unwrap_or_default();
    let answer = plugin.send(&start.method.to_uppercase(), &path, &[], body.as_bytes())?;
    if answer.status >= 300 {
        return Err(format!("the start answers {}", answer.status));
    }
    let id = answer.json().and_then(|value| value.pointer(text("id")).cloned());
    let id = id.ok_or_else(|| format!("the answer has no {}", text("id")))?;
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    let path = poll.path_with(&encoded(&id));
    let ends: Vec<&str> = ["success", "failure"]
        .iter()
        .filter_map(|key| wait.get(key)?.as_array())
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let until = Instant::now() + JOB;
    let mut last = String::new();
    while Instant::now() < until {
        let answer = plugin.get(&path)?;
        let status =
            answer.json().and_then(|value| value.pointer(text("status"))?.as_str().map(str::to_owned));
        last = status
            .ok_or_else(|| format!("GET {path} answers {} without {}", answer.status, text("status")))?;
        if ends.contains(&last.as_str()) {
            return Ok(last);
        }
        thread::sleep(Duration::from_millis(100));
    }
    Err(format!("still `{last}` after {} s", JOB.as_secs()))
}
