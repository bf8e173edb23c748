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
    let two = [("p", "1"), ("p", "2.3;4")];
    for (style, explode, list_expected, object_expected) in [
        ("label", false, "/x/.1,2.3%3B4", "/x/.a,1,b,2.50"),
        ("label", true, "/x/.1.2.3%3B4", "/x/.a=1.b=2.50"),
        ("matrix", false, "/x/;p=1,2.3%3B4", "/x/;p=a,1,b,2.50"),
        ("matrix", true, "/x/;p=1;p=2.3%3B4", "/x/;a=1;b=2.50"),
    ] {
        let more = json!({"style": style, "explode": explode});
        assert_eq!(sent(&path(texts(), more.clone()), &two), list_expected);
        assert_eq!(sent(&path(object(), more), &given), object_expected);
    }
    let one = path(json!({"type": "string"}), json!({"style": "matrix"}));
    assert_eq!(sent(&one, &[("p", "a b")]), "/x/;p=a%20b");
    for more in [json!({"style": "label"}), json!({"style": "matrix"}), json!({"allowReserved": true})] {
        for value in ["..", ".", "a/../b", "/a", "a//b", "..;x"] {
            let line = sent(&path(json!({"type": "string"}), more.clone()), &[("p", value)]);
            assert!(line.starts_with("<P>: ") || line.starts_with("the path: "), "{value} {line}");
        }
    }
    let several = path(json!({"type": "string"}), json!({"allowReserved": true}));
    assert_eq!(sent(&several, &[("p", "docs/a b?#.md")]), "/x/docs/a%20b%3F%23.md");
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
fn reserved_characters_stand_where_a_document_allows_them() {
    let query = |schema: Value, more: Value| {
        let mut parameter = json!({"name": "r", "in": "query", "allowReserved": true, "schema": schema});
        parameter.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        with_parameters(json!([parameter]))
    };
    let text = query(json!({"type": "string"}), json!({}));
    assert_eq!(sent(&text, &[("r", "a/b?c:d@e")]), "/api/x?r=a/b?c:d@e");
    // What would be another field, or another value, is not that.
    assert_eq!(sent(&text, &[("r", "a&b=c+d#e%41 f")]), "/api/x?r=a%26b=c%2Bd%23e%2541%20f");
    let list = query(texts(), json!({"explode": false}));
    assert_eq!(sent(&list, &[("r", "a/b"), ("r", "c,d")]), "/api/x?r=a/b,c%2Cd");
    let form = with_parameters(
        json!([{"name": "all", "in": "querystring", "content": {"application/x-www-form-urlencoded": {"schema": object()}}}]),
    );
    assert_eq!(sent(&form, &[("a", "x y"), ("b", "2")]), "/api/x?a=x%20y&b=2");
    let whole = with_parameters(
        json!([{"name": "all", "in": "querystring", "content": {"application/json": {"schema": object()}}}]),
    );
    assert_eq!(sent(&whole, &[("all", r#"{"b":1.50}"#)]), "/api/x?%7B%22b%22%3A1.50%7D");
    let text = with_parameters(
        json!([{"name": "sel", "in": "query", "content": {"text/plain": {"schema": object()}}}]),
    );
    assert_eq!(sent(&text, &[("sel", "{x}")]), "/api/x?sel=%7Bx%7D");
}

#[test]
fn cookies_are_one_header() {
    let cookie = |name: &str, schema: Value, explode: bool| json!({"name": name, "in": "cookie", "schema": schema, "explode": explode});
    let cookies = with_parameters(json!([
        cookie("sid", json!({"type": "string"}), true),
        cookie("ids", texts(), true),
        cookie("flat", texts(), false),
        cookie("opt", object(), true),
    ]));
    assert_eq!(sent(&cookies, &[("sid", "a=b")]), "/api/x cookie: sid=a=b");
    assert_eq!(sent(&cookies, &[("sid", "a;b, c%")]), "/api/x cookie: sid=a%3Bb%2C%20c%25");
    let all = [("ids", "1"), ("ids", "2"), ("flat", "x"), ("flat", "y"), ("opt", r#"{"a":"1"}"#)];
    assert_eq!(sent(&cookies, &all), "/api/x cookie: ids=1; ids=2; flat=x,y; a=1");
}

#[test]
fn what_a_header_cannot_hold_is_refused() {
    let header = with_parameters(json!([{"name": "F", "in": "header", "schema": texts()}]));
    assert_eq!(sent(&header, &[("f", "a"), ("f", "b")]), "/api/x f: a,b");
    assert!(sent(&header, &[("f", "a,b")]).contains("contains `,`, which separates values there"));
    // JSON can say it.
    let content = json!({"application/json": {"schema": object()}});
    let header = with_parameters(json!([{"name": "F", "in": "header", "content": content}]));
    assert_eq!(sent(&header, &[("f", r#"{"a":"é𝄞"}"#)]), r#"/api/x f: {"a":"\u00e9\ud834\udd1e"}"#);
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
fn a_union_with_an_object_is_an_object_too() {
    let range =
        json!({"type": "object", "properties": {"gte": {"type": "integer"}, "lt": {"type": "integer"}}});
    let created = json!({"anyOf": [range, {"type": "integer"}]});
    let metadata = json!({"anyOf": [{"type": "object", "additionalProperties": {"type": "string"}}, {"type": "string", "enum": [""]}]});
    let query = with_parameters(
        json!([{"name": "created", "in": "query", "style": "deepObject", "explode": true, "schema": created}]),
    );
    for (given, expected) in [
        (&[("created", r#"{"gte":1}"#)][..], "?created%5Bgte%5D=1"),
        (&[("created.gte", "1"), ("created.lt", "5")], "?created%5Bgte%5D=1&created%5Blt%5D=5"),
        (&[("created", "5")], "?created=5"),
    ] {
        assert_eq!(sent(&query, given), format!("/api/x{expected}"));
    }
    let body = with_body(json!({"type": "object", "properties": {"created": created, "metadata": metadata}}));
    for (given, expected) in [
        (&[("metadata", "k=v"), ("metadata", "l=1")][..], r#"{"metadata":{"k":"v","l":"1"}}"#),
        (&[("metadata", "k=v")], r#"{"metadata":{"k":"v"}}"#),
        (&[("metadata", "")], r#"{"metadata":""}"#),
        (&[("metadata", r#"{"k":"v"}"#)], r#"{"metadata":{"k":"v"}}"#),
        (&[("created", "5")], r#"{"created":5}"#),
        (&[("created.gte", "1")], r#"{"created":{"gte":1}}"#),
        (&[("created", r#"{"gte":1}"#), ("created.lt", "5")], r#"{"created":{"gte":1,"lt":5}}"#),
    ] {
        assert_eq!(sent(&body, given), format!("/api/x {expected}"));
    }
    assert!(sent(&body, &[("created", "x")]).contains("is not a whole number"));
    assert!(sent(&body, &[("created", "5"), ("created.gte", "1")]).contains("not an object"));
    assert_eq!(made(&body, &[], &["metadata.k=1"]), r#"/api/x {"metadata":{"k":"1"}}"#);
}

#[test]
fn yaml_stands_for_json() {
    let body = with_body(
        json!({"type": "object", "properties": {"a": {"type": "number"}, "o": {"type": "object"}}}),
    );
    let whole = |text: &str, values: Vec<(&str, &str)>| {
        let input: Input<'_> =
            Input { body: GivenBody::Text(text), values, ..Input::at(SystemTime::UNIX_EPOCH) };
        match request(&body.commands[0], &input) {
            Ok(OperationRequest { body: Some(OperationBody::Json { text, .. }), .. }) => text,
            other => format!("{other:?}"),
        }
    };
    assert_eq!(whole("a: 1.50\nlist:\n- x\n", vec![]), r#"{"a":1.50,"list":["x"]}"#);
    assert_eq!(whole("b: 1\n", vec![("a", "2")]), r#"{"b":1,"a":2}"#);
    assert!(whole("word", vec![]).contains("it is not JSON"));
    assert!(whole("{a: ]", vec![]).contains("it is not JSON"));
    assert!(whole("", vec![]).contains("it is not JSON"));
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
    // In a merge patch null removes whatever is there.
    let number = patch(merge, json!({"type": "integer"}));
    assert_eq!(sent(&number, &[("a", "null")]), "/x {\"a\":null}");
    let list = patch(merge, texts());
    assert_eq!(sent(&list, &[("a", "null")]), "/x {\"a\":[\"null\"]}");
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

#[test]
fn set_makes_a_body_that_is_a_list() {
    let list = |items: Value| with_body(json!({"type": "array", "items": items}));
    let numbers = list(json!({"type": "string"}));
    assert_eq!(made(&numbers, &[], &["[0]=1", "[]=x"]), r#"/api/x ["1","x"]"#);
    let gaps = with_body(
        json!({"type": "object", "properties": {"a": {"type": "array", "items": {"type": ["string", "null"]}}}}),
    );
    assert_eq!(made(&gaps, &[], &["a[0]=null", "a[]=5"]), r#"/api/x {"a":[null,"5"]}"#);
    let either = list(json!({"type": ["string", "integer"]}));
    assert_eq!(made(&either, &[], &["[0]=1", "[]=x"]), r#"/api/x [1,"x"]"#);
    let objects = list(
        json!({"allOf": [{"type": "object", "properties": {"zip": {"type": "string"}, "n": {"type": "integer"}}}]}),
    );
    assert_eq!(
        made(&objects, &[], &["[0].zip=007", "[0].n=7", "[1].zip=null"]),
        r#"/api/x [{"zip":"007","n":7},{"zip":null}]"#
    );
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

/// A value without its percent-encoding.
fn decoded(text: &str) -> String {
    read_back(&format!("p={}", text.replace('+', "%2B").replace('&', "%26")), "p").pop().unwrap_or_default()
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

    #[test]
    fn every_style_is_read_back(
        values in proptest::collection::vec("[^\\p{Cc}/\u{2024}\u{2025}\u{2215}\u{ff0e}\u{ff0f}\u{ff3c}]{1,8}", 1..4),
        style in 0..5_usize,
        explode in any::<bool>(),
        is_reserved in any::<bool>(),
    ) {
        let given: Vec<(&str, &str)> = values.iter().map(|value| ("p", value.as_str())).collect();
        let parameter = |place: &str, style: &str, explode: bool| json!([{
            "name": "p", "in": place, "required": place == "path", "style": style, "explode": explode,
            "allowReserved": is_reserved, "schema": texts(),
        }]);
        // In a query: each by itself, or separated.
        let (name, separator) = [("form", ","), ("spaceDelimited", "%20"), ("pipeDelimited", "%7C"), ("form", ","), ("form", ",")][style];
        // A blank would separate and be in a value.
        let is_clear = explode || !values.iter().any(|value| value.contains([' ', '|']));
        if is_clear {
            let line = sent(&with_parameters(parameter("query", name, explode)), &given);
            let query = line.split_once('?').map_or("", |(_, query)| query);
            let back = if explode { read_back(query, "p") } else {
                let list = query.strip_prefix("p=").unwrap_or_default();
                list.split(separator).map(decoded).collect()
            };
            prop_assert_eq!(back, values.clone(), "{}", line);
        }
        // In a path.
        let (name, first, between) = match (style % 3, explode) {
            (0, _) => ("simple", "", ","),
            (1, false) => ("label", ".", ","),
            (1, true) => ("label", ".", "."),
            (_, false) => ("matrix", ";p=", ","),
            (_, true) => ("matrix", ";p=", ";p="),
        };
        let document = of_paths(json!({"/x/{p}/y": {"get": {"parameters": parameter("path", name, explode)}}}));
        let line = sent(&document, &given);
        let has_dots = between == "." && values.iter().any(|value| value.contains('.'));
        let has_commas = is_reserved && values.iter().any(|value| value.contains([',', ';', '=']));
        if let Some(list) = line.strip_prefix("/x/").and_then(|rest| rest.strip_suffix("/y"))
            && !has_dots && !has_commas
        {
            let list = list.strip_prefix(first).unwrap_or_default();
            prop_assert_eq!(list.split(between).map(decoded).collect::<Vec<_>>(), values.clone(), "{}", line);
        }
        // In cookies and in a header, which refuses what it cannot hold.
        let line = sent(&with_parameters(parameter("cookie", "form", explode)), &given);
        let cookies = line.split_once(" cookie: ").map_or("", |(_, cookies)| cookies);
        let back: Vec<String> = if explode {
            cookies.split("; ").map(|cookie| decoded(cookie.strip_prefix("p=").unwrap_or_default())).collect()
        } else {
            cookies.strip_prefix("p=").unwrap_or_default().split(',').map(decoded).collect()
        };
        prop_assert_eq!(back, values.clone(), "{}", line);
        let line = sent(&with_parameters(parameter("header", "simple", explode)), &given);
        if let Some((_, list)) = line.split_once(" p: ") {
            prop_assert_eq!(list.split(',').map(str::to_owned).collect::<Vec<_>>(), values);
        } else {
            prop_assert!(values.iter().any(|value| value.contains(',') || !value.is_ascii()), "{}", line);
        }
    }
}
