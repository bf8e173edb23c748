//! Answers → what a person sees.

use super::*;
use crate::model::CleanText;
use proptest::prelude::*;
use std::time::SystemTime;

fn now() -> SystemTime {
    call::read_moment("2026-03-02T12:00:00Z").unwrap()
}

fn seen(command: &ApiCommand, value: &Value, wide: bool, wanted: Option<&[&str]>) -> Vec<String> {
    let text = |cell: &Cell| if cell.right { format!(">{}", cell.text) } else { cell.text.to_string() };
    let view = match view(command, value, value.to_string().as_bytes(), wide, wanted, now()) {
        Ok(view) => view,
        Err(unknown) => return vec![unknown.to_string()],
    };
    match view {
        ResponseView::Rows { headers, rows, .. } => {
            let heads = headers.iter().map(ToString::to_string).collect::<Vec<_>>().join("|");
            assert!(rows.iter().all(|row| row.len() == headers.len()));
            let rows = rows.iter().map(|row| row.iter().map(text).collect::<Vec<_>>().join("|"));
            std::iter::once(heads).chain(rows).collect()
        }
        ResponseView::Object(parts) => {
            let part = |part: &ObjectPart| match part {
                ObjectPart::Line { depth, name, cell } => {
                    vec![format!("{}{name}: {}", "  ".repeat(*depth), text(cell))]
                }
                ObjectPart::Title { depth, name } => vec![format!("{}[{name}]", "  ".repeat(*depth))],
                ObjectPart::Table { depth, headers, rows } => {
                    let heads = headers.iter().map(ToString::to_string).collect::<Vec<_>>().join("|");
                    let rows = rows.iter().map(|row| row.iter().map(text).collect::<Vec<_>>().join("|"));
                    let lines = std::iter::once(heads).chain(rows);
                    lines.map(|line| format!("{}{line}", "  ".repeat(*depth))).collect()
                }
            };
            parts.iter().flat_map(part).collect()
        }
        ResponseView::Scalar(cell) => vec![text(&cell)],
    }
}

fn table(descriptor: &Descriptor, value: &Value) -> Vec<String> {
    seen(only(descriptor), value, false, None)
}

