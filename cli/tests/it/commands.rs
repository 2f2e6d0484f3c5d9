//! Whole commands against a scripted server.

use crate::{
    golden::assert_golden,
    program::{Dbx, told},
    server::{Reply, Server},
};
use serde_json::{Value, json};

pub(crate) const ORG: &str = "org_01m865hx0xemevrfkmhe49aehx";

/// A server whose caller has one org.
pub(crate) fn with_org() -> Server {
    let server = Server::new();
    server.gives(
        "GET /v1/orgs",
        page(json!([
            { "id": ORG, "name": "Acme", "role": "owner", "createdAt": "2026-01-01T00:00:00Z" }
        ])),
    );
    server
}

pub(crate) fn page(items: Value) -> Value {
    json!({ "data": items, "nextPageToken": null })
}

#[test]
fn an_order_goes_as_it_was_typed_so_that_everything_wrong_is_told_at_once() {
    let (server, dbx) = (with_org(), Dbx::new());
    let project =
        json!({ "id": "prj_1", "orgId": ORG, "name": "myapp", "createdAt": "2026-01-01T00:00:00Z" });
    server.gives(&format!("GET /v1/orgs/{ORG}/projects"), page(json!([project])));
    let errors = json!([
        { "field": "pgVersion", "message": "expected a number", "allowed": [16, 17] },
        { "field": "name", "message": "is not a name" },
    ]);
    let refusal = json!({ "title": "Some values are not acceptable", "status": 422, "code": "validation_failed",
                          "errors": errors, "retryable": false, "type": "x", "requestId": "r", "detail": "two" });
    server.on("POST /v1/projects/prj_1/instances", [Reply::Json(422, refusal)]);
    let line = "instance create --name A! --plan nano --pg huge --disk -5 --tag a=b";
    let (code, _, stderr) = dbx.with_token(&server.url(), line);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("(--pg): expected") && stderr.contains("(--name): is not"), "{stderr}");
    let sent: Value = serde_json::from_str(&server.asked().last().unwrap().body).unwrap();
    let expected =
        json!({ "name": "A!", "plan": "nano", "pgVersion": "huge", "diskGiB": -5, "tags": { "a": "b" } });
    assert_eq!(sent, expected);
}

#[test]
fn a_newer_servers_words_and_a_problem_that_says_little_are_read() {
    let (server, dbx) = (with_org(), Dbx::new());
    let org = json!({ "id": ORG, "name": "Acme", "role": "billing", "createdAt": "2026-01-01T00:00:00Z", "new": 1 });
    server.gives("GET /v1/orgs", page(json!([org])));
    let (code, stdout, stderr) = dbx.with_token(&server.url(), "org list");
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("other"), "{stdout}");
    assert!(dbx.with_token(&server.url(), "org list -o json").1.contains("billing"));
    server.on("GET /v1/plans", [Reply::Json(418, json!({ "title": "I am a teapot" }))]);
    let (code, _, stderr) = dbx.with_token(&server.url(), "plans");
    assert_eq!((code, stderr.as_str()), (Some(1), "error: I am a teapot\n"));
}

#[test]
fn a_projects_limits_are_shown_set_and_lifted() {
    let (server, dbx) = (with_org(), Dbx::new());
    let project =
        json!({ "id": "prj_1", "orgId": ORG, "name": "myapp", "createdAt": "2026-01-01T00:00:00Z" });
    server.gives(&format!("GET /v1/orgs/{ORG}/projects"), page(json!([project])));
    let quota = json!({
        "limits": { "instances": 3, "vcpus": null, "memoryMiB": 4096, "diskGiB": null },
        "used": { "instances": 1, "vcpus": 2, "memoryMiB": 2048, "diskGiB": 20 },
    });
    server.gives("GET /v1/projects/prj_1/quota", quota.clone());
    server.gives("PATCH /v1/projects/prj_1/quota", quota);
    let (code, stdout, stderr) = dbx.with_token(&server.url(), "project quota");
    assert_eq!(code, Some(0), "{stderr}");
    assert_golden("project-quota", &stdout);
    assert_eq!(dbx.with_token(&server.url(), "project quota myapp --instances none --disk 50").0, Some(0));
    let sent: Value = serde_json::from_str(&server.asked().last().unwrap().body).unwrap();
    assert_eq!(sent, json!({ "instances": null, "diskGiB": 50 }));
    let (code, _, stderr) = dbx.with_token(&server.url(), "project quota --instances many --vcpus -1");
    assert!(code == Some(1) && stderr.contains("--instances") && stderr.contains("--vcpus"), "{stderr}");
    assert_eq!(dbx.with_token(&server.url(), "org quota --instances none").0, Some(1), "an org has limits");
    let amounts = json!({ "instances": 1, "vcpus": 2, "memoryMiB": 2048, "diskGiB": 20 });
    server.gives(&format!("PATCH /v1/orgs/{ORG}/quota"), json!({ "used": amounts, "limits": amounts }));
    assert_eq!(dbx.with_token(&server.url(), "org quota --instances default").0, Some(0));
    assert_eq!(server.asked().last().unwrap().body, json!({ "instances": null }).to_string());
}

