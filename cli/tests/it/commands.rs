//! Whole commands against a scripted server.

use crate::{
    program::Dbx,
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

fn plans() -> Value {
    serde_json::from_str(include_str!("../fixtures/plans.json")).unwrap()
}

#[test]
fn wild_numbers_are_answered_with_what_is_offered() {
    let (server, dbx) = (Server::new(), Dbx::new());
    server.gives("GET /v1/plans", plans());
    server.gives(
        "GET /v1/orgs",
        page(json!([
            { "id": ORG, "name": "Acme", "role": "owner", "createdAt": "2026-01-01T00:00:00Z" }
        ])),
    );
    server.gives(
        &format!("GET /v1/orgs/{ORG}/projects"),
        page(json!([
            { "id": "prj_1", "orgId": ORG, "name": "myapp", "createdAt": "2026-01-01T00:00:00Z" }
        ])),
    );
    let order = |more: &str| {
        let line = format!("instance create --name a --plan nano {more}");
        let (code, _, stderr) = dbx.with_token(&server.url(), &line);
        assert_eq!(code, Some(1), "{more}");
        stderr
    };
    for pg in ["--pg huge", "--pg -1", "--pg=17.2", "--pg 99999999999999999999"] {
        let stderr = order(pg);
        assert!(stderr.contains("(--pg)") && stderr.contains("allowed: 16, 17, 18"), "{stderr}");
    }
    for disk in ["--disk=-5", "--disk -5", "--disk much", "--disk 1e3", "--disk 4294967296"] {
        let stderr = order(disk);
        assert!(stderr.contains("(--disk)") && stderr.contains("for plan nano"), "{stderr}");
    }
    let document: Value = serde_json::from_str(&order("--pg huge --disk=-5 -o json")).unwrap();
    assert_eq!(document["code"], "validation_failed");
    assert_eq!(document["errors"].as_array().unwrap().len(), 2, "both at once");
    assert!(server.asked().iter().all(|asked| asked.line.starts_with("GET ")), "nothing was ordered");
}

#[test]
fn deletes_fail_closed_where_nobody_can_be_asked() {
    let (server, dbx) = (with_org(), Dbx::new());
    server.on(&format!("DELETE /v1/orgs/{ORG}"), [Reply::Json(204, Value::Null)]);
    let (code, _, stderr) = dbx.with_token(&server.url(), "org delete Acme");
    assert_eq!(code, Some(1));
    assert!(stderr.contains("--force"), "{stderr}");
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
