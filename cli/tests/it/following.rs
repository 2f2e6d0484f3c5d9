//! Live streams, the list before them, and the audit log.

use crate::{
    commands::{ORG, page, with_org},
    fixtures::instances,
    golden::assert_golden,
    program::Dbx,
    server::{Reply, Server},
};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt as _};

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

/// Two items in the list, then a stream that breaks off after its first event.
fn server() -> Server {
    let server = with_org();
    let (first, second) =
        (item(1, "db was ordered", "info", false), item(2, "db is ready", "success", false));
    server.gives(&format!("GET /v1/orgs/{ORG}/activity"), page(json!([second, first])));
    let hello = "event: hello\nid: 00000000000000000002\ndata: {\"position\":\"00000000000000000002\"}\n\n";
    let ping = "event: ping\ndata: {}\n\n";
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
    let step = told(&item(3, "step stop began", "info", true));
    server.on(&path, [stream(&format!("{step}event: bye\ndata: {{\"reason\":\"access_lost\"}}\n\n"))]);
    let (_, stdout, stderr) =
        Dbx::new().with_token(&server.url(), &format!("instance watch {}", instance.id));
    assert!(stdout.contains("step stop began (Ann)"), "{stdout}");
    assert!(stderr.contains(&format!("{} is running", instance.name)), "{stderr}");
    assert!(server.asked().last().unwrap().line.contains(&format!("instanceId={}", instance.id)));
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
