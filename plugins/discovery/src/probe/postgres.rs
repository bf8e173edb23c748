//! PostgreSQL: asked whether it encrypts, then for a connection, as far as it goes without a password.
//!
//! With a user, also with one. A password is never sent: only SCRAM is answered, which proves that we know it. A server that wants
//! the password itself, or a hash that is as good as it, could be anybody, and gets nothing.

use super::{Found, Silence};
use crate::database::Encryption;
use everestctl_postgres_tls::Tls;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect as _};
use zeroize::Zeroizing;

/// Who asks.
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: Option<Zeroizing<String>>,
    pub(crate) database: Option<String>,
}

/// The largest message, and all of them together, in bytes.
const LARGEST: usize = 16 * 1024;
const MOST: usize = 64 * 1024;
/// The most messages.
const MOST_MESSAGES: usize = 128;
/// The most rounds of hashing that a server may ask of us; it has 4096 unless somebody wants more.
const MOST_ROUNDS: u32 = 100_000;
/// "May I encrypt?", and version 3.0 of the protocol.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
const VERSION: [u8; 4] = [0, 3, 0, 0];
/// Who we are where no user is named; servers note it down.
const NOBODY: &str = "everestctl-discovery";

const OTHER: Silence = Silence::Other("no answer of PostgreSQL");

pub(super) async fn ask(
    mut stream: TcpStream,
    host: &str,
    login: Option<&Login>,
    encryption: Option<&Tls>,
) -> Result<Found, Silence> {
    stream.write_all(&SSL_REQUEST).await?;
    // One byte and no more: what follows it in plain text was put there by somebody else.
    match (stream.read_u8().await?, encryption) {
        (b'N', _) => talk(stream, Encryption::None, login).await,
        (b'S', Some(tls)) => {
            let mut tls = tls.clone();
            let handshake = MakeTlsConnect::<tokio_postgres::Socket>::make_tls_connect(&mut tls, host);
            let stream = handshake.map_err(Silence::Tls)?.connect(stream).await.map_err(Silence::Tls)?;
            talk(stream, Encryption::Offered, login).await
        }
        (b'S', None) => Err(Silence::Tls(std::io::Error::other("this machine has no TLS"))),
        _ => Err(OTHER),
    }
}

/// One message of the server.
#[derive(Debug, PartialEq, Eq)]
enum Message<'a> {
    /// How it lets in; the rest depends on the number.
    Authentication(u32, &'a [u8]),
    /// A setting and its value.
    Parameter(&'a str, &'a str),
    /// Why it does not go on.
    Error { code: &'a str, message: &'a str },
    /// It waits for statements.
    Ready,
    /// What does not matter here.
    Else,
}

