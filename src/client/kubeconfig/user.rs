//! How the user of a kubeconfig proves who they are: a token, a password, a certificate; and whom they act as.

use super::bearer::{NOT_A_HEADER, bearer};
use super::entries::{KubeconfigUser, Named};
use super::oidc::OidcSession;
use super::{KubeconfigError, content};
use crate::client::{ClientError, pem};
use crate::sys::files;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use http::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::sign::CertifiedKey;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// The largest token, in bytes.
const LARGEST_TOKEN: u64 = 1024 * 1024;
/// How long a token holds that was read from a file: what writes it writes the next in time.
const BETWEEN_READS: Duration = Duration::from_mins(1);
/// What a header name may have beside letters and digits (RFC 9110), but for the sign of an escape.
const ESCAPED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'*')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// What says who the user is, in each request.
#[derive(Clone)]
pub(crate) enum Authorization {
    /// Nothing, or their certificate.
    Nothing,
    /// Always the same.
    Fixed(HeaderValue),
    /// A token in a file that may change.
    File(Arc<TokenFile>),
    /// An ID token, which its issuer renews where that is allowed.
    Oidc {
        /// The tokens.
        session: Arc<OidcSession>,
        /// Whether the issuer may be asked.
        may_renew: bool,
    },
}

/// A file with a token, which is read again after a while.
pub(crate) struct TokenFile {
    path: PathBuf,
    last: Mutex<(HeaderValue, Instant)>,
}

impl Authorization {
    /// The token, without the white space around it; `None` when it cannot be in a header.
    pub(super) fn bearer(token: &str) -> Option<Self> {
        bearer(token).map(Self::Fixed)
    }

    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    /// It as a header. A token that has expired is renewed first.
    pub(crate) async fn header(&self) -> Result<Option<HeaderValue>, ClientError> {
        Ok(match self {
            Self::Nothing => None,
            Self::Fixed(value) => Some(value.clone()),
            Self::File(file) => Some(file.header()),
            Self::Oidc { session, may_renew } => Some(session.header(*may_renew).await?),
        })
    }

    /// Whether something can be done about a request that the API server refused.
    pub(crate) fn is_renewable(&self) -> bool {
        matches!(self, Self::Oidc { may_renew: true, .. })
    }

    /// Another header than `refused`, with which the request may be sent once more.
    pub(crate) async fn instead_of(&self, refused: &HeaderValue) -> Result<Option<HeaderValue>, ClientError> {
        match self {
            Self::Oidc { session, may_renew: true } => session.instead_of(refused).await,
            _ => Ok(None),
        }
    }
}

impl TokenFile {
    fn read(path: &Path) -> Result<HeaderValue, String> {
        let unreadable = |error| format!("names {}, which cannot be read: {error}", path.display());
        let text = Zeroizing::new(files::read(path, LARGEST_TOKEN).map_err(unreadable)?);
        let token = std::str::from_utf8(&text).unwrap_or("\n").trim();
        if token.is_empty() {
            return Err(format!("names {}, which contains no token", path.display()));
        }
        bearer(token).ok_or_else(|| format!("names {}, whose token {NOT_A_HEADER}", path.display()))
    }

    /// The token as it is now; one that has become unreadable is as it was.
    fn header(&self) -> HeaderValue {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.1.elapsed() >= BETWEEN_READS
            && let Ok(value) = Self::read(&self.path)
        {
            *last = (value, Instant::now());
        }
        last.0.clone()
    }
}

impl KubeconfigUser {
    /// Whether a program gets the credentials, since there are no others.
    pub(super) fn needs_helper(&self) -> bool {
        self.exec.is_some() && !self.has_own()
    }

    /// Whether its token or password stands in the kubeconfig itself, or in a file that it names.
    pub(super) fn has_own(&self) -> bool {
        let is_set = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
        is_set(self.token.as_ref().map(|token| token.as_str()))
            || self.token_file.is_some()
            || is_set(self.username.as_deref())
    }

