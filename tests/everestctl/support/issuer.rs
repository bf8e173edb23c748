//! A strict OpenID Connect issuer: it speaks TLS with a certificate of its own authority, wants to know which client asks, and gives
//! tokens for a refresh token once. It signs them (RS256) where [`signing_key`] has made a key.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD as BASE64, BASE64_URL_SAFE_NO_PAD as BASE64_URL};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(crate) const CLIENT: &str = "kube~ctl";
pub(crate) const SECRET: &str = "client:secret-4711";

/// How it behaves.
#[derive(Clone)]
pub(crate) struct Habits {
    /// Whether the client has to prove who it is in the body, and not in the header.
    pub(crate) wants_proof_in_body: bool,
    /// How long it thinks before it gives a token.
    pub(crate) delay: Duration,
    /// What it says its name is, where that is another one.
    pub(crate) name: Option<String>,
    /// Where it says tokens are renewed, where that is elsewhere.
    pub(crate) endpoint: Option<String>,
    /// Where it redirects who wants a token.
    pub(crate) redirect: Option<String>,
    /// Whether its answers have an ID token.
    pub(crate) gives_id: bool,
    /// How long its ID tokens hold, in seconds.
    pub(crate) lifetime: i64,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            wants_proof_in_body: false,
            delay: Duration::ZERO,
            name: None,
            endpoint: None,
            redirect: None,
            gives_id: true,
            lifetime: 3600,
        }
    }
}

#[derive(Default)]
struct Given {
    /// The refresh token that is worth something.
    refresh: String,
    /// The last ID token.
    id: String,
    renewals: usize,
    refusals: Vec<String>,
    requests: Vec<String>,
}

/// A running issuer; it ends with the test process.
pub(crate) struct Issuer {
    pub(crate) url: String,
    given: Arc<Mutex<Given>>,
    key: Option<SigningKey>,
}

/// The key of `signing.key` in a folder.
#[derive(Clone)]
struct SigningKey {
    folder: PathBuf,
    /// The modulus of the key, in base64url.
    modulus: String,
}

impl Issuer {
    /// Starts it with the certificates that [`authority`] has made in `folder`.
    pub(crate) fn start(folder: &Path, habits: Habits) -> Self {
        let chain = CertificateDer::pem_file_iter(folder.join("issuer.crt")).unwrap();
        let chain = chain.collect::<Result<Vec<_>, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_file(folder.join("issuer.key")).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://127.0.0.1:{}/realms/kube", listener.local_addr().unwrap().port());
        let given = Arc::new(Mutex::new(Given { refresh: "refresh-0".to_owned(), ..Given::default() }));
        let key = SigningKey::of(folder);
        let issuer = Self { url: url.clone(), given: Arc::clone(&given), key: key.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, given, habits, url, key) =
                    (Arc::clone(&config), Arc::clone(&given), habits.clone(), url.clone(), key.clone());
                std::thread::spawn(move || serve(stream, config, &given, &habits, (&url, key.as_ref())));
            }
        });
        issuer
    }

    /// A token for `audience` that ends in so many seconds, signed if it has a key.
    pub(crate) fn token(&self, audience: &str, seconds: i64) -> String {
        self.key.as_ref().map_or_else(|| id_token(seconds), |key| key.token(&self.url, audience, seconds))
    }

    /// The ID token that it gave last.
    pub(crate) fn id(&self) -> String {
        self.given.lock().unwrap().id.clone()
    }

    /// The refresh token that it would take now.
    pub(crate) fn refresh(&self) -> String {
        self.given.lock().unwrap().refresh.clone()
    }

    /// How often it gave tokens.
    pub(crate) fn renewals(&self) -> usize {
        self.given.lock().unwrap().renewals
    }

    /// The error codes that it gave.
    pub(crate) fn refusals(&self) -> Vec<String> {
        self.given.lock().unwrap().refusals.clone()
    }

    /// Method and path of each request.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.given.lock().unwrap().requests.clone()
    }
}