/// Where in the conversation we are.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    tls: Encryption,
    login: Option<&Login>,
) -> Result<Found, Silence> {
    stream.write_all(&startup(login)).await?;
    let mut found =
        Found { engine: "postgresql", version: None, tls: Some(tls), authentication: None, note: None };
    let mut scram: Option<ScramSha256> = None;
    let mut all = 0;
    for count in 0..MOST_MESSAGES {
        let received = receive(&mut stream, &mut all).await;
        let (kind, body) = match received {
            Ok(received) => received,
            // It has shown what it is before.
            Err(_) if found.authentication.is_some() => return Ok(found),
            Err(error) => return Err(error),
        };
        match message(kind, &body).ok_or(OTHER)? {
            Message::Authentication(0, _) => {
                // In without a password: with one, SCRAM has been before.
                found.authentication = found.authentication.or(Some("trust"));
            }
            Message::Authentication(10, mechanisms) if scram.is_none() => {
                found.authentication = Some("scram-sha-256");
                let password = login.and_then(|login| login.password.as_ref());
                let (Some(password), true) = (password, offers_scram(mechanisms)) else { return Ok(found) };
                let exchange = ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported());
                stream.write_all(&first_response(exchange.message())).await?;
                scram = Some(exchange);
            }
            Message::Authentication(11, challenge) => {
                let (Some(exchange), true) = (&mut scram, is_modest(challenge)) else { return Err(OTHER) };
                exchange.update(challenge).map_err(|_| OTHER)?;
                stream.write_all(&framed(b'p', exchange.message())).await?;
            }
            Message::Authentication(12, proof) => {
                let Some(exchange) = &mut scram else { return Err(OTHER) };
                // A server that does not know the password either is not the one that was meant.
                if exchange.finish(proof).is_err() {
                    found.note = Some("it does not know the password that it asked for".to_owned());
                    return Ok(found);
                }
            }
            Message::Authentication(number, _) => {
                found.authentication = Some(method(number).ok_or(OTHER)?);
                if login.is_some_and(|login| login.password.is_some()) {
                    found.note =
                        Some("it asks for more than a proof of the password, and got nothing".to_owned());
                }
                return Ok(found);
            }
            Message::Parameter("server_version", version) => found.version = Some(version.to_owned()),
            // With a code of PostgreSQL's own, a refusal is an answer, too.
            Message::Error { code, message } => {
                found.note = Some(format!("it said: {message} ({code})"));
                return Ok(found);
            }
            Message::Ready => {
                let _ = stream.write_all(&framed(b'X', &[])).await;
                return Ok(found);
            }
            // Notices come in between, but no server begins with one.
            Message::Else if count == 0 => return Err(OTHER),
            Message::Parameter(..) | Message::Else => {}
        }
    }
    Err(OTHER)
}

/// The first message of a client, which has no kind.
fn startup(login: Option<&Login>) -> Vec<u8> {
    let user = login.map_or(NOBODY, |login| login.user.as_str());
    let database = login.and_then(|login| login.database.as_deref()).unwrap_or("postgres");
    let mut body = VERSION.to_vec();
    for text in ["user", user, "database", database, "application_name", NOBODY] {
        // A 0 would end the text, and begin another setting.
        body.extend(text.bytes().filter(|byte| *byte != 0));
        body.push(0);
    }
    body.push(0);
    let mut message = length_of(&body).to_vec();
    message.extend(body);
    message
}

/// The length that stands before a body: itself and the body.
fn length_of(body: &[u8]) -> [u8; 4] {
    u32::try_from(body.len() + 4).unwrap_or(u32::MAX).to_be_bytes()
}

fn framed(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut message = vec![kind];
    message.extend(length_of(body));
    message.extend(body);
    message
}

/// The answer to a list of mechanisms: the one that we take, and how it begins.
fn first_response(start: &[u8]) -> Vec<u8> {
    let mut body = SCRAM_SHA_256.as_bytes().to_vec();
    body.push(0);
    body.extend(u32::try_from(start.len()).unwrap_or_default().to_be_bytes());
    body.extend(start);
    framed(b'p', &body)
}

/// Reads one message, within limits.
async fn receive<S: AsyncRead + Unpin>(stream: &mut S, all: &mut usize) -> Result<(u8, Vec<u8>), Silence> {
    let kind = stream.read_u8().await?;
    let length = usize::try_from(stream.read_u32().await?).unwrap_or(usize::MAX);
    if !(4..=LARGEST).contains(&length) || *all + length > MOST {
        return Err(OTHER);
    }
    *all += length;
    let mut body = vec![0; length - 4];
    stream.read_exact(&mut body).await?;
    Ok((kind, body))
}

/// Reads the body of a message; none if it is none.
fn message(kind: u8, body: &[u8]) -> Option<Message<'_>> {
    match kind {
        b'R' => {
            let (number, rest) = body.split_at_checked(4)?;
            Some(Message::Authentication(u32::from_be_bytes(number.try_into().ok()?), rest))
        }
        b'S' => {
            let mut texts = body.strip_suffix(&[0])?.split(|byte| *byte == 0);
            let (name, value) = (texts.next()?, texts.next()?);
            let text = |bytes| std::str::from_utf8(bytes).ok();
            texts.next().is_none().then_some(Message::Parameter(text(name)?, text(value)?))
        }
        b'E' => error(body),
        b'Z' => (body.len() == 1).then_some(Message::Ready),
        b'N' | b'K' | b'v' => Some(Message::Else),
        _ => None,
    }
}

