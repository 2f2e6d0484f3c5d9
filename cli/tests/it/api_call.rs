//! `dbx api`: any call.

use crate::{
    program::Dbx,
    server::{Reply, Server},
};
use serde_json::{Value, json};

#[test]
fn a_call_prints_the_answers_body() {
    let (server, dbx) = (Server::new(), Dbx::new());
    server.gives("GET /v1/plans", json!({ "data": [], "x": 1 }));
    for path in ["/plans?a=b", "/v1/plans"] {
        let (code, stdout, stderr) = dbx.with_token(&server.url(), &format!("api get {path}"));
        assert_eq!((code, stderr.as_str()), (Some(0), ""));
        assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap(), json!({ "data": [], "x": 1 }));
    }
    let asked = server.asked();
    assert_eq!(asked[0].line, "GET /v1/plans?a=b");
    assert_eq!(asked[0].headers["authorization"], "Bearer dbx_test");
    assert!(!asked[0].headers.contains_key("idempotency-key"));
}

#[test]
fn a_changing_call_sends_its_body_and_a_key() {
    let (server, dbx) = (Server::new(), Dbx::new());
    server.on("PATCH /v1/users/me", [Reply::HangUp, Reply::Json(200, json!({ "id": "usr_1" }))]);
    let (code, _, stderr) =
        dbx.with_token(&server.url(), r#"api PATCH /users/me --data {"displayName":"A"}"#);
    assert_eq!(code, Some(0), "{stderr}");
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].headers["idempotency-key"], asked[1].headers["idempotency-key"]);
    assert_eq!(asked[0].headers["content-type"], "application/json");
}

#[test]
fn a_list_can_be_read_to_its_end() {
    let (server, dbx) = (Server::new(), Dbx::new());
    let page =
        |item: u32, next: Option<&str>| Reply::Json(200, json!({ "data": [item], "nextPageToken": next }));
    server.on("GET /v1/orgs", [page(1, Some("t/2")), page(2, None)]);
    let (_, stdout, _) = dbx.with_token(&server.url(), "api GET /orgs --all");
    assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap()["data"], json!([1, 2]));
    assert!(server.asked()[1].line.ends_with("page%5Btoken%5D=t%2F2"), "{:?}", server.asked());
}

#[test]
fn a_list_is_read_to_its_end_whatever_page_the_path_asks_for() {
    let (server, dbx) = (Server::new(), Dbx::new());
    server.gives("GET /v1/orgs", json!({ "data": [1], "nextPageToken": null }));
    let (code, _, stderr) = dbx.with_token(&server.url(), "api GET /orgs?page[size]=1&x=a%20b --all");
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(server.asked()[0].line, "GET /v1/orgs?x=a+b&page%5Bsize%5D=200");
    for line in ["api GET /orgs?page[token]=t --all", "api POST /orgs --all", "api GET /orgs -d {} --all"] {
        assert_eq!(dbx.with_token(&server.url(), line).0, Some(1), "{line}");
    }
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn what_is_no_json_comes_as_it_is() {
    let (server, dbx) = (Server::new(), Dbx::new());
    server.on("GET /v1/x", [Reply::Text("text/csv", "a,b\n1,2\n".to_owned())]);
    assert_eq!(dbx.with_token(&server.url(), "api GET /x").1, "a,b\n1,2\n");
}

#[test]
fn what_is_no_path_or_no_json_is_not_sent() {
    let (server, dbx) = (Server::new(), Dbx::new());
    for line in [
        "api GET orgs",
        "api GET //evil.example/x",
        "api GET https://evil.example",
        "api POST /orgs -d {",
        "api PUT /orgs",
    ] {
        let (code, _, stderr) = dbx.with_token(&server.url(), line);
        assert_eq!(code, Some(1), "{line}: {stderr}");
    }
    assert!(server.asked().is_empty());
}
