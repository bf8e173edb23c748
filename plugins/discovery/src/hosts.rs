//! Which hosts the user means: files with a host in each line, ranges of addresses, or both. Nothing else is ever looked at.

use everestctl_plugin::{Error, text};
use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io::{Read, stdin};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The largest file, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// The most hosts that any scan looks at, whatever the user says.
pub(crate) const MOST: usize = 65_536;

/// A host and its port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    /// A name or an address, the latter without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Whether the user named it, and not a range that it is in.
    pub(crate) named: bool,
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(formatter, "[{}]:{}", self.host, self.port)
        } else {
            write!(formatter, "{}:{}", self.host, self.port)
        }
    }
}

/// What one line or one value says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Host { host: String, port: Option<u16> },
    Range(Range),
}

/// Why a line cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum UnreadableLine {
    #[error("it is not a host, host:port or a range like 10.0.0.0/24")]
    Form,
    #[error("it has no port between 1 and 65535 behind the colon")]
    Port,
    #[error("the length of a range is a number up to {0}")]
    Length(u8),
    #[error("{0} is in the middle of a range; did you mean {1}?")]
    Middle(IpAddr, Range),
}

/// The addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: IpAddr,
    length: u8,
}

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.first, self.length)
    }
}

impl Range {
    fn parse(address: &str, length: &str) -> Result<Self, UnreadableLine> {
        let address: IpAddr = address.parse().map_err(|_| UnreadableLine::Form)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let is_number = (1..=3).contains(&length.len()) && length.bytes().all(|byte| byte.is_ascii_digit());
        let length = length.parse().ok().filter(|length| is_number && *length <= longest);
        let length = length.ok_or(UnreadableLine::Length(longest))?;
        let range = Self { first: address, length };
        let (number, host_bits) = (range.number(), range.host_bits());
        let first = number & !host_bits;
        if first != number {
            return Err(UnreadableLine::Middle(address, Self { first: range.address(first), length }));
        }
        Ok(range)
    }

    fn number(self) -> u128 {
        match self.first {
            IpAddr::V4(address) => u128::from(address.to_bits()),
            IpAddr::V6(address) => address.to_bits(),
        }
    }

    fn address(self, number: u128) -> IpAddr {
        match self.first {
            // What is added never leaves the range.
            IpAddr::V4(_) => Ipv4Addr::from_bits(u32::try_from(number).unwrap_or(u32::MAX)).into(),
            IpAddr::V6(_) => Ipv6Addr::from_bits(number).into(),
        }
    }

    /// The bits that differ within the range.
    fn host_bits(self) -> u128 {
        let width: u8 = if self.first.is_ipv4() { 32 } else { 128 };
        let free = u32::from(width - self.length);
        1_u128.checked_shl(free).map_or(u128::MAX, |size| size - 1)
    }

    /// The addresses of hosts: without those of the network and of everybody, where there are such.
    fn hosts(self) -> impl Iterator<Item = IpAddr> {
        let (first, last) = (self.number(), self.number() | self.host_bits());
        let is_network = self.first.is_ipv4() && self.length < 31;
        let edge = u128::from(is_network);
        (first + edge..=last - edge).map(move |number| self.address(number))
    }
}

/// Reads one line or value; nothing for one that is empty or a comment.
fn entry(line: &str) -> Result<Option<Entry>, UnreadableLine> {
    let line = line.split('#').next().unwrap_or_default().trim();
    if line.is_empty() {
        return Ok(None);
    }
    if let Some((address, length)) = line.split_once('/') {
        return Range::parse(address, length).map(|range| Some(Entry::Range(range)));
    }
    if let Some(rest) = line.strip_prefix('[') {
        let (address, behind) = rest.split_once(']').ok_or(UnreadableLine::Form)?;
        let address: Ipv6Addr = address.parse().map_err(|_| UnreadableLine::Form)?;
        let port = match behind {
            "" => None,
            behind => Some(port(behind.strip_prefix(':').ok_or(UnreadableLine::Form)?)?),
        };
        return Ok(Some(Entry::Host { host: address.to_string(), port }));
    }
    if let Ok(address) = line.parse::<IpAddr>() {
        return Ok(Some(Entry::Host { host: address.to_string(), port: None }));
    }
    let (host, port) = match line.split_once(':') {
        Some((host, behind)) => (host, Some(port(behind)?)),
        None => (line, None),
    };
    if !is_host(host) {
        return Err(UnreadableLine::Form);
    }
    Ok(Some(Entry::Host { host: host.to_ascii_lowercase(), port }))
}

fn port(text: &str) -> Result<u16, UnreadableLine> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| is_number && *port != 0).ok_or(UnreadableLine::Port)
}

