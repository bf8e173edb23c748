//! `NO_PROXY`: the hosts that are reached without a proxy, as Go (kubectl) and curl read the list.
//!
//! Neither kube-client nor hyper-util reads it so: kube-client 5 compares the list with the address of the *proxy*
//! (`ConfigLoader::proxy_url`), and hyper-util 0.1.21 knows no ports and takes `*` for names only.

use std::net::IpAddr;

/// Whose rules hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// kubectl's, which are those of Go's library.
    Go,
    /// Those of curl.
    Curl,
}

/// One entry of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
enum NoProxyEntry {
    /// `*`.
    Everything,
    /// `10.0.0.0/8`.
    Network(IpAddr, u8),
    /// `10.0.0.1`, with a port if only that is meant.
    Address(IpAddr, Option<u16>),
    /// `example.com`: what is below it, and itself unless only what is below is meant.
    Domain { name: String, itself: bool, port: Option<u16> },
}

/// Whether `list` has `host`, which is as in a URL, at `port`.
pub(super) fn covers(list: &str, host: &str, port: u16, habit: Habit) -> bool {
    let host = bare(host).trim_end_matches('.').to_ascii_lowercase();
    let address = host.parse::<IpAddr>().ok().map(|address| address.to_canonical());
    let separates = |it: char| it == ',' || (habit == Habit::Curl && it.is_whitespace());
    list.split(separates).filter_map(|text| entry(text.trim(), habit)).any(|entry| match entry {
        NoProxyEntry::Everything => true,
        NoProxyEntry::Network(network, length) => {
            address.is_some_and(|address| is_in(address, network, length))
        }
        NoProxyEntry::Address(other, only) => address == Some(other) && only.is_none_or(|only| only == port),
        NoProxyEntry::Domain { name, itself, port: only } => {
            let below = host.strip_suffix(&name).is_some_and(|rest| rest.ends_with('.'));
            (below || (itself && host == name)) && only.is_none_or(|only| only == port)
        }
    })
}

fn entry(text: &str, habit: Habit) -> Option<NoProxyEntry> {
    if text == "*" {
        return Some(NoProxyEntry::Everything);
    }
    if let Some((network, length)) = text.split_once('/')
        && let (Ok(network), Ok(length)) = (bare(network).parse::<IpAddr>(), length.parse())
    {
        return Some(NoProxyEntry::Network(network, length));
    }
    let (host, port) = split_port(text);
    if let Ok(address) = bare(host).parse::<IpAddr>() {
        return Some(NoProxyEntry::Address(address.to_canonical(), port));
    }
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let name = host.strip_prefix("*.").or_else(|| host.strip_prefix('.'));
    // To Go a dot in front means what is below only; to curl it means nothing.
    let itself = name.is_none() || habit == Habit::Curl;
    let name = name.unwrap_or(&host).to_owned();
    (!name.is_empty()).then_some(NoProxyEntry::Domain { name, itself, port })
}

/// `host:port` and `[address]:port`; an IPv6 address without brackets has no port.
fn split_port(text: &str) -> (&str, Option<u16>) {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            port.parse().map_or((text, None), |port| (host, Some(port)))
        }
        _ => (text, None),
    }
}

fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

fn is_in(address: IpAddr, network: IpAddr, length: u8) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            length <= 32
                && (address.to_bits() ^ network.to_bits()).checked_shr(32 - u32::from(length)).unwrap_or(0)
                    == 0
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            length <= 128
                && (address.to_bits() ^ network.to_bits()).checked_shr(128 - u32::from(length)).unwrap_or(0)
                    == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_as_go_and_curl_read_it() {
        for (list, host, port, go, curl) in [
            ("*", "example.com", 443, true, true),
            ("*", "198.51.100.7", 443, true, true),
            ("*", "[2001:db8::7]", 443, true, true),
            ("x, *", "198.51.100.7", 443, true, true),
            ("198.51.100.7", "198.51.100.7", 6443, true, true),
            (" localhost ,198.51.100.7 ", "198.51.100.7", 6443, true, true),
            ("198.51.100.7:6443", "198.51.100.7", 6443, true, true),
            ("198.51.100.7:443", "198.51.100.7", 6443, false, false),
            ("198.51.100.0/24", "198.51.100.7", 6443, true, true),
            ("198.51.100.0/24", "198.51.101.7", 6443, false, false),
            ("198.51.100.0/33", "198.51.100.7", 6443, false, false),
            ("0.0.0.0/0", "198.51.100.7", 6443, true, true),
            ("198.51.100.7/32", "198.51.100.7", 6443, true, true),
            ("2001:db8::/32", "[2001:db8::7]", 6443, true, true),
            ("::/0", "198.51.100.7", 6443, false, false),
            ("2001:db8::7", "[2001:db8::7]", 6443, true, true),
            ("[2001:db8::7]", "[2001:db8::7]", 6443, true, true),
            ("[2001:db8::7]:6443", "[2001:db8::7]", 6443, true, true),
            ("[2001:db8::7]:1", "[2001:db8::7]", 6443, false, false),
            ("kube.invalid", "kube.invalid", 6443, true, true),
            ("KUBE.invalid", "kube.INVALID", 6443, true, true),
            ("kube.invalid.", "kube.invalid", 6443, true, true),
            ("kube.invalid", "kube.invalid.", 6443, true, true),
            ("invalid", "kube.invalid", 6443, true, true),
            (".invalid", "kube.invalid", 6443, true, true),
            ("*.invalid", "kube.invalid", 6443, true, true),
            ("kube.invalid:6443", "a.kube.invalid", 6443, true, true),
            ("kube.invalid:443", "kube.invalid", 6443, false, false),
            ("ube.invalid", "kube.invalid", 6443, false, false),
            ("example.com", "badexample.com", 443, false, false),
            (".kube.invalid", "kube.invalid", 6443, false, true),
            ("a.example b.example", "b.example", 443, false, true),
            ("", "kube.invalid", 6443, false, false),
            (",,.,:1", "kube.invalid", 6443, false, false),
        ] {
            assert_eq!(covers(list, host, port, Habit::Go), go, "Go: {list} {host}:{port}");
            assert_eq!(covers(list, host, port, Habit::Curl), curl, "curl: {list} {host}:{port}");
        }
    }
}
