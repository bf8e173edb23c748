//! What a backend prints: line by line into the log, and the last lines kept, to say why it ended.

use crate::Log;
use everestctl::model::CleanText;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::task::JoinHandle;

/// How many lines are kept.
const KEPT: usize = 12;
/// The longest line; a longer one is cut into pieces.
const LONGEST: u64 = 8 * 1024;
/// How long the rest of the output of an ended backend may take.
const REST: Duration = Duration::from_millis(300);

/// The output of one run of a backend.
#[derive(Default)]
pub(super) struct BackendOutput {
    lines: Arc<Mutex<VecDeque<String>>>,
    readers: Vec<JoinHandle<()>>,
}

impl BackendOutput {
    /// Logs what comes from `stream`, with the name of the plugin in front.
    pub(super) fn follow(
        &mut self,
        plugin: &str,
        log: &Log,
        stream: Option<impl AsyncRead + Unpin + Send + 'static>,
    ) {
        let Some(stream) = stream else { return };
        let (plugin, log, kept) = (plugin.to_owned(), log.clone(), Arc::clone(&self.lines));
        self.readers.push(tokio::spawn(async move {
            let mut lines = BufReader::new(stream);
            let mut line = Vec::new();
            while let Ok(1..) = (&mut lines).take(LONGEST).read_until(b'\n', &mut line).await {
                let text = CleanText::new(&String::from_utf8_lossy(&line)).to_string();
                log.event(&format!("{plugin}: {text}"));
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if !text.is_empty() {
                    kept.push_back(text);
                }
                while kept.len() > KEPT {
                    kept.pop_front();
                }
                drop(kept);
                line.clear();
            }
        }));
    }

    /// The last lines, once the backend has ended.
    pub(super) async fn last(&mut self) -> Vec<String> {
        let readers = std::mem::take(&mut self.readers);
        // What it has started may still hold the pipes.
        let all = async {
            for reader in readers {
                let _ = reader.await;
            }
        };
        let _ = tokio::time::timeout(REST, all).await;
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Says what happened to `name`, with its last lines for whoever has not seen them. What is known already is an event only.
pub(super) fn report(log: &Log, name: &str, what: &str, lines: &[String], is_known: bool) {
    let line = format!("{name}: {what}");
    if is_known {
        return log.event(&line);
    }
    for printed in lines {
        log.recalled(&format!("{name}: {printed}"));
    }
    log.trouble(&line);
}

/// The line that says best why a program ended: the last one that speaks of an error, else the last one.
pub(super) fn cause(lines: &[String]) -> Option<&str> {
    let speaks = |line: &&String| {
        let line = line.to_lowercase();
        ["error", "exception", "panicked", "fatal", "cannot", "could not"]
            .iter()
            .any(|word| line.contains(word))
    };
    lines.iter().rev().find(speaks).or_else(|| lines.last()).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_speaks_of_an_error_is_the_cause() {
        let found = |text: &str| {
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            cause(&lines).map(str::to_owned)
        };
        let python = "Traceback (most recent call last):\n  File \"x.py\", line 1\nModuleNotFoundError: No module named 'flask'";
        assert_eq!(found(python).unwrap(), "ModuleNotFoundError: No module named 'flask'");
        assert_eq!(
            found("Error: Cannot find module 'x'\n    at y\nNode.js v20").unwrap(),
            "Error: Cannot find module 'x'"
        );
        assert_eq!(found("starting\nbye").unwrap(), "bye");
        assert_eq!(found(""), None);
    }
}