/// An unsigned token that ends in so many seconds.
pub(crate) fn id_token(seconds: i64) -> String {
    let ends = now() + seconds;
    format!(
        "{}.{}.c2ln",
        BASE64_URL.encode(r#"{"alg":"none"}"#),
        BASE64_URL.encode(format!("{{\"exp\":{ends}}}"))
    )
}

/// Seconds since 1970.
fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

impl SigningKey {
    fn of(folder: &Path) -> Option<Self> {
        folder.join("signing.key").exists().then_some(())?;
        let folder = folder.to_owned();
        let shown = openssl(&folder, "rsa -in signing.key -noout -modulus", b"");
        let digits = String::from_utf8(shown).unwrap();
        let digits = digits.trim().strip_prefix("Modulus=").unwrap().to_owned();
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        let modulus: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
        Some(Self { folder, modulus: BASE64_URL.encode(modulus) })
    }

    /// What verifies its signatures (RFC 7517).
    fn set(&self) -> String {
        let key = serde_json::json!({"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": self.modulus, "e": "AQAB"});
        serde_json::json!({"keys": [key]}).to_string()
    }

    /// A token of `ada`, who is one of the `viewers`.
    fn token(&self, issuer: &str, audience: &str, seconds: i64) -> String {
        let claims = serde_json::json!({
            "iss": issuer, "aud": audience, "sub": "ada", "groups": ["viewers"], "exp": now() + seconds
        });
        let head = BASE64_URL.encode(r#"{"alg":"RS256","kid":"1"}"#);
        let signed = format!("{head}.{}", BASE64_URL.encode(claims.to_string()));
        let signature = openssl(&self.folder, "dgst -sha256 -sign signing.key", signed.as_bytes());
        format!("{signed}.{}", BASE64_URL.encode(signature))
    }
}

/// What openssl makes of `input`.
fn openssl(folder: &Path, line: &str, input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(line.split_whitespace())
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {line}");
    output.stdout
}

/// Makes `signing.key`, with which an issuer of this folder then signs its tokens.
pub(crate) fn signing_key(folder: &Path) {
    openssl(folder, "genrsa -out signing.key 2048", b"");
}

/// Makes `ca.crt`, and `issuer.crt` with `issuer.key` for 127.0.0.1; `None` where there is no openssl.
pub(crate) fn authority(folder: &Path) -> Option<()> {
    let openssl = |line: &str| {
        let done = Command::new("openssl").args(line.split_whitespace()).current_dir(folder).output().ok()?;
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
        Some(())
    };
    let new = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!("req -x509 {new} -days 2 -subj /CN=ca -keyout ca.key -out ca.crt"))?;
    openssl(&format!("req {new} -subj /CN=127.0.0.1 -keyout issuer.key -out issuer.csr"))?;
    std::fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    openssl(
        "x509 -req -in issuer.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out issuer.crt",
    )
}

fn serve(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    given: &Mutex<Given>,
    habits: &Habits,
    (url, key): (&str, Option<&SigningKey>),
) -> Option<()> {
    let mut stream = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.clone().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    };
    let mut body = vec![0; header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    let request = head.lines().next()?.rsplit_once(' ')?.0.to_owned();
    given.lock().unwrap().requests.push(request.clone());
    let form: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let (status, more, answer) = match request.as_str() {
        "GET /realms/kube/.well-known/openid-configuration" => {
            let endpoint = habits.endpoint.clone().unwrap_or_else(|| format!("{url}/token"));
            let name = habits.name.clone().unwrap_or_else(|| url.to_owned());
            let description = serde_json::json!({
                "issuer": name, "token_endpoint": endpoint, "jwks_uri": format!("{url}/keys"),
                "id_token_signing_alg_values_supported": ["RS256"]
            });
            ("200 OK", String::new(), description.to_string())
        }
        "GET /realms/kube/keys" => ("200 OK", String::new(), key.map(SigningKey::set).unwrap_or_default()),
        "POST /realms/kube/token" => {
            let is_form = header("content-type").as_deref() == Some("application/x-www-form-urlencoded");
            let answer = match refusal(habits, is_form, header("authorization").as_deref(), &form) {
                Some(code) => Err((code, "")),
                None => granted(given, habits, &form, |seconds| match key {
                    Some(key) => key.token(url, CLIENT, seconds),
                    None => id_token(seconds),
                }),
            };
            match (&habits.redirect, answer) {
                (Some(place), _) => {
                    ("307 Temporary Redirect", format!("location: {place}\r\n"), String::new())
                }
                (None, Ok(answer)) => ("200 OK", String::new(), answer),
                (None, Err((code, why))) => {
                    given.lock().unwrap().refusals.push(code.to_owned());
                    let answer = serde_json::json!({"error": code, "error_description": why}).to_string();
                    let status =
                        if code == "invalid_client" { "401 Unauthorized" } else { "400 Bad Request" };
                    (status, String::new(), answer)
                }
            }
        }
        _ => ("404 Not Found", String::new(), String::new()),
    };
    let response = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n{answer}",
        answer.len()
    );
    stream.write_all(response.as_bytes()).ok()?;
    stream.conn.send_close_notify();
    stream.flush().ok()
}