    /// Whether it has a certificate.
    pub(super) fn has_certificate(&self) -> bool {
        let is_path = |path: &Option<PathBuf>| path.as_ref().is_some_and(|path| !path.as_os_str().is_empty());
        is_path(&self.client_certificate)
            || self.client_certificate_data.as_ref().is_some_and(|data| !data.is_empty())
    }
}

/// Its token or password. A token in a file is newer than one beside it.
pub(super) fn authorization(user: &Named<KubeconfigUser>) -> Result<Authorization, KubeconfigError> {
    let KubeconfigUser { token, token_file, username, password, .. } = &user.value;
    let token = token.as_ref().filter(|token| !token.is_empty());
    let token_file = token_file.as_ref().filter(|path| !path.as_os_str().is_empty());
    let (name, password) = (username.as_deref().unwrap_or_default(), password.as_ref());
    let password = password.map(|password| password.as_str()).unwrap_or_default();
    let has_password = !name.is_empty() || !password.is_empty();
    if has_password && (token.is_some() || token_file.is_some()) {
        return Err(user.fault("username", "cannot be combined with a token"));
    }
    if let Some(path) = token_file {
        match (TokenFile::read(path), token) {
            (Ok(value), _) => {
                let last = Mutex::new((value, Instant::now()));
                return Ok(Authorization::File(Arc::new(TokenFile { path: path.clone(), last })));
            }
            (Err(_), Some(_)) => {}
            (Err(why), None) => return Err(user.fault("tokenFile", &why)),
        }
    }
    if let Some(token) = token {
        return Authorization::bearer(token).ok_or_else(|| user.fault("token", NOT_A_HEADER));
    }
    if has_password {
        let pair = Zeroizing::new(format!("{name}:{password}"));
        let text = Zeroizing::new(format!("Basic {}", BASE64.encode(pair.as_bytes())));
        let value = HeaderValue::from_str(&text).map_err(|_| user.fault("password", NOT_A_HEADER))?;
        return Ok(Authorization::Fixed(sensitive(value)));
    }
    Ok(Authorization::Nothing)
}

fn sensitive(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}

/// Its certificate with the key.
pub(super) fn certificate(user: &Named<KubeconfigUser>) -> Result<Option<CertifiedKey>, KubeconfigError> {
    let KubeconfigUser { client_certificate, client_certificate_data, client_key, client_key_data, .. } =
        &user.value;
    let chain = content(
        user,
        ("client-certificate-data", client_certificate_data.as_deref()),
        ("client-certificate", client_certificate.as_deref()),
    )?;
    let key = content(
        user,
        ("client-key-data", client_key_data.as_ref().map(|data| data.as_str())),
        ("client-key", client_key.as_deref()),
    )?;
    match (chain, key) {
        (None, None) => Ok(None),
        (Some(chain), Some(key)) => {
            pair(&chain, &key).map(Some).map_err(|why| user.fault("client-certificate", why))
        }
        (Some(_), None) => Err(user.fault("client-key", "is missing: the client certificate needs it")),
        (None, Some(_)) => Err(user.fault("client-certificate", "is missing: the client key needs it")),
    }
}

/// A certificate and its key, both as PEM; otherwise what is wrong, as the rest of a sentence.
pub(super) fn pair(chain: &[u8], key: &[u8]) -> Result<CertifiedKey, &'static str> {
    let chain = pem::certificates(chain);
    if chain.is_empty() {
        return Err("contains no certificate (PEM)");
    }
    let key = pem::private_key(key).ok_or("has a key that is not an unencrypted private key (PEM)")?;
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let key = provider.key_provider.load_private_key(key);
    let pair = CertifiedKey::new(chain, key.map_err(|_| "has a key of a kind that is not supported")?);
    match pair.keys_match() {
        Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) => {
            Err("is for another private key")
        }
        // A certificate of X.509 version 1 cannot be compared, and is as good.
        _ => Ok(pair),
    }
}

