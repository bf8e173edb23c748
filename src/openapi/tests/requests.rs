//! What is typed → requests.

use super::*;
use proptest::prelude::*;

fn input<'i>(values: &[(&'i str, &'i str)]) -> Input<'i> {
    let now = call::read_moment("2026-03-02T12:00:00Z").unwrap();
    let context = (Some("prod"), Some("main"));
    Input { values: values.to_vec(), namespace: context.0, cluster: context.1, ..Input::at(now) }
}

fn sent(descriptor: &Descriptor, values: &[(&str, &str)]) -> Result<String, String> {
    sent_as(descriptor, &input(values))
}

/// Nothing was typed; a file is a number.
fn at() -> Input<'static, u32> {
    let Input { now, .. } = input(&[]);
    Input {
        values: Vec::new(),
        files: Vec::new(),
        sets: Vec::new(),
        body: GivenBody::None,
        namespace: Some("n"),
        cluster: Some("c"),
        now,
        is_unchecked: false,
    }
}

/// `GET /path?query header: value | body`.
fn sent_as(descriptor: &Descriptor, input: &Input<'_>) -> Result<String, String> {
    let request = request(&descriptor.commands[0], input).map_err(|error| error.to_string())?;
    let mut line = format!("{} {}", request.method, request.path);
    if !request.query.is_empty() {
        line += &format!("?{}", request.query);
    }
    for (name, value) in request.headers.iter().filter(|(name, _)| name != "accept") {
        line += &format!(" {name}: {value}");
    }
    match request.body {
        None => {}
        Some(OperationBody::Json { text, .. } | OperationBody::Form { text, .. }) => {
            line += &format!(" | {text}");
        }
        Some(OperationBody::Raw { content_type, .. }) => line += &format!(" | ({content_type})"),
        Some(OperationBody::Multipart(parts)) => line += &format!(" | {parts:?}"),
    }
    Ok(line)
}