fn value<'f>(form: &'f [(String, String)], name: &str) -> Option<&'f str> {
    form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// What is wrong with a request, but for its refresh token.
fn refusal(
    habits: &Habits,
    is_form: bool,
    authorization: Option<&str>,
    form: &[(String, String)],
) -> Option<&'static str> {
    let pair = authorization.and_then(|value| BASE64.decode(value.strip_prefix("Basic ")?).ok());
    let pair = pair.and_then(|pair| String::from_utf8(pair).ok());
    // Each part is escaped as in a form (RFC 6749, section 2.3.1).
    let unescaped = |part: &str| {
        let whole = format!("x={part}");
        let mut parsed = form_urlencoded::parse(whole.as_bytes());
        parsed.next().map(|(_, part)| part.into_owned()).unwrap_or_default()
    };
    let of_header = pair
        .as_deref()
        .and_then(|pair| pair.split_once(':'))
        .map(|(id, secret)| (unescaped(id), unescaped(secret)));
    let of_body =
        value(form, "client_id").map(str::to_owned).zip(value(form, "client_secret").map(str::to_owned));
    let right = Some((CLIENT.to_owned(), SECRET.to_owned()));
    // Never in both (RFC 6749, section 2.3).
    let is_right = if habits.wants_proof_in_body {
        of_body == right && authorization.is_none()
    } else {
        of_header == right && of_body.is_none()
    };
    match () {
        () if !is_form => Some("invalid_request"),
        () if !is_right => Some("invalid_client"),
        () if value(form, "grant_type") != Some("refresh_token") => Some("unsupported_grant_type"),
        () => None,
    }
}

fn granted(
    given: &Mutex<Given>,
    habits: &Habits,
    form: &[(String, String)],
    token: impl Fn(i64) -> String,
) -> Result<String, (&'static str, &'static str)> {
    {
        let mut given = given.lock().unwrap();
        if value(form, "refresh_token") != Some(given.refresh.as_str()) {
            return Err(("invalid_grant", "Token is not active"));
        }
        // It is spent from here on.
        given.renewals += 1;
        given.refresh = format!("refresh-{}", given.renewals);
        given.id = token(habits.lifetime + i64::try_from(given.renewals).unwrap());
    }
    std::thread::sleep(habits.delay);
    let given = given.lock().unwrap();
    let mut answer =
        serde_json::json!({"access_token": "access", "token_type": "Bearer", "refresh_token": given.refresh});
    if habits.gives_id {
        answer["id_token"] = given.id.as_str().into();
    }
    Ok(answer.to_string())
}
