//! The plugin as an executable, `everestctl-NAME`: what it asks for, the everestctl that became it is called back for.

use crate::host::{Backend, Stream, code_of_signal, no_server_api};
use crate::plugin::{self, Plugin};
use crate::{Context, Error, Host, Request, RequestTarget, Response, completion, metadata};
use everestctl_protocol::exit;
use everestctl_protocol::version::SERVER_API;
use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use zeroize::Zeroizing;

/// The function `main` of an executable: `everestctl_plugin::executable!(snake::Snake);` is the whole file.
#[macro_export]
macro_rules! executable {
    ($plugin:ty) => {
        fn main() -> std::process::ExitCode {
            $crate::executable::main::<$plugin>()
        }
    };
}

/// Prints the sidecar of the executable, instead of running it.
const METADATA: &str = "--everestctl-metadata";
/// Prints its manual page.
const MANUAL: &str = "--everestctl-man";

/// Runs the plugin with the arguments of this process.
pub fn main<P: Plugin>() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let mut host = host();
    let written = match arguments.as_slice() {
        [only] if only == METADATA => metadata::sidecar_file::<P>(),
        [only] if only == MANUAL => metadata::manual_page::<P>(),
        words => match completion::answer::<P>(words, host.context()) {
            Some(offered) => Ok(offered),
            None => return plugin::run::<P>(arguments, &mut host).into(),
        },
    };
    let shown = written.and_then(|text| host.write(text)).and_then(|()| host.flush());
    shown.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

/// The host of an executable: this process, and the everestctl that it names.
pub(crate) fn host() -> Host {
    let context = Context::from_process();
    Host::new(context.clone(), backend(context))
}

/// What asks the everestctl that `context` names.
pub(crate) fn backend(context: Context) -> Box<dyn Backend> {
    Box::new(Process { context, cancelled: None })
}

/// This process.
struct Process {
    context: Context,
    cancelled: Option<Cancelled>,
}

/// Whether a signal came that wants an end, and which.
#[derive(Default)]
struct Cancelled {
    came: Arc<AtomicBool>,
    signal: Arc<AtomicUsize>,
}

/// Runs the everestctl of this plugin.
#[expect(clippy::disallowed_methods, reason = "a plugin calls everestctl back by its path")]
fn call_back(context: &Context, arguments: &[&str], body: &[u8]) -> Result<std::process::Output, Error> {
    let everestctl = context
        .everestctl
        .as_ref()
        .ok_or_else(|| Error::new("this plugin was not started by everestctl").hint("everestctl COMMAND"))?;
    let failed =
        |error: std::io::Error| Error::new(format!("could not run {}", everestctl.display())).because(error);
    let mut child = std::process::Command::new(everestctl)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let stdin = child.stdin.take();
    std::thread::scope(|scope| {
        // What it does not read it does not need.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(body)));
        child.wait_with_output().map_err(failed)
    })
}

/// What everestctl said of its own failure, as an error of this plugin.
fn said(output: &std::process::Output) -> Error {
    let said = String::from_utf8_lossy(&output.stderr);
    let mut lines = said.lines();
    let first = lines.next().unwrap_or_default();
    let mut error = Error::new(first.strip_prefix("error: ").unwrap_or(first));
    for line in lines {
        error = match (line.trim().strip_prefix("caused by:"), line.strip_prefix("hint:")) {
            (Some(cause), _) => error.because(cause.trim()),
            (None, Some(hint)) => error.hint(hint.trim()),
            (None, None) => error,
        };
    }
    let code = output.status.code().and_then(|code| u8::try_from(code).ok());
    error.with_code(code.filter(|code| *code == u8::from(exit::SIGN_IN)).unwrap_or(1))
}

impl Backend for Process {
    fn write(&mut self, stream: Stream, text: &[u8]) -> Result<(), Error> {
        match stream {
            Stream::Output => {
                let mut output = std::io::stdout().lock();
                output.write_all(text)?;
                output.flush()?;
            }
            Stream::Error => std::io::stderr().lock().write_all(text)?,
        }
        Ok(())
    }

