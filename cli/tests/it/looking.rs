//! What is shown of an instance: metrics, history.

use crate::{commands::page, fixtures::instances, golden::assert_golden, program::Dbx, server::Server};
use serde_json::{Value, json};

fn server() -> (Server, String) {
    let (server, instance) = (Server::new(), instances().remove(0));
    server.gives(&format!("GET /v1/instances/{}", instance.id), json!(instance));
    (server, instance.id)
}

fn sample(minute: u32, share: f64) -> Value {
    json!({
        "time": format!("2026-01-01T00:{minute:02}:00Z"), "cpu": share, "memoryBytes": (share * 2e9) as u64,
        "diskBytes": 41_000_000_u64, "queriesPerSecond": share * 50.0, "connections": null,
    })
}

fn metrics() -> Value {
    json!({
        "instanceId": "ins_1", "window": "1h", "stepSeconds": 60,
        "from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:10:00Z",
        "limits": { "vcpu": 1, "memoryBytes": 2_147_483_648_u64, "diskBytes": 21_474_836_480_u64, "connections": 100 },
        "latest": sample(10, 0.25),
        // Nothing was measured from minute 3 to 6.
        "samples": [sample(0, 0.0), sample(1, 0.5), sample(2, 1.0), sample(7, 0.75), sample(8, 0.5), sample(10, 0.25)],
    })
}

#[test]
fn metrics_are_numbers_and_bars() {
    let (server, id) = server();
    server.gives(&format!("GET /v1/instances/{id}/metrics"), metrics());
    let (code, stdout, stderr) = Dbx::new().with_token(&server.url(), &format!("instance metrics {id}"));
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_golden("metrics", &stdout);
    assert!(server.asked().last().unwrap().line.ends_with("?window=1h"));
}

#[test]
fn nothing_measured_is_said_in_words() {
    let (server, id) = server();
    let mut nothing = metrics();
    (nothing["samples"], nothing["latest"]) = (json!([]), Value::Null);
    server.gives(&format!("GET /v1/instances/{id}/metrics"), nothing);
    let (_, stdout, _) = Dbx::new().with_token(&server.url(), &format!("instance metrics {id} --window 24h"));
    assert!(stdout.starts_with("Nothing was measured of"), "{stdout}");
}

#[test]
fn history_is_read_to_its_end_and_can_be_cut() {
    let (server, id) = server();
    let event = |sequence: u64| {
        json!({
            "position": format!("{sequence:020}"), "sequence": sequence, "time": "2026-01-01T00:00:00Z",
            "type": "StepBegan", "payload": {}, "actor": { "kind": "system", "id": "dbxd", "name": null },
            "sentence": "Step clone began", "requestId": null,
        })
    };
    server.gives(&format!("GET /v1/instances/{id}/events"), page(json!([event(1), event(2), event(3)])));
    let (code, stdout, stderr) = Dbx::new()
        .with_token(&server.url(), &format!("instance history {id} --limit 2 --fields sequence -q"));
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), "2\n3\n", ""));
}

#[test]
fn why_says_what_it_waits_for_and_what_can_be_done() {
    let (server, id) = server();
    let actor = json!({ "kind": "system", "id": "dbxd", "name": null });
    server.gives(
        &format!("GET /v1/instances/{id}/why"),
        json!({
            "instanceId": id, "state": "provisioning", "health": "unknown",
            "summary": "away is being created and waits for its next attempt",
            "lastTransition": {
                "position": "7", "time": "2026-01-01T00:00:00Z", "type": "StepFailed",
                "sentence": "Creating away: step clone failed", "actor": actor,
            },
            "cause": "the node pve1 does not answer", "waitingFor": "the next attempt",
            "job": {
                "id": "job_1", "kind": "create", "step": "clone", "attempt": 2,
                "deadlineAt": "2026-01-01T00:10:00Z", "nextAttemptAt": "2026-01-01T00:01:00Z",
            },
            "actions": [
                { "name": "cancel", "sentence": "Give it up; what it did is undone", "command": "dbx job cancel job_1" },
                { "name": "delete", "sentence": "Delete it", "command": format!("dbx instance delete {id}") },
            ],
        }),
    );
    let (code, stdout, stderr) = Dbx::new().with_token(&server.url(), &format!("instance why {id}"));
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_golden("why", &stdout);
}

#[test]
fn an_instance_is_shown_as_it_was() {
    let (server, id) = server();
    for (at, sent) in [("2026-01-01", "at=2026-01-01T00%3A00%3A00Z"), ("0042", "at=0042")] {
        let (code, _, stderr) =
            Dbx::new().with_token(&server.url(), &format!("instance show {id} --at {at}"));
        assert_eq!(code, Some(0), "{stderr}");
        assert!(server.asked().iter().any(|asked| asked.line.ends_with(sent)), "{at}");
    }
    let (code, _, stderr) = Dbx::new().with_token(&server.url(), &format!("instance show {id} --at soon"));
    assert_eq!(code, Some(1));
    assert!(stderr.contains("2h-ago"), "{stderr}");
}
