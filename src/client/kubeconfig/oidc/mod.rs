//! The ID token of an auth provider `oidc`, renewed as kubectl does (client-go, `plugin/pkg/client/auth/oidc`), for users whose
//! kubeconfig has not moved to a credential helper yet.
//!
//! * this page: which token is sent, and when it is renewed;
//! * `issuer`: asking the issuer for the next one;
//! * `user_entry`: the kubeconfig file, where both tokens stand.
//!
//! A refresh token may be good for one use. So it is used in one process at a time, after looking into the file again, and what comes
//! back is stored before anybody else looks; nothing but a second Ctrl-C cuts that in two.

mod issuer;
mod user_entry;

use super::bearer::{bearer, expires};
use super::entries::{AuthProvider, KubeconfigUser, Named};
use super::{KubeconfigError, NoWay};
use crate::client::{ClientError, NetworkError, wait_for};
use crate::model::{CleanText, Warning, quoted};
use crate::sys::Environment;
use crate::sys::clock::UnixTime;
use crate::sys::late_warnings::{self, Weight};
use crate::sys::signals::CriticalSection;
use http::HeaderValue;
use issuer::{Issuer, IssuerError};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use user_entry::{EntryError, UserEntry};
use zeroize::Zeroizing;

/// A token that ends within this time has ended: clocks differ. It is client-go's.
const LEEWAY: Duration = Duration::from_secs(10);
/// How long another process may renew the same token: its request has a minute.
const TURN: Duration = Duration::from_secs(75);
/// How long kubectl takes to store the token for which this process came too late.
const MOMENT: Duration = Duration::from_millis(500);
/// What a user can do whose tokens are worth nothing any more.
const SIGN_IN: &str = "sign in again with the program that wrote this kubeconfig, for example `kubelogin`";

/// The two tokens of a user.
#[derive(Clone, Default, PartialEq, Eq)]
struct OidcTokens {
    id: Option<Zeroizing<String>>,
    refresh: Option<Zeroizing<String>>,
}

/// The tokens of one user, for as long as this process runs.
pub(crate) struct OidcSession {
    user: Named<KubeconfigUser>,
    environment: Environment,
    /// How long connecting to the issuer may take.
    timeout: Duration,
    known: Mutex<KnownTokens>,
    /// Whose turn it is to renew them.
    turn: Mutex<()>,
}

struct KnownTokens {
    now: OidcTokens,
    /// What the file had when this process last looked. It stays behind where the file cannot be written.
    in_file: OidcTokens,
    /// Whether this process has the ID token from the issuer itself.
    is_own: bool,
}