fn logs() -> Descriptor {
    of_paths(json!({"/api/pods/{pod}/logs": {"get": {
        "parameters": [
            {"name": "pod", "in": "path", "required": true, "schema": {"type": "string"}},
            {"name": "namespace", "in": "query", "required": true, "schema": {"type": "string"}},
            {"name": "instance", "in": "query", "required": true, "schema": {"type": "string"}},
            {"name": "k8sCluster", "in": "query", "schema": {"type": "string", "default": "main"}},
            {"name": "tailLines", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 10000}},
            {"name": "follow", "in": "query", "schema": {"type": "boolean"}},
            {"name": "range", "in": "query", "schema": {"enum": ["1h", "24h"]}},
            {"name": "since", "in": "query", "schema": {"type": "string", "format": "date-time"}},
            {"name": "types", "in": "query", "explode": false, "schema": {"type": "array", "items": {"type": "string"}}},
            {"name": "where", "in": "query", "style": "deepObject", "schema": {"type": "object", "additionalProperties": {"type": "string"}}},
            {"name": "f", "in": "query", "style": "deepObject", "schema": {"type": "object", "properties": {"state": {"type": "string"}}}},
            {"name": "filter", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
            {"name": "page", "in": "query", "required": true, "schema": {"type": "integer", "default": 1}},
            {"name": "v", "in": "query", "required": true, "schema": {"const": "2"}},
            {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
        ],
    }}}))
}

#[test]
fn a_get_has_a_path_a_query_and_headers() {
    let always = ("instance=orders", "page=1&namespace=prod&k8sCluster=main&v=2");
    let base = [("pod", "orders 0"), ("instance", "orders")];
    let with = |more: &[(&'static str, &'static str)]| sent(&logs(), &[&base, more].concat());
    assert_eq!(with(&[]).unwrap(), format!("GET /api/pods/orders%200/logs?{}&{}", always.0, always.1));
    for (name, value, expected) in [
        ("tail-lines", "0200", "tailLines=200"),
        ("follow", "true", "follow=true"),
        ("range", "24h", "range=24h"),
        ("since", "24h", "since=2026-03-01T12%3A00%3A00Z"),
        ("types", "a,b", "types=a%2Cb"),
        ("where", "a b=c=d", "where%5Ba%20b%5D=c%3Dd"),
        ("f.state", "up", "f%5Bstate%5D=up"),
        ("filter", "{\"a\": 1}", "filter=%7B%22a%22%3A1%7D"),
    ] {
        assert_eq!(
            with(&[(name, value)]).unwrap(),
            format!("GET /api/pods/orders%200/logs?{}&{expected}&{}", always.0, always.1),
        );
    }
    assert!(with(&[("types", "a"), ("types", "b c")]).unwrap().contains("types=a,b%20c&"));
    assert!(with(&[("x-trace", "7")]).unwrap().ends_with(" x-trace: 7"));
}

#[test]
fn everything_that_is_missing_is_said_at_once() {
    let nothing = Input { namespace: None, ..input(&[]) };
    assert_eq!(sent_as(&logs(), &nothing).unwrap_err(), "missing: <POD>, --instance, --namespace");
}

#[test]
fn a_value_is_checked_and_the_error_says_what_is_allowed() {
    let base = [("pod", "p"), ("instance", "i")];
    let error = |name, value| sent(&logs(), &[&base[..], &[(name, value)]].concat()).unwrap_err();
    assert_eq!(error("tail-lines", "many"), "--tail-lines: `many` is not a whole number");
    assert_eq!(error("tail-lines", "0"), "--tail-lines: `0` is not from 1 to 10000");
    assert_eq!(error("follow", "yes"), "--follow: `yes` is neither `true` nor `false`");
    assert_eq!(error("range", "2h"), "--range: `2h` is not one of 1h, 24h");
    assert_eq!(error("filter", "{"), "--filter: `{` is not JSON: line 1, column 1");
    assert_eq!(error("where", "x"), "--where: `x` is not `key=value`");
    assert!(error("since", "soon").starts_with("--since: `soon` is not a date-time"));
    assert_eq!(
        error("x-trace", "a\r\nb: c"),
        "--x-trace: `ab: c` has characters that are not allowed in a header"
    );
    assert_eq!(error("nothing", "1"), "no argument `nothing`");
}

#[test]
fn a_path_value_stays_in_its_segment() {
    let error = |value| sent(&logs(), &[("pod", value), ("instance", "i")]).unwrap_err();
    assert!(error("a/b").contains("contains `/`"));
    assert!(error("").contains("empty"));
    assert!(error("..").contains("another path") && error(".").contains("another path"));
    assert!(error("a\nb").contains("control"));
    let fine = sent(&logs(), &[("pod", "{v}%2e?#ö"), ("instance", "i")]).unwrap();
    assert!(fine.starts_with("GET /api/pods/%7Bv%7D%252e%3F%23%C3%B6/logs?"), "{fine}");
    let two = of_paths(json!({"/a/{x}{y}": {"get": {}}}));
    assert!(sent(&two, &[("x", "."), ("y", ".")]).unwrap_err().contains("another path"));
}

fn run() -> Descriptor {
    with_body(json!({
        "type": "object",
        "required": ["target", "durationSeconds", "kind"],
        "properties": {
            "kind": {"const": "run"},
            "target": {"type": "object", "required": ["instance", "namespace"], "properties": {
                "k8sCluster": {"type": "string"}, "namespace": {"type": "string"}, "instance": {"type": "string", "x-cli-name": "instance"},
            }},
            "durationSeconds": {"type": "integer", "x-cli-name": "duration", "default": 60},
            "clients": {"type": "integer"},
            "ratio": {"type": "number"},
            "initialize": {"type": "boolean"},
            "resources": {"type": "object", "required": ["cpuLimit"], "properties": {"cpuLimit": {"type": "string"}, "memoryLimit": {"type": "string"}}},
            "nodeAffinity": {"type": "object"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "tags": {"type": "array", "items": {"type": "string"}},
            "note": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "free": {},
        },
    }))
}

#[test]
fn a_body_has_what_was_given_and_nothing_else() {
    let fixed = "\"target\":{\"instance\":\"x\",\"k8sCluster\":\"main\",\"namespace\":\"prod\"}";
    let with = |more: &[(&'static str, &'static str)]| {
        sent(&run(), &[&[("instance", "x")], more].concat()).map(|line| line.replace(fixed, "…"))
    };
    assert_eq!(with(&[]).unwrap(), "POST /api/x | {…,\"durationSeconds\":60,\"kind\":\"run\"}");
    for (name, value, expected) in [
        ("clients", "9007199254740993", "\"clients\":9007199254740993"),
        ("clients", "18446744073709551615", "\"clients\":18446744073709551615"),
        ("ratio", "+1.50", "\"ratio\":1.50"),
        ("ratio", "0.10000000000000000001", "\"ratio\":0.10000000000000000001"),
        ("ratio", "-.5e1", "\"ratio\":-0.5e1"),
        ("ratio", "007.", "\"ratio\":7"),
        ("clients", "184467440737095516150", "\"clients\":184467440737095516150"),
        ("free", "184467440737095516150", "\"free\":184467440737095516150"),
        ("initialize", "true", "\"initialize\":true"),
        ("node-affinity", "{\"a\":[1]}", "\"nodeAffinity\":{\"a\":[1]}"),
        ("labels", "a=b=c", "\"labels\":{\"a\":\"b=c\"}"),
        ("tags", "a,b", "\"tags\":[\"a,b\"]"),
        ("note", "null", "\"note\":null"),
        ("free", "5", "\"free\":5"),
        ("free", "five", "\"free\":\"five\""),
        ("resources.cpu-limit", "1", "\"resources\":{\"cpuLimit\":\"1\"}"),
    ] {
        assert_eq!(
            with(&[(name, value)]).unwrap(),
            format!("POST /api/x | {{…,{expected},\"durationSeconds\":60,\"kind\":\"run\"}}"),
        );
    }
    assert_eq!(with(&[("resources.memory-limit", "1Gi")]).unwrap_err(), "missing: --resources.cpu-limit");
    assert!(with(&[("ratio", "inf")]).unwrap_err().contains("not a number"));
    assert_eq!(sent(&run(), &[]).unwrap_err(), "missing: --instance");
}

#[test]
fn body_then_flags_then_set() {
    let text = r#"{"target":{"instance":"a","namespace":"mine","k8sCluster":"other"},"kind":"run","durationSeconds":5,"clients":1,"extra":[1]}"#;
    let with = |body: &str, values: &[(&str, &str)], sets: &[&str]| {
        sent_as(&run(), &Input { body: GivenBody::Text(body), sets: sets.to_vec(), ..input(values) })
    };
    // Untouched, it is what the user wrote.
    let spaced = text.replace(":1,", ": 123456789012345678901234567890.10 ,");
    assert_eq!(with(&spaced, &[], &[]).unwrap(), format!("POST /api/x | {spaced}"));
    assert_eq!(
        with(
            text,
            &[("clients", "2"), ("instance", "b")],
            &["clients=3", "resources.cpuLimit=1", "extra[]=2", "extra[0]=0", "tags[]=1"]
        )
        .unwrap(),
        "POST /api/x | {\"target\":{\"instance\":\"b\",\"namespace\":\"mine\",\"k8sCluster\":\"other\"},\"kind\":\"run\",\
         \"durationSeconds\":5,\"clients\":3,\"extra\":[0,2],\"resources\":{\"cpuLimit\":\"1\"},\"tags\":[\"1\"]}",
    );
    assert_eq!(
        with("{\"target\": 5}", &[("instance", "b")], &[]).unwrap_err(),
        "--instance: `target.instance` is inside a value that is not an object"
    );
    assert_eq!(with("{\"target\": {}}", &[], &[]).unwrap_err(), "missing: --instance");
    assert!(with("{", &[], &[]).unwrap_err().starts_with("--body: it is not JSON: line 1"));
    assert!(with(text, &[], &["clients=x"]).unwrap_err().contains("not a whole number"));
    // What is not changed keeps its digits, and its order.
    let numbers = r#"{"n":-123456789012345678901,"m":1.00,"target":{"instance":"a"}}"#;
    let changed = with(numbers, &[], &["extra[]=0.10"]).unwrap();
    assert!(changed.contains(r#"{"n":-123456789012345678901,"m":1.00,"#), "{changed}");
    assert!(changed.contains(r#""extra":[0.10]"#), "{changed}");
}

#[test]
fn what_is_not_to_be_checked_may_lack_what_is_required() {
    let body =
        with_body(json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}));
    let given = Input { body: GivenBody::Text("{\"b\": 1.0}"), ..input(&[]) };
    assert_eq!(sent_as(&body, &given).unwrap_err(), "missing: --a");
    let unchecked = Input { is_unchecked: true, ..given };
    assert_eq!(sent_as(&body, &unchecked).unwrap(), "POST /api/x | {\"b\": 1.0}");
}

#[test]
fn other_bodies() {
    let post = |content_type: &str, schema: Value, required: bool| {
        let body = json!({"required": required, "content": {content_type: {"schema": schema}}});
        of_paths(json!({"/api/x": {"post": {"requestBody": body}}}))
    };
    let fields = json!({"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}},
        "file": {"type": "string", "format": "binary"},
    }});
    let form = post("application/x-www-form-urlencoded", fields.clone(), true);
    assert_eq!(
        sent(&form, &[("name", "a b"), ("tags", "1"), ("tags", "ä")]).unwrap(),
        "POST /api/x | name=a+b&tags=1&tags=%C3%A4"
    );
    assert_eq!(sent(&form, &[]).unwrap_err(), "missing: --name");
    assert_eq!(
        sent_as(&form, &Input { body: GivenBody::Text("a=1"), ..input(&[]) }).unwrap(),
        "POST /api/x | a=1"
    );
    let multipart = post("multipart/form-data", fields, true);
    let named = Input { values: vec![("name", "a")], files: vec![("file", 7)], ..at() };
    assert!(matches!(
        &request(&multipart.commands[0], &named).unwrap().body,
        Some(OperationBody::Multipart(parts)) if matches!(&parts[..], [FormPart::Text { .. }, FormPart::File { file: 7, .. }])
    ));
    let error = sent(&multipart, &[("name", "a"), ("file", "@x.bin")]).unwrap_err();
    assert_eq!(error, "--file: `@x.bin` is text, not a file");
    let raw = post("application/octet-stream", json!({}), true);
    assert_eq!(sent(&raw, &[]).unwrap_err(), "missing: --body");
    assert_eq!(
        sent_as(&raw, &Input { body: GivenBody::Kept, ..input(&[]) }).unwrap(),
        "POST /api/x | (application/octet-stream)"
    );
    assert!(sent_as(&raw, &Input { sets: vec!["a=1"], ..input(&[]) }).unwrap_err().contains("--set"));
    let any = post("*/*", json!({}), false);
    assert_eq!(sent(&any, &[]).unwrap(), "POST /api/x");
    let list = post("application/json", json!({"type": "array", "items": {"type": "string"}}), true);
    assert_eq!(sent(&list, &[]).unwrap_err(), "missing: --body");
    assert_eq!(
        sent_as(&list, &Input { body: GivenBody::Text("[1]"), ..input(&[]) }).unwrap(),
        "POST /api/x | [1]"
    );
    let optional =
        post("application/json", json!({"type": "object", "properties": {"a": {"type": "string"}}}), false);
    assert_eq!(sent(&optional, &[]).unwrap(), "POST /api/x");
    assert_eq!(sent(&optional, &[("a", "")]).unwrap(), "POST /api/x | {\"a\":\"\"}");
    let all_optional =
        post("application/json", json!({"type": "object", "properties": {"a": {"type": "string"}}}), true);
    assert_eq!(sent(&all_optional, &[]).unwrap(), "POST /api/x | {}");
    let none = of_paths(json!({"/api/x/{id}/cancel": {"post": {}}}));
    assert_eq!(sent(&none, &[("id", "7")]).unwrap(), "POST /api/x/7/cancel");
}

#[test]
fn a_secret_is_in_no_error() {
    let descriptor = with_body(json!({"type": "object", "properties": {
        "password": {"type": "string", "format": "password", "enum": ["a"]},
    }}));
    let error = sent(&descriptor, &[("password", "hunter2")]).unwrap_err();
    assert_eq!(error, "--password: the value is not one of a");
}

#[test]
fn a_question_names_what_is_destroyed() {
    let descriptor = of_paths(json!({"/api/runs/{id}": {"delete": {}}}));
    let asked = confirmation(&descriptor.commands[0], &input(&[("id", "7\u{1b}[2J")]));
    assert_eq!(asked.unwrap().as_str(), "runs delete 7[2J: are you sure?");
    assert_eq!(confirmation(&of_paths(json!({"/a": {"get": {}}})).commands[0], &input(&[])), None);
}

#[test]
fn a_question_may_depend_on_a_switch() {
    let descriptor = of_paths(json!({"/api/query": {"post": {
        "x-cli-confirm": {"text": "change {instance}?", "when": "write"},
        "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {
            "instance": {"type": "string"}, "write": {"type": "boolean", "default": false},
        }}}}},
    }}}));
    let asked = |input: &Input<'_>| confirmation(&descriptor.commands[0], input).map(|line| line.to_string());
    assert_eq!(asked(&input(&[("instance", "shop")])), None);
    assert_eq!(asked(&input(&[("instance", "shop"), ("write", "false")])), None);
    assert_eq!(asked(&input(&[("instance", "shop"), ("write", "true")])).as_deref(), Some("change shop?"));
    // What was given whole may hold the switch.
    assert!(asked(&Input { body: GivenBody::Text("{}"), ..input(&[]) }).is_some());
    assert!(asked(&Input { sets: vec!["write=true"], ..input(&[]) }).is_some());
}

