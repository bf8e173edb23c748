//! MySQL and MariaDB: the server speaks first, and says its version to everybody. Nothing is sent.

use super::{Found, Silence};
use crate::database::Encryption;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

/// The largest first packet, in bytes; real ones have about 100.
const LARGEST: usize = 4096;
/// The longest version, in bytes.
const LONGEST_VERSION: usize = 128;
/// The bit of the capabilities that says that connections can be encrypted.
const CAN_ENCRYPT: u16 = 0x0800;
/// What MariaDB puts before its version, for clients that know no version with two digits.
const OLD_PREFIX: &str = "5.5.5-";

pub(super) async fn ask(mut stream: TcpStream) -> Result<Found, Silence> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let length = length(head).ok_or(OTHER)?;
    let mut packet = vec![0; length];
    stream.read_exact(&mut packet).await?;
    greeting(&packet).ok_or(OTHER)
}

const OTHER: Silence = Silence::Other("no greeting of MySQL");

/// How long the first packet is, by what stands before it. Its number has to be 0.
fn length(head: [u8; 4]) -> Option<usize> {
    let [low, middle, high, number] = head;
    let length = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
    (number == 0 && (1..=LARGEST).contains(&length)).then_some(length)
}

/// Reads the first packet: a greeting, or why there is none.
fn greeting(packet: &[u8]) -> Option<Found> {
    let (kind, rest) = packet.split_first()?;
    match kind {
        10 => handshake(rest),
        // A server that lets nobody in, or not us, is one all the same.
        0xff => refusal(rest),
        _ => None,
    }
}

/// Version 10 of the handshake: version, 0, number of the connection (4), salt (8), 0, capabilities (2), …
fn handshake(rest: &[u8]) -> Option<Found> {
    let end = rest.iter().take(LONGEST_VERSION + 1).position(|byte| *byte == 0)?;
    let text = std::str::from_utf8(&rest[..end]).ok()?;
    let is_version = text.starts_with(|first: char| first.is_ascii_digit())
        && text.contains('.')
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    let fixed = rest.get(end + 1..end + 16)?;
    // The byte behind the salt is always 0.
    if !is_version || fixed[12] != 0 {
        return None;
    }
    let capabilities = u16::from_le_bytes([fixed[13], fixed[14]]);
    let is_mariadb = text.to_ascii_lowercase().contains("mariadb");
    let version = if is_mariadb { text.strip_prefix(OLD_PREFIX).unwrap_or(text) } else { text };
    Some(Found {
        engine: if is_mariadb { "mariadb" } else { "mysql" },
        version: Some(version.to_owned()),
        tls: Some(if capabilities & CAN_ENCRYPT == 0 { Encryption::None } else { Encryption::Offered }),
        authentication: None,
        note: None,
    })
}

/// A number of MySQL's errors, perhaps `#` and a state of five characters, and a text.
fn refusal(rest: &[u8]) -> Option<Found> {
    let (number, said) = rest.split_at_checked(2)?;
    let number = u16::from_le_bytes([number[0], number[1]]);
    if !(1000..5000).contains(&number) {
        return None;
    }
    let said = if said.first() == Some(&b'#') { said.get(6..)? } else { said };
    let said = std::str::from_utf8(said).ok()?;
    Some(Found {
        engine: if said.contains("MariaDB") { "mariadb" } else { "mysql" },
        version: None,
        tls: None,
        authentication: None,
        note: Some(format!("it said: {said}")),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A greeting as a server with this version sends it, without its head.
    fn packet(version: &str, capabilities: u16) -> Vec<u8> {
        let mut packet = vec![10];
        packet.extend(version.as_bytes());
        packet.extend([0, 7, 0, 0, 0]);
        packet.extend(b"abcdefgh");
        packet.push(0);
        packet.extend(capabilities.to_le_bytes());
        packet.extend([0xff, 2, 0, 0xff, 0xc1, 21]);
        packet.extend([0; 10]);
        packet.extend(b"ijklmnopqrst\0caching_sha2_password\0");
        packet
    }

    #[test]
    fn a_greeting_says_who_is_there() {
        let found = greeting(&packet("8.4.3", 0xffff)).unwrap();
        assert_eq!((found.engine, found.version.as_deref()), ("mysql", Some("8.4.3")));
        assert_eq!(found.tls, Some(Encryption::Offered));
        let found = greeting(&packet("5.5.5-10.11.19-MariaDB-0+deb12u1", 0xf7fe)).unwrap();
        assert_eq!((found.engine, found.version.as_deref()), ("mariadb", Some("10.11.19-MariaDB-0+deb12u1")));
        assert_eq!(found.tls, Some(Encryption::None));
        let refused =
            greeting(b"\xff\x6a\x04Host '10.0.0.9' is not allowed to connect to this MariaDB server")
                .unwrap();
        assert_eq!((refused.engine, refused.version), ("mariadb", None));
        assert!(
            greeting(b"\xff\x10\x04#08004Too many connections")
                .unwrap()
                .note
                .unwrap()
                .ends_with("Too many connections")
        );
    }

    #[test]
    fn what_is_no_greeting_is_none() {
        for bad in [
            &b""[..],
            b"\x0a",
            b"\x0a8.4.3",
            b"\x0a8.4.3\0short",
            b"\x0anonsense\0aaaabbbbbbbb\0\0\0",
            b"\x0a8.4.3\x1b[31m\0aaaabbbbbbbb\0\0\0",
            b"\x0a8.4.3\0aaaabbbbbbbbX\0\0",
            b"\xff",
            b"\xff\0\0",
            b"\xff\x10\x04#08",
            b"SSH-2.0-OpenSSH_9.2",
        ] {
            assert_eq!(greeting(bad), None, "{bad:?}");
        }
        assert_eq!(greeting(&packet(&format!("8.{}", "1".repeat(200)), 0)), None);
        assert_eq!(
            (length([0xff, 0xff, 0xff, 0]), length(*b"SSH-"), length([0, 0, 0, 0])),
            (None, None, None)
        );
        assert_eq!(length([74, 0, 0, 0]), Some(74));
    }

    proptest! {
        #[test]
        fn no_packet_is_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = greeting(&bytes);
        }

        #[test]
        fn nearly_a_greeting_is_no_panic(at in 0_usize..80, byte: u8, cut in 0_usize..80) {
            let mut bytes = packet("8.4.3", 0xffff);
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            bytes.truncate(cut);
            if let Some(Found { version: Some(version), .. }) = greeting(&bytes) {
                prop_assert!(version.bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }
    }
}