fn events() -> Descriptor {
    with_answer(json!({"type": "object", "properties": {
        "items": {"type": ["array", "null"], "items": {"type": "object", "properties": {
            "type": {"type": "string"},
            "id": {"type": "integer"},
            "occurredAt": {"type": "string", "format": "date-time"},
            "actorID": {"type": "string"},
            "envelope": {"type": "object"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "password": {"type": "string", "format": "password"},
        }}},
        "nextBeforeID": {"type": "integer"},
    }}))
}

#[test]
fn an_answer_may_name_its_columns() {
    let descriptor = of_paths(json!({"/api/query": {"post": {
        "x-cli-columns": {"rows": "/rows", "from": "/columns"},
        "responses": {"200": {"content": {"application/json": {}}}},
    }}}));
    let rows = json!([{"z": "2026-03-02T11:55:00Z", "id": 1, "id_2": "x", "doc": {"a": [1]}}]);
    let columns = json!(["z", {"name": "Id", "key": "id", "numeric": true}, {"name": "Id", "key": "id_2"}, {"name": "doc"}, 7]);
    assert_eq!(
        table(&descriptor, &json!({"columns": columns, "rows": rows})),
        ["z|Id|Id|doc", "2026-03-02T11:55:00Z|>1|x|{\"a\":[1]}"]
    );
    assert_eq!(
        seen(only(&descriptor), &json!({"columns": columns, "rows": rows}), false, Some(&["doc", "z"])),
        ["doc|z", "{\"a\":[1]}|2026-03-02T11:55:00Z"]
    );
    // Where there are only rows, as in a stream of them, it is the members of the first.
    assert_eq!(
        table(&descriptor, &json!([{"z": "2026-03-02T11:55:00Z", "id": 1}, {"id": 2, "more": 3}])),
        ["z|id", "2026-03-02T11:55:00Z|>1", "-|>2"]
    );
    // Digit for digit as it came, where it is data.
    let body = br#"{"columns": ["a", "b"], "rows": [{"a": {"x": 1.10}, "b": null}]}"#;
    let value = serde_json::from_slice(body).unwrap();
    let Ok(ResponseView::Rows { rows, .. }) = view(only(&descriptor), &value, body, false, None, now())
    else {
        panic!()
    };
    let texts: Vec<_> = rows[0].iter().map(|cell| cell.text.as_str()).collect();
    assert_eq!(texts, [r#"{"x": 1.10}"#, "NULL"]);
}

#[test]
fn rows_by_schema() {
    let value = json!({"items": [
        {"id": 7, "type": "a\u{1b}[31m", "occurredAt": "2026-03-02T11:55:00Z", "actorID": null, "envelope": {"x": 1}, "tags": ["p", "q"]},
        {"id": 8, "type": "b", "occurredAt": "yesterday", "password": "x"},
    ]});
    assert_eq!(
        table(&events(), &value),
        ["ID|TYPE|ACTOR ID|TAGS|OCCURRED AT", ">7|a[31m|-|p, q|5m", ">8|b|-|-|yesterday"]
    );
    assert_eq!(
        seen(only(&events()), &value, true, None),
        [
            "ID|TYPE|ACTOR ID|TAGS|OCCURRED AT|ENVELOPE",
            ">7|a[31m|-|p, q|5m|{\"x\":1}",
            ">8|b|-|-|yesterday|-"
        ]
    );
    let wanted = ["actor-id", "WHAT=.envelope.x", "type"];
    assert_eq!(
        seen(only(&events()), &value, false, Some(&wanted)),
        ["ACTOR ID|WHAT|TYPE", "-|>1|a[31m", "-|-|b"]
    );
    for empty in [json!({"items": null}), json!({"items": []}), json!({})] {
        assert_eq!(table(&events(), &empty), ["ID|TYPE|ACTOR ID|TAGS|OCCURRED AT"], "{empty}");
        assert_eq!(rows(only(&events()), &empty), Some(&[][..]));
    }
    assert_eq!(
        names(only(&events()), &value).iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["7", "8"]
    );
}

#[test]
fn rows_are_had_digit_for_digit() {
    let exact = |descriptor: &Descriptor, body: &str| {
        let value = serde_json::from_str(body).unwrap();
        let rows = raw_rows(only(descriptor), &value, body.as_bytes());
        rows.map(|rows| rows.iter().map(|row| row.get().to_owned()).collect::<Vec<_>>())
    };
    let (one, two) = (r#"{"n": 1.50, "n": 1.10}"#, "12345678901234567890123");
    let both = Some(vec![one.to_owned(), two.to_owned()]);
    let unknown = with_answer(json!({}));
    assert_eq!(exact(&unknown, &format!("[{one}, {two}]")), both);
    assert_eq!(exact(&unknown, &format!(r#"{{"total": 2, "list": [{one},{two} ]}}"#)), both);
    assert_eq!(exact(&unknown, &format!(r#"{{"id": 2, "list": [{one}]}}"#)), None);
    assert_eq!(exact(&events(), &format!(r#"{{"it\u0065ms": [{one}, {two}], "x": 1}}"#)), both);
    assert_eq!(exact(&events(), r#"{"items": null}"#), Some(Vec::new()));
    assert_eq!(exact(&events(), "5"), None);
}

#[test]
fn rows_that_the_document_does_not_describe() {
    let unknown = with_answer(json!({}));
    let value =
        json!([{"qty": 1, "at": "2026-03-02T11:59:30Z", "name": "x"}, {"qty": 22, "new": [1], "name": "y"}]);
    assert_eq!(table(&unknown, &value), ["NAME|NEW|QTY|AT", "x|-|>1|30s", "y|1|>22|-"]);
    let wrapped = json!({"documents": [{"_id": "a"}], "total": 1});
    assert_eq!(table(&unknown, &wrapped), ["ID", "a"]);
    assert_eq!(table(&unknown, &json!(["a", "b"])), ["VALUE", "a", "b"]);
    assert_eq!(table(&unknown, &json!({"databases": ["shop", 5]})), ["VALUE", "shop", ">5"]);
    assert_eq!(table(&unknown, &json!([1, {"a": 2}, null])), ["VALUE", ">1", "{\"a\":2}", "-"]);
    assert_eq!(table(&unknown, &json!([])), ["VALUE"]);
    assert_eq!(table(&unknown, &json!(5)), [">5"]);
    assert_eq!(table(&unknown, &json!("two\nlines")), ["two lines"]);
    // What the document promised and the server did not keep.
    assert_eq!(table(&events(), &json!({"items": [{"other": 1}]})), ["OTHER", ">1"]);
    assert_eq!(table(&events(), &json!({"error": "x", "items": 5})), ["error: x", "items: 5"]);
}

#[test]
fn plain_lists_and_maps() {
    let databases = with_answer(
        json!({"type": "object", "properties": {"databases": {"type": "array", "items": {"type": "string"}}}}),
    );
    assert_eq!(table(&databases, &json!({"databases": ["shop", "admin"]})), ["DATABASES", "shop", "admin"]);
    let stats = with_answer(
        json!({"type": "object", "properties": {"total": {"type": "integer"}, "byType": {"type": "object", "additionalProperties": {"type": "integer"}}}}),
    );
    assert_eq!(
        table(
            &stats,
            &json!({"$schema": "x", "total": 3, "byType": {"a.b": 1, "c": 2}, "lastEventAt": "2026-03-02T11:55:00Z"})
        ),
        ["total: 3", "[byType]", "  a.b: 1", "  c: 2", "lastEventAt: 2026-03-02T11:55:00Z (5m ago)"]
    );
    let by_name = with_answer(
        json!({"type": "object", "additionalProperties": {"type": "object", "properties": {"up": {"type": "boolean"}, "n": {"type": "integer"}}}}),
    );
    assert_eq!(
        table(&by_name, &json!({"a": {"up": true, "n": 1}, "b": {"up": false}})),
        ["NAME|UP|N", "a|true|>1", "b|false|>-"]
    );
}

fn hub() -> Descriptor {
    of_paths(json!({"/api/summary": {"get": {
        "x-cli-name": "list",
        "x-cli-columns": {"rows": "/extensions", "columns": [
            "name",
            {"path": "/artifacts/chart/channels/*/version", "name": "version"},
            {"path": ".size", "format": "bytes", "wide": true},
            {"path": "installed"},
        ]},
        "x-cli-variants": [{"x-cli-name": "info", "x-cli-select": {"argument": "name", "field": "/name"}}],
    }}}))
}

#[test]
fn chosen_columns_and_selected_rows() {
    let descriptor = hub();
    assert_eq!(descriptor.problems, []);
    let value = json!({"kind": "x", "extensions": [
        {"name": "audit", "artifacts": {"chart": {"channels": {"stable": {"version": "0.1.0"}}}}, "size": 2048, "installed": false},
        {"name": "hub"},
    ]});
    assert_eq!(
        seen(&descriptor.commands[0], &value, false, None),
        ["NAME|VERSION|INSTALLED", "audit|0.1.0|false", "hub|-|-"]
    );
    assert_eq!(seen(&descriptor.commands[0], &value, true, None)[1], "audit|0.1.0|>2.0Ki|false");
    let info = &descriptor.commands[1];
    assert_eq!(line(info), "info <NAME> → any [/extensions]");
    let row = select(info, &value, "hub").unwrap();
    assert_eq!(seen(info, row, false, None), ["name: hub"]);
    assert_eq!(rows(info, row), None);
    assert!(select(info, &value, "nothing").is_none());
    assert!(select(&descriptor.commands[0], &value, "hub").is_none());
}

#[test]
fn one_field_is_printed_as_it_is() {
    let descriptor = of_paths(json!({"/api/runs/{id}": {"get": {"x-cli-field": "/output"}}}));
    let get = only(&descriptor);
    assert_eq!(field(get, &json!({"output": "a\n\tb"})).as_deref(), Some("a\n\tb"));
    assert_eq!(field(get, &json!({"output": null})), None);
    assert_eq!(field(get, &json!({"output": [1]})).as_deref(), Some("[1]"));
}

#[test]
fn a_column_that_is_not_there_is_an_error_with_those_that_are() {
    let value = json!({"items": [{"id": 7, "type": "a", "extra": {"x": 1}}]});
    let ask = |wanted: &str| seen(only(&events()), &value, false, Some(&[wanted])).join(" ");
    assert_eq!(
        ask("nosuch"),
        "no column `nosuch`; columns: ID, TYPE, ACTOR ID, TAGS, OCCURRED AT, ENVELOPE, EXTRA"
    );
    assert!(ask("N=.nosuch.x").starts_with("no column `N=.nosuch.x`"));
    // What is described may be in no row, and what is below may be left out of all.
    assert_eq!(ask("actor-id"), "ACTOR ID -");
    assert_eq!(ask(".envelope.y"), "Y -");
    assert_eq!(ask(".extra.x"), "X >1");
    let unknown = with_answer(json!({}));
    let of = |value: &Value, wanted: &str| seen(only(&unknown), value, false, Some(&[wanted])).join(" ");
    assert_eq!(of(&json!([{"a": 1}]), "b"), "no column `b`; columns: A");
    assert_eq!(of(&json!({"id": 1, "a": {"b": 2}}), "c"), "no column `c`; columns: ID, A");
    assert_eq!(of(&json!({"id": 1, "a": {"b": 2}}), ".a.b"), "B: >2");
    // Of nothing, nothing is known.
    assert_eq!(of(&json!([]), "b"), "B");
    let named = of_paths(json!({"/q": {"get": {"x-cli-columns": {"rows": "/rows", "from": "/columns"},
        "responses": {"200": {"content": {"application/json": {}}}}}}}));
    let empty = json!({"columns": ["id", "Total"], "rows": []});
    assert_eq!(seen(only(&named), &empty, false, Some(&["sum"])), ["no column `sum`; columns: id, Total"]);
}

#[test]
fn no_row_and_no_member_is_lost() {
    let unknown = with_answer(json!({}));
    for (value, expected) in [
        (json!([{"a": {"z": 1}}]), vec!["A", "{\"z\":1}"]),
        (json!([{"metadata": {"name": "x"}, "spec": {"a": 1}}]), vec!["NAME|A", "x|>1"]),
        (json!([{"l": [[1]]}]), vec!["L", "[[1]]"]),
        (json!([{"a": 1}, {"a": {"z": 1}}]), vec!["A", ">1", "{\"z\":1}"]),
        (json!([{"a": 1, "n": "x"}, {"a": {"z": 1}, "n": "y"}]), vec!["A|N", ">1|x", "{\"z\":1}|y"]),
        (json!({"items": [{"a": {"z": 1}}]}), vec!["A", "{\"z\":1}"]),
    ] {
        assert_eq!(table(&unknown, &value), expected, "{value}");
    }
    // What the description does not know of is in the wide table, but for secrets.
    let value = json!({"items": [{"id": 1, "note": "n", "token": "t", "password": "p"}]});
    let wide = seen(only(&events()), &value, true, None);
    assert_eq!(wide, ["ID|TYPE|ACTOR ID|TAGS|OCCURRED AT|ENVELOPE|NOTE", ">1|-|-|-|-|-|n"]);
    let Ok(ResponseView::Rows { more, .. }) = view(only(&events()), &value, b"", false, None, now()) else {
        panic!()
    };
    assert_eq!(more, [CleanText::new("NOTE")]);
}

#[test]
fn what_a_plugin_chose_hides_nothing_when_it_fits_nothing() {
    let chosen = |key: Value, value: &Value| {
        let descriptor = of_paths(json!({"/x": {"get": {"x-cli-columns": key}}}));
        table(&descriptor, value)
    };
    assert_eq!(
        chosen(json!(["planning", "execution"]), &json!([{"Plan": {"cost": 1}}])),
        ["PLAN", "{\"cost\":1}"]
    );
    assert_eq!(chosen(json!(["a"]), &json!({"b": 1})), ["b: 1"]);
    let rows = json!({"rows": "/columns", "columns": ["name"]});
    assert_eq!(chosen(rows.clone(), &json!({"view": "select 1"})), ["view: select 1"]);
    assert_eq!(chosen(rows.clone(), &json!({"columns": null, "total": 0})), ["NAME"]);
    assert_eq!(chosen(rows, &json!({"columns": []})), ["NAME"]);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec(("(items|name|id|total|.{0,6})", inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_comes_back_it_can_be_shown(value in any_json(), wanted in proptest::collection::vec("[a-z.=/*]{0,8}", 0..3)) {
        let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        for descriptor in [events(), with_answer(json!({})), hub()] {
            for command in &descriptor.commands {
                for wide in [false, true] {
                    seen(command, &value, wide, None);
                    seen(command, &value, wide, Some(&wanted));
                }
                names(command, &value);
                select(command, &value, "x");
            }
        }
    }
}

#[test]
fn an_object_is_shown_in_the_order_of_the_document_with_what_is_nested() {
    let descriptor = with_answer(json!({"type": "object", "properties": {
        "name": {"type": "string"}, "created": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}}, "engine": {"type": "object"},
        "containers": {"type": "array", "items": {"type": "object"}}, "points": {"type": "array"}}}));
    let value = json!({"tags": ["a", "b"], "more": true, "name": "orders-0", "events": [],
        "engine": {"version": "8.0", "limits": {"cpu": 2}}, "created": 1_772_452_500,
        "points": [[1_772_452_200, 1], [1_772_452_500, 2]],
        "containers": [{"name": "db", "state": {"status": "Waiting", "reason": "Pull"}}, {"name": "exporter"}]});
    assert_eq!(
        table(&descriptor, &value),
        [
            "name: orders-0",
            "created: 1772452500 (2026-03-02T11:55:00Z, 5m ago)",
            "tags: a, b",
            "[engine]",
            "  version: 8.0",
            "  [limits]",
            "    cpu: 2",
            "[containers]",
            "  NAME|STATE|STATE REASON",
            "  db|Waiting|Pull",
            "  exporter|-|-",
            "points: 2 points over 5m",
            "more: true",
            "events: ",
        ]
    );
}

#[test]
fn nothing_is_made_of_what_somebody_stored() {
    let stored = with_answer(json!({"type": "object", "properties": {"documents": {"type": "array",
        "items": {"type": "object", "additionalProperties": true}}}}));
    let document = json!({"total": 5, "_id": "a", "created": "2026-03-02T11:55:00Z", "at": 1_772_452_500, "url": "https://x"});
    assert_eq!(
        table(&stored, &json!({"documents": [document]})),
        ["ID|TOTAL|CREATED|AT|URL", "a|>5|2026-03-02T11:55:00Z|>1772452500|https://x"]
    );
    let one = with_answer(json!({"type": "object", "additionalProperties": true}));
    assert_eq!(
        table(&one, &json!({"id": "x", "created": 1_772_452_500, "a": [{"b": 1}]})),
        ["id: x", "created: 1772452500", "[a]", "  B", "  >1"]
    );
}
