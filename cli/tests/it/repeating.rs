//! Lost answers: a changing call is sent again under the same key, so it is done once.

use crate::{
    fixtures,
    program::Dbx,
    server::{Asked, Reply, Server},
};
use serde_json::{Value, json};

fn org() -> Value {
    json!({ "id": "org_01m865hx0xemevrfkmhe49aehx", "name": "Acme", "role": "owner", "createdAt": "2026-01-01T00:00:00Z" })
}

fn keys(asked: &[Asked]) -> Vec<Option<String>> {
    asked.iter().map(|asked| asked.headers.get("idempotency-key").cloned()).collect()
}

#[test]
fn a_lost_answer_is_asked_for_again_under_the_same_key() {
    let (server, dbx) = (Server::new(), Dbx::new());
    server.on("POST /v1/orgs", [Reply::HangUp, Reply::HangUp, Reply::Json(201, org())]);
    let (code, stdout, stderr) = dbx.with_token(&server.url(), "org create Acme");
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("Acme"), "{stdout}");
    let asked = server.asked();
    assert_eq!(asked.len(), 3);
    let keys = keys(&asked);
    assert!(keys[0].as_ref().is_some_and(|key| key.len() >= 16), "{keys:?}");
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert!(asked.iter().all(|asked| asked.body == asked_body("Acme")), "{asked:?}");
}

#[test]
fn an_order_whose_answers_are_all_lost_can_be_repeated_as_the_same() {
    let (server, dbx) = (Server::new(), Dbx::new());
    server.on("POST /v1/orgs", vec![Reply::HangUp; 8]);
    let (code, stdout, stderr) = dbx.with_token(&server.url(), "org create Acme -o json");
    assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
    let failure: Value = serde_json::from_str(&stderr).unwrap();
    assert_eq!(failure["code"], "answer_lost");
    let key = keys(&server.asked())[0].clone().unwrap();
    assert_eq!(failure["idempotencyKey"], key.as_str());
    assert!(failure["next"].as_str().unwrap().contains(&format!("--idempotency-key {key}")), "{failure}");
}

#[test]
fn a_server_in_trouble_settles_nothing() {
    let trouble = |status: u16| {
        let body = json!({ "title": "T", "status": status, "detail": "d", "code": "unavailable", "requestId": "r-1" });
        Reply::Json(status, body)
    };
    let strange = Reply::Text("text/html", "<h1>proxy</h1>".to_owned());
    for replies in [vec![Reply::HangUp, trouble(503)], vec![Reply::HangUp, trouble(500)], vec![strange]] {
        let (server, dbx) = (Server::new(), Dbx::new());
        server.on("POST /v1/orgs", replies);
        let (code, stdout, stderr) = dbx.with_token(&server.url(), "org create Acme -o json");
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
        let failure: Value = serde_json::from_str(&stderr).unwrap();
        assert_eq!(failure["code"], "answer_lost", "{failure}");
        assert_eq!(failure["idempotencyKey"], keys(&server.asked())[0].clone().unwrap().as_str());
    }
}

fn asked_body(name: &str) -> String {
    json!({ "name": name }).to_string()
}

#[test]
fn every_run_has_a_key_of_its_own_unless_one_is_given() {
    let (server, dbx) = (Server::new(), Dbx::new());
    server.on("POST /v1/orgs", [Reply::Json(201, org())]);
    for _ in 0..2 {
        dbx.with_token(&server.url(), "org create Acme");
    }
    dbx.with_token(&server.url(), "org create Acme --idempotency-key nightly-7");
    let keys = keys(&server.asked());
    assert_ne!(keys[0], keys[1]);
    assert_eq!(keys[2].as_deref(), Some("nightly-7"));
}

