//! Lists as real services answer them → the columns that a person looks for.

use super::*;
use crate::model::CleanText;
use std::time::SystemTime;

fn now() -> SystemTime {
    call::read_moment("2026-03-02T12:00:00Z").unwrap()
}

/// The table of what `GET route` answers: headings, then rows.
fn table_of(route: &str, schema: &Value, value: &Value) -> Vec<String> {
    let responses = json!({"200": {"content": {"application/json": {"schema": schema}}}});
    let descriptor = of_paths(json!({route: {"get": {"responses": responses}}}));
    let view = view(only(&descriptor), value, value.to_string().as_bytes(), false, None, now()).unwrap();
    let ResponseView::Rows { headers, rows, .. } = view else { panic!("no table: {view:?}") };
    let line = |cells: Vec<String>| cells.join("|");
    let heads = line(headers.iter().map(ToString::to_string).collect());
    let rows = rows.iter().map(|row| line(row.iter().map(|cell| cell.text.to_string()).collect()));
    std::iter::once(heads).chain(rows).collect()
}

/// The same where the document describes nothing.
fn guessed(route: &str, value: &Value) -> Vec<String> {
    table_of(route, &json!({}), value)
}

fn texts(names: &str) -> Value {
    let members: serde_json::Map<String, Value> =
        names.split(' ').map(|name| (name.to_owned(), json!({"type": "string"}))).collect();
    json!({"type": "object", "properties": members})
}

fn list(items: &Value) -> Value {
    json!({"type": "array", "items": items})
}

fn of(name: &str, items: &Value) -> Value {
    json!({"type": "object", "properties": {name: list(items)}})
}

#[test]
fn issues_are_told_by_number_title_and_state() {
    let address = json!({"type": "string", "format": "uri"});
    let schema = json!({"type": "object", "properties": {"id": {"type": "integer"}, "node_id": {"type": "string"},
        "url": address, "html_url": address, "number": {"type": "integer"}, "title": {"type": "string"},
        "user": {"type": "object", "properties": {"login": {"type": "string"}, "id": {"type": "integer"}, "avatar_url": address}},
        "labels": {"type": "array", "items": {"type": "object"}}, "state": {"type": "string"}, "locked": {"type": "boolean"},
        "comments": {"type": "integer"}, "body": {"type": "string"}, "created_at": {"type": "string", "format": "date-time"},
        "updated_at": {"type": "string", "format": "date-time"}}});
    let value = json!([{"id": 1, "node_id": "MDU6", "url": "https://x/1", "number": 1347, "title": "Found a bug",
        "user": {"login": "octocat", "id": 1}, "state": "open", "locked": true, "comments": 0, "body": "long",
        "created_at": "2026-03-02T11:55:00Z", "updated_at": "2026-03-02T11:58:30Z"}]);
    assert_eq!(
        table_of("/repos/{owner}/{repo}/issues", &list(&schema), &value),
        [
            "ID|NUMBER|TITLE|STATE|USER|LOCKED|COMMENTS|CREATED AT",
            "1|1347|Found a bug|open|octocat|true|0|5m"
        ]
    );
    assert_eq!(guessed("/issues", &value)[0], "ID|NUMBER|TITLE|STATE|USER|LOCKED|COMMENTS|CREATED AT");
}

#[test]
fn servers_in_the_order_of_the_alphabet_have_their_state_and_type() {
    let value = json!({"servers": [{"backup_window": "22-02", "created": "2026-03-02T11:55:00Z",
        "datacenter": {"description": "Falkenstein", "id": 1, "name": "fsn1-dc8"}, "id": 42, "included_traffic": 65, "locked": false,
        "name": "web", "public_net": {"ipv4": {"ip": "1.2.3.4"}}, "rescue_enabled": false,
        "server_type": {"id": 1, "name": "cx11"}, "status": "running"}], "meta": {"pagination": {"page": 1}}});
    let expected = [
        "ID|NAME|STATUS|DATACENTER|SERVER TYPE|LOCKED|RESCUE ENABLED|CREATED",
        "42|web|running|fsn1-dc8|cx11|false|false|5m",
    ];
    assert_eq!(guessed("/servers", &value), expected);
}