#[test]
fn what_changes_nothing_may_depend_on_a_switch() {
    let safe = |key: Value, values: &[(&str, &str)]| {
        let descriptor = of_paths(json!({"/api/query": {"post": {
            "x-cli-safe": key,
            "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {
                "sql": {"type": "string"}, "write": {"type": "boolean"},
            }}}}},
        }}}));
        request(&descriptor.commands[0], &input(values)).unwrap().safe
    };
    let unless = json!({"unless": "write"});
    assert!(safe(json!(true), &[("write", "true")]));
    assert!(safe(unless.clone(), &[]) && safe(unless.clone(), &[("write", "false")]));
    for unsafe_one in [
        safe(unless, &[("write", "true")]),
        safe(json!({"unless": "nothing"}), &[]),
        safe(json!("yes"), &[]),
        safe(json!(false), &[]),
        safe(Value::Null, &[]),
    ] {
        assert!(!unsafe_one);
    }
    assert!(request(&logs().commands[0], &input(&[("pod", "x"), ("instance", "y")])).unwrap().safe);
}

proptest! {
    #[test]
    fn queries_and_paths_are_read_back_as_they_were_typed(pod in "[^/\\p{Cc}]{1,12}", instance in ".{0,12}", types in proptest::collection::vec("[a-z ,&=%+]{1,6}", 0..4)) {
        prop_assume!(!leaves(&pod));
        let mut values = vec![("pod", pod.as_str()), ("instance", instance.as_str())];
        values.extend(types.iter().map(|one| ("types", one.as_str())));
        let descriptor = logs();
        let request = request(&descriptor.commands[0], &input(&values)).unwrap();
        let pairs: Vec<(String, String)> = form_urlencoded::parse(request.query.as_bytes()).into_owned().collect();
        let find = |name: &str| pairs.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone());
        prop_assert_eq!(find("instance"), Some(instance));
        let joined = (!types.is_empty()).then(|| types.join(","));
        prop_assert_eq!(find("types"), joined);
        let segment = request.path.split('/').nth(3).unwrap().replace('+', "%2B");
        let decoded = form_urlencoded::parse(segment.as_bytes()).next().unwrap().0.into_owned();
        prop_assert_eq!(decoded, pod);
        prop_assert_eq!(request.path.split('/').count(), 5);
    }

    #[test]
    fn whatever_is_typed_nothing_panics(name in "[a-z.-]{1,12}", value in ".{0,20}", set in ".{0,20}", body in ".{0,20}") {
        for descriptor in [logs(), run()] {
            for argument in &descriptor.commands[0].arguments {
                let _ = request(&descriptor.commands[0], &input(&[(argument.name.as_str(), value.as_str())]));
            }
            let typed = Input { sets: vec![set.as_str()], body: GivenBody::Text(&body), ..input(&[(name.as_str(), value.as_str())]) };
            let _ = request(&descriptor.commands[0], &typed);
        }
    }
}