/// The fields of an error: a letter and a text each. One without a code is none of PostgreSQL.
fn error(body: &[u8]) -> Option<Message<'_>> {
    let fields = body.strip_suffix(&[0, 0])?;
    let field = |letter: u8| {
        let field = fields.split(|byte| *byte == 0).find(|field| field.first() == Some(&letter))?;
        std::str::from_utf8(&field[1..]).ok()
    };
    let code = field(b'C')
        .filter(|code| code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()))?;
    Some(Message::Error { code, message: field(b'M')? })
}

/// How a server lets in that does not use SCRAM.
const fn method(number: u32) -> Option<&'static str> {
    match number {
        3 => Some("password"),
        5 => Some("md5"),
        2 => Some("kerberos"),
        7 => Some("gss"),
        9 => Some("sspi"),
        10 => Some("scram-sha-256"),
        _ => None,
    }
}

fn offers_scram(mechanisms: &[u8]) -> bool {
    mechanisms.split(|byte| *byte == 0).any(|mechanism| mechanism == SCRAM_SHA_256.as_bytes())
}

/// Whether a server asks for no more hashing than a real one would: `r=…,s=…,i=ROUNDS`.
fn is_modest(challenge: &[u8]) -> bool {
    let rounds = std::str::from_utf8(challenge).ok().and_then(|text| {
        let mut fields = text.split(',').filter_map(|field| field.strip_prefix("i="));
        let rounds = fields.next()?.parse::<u32>().ok()?;
        fields.next().is_none().then_some(rounds)
    });
    rounds.is_some_and(|rounds| (1..=MOST_ROUNDS).contains(&rounds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn messages_are_read_as_postgresql_writes_them() {
        assert_eq!(
            message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0"),
            Some(Message::Authentication(10, b"SCRAM-SHA-256\0\0"))
        );
        assert_eq!(
            message(b'S', b"server_version\x0015.14 (Debian)\0"),
            Some(Message::Parameter("server_version", "15.14 (Debian)"))
        );
        let said = b"SFATAL\0VFATAL\0C28000\0Mno pg_hba.conf entry\0Fauth.c\0\0";
        assert_eq!(
            message(b'E', said),
            Some(Message::Error { code: "28000", message: "no pg_hba.conf entry" })
        );
        assert_eq!(message(b'Z', b"I"), Some(Message::Ready));
        for (kind, body) in [
            (b'R', &b"\0\0"[..]),
            (b'S', b"a\0"),
            (b'S', b"a\0b\0c\0"),
            (b'E', b"MHTTP\0\0"),
            (b'E', b"C2\0Mx\0\0"),
            (b'H', b"TTP"),
        ] {
            assert_eq!(message(kind, body), None, "{body:?}");
        }
    }

    #[test]
    fn only_scram_is_answered_and_within_reason() {
        assert!(offers_scram(b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0") && !offers_scram(b"PLAIN\0\0"));
        assert!(is_modest(b"r=x,s=eA==,i=4096"));
        for greedy in [
            &b"r=x,s=eA==,i=4294967295"[..],
            b"r=x,s=eA==,i=0",
            b"r=x,s=eA==",
            b"r=x,i=1,i=4294967295",
            b"\xff",
        ] {
            assert!(!is_modest(greedy), "{greedy:?}");
        }
    }

    #[test]
    fn no_name_adds_a_setting() {
        let login = Login { user: "dana\0options\0-c x".to_owned(), password: None, database: None };
        let bytes = startup(Some(&login));
        assert_eq!(usize::try_from(u32::from_be_bytes(bytes[..4].try_into().unwrap())).unwrap(), bytes.len());
        assert!(bytes.windows(17).any(|part| part == b"danaoptions-c x\0d"));
    }

    proptest! {
        #[test]
        fn no_message_is_a_panic(kind: u8, body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = message(kind, &body);
            let _ = (offers_scram(&body), is_modest(&body));
        }
    }
}
