//! What a document requires beside the session, and which of it a command takes.

use super::*;
use crate::model::CredentialPlace;
use proptest::prelude::*;

/// The commands of a document with these schemes, `a`, `b`, … for these `security` of their operations.
fn requiring(schemes: Value, global: Value, operations: &[Value]) -> Descriptor {
    let mut document = json!({"openapi": "3.1.0", "paths": {}, "components": {"securitySchemes": schemes}});
    if !global.is_null() {
        document["security"] = global;
    }
    for (at, security) in operations.iter().enumerate() {
        let name = char::from(b'a' + u8::try_from(at).unwrap()).to_string();
        let mut operation = json!({"x-cli-name": name, "responses": {}});
        if !security.is_null() {
            operation["security"] = security.clone();
        }
        document["paths"][format!("/api/{name}")] = json!({"get": operation});
    }
    let descriptor = read(document.to_string().as_bytes()).unwrap();
    same_when_read_back(&descriptor);
    descriptor
}

fn schemes() -> Value {
    json!({
        "header": {"type": "apiKey", "in": "header", "name": "X-Key", "description": "The key.\n\nAsk *Dana*."},
        "query": {"type": "apiKey", "in": "query", "name": "key"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
        "bearer": {"type": "http", "scheme": "Bearer"},
        "oauth": {"type": "oauth2", "flows": {}},
        "oidc": {"type": "openIdConnect", "openIdConnectUrl": "https://x.example"},
        "written": {"type": "apiKey", "in": "header", "name": "authorization"},
        "basic": {"type": "http", "scheme": "basic"},
        "mutual": {"type": "mutualTLS"},
    })
}

/// The sets of a command: `header+query | cookie`, an empty one as `-`.
fn sets(command: &ApiCommand) -> String {
    let set = |set: &Vec<SchemeName>| match set.as_slice() {
        [] => "-".to_owned(),
        names => names.iter().map(ToString::to_string).collect::<Vec<_>>().join("+"),
    };
    command.security.iter().map(set).collect::<Vec<_>>().join(" | ")
}

#[test]
fn an_operation_says_it_or_the_document_does() {
    let descriptor = requiring(
        schemes(),
        json!([{"header": []}]),
        &[
            Value::Null,
            json!([]),
            json!([{}]),
            json!([{"query": ["scope"], "header": []}, {"cookie": []}, {"query": [], "header": []}]),
            json!([{}, {"cookie": []}]),
            json!([{"bearer": []}, {"cookie": []}]),
            json!([{"oauth": [], "cookie": []}]),
            json!([{"oidc": []}]),
            json!([{"written": []}]),
            json!([{"mutual": []}]),
            json!([{"undeclared": []}]),
            json!([{"basic": []}, {"cookie": []}]),
            json!([{"basic": [], "cookie": []}]),
        ],
    );
    let all: Vec<String> = descriptor.commands.iter().map(sets).collect();
    assert_eq!(
        all,
        [
            "header",
            "",
            "",
            "header+query | cookie",
            "- | cookie",
            "- | cookie",
            "cookie",
            "",
            "",
            "",
            "",
            "cookie",
            "basic"
        ]
    );
    let problems: Vec<&str> = descriptor.problems.iter().map(crate::model::CleanText::as_str).collect();
    assert_eq!(
        problems,
        [
            "the document: security scheme `mutual`: a certificate of the user does not pass through the server; nothing is sent for it"
        ]
    );
    let header = &descriptor.schemes[0];
    assert_eq!(header.place(), Some(&CredentialPlace::Header("X-Key".to_owned())));
    assert_eq!(header.description.as_ref().map(crate::model::CleanText::as_str), Some("The key. Ask Dana."));
}

#[test]
fn what_was_given_decides_which_alternative_is_taken() {
    let descriptor = requiring(
        schemes(),
        Value::Null,
        &[
            json!([{"header": [], "query": []}, {"cookie": []}]),
            json!([{}, {"cookie": []}]),
            json!([{"basic": []}]),
            json!([]),
        ],
    );
    let taken = |at: usize, known: &[&str]| {
        let names = |set: Vec<&SecurityScheme>| {
            set.iter().map(|scheme| scheme.name.as_str().to_owned()).collect::<Vec<_>>().join("+")
        };
        let is_known = |scheme: &SecurityScheme| known.contains(&scheme.name.as_str());
        match requirement(&descriptor.commands[at], &descriptor.schemes, is_known) {
            Requirement::Nothing => "nothing".to_owned(),
            Requirement::Known(set) => format!("known {}", names(set)),
            Requirement::Missing(set) => format!("missing {}", names(set)),
            Requirement::Impossible(scheme) => format!("impossible {}", scheme.name),
        }
    };
    for (at, known, expected) in [
        (0, &[][..], "missing header+query"),
        (0, &["header"][..], "missing header+query"),
        (0, &["cookie"][..], "known cookie"),
        (0, &["cookie", "query", "header"][..], "known header+query"),
        (1, &[][..], "nothing"),
        (1, &["cookie"][..], "known cookie"),
        (2, &["basic"][..], "impossible basic"),
        (3, &["header"][..], "nothing"),
    ] {
        assert_eq!(taken(at, known), expected, "{at} {known:?}");
    }
}

#[test]
fn swagger_says_the_same_in_its_own_words() {
    let document = json!({"swagger": "2.0", "info": {"title": "x", "version": "1"},
        "securityDefinitions": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "token": {"type": "apiKey", "in": "header", "name": "Authorization"},
            "login": {"type": "basic"},
            "flow": {"type": "oauth2", "flow": "implicit"}},
        "security": [{"token": []}],
        "paths": {
            "/a": {"get": {"security": [{"key": []}], "responses": {}}},
            "/b": {"get": {"responses": {}}},
            "/c": {"get": {"security": [{"login": []}], "responses": {}}},
            "/d": {"get": {"security": [{"flow": ["read"]}], "responses": {}}}}});
    let descriptor = read(document.to_string().as_bytes()).unwrap();
    assert_eq!(descriptor.problems, []);
    let all: Vec<String> = descriptor.commands.iter().map(sets).collect();
    assert_eq!(all, ["key", "", "login", ""]);
}

