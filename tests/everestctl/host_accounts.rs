//! The development host: who may sign in, how long that holds, who may do what, and what is told of it.

use crate::support::Sandbox;
use crate::support::client::{self, ask};
use crate::support::host::{Host, Session, with_users};
use crate::support::sandbox::eventually;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn password(user: &str, password: &str) -> Value {
    json!({"grant_type": "password", "username": user, "password": password})
}

fn refresh(token: &str) -> Value {
    json!({"grant_type": "refresh_token", "refresh_token": token})
}

fn assert_message(answer: &client::Answer, status: u16, message: &str) {
    assert_eq!((answer.status, answer.json()), (status, json!({"message": message})));
}

#[test]
fn signing_in_refreshing_and_revoking() {
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, "");
    let answer = host.token(&password("admin", &host.password));
    assert_eq!(answer.status, 200);
    assert_eq!((&answer.json()["token_type"], &answer.json()["expires_in"]), (&json!("Bearer"), &json!(900)));
    let first = host.session(&answer);
    assert!(first.refresh.starts_with("everest_rt_"), "{}", first.refresh);
    assert_eq!(first.access.split('.').count(), 3);
    assert_eq!(first.get("/v1/version").json()["projectName"], "everestctl development host");

    assert_message(&host.token(&password("admin", "wrong")), 401, "Incorrect username or password provided");
    assert_message(&host.token(&password("nobody", "wrong")), 401, "Incorrect username or password provided");
    assert_eq!(host.token(&json!({"grant_type": "magic"})).status, 400);
    assert_eq!(host.token(&json!({"grant_type": "password"})).status, 400);

    // A refresh rotates: the old token is dead after one use.
    let second = host.session(&host.token(&refresh(&first.refresh)));
    assert_message(&host.token(&refresh(&first.refresh)), 401, "Invalid refresh token");
    assert_eq!(second.get("/v1/clusters/main/plugins").status, 200);

    // Revoking kills both, and says the same for what is unknown.
    let body = json!({"token": second.refresh}).to_string();
    let json_type = [("content-type", "application/json")];
    for _ in 0..2 {
        let revoked = second.ask("POST /v1/auth/revoke", &json_type, body.as_bytes());
        assert_eq!((revoked.status, revoked.text().as_str()), (204, ""));
    }
    assert_message(&second.get("/v1/version"), 401, "Invalid token");
    assert_message(&host.token(&refresh(&second.refresh)), 401, "Invalid refresh token");
    // No and bad tokens differ.
    assert_message(&ask(&host.address, "GET /v1/version", &[], b""), 400, "missing or malformed jwt");
    let bad = [("authorization", "Bearer a.b.c")];
    assert_message(&ask(&host.address, "GET /v1/version", &bad, b""), 401, "invalid or expired jwt");
    assert_eq!(ask(&host.address, "GET /v1/settings", &[], b"").json()["oidcConfig"]["clientId"], "");
    assert_eq!(ask(&host.address, "GET /nowhere", &[], b"").status, 404);
}

#[test]
fn a_refresh_token_may_come_and_go_in_a_cookie() {
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, "");
    let mut body = password("admin", &host.password);
    body["refresh_token_delivery"] = json!("cookie");
    let answer = host.token(&body);
    assert!(answer.json().get("refresh_token").is_none());
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.ends_with("; Path=/v1/auth; HttpOnly; SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let headers = [("content-type", "application/json"), ("cookie", cookie)];
    let again = ask(&host.address, "POST /v1/auth/token", &headers, br#"{"grant_type":"refresh_token"}"#);
    assert_eq!(again.status, 200);
}

#[test]
fn whoever_guesses_passwords_has_to_wait() {
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, "");
    let attempts: Vec<_> = (0..12)
        .map(|_| {
            let (address, body) = (host.address.clone(), password("admin", "guess").to_string());
            std::thread::spawn(move || {
                let headers = [("content-type", "application/json")];
                ask(&address, "POST /v1/auth/token", &headers, body.as_bytes())
            })
        })
        .collect();
    let answers: Vec<_> = attempts.into_iter().map(|attempt| attempt.join().unwrap()).collect();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(!refused.is_empty(), "{answers:?}");
    assert_message(refused[0], 429, "Too many login attempts");
    assert!(answers.iter().all(|answer| matches!(answer.status, 401 | 429)));
    // It waits its turn.
    host.sign_in();
}