#[test]
fn the_environment_chooses_and_is_named() {
    let (server, dbx) = (with_org(), Dbx::new());
    server.gives(
        "GET /v1/users/me",
        json!({ "id": "usr_1", "email": "ann@example.com", "displayName": "Ann" }),
    );
    server.gives("GET /v1/plans", serde_json::from_str(include_str!("../fixtures/plans.json")).unwrap());
    let run = |line: &str, org: &str| {
        let mut command = dbx.command(line);
        command.env("DBX_API_URL", server.url()).env("DBX_TOKEN", "dbs_test").env("DBX_ORG", org);
        told(command.output().unwrap())
    };
    for line in ["whoami", "doctor"] {
        let (_, stdout, stderr) = run(line, "Acme");
        assert!(stdout.contains("Acme (from DBX_ORG)"), "{line}: {stdout}{stderr}");
    }
    let (code, stdout, _) = run("doctor", "nope");
    assert!(code != Some(0) && stdout.contains("no org \"nope\"") && stdout.contains("DBX_ORG"), "{stdout}");
    let (code, stdout, _) = run("whoami", "nope");
    assert!(code == Some(0) && stdout.contains("no org \"nope\""), "{stdout}");
}

#[test]
fn a_label_is_not_both_set_and_removed() {
    let (server, dbx) = (Server::new(), Dbx::new());
    let (code, _, stderr) = dbx.with_token(&server.url(), "instance update x --tag k=1 --untag k");
    assert!(code == Some(1) && stderr.contains("--untag"), "{stderr}");
    assert!(server.asked().is_empty());
}

#[test]
fn an_id_of_another_kind_is_told_with_the_command_for_it() {
    let (server, dbx) = (with_org(), Dbx::new());
    let job = "job_01m865p84qe80sxj660wgcaa40";
    let (code, _, stderr) = dbx.with_token(&server.url(), &format!("instance info {job}"));
    assert_eq!(code, Some(1));
    assert!(
        stderr.contains("the id of a job") && stderr.contains(&format!("dbx job info {job}")),
        "{stderr}"
    );
}

#[test]
fn a_key_in_use_is_named_without_its_secret() {
    let (server, dbx) = (with_org(), Dbx::new());
    server.gives(
        "GET /v1/users/me",
        json!({ "id": "usr_1", "email": "ann@example.com", "displayName": "Ann" }),
    );
    let mut command = dbx.command("whoami");
    command.env("DBX_API_URL", server.url()).env("DBX_TOKEN", "dbx_h7x2_hidden");
    let (code, stdout, stderr) = told(command.output().unwrap());
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("API key dbx_h7x2… (owner of Acme), from DBX_TOKEN"), "{stdout}");
    assert!(!stdout.contains("hidden"));
}

#[test]
fn orgs_of_the_same_name_are_told_apart() {
    let (server, dbx) = (Server::new(), Dbx::new());
    let org = |id: &str| json!({ "id": id, "name": "My org", "role": "owner", "createdAt": "2026-01-01T00:00:00Z" });
    server.gives("GET /v1/orgs", page(json!([org("org_a"), org("org_b")])));
    let (code, _, stderr) = dbx.with_token(&server.url(), "project list");
    assert_eq!(code, Some(1));
    assert!(stderr.contains("My org (org_a), My org (org_b)"), "{stderr}");
    assert!(stderr.contains("dbx org select org_a"), "{stderr}");
}

