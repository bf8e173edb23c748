//! How much memory a run takes.

use super::Sandbox;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The most memory that a run of `line` has had, in KiB, and how it ended.
pub(crate) fn peak(sandbox: &Sandbox, line: &str) -> (u64, Option<i32>, String) {
    let mut child =
        sandbox.command(line.split(' ')).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut most, start) = (0, Instant::now());
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        if start.elapsed() > super::process::LIMIT {
            let _ = child.kill();
            panic!("it hangs: {line}");
        }
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let high = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        most = most.max(high.and_then(|high| high.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    };
    let mut error = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut error).unwrap();
    (most, code, error)
}