#[test]
fn a_busy_server_is_given_time_and_a_refusal_is_final() {
    let (server, dbx) = (Server::new(), Dbx::new());
    let problem = |status: u16, code: &str| {
        let body = json!({
            "type": format!("https://db.xyz/problems/{code}"), "title": "T", "status": status, "detail": "d",
            "code": code, "requestId": "r-1", "errors": [], "retryable": status == 503,
        });
        Reply::Json(status, body)
    };
    server.on("POST /v1/orgs", [problem(503, "unavailable"), problem(409, "name_taken")]);
    let (code, _, stderr) = dbx.with_token(&server.url(), "org create Acme");
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("r-1"), "{stderr}");
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn what_has_no_key_is_never_repeated() {
    let (server, dbx) = (Server::new(), Dbx::new());
    server.on("POST /v1/auth/login", [Reply::HangUp]);
    let line = format!("--api {} login --email a@example.com --password-stdin", server.url());
    let (code, _, stderr) = dbx.with_input(&line, "secret\n");
    assert_eq!(code, Some(2), "{stderr}");
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_change_is_made_to_the_version_that_was_read() {
    let (server, dbx) = (Server::new(), Dbx::new());
    let mut instance: Value = serde_json::to_value(&fixtures::instances()[0]).unwrap();
    let id = instance["id"].as_str().unwrap().to_owned();
    instance["tags"] = json!({ "team": "a", "env": "prod" });
    let newer = {
        let mut newer = instance.clone();
        newer["version"] = json!(99);
        newer["tags"] = json!({ "team": "b", "env": "prod" });
        newer
    };
    server.on(
        &format!("GET /v1/instances/{id}"),
        [Reply::Json(200, instance), Reply::Json(200, newer.clone())],
    );
    let changed = json!({
        "type": "x", "title": "T", "status": 412, "detail": "d", "code": "precondition_failed", "requestId": "r",
        "errors": [], "retryable": false,
    });
    server.on(&format!("PATCH /v1/instances/{id}"), [Reply::Json(412, changed), Reply::Json(200, newer)]);
    let (code, _, stderr) =
        dbx.with_token(&server.url(), &format!("instance update {id} --untag env --tag x=y"));
    assert_eq!(code, Some(0), "{stderr}");
    let last = last_change(&server);
    assert_eq!(last.headers["if-match"], "\"99\"");
    assert_eq!(
        serde_json::from_str::<Value>(&last.body).unwrap(),
        json!({ "tags": { "team": "b", "x": "y" } })
    );
}

fn last_change(server: &Server) -> Asked {
    server.asked().into_iter().rfind(|asked| asked.line.starts_with("PATCH")).unwrap()
}

#[test]
fn the_last_label_can_go() {
    let (server, dbx) = (Server::new(), Dbx::new());
    let mut instance: Value = serde_json::to_value(&fixtures::instances()[0]).unwrap();
    let id = instance["id"].as_str().unwrap().to_owned();
    instance["tags"] = json!({ "env": "prod" });
    server.gives(&format!("GET /v1/instances/{id}"), instance.clone());
    server.gives(&format!("PATCH /v1/instances/{id}"), instance);
    dbx.with_token(&server.url(), &format!("instance update {id} --untag env"));
    assert_eq!(last_change(&server).body, json!({ "tags": {} }).to_string());
}

const PROJECT: &str = "prj_01m865hx0xemevrfkmhe49aehx";

#[test]
fn what_took_its_own_name_away_is_repeated_by_its_id() {
    let (server, dbx) = (crate::commands::with_org(), Dbx::new());
    let project = json!({ "id": PROJECT, "orgId": crate::commands::ORG, "name": "myapp", "createdAt": "2026-01-01T00:00:00Z" });
    let list = format!("GET /v1/orgs/{}/projects", crate::commands::ORG);
    server.gives(&list, crate::commands::page(json!([project])));
    let delete = format!("DELETE /v1/projects/{PROJECT}");
    server.on(&delete, [Reply::HangUp]);
    let line = "project delete myapp --force -o json --idempotency-key k-1";
    let (code, _, stderr) = dbx.with_token(&server.url(), line);
    let failure: Value = serde_json::from_str(&stderr).unwrap();
    assert_eq!((code, &failure["retryable"]), (Some(2), &json!(false)), "the name may be gone");
    let next = failure["next"].as_str().unwrap();
    assert!(next.contains(&format!("--idempotency-key k-1 and {PROJECT} in the place of myapp")), "{next}");
    // It was done; what it says is kept for its key.
    let gone = json!({ "type": "x", "title": "Not found", "status": 404, "detail": "there is no such project",
                       "code": "not_found", "requestId": "r", "errors": [], "retryable": false });
    server.on(&format!("GET /v1/projects/{PROJECT}"), [Reply::Json(404, gone)]);
    server.on(&delete, [Reply::Json(200, json!({}))]);
    let line = format!("project delete {PROJECT} --force");
    assert_eq!(dbx.with_token(&server.url(), &line).0, Some(1), "nothing is repeated without the key");
    let (code, _, stderr) = dbx.with_token(&server.url(), &format!("{line} --idempotency-key k-1"));
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(server.asked().last().unwrap().headers["idempotency-key"], "k-1");
}

#[test]
fn labels_whose_answer_is_lost_are_looked_at_and_not_sent_again() {
    let (server, dbx) = (Server::new(), Dbx::new());
    let instance = &fixtures::instances()[0];
    server.gives(&format!("GET /v1/instances/{}", instance.id), json!(instance));
    server.on(&format!("PATCH /v1/instances/{}", instance.id), [Reply::HangUp]);
    let line = format!("instance update {} --tag a=b -o json --idempotency-key k-1", instance.id);
    let failure: Value = serde_json::from_str(&dbx.with_token(&server.url(), &line).2).unwrap();
    assert_eq!((&failure["code"], &failure["retryable"]), (&json!("answer_lost"), &json!(false)));
    let next = failure["next"].as_str().unwrap();
    assert!(next.contains(&format!("dbx instance info {}", instance.id)), "{next}");
}
