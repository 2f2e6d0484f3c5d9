//! Live streams, the list before them, and the audit log.

use crate::{
    commands::{ORG, page, with_org},
    fixtures::instances,
    golden::assert_golden,
    program::Dbx,
    server::{Reply, Server},
};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    process::Stdio,
};

fn item(position: u32, sentence: &str, severity: &str, detail: bool) -> Value {
    json!({
        "position": format!("{position:020}"), "time": format!("2026-01-01T00:00:{position:02}Z"), "sequence": position,
        "actor": { "kind": "account", "id": "usr_1", "name": "Ann" }, "type": "X", "sentence": sentence,
        "severity": severity, "detail": detail, "orgId": ORG, "projectId": null, "instanceId": null, "jobId": null,
    })
}

fn told(item: &Value) -> String {
    format!("event: activity\nid: {}\ndata: {item}\n\n", item["position"].as_str().unwrap())
}

fn stream(events: &str) -> Reply {
    Reply::Text("text/event-stream", events.to_owned())
}

fn hello() -> &'static str {
    "event: hello\nid: 00000000000000000002\ndata: {\"position\":\"00000000000000000002\"}\n\n"
}

/// Two items in the list, then a stream that breaks off after its first event.
fn server() -> Server {
    let server = with_org();
    let (first, second) =
        (item(1, "db was ordered", "info", false), item(2, "db is ready", "success", false));
    server.gives(&format!("GET /v1/orgs/{ORG}/activity"), page(json!([second, first])));
    let (hello, ping) = (hello(), "event: ping\ndata: {}\n\n");
    let stopping = "event: bye\ndata: {\"reason\":\"stopping\"}\n\n";
    let third = told(&item(3, "step stop began", "info", true));
    let fourth = told(&item(4, "db was stopped", "warning", false));
    let bye = "event: bye\ndata: {\"reason\":\"access_lost\"}\n\n";
    server.on(
        &format!("GET /v1/orgs/{ORG}/activity/stream"),
        [stream(&format!("{hello}{third}{stopping}")), stream(&format!("{ping}{fourth}{bye}"))],
    );
    server
}

#[test]
fn what_happened_is_listed_newest_last() {
    let (code, stdout, stderr) = Dbx::new().with_token(&server().url(), "events");
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_golden("events", &stdout);
}

#[test]
fn following_goes_on_behind_the_list_and_over_a_broken_connection() {
    let (server, dbx) = (server(), Dbx::new());
    let (code, stdout, stderr) = dbx.with_token(&server.url(), "events --follow");
    assert_eq!(code, Some(1), "{stderr}");
    assert_golden("events-follow", &stdout);
    assert!(stderr.contains("connection ended; nothing will be missed"), "{stderr}");
    assert!(stderr.contains("you may not see this any more"), "{stderr}");
    let streams: Vec<_> = server.asked().into_iter().filter(|asked| asked.line.contains("/stream")).collect();
    assert!(streams[0].line.contains("lastEventId=00000000000000000002"), "{streams:?}");
    assert_eq!(streams[1].headers["last-event-id"], "00000000000000000003");
}

#[test]
fn programs_get_a_document_per_line() {
    let (_, stdout, _) = Dbx::new().with_token(&server().url(), "events --follow --detail -o json");
    let positions: Vec<u64> = stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["sequence"].as_u64().unwrap())
        .collect();
    assert_eq!(positions, [1, 2, 3, 4]);
}

#[test]
fn an_instance_is_watched_step_by_step() {
    let (server, instance) = (server(), instances().remove(0));
    server.gives(&format!("GET /v1/instances/{}", instance.id), json!(instance));
    let path = format!("GET /v1/orgs/{}/activity/stream", instance.org_id);
    let (hello, step) = (hello(), told(&item(3, "step stop began", "info", true)));
    server.on(&path, [stream(&format!("{hello}{step}event: bye\ndata: {{\"reason\":\"access_lost\"}}\n\n"))]);
    let (_, stdout, stderr) =
        Dbx::new().with_token(&server.url(), &format!("instance watch {}", instance.id));
    assert!(stdout.contains("step stop began (Ann)"), "{stdout}");
    assert!(stderr.contains(&format!("{} is running", instance.name)), "{stderr}");
    let asked = server.asked().into_iter().rfind(|asked| asked.line.contains("/stream"));
    assert!(asked.unwrap().line.contains(&format!("instanceId={}", instance.id)));
}

#[test]
fn watching_shows_the_present_state_first_and_ends_when_nothing_more_can_come() {
    let (server, dbx, mut instance) = (server(), Dbx::new(), json!(instances().remove(0)));
    let id = instance["id"].as_str().unwrap().to_owned();
    let running = Reply::Json(200, instance.clone());
    instance["lifecycle"] = json!("deleted");
    let deleted = Reply::Json(200, instance.clone());
    let path = format!("GET /v1/orgs/{}/activity/stream", instance["orgId"].as_str().unwrap());
    let (hello, last) = (hello(), told(&item(3, "db was deleted", "success", false)));
    server.on(&path, [stream(&format!("{hello}{last}"))]);
    let get = format!("GET /v1/instances/{id}");
    server.on(&get, [running.clone(), running.clone(), deleted.clone()]);
    let (code, stdout, stderr) = dbx.with_token(&server.url(), &format!("instance watch {id} -o json"));
    assert_eq!(code, Some(0), "{stderr}");
    let documents: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&documents[0]["lifecycle"], &documents[1]["sentence"]),
        (&json!("running"), &json!("db was deleted"))
    );
    server.on(&get, [running.clone(), running, deleted]);
    let (code, stdout, _) = dbx.with_token(&server.url(), &format!("instance watch {id} -q"));
    assert_eq!((code, stdout.as_str()), (Some(0), "00000000000000000003\n"), "positions alone");
}

