//! What was seen of a run, in words.

use crate::model::CleanText;
use crate::sys::trial::{End, Seen};

/// What a crash writes, by language.
const TRACES: &[&str] = &[
    "Traceback (most recent call last)",
    "panicked at",
    "stack backtrace:",
    "goroutine ",
    "Segmentation fault",
    "core dumped",
    "Exception in thread",
    "UnhandledPromiseRejection",
    "Unhandled exception",
    "node:internal",
    "Exception ignored",
    "BrokenPipeError",
    "unbound variable",
    "parameter not set",
    "AddressSanitizer",
];
/// The signal of a pipe that nobody reads.
const BROKEN_PIPE: i32 = 13;

/// How it ended.
pub(super) fn ending(seen: &Seen) -> String {
    match seen.end {
        End::Code(code) => format!("exit code {code}"),
        End::Signal(signal) => format!("ended by signal {signal}"),
        End::Late => format!("not ended after {:.1} s", seen.took.as_secs_f64()),
    }
}

/// Its first line that says something, short.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let line = CleanText::new(line).to_string();
    let cut: String = line.chars().take(120).collect();
    if cut.is_empty() { "nothing".to_owned() } else { format!("`{cut}`") }
}

/// How it ended, and what it said.
pub(super) fn account(seen: &Seen) -> String {
    format!(
        "{}; standard output: {}; standard error: {}",
        ending(seen),
        excerpt(&seen.output),
        excerpt(&seen.errors)
    )
}

/// What a crash has written, if there was one.
pub(super) fn trace(seen: &Seen) -> Option<String> {
    [&seen.output, &seen.errors].into_iter().find_map(|bytes| {
        let text = String::from_utf8_lossy(bytes);
        let line = text.lines().find(|line| TRACES.iter().any(|trace| line.contains(trace)))?;
        Some(format!("a stack trace: {}", excerpt(line.as_bytes())))
    })
}

/// Why a run was a crash, or had no end, if it was or had not.
pub(super) fn crash(seen: &Seen) -> Option<String> {
    match seen.end {
        End::Late => Some(ending(seen)),
        End::Signal(signal) if signal != BROKEN_PIPE => Some(format!("{} (a crash)", ending(seen))),
        _ => trace(seen),
    }
}

/// Why it is not refused as a command line that makes no sense is, if it is not.
pub(super) fn not_refused(seen: &Seen) -> Option<String> {
    match seen.end {
        End::Code(1..=125) if !seen.errors.trim_ascii().is_empty() => None,
        End::Code(1..=125) => Some(format!("{}, and nothing on standard error", ending(seen))),
        _ => Some(account(seen)),
    }
}

/// Why it is not the help that `--help` shows, if it is not.
pub(super) fn not_help(seen: &Seen, help: &Seen) -> Option<String> {
    if seen.end != End::Code(0) {
        return Some(account(seen));
    }
    if seen.output == help.output {
        return None;
    }
    let (now, before) = (String::from_utf8_lossy(&seen.output), String::from_utf8_lossy(&help.output));
    let other = now.lines().zip(before.lines()).find(|(now, before)| now != before);
    Some(match other {
        Some((now, before)) => {
            format!("another help: {} instead of {}", excerpt(now.as_bytes()), excerpt(before.as_bytes()))
        }
        None => format!("a help of {} bytes instead of {}", seen.output.len(), help.output.len()),
    })
}

/// The first escape sequence in it, if there is one.
pub(super) fn escape(bytes: &[u8]) -> Option<String> {
    let at = bytes.iter().position(|byte| *byte == 0x1b)?;
    let rest = &bytes[at + 1..bytes.len().min(at + 12)];
    let end = rest.iter().position(u8::is_ascii_alphabetic).map_or(rest.len(), |end| end + 1);
    Some(format!("the escape sequence ESC {}", CleanText::new(&String::from_utf8_lossy(&rest[..end]))))
}

/// The text without escape sequences.
pub(super) fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|it: char| it.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
        plain.push_str(&part[end..]);
    }
    plain
}

/// The first colour in it, if there is one: bold and underlined are none.
pub(super) fn colour(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let sequences = text.split("\u{1b}[").skip(1).filter_map(|rest| rest.split_once('m'));
    let mut numbers = sequences.filter(|(numbers, _)| {
        numbers.bytes().all(|byte| byte.is_ascii_digit() || byte == b';' || byte == b':')
            && numbers
                .split([';', ':'])
                .filter_map(|number| number.parse::<u32>().ok())
                .any(|number| matches!(number, 30..=38 | 40..=48 | 90..=97 | 100..=107))
    });
    numbers.next().map(|(numbers, _)| format!("the colour ESC [{numbers}m"))
}

/// Whether `text` has `needle`.
pub(super) fn has(text: &[u8], needle: &str) -> bool {
    !needle.is_empty() && text.windows(needle.len()).any(|window| window == needle.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_told_from_other_sequences() {
        assert_eq!(colour(b"\x1b[1mbold\x1b[0m"), None);
        assert_eq!(colour(b"\x1b[1;31mred").unwrap(), "the colour ESC [1;31m");
        assert_eq!(colour(b"\x1b[2J 31m"), None);
        assert_eq!(escape(b"a\x1b[31mb").unwrap(), "the escape sequence ESC [31m");
        assert_eq!(escape(b"plain"), None);
        assert_eq!(plain(b"\x1b[1;31mred\x1b[0m and\x1b["), "red and");
    }

    #[test]
    fn an_excerpt_is_one_harmless_line() {
        assert_eq!(excerpt(b"\n\n  a\x1b[31m b\nc"), "`a[31m b`");
        assert_eq!(excerpt(b" \n"), "nothing");
    }
}