#[test]
fn objects_of_kubernetes_have_name_state_and_age() {
    let schema = json!({"type": "object", "properties": {"apiVersion": {"type": "string"}, "kind": {"type": "string"},
        "metadata": {"type": "object"},
        "spec": {"type": "object", "properties": {"engine": {"type": "object", "properties": {"type": {"type": "string"}, "version": {"type": "string"}}},
            "paused": {"type": "boolean"}}},
        "status": {"type": "object", "properties": {"status": {"type": "string"}, "hostname": {"type": "string"}, "ready": {"type": "integer"}}}}});
    let schema = json!({"type": "object", "properties": {"apiVersion": {"type": "string"}, "kind": {"type": "string"},
        "metadata": {"type": "object"}, "items": list(&schema)}});
    let value = json!({"apiVersion": "v1", "kind": "DatabaseClusterList", "metadata": {}, "items": [
        {"apiVersion": "v1", "kind": "DatabaseCluster",
         "metadata": {"name": "orders", "namespace": "prod", "uid": "0b1", "creationTimestamp": "2026-03-02T11:55:00Z"},
         "spec": {"engine": {"type": "pxc", "version": "8.0"}, "paused": false},
         "status": {"status": "ready", "hostname": "orders.prod", "ready": 3}}]});
    let rows = table_of("/namespaces/{ns}/database-clusters", &schema, &value);
    assert_eq!(
        rows,
        [
            "NAME|STATUS|READY|HOSTNAME|ENGINE|NAMESPACE|PAUSED|CREATION TIMESTAMP",
            "orders|ready|3|orders.prod|pxc|prod|false|5m"
        ]
    );
    let pods = json!({"items": [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a-0", "creationTimestamp": "2026-03-02T11:55:00Z"},
        "spec": {"containers": [{}], "nodeName": "n1"}, "status": {"phase": "Running", "podIP": "10.0.0.1"}}]});
    assert_eq!(
        guessed("/pods", &pods),
        ["NAME|STATUS|POD IP|NODE NAME|CREATION TIMESTAMP", "a-0|Running|10.0.0.1|n1|5m"]
    );
}

#[test]
fn rows_come_out_of_every_envelope() {
    let zone = texts("id name");
    let value =
        json!({"errors": [], "messages": [], "result": [{"id": "1", "name": "a.example"}], "success": true});
    let schema = json!({"type": "object", "properties": {"errors": list(&texts("code")), "messages": list(&texts("code")),
        "result": list(&zone), "success": {"type": "boolean"}}});
    let expected = ["ID|NAME", "1|a.example"];
    assert_eq!(table_of("/zones", &schema, &value), expected);
    assert_eq!(guessed("/zones", &value), expected);
    let rows = json!([{"id": "1", "name": "a.example"}]);
    for (route, envelope) in [
        ("/zones", json!({"data": rows, "included": [{"id": "2"}], "meta": {}})),
        ("/zones", json!({"zones": rows, "pagination": {"cursor": "x"}, "applications": {"a": []}})),
        ("/zones", json!({"_embedded": {"zones": rows}, "_links": {"self": {}}, "page": {"size": 1}})),
        ("/collections", json!({"result": {"collections": rows}, "status": "ok", "time": 0.1})),
        ("/zones", json!({"@odata.context": "x", "value": rows})),
        ("/zones", json!({"Zones": rows, "Warnings": null})),
        ("/zones", json!({"results": rows, "total": 1, "warnings": ["a"]})),
    ] {
        assert_eq!(guessed(route, &envelope), expected, "{envelope}");
    }
    // Documented as one thing, answered as another.
    let undocumented = of("items", &zone);
    assert_eq!(table_of("/zones", &undocumented, &json!({"data": rows})), expected);
}

#[test]
fn attributes_are_columns() {
    let value = json!({"data": [{"type": "users", "id": "7", "attributes": {"name": "Ada", "email": "a@x", "status": "Active",
        "disabled": false, "created_at": "2026-03-02T11:55:00Z", "icon": "https://x"}, "relationships": {"org": {"data": {"id": "1"}}}}]});
    assert_eq!(
        guessed("/users", &value),
        ["ID|NAME|EMAIL|STATUS|TYPE|DISABLED|CREATED AT", "7|Ada|a@x|Active|users|false|5m"]
    );
    let apps = json!({"apps": [{"id": "4f", "spec": {"name": "web", "region": "fra", "services": [{}]}, "owner_uuid": "ff",
        "live_url": "https://x", "created_at": "2026-03-02T11:55:00Z"}]});
    assert_eq!(guessed("/apps", &apps), ["ID|NAME|REGION|CREATED AT", "4f|web|fra|5m"]);
}

#[test]
fn what_is_nested_is_shown_by_its_name() {
    let choice = texts("value label");
    let named = texts("id url display name slug");
    let schema = json!({"type": "object", "properties": {"id": {"type": "integer"}, "url": {"type": "string", "format": "uri"},
        "display": {"type": "string"}, "name": {"type": "string"}, "role": named, "site": named, "serial": {"type": "string"}, "status": choice}});
    let value = json!({"count": 1, "next": null, "results": [{"id": 1, "url": "https://x", "display": "d", "name": "sw1",
        "role": {"id": 2, "name": "Access"}, "site": {"id": 3, "name": "Berlin"}, "serial": "s", "status": {"value": "active", "label": "Active"}}]});
    assert_eq!(
        table_of("/dcim/devices", &of("results", &schema), &value),
        ["ID|NAME|STATUS|ROLE|SITE|DISPLAY|SERIAL", "1|sw1|Active|Access|Berlin|d|s"]
    );
}

