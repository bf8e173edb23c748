//! What is typed is what arrives: every style of OpenAPI, read back as a server would read it.

use super::*;
use proptest::prelude::*;
use std::time::SystemTime;

/// The request of the only command of `descriptor`: path and query, headers, body.
fn sent(descriptor: &Descriptor, values: &[(&str, &str)]) -> String {
    made(descriptor, values, &[])
}

fn made(descriptor: &Descriptor, values: &[(&str, &str)], sets: &[&str]) -> String {
    let input: Input<'_> =
        Input { values: values.to_vec(), sets: sets.to_vec(), ..Input::at(SystemTime::UNIX_EPOCH) };
    let request = match request(&descriptor.commands[0], &input) {
        Ok(request) => request,
        Err(error) => return error.to_string(),
    };
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let headers = request.headers.iter().filter(|(name, _)| name != "accept");
    let headers = headers.fold(String::new(), |line, (name, value)| format!("{line} {name}: {value}"));
    let body = match request.body {
        Some(OperationBody::Json { text, .. } | OperationBody::Form { text, .. }) => format!(" {text}"),
        Some(OperationBody::Multipart(parts)) => parts
            .into_iter()
            .map(|part| match part {
                FormPart::Text { name, value, content_type, .. } => {
                    format!(" {name}={value} ({})", content_type.unwrap_or_default())
                }
                FormPart::File { name, content_type, .. } => {
                    format!(" {name}=file ({})", content_type.unwrap_or_default())
                }
            })
            .collect(),
        _ => String::new(),
    };
    format!("{}{query}{headers}{body}", request.path)
}

fn texts() -> Value {
    json!({"type": "array", "items": {"type": "string"}})
}

fn object() -> Value {
    json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}})
}

fn form(kind: &str, properties: Value, encoding: Value) -> Descriptor {
    let media = json!({"schema": {"type": "object", "properties": properties}, "encoding": encoding});
    of_paths(json!({"/x": {"post": {"requestBody": {"content": {kind: media}}}}}))
}