/// What a document may say of a field that is a file.
fn hostile_field() -> impl Strategy<Value = Value> {
    let path = prop_oneof![
        Just("/etc/canary"),
        Just("@/etc/canary"),
        Just("-"),
        Just("@-"),
        Just("file:///etc/canary"),
        Just("@@/etc/canary")
    ];
    let key = prop_oneof![
        Just("const"),
        Just("default"),
        Just("example"),
        Just("enum"),
        Just("examples"),
        Just("x-cli-env"),
        Just("x-cli-default")
    ];
    let spelling = prop_oneof![
        Just(json!({"type": "string", "format": "binary"})),
        Just(json!({"type": "string", "contentMediaType": "application/octet-stream"})),
        Just(json!({"type": "string", "contentMediaType": "image/png", "contentEncoding": "base64"})),
        Just(json!({"type": "file"})),
        Just(json!({"type": ["string", "null"], "format": "binary"})),
        Just(json!({"format": "binary"})),
        Just(json!({"type": "string", "format": "byte"})),
        Just(json!({"type": "string", "contentMediaType": "application/sql"})),
    ];
    (path, key, spelling, 0..6).prop_map(|(path, key, mut field, around)| {
        let value = if matches!(key, "enum" | "examples") { json!([path]) } else { json!(path) };
        if around == 4 {
            return json!({"type": "array", "items": field, key: [value]});
        }
        field[key] = value;
        match around {
            1 => json!({"allOf": [{"type": "string"}, field]}),
            2 => json!({"oneOf": [field]}),
            3 => json!({"anyOf": [field, {"type": "null"}], key: path}),
            5 => json!({"type": "object", "additionalProperties": field, key: {"a": path}}),
            _ => field,
        }
    })
}

