//! `auth …`: signing in and out, who the user is and where, a token for scripts.

use super::context_error::ContextError;
use super::{App, Options, plugin_credentials};
use crate::app::refresh::{self, Trigger};
use crate::app::token_of;
use crate::client::api_client::{ApiClient, ConditionalResponse};
use crate::client::server_failure::{not_signed_in, of_server};
use crate::client::{Address, ClientError, FixedToken, Token, Transport, auth_api, wait_for};
use crate::config::{ConfigError, ConfigFile, CredentialKey, Target, ValueSource};
use crate::error::{ExitCode, Failure, exit};
use crate::model::{CleanText, Source, Warning};
use crate::session::{self, NewSession, SessionError};
use crate::sys::clock::{self, UnixTime};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// Where and how to sign in.
#[derive(Debug)]
pub struct SignIn {
    /// The server.
    pub server: String,
    /// The user's name; with a token, what the token says when it is missing.
    pub user: Option<String>,
    /// What proves it.
    pub proof: IdentityProof,
    /// The name of the context; the Go CLI's when it is missing.
    pub context: Option<String>,
}

/// The credentials of a sign-in.
pub enum IdentityProof {
    /// A password.
    Password(Zeroizing<String>),
    /// A token from elsewhere.
    Token(Zeroizing<String>),
}

impl std::fmt::Debug for IdentityProof {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Proof(hidden)")
    }
}

/// What a sign-in came to. Its JSON form is an interface.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    /// The context, which is the current one now.
    pub context: String,
    /// The server.
    pub server: String,
    /// The user.
    pub user: String,
    /// When the access token expires.
    pub expires_at: String,
}

/// The default server of a sign-in: that of the chosen context.
pub fn usual_server(app: &App) -> Result<Option<String>, Failure> {
    Ok(app.target()?.0.server)
}

/// Signs in. Nothing is written before the server has agreed.
pub fn sign_in(app: &App, request: &SignIn) -> Result<SignedIn, SessionError> {
    let file = app.config_file().ok_or(ConfigError::NoPlace)?;
    file.is_mine_to_write()?;
    let transport = app.transport(&Target::default());
    let of_server =
        |error| SessionError::Server { server: CleanText::new(&request.server).to_string(), error };
    let address = Address::new(&request.server, transport.allow_http).map_err(of_server)?;
    let (user, access, refresh, expires) = match &request.proof {
        IdentityProof::Password(password) => {
            let user = request.user.clone().unwrap_or_default();
            let granted =
                auth_api::with_password(&address, &transport, &user, password).map_err(of_server)?;
            (user, granted.access, granted.refresh, UnixTime::now().after(granted.expires_in))
        }
        IdentityProof::Token(token) => {
            let claims = JwtClaims::from_token(token);
            let token = Token::new(token.clone(), address.clone()).map_err(of_server)?;
            if !app.options.offline {
                let (target, _) = app.target().unwrap_or_default();
                let transport = app.transport(&target);
                version(&address, FixedToken::from_token(token.clone()), &transport).map_err(of_server)?;
            }
            let user = request.user.clone().or(claims.user).unwrap_or_else(|| "token".to_owned());
            (user, token.reveal(), None, claims.expires.unwrap_or(UnixTime(u64::MAX)))
        }
    };
    let context = session::begin(
        &file,
        &NewSession {
            address: &address,
            user: &user,
            context: request.context.as_deref(),
            access: &access,
            refresh: refresh.as_ref(),
            expires,
            ca_file: app.options.ca_file.as_deref().and_then(|path| std::path::absolute(path).ok()),
            allow_http: app.options.allow_http,
        },
        app.patience(),
    )?;
    fill_index(app, &context);
    Ok(SignedIn { context, server: address.to_string(), user, expires_at: expires.to_rfc3339_seconds() })
}

/// How long a sign-in waits for the list of plugins.
const PLUGINS: Duration = Duration::from_secs(3);

/// Asks the server that has just agreed for its plugins, and has them asked in the background, so that help and TAB know
/// their commands. It is a courtesy: whoever needs them asks again.
fn fill_index(app: &App, context: &str) {
    let options = Options { request_timeout: Some(app.budget().min(PLUGINS)), ..app.options.clone() };
    let Ok(app) = App::new(app.environment.clone(), options).map(|app| app.in_context(context)) else {
        return;
    };
    let Ok(remote) = app.remote() else { return };
    let asked = refresh::refresh(&app, &remote, &[Source::Server], Trigger::Explicit);
    refresh::start_in_background(&app, &remote, &asked.names);
}

/// What the program reads of a token that happens to be a JWT. Tokens are opaque otherwise.
#[derive(Default)]
struct JwtClaims {
    user: Option<String>,
    expires: Option<UnixTime>,
}