/// Why there is no ID token.
#[derive(Debug, thiserror::Error)]
enum OidcError {
    #[error("it has expired, and nothing is renewed in the background")]
    NotNow,
    #[error("it has expired, and there is no refresh token")]
    NoRefreshToken,
    #[error("`{0}` is missing")]
    Missing(&'static str),
    #[error("another process has been renewing it for {} s", TURN.as_secs())]
    Busy,
    #[error("{} exists: kubectl or another program is changing the file", .0.display())]
    Locked(PathBuf),
    #[error("{0}")]
    Kubeconfig(#[from] KubeconfigError),
    #[error("{0}")]
    Issuer(#[from] IssuerError),
    #[error("{0}")]
    Client(#[from] ClientError),
}

impl OidcError {
    fn wants_sign_in(&self) -> bool {
        matches!(
            self,
            Self::NoRefreshToken | Self::Issuer(IssuerError::Refused(_) | IssuerError::NoIdToken(_))
        )
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Missing(_) => Some("run `kubectl config view` to inspect it".to_owned()),
            Self::Locked(path) => {
                Some(format!("if no such program is running: rm {}", quoted(&path.to_string_lossy())))
            }
            Self::Issuer(IssuerError::Refused(refusal)) if refusal.is_of_client() => {
                Some("check `client-id` and `client-secret` of this user in the kubeconfig".to_owned())
            }
            Self::NoRefreshToken | Self::Issuer(IssuerError::Refused(_)) => Some(SIGN_IN.to_owned()),
            Self::Issuer(IssuerError::NoIdToken(_)) => Some(format!("{SIGN_IN}, with the scope `openid`")),
            Self::Issuer(IssuerError::At(_, ClientError::Network(NetworkError::CertificateUntrusted))) => Some(
                "set `idp-certificate-authority` of this user in the kubeconfig to the CA certificates of the issuer"
                    .to_owned(),
            ),
            Self::Issuer(IssuerError::At(_, ClientError::Network(fault))) => fault.hint().map(str::to_owned),
            Self::NotNow | Self::Busy | Self::Kubeconfig(_) | Self::Issuer(_) | Self::Client(_) => None,
        }
    }
}

/// The session of `user` with `provider`, without asking anybody.
pub(super) fn session(
    user: &Named<KubeconfigUser>,
    provider: &AuthProvider,
    environment: &Environment,
    timeout: Duration,
) -> Result<Arc<OidcSession>, NoWay> {
    if provider.name.as_deref() != Some("oidc") {
        let why = "is not supported, and no longer by kubectl: use a credential helper (`exec`) instead";
        return Err(user.fault("auth-provider", why).into());
    }
    let tokens = OidcTokens::of(provider);
    let known = KnownTokens { now: tokens.clone(), in_file: tokens, is_own: false };
    Ok(Arc::new(OidcSession {
        user: user.clone(),
        environment: environment.clone(),
        timeout,
        known: Mutex::new(known),
        turn: Mutex::default(),
    }))
}

/// Whether the ID token of this provider has to be renewed before it is used.
pub(super) fn is_due(provider: &AuthProvider) -> bool {
    OidcTokens::of(provider).valid().is_none()
}

impl OidcTokens {
    fn of(provider: &AuthProvider) -> Self {
        let token = |name: &str| {
            let token = provider.config.get(name).and_then(Option::as_ref);
            token.filter(|token| !token.trim().is_empty()).cloned()
        };
        Self { id: token("id-token"), refresh: token("refresh-token") }
    }

    /// The ID token as a header, unless it has ended. One that does not say when it ends is the API server's to judge.
    fn valid(&self) -> Option<HeaderValue> {
        let id = self.id.as_ref()?;
        let soon = UnixTime::now().after(LEEWAY);
        bearer(id).filter(|_| expires(id).is_none_or(|end| end > soon))
    }
}

impl KnownTokens {
    /// What the file has now, where that is something new.
    fn look(&mut self, found: Option<OidcTokens>) {
        if let Some(found) = found.filter(|found| *found != self.in_file) {
            *self = Self { now: found.clone(), in_file: found, is_own: false };
        }
    }
}

impl OidcSession {
    /// The ID token as a header; one that has ended is renewed where the issuer may be asked.
    pub(super) async fn header(self: &Arc<Self>, may_renew: bool) -> Result<HeaderValue, ClientError> {
        if let Some(header) = self.known().now.valid() {
            return Ok(header);
        }
        if !may_renew {
            return Err(self.told(&OidcError::NotNow));
        }
        self.renewed(None).await
    }

    /// The ID token instead of one that the API server has refused, whatever that says of itself. `None` where there is no
    /// better one: this one has just come from the issuer.
    pub(super) async fn instead_of(
        self: &Arc<Self>,
        refused: &HeaderValue,
    ) -> Result<Option<HeaderValue>, ClientError> {
        {
            let known = self.known();
            match known.now.valid() {
                // Somebody was quicker.
                Some(header) if header != *refused => return Ok(Some(header)),
                _ if known.is_own || known.now.refresh.is_none() => return Ok(None),
                _ => {}
            }
        }
        self.renewed(Some(refused.clone())).await.map(Some)
    }

    /// A renewed token. It goes on when nobody waits for it any more.
    async fn renewed(self: &Arc<Self>, refused: Option<HeaderValue>) -> Result<HeaderValue, ClientError> {
        let session = Arc::clone(self);
        let renewing = tokio::task::spawn_blocking(move || {
            session.renew_in_turn(refused.as_ref()).map_err(|error| session.told(&error))
        });
        renewing.await.map_err(|error| ClientError::no_network(&error))?
    }

    fn renew_in_turn(&self, refused: Option<&HeaderValue>) -> Result<HeaderValue, OidcError> {
        let entry = UserEntry::of(&self.user);
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _turn_of_process = entry.claim(TURN).map_err(|_| OidcError::Busy)?;
        let good = |header: &HeaderValue| Some(header) != refused;
        // What another process, or kubectl, has stored meanwhile.
        let refresh = {
            let mut known = self.known();
            known.look(entry.tokens());
            match known.now.valid().filter(good) {
                Some(header) => return Ok(header),
                None => known.now.refresh.clone().ok_or(OidcError::NoRefreshToken)?,
            }
        };
        let issuer = Issuer::of(&self.user, &self.environment, self.timeout)?;
        // Where the tokens will be stored is made sure of before the old one is spent.
        let place = match entry.prepare() {
            Err(EntryError::Locked(path)) => return Err(OidcError::Locked(path)),
            place => place,
        };
        let endpoint = wait_for(issuer.token_endpoint()).map_err(ClientError::from)??;
        let begun = CriticalSection::begin().map_err(|error| ClientError::no_network(&error))?;
        let granted = match wait_for(issuer.renew(&endpoint, &refresh)).map_err(ClientError::from)? {
            Err(IssuerError::Refused(refusal)) if refusal.is_of_token() => {
                drop(begun);
                let another = self.of_another(&entry, &refresh, good);
                return another.ok_or_else(|| IssuerError::Refused(refusal).into());
            }
            granted => granted?,
        };
        let tokens =
            OidcTokens { id: Some(granted.id), refresh: granted.refresh.or_else(|| Some(refresh.clone())) };
        let stored = place.and_then(|place| place.store(&refresh, &tokens));
        let mut known = self.known();
        match stored {
            Ok(()) => known.in_file = tokens.clone(),
            Err(error) => self.warn(&error),
        }
        (known.now, known.is_own) = (tokens, true);
        let id = known.now.id.as_deref().map(String::as_str).unwrap_or_default();
        bearer(id).ok_or_else(|| IssuerError::BadToken(endpoint.origin().ascii_serialization()).into())
    }

    /// The token of a process that used the refresh token before this one and does not know our lock, as kubectl.
    fn of_another(
        &self,
        entry: &UserEntry,
        spent: &str,
        good: impl Fn(&HeaderValue) -> bool,
    ) -> Option<HeaderValue> {
        let look = || {
            let mut known = self.known();
            known.look(entry.tokens());
            let is_another = known.now.refresh.as_deref().is_none_or(|refresh| refresh.as_str() != spent);
            known.now.valid().filter(|header| is_another && good(header))
        };
        look().or_else(|| {
            std::thread::sleep(MOMENT);
            look()
        })
    }

    fn known(&self) -> MutexGuard<'_, KnownTokens> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn whose(&self) -> String {
        format!("user `{}` in kubeconfig {}", self.user.name, self.user.file.display())
    }

    fn told(&self, error: &OidcError) -> ClientError {
        let why = format!("could not renew the ID token of {}: {error}", self.whose());
        ClientError::NoCluster {
            why: CleanText::new(&why),
            wants_sign_in: error.wants_sign_in(),
            hint: error.hint().as_deref().map(CleanText::new),
        }
    }

    fn warn(&self, error: &EntryError) {
        let message = format!("could not store the renewed tokens of {}: {error}", self.whose());
        let hint = format!("they are used for this run only; if the next one is refused, {SIGN_IN}");
        let message = CleanText::new(&message);
        late_warnings::leave(Warning::general(message.to_string()).hint(hint), Weight::Token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL;

    fn tokens(claims: &str) -> OidcTokens {
        let id = format!("h.{}.s", BASE64_URL.encode(claims));
        OidcTokens { id: Some(id.into()), refresh: None }
    }

    fn ends_in(seconds: i64) -> String {
        let now = i64::try_from(UnixTime::now().0 / 1000).unwrap();
        format!("{{\"exp\":{}}}", now + seconds)
    }

    #[test]
    fn an_id_token_is_used_as_long_as_it_is_valid_for_ten_seconds() {
        for (claims, is_valid) in [
            (ends_in(3600), true),
            (ends_in(13), true),
            (ends_in(9), false),
            (ends_in(-1), false),
            // The API server knows.
            ("{}".to_owned(), true),
        ] {
            assert_eq!(tokens(&claims).valid().is_some(), is_valid, "{claims}");
        }
        let opaque =
            |id: &str| OidcTokens { id: Some(id.to_owned().into()), refresh: None }.valid().is_some();
        assert!(opaque("opaque") && !opaque("two\nlines") && OidcTokens::default().valid().is_none());
    }

    #[test]
    fn what_is_new_in_the_file_wins_and_what_is_not_does_not() {
        let (old, own, new) = (tokens("{}"), tokens(&ends_in(60)), tokens(&ends_in(90)));
        let mut known = KnownTokens { now: own.clone(), in_file: old.clone(), is_own: true };
        // The file could not be written.
        known.look(Some(old));
        assert!(known.now == own && known.is_own);
        known.look(None);
        assert!(known.now == own && known.is_own);
        known.look(Some(new.clone()));
        assert!(known.now == new && !known.is_own);
    }
}