proptest! {
    #[test]
    fn no_document_names_a_file(
        fields in proptest::collection::vec(hostile_field(), 1..4),
        kind in "(multipart/form-data|application/x-www-form-urlencoded|application/json|application/octet-stream|text/plain)",
        place in "(query|header|path|cookie)",
        required in any::<bool>(),
    ) {
        let names: Vec<String> = (0..fields.len()).map(|at| format!("f{at}")).collect();
        let properties: serde_json::Map<String, Value> = names.iter().cloned().zip(fields.clone()).collect();
        let schema = json!({"type": "object", "required": if required { names } else { Vec::new() }, "properties": properties});
        let parameter = json!({"name": "p", "in": place, "required": required && place != "cookie", "schema": fields[0]});
        let descriptor = of_paths(json!({"/api/x/{p}": {"post": {
            "parameters": [parameter], "requestBody": {"required": required, "content": {kind: {"schema": schema}}},
        }}}));
        for command in &descriptor.commands {
            for argument in &command.arguments {
                prop_assert!(argument.kind != ValueKind::File || (argument.default.is_none() && argument.is_typed()));
            }
            // Whatever is missing is typed as a text, and then nothing may be a file either.
            let texts: Vec<(&str, &str)> = command.arguments.iter().filter(|argument| argument.is_typed() && argument.kind != ValueKind::File)
                .map(|argument| (argument.name.as_str(), if argument.kind == ValueKind::Json { "[]" } else { "@/etc/canary" })).collect();
            for values in [Vec::new(), texts] {
                let made = request(command, &Input { values, ..at() });
                if let Ok(OperationRequest { body: Some(OperationBody::Multipart(parts)), .. }) = made {
                    let is_file = |part: &FormPart<u32>| matches!(part, FormPart::File { .. });
                    prop_assert!(!parts.iter().any(is_file));
                }
            }
        }
    }

    #[test]
    fn a_secret_is_in_nothing_that_is_shown(secret in "[a-z]{0,3}[ -~]{4,12}[0-9]{6}", place in 0..8_usize, name in "(k|apiKey|X-Auth-Token)") {
        let marked = json!({"type": "string", "format": "password"});
        let schema = if name == "k" { marked } else { json!({"type": "string"}) };
        let nested = json!({"type": "array", "items": {"type": "object", "properties": {"k": {"type": "string", "writeOnly": true}}}});
        let object = json!({"type": "object", "properties": {name.clone(): schema, "list": nested}});
        let route = if place == 0 { "/api/x/{k}" } else { "/api/x" };
        let parameter = |place: &str| json!([{"name": name, "in": place, "required": place == "path", "schema": schema}]);
        let body = |kind: &str| json!({"required": true, "content": {kind: {"schema": object}}});
        let operation = match place {
            0 => json!({"parameters": [{"name": "k", "in": "path", "required": true, "schema": {"type": "string", "format": "password"}}]}),
            1 => json!({"parameters": parameter("query")}),
            2 => json!({"parameters": parameter("header")}),
            3 => json!({"requestBody": body("application/x-www-form-urlencoded")}),
            4 => json!({"requestBody": body("multipart/form-data")}),
            _ => json!({"requestBody": body("application/json")}),
        };
        let descriptor = of_paths(json!({route: {"post": operation}}));
        let command = &descriptor.commands[0];
        let argument = command.arguments.iter().find(|argument| argument.is_private()).map(|argument| argument.name.as_str());
        let whole = json!({name.as_str(): secret, "list": [{"k": secret}]}).to_string();
        let set = format!("{name}={secret}");
        let typed = match place {
            6 => Input { body: GivenBody::Text(&whole), ..input(&[]) },
            7 => Input { sets: vec![&set], ..input(&[]) },
            _ => input(&[(argument.unwrap(), secret.as_str())]),
        };
        // Path values and headers have rules of their own.
        let Ok(request) = request(command, &typed) else { return Ok(()) };
        let mut shown = format!("{:?}", request.shown);
        match &request.body {
            Some(OperationBody::Json { shown: text, .. } | OperationBody::Form { shown: text, .. }) => shown += text,
            Some(OperationBody::Multipart(parts)) => for part in parts {
                if let FormPart::Text { shown: text, .. } = part { shown += text }
            },
            _ => {}
        }
        // Its end is the same in every encoding.
        prop_assert!(shown.contains("HIDDEN") && !shown.contains(&secret[secret.len() - 6..]), "{}", shown);
    }
}