impl JwtClaims {
    fn from_token(token: &str) -> Self {
        #[derive(Deserialize)]
        struct Payload {
            sub: Option<String>,
            exp: Option<f64>,
        }
        let payload = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let payload = payload.and_then(|bytes| serde_json::from_slice::<Payload>(&bytes).ok());
        let Some(Payload { sub, exp }) = payload else { return Self::default() };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "seconds since 1970; a cast saturates"
        )]
        let expires = exp.map(|seconds| UnixTime((seconds as u64).saturating_mul(1000)));
        // `dana:login` is upstream's subject of the user `dana`.
        let user = sub.as_deref().and_then(|subject| subject.split(':').next());
        Self { user: user.and_then(CleanText::non_empty).map(|line| line.to_string()), expires }
    }
}

/// The contexts that `auth logout` is about: the named one, all, or the one that this run is about.
pub fn sign_out(app: &App, context: Option<&str>, all: bool) -> Result<Vec<SignedOut>, Failure> {
    let file = config_file(app)?;
    let config = file.read()?;
    let names: Vec<String> = if all {
        config.contexts().map(|context| context.name.to_owned()).collect()
    } else {
        let named = context.map(str::to_owned);
        match named.or(app.target()?.0.context) {
            Some(name) if config.names_of(&name).is_some() => vec![name],
            Some(name) => return Err(ContextError::unknown(&config, &name).into()),
            None => return Err(not_signed_in(None)),
        }
    };
    let mut ended = Vec::new();
    for name in names {
        // The CA file of one context is nothing to the next.
        let transport = app.transport(&app.in_context(&name).target()?.0);
        let told = session::end(&file, &name, &transport, app.options.offline, app.patience())?;
        super::contexts::forget(&file, &name, app.patience())?;
        let server = config.context(&name).and_then(|context| context.server);
        let forgotten = server.map_or(Ok(0), |server| super::contexts::forget_plugins(app, &file, server));
        let not_told = told.map(|error| error.to_string());
        let (plugin_credentials, not_removed) = match forgotten {
            Ok(count) => (count, None),
            // The session has ended all the same.
            Err(failure) => (0, Some(failure.message)),
        };
        ended.push(SignedOut { context: name, not_told, plugin_credentials, not_removed });
    }
    Ok(ended)
}

/// One session that has ended here.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedOut {
    /// The context that is gone.
    pub context: String,
    /// Why the server could not be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_told: Option<String>,
    /// How many credentials of plugins went with the last session for their server.
    #[serde(skip_serializing_if = "is_zero")]
    pub plugin_credentials: usize,
    /// Why they could not be removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_removed: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "it is for serde")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Who the user is, where, until when. Its JSON form is an interface.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthStatus {
    /// The context.
    pub context: Option<String>,
    /// The server.
    pub server: Option<String>,
    /// The user.
    pub user: Option<String>,
    /// The name that the server knows the user by, as far as the token tells.
    #[serde(skip)]
    pub name: Option<String>,
    /// Whether there is a token for the server; and, unless offline, whether the server takes it.
    pub signed_in: bool,
    /// When the access token expires.
    pub expires_at: Option<String>,
    /// Whether it is renewed automatically.
    pub renewable: bool,
    /// The cluster.
    pub cluster: String,
    /// The namespace.
    pub namespace: Option<String>,
    /// The default database instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The default database of that instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// What the server says it is.
    pub server_version: Option<String>,
    /// The credentials of plugins that are stored for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plugin_credentials: Vec<PluginCredentialName>,
    /// Who said each value.
    pub said_by: BTreeMap<&'static str, String>,
    /// What is wrong with it.
    pub problem: Option<Warning>,
    /// What came of it.
    #[serde(skip)]
    pub check: SessionCheck,
}

/// What came of looking at a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionCheck {
    /// The server takes it, or nobody was asked.
    #[default]
    Passed,
    /// There is none, or the server does not take it.
    SignInNeeded,
    /// The server could not say.
    ServerFailed,
}

impl SessionCheck {
    /// The exit code that follows.
    pub const fn exit_code(self) -> ExitCode {
        match self {
            Self::Passed => exit::SUCCESS,
            Self::SignInNeeded => exit::SIGN_IN,
            Self::ServerFailed => exit::FAILURE,
        }
    }
}

/// A credential of a plugin's own.
#[derive(Debug, Serialize)]
pub struct PluginCredentialName {
    /// The plugin.
    pub plugin: String,
    /// What its document calls it.
    pub scheme: String,
}