#[test]
fn a_key_that_is_a_parameter_too_is_left_to_the_credential() {
    let parameter = |name: &str, place: &str, more: Value| {
        let mut parameter =
            json!({"name": name, "in": place, "required": true, "schema": {"type": "string"}});
        parameter.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        parameter
    };
    let get = |security: Value, parameters: Value| json!({"get": {"security": security, "parameters": parameters, "responses": {}}});
    let document = json!({"openapi": "3.0.0", "components": {"securitySchemes": schemes()}, "paths": {
        "/a": get(json!([{"header": []}]), json!([parameter("x-key", "header", json!({})), parameter("key", "query", json!({}))])),
        "/b": get(json!([]), json!([parameter("x-key", "header", json!({}))])),
        "/c": get(json!([{"header": []}]), json!([parameter("x-key", "header", json!({"x-cli-env": "EVEREST_SHOP_KEY"}))])),
    }});
    let descriptor = read(document.to_string().as_bytes()).unwrap();
    let argument = |at: usize, name: &str| {
        let argument = descriptor.commands[at].argument(name).unwrap();
        (argument.required, argument.hidden)
    };
    assert_eq!((argument(0, "x-key"), argument(0, "key")), ((false, true), (true, false)));
    assert_eq!((argument(1, "x-key"), argument(2, "x-key")), ((true, false), (true, false)));
    let values = vec![("x-key", "typed-4711"), ("key", "1")];
    let input = Input::<std::convert::Infallible> { values, ..Input::at(std::time::SystemTime::UNIX_EPOCH) };
    let request = request(&descriptor.commands[0], &input).unwrap();
    assert!(request.carries(&CredentialPlace::Header("X-Key".to_owned())));
    assert!(request.carries(&CredentialPlace::Query("key".to_owned())));
    assert!(!request.carries(&CredentialPlace::Cookie("x-key".to_owned())));
    assert_eq!(request.shown.headers, [("x-key".to_owned(), HIDDEN.to_owned())]);
}