#[test]
fn the_order_is_the_same_in_every_form() {
    let positions = ["00000000000000000001", "00000000000000000002"];
    let (_, quiet, _) = Dbx::new().with_token(&server().url(), "events -q");
    assert_eq!(quiet.lines().collect::<Vec<_>>(), positions);
    let (_, json, _) = Dbx::new().with_token(&server().url(), "events -o json");
    let body: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        positions.map(Value::from).to_vec(),
        body["data"].as_array().unwrap().iter().map(|item| item["position"].clone()).collect::<Vec<_>>()
    );
    let (_, fields, _) = Dbx::new().with_token(&server().url(), "events -q --fields position");
    assert_eq!(fields.lines().collect::<Vec<_>>(), positions);
}

#[test]
fn a_reader_that_goes_away_ends_the_following_at_once() {
    let (server, dbx) = (server(), Dbx::new());
    // A stream on which nothing happens any more.
    server.on(&format!("GET /v1/orgs/{ORG}/activity/stream"), [Reply::Stall(hello().to_owned())]);
    let mut command = dbx.command("events --follow");
    command.env("DBX_API_URL", server.url()).env("DBX_TOKEN", "dbx_test").stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("db was ordered"), "{line}");
    // The reader is dropped; only its absence can end this.
    assert!(child.wait().unwrap().success());
}

fn entry() -> Value {
    json!({
        "position": "7", "time": "2026-01-01T00:00:00Z", "orgId": ORG, "action": "instance.create",
        "actor": { "kind": "account", "id": "usr_1", "name": "Ann" }, "eventType": "InstanceRequested",
        "resource": { "kind": "instance", "id": "ins_1", "name": "db" }, "requestId": "req-1",
        "address": "192.0.2.1", "userAgent": "dbx/0.1.0", "before": null, "after": { "plan": "nano" },
    })
}

#[test]
fn the_audit_log_is_narrowed_by_what_people_know() {
    let server = with_org();
    server.gives("GET /v1/audit-logs", page(json!([entry()])));
    let member = json!({ "userId": "usr_1", "displayName": "Ann", "email": "ann@example.com", "role": "owner",
                         "joinedAt": "2026-01-01T00:00:00Z" });
    server.gives(&format!("GET /v1/orgs/{ORG}/members"), page(json!([member])));
    let line =
        "audit list --actor ann@example.com --action instance.create --resource ins_1 --from 2026-01-01";
    let (code, stdout, stderr) = Dbx::new().with_token(&server.url(), line);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_golden("audit", &stdout);
    let asked = server.asked().pop().unwrap().line;
    let query = format!(
        "orgId={ORG}&actor=usr_1&action=instance.create&resource=ins_1&from=2026-01-01T00%3A00%3A00Z"
    );
    assert!(asked.contains(&query), "{asked}");
}

#[test]
fn an_export_is_a_new_file_for_its_owner() {
    let (server, dbx) = (with_org(), Dbx::new());
    server.on("GET /v1/audit-logs/export", [Reply::Text("text/csv", "time,action\n".to_owned())]);
    let path = dbx.0.path().join("audit.csv");
    let line = format!("audit export --format csv --file {}", path.display());
    let (code, _, stderr) = dbx.with_token(&server.url(), &line);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "time,action\n");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let (code, _, stderr) = dbx.with_token(&server.url(), &line);
    assert_eq!(code, Some(1), "it exists");
    assert!(stderr.contains("does not exist yet"), "{stderr}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "time,action\n");
    assert_eq!(dbx.with_token(&server.url(), "audit export").1, "time,action\n");
}

#[test]
fn half_an_export_is_not_left_behind() {
    let (server, dbx) = (with_org(), Dbx::new());
    server.on("GET /v1/audit-logs/export", [Reply::HangUp]);
    let path = dbx.0.path().join("audit.jsonl");
    let (code, _, _) = dbx.with_token(&server.url(), &format!("audit export -f {}", path.display()));
    assert_eq!(code, Some(2));
    assert!(!path.exists());
}

#[test]
fn usage_is_shown_by_plan_and_by_instance() {
    let server = with_org();
    server.gives(&format!("GET /v1/orgs/{ORG}/usage"), json!({
        "from": "2026-01-01T00:00:00Z", "to": "2026-01-08T00:00:00Z",
        "plans": [{ "plan": "nano", "instanceHours": 12.5 }],
        "instances": [{ "instanceId": "ins_1", "name": "db", "projectId": "prj_1", "plan": "nano", "hours": 12.5 }],
    }));
    let (code, stdout, stderr) = Dbx::new().with_token(&server.url(), "org usage --from 7d-ago");
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_golden("usage", &stdout);
}