#[test]
fn variables_are_no_part_of_the_usage_and_wrong_ones_are_named() {
    let dbx = Dbx::new();
    let with =
        |name: &str, value: &str, line: &str| told(dbx.command(line).env(name, value).output().unwrap());
    let (_, _, stderr) = with("DBX_ORG", "Acme", "instance info");
    assert!(
        stderr.contains("Usage: dbx instance info [OPTIONS] <INSTANCE>") || !stderr.contains("--org"),
        "{stderr}"
    );
    let (code, _, stderr) = with("DBX_API_URL", "ftp://x", "whoami");
    assert_eq!(code, Some(1));
    assert!(stderr.contains("DBX_API_URL is \"ftp://x\""), "{stderr}");
}

#[test]
fn deletes_fail_closed_where_nobody_can_be_asked() {
    let (server, dbx) = (with_org(), Dbx::new());
    server.on(&format!("DELETE /v1/orgs/{ORG}"), [Reply::Json(204, Value::Null)]);
    let (code, _, stderr) = dbx.with_token(&server.url(), "org delete Acme");
    assert_eq!(code, Some(1));
    assert!(stderr.contains("--force"), "{stderr}");
    let document: Value =
        serde_json::from_str(&dbx.with_token(&server.url(), "org delete Acme -o json").2).unwrap();
    assert_eq!(document["code"], "confirmation_required");
    assert!(!server.asked().iter().any(|asked| asked.line.starts_with("DELETE")));
    assert_eq!(dbx.with_token(&server.url(), "org delete Acme --force").0, Some(0));
}

#[test]
fn a_key_is_shown_once_and_alone_to_scripts() {
    let (server, dbx) = (with_org(), Dbx::new());
    server.on("POST /v1/apikeys", [Reply::Json(201, json!({
        "id": "key_1", "orgId": ORG, "userId": "usr_1", "name": "ci", "prefix": "abc", "role": "member",
        "token": "dbx_abc_secret", "createdAt": "2026-01-01T00:00:00Z", "expiresAt": null, "lastUsedAt": null,
    }))]);
    let (_, stdout, stderr) =
        dbx.with_token(&server.url(), "apikey create --name ci --role member --expires 90d");
    assert!(stdout.contains("dbx_abc_secret") && stderr.contains("once"), "{stdout}{stderr}");
    let sent: Value = serde_json::from_str(&server.asked().last().unwrap().body).unwrap();
    assert!(sent["expiresAt"].as_str().unwrap().ends_with('Z'), "{sent}");
    let quiet = dbx.with_token(&server.url(), "apikey create --name ci --role member -q");
    assert_eq!(quiet, (Some(0), "dbx_abc_secret\n".to_owned(), String::new()));
}

#[test]
fn an_invitation_is_accepted_by_link_or_by_token() {
    let (server, dbx) = (Server::new(), Dbx::new());
    let org = json!({ "id": ORG, "name": "Acme", "role": "member", "createdAt": "2026-01-01T00:00:00Z" });
    server.gives("POST /v1/invitations/tok-en_1/accept", org);
    for given in
        ["https://db.example.com/invitations#tok-en_1", "http://127.0.0.1:8080/invite/tok-en_1", "tok-en_1"]
    {
        let (code, _, stderr) = dbx.with_token(&server.url(), &format!("org accept {given}"));
        assert_eq!(code, Some(0), "{stderr}");
    }
    for given in ["https://db.example.com/invitations#", "a/../b", "https://db.example.com"] {
        assert_eq!(dbx.with_token(&server.url(), &format!("org accept {given}")).0, Some(1), "{given}");
    }
}

#[test]
fn a_member_is_found_by_address_name_or_id() {
    let (server, dbx) = (with_org(), Dbx::new());
    let member = |id: &str, name: &str| {
        json!({ "userId": id, "displayName": name, "email": format!("{id}@example.com"), "role": "viewer",
                "joinedAt": "2026-01-01T00:00:00Z" })
    };
    let members = json!([member("usr_a", "Ann"), member("usr_b", "Bo"), member("usr_c", "Bo")]);
    server.gives(&format!("GET /v1/orgs/{ORG}/members"), page(members));
    server.gives(&format!("PATCH /v1/orgs/{ORG}/members/usr_a"), member("usr_a", "Ann"));
    for wanted in ["Ann", "usr_a@example.com", "usr_a"] {
        assert_eq!(
            dbx.with_token(&server.url(), &format!("org role {wanted} viewer")).0,
            Some(0),
            "{wanted}"
        );
    }
    let (code, _, stderr) = dbx.with_token(&server.url(), "org role Bo viewer");
    assert_eq!(code, Some(1), "two have this name: {stderr}");
}