#[test]
fn seconds_and_milliseconds_are_ages_and_constants_are_left_out() {
    let schema = json!({"type": "object", "properties": {"id": {"type": "string"}, "object": {"type": "string", "enum": ["charge"]},
        "amount": {"type": "integer"}, "captured": {"type": "boolean"}, "created": {"type": "integer", "format": "unix-time"},
        "currency": {"type": "string"}, "customer": {"type": "string"}, "status": {"type": "string"}}});
    let value = json!({"object": "list", "has_more": false, "url": "/v1/charges", "data": [{"id": "ch_1", "object": "charge",
        "amount": 100, "captured": true, "created": 1_772_452_500, "currency": "eur", "customer": "cus_1", "status": "succeeded"}]});
    assert_eq!(
        table_of("/v1/charges", &of("data", &schema), &value),
        ["ID|STATUS|CURRENCY|CUSTOMER|AMOUNT|CAPTURED|CREATED", "ch_1|succeeded|eur|cus_1|100|true|5m"]
    );
    let containers = json!([{"Id": "8d", "Names": ["/web"], "Image": "nginx", "ImageID": "sha256:1", "Command": "nginx -g",
        "Created": 1_772_452_500, "State": "running", "Status": "Up 5 minutes", "SizeRw": 12288}]);
    assert_eq!(
        guessed("/containers/json", &containers),
        [
            "ID|NAMES|STATUS|STATE|IMAGE|IMAGE ID|COMMAND|CREATED",
            "8d|/web|Up 5 minutes|running|nginx|sha256:1|nginx -g|5m"
        ]
    );
    let deployments = json!({"deployments": [{"uid": "dpl_1", "name": "docs", "url": "docs-1.vercel.app", "created": 1_772_452_500_000_i64,
        "state": "READY", "type": "LAMBDAS", "duration_time": 5}]});
    assert_eq!(
        guessed("/v6/deployments", &deployments),
        ["NAME|STATE|TYPE|DURATION TIME|CREATED", "docs|READY|LAMBDAS|5|5m"]
    );
}

#[test]
fn what_is_all_there_is_to_see_is_shown() {
    assert_eq!(guessed("/hooks", &json!([{"id": 1, "url": "https://x"}])), ["ID|URL", "1|https://x"]);
    assert_eq!(guessed("/keys", &json!([{"key": "a", "value": "1"}])), ["KEY|VALUE", "a|1"]);
    assert_eq!(guessed("/links", &json!([{"href": "https://x"}])), ["HREF", "https://x"]);
    assert_eq!(guessed("/hosts", &json!([{"apiVersion": "v1", "kind": "X"}])), ["API VERSION|KIND", "v1|X"]);
}

#[test]
fn a_series_is_counted_and_spanned() {
    let value = json!({"series": [{"name": "cpu", "points": [{"t": 1_772_452_200_000_i64, "v": 1}, {"t": 1_772_452_500_000_i64, "v": 2}]}]});
    assert_eq!(guessed("/panels/{id}", &value), ["NAME|POINTS", "cpu|2 points over 5m"]);
}