#[test]
fn tokens_expire_when_they_should() {
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, "--access-token-lifetime 1s --refresh-token-lifetime 2s");
    let session = host.sign_in();
    let late = host.token(&refresh(&session.refresh));
    let late = host.session(&late);
    eventually("the access token expires", || session.get("/v1/version").status != 200);
    assert_message(&session.get("/v1/version"), 401, "invalid or expired jwt");
    // Each answer to it would be a new token, so that nothing can be waited for but its time: an access token counts in whole
    // seconds, and may have ended early.
    std::thread::sleep(Duration::from_millis(2100));
    assert_message(&host.token(&refresh(&late.refresh)), 401, "Invalid refresh token");
}

#[test]
fn users_keys_and_sessions_survive_in_the_state_folder() {
    let sandbox = Sandbox::new();
    let state = format!("--state {}", sandbox.path("new/state").display());
    let first = sandbox.run_with(["host", "exec", "--state"].iter().map(ToString::to_string).chain([
        sandbox.path("new/state").display().to_string(),
        "--".to_owned(),
        "sh".to_owned(),
        "-c".to_owned(),
        r#"sed -n 's/.*refreshToken: //p' "$EVEREST_CONFIG""#.to_owned(),
    ]));
    let token = first.success_silent();
    let host = Host::start(&sandbox, &state);
    let answer = host.token(&refresh(token.trim()));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let users = std::fs::read_to_string(sandbox.path("new/state/users.yaml")).unwrap();
    assert!(users.contains("$argon2id$"), "{users}");
    let sessions = std::fs::read_to_string(sandbox.path("new/state/sessions.json")).unwrap();
    assert!(!sessions.contains("everest_rt_"));
}

const POLICY: &str = "p, role:support, plugins, read, main/slow-*\np, role:support, namespaces, read, main/dev\n\
                      g, admin, role:nothing\n";

#[test]
fn the_policy_filters_the_list_and_denies_use() {
    let sandbox = Sandbox::new();
    sandbox.write("policy.csv", format!("{POLICY}p, dana, plugins, *, main/*\ng, eve, role:support\n"));
    let (state, password) = with_users(&sandbox, &["dana", "eve"]);
    let policy = format!("{state} --policy {} --namespaces dev,prod", sandbox.path("policy.csv").display());
    let host = Host::start(&sandbox, &policy);
    let (admin, dana, eve) = (
        host.sign_in_as("admin", &password),
        host.sign_in_as("dana", &password),
        host.sign_in_as("eve", &password),
    );
    assert_eq!(admin.plugins(), ["hello"]);
    assert_eq!(dana.plugins(), ["hello"]);
    assert!(eve.plugins().is_empty());
    let greet = "/v1/clusters/main/plugins/hello/api/greet/Ada";
    assert_eq!(dana.get(greet).json()["message"], "Hello, Ada!");
    assert_message(&eve.get(greet), 403, "insufficient permissions");
    assert_eq!(
        eve.get("/v1/permissions").json(),
        json!({"enabled": true, "permissions": [["eve", "plugins", "read", "main/slow-*"], ["eve", "namespaces", "read", "main/dev"]]})
    );
    assert_eq!(eve.get("/v1/clusters/main/namespaces").json(), json!(["dev"]));
    let context = |session: &Session<'_>| session.get("/v1/clusters/main/plugin-context").json();
    assert_eq!(context(&admin), json!({"user": "admin", "groups": [], "namespaces": ["dev", "prod"]}));
    assert_eq!(context(&dana)["namespaces"], json!([]));
}

