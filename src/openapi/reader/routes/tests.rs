//! Routes of a document, and the words that they become.

use super::*;
use Method::{Delete, Get, Patch, Post, Put};
use RowsKind::{None, Objects, Plain, Unknown};

/// The words of each route, all of one document.
fn check(routes: &[(Method, &str, RowsKind, &str)]) {
    let known = Routes::new(routes.iter().map(|(method, route, ..)| (*route, *method)));
    for (method, route, rows, expected) in routes {
        let words = known.words(route, *method, *rows, OperationNames::default()).all().join(" ");
        assert_eq!(words, *expected, "{method} {route}");
    }
}

#[test]
fn routes_become_the_words_that_the_design_names() {
    check(&[
        (Get, "/api/status", None, "status"),
        (Get, "/api/v1/orders", Objects, "orders list"),
        (Post, "/api/v1/orders/", None, "orders create"),
        (Get, "/api/v1/orders/{id}", None, "orders get"),
        (Patch, "/api/v1/orders/{id}", None, "orders update"),
        (Delete, "/api/v1/orders/{id}", None, "orders delete"),
        (Post, "/api/v1/orders/{id}/cancel", None, "orders cancel"),
        (Post, "/api/v1/orders/{id}:pay", None, "orders pay"),
        (Get, "/api/v1/orders/{id}/log", None, "orders log"),
        (Get, "/api/v1/orders/{id}/lines", Objects, "orders lines list"),
        (Get, "/api/events", Objects, "events list"),
        (Get, "/api/events/{id}", None, "events get"),
        (Get, "/api/events/types", Plain, "events types"),
        (Post, "/api/query", None, "query"),
        (Get, "/api/nodes/names", Plain, "nodes names"),
        (Get, "/tags", Plain, "tags list"),
        (Get, "/tags/{tag}", Unknown, "tags get"),
        (Post, "/tags/{tag}", None, "tags update"),
        (Post, "/nodes/{name}", None, "nodes"),
        (Get, "/anything", Unknown, "anything"),
        (Delete, "/api/cache", None, "cache delete"),
        (Get, "/api/dbUsers/current_role", None, "db-users current-role"),
        (Get, "/v1beta1/vms", Unknown, "vms"),
        (Get, "/api/api/v2", None, "api v2"),
    ]);
}

#[test]
fn what_is_for_browsers_and_probes_is_no_command() {
    for route in
        ["/healthz", "/main.js", "/icon.png", "/openapi.json", "/api/openapi.yaml", "/docs", "/redoc/"]
    {
        assert!(is_skipped(route), "{route}");
    }
    for route in ["/api/icon/{key}", "/health", "/documents", "/api/status"] {
        assert!(!is_skipped(route), "{route}");
    }
}

#[test]
fn a_word_that_says_what_it_does_gets_no_further_verb() {
    check(&[
        (Put, "/servers/{id}/start", None, "servers start"),
        (Patch, "/servers/{id}/reset-password", None, "servers reset-password"),
        (Post, "/servers/{id}/actions/reboot", None, "servers reboot"),
        (Get, "/servers/{id}/actions", Objects, "servers actions list"),
        (Get, "/servers/{id}/actions/{action_id}", None, "servers actions get"),
        (Get, "/repos/search", Objects, "repos search"),
        (Get, "/keys/{id}/list-rotations", Objects, "keys list-rotations"),
        (Post, "/pulls/{id}/merge", None, "pulls merge"),
        (Get, "/pulls/{id}/merge", None, "pulls merge get"),
        (Put, "/repos/{id}/topics", None, "repos topics update"),
    ]);
}

#[test]
fn one_thing_has_a_word_for_each_method() {
    check(&[
        (Get, "/db/{name}", None, "db get"),
        (Put, "/db/{name}", None, "db replace"),
        (Patch, "/db/{name}", None, "db update"),
        (Post, "/services/{name}", None, "services create"),
        (Put, "/services/{name}", None, "services update"),
        (Get, "/settings", None, "settings get"),
        (Put, "/settings", None, "settings update"),
    ]);
}

#[test]
fn a_collection_is_known_by_what_continues_it() {
    check(&[
        (Get, "/projects", None, "projects list"),
        (Get, "/projects/{id}", None, "projects get"),
        (Delete, "/projects", None, "projects delete-all"),
        (Delete, "/projects/{id}", None, "projects delete"),
        (Get, "/zones", None, "zones list"),
        (Get, "/zones/{zone}/records", Objects, "zones records list"),
        (Get, "/workflows/{kind}", None, "workflows list"),
        (Post, "/workflows/{kind}", None, "workflows create"),
        (Get, "/workflows/{kind}/{name}", None, "workflows get"),
    ]);
}

#[test]
fn what_a_global_flag_fills_goes_from_the_words() {
    check(&[
        (Get, "/namespaces", Plain, "namespaces list"),
        (Get, "/namespaces/{namespace}", None, "namespaces get"),
        (Get, "/namespaces/{namespace}/databases", Objects, "databases list"),
        (Get, "/clusters/{cluster}/namespaces/{namespace}/instances/{name}", None, "instances get"),
        (Get, "/v1/clusters/{cluster}/status", None, "status"),
    ]);
}