#[test]
fn programs_get_each_member_once_and_whole() {
    let value =
        json!([{"id": 1, "owner": {"login": "ada", "id": 2}, "metadata": {"name": "x"}, "note": "n"}]);
    let descriptor = with_answer(json!({}));
    let (headers, rows) =
        records(only(&descriptor), &value, value.to_string().as_bytes(), ColumnSet::Whole, None).unwrap();
    let headers: Vec<_> = headers.iter().map(CleanText::as_str).collect();
    assert_eq!(headers, ["ID", "NOTE", "OWNER", "METADATA"]);
    let row: Vec<_> = rows[0].iter().flatten().map(String::as_str).collect();
    assert_eq!(row, ["1", "n", r#"{"login":"ada","id":2}"#, r#"{"name":"x"}"#]);
    let (headers, rows) = records(
        only(&descriptor),
        &value,
        value.to_string().as_bytes(),
        ColumnSet::Whole,
        Some(&["owner", ".owner.id"]),
    )
    .unwrap();
    assert_eq!((headers.len(), rows[0][0].as_deref()), (2, Some(r#"{"login":"ada","id":2}"#)));
}

#[test]
fn a_list_that_is_described_by_one_of_its_rows_has_their_columns() {
    let hook = texts("id url");
    let answer =
        |schema: Value| json!({"responses": {"200": {"content": {"application/json": {"schema": schema}}}}});
    let reference = json!({"$ref": "#/components/schemas/Hook"});
    let page = json!([{"name": "page", "in": "query", "schema": {"type": "integer"}}]);
    let mut paged = answer(hook.clone());
    paged["parameters"] = page.clone();
    let mut report = answer(texts("from to"));
    report["parameters"] = page;
    let descriptor =
        read_value(&json!({"openapi": "3.0.0", "components": {"schemas": {"Hook": hook}}, "paths": {
            "/hooks": {"get": answer(reference.clone()), "post": answer(reference)},
            "/hooks/{id}": {"get": answer(texts("id url"))},
            "/jobs": {"get": paged}, "/jobs/{id}": {"delete": {}},
            "/reports": {"get": report}, "/reports/{id}": {"delete": {}},
            "/user": {"get": answer(texts("id login"))}, "/user/{id}": {"delete": {}},
        }}));
    let lists: Vec<String> = shown(&descriptor).into_iter().filter(|line| line.contains(" list")).collect();
    assert_eq!(
        lists,
        [
            "hooks list → json [] ID,URL",
            "jobs list [--page int] → json [] ID,URL",
            "reports list [--page int] → json",
            "user list → json",
        ]
    );
    // What comes is shown as what it is.
    let command = &descriptor.commands[0];
    for (value, is_table) in
        [(json!([{"id": "1", "url": "x"}]), true), (json!({"id": "1", "url": "x"}), false)]
    {
        let view = view(command, &value, value.to_string().as_bytes(), false, None, now()).unwrap();
        assert_eq!(matches!(view, ResponseView::Rows { .. }), is_table, "{value}");
    }
}

#[test]
fn what_an_open_answer_leaves_open_may_be_rows() {
    let open =
        json!({"type": "object", "properties": {"ok": {"type": "boolean"}}, "additionalProperties": true});
    let value =
        json!({"ok": true, "apps": [{"id": "1", "name": "a"}], "response_metadata": {"next_cursor": ""}});
    assert_eq!(table_of("/admin.apps.list", &open, &value), ["ID|NAME", "1|a"]);
}

#[test]
fn what_is_watched_is_a_stream() {
    let event =
        json!({"type": "object", "properties": {"type": {"type": "string"}, "object": {"type": "object"}}});
    let media = |schema: &Value| {
        json!({"200": {"content": {"application/json": {"schema": schema},
        "application/json;stream=watch": {"schema": schema}}}})
    };
    let descriptor = of_paths(json!({
        "/pods": {"get": {"responses": media(&of("items", &texts("name")))}},
        "/watch/pods": {"get": {"responses": media(&event)}},
    }));
    assert_eq!(shown(&descriptor), ["pods list → json [/items] NAME", "watch pods → jsonlines TYPE"]);
    assert_eq!(descriptor.commands[1].answer.accept.as_str(), "application/json;stream=watch");
}

#[test]
fn what_extends_a_base_has_nothing_of_what_others_add_to_it() {
    let base = json!({"type": "object", "properties": {"type": {"type": "string"}}, "discriminator": {"propertyName": "type"}});
    let mut schemas = serde_json::Map::from_iter([("Base".to_owned(), base)]);
    for at in 0..200 {
        let own = json!({"properties": {format!("name{at}"): {"type": "string"}, "above": {"$ref": "#/components/schemas/Base"}}});
        schemas.insert(format!("Kind{at}"), json!({"allOf": [{"$ref": "#/components/schemas/Base"}, own]}));
    }
    let kind = |at: usize| json!({"$ref": format!("#/components/schemas/Kind{at}")});
    let answer = |at: usize| json!({"get": {"responses": {"200": {"content": {"application/json": {"schema": of("values", &kind(at))}}}}}});
    let paths: serde_json::Map<String, Value> =
        (0..200).map(|at| (format!("/kinds{at}"), answer(at))).collect();
    let descriptor =
        read_value(&json!({"openapi": "3.0.0", "paths": paths, "components": {"schemas": schemas}}));
    assert_eq!(descriptor.problems, []);
    for (at, command) in descriptor.commands.iter().enumerate() {
        assert_eq!(command.answer.rows.as_ref().unwrap().to_string(), "/values");
        let names: Vec<String> =
            command.answer.columns.iter().map(|column| column.header.to_string()).collect();
        assert!(names.contains(&format!("NAME{at}")), "{names:?}");
        assert!(!names.contains(&format!("NAME{}", (at + 1) % 200)), "{names:?}");
    }
}
