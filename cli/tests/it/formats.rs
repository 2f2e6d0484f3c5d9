//! Results for programs: JSON, YAML, fields, and what `--quiet` leaves of them.

use crate::{
    fixtures,
    golden::assert_golden,
    program::Dbx,
    server::{Reply, Server},
};
use dbx_cli::output::to_yaml;
use proptest::prelude::*;
use serde_json::{Value, json};

fn page(file: &str) -> Value {
    serde_json::from_str(file).unwrap()
}

fn instances() -> Value {
    page(include_str!("../fixtures/instances.json"))
}

/// A server with one org, one project, and the instances of the fixture.
fn server() -> Server {
    let server = Server::new();
    let project = fixtures::instances()[0].project_id.clone();
    let page = |item: Value| json!({ "data": [item], "nextPageToken": null });
    server.gives(
        "GET /v1/orgs",
        page(json!({ "id": "org_01", "name": "Acme", "role": "owner", "createdAt": "2026-01-01T00:00:00Z" })),
    );
    server.gives(
        "GET /v1/orgs/org_01/projects",
        page(
            json!({ "id": project, "orgId": "org_01", "name": "myapp", "createdAt": "2026-01-01T00:00:00Z" }),
        ),
    );
    server.gives(&format!("GET /v1/projects/{project}/instances"), instances());
    server
}

fn list(more: &str) -> String {
    let (code, stdout, stderr) = Dbx::new().with_token(&server().url(), &format!("instance list {more}"));
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    stdout
}

#[test]
fn json_is_the_apis_body() {
    let printed: Value = serde_json::from_str(&list("--output json")).unwrap();
    assert_eq!(printed["data"], instances()["data"]);
    assert_golden("instances-json", &list("--output json"));
}

#[test]
fn yaml_says_the_same() {
    let text = list("--output yaml");
    assert_eq!(serde_yaml::from_str::<Value>(&text).unwrap()["data"], instances()["data"]);
    assert_golden("instances-yaml", &text);
}

#[test]
fn fields_are_shown_in_the_order_that_they_were_asked_for() {
    assert_golden("instances-fields", &list("--fields lifecycle,name,tags"));
    let printed: Value = serde_json::from_str(&list("--fields name,plan -o json")).unwrap();
    let expected: Vec<Value> =
        fixtures::instances().iter().map(|i| json!({ "name": i.name, "plan": i.plan })).collect();
    assert_eq!(printed["data"], Value::Array(expected));
}

#[test]
fn a_field_that_is_not_there_is_refused_with_those_that_are() {
    let (code, stdout, stderr) = Dbx::new().with_token(&server().url(), "instance list --fields nme");
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains("\"nme\"") && stderr.contains("lifecycle, maxConnections"), "{stderr}");
}

#[test]
fn quiet_is_ids_or_bare_fields() {
    let ids: Vec<String> = fixtures::instances().iter().map(|instance| instance.id.clone()).collect();
    assert_eq!(list("-q"), ids.join("\n") + "\n");
    let rows: Vec<String> =
        fixtures::instances().iter().map(|i| format!("{}\t{}", i.name, i.pg_version)).collect();
    assert_eq!(list("-q --fields name,pgVersion"), rows.join("\n") + "\n");
}

#[test]
fn quiet_is_a_name_or_an_id_per_line_and_never_a_sentence() {
    let (server, dbx) = (server(), Dbx::new());
    let quiet = |line: &str| {
        let (code, stdout, stderr) = dbx.with_token(&server.url(), line);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{line}");
        stdout
    };
    server.gives("GET /v1/plans", page(include_str!("../fixtures/plans.json")));
    assert_eq!(quiet("plans -q").lines().next(), Some("nano"));
    let id = fixtures::instances()[0].id.clone();
    server.gives(&format!("GET /v1/instances/{id}"), json!(fixtures::instances()[0]));
    let why = json!({
        "instanceId": id, "state": "running", "health": "healthy", "summary": "it runs", "lastTransition": null,
        "cause": null, "waitingFor": null, "job": null, "actions": [],
    });
    server.gives(&format!("GET /v1/instances/{id}/why"), why);
    assert_eq!(quiet(&format!("instance why {id} -q")), format!("{id}\n"));
    server.on("DELETE /v1/orgs/org_01", [Reply::Json(204, Value::Null)]);
    assert_eq!(quiet("org delete Acme --force -q"), "");
}

#[test]
fn errors_are_documents_in_the_same_form() {
    let dbx = Dbx::new();
    let (_, _, stderr) = dbx.run("whoami --output yaml");
    assert_eq!(serde_yaml::from_str::<Value>(&stderr).unwrap()["code"], "unauthenticated");
    let (_, _, stderr) = dbx.run("instance info -o yaml");
    assert_eq!(serde_yaml::from_str::<Value>(&stderr).unwrap()["code"], "usage");
}

#[test]
fn certificates_stand_in_yaml_as_they_are() {
    let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let text = to_yaml(&json!({ "pem": pem }));
    assert_eq!(text, "pem: |\n  -----BEGIN CERTIFICATE-----\n  AAAA\n  -----END CERTIFICATE-----\n");
}

#[test]
fn words_that_yaml_reads_otherwise_are_quoted() {
    for word in [
        "no",
        "Yes",
        "null",
        "~",
        "1.5",
        "2026-11-24",
        "0x1",
        "a: b",
        "a #b",
        "- a",
        "",
        " a",
        "x ",
        "y",
        "'",
    ] {
        let value = json!({ "k": word });
        assert_eq!(serde_yaml::from_str::<Value>(&to_yaml(&value)).unwrap(), value, "{word:?}");
        assert!(to_yaml(&value).contains('"'), "{word:?}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["[ -~\n\t]{0,12}", "\\PC{0,8}", any::<String>()];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(text.clone(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn yaml_reads_back_as_what_was_written(value in any_json()) {
        let text = to_yaml(&value);
        let read: Value = serde_yaml::from_str(&text).map_err(|e| TestCaseError::fail(format!("{e}: {text}")))?;
        prop_assert_eq!(read, value, "{}", text);
    }
}
