//! What every answer carries, and the paths for operators.

use crate::stand::Stand;
use dbx_gateway::Settings;
use poem::endpoint::make_sync;

#[tokio::test]
async fn request_ids_are_taken_over_if_safe_and_made_otherwise() {
    let stand = Stand::new().await;
    let with = |id: &str| stand.get("/v1/plans").header("x-request-id", id).send();
    assert_eq!(with("trace-42.a_b").await.header("x-request-id"), Some("trace-42.a_b"));
    for unsafe_id in ["", "a b", "<script>", &"x".repeat(129)] {
        let reply = with(unsafe_id).await;
        let made = reply.header("x-request-id").unwrap();
        assert_ne!(made, unsafe_id);
        assert_eq!(made.len(), 32);
    }
}

#[tokio::test]
async fn a_request_id_reaches_the_events() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let path = format!("/v1/orgs/{}/projects", ada.org);
    let body = serde_json::json!({ "name": "shop" });
    let reply = stand.post(&path).by(&ada).header("x-request-id", "trace-42").json(&body).send().await;
    assert_eq!(reply.status, 201);
    let events = stand.store.read_stream("org", &ada.org.to_string(), 2, 1).await.unwrap();
    assert_eq!(events[0].metadata["request_id"], "trace-42");
    assert_eq!(events[0].metadata["actor_id"], ada.account.to_string());
    assert_eq!(events[0].metadata["org"], ada.org.to_string());
}

#[tokio::test]
async fn security_headers_are_on_answers_and_problems() {
    let stand = Stand::with(Settings { behind_proxy: true, ..Settings::default() }).await;
    for path in ["/v1/plans", "/v1/nothing", "/docs/api"] {
        let reply = stand.get(path).header("x-forwarded-proto", "https").send().await;
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert!(reply.header("strict-transport-security").is_some(), "{path}");
    }
    let plain = stand.get("/v1/plans").send().await;
    assert!(plain.header("strict-transport-security").is_none());
}

#[tokio::test]
async fn forwarded_addresses_are_believed_only_behind_our_proxy() {
    for (behind_proxy, expected) in [(true, Some("198.51.100.7")), (false, None)] {
        let stand = Stand::with(Settings { behind_proxy, ..Settings::default() }).await;
        let ada = stand.somebody("ada").await;
        let body = serde_json::json!({ "name": "Acme" });
        let reply =
            stand.post("/v1/orgs").by(&ada).header("x-forwarded-for", "evil, 198.51.100.7").json(&body);
        let org = reply.send().await.text_at("/id");
        let origin =
            dbx_sql::source::origins::find(stand.database.db(), "org", &org, 1).await.unwrap().unwrap();
        assert_eq!(origin.ip.as_deref(), expected);
        assert_eq!(origin.account, Some(ada.account));
    }
}

#[tokio::test]
async fn a_panic_is_a_problem_of_its_own_request() {
    let mut stand = Stand::new().await;
    let broken = make_sync(|_| -> String { panic!("secret detail") });
    stand.reroute(stand.app.routes().at("/broken", broken));
    let reply = stand.get("/broken").send().await;
    reply.problem(500, "internal");
    assert!(!reply.text.contains("secret detail"));
    assert_eq!(stand.get("/healthz").send().await.status, 200);
}

#[tokio::test]
async fn a_database_of_another_version_is_not_ready() {
    let stand = Stand::new().await;
    let owner = stand.database.connection().await;
    owner.execute("UPDATE dbx_migrations SET checksum = 'edited' WHERE version = 1", &[]).await.unwrap();
    stand.get("/readyz").send().await.problem(503, "unavailable");
}

#[tokio::test]
async fn operators_see_life_readiness_and_numbers() {
    let stand = Stand::new().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(stand.get(path).send().await.status, 200, "{path}");
    }
    let ada = stand.somebody("ada").await;
    stand.get(&format!("/v1/orgs/{}", ada.org)).by(&ada).send().await;
    stand.post("/v1/instances/ins_1:start").by(&ada).send().await;
    let text = stand.get("/metrics").send().await.text;
    for line in [
        "dbx_http_request_seconds_count{method=\"GET\",route=\"/v1/orgs/{orgId}\",status=\"200\"} 1",
        "dbx_http_request_seconds_count{method=\"POST\",route=\"/v1/instances/{id}:start\",status=\"404\"} 1",
        "dbx_workflow_queue{state=\"due\"} 0",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
}

#[tokio::test]
async fn the_document_and_its_page_are_served_without_foreign_assets() {
    let stand = Stand::new().await;
    assert_eq!(stand.get("/v1/openapi.json").send().await.text, dbx_gateway::openapi_json());
    let page = stand.get("/docs/api").send().await.text;
    assert!(page.contains("/v1/instances/{id}:rotate-creds") && !page.contains("/~rotate-creds"));
    assert!(!page.contains("src=\"http") && !page.contains("href=\"http"));
    let policy = stand.get("/docs/api").send().await;
    let policy = policy.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("http"), "{policy}");
    let data = stand.get("/v1/plans").send().await;
    assert_eq!(data.header("content-security-policy"), Some("default-src 'none'; frame-ancestors 'none'"));
}
