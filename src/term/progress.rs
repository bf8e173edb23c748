//! Progress on standard error: a bar or spinner on a terminal, lines elsewhere,
//! nothing when the user wants quiet.

use super::Streams;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// How often a word that turns moves.
const TURN: Duration = Duration::from_millis(100);
/// The templates are constants; one that could not be read would show the library's own.
const BYTES: &str = "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
const BYTES_OF_UNKNOWN: &str = "{spinner} {bytes}, {bytes_per_sec}";
const PERCENT: &str = "{bar:30} {pos} % {msg}";
const WORD: &str = "{spinner} {msg} for {elapsed}";

/// How far something is.
pub struct ProgressLine {
    bar: ProgressBar,
    watched: bool,
    quiet: bool,
    said: String,
    style: &'static str,
}

impl ProgressLine {
    /// Nothing has happened yet.
    pub fn new(streams: &Streams) -> Self {
        Self::watched(streams, streams.is_watched())
    }

    /// The same while standard output gets the data: on one terminal they would not go together.
    pub fn beside_output(streams: &Streams) -> Self {
        Self::watched(streams, streams.is_watched() && !streams.is_terminal())
    }

    fn watched(streams: &Streams, watched: bool) -> Self {
        let target = if watched && streams.is_of_this_process() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        Self { bar, watched, quiet: streams.is_quiet(), said: String::new(), style: "" }
    }

    /// Bytes out of a total. Shown on a terminal only.
    pub fn bytes(&mut self, done: u64, total: Option<u64>) {
        if let Some(total) = total {
            self.bar.set_length(total);
        }
        self.style(if total.is_some() { BYTES } else { BYTES_OF_UNKNOWN });
        self.bar.set_position(done);
    }

    /// In this state, with this percentage done.
    pub fn state(&mut self, streams: &mut Streams, word: &str, percent: Option<f64>) {
        let percent = percent.filter(|percent| percent.is_finite()).map(|percent| percent.clamp(0.0, 100.0));
        if self.watched {
            self.bar.set_message(word.to_owned());
            self.style(if percent.is_some() { PERCENT } else { WORD });
            if let Some(percent) = percent {
                self.bar.set_length(100);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 100")]
                self.bar.set_position(percent as u64);
            }
            self.bar.enable_steady_tick(TURN);
            return;
        }
        let percent = percent.map(|percent| format!(" {percent} %")).unwrap_or_default();
        let line = format!("{word}{percent}");
        if line != self.said && !self.quiet {
            streams.remark(&line);
            self.said = line;
        }
    }

    /// Says something for good, above what moves.
    pub fn say(&mut self, say: impl FnOnce()) {
        self.bar.suspend(say);
    }

    /// Takes away what moves.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn style(&mut self, template: &'static str) {
        if self.style != template {
            self.style = template;
            self.bar.set_style(
                ProgressStyle::with_template(template)
                    .unwrap_or_else(|_| ProgressStyle::default_bar())
                    .progress_chars("=> "),
            );
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.clear();
    }
}
