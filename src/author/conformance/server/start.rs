//! The development host with the plugin, and what it tells: where it is, who may sign in, where the plugin's service listens, what that
//! prints.

use super::FoundServer;
use super::wire::{ListenAddress, request};
use crate::sys::Environment;
use crate::sys::files;
use crate::sys::trial::{RunningTrial, Trial};
use crate::yaml;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long the host and the service may take until they answer.
const START: Duration = Duration::from_secs(20);
/// How long the host may run.
const LONGEST: Duration = Duration::from_hours(1);
/// How long it may take to end when it is asked to.
const END: Duration = Duration::from_secs(8);
const PAUSE: Duration = Duration::from_millis(10);
const LARGEST: u64 = 256 * 1024;
const TERM: i32 = 15;

/// A host with a plugin.
pub(super) struct RunningServer {
    host: Mutex<Option<RunningTrial>>,
    /// Where the service listens.
    pub(super) address: ListenAddress,
    /// The path that answers when it is ready.
    pub(super) readiness: String,
    /// The token of the host's user.
    pub(super) token: String,
    /// Where the manifest says that the document is.
    pub(super) document: Option<String>,
    /// Whether the host has started the service.
    pub(super) is_ours: bool,
    /// What was run.
    pub(super) did: String,
}

/// Why it does not run.
pub(super) struct NotStarted {
    pub(super) did: String,
    pub(super) saw: String,
}

impl RunningServer {
    pub(super) fn start(
        found: &FoundServer,
        environment: &Environment,
        everestctl: &Path,
    ) -> Result<Self, NotStarted> {
        let did = format!("ran `everestctl host run --plugins {}`", found.folder.display());
        let failed = |saw: String| NotStarted { did: did.clone(), saw };
        let yaml_of = |name: &str| -> Value {
            let content = files::read(&found.folder.join(name), LARGEST).unwrap_or_default();
            yaml::explained(&content).unwrap_or_default()
        };
        let (host_file, manifest) = (yaml_of("host.yaml"), yaml_of("manifest.yaml"));
        let text =
            |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let mut arguments: Vec<std::ffi::OsString> =
            ["-o", "json", "host", "run", "--listen", "127.0.0.1:0", "--plugins"].map(Into::into).to_vec();
        arguments.push(found.folder.clone().into_os_string());
        let environment = environment.only(|name| {
            !["EVEREST_TOKEN", "EVEREST_HOST", "EVERESTCTL_PATH"].iter().any(|other| name == *other)
        });
        let trial =
            Trial { deadline: LONGEST, ..Trial::new(everestctl, arguments, environment, Path::new("/")) };
        let mut host = trial.start().map_err(|error| failed(error.to_string()))?;
        let started = await_start(&mut host, &found.name, text(&host_file, "/url").as_deref());
        let (api, password, address) = match started {
            Ok(started) => started,
            Err(saw) => {
                host.send(TERM);
                host.ends_within(END);
                let _ = host.finish();
                return Err(failed(saw));
            }
        };
        let mut server = Self {
            host: Mutex::new(Some(host)),
            address,
            readiness: text(&host_file, "/readiness").unwrap_or_else(|| "/healthz".to_owned()),
            token: String::new(),
            document: text(&manifest, "/metadata/annotations/everestctl.openeverest.io~1openapi"),
            is_ours: host_file.get("url").is_none(),
            did: did.clone(),
        };
        server.token = sign_in(&api, &password).map_err(|error| failed(format!("no sign-in: {error}")))?;
        Ok(server)
    }

    /// What host and service have said so far, a message each.
    pub(super) fn log(&self) -> Vec<String> {
        let host = self.host.lock().unwrap_or_else(PoisonError::into_inner);
        host.as_ref().map(messages).unwrap_or_default()
    }

    /// Asks the host to end, and so the service.
    pub(super) fn ask_to_end(&self) {
        if let Some(host) = &*self.host.lock().unwrap_or_else(PoisonError::into_inner) {
            host.send(TERM);
        }
    }

    /// Waits for its end, so long at most; whether it came.
    pub(super) fn ends_within(&self, patience: Duration) -> bool {
        let mut host = self.host.lock().unwrap_or_else(PoisonError::into_inner);
        host.as_mut().is_none_or(|host| host.ends_within(patience))
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        let host = self.host.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut host) = host {
            host.send(TERM);
            host.ends_within(END);
            let _ = host.finish();
        }
    }
}

/// The messages of the log.
fn messages(host: &RunningTrial) -> Vec<String> {
    let text = String::from_utf8_lossy(&host.said_so_far()).into_owned();
    let message = |line: &str| {
        let value: Value = serde_json::from_str(line).ok()?;
        value.get("message")?.as_str().map(str::to_owned)
    };
    text.lines().filter_map(message).collect()
}

/// Waits until the service is ready: the host's address, a password, and the service's address. Or why it is not.
fn await_start(
    host: &mut RunningTrial,
    name: &str,
    url: Option<&str>,
) -> Result<(ListenAddress, String, ListenAddress), String> {
    let until = Instant::now() + START;
    let ready = format!("{name}: ready at ");
    let trouble =
        [format!("{name}: stopped"), format!("{name}: could not start"), format!("{name}: not ready")];
    loop {
        let text = String::from_utf8_lossy(&host.said_so_far()).into_owned();
        let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let of =
            |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let listening = lines.iter().find(|line| of(line, "type") == "listening");
        let messages: Vec<String> = lines.iter().map(|line| of(line, "message")).collect();
        let place = url
            .map(str::to_owned)
            .or_else(|| messages.iter().find_map(|it| it.strip_prefix(&ready).map(str::to_owned)));
        if let (Some(listening), Some(place)) = (listening, &place) {
            let api = ListenAddress::new(&of(listening, "url")).ok_or("the host has no address")?;
            let address =
                ListenAddress::new(place).ok_or_else(|| format!("{place} is not reached by plain HTTP"))?;
            return Ok((api, of(listening, "password"), address));
        }
        let failure = messages.iter().position(|it| trouble.iter().any(|start| it.starts_with(start)));
        if let Some(at) = failure {
            // What the service has printed says best why.
            let own = format!("{name}: ");
            let printed = messages[..at].iter().rfind(|it| it.starts_with(&own));
            let printed = printed.map(|line| format!(" ({line})")).unwrap_or_default();
            return Err(format!("{}{printed}", messages[at]));
        }
        if host.ends_within(PAUSE) {
            let last = text.lines().last().unwrap_or_default();
            return Err(format!("the host has ended: {last}"));
        }
        if Instant::now() > until {
            let skipped = messages.iter().rev().find(|it| it.contains(name) || it.contains("skipped"));
            return Err(skipped.cloned().unwrap_or_else(|| "it does not answer after 20 s".to_owned()));
        }
        thread::sleep(PAUSE);
    }
}

/// A token of the host's user.
fn sign_in(api: &ListenAddress, password: &str) -> Result<String, String> {
    let body = json!({"grant_type": "password", "username": "admin", "password": password}).to_string();
    let headers = [("Content-Type", "application/json"), ("Connection", "close")];
    let mut wire = api.connect().map_err(|error| error.to_string())?;
    wire.send(&request(api, "POST", "/v1/auth/token", &headers, body.as_bytes()))
        .map_err(|error| error.to_string())?;
    let answer = wire.answer(false)?;
    let token = answer.json().and_then(|value| value.get("access_token")?.as_str().map(str::to_owned));
    token.ok_or_else(|| format!("the host answers {}", answer.status))
}