    fn token(&mut self) -> Result<Zeroizing<String>, Error> {
        let output = call_back(&self.context, &["auth", "token"], &[])?;
        let text = Zeroizing::new(String::from_utf8_lossy(&output.stdout).into_owned());
        if !output.status.success() {
            return Err(said(&output));
        }
        Ok(Zeroizing::new(text.trim().to_owned()))
    }

    fn request(&mut self, request: &Request) -> Result<Response, Error> {
        #[cfg(feature = "direct")]
        if request.target == RequestTarget::Server && self.context.everestctl.is_none() {
            return crate::direct::request(&self.context, request);
        }
        let plugin = match &request.target {
            RequestTarget::Own => self.context.plugin.as_deref().unwrap_or_default(),
            RequestTarget::Plugin(name) => name,
            RequestTarget::Server if self.context.everestctl.is_some() && !self.context.has(SERVER_API) => {
                return Err(no_server_api());
            }
            RequestTarget::Server => "--server",
        };
        let headers: Vec<String> =
            request.headers.iter().map(|(name, value)| format!("--header={name}: {value}")).collect();
        let mut line = vec!["--output=raw", "plugin", "api", "--include"];
        line.extend(headers.iter().map(String::as_str));
        if !request.body.is_empty() {
            line.push("--input=-");
        }
        line.extend([plugin, &request.method, &request.path]);
        let output = call_back(&self.context, &line, &request.body)?;
        response(&output.stdout).ok_or_else(|| said(&output))
    }

    fn progress(&mut self, message: &str, done: u64, total: Option<u64>) {
        let mut stderr = std::io::stderr().lock();
        if !stderr.is_terminal() {
            return;
        }
        let _ = match total {
            Some(total) if done >= total => write!(stderr, "\r\x1b[K"),
            Some(total) => write!(stderr, "\r\x1b[K{message} {} %", done * 100 / total.max(1)),
            None => write!(stderr, "\r\x1b[K{message}"),
        };
    }

    fn is_cancelled(&mut self) -> bool {
        let cancelled = self.cancelled.get_or_insert_with(|| {
            let cancelled = Cancelled::default();
            for (signal, number) in [(signal_hook::consts::SIGINT, 2), (signal_hook::consts::SIGTERM, 15)] {
                let came = || Arc::clone(&cancelled.came);
                // Where it cannot be had, the signal ends the process as it always does.
                if signal_hook::flag::register_conditional_default(signal, came()).is_ok() {
                    let _ = signal_hook::flag::register_usize(signal, Arc::clone(&cancelled.signal), number);
                    let _ = signal_hook::flag::register(signal, came());
                }
            }
            cancelled
        });
        cancelled.came.load(Ordering::SeqCst)
    }

    fn cancel_code(&mut self) -> u8 {
        let signal = self.cancelled.as_ref().map_or(0, |it| it.signal.load(Ordering::SeqCst));
        code_of_signal(i32::try_from(signal).unwrap_or_default())
    }
}

/// What `plugin api --include` writes: a status line, headers, an empty line, the body.
fn response(written: &[u8]) -> Option<Response> {
    let end = written.windows(2).position(|pair| pair == b"\n\n")?;
    let head = std::str::from_utf8(&written[..end]).ok()?;
    let mut lines = head.lines();
    let status = lines.next()?.split_whitespace().nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Some(Response { status, headers, body: written[end + 2..].to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_read_as_everestctl_writes_it() {
        let written = b"HTTP/1.1 201 Created\nContent-Type: text/plain\n\nline\n\nother\n";
        let response = response(written).unwrap();
        assert_eq!((response.status, response.header("content-type")), (201, Some("text/plain")));
        assert_eq!(response.body, b"line\n\nother\n");
        assert_eq!(super::response(b"error"), None);
    }
}