#[test]
fn versions_and_formats_say_nothing() {
    check(&[
        (Get, "/0/organizations", Objects, "organizations list"),
        (Get, "/0/organizations/{id}", None, "organizations get"),
        (Get, "/2010-04-01/Accounts.json", Objects, "accounts list"),
        (Get, "/2010-04-01/Accounts/{Sid}.json", None, "accounts get"),
        (Get, "/v2.0/droplets/{id}", None, "droplets get"),
        (Get, "/{apiVersion}/linodes/{id}", None, "linodes get"),
        (Get, "/containers/json", Objects, "containers list"),
        (Get, "/containers/{id}/json", None, "containers get"),
        (Get, "/apis/apps/v1/namespaces/{namespace}/deployments", Objects, "deployments list"),
        (Get, "/apis/networking.k8s.io/v1/ingresses", Objects, "ingresses list"),
        (Get, "/account/2fa", None, "account 2fa"),
    ]);
}

#[test]
fn what_nearly_all_routes_begin_with_says_nothing_unless_it_is_a_thing() {
    let things: Vec<String> = (0..12).map(|number| format!("/shop/t{number}")).collect();
    let mut routes: Vec<_> = things.iter().map(|route| (route.as_str(), Get)).collect();
    let words = |routes: &[(&str, Method)]| {
        Routes::new(routes.iter().copied()).words("/shop/t1", Get, None, OperationNames::default()).all()
    };
    assert_eq!(words(&routes), ["t1"]);
    routes.push(("/other", Get));
    assert_eq!(words(&routes), ["t1"]);
    routes.push(("/shop/{id}", Get));
    assert_eq!(words(&routes), ["shop", "t1"]);
    assert_eq!(words(&routes[..9]), ["shop", "t1"]);
}

#[test]
fn a_route_of_parameters_finds_a_noun() {
    let known = Routes::new([("/{index}", Delete), ("/{id}", Get), ("/", Get)]);
    let words = |route, method, names| known.words(route, method, None, names).all().join(" ");
    let none = OperationNames::default;
    assert_eq!(words("/{index}", Delete, none()), "index delete");
    assert_eq!(words("/{id}", Get, none()), "get");
    assert_eq!(words("/{id}", Get, OperationNames { id: Some("pets.read"), tag: Option::None }), "pets get");
    assert_eq!(words("/{id}", Get, OperationNames { id: Option::None, tag: Some("My Pets") }), "my-pets get");
}

#[test]
fn a_part_of_one_thing_makes_no_collection_of_it() {
    check(&[
        (Get, "/instance", Objects, "instance list"),
        (Get, "/instance/{id}", None, "instance get"),
        (Delete, "/instance/{id}", None, "instance delete"),
        (Delete, "/instance/{id}/{field}", None, "instance delete"),
        (Get, "/workflows/{kind}", None, "workflows list"),
        (Get, "/workflows/{kind}/{name}", None, "workflows get"),
    ]);
}

#[test]
fn names_of_procedures_are_taken_apart_where_nearly_all_routes_are_such() {
    let mut names: Vec<String> = (0..9).map(|number| format!("/chat.do{number}")).collect();
    names.extend(["/chat.postMessage", "/admin.apps.approve", "/users.list"].map(str::to_owned));
    let words = |names: &[String], route: &str| {
        let known = Routes::new(names.iter().map(|name| (name.as_str(), Post)));
        known.words(route, Post, None, OperationNames::default()).all().join(" ")
    };
    assert_eq!(words(&names, "/admin.apps.approve"), "admin apps approve");
    assert_eq!(words(&names, "/chat.postMessage"), "chat post-message");
    names.extend(["/v1/files.txt", "/other/{id}"].map(str::to_owned));
    assert_eq!(words(&names, "/users.list"), "users-list");
}

#[test]
fn what_people_say_otherwise_is_said_so() {
    check(&[
        (Put, "/issues/{id}/lock", None, "issues lock"),
        (Delete, "/issues/{id}/lock", None, "issues unlock"),
        (Post, "/issues/{id}/subscription", None, "issues subscribe"),
        (Delete, "/issues/{id}/subscription", None, "issues unsubscribe"),
        (Post, "/projects/{id}/star", None, "projects star"),
        (Delete, "/projects/{id}/star", None, "projects unstar"),
        // What can be looked at is a thing.
        (Get, "/repos/{id}/subscription", None, "repos subscription get"),
        (Put, "/repos/{id}/subscription", None, "repos subscription update"),
        (Delete, "/repos/{id}/subscription", None, "repos subscription delete"),
        (Delete, "/caches/{id}/lock", None, "caches lock delete"),
        (Get, "/repos/{id}/forks", Objects, "repos forks list"),
        (Post, "/repos/{id}/forks", None, "repos fork"),
        (Get, "/tasks/{id}/runs", Objects, "tasks runs list"),
        (Post, "/tasks/{id}/runs", None, "tasks runs create"),
        (Get, "/tasks/{id}/runs/{run}", None, "tasks runs get"),
        (Get, "/checks", Objects, "checks list"),
        (Post, "/checks", None, "checks create"),
        (Get, "/search/issues", Objects, "search issues"),
        (Get, "/search/saved", Objects, "search saved list"),
        (Get, "/search/saved/{id}", None, "search saved get"),
    ]);
}

#[test]
fn what_was_said_before_is_known() {
    let known = Routes::new([("/issues/{id}/lock", Put), ("/issues/{id}/lock", Delete), ("/issues", Get)]);
    let before = |route, method| known.words(route, method, None, OperationNames::default()).before;
    assert_eq!(before("/issues/{id}/lock", Delete).unwrap(), ["issues", "lock", "delete"]);
    assert_eq!(before("/issues", Get), Option::None);
}