#[test]
fn facts_and_the_list_in_both_families_of_paths() {
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, "--namespaces prod");
    let session = host.sign_in();
    assert_eq!(session.get("/v1/permissions").json(), json!({"enabled": false}));
    let clusters = session.get("/v1/clusters").json();
    assert_eq!(clusters, json!({"items": [{"name": "main", "server": format!("http://{}", host.address)}]}));
    let list = session.get("/v1/clusters/main/plugins").json();
    assert_eq!(list[0]["bundleUrl"], "/v1/clusters/main/plugins/hello/main.js");
    assert_eq!((&list[0]["name"], &list[0]["displayName"]), (&json!("hello"), &json!("Hello")));
    assert_eq!(session.get("/v1/plugins").json()[0]["bundleUrl"], "/v1/plugins/hello/main.js");
    assert_eq!(session.get("/v1/clusters/other/plugins").status, 404);
    assert_eq!(session.get("/v1/plugins/context").json()["namespaces"], json!(["prod"]));
    // Both lead to the same backend.
    for base in ["/v1/clusters/main/plugins", "/v1/plugins"] {
        assert_eq!(session.get(&format!("{base}/hello/healthz")).text(), "ok");
    }
    let large = vec![b'x'; 100_000];
    assert_eq!(session.ask("POST /v1/auth/token", &[], &large).status, 413);
}

#[test]
fn events_with_a_cursor_that_can_be_lost() {
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, "");
    let session = host.sign_in();
    let mut stream = session.open("GET /v1/events?types=user.login,user.logout", &[], b"");
    assert_eq!(stream.status, 200);
    assert!(stream.head.contains("text/event-stream"), "{}", stream.head);
    assert_eq!(stream.line().unwrap(), ": connected");
    assert_eq!(host.token(&password("admin", "wrong")).status, 401);
    host.sign_in();
    let id = stream.line_with("id: ");
    assert_eq!(stream.line().unwrap(), "event: user.login");
    let data: Value = serde_json::from_str(stream.line().unwrap().strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(data["actor"], json!({"type": "user", "id": "admin"}));
    assert_eq!(id, format!("id: {}:{}", data["epoch"].as_str().unwrap(), data["seq"]));

    // A client that reconnects with a cursor misses nothing.
    let cursor = format!("{}:0", data["epoch"].as_str().unwrap());
    let mut again = session.open(&format!("GET /v1/events?since={cursor}"), &[], b"");
    for kind in ["plugin.installed", "user.login", "user.login-failed", "user.login"] {
        assert_eq!(again.line_with("event: "), format!("event: {kind}"));
    }
    for cursor in ["old:1", "nonsense", &format!("{}:99", data["epoch"].as_str().unwrap())] {
        let gone = session.get(&format!("/v1/events?since={cursor}"));
        assert_eq!(gone.status, 410, "{cursor}");
        assert!(gone.json()["message"].is_string());
    }
    assert_eq!(ask(&host.address, "GET /v1/events", &[], b"").status, 400);
}

#[test]
fn a_client_that_is_slow_with_its_head_is_cut_off() {
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, "");
    let mut slow = TcpStream::connect(&host.address).unwrap();
    slow.write_all(b"GET /v1/settings HTTP/1.1\r\nhost: localhost\r\nx-slow: ").unwrap();
    let start = Instant::now();
    let mut rest = Vec::new();
    slow.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    slow.read_to_end(&mut rest).unwrap();
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, "");
    let mut stream = TcpStream::connect(&host.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // It may be refused before all of it was sent; then the connection just ends.
    let _ = stream.write_all(b"GET /v1/settings HTTP/1.1\r\nhost: localhost\r\nx-large: ");
    let _ = stream.write_all(&vec![b'x'; 1_000_000]);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert_eq!(ask(&host.address, "GET /v1/settings", &[], b"").status, 200);
    assert_eq!(ask(&host.address, "DELETE /v1/settings", &[], b"").json()["message"], "Method Not Allowed");
}

#[test]
fn more_connections_than_there_is_room_for_take_the_place_of_idle_ones() {
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, "--connections 20");
    let session = host.sign_in();
    let mut events = session.open("GET /v1/events", &[], b"");
    events.line_with(": connected");
    let mut held: Vec<TcpStream> = (0..40).map(|_| TcpStream::connect(&host.address).unwrap()).collect();
    assert_eq!(ask(&host.address, "GET /v1/settings", &[], b"").status, 200);
    // The oldest session was removed; an active one was not.
    held[0].set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert!(matches!(held[0].read(&mut [0; 1]), Ok(0) | Err(_)));
    host.sign_in();
    events.line_with("event: user.login");
}