/// Finds it out. The check is `GET /v1/version`: a server of any age has it, and wants a session for it.
pub fn status(app: &App) -> Result<AuthStatus, Failure> {
    let (target, problem) = app.target()?;
    let mut status = AuthStatus {
        context: target.context.clone(),
        server: target.server.clone(),
        user: target.token.as_ref().map(|_| target.user.clone()),
        name: target.token.as_ref().and_then(|token| JwtClaims::from_token(token).user),
        cluster: target.cluster().to_owned(),
        namespace: target.namespace.clone(),
        instance: target.instance.clone(),
        database: target.database.clone(),
        signed_in: target.token.is_some(),
        said_by: said_by(&target),
        problem,
        ..AuthStatus::default()
    };
    let Some(server) = &target.server else {
        status.problem = status.problem.or_else(|| Some(problem_of(&not_signed_in(None))));
        status.check = SessionCheck::SignInNeeded;
        return Ok(status);
    };
    match plugin_credentials::stored(app) {
        Ok(stored) => {
            let name = |key: CredentialKey| PluginCredentialName { plugin: key.plugin, scheme: key.scheme };
            status.plugin_credentials = stored.into_iter().map(name).collect();
        }
        Err(failure) => status.problem = status.problem.or_else(|| Some(problem_of(&failure))),
    }
    let checked = if app.options.offline { Ok(None) } else { check(app, &target) };
    match checked {
        Ok(version) => status.server_version = version,
        Err(error) => {
            status.signed_in = status.signed_in && !error.wants_sign_in();
            status.check =
                if error.wants_sign_in() { SessionCheck::SignInNeeded } else { SessionCheck::ServerFailed };
            status.problem = Some(problem_of(&of_server(server, &error)));
        }
    }
    if target.token.is_none() {
        status.check = SessionCheck::SignInNeeded;
        status.problem = Some(problem_of(&not_signed_in(Some(server))));
    }
    // After the check, which may have renewed it.
    let config = app.config_file().map(|file| file.read()).transpose()?.unwrap_or_default();
    let of_context = !target.has_token_of_environment();
    let session =
        target.context.as_deref().filter(|_| of_context).and_then(|name| config.context(name)?.session);
    let expires = session.and_then(|session| session.expires);
    let claimed = || target.token.as_ref().and_then(|token| JwtClaims::from_token(token).expires);
    status.expires_at = expires.or_else(claimed).map(UnixTime::to_rfc3339_seconds);
    status.renewable = session.is_some_and(|session| session.refresh.is_some());
    Ok(status)
}

fn check(app: &App, target: &Target) -> Result<Option<String>, ClientError> {
    let Some(credentials) = app.credentials(target)? else { return Ok(None) };
    let Some(server) = &target.server else { return Ok(None) };
    let transport = app.transport(target);
    version(&Address::new(server, transport.allow_http)?, credentials, &transport)
}

/// Asks the server for its version.
fn version(
    address: &Address,
    credentials: Arc<dyn crate::client::TokenSource>,
    transport: &Transport,
) -> Result<Option<String>, ClientError> {
    #[derive(Deserialize)]
    struct Version {
        version: Option<String>,
    }
    let server = ApiClient::new(address.clone(), credentials, transport)?;
    let answer = wait_for(server.get(&["version"], None))??;
    let ConditionalResponse::Body(body, _) = answer else { return Ok(None) };
    let not_json = || ClientError::NotJson(crate::client::api_client::what_it_is(&body));
    let version: Version = serde_json::from_slice(&body).map_err(|_| not_json())?;
    Ok(version.version.as_deref().and_then(CleanText::non_empty).map(|line| line.to_string()))
}

/// How far the clocks of this machine and of the server are apart; `None` where the server does not tell.
pub fn clock_difference(app: &App) -> Option<Duration> {
    let (target, _) = app.target().ok()?;
    let credentials = app.credentials(&target).ok()??;
    let transport = app.transport(&target);
    let address = Address::new(target.server.as_ref()?, transport.allow_http).ok()?;
    let server = ApiClient::new(address, credentials, &transport).ok()?;
    let there = wait_for(server.date()).ok()??;
    let here = clock::now();
    Some(here.duration_since(there).unwrap_or_else(|ahead| ahead.duration()))
}

fn said_by(target: &Target) -> BTreeMap<&'static str, String> {
    let said = &target.said;
    let all: [(&str, Option<ValueSource>); 7] = [
        ("context", said.context),
        ("server", said.server),
        ("token", said.token),
        ("cluster", said.cluster),
        ("namespace", said.namespace),
        ("instance", said.instance),
        ("database", said.database),
    ];
    all.into_iter().filter_map(|(what, said)| Some((what, said?.to_string()))).collect()
}

/// A token that is valid now, for a script.
pub fn token(app: &App) -> Result<Zeroizing<String>, Failure> {
    let (target, _) = app.target()?;
    token_of(app, &target)?.ok_or_else(|| not_signed_in(target.server.as_deref()))
}

fn problem_of(failure: &Failure) -> Warning {
    let problem = Warning::general(failure.message.clone());
    match failure.hints.first() {
        Some(hint) => problem.hint(hint.clone()),
        None => problem,
    }
}

fn config_file(app: &App) -> Result<ConfigFile, Failure> {
    app.config_file().ok_or_else(|| ConfigError::NoPlace.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jwt_says_who_and_until_when_and_other_tokens_nothing() {
        // {"sub":"dana:login","exp":1790846100}
        let claims = JwtClaims::from_token("e30.eyJzdWIiOiJkYW5hOmxvZ2luIiwiZXhwIjoxNzkwODQ2MTAwfQ.x");
        assert_eq!(claims.user.as_deref(), Some("dana"));
        assert_eq!(claims.expires, Some(UnixTime(1_790_846_100_000)));
        for opaque in ["", "everest_pat_x", "a.b.c", "..", "a.e30.c"] {
            let claims = JwtClaims::from_token(opaque);
            assert!(claims.user.is_none() && claims.expires.is_none(), "{opaque}");
        }
    }
}
