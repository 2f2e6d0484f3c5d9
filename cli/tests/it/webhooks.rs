//! Webhooks: their commands against a scripted server.

use crate::{
    commands::{ORG, page, with_org},
    program::Dbx,
    server::{Reply, Server},
};
use serde_json::{Value, json};

const ID: &str = "whk_01m86vdw4eem38d9rjppvd5g17";
const URL: &str = "https://example.com/hooks";

fn webhook(status: &str) -> Value {
    json!({
        "id": ID, "orgId": ORG, "url": URL, "events": [], "description": "", "status": status, "disabledReason": null,
        "position": "0", "createdAt": "2026-01-01T00:00:00Z",
    })
}

fn server() -> Server {
    let server = with_org();
    server.gives(&format!("GET /v1/orgs/{ORG}/webhooks"), page(json!([webhook("enabled")])));
    server.gives(&format!("GET /v1/webhooks/{ID}"), webhook("enabled"));
    server
}

fn sent(server: &Server, method: &str) -> Value {
    let asked = server.asked().into_iter().rfind(|asked| asked.line.starts_with(method)).unwrap();
    serde_json::from_str(&asked.body).unwrap()
}

#[test]
fn the_secret_is_shown_once_and_alone_to_scripts() {
    let (server, dbx) = (server(), Dbx::new());
    let issued = json!({ "webhook": webhook("enabled"), "secret": "whsec_x" });
    server.on(&format!("POST /v1/orgs/{ORG}/webhooks"), [Reply::Json(201, issued)]);
    let (code, stdout, stderr) = dbx.with_token(&server.url(), &format!("webhook create {URL}"));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("whsec_x") && stderr.contains("once"), "{stdout}{stderr}");
    assert_eq!(sent(&server, "POST"), json!({ "url": URL }));
    let line = format!("webhook create {URL} --event A --event B --description x -q");
    assert_eq!(dbx.with_token(&server.url(), &line), (Some(0), "whsec_x\n".to_owned(), String::new()));
    assert_eq!(sent(&server, "POST"), json!({ "url": URL, "events": ["A", "B"], "description": "x" }));
}

#[test]
fn a_secret_that_was_in_a_lost_answer_is_no_word_in_its_place() {
    let (server, dbx) = (server(), Dbx::new());
    let repeated = json!({ "webhook": webhook("enabled"), "secret": null });
    server.on(&format!("POST /v1/orgs/{ORG}/webhooks"), [Reply::HangUp, Reply::Json(201, repeated)]);
    let (code, stdout, stderr) = dbx.with_token(&server.url(), &format!("webhook create {URL} -q"));
    assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
    assert!(stderr.contains(&format!("dbx webhook delete {ID} --force")), "{stderr}");
}

#[test]
fn a_webhook_is_found_by_address_or_id_and_only_what_is_given_changes() {
    let (server, dbx) = (server(), Dbx::new());
    server.gives(&format!("PATCH /v1/webhooks/{ID}"), webhook("disabled"));
    for wanted in [URL, ID] {
        let (code, stdout, stderr) =
            dbx.with_token(&server.url(), &format!("webhook update {wanted} --disable"));
        assert_eq!(code, Some(0), "{stderr}");
        assert!(stdout.contains("disabled"), "{stdout}");
        assert_eq!(sent(&server, "PATCH"), json!({ "status": "disabled" }));
    }
    assert_eq!(dbx.with_token(&server.url(), &format!("webhook update {URL} --all-events")).0, Some(0));
    assert_eq!(sent(&server, "PATCH"), json!({ "events": [] }));
}

#[test]
fn deliveries_and_a_replay() {
    let (server, dbx) = (server(), Dbx::new());
    let delivery = json!({
        "id": "msg_1", "type": "WorkflowFinished", "status": "failing", "attempts": 3, "responseStatus": 500,
        "excerpt": "no", "createdAt": "2026-01-01T00:00:00Z", "lastAttemptAt": "2026-01-01T00:01:00Z",
    });
    server.gives(&format!("GET /v1/webhooks/{ID}/deliveries"), page(json!([delivery])));
    server.gives(&format!("POST /v1/webhooks/{ID}:replay"), webhook("enabled"));
    let (_, stdout, _) = dbx.with_token(&server.url(), &format!("webhook deliveries {ID}"));
    assert!(stdout.contains("2026-01-01 00:01:00Z  WorkflowFinished  failing  500     3"), "{stdout}");
    let (code, _, stderr) = dbx.with_token(&server.url(), &format!("webhook replay {ID} --from 2026-01-01"));
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(sent(&server, "POST"), json!({ "from": "2026-01-01T00:00:00Z" }));
    let message = "000000000000000014040000000000000000046";
    assert_eq!(
        dbx.with_token(&server.url(), &format!("webhook replay {ID} --from msg_{message}")).0,
        Some(0)
    );
    assert_eq!(sent(&server, "POST"), json!({ "from": message }));
}