/// An address, or a name of the DNS. What looks like an address and is none is nobody's name.
fn is_host(text: &str) -> bool {
    if text.parse::<Ipv4Addr>().is_ok() {
        return true;
    }
    let is_label = |label: &str| {
        matches!(label.len(), 1..=63)
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let name = text.strip_suffix('.').unwrap_or(text);
    let last = name.rsplit('.').next().unwrap_or_default();
    name.len() <= 253 && name.split('.').all(is_label) && !last.bytes().all(|byte| byte.is_ascii_digit())
}

/// The hosts of these files and ranges; at most `most` of them, each once, in the order in which they are named.
pub(crate) fn targets(named: &[String], port: u16, most: usize) -> Result<Vec<Target>, Error> {
    let most = most.min(MOST);
    let mut all = All { targets: Vec::new(), seen: BTreeSet::new(), port, most };
    for value in named {
        if value.contains('/')
            && value.split_once('/').is_some_and(|(start, _)| start.parse::<IpAddr>().is_ok())
        {
            all.add(entry(value).map_err(|error| unusable(value, &error))?)?;
        } else if let Ok(address) = value.parse::<IpAddr>() {
            all.add(Some(Entry::Host { host: address.to_string(), port: None }))?;
        } else {
            all.add_file(value)?;
        }
    }
    if all.targets.is_empty() {
        return Err(Error::usage("there is no host to look at")
            .hint("name hosts, one a line, in the file of --hosts"));
    }
    Ok(all.targets)
}

fn unusable(value: &str, error: &UnreadableLine) -> Error {
    Error::usage(format!("--hosts {}: {error}", text::one_line(value, 80)))
}

/// What is meant so far.
struct All {
    targets: Vec<Target>,
    seen: BTreeSet<(String, u16)>,
    port: u16,
    most: usize,
}

impl All {
    fn add(&mut self, entry: Option<Entry>) -> Result<(), Error> {
        match entry {
            None => {}
            Some(Entry::Host { host, port }) => self.push(host, port.unwrap_or(self.port), true)?,
            Some(Entry::Range(range)) => {
                // Said before anything is counted out: a range of IPv6 has no end.
                if range.host_bits() > MOST as u128 {
                    return Err(Error::usage(format!("{range} is too large"))
                        .hint(format!("no scan looks at more than {MOST} hosts")));
                }
                for address in range.hosts() {
                    self.push(address.to_string(), self.port, false)?;
                }
            }
        }
        Ok(())
    }

    fn push(&mut self, host: String, port: u16, named: bool) -> Result<(), Error> {
        if !self.seen.insert((host.clone(), port)) {
            return Ok(());
        }
        if self.targets.len() == self.most {
            let error = Error::usage(format!("these are more than {} hosts", self.most));
            return Err(if self.most < MOST {
                error.hint(format!("if all of them are yours: --max-hosts {MOST}, or another number"))
            } else {
                error.hint(format!("no scan looks at more than {MOST} hosts"))
            });
        }
        self.targets.push(Target { host, port, named });
        Ok(())
    }

    fn add_file(&mut self, path: &str) -> Result<(), Error> {
        let shown = text::one_line(path, 120);
        let failed = |why: String| Error::new(format!("could not read the hosts of {shown}")).because(why);
        let content = read(path).map_err(|error| {
            let error = failed(error.to_string());
            match entry(path) {
                // Somebody who has typed a host where a file belongs.
                Ok(Some(Entry::Host { .. })) if !path.contains('/') => error.hint(format!(
                    "for the host itself: echo '{shown}' | everestctl discovery scan … --hosts -"
                )),
                _ => error.hint(
                    "--hosts takes a file with a host in each line, an address, or a range like 10.0.0.0/24",
                ),
            }
        })?;
        for (number, line) in (1..).zip(content.lines()) {
            let entry = entry(line).map_err(|error| failed(format!("line {number}: {error}")))?;
            self.add(entry)?;
        }
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "a file that the user names, with a limit")]
fn read(path: &str) -> std::io::Result<String> {
    let mut content = String::new();
    if path == "-" {
        stdin().lock().take(LARGEST + 1).read_to_string(&mut content)?;
    } else {
        File::open(path)?.take(LARGEST + 1).read_to_string(&mut content)?;
    }
    if content.len() as u64 > LARGEST {
        return Err(std::io::Error::other("it is larger than 1 MiB"));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn host(line: &str) -> (String, Option<u16>) {
        match entry(line) {
            Ok(Some(Entry::Host { host, port })) => (host, port),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_line_is_a_host_with_or_without_a_port() {
        assert_eq!(host(" DB.example.com:5433 # the shop"), ("db.example.com".to_owned(), Some(5433)));
        assert_eq!(host("10.0.0.7"), ("10.0.0.7".to_owned(), None));
        assert_eq!(host("[::1]:5432"), ("::1".to_owned(), Some(5432)));
        assert_eq!(host("2001:db8::1"), ("2001:db8::1".to_owned(), None));
        assert_eq!(entry("  # nothing"), Ok(None));
        for bad in [
            "10.0.0.999",
            "a b",
            "-x",
            "db:0",
            "db:65536",
            "db:+1",
            "[::1",
            "[10.0.0.1]",
            "db:",
            "a..b",
            "ü",
            "1.2.3",
        ] {
            assert!(entry(bad).is_err(), "{bad}");
        }
        let target = Target { host: "::1".to_owned(), port: 5432, named: true };
        assert_eq!(target.to_string(), "[::1]:5432");
    }

    #[test]
    fn a_range_is_what_it_says_and_never_larger_than_allowed() {
        let all = |named: &str, most| {
            targets(&[named.to_owned()], 5432, most)
                .map(|targets| targets.iter().map(ToString::to_string).collect::<Vec<_>>())
                .map_err(|error| error.to_string())
        };
        assert_eq!(all("10.0.0.0/30", 10).unwrap(), ["10.0.0.1:5432", "10.0.0.2:5432"]);
        assert_eq!(all("10.0.0.4/31", 10).unwrap(), ["10.0.0.4:5432", "10.0.0.5:5432"]);
        assert_eq!(all("10.0.0.4/32", 10).unwrap(), ["10.0.0.4:5432"]);
        assert_eq!(all("10.0.0.4", 10).unwrap(), ["10.0.0.4:5432"]);
        assert_eq!(all("::4/127", 10).unwrap(), ["[::4]:5432", "[::5]:5432"]);
        assert_eq!(all("255.255.255.254/31", 10).unwrap().len(), 2);
        assert_eq!(all("10.0.0.0/20", 4096).unwrap().len(), 4094);
        assert_eq!(all("10.0.0.0/19", 4096).unwrap_err(), "these are more than 4096 hosts");
        assert_eq!(all("10.0.0.0/16", MOST).unwrap().len(), 65_534);
        assert_eq!(all("10.0.0.0/8", usize::MAX).unwrap_err(), "10.0.0.0/8 is too large");
        assert_eq!(all("::/0", usize::MAX).unwrap_err(), "::/0 is too large");
        assert_eq!(all("0.0.0.0/0", usize::MAX).unwrap_err(), "0.0.0.0/0 is too large");
        assert!(all("10.0.0.9/24", 10).unwrap_err().ends_with("did you mean 10.0.0.0/24?"));
        assert!(all("10.0.0.0/33", 10).unwrap_err().ends_with("a number up to 32"));
    }

    #[test]
    fn hosts_of_a_file_are_taken_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hosts").display().to_string();
        let read = |content: &str| {
            #[expect(clippy::disallowed_methods, reason = "a file of the test")]
            std::fs::write(&path, content).unwrap();
            targets(std::slice::from_ref(&path), 3306, 10)
        };
        let found = read("db1\nDB1:3306\ndb2:3307\n10.0.0.0/31\n").unwrap();
        let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["db1:3306", "db2:3307", "10.0.0.0:3306", "10.0.0.1:3306"]);
        assert_eq!(found.iter().filter(|target| target.named).count(), 2);
        let error = format!("{:?}", read("db1\nnot a host\n").unwrap_err());
        assert!(error.contains("line 2: it is not a host"), "{error}");
        assert!(read("# nothing\n").is_err());
        assert!(read(&"x".repeat(2 * 1024 * 1024)).is_err());
        let missing = format!("{:?}", targets(&["db.example.com".to_owned()], 1, 10).unwrap_err());
        assert!(missing.contains("echo 'db.example.com' |"), "{missing}");
    }

    proptest! {
        #[test]
        fn no_line_is_a_panic_and_what_is_read_is_read_again(line in any::<String>()) {
            if let Ok(Some(Entry::Host { host, port })) = entry(&line) {
                let shown = Target { host: host.clone(), port: port.unwrap_or(1), named: true }.to_string();
                prop_assert_eq!(entry(&shown), Ok(Some(Entry::Host { host, port: Some(port.unwrap_or(1)) })));
            }
        }

        #[test]
        fn no_range_leaves_itself(number: u32, length in 20_u8..=32) {
            let range = Range { first: Ipv4Addr::from_bits(number).into(), length };
            let first = range.address(range.number() & !range.host_bits());
            let range = Range::parse(&first.to_string(), &length.to_string()).unwrap();
            prop_assert_eq!(range.first, first);
            for address in range.hosts() {
                let IpAddr::V4(address) = address else { panic!() };
                prop_assert_eq!(u128::from(address.to_bits()) & !range.host_bits(), range.number());
            }
        }

        #[test]
        fn no_text_with_a_slash_is_a_panic(text in "[0-9a-f:./]{0,24}") {
            let _ = entry(&text);
        }
    }
}
