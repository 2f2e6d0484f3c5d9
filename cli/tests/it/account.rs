//! The account, sessions, quota, and the way into the console.

use crate::{
    commands::{ORG, page, with_org},
    golden::assert_golden,
    program::{Dbx, told},
    server::{Reply, Server},
};
use serde_json::{Value, json};
use std::process::Stdio;

#[test]
fn a_password_is_changed_by_two_lines_and_the_session_goes_on() {
    let (server, dbx) = (Server::new(), Dbx::new());
    let opened = |token: &str| {
        json!({
            "id": "ses_1", "token": token, "expiresAt": "2027-01-01T00:00:00Z",
            "user": { "id": "usr_1", "email": "ann@example.com", "displayName": "Ann" },
        })
    };
    server.gives("POST /v1/auth/login", opened("dbs_old"));
    server.gives("POST /v1/users/me/password", opened("dbs_new"));
    server.gives("GET /v1/orgs", page(json!([])));
    let line = |rest: &str| format!("--api {} {rest}", server.url());
    dbx.with_input(&line("login --email ann@example.com --password-stdin"), "old secret\n");
    let (code, stdout, stderr) =
        dbx.with_input(&line("account password --password-stdin"), "old secret\nnew secret\n");
    assert_eq!(code, Some(0), "{stderr}");
    assert!(!format!("{stdout}{stderr}").contains("secret"), "{stdout}{stderr}");
    dbx.run(&line("org list"));
    let asked = server.asked();
    let sent: Value = serde_json::from_str(&asked[1].body).unwrap();
    assert_eq!(
        (&sent["currentPassword"], &sent["newPassword"]),
        (&json!("old secret"), &json!("new secret"))
    );
    assert_eq!(asked[2].headers["authorization"], "Bearer dbs_new");
}

#[test]
fn sessions_are_listed_and_ended() {
    let (server, dbx) = (Server::new(), Dbx::new());
    let session = |id: &str, current: bool| {
        json!({ "id": id, "current": current, "ip": "192.0.2.1", "userAgent": "dbx/0.1.0",
                "createdAt": "2026-01-01T00:00:00Z", "lastSeenAt": "2026-01-02T00:00:00Z",
                "expiresAt": "2026-02-01T00:00:00Z" })
    };
    let other = "ses_01m865hx0xemevrfkmhe49aehx";
    server.gives(
        "GET /v1/users/me/sessions",
        json!({ "data": [session("ses_this", true), session(other, false)] }),
    );
    server.on(&format!("DELETE /v1/users/me/sessions/{other}"), [Reply::Json(204, Value::Null)]);
    assert_golden("sessions", &dbx.with_token(&server.url(), "account sessions list").1);
    assert_eq!(dbx.with_token(&server.url(), &format!("account sessions revoke {other}")).0, Some(0));
    let (code, _, stderr) = dbx.with_token(&server.url(), "account sessions revoke ../me");
    assert_eq!(code, Some(1));
    assert!(stderr.contains(other), "{stderr}");
}

#[test]
fn quotas_take_numbers_and_nothing_else() {
    let (server, dbx) = (with_org(), Dbx::new());
    let amounts = json!({ "instances": 3, "vcpus": 4, "memoryMiB": 8192, "diskGiB": 100 });
    let quota = json!({ "used": amounts, "limits": amounts });
    server.gives(&format!("GET /v1/orgs/{ORG}/quota"), quota.clone());
    server.gives(&format!("PATCH /v1/orgs/{ORG}/quota"), quota);
    assert_golden("quota", &dbx.with_token(&server.url(), "org quota").1);
    assert_eq!(dbx.with_token(&server.url(), "org quota --vcpus 4").0, Some(0));
    assert_eq!(server.asked().pop().unwrap().body, r#"{"vcpus":4}"#);
    let before = server.asked().len();
    let (code, _, stderr) = dbx.with_token(&server.url(), "org quota --vcpus -1 --disk=much");
    assert_eq!(code, Some(1));
    assert!(stderr.contains("--vcpus: write a whole number") && stderr.contains("--disk: write"), "{stderr}");
    assert_eq!(server.asked().len(), before, "nothing was sent");
}

#[test]
fn the_consoles_address_is_printed_where_no_browser_is() {
    let (server, dbx) = (with_org(), Dbx::new());
    let (code, stdout, _) = dbx.with_token(&server.url(), "open");
    assert_eq!((code, stdout), (Some(0), format!("{}/orgs/{ORG}\n", server.url())));
}

#[test]
fn a_browser_that_is_named_is_begun() {
    let (server, dbx) = (with_org(), Dbx::new());
    let mut command = dbx.command("open");
    command.env("DBX_API_URL", server.url()).env("DBX_TOKEN", "dbx_test").env("BROWSER", "/bin/true");
    let (code, stdout, stderr) = told(command.output().unwrap());
    assert_eq!((code, stdout.as_str()), (Some(0), ""));
    assert!(stderr.contains("opened http"), "{stderr}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let (server, dbx) = (with_org(), Dbx::new());
    let mut command = dbx.command("org list");
    command.env("DBX_API_URL", server.url()).env("DBX_TOKEN", "dbx_test");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let (code, _, stderr) = told(child.wait_with_output().unwrap());
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
}

#[test]
fn an_account_is_erased_with_its_password_and_forgotten_here() {
    let (server, dbx) = (Server::new(), Dbx::new());
    let user = json!({ "id": "usr_1", "email": "ann@example.com", "displayName": "Ann" });
    server.gives(
        "POST /v1/auth/login",
        json!({ "id": "ses_1", "token": "dbs_1", "expiresAt": "2027-01-01T00:00:00Z", "user": user }),
    );
    server.gives("GET /v1/users/me", user);
    server.on("DELETE /v1/users/me", [Reply::Json(204, Value::Null)]);
    let line = |rest: &str| format!("--api {} {rest}", server.url());
    dbx.with_input(&line("login --email ann@example.com --password-stdin"), "secret\n");
    let (code, _, stderr) = dbx.with_input(&line("account delete --password-stdin"), "secret\n");
    assert_eq!(code, Some(1), "nobody typed its name");
    assert!(stderr.contains("--force"), "{stderr}");
    let (code, _, stderr) = dbx.with_input(&line("account delete --force --password-stdin"), "secret\n");
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(server.asked().pop().unwrap().body, r#"{"password":"secret"}"#);
    assert!(dbx.run(&line("whoami")).2.contains("not signed in"));
}

#[test]
fn an_account_that_may_be_there_is_not_to_be_made_again_blindly() {
    let (server, dbx) = (Server::new(), Dbx::new());
    server.on("POST /v1/auth/register", [Reply::HangUp]);
    let line = format!("--api {} register --email a@example.com --password-stdin -o json", server.url());
    let (code, _, stderr) = dbx.with_input(&line, "a long secret\n");
    assert_eq!(code, Some(2), "{stderr}");
    let failure: Value = serde_json::from_str(&stderr).unwrap();
    assert_eq!((&failure["code"], &failure["retryable"]), (&json!("answer_lost"), &json!(false)));
    assert!(failure["next"].as_str().unwrap().contains("login"), "{failure}");
    assert_eq!(server.asked().len(), 1);
}
