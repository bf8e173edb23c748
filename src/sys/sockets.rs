//! Whose a listening socket is. Read from `/proc`, so on Linux only: elsewhere it cannot be known.
//!
//! A socket is known by its inode, which is its own for as long as it is open.

use std::collections::BTreeSet;
use std::io::{self, BufRead};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether it can be known on this system.
pub const CAN_BE_KNOWN: bool = cfg!(target_os = "linux");

/// The sockets of which one gets a connection to `127.0.0.1:port`.
pub fn listeners(port: u16) -> io::Result<BTreeSet<u64>> {
    let mut found = Vec::new();
    read_table("/proc/net/tcp", port, &mut found)?;
    match read_table("/proc/net/tcp6", port, &mut found) {
        // A system without IPv6.
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    Ok(chosen(&found))
}

/// The sockets that the processes below `root` have open.
pub fn held_below(root: u32) -> BTreeSet<u64> {
    let descriptors = super::tree::descendants(root)
        .into_iter()
        .filter_map(|pid| std::fs::read_dir(format!("/proc/{pid}/fd")).ok())
        .flat_map(Iterator::flatten);
    descriptors.filter_map(|entry| inode(std::fs::read_link(entry.path()).ok()?.to_str()?)).collect()
}

fn inode(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Listener {
    address: IpAddr,
    inode: u64,
}

fn read_table(path: &str, port: u16, found: &mut Vec<Listener>) -> io::Result<()> {
    read_listeners(io::BufReader::new(std::fs::File::open(path)?), port, found)
}

/// Reads the first part of a table of `proc_net(5)`: what listens is before what is connected.
fn read_listeners(table: impl BufRead, port: u16, found: &mut Vec<Listener>) -> io::Result<()> {
    const LISTENING: &str = "0A";
    for line in table.lines().skip(1) {
        let line = line?;
        let fields: Vec<&str> = line.split_whitespace().collect();
        let malformed = || io::Error::new(io::ErrorKind::InvalidData, "a table of sockets of another kind");
        let [_, local, _, state, _, _, _, _, _, inode, ..] = fields[..] else { return Err(malformed()) };
        if state != LISTENING {
            break;
        }
        let (address, its_port) = local.split_once(':').ok_or_else(malformed)?;
        if u16::from_str_radix(its_port, 16).map_err(|_| malformed())? == port {
            let address = parse_address(address).ok_or_else(malformed)?;
            found.push(Listener { address, inode: inode.parse().map_err(|_| malformed())? });
        }
    }
    Ok(())
}

/// The words of an address, each in the byte order of this machine.
fn parse_address(text: &str) -> Option<IpAddr> {
    let word = |at: usize| u32::from_str_radix(text.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
    match text.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let bytes = [word(0)?, word(8)?, word(16)?, word(24)?].concat();
            Some(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).to_canonical())
        }
        _ => None,
    }
}

/// Those that the kernel chooses from: the address itself comes before all addresses, and IPv4 before IPv6.
fn chosen(found: &[Listener]) -> BTreeSet<u64> {
    let order: [IpAddr; 3] =
        [Ipv4Addr::LOCALHOST.into(), Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
    let at = |address: IpAddr| -> BTreeSet<u64> {
        found.iter().filter(|listener| listener.address == address).map(|listener| listener.inode).collect()
    };
    order.into_iter().map(at).find(|inodes| !inodes.is_empty()).unwrap_or_default()
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    const HEAD: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    fn row(local: &str, state: &str, inode: u64) -> String {
        format!(
            "   0: {local} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1 0 100\n"
        )
    }

    fn v4(address: [u8; 4], port: u16) -> String {
        format!("{:08X}:{port:04X}", u32::from_ne_bytes(address))
    }

    fn v6(address: Ipv6Addr, port: u16) -> String {
        let word = |word: &[u8]| format!("{:08X}", u32::from_ne_bytes(word.try_into().unwrap()));
        let words = address.octets().chunks(4).map(word).collect::<Vec<_>>().concat();
        format!("{words}:{port:04X}")
    }

    fn of(rows: &[String]) -> Vec<u64> {
        let mut found = Vec::new();
        read_listeners(format!("{HEAD}{}", rows.concat()).as_bytes(), 8080, &mut found).unwrap();
        chosen(&found).into_iter().collect()
    }

    #[test]
    fn the_most_specific_listener_gets_the_connection() {
        let exact = row(&v4([127, 0, 0, 1], 8080), "0A", 1);
        let any = row(&v4([0, 0, 0, 0], 8080), "0A", 2);
        let any_v6 = row(&v6(Ipv6Addr::UNSPECIFIED, 8080), "0A", 3);
        let mapped = row(&v6(Ipv4Addr::LOCALHOST.to_ipv6_mapped(), 8080), "0A", 4);
        let elsewhere = [row(&v4([127, 0, 0, 2], 8080), "0A", 5), row(&v4([127, 0, 0, 1], 8081), "0A", 6)];
        let only_v6 = row(&v6(Ipv6Addr::LOCALHOST, 8080), "0A", 7);
        assert_eq!(of(&[any.clone(), exact.clone(), any_v6.clone(), mapped.clone()]), [1, 4]);
        assert_eq!(of(&[any_v6.clone(), any]), [2]);
        assert_eq!(of(&[any_v6, only_v6.clone()]), [3]);
        assert_eq!(of(&[elsewhere.concat(), only_v6]), [] as [u64; 0]);
        // What is connected is not a listener.
        assert_eq!(of(&[row(&v4([127, 0, 0, 1], 8080), "01", 8)]), [] as [u64; 0]);
    }

    #[test]
    fn a_table_of_another_kind_is_an_error() {
        for text in
            ["x\ny z\n", "x\n0: 1:1F90 3 0A 4 5 6 7 8 9\n", "x\n0: 0100007F:1F90 3 0A 4 5 6 7 8 inode\n"]
        {
            assert!(read_listeners(text.as_bytes(), 8080, &mut Vec::new()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_listener_of_this_process_is_found_and_is_not_below_another() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let found = listeners(port).unwrap();
        assert_eq!(found.len(), 1);
        assert!(held_below(u32::MAX).is_disjoint(&found));
        drop(listener);
        assert!(listeners(port).unwrap().is_empty());
    }
}