#[test]
fn a_list_and_an_object_in_a_path() {
    let path = |schema: Value, more: Value| {
        let mut parameter = json!({"name": "p", "in": "path", "required": true, "schema": schema});
        parameter.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        of_paths(json!({"/x/{p}": {"get": {"parameters": [parameter]}}}))
    };
    let list = path(texts(), json!({}));
    assert_eq!(sent(&list, &[("p", "1")]), "/x/1");
    assert_eq!(sent(&list, &[("p", "1"), ("p", "2,3"), ("p", "ä")]), "/x/1,2%2C3,%C3%A4");
    assert!(sent(&list, &[("p", "1"), ("p", "a/b")]).contains("contains `/`"));
    let given = [("p", r#"{"a":"1","b":2.50}"#)];
    assert_eq!(sent(&path(object(), json!({})), &given), "/x/a,1,b,2.50");
    assert_eq!(sent(&path(object(), json!({"explode": true})), &given), "/x/a=1,b=2.50");
    // Nothing guesses what a document means by another style: the operation is no command.
    for style in ["label", "matrix"] {
        assert_eq!(path(texts(), json!({"style": style})).commands.len(), 0);
    }
}

#[test]
fn lists_and_objects_in_a_header_and_a_query() {
    let one = |name: &str, place: &str, schema: Value, more: Value| {
        let mut parameter = json!({"name": name, "in": place, "schema": schema});
        parameter.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        of_paths(json!({"/x": {"get": {"parameters": [parameter]}}}))
    };
    let given = [("f", r#"{"a":"1","b":2}"#)];
    let header = |more: Value| one("F", "header", object(), more);
    assert_eq!(sent(&header(json!({})), &given), "/x f: a,1,b,2");
    assert_eq!(sent(&header(json!({"explode": true})), &given), "/x f: a=1,b=2");
    let as_json = json!({"content": {"application/json": {"schema": object()}}});
    assert_eq!(sent(&header(as_json), &given), r#"/x f: {"a":"1","b":2}"#);
    let query = |more: Value| one("f", "query", object(), more);
    assert_eq!(sent(&query(json!({"explode": false})), &given), "/x?f=a,1,b,2");
    assert_eq!(sent(&query(json!({"style": "deepObject"})), &given), "/x?f%5Ba%5D=1&f%5Bb%5D=2");
    assert_eq!(sent(&query(json!({"style": "deepObject"})), &[("f.a", "1")]), "/x?f%5Ba%5D=1");
    let free = one("f", "query", json!({"type": "object"}), json!({"style": "deepObject"}));
    let nested = [("f", r#"{"a":{"b":[1,{"c":2}]}}"#)];
    assert_eq!(sent(&free, &nested), "/x?f%5Ba%5D%5Bb%5D%5B0%5D=1&f%5Ba%5D%5Bb%5D%5B1%5D%5Bc%5D=2");
}

#[test]
fn a_form_is_written_as_its_encoding_says() {
    let urlencoded = "application/x-www-form-urlencoded";
    let lists = |encoding: Value| form(urlencoded, json!({"l": texts()}), json!({"l": encoding}));
    let given = [("l", "x"), ("l", "y z")];
    for (encoding, expected) in [
        (json!({}), "/x l=x&l=y+z"),
        (json!({"style": "form", "explode": false}), "/x l=x%2Cy+z"),
        (json!({"style": "pipeDelimited", "explode": false}), "/x l=x%7Cy+z"),
        (json!({"style": "spaceDelimited", "explode": false}), "/x l=x+y+z"),
        (json!({"contentType": "application/json"}), "/x l=%5B%22x%22%2C%22y+z%22%5D"),
    ] {
        assert_eq!(sent(&lists(encoding), &given), expected);
    }
    let deep = json!({"style": "deepObject", "explode": true});
    let map = json!({"type": "object", "additionalProperties": {"type": "string"}});
    let properties = json!({"address": object(), "meta": map});
    let both = form(urlencoded, properties.clone(), json!({"address": deep, "meta": deep}));
    assert_eq!(sent(&both, &[("meta", "order=1")]), "/x meta%5Border%5D=1");
    assert_eq!(sent(&both, &[("address.a", "B")]), "/x address%5Ba%5D=B");
    let whole = [("address", r#"{"a":"B","b":1}"#)];
    assert_eq!(sent(&both, &whole), "/x address%5Ba%5D=B&address%5Bb%5D=1");
    let plain = form(urlencoded, properties, json!({}));
    assert_eq!(sent(&plain, &whole), "/x address=%7B%22a%22%3A%22B%22%2C%22b%22%3A1%7D");
}

#[test]
fn a_part_of_a_form_has_its_content_type() {
    let encoding =
        json!({"note": {"contentType": "text/markdown"}, "png": {"contentType": "image/png, image/jpeg"}});
    let properties = json!({"meta": object(), "note": {"type": "string"}, "tags": texts()});
    let parts = form("multipart/form-data", properties, encoding);
    let given = [("meta", r#"{"a":"1"}"#), ("note", "n"), ("tags", "x"), ("tags", "y")];
    let expected = r#"/x meta={"a":"1"} (application/json) note=n (text/markdown) tags=x () tags=y ()"#;
    assert_eq!(sent(&parts, &given), expected);
}

#[test]
fn lists_of_what_is_not_plain_are_whole() {
    let items = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
    let body = with_body(json!({"type": "object", "properties": {
        "rows": {"type": "array", "items": items},
        "matrix": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
        "names": {"oneOf": [{"type": "string"}, texts()]},
    }}));
    for (given, expected) in [
        (&[("rows", r#"{"a":1}"#), ("rows", r#"{"a":2.0}"#)][..], r#"{"rows":[{"a":1},{"a":2.0}]}"#),
        (&[("rows", r#"{"a":1}"#)], r#"{"rows":[{"a":1}]}"#),
        (&[("rows", r#"[{"a":1},{"a":2}]"#)], r#"{"rows":[{"a":1},{"a":2}]}"#),
        (&[("matrix", "[1,2]"), ("matrix", "[3]")], r#"{"matrix":[[1,2],[3]]}"#),
        (&[("matrix", "[1,2]")], r#"{"matrix":[[1,2]]}"#),
        (&[("matrix", "[[1],[2]]")], r#"{"matrix":[[1],[2]]}"#),
        (&[("names", "p"), ("names", "q")], r#"{"names":["p","q"]}"#),
        (&[("names", "p")], r#"{"names":"p"}"#),
    ] {
        assert_eq!(sent(&body, given), format!("/api/x {expected}"));
    }
    assert!(sent(&body, &[("matrix", "1")]).contains("is not a list"));
}

#[test]
fn null_can_be_said_where_it_may_stand() {
    let patch = |kind: &str, schema: Value| {
        let schema = json!({"type": "object", "properties": {"a": schema}});
        of_paths(json!({"/x": {"patch": {"requestBody": {"content": {kind: {"schema": schema}}}}}}))
    };
    let (json_body, merge) = ("application/json", "application/merge-patch+json");
    for (kind, schema, expected) in [
        (json_body, json!({"type": "string", "nullable": true}), "null"),
        (json_body, json!({"type": ["string", "null"]}), "null"),
        (json_body, json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), "null"),
        (json_body, json!({"type": "integer", "nullable": true}), "null"),
        (json_body, json!({"type": "string"}), "\"null\""),
        (merge, json!({"type": "string"}), "null"),
        (merge, json!({"type": "string", "nullable": true, "enum": ["a", null]}), "null"),
    ] {
        assert_eq!(made(&patch(kind, schema), &[], &["a=null"]), format!("/x {{\"a\":{expected}}}"));
    }
    // The flag of a text is there for the word.
    let text = patch(json_body, json!({"type": "string", "nullable": true}));
    assert_eq!(sent(&text, &[("a", "null")]), "/x {\"a\":\"null\"}");
    let choice = patch(json_body, json!({"type": "string", "nullable": true, "enum": ["a", null]}));
    assert_eq!(sent(&choice, &[("a", "null")]), "/x {\"a\":null}");
}

#[test]
fn set_knows_texts_wherever_they_stand() {
    let body = with_body(json!({"type": "object", "properties": {
        "rows": {"type": "array", "items": {"type": "object", "properties": {"code": {"type": "string"}, "n": {"type": "integer"}}}},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "tags": texts(),
        "a": {"type": "object", "properties": {"b": {"type": "object", "properties": {"c": {"type": "object", "properties": {"zip": {"type": "string"}}}}}}},
    }}));
    for (set, expected) in [
        ("rows[0].code=007", r#"{"rows":[{"code":"007"}]}"#),
        ("rows[].code=7", r#"{"rows":[{"code":"7"}]}"#),
        ("rows[0].n=7", r#"{"rows":[{"n":7}]}"#),
        ("labels.x=1", r#"{"labels":{"x":"1"}}"#),
        ("tags[]=true", r#"{"tags":["true"]}"#),
        ("a.b.c.zip=10115", r#"{"a":{"b":{"c":{"zip":"10115"}}}}"#),
        ("rows[0].m=0.10000000000000000001", r#"{"rows":[{"m":0.10000000000000000001}]}"#),
    ] {
        assert_eq!(made(&body, &[], &[set]), format!("/api/x {expected}"));
    }
}

/// A plain value: the schema, what is typed, and the JSON that it is.
fn plain() -> impl Strategy<Value = (Value, String, String)> {
    let number = ("-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?")
        .prop_map(|digits| (json!({"type": "number"}), digits.clone(), digits));
    let text = "[^\\p{Cc}]{0,12}".prop_map(|text: String| {
        let quoted = Value::from(text.as_str()).to_string();
        (json!({"type": "string"}), text, quoted)
    });
    let switch = any::<bool>().prop_map(|is| (json!({"type": "boolean"}), is.to_string(), is.to_string()));
    prop_oneof![number, text, switch]
}

/// What a server reads of the values of `name` in a query or a form.
fn read_back(encoded: &str, name: &str) -> Vec<String> {
    let pairs = form_urlencoded::parse(encoded.as_bytes());
    pairs.filter(|(found, _)| found == name).map(|(_, value)| value.into_owned()).collect()
}

proptest! {
    #[test]
    fn what_is_typed_is_what_arrives((schema, typed, expected) in plain(), count in 1..4_usize, depth in 1..4_usize) {
        let list = json!({"type": "array", "items": schema});
        // In a JSON body, however deep.
        let (mut nested, mut whole) = (list.clone(), format!("[{}]", vec![expected.as_str(); count].join(",")));
        for _ in 0..depth {
            nested = json!({"type": "object", "properties": {"p": nested}});
            whole = format!("{{\"p\":{whole}}}");
        }
        let flag = vec!["p"; depth].join(".");
        let given = vec![(flag.as_str(), typed.as_str()); count];
        prop_assert_eq!(sent(&with_body(nested), &given), format!("/api/x {whole}"));
        // In a query, each by itself.
        let parameter = json!([{"name": "p", "in": "query", "schema": list}]);
        let line = sent(&with_parameters(parameter), &vec![("p", typed.as_str()); count]);
        let query = line.split_once('?').map_or("", |(_, query)| query);
        prop_assert_eq!(read_back(query, "p"), vec![typed.clone(); count]);
        // In a form.
        let fields = form("application/x-www-form-urlencoded", json!({"p": list}), json!({}));
        let line = sent(&fields, &vec![("p", typed.as_str()); count]);
        prop_assert_eq!(read_back(line.strip_prefix("/x ").unwrap_or_default(), "p"), vec![typed.clone(); count]);
        // With separators, which nothing that was typed looks like.
        let parameter = json!([{"name": "p", "in": "query", "explode": false, "schema": list}]);
        let line = sent(&with_parameters(parameter), &vec![("p", typed.as_str()); count]);
        let values = line.split_once("?p=").map_or("", |(_, values)| values);
        let values: Vec<String> = values.split(',').flat_map(|value| read_back(&format!("p={value}"), "p")).collect();
        prop_assert_eq!(values, vec![typed; count]);
    }
}