#[test]
fn what_is_wrong_with_it_costs_no_command() {
    for security in [json!("x"), json!({"header": []}), json!([1, "header"]), json!([null])] {
        let descriptor = requiring(schemes(), Value::Null, std::slice::from_ref(&security));
        assert_eq!(
            (descriptor.commands.len(), sets(&descriptor.commands[0]).as_str()),
            (1, ""),
            "{security}"
        );
        assert_eq!(descriptor.problems.len(), 1, "{security} {:?}", descriptor.problems);
    }
    for scheme in [
        json!(null),
        json!({}),
        json!({"type": "apiKey"}),
        json!({"type": "apiKey", "in": "header", "name": "Host"}),
        json!({"type": "apiKey", "in": "header", "name": "X-Everest-User"}),
        json!({"type": "apiKey", "in": "cookie", "name": "everest_refresh_token"}),
        json!({"type": "apiKey", "in": "path", "name": "x"}),
        json!({"type": "http"}),
        json!({"type": "new"}),
        json!({"$ref": "#/components/securitySchemes/k"}),
        json!({"$ref": "https://x.example/k"}),
    ] {
        let descriptor = requiring(json!({"k": scheme}), json!([{"k": []}]), &[Value::Null]);
        assert_eq!((descriptor.commands.len(), sets(&descriptor.commands[0]).as_str()), (1, ""), "{scheme}");
        assert_eq!((descriptor.schemes.len(), descriptor.problems.len()), (0, 1), "{scheme}");
    }
}

#[test]
fn it_is_bounded() {
    let key = |at: usize| (format!("s{at}"), json!({"type": "apiKey", "in": "header", "name": "X-Key"}));
    let many: serde_json::Map<String, Value> = (0..10_000).map(key).collect();
    let all: serde_json::Map<String, Value> = (0..10_000).map(|at| (format!("s{at}"), json!([]))).collect();
    let each: Vec<Value> = (0..10_000).map(|at| json!({format!("s{at}"): []})).collect();
    let descriptor = requiring(Value::Object(many), json!(each), &[Value::Null, json!([all])]);
    assert!(descriptor.schemes.len() <= limits::SCHEMES);
    for command in &descriptor.commands {
        assert!(command.security.len() <= limits::SECURITY);
        assert!(command.security.iter().all(|set| set.len() <= limits::SECURITY));
    }
    assert!(descriptor.problems.len() <= limits::SCHEMES, "{:?}", descriptor.problems);
    assert!(descriptor.problems.iter().any(|problem| problem.as_str().contains("only the first 16")));
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,3}",
        proptest::sample::select(vec![
            "header",
            "query",
            "cookie",
            "apiKey",
            "http",
            "basic",
            "bearer",
            "Authorization",
            "X-Key",
            "Host"
        ])
        .prop_map(str::to_owned),
        "\\PC{0,4}\\p{C}?",
    ]
}

proptest! {
    #[test]
    fn no_command_asks_for_what_is_not_declared_or_not_allowed(
        names in proptest::collection::vec(word(), 1..4),
        kinds in proptest::collection::vec((word(), word(), word()), 1..4),
        used in proptest::collection::vec(proptest::collection::vec(word(), 0..3), 0..4),
    ) {
        let schemes: serde_json::Map<String, Value> = names.iter().zip(&kinds)
            .map(|(name, (kind, place, wire))| (name.clone(), json!({"type": kind, "in": place, "name": wire, "scheme": place})))
            .collect();
        let security: Vec<Value> = used.iter()
            .map(|set| Value::Object(set.iter().chain(&names).map(|name| (name.clone(), json!([]))).collect()))
            .collect();
        let descriptor = requiring(Value::Object(schemes), json!(security), &[Value::Null]);
        let command = &descriptor.commands[0];
        for name in command.security.iter().flatten() {
            prop_assert!(descriptor.schemes.iter().any(|scheme| scheme.name == *name));
        }
        for place in descriptor.schemes.iter().filter_map(SecurityScheme::place) {
            prop_assert!(crate::openapi::security::fault(place).is_none(), "{place:?}");
        }
        let kept = serde_json::to_vec(&descriptor).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Descriptor>(&kept).unwrap(), descriptor);
    }
}