/// The headers that say whom the user acts as (`--as` of kubectl).
pub(super) fn impersonation(
    user: &Named<KubeconfigUser>,
) -> Result<Vec<(HeaderName, HeaderValue)>, KubeconfigError> {
    let KubeconfigUser { impersonate, as_uid, as_groups, as_user_extra, .. } = &user.value;
    let mut headers = Vec::new();
    let mut add = |field: &'static str, name: &str, value: &str| {
        let bad = || user.fault(field, NOT_A_HEADER);
        let name = HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes()).map_err(|_| bad())?;
        headers.push((name, HeaderValue::from_str(value).map_err(|_| bad())?));
        Ok(())
    };
    for (field, name, value) in
        [("as", "impersonate-user", impersonate), ("as-uid", "impersonate-uid", as_uid)]
    {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            add(field, name, value)?;
        }
    }
    for group in as_groups {
        add("as-groups", "impersonate-group", group)?;
    }
    for (key, values) in as_user_extra {
        let name = format!("impersonate-extra-{}", utf8_percent_encode(key, &ESCAPED));
        for value in values.iter().flatten() {
            add("as-user-extra", &name, value)?;
        }
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::wait_for;

    const VERSION_1: &str = "\
-----BEGIN CERTIFICATE-----
MIIBGDCBvwIUGrh6U+OJ4gt5Ulyio6bE0pKPnIkwCgYIKoZIzj0EAwIwDTELMAkG
A1UEAwwCY2EwIBcNMjYxMTI3MTE1MDE1WhgPMjEyNjExMDMxMTUwMTVaMA8xDTAL
BgNVBAMMBGRhbmEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATn7ugUkxkB+GEn
J9lzkSegazWU8Ch3D8Bggc5tyFf4zrVg/5ZvB02ChPTguelBItgeFjildkVtlV9N
2055wKqjMAoGCCqGSM49BAMCA0gAMEUCIBQzkyBtT758CPWQBcPazjanOlCFkIX0
Q9rLoRZz3duhAiEAvlLiZDS/nlB7ObwXDNgGdSsAgaBj8VBTYXNkdWzYY8k=
-----END CERTIFICATE-----
";
    const VERSION_3: &str = "\
-----BEGIN CERTIFICATE-----
MIIBbjCCAROgAwIBAgIUGrh6U+OJ4gt5Ulyio6bE0pKPnIowCgYIKoZIzj0EAwIw
DTELMAkGA1UEAwwCY2EwIBcNMjYxMTI3MTE1MDE1WhgPMjEyNjExMDMxMTUwMTVa
MA8xDTALBgNVBAMMBGRhbmEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATn7ugU
kxkB+GEnJ9lzkSegazWU8Ch3D8Bggc5tyFf4zrVg/5ZvB02ChPTguelBItgeFjil
dkVtlV9N2055wKqjo00wSzAJBgNVHRMEAjAAMB0GA1UdDgQWBBTmzBg06nhytknT
Lf+4MmU0jRANXjAfBgNVHSMEGDAWgBS0zwnKfhu0HkW3jbrECJGfXwjDXTAKBggq
hkjOPQQDAgNJADBGAiEA7tXmcjn3t2Jp24VSp/J1uBUIdvy9RrO09Vz6arWA7HoC
IQCsdciSs5rliqSdxF1Dkg8Q8hHe+eIxA19jMshYxsNu2Q==
-----END CERTIFICATE-----
";
    const KEY: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgsYyiPcSko7BMqQLW
/6kA4Hf/z7+tZpwIiS1xV5joV3yhRANCAATn7ugUkxkB+GEnJ9lzkSegazWU8Ch3
D8Bggc5tyFf4zrVg/5ZvB02ChPTguelBItgeFjildkVtlV9N2055wKqj
-----END PRIVATE KEY-----
";
    const KEY_OF_ANOTHER: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg1mOREypvl/i5lwHh
fWXCrua06UKkduN4pOvQF4QyiBqhRANCAATbLXZQNnPGXOhN69czpWKBNNU0My2H
LK6z5OLZymZ8gQ6Fe+XDSgpLIEjx4ncfUj5tg1tysI7F0QPyyj/9CwEG
-----END PRIVATE KEY-----
";

    #[test]
    fn a_certificate_of_any_version_goes_with_its_own_key() {
        let pair =
            |chain: &str, key: &str| pair(chain.as_bytes(), key.as_bytes()).map(|pair| pair.cert.len());
        assert_eq!(pair(VERSION_3, KEY), Ok(1));
        // What `openssl x509 -req` makes, and rustls would refuse.
        assert_eq!(pair(VERSION_1, KEY), Ok(1));
        assert_eq!(
            pair(&format!("text\n{VERSION_3}\n{VERSION_1}{KEY}"), &format!("{VERSION_3}{KEY}")),
            Ok(2)
        );
        assert_eq!(pair(VERSION_3, KEY_OF_ANOTHER), Err("is for another private key"));
        assert_eq!(pair("", KEY), Err("contains no certificate (PEM)"));
        assert!(pair(VERSION_3, VERSION_3).is_err_and(|why| why.contains("not an unencrypted private key")));
    }

    fn user(value: KubeconfigUser) -> Named<KubeconfigUser> {
        Named { value, ..Named::default() }
    }

    fn sent(value: KubeconfigUser) -> Result<Option<String>, String> {
        let authorization = authorization(&user(value)).map_err(|error| error.to_string())?;
        let header = wait_for(authorization.header()).unwrap().unwrap();
        Ok(header.map(|value| value.to_str().unwrap().to_owned()))
    }

    #[test]
    fn a_token_loses_the_white_space_around_it_and_nothing_else() {
        for (token, right) in [
            ("t", Some("Bearer t")),
            ("t\n", Some("Bearer t")),
            (" t\r\n", Some("Bearer t")),
            ("\n\nt\n\n", Some("Bearer t")),
            ("", None),
        ] {
            let value = KubeconfigUser { token: Some(token.to_owned().into()), ..KubeconfigUser::default() };
            assert_eq!(sent(value).unwrap().as_deref(), right, "{token:?}");
        }
        for token in ["hunter\n2", "hunter\u{7}2", "\n"] {
            let said =
                sent(KubeconfigUser { token: Some(token.to_owned().into()), ..KubeconfigUser::default() })
                    .unwrap_err();
            assert!(said.starts_with("token of ") && !said.contains("hunter"), "{said}");
        }
    }

    #[test]
    fn a_password_is_not_mixed_with_a_token() {
        let with_password = || KubeconfigUser {
            username: Some("dana".to_owned()),
            password: Some("pw".to_owned().into()),
            ..KubeconfigUser::default()
        };
        assert_eq!(sent(with_password()).unwrap().unwrap(), "Basic ZGFuYTpwdw==");
        let both = KubeconfigUser { token: Some("t".to_owned().into()), ..with_password() };
        assert!(sent(both).unwrap_err().contains("cannot be combined with a token"));
    }

    #[test]
    fn whom_they_act_as_is_in_headers() {
        let value = KubeconfigUser {
            impersonate: Some("lee".to_owned()),
            as_uid: Some("7".to_owned()),
            as_groups: vec!["a".to_owned(), "b".to_owned()],
            as_user_extra: [("Why/é".to_owned(), Some(vec!["x".to_owned()])), ("n".to_owned(), None)].into(),
            ..KubeconfigUser::default()
        };
        let headers = impersonation(&user(value)).unwrap();
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(
            headers,
            [
                ("impersonate-user", "lee"),
                ("impersonate-uid", "7"),
                ("impersonate-group", "a"),
                ("impersonate-group", "b"),
                ("impersonate-extra-why%2f%c3%a9", "x"),
            ]
        );
    }
}
