//! Changes under conditions: `If-Match`, keys on PATCH, and protection.

use crate::stand::Stand;
use serde_json::json;

#[tokio::test]
async fn a_change_is_refused_if_somebody_was_faster() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let (instance, _) = stand.order(&ada, &project, "db").await;
    let quota = format!("/v1/orgs/{}/quota", ada.org);
    let paths = [
        (
            format!("/v1/instances/{instance}"),
            json!({ "tags": { "a": "1" } }),
            json!({ "tags": { "a": "2" } }),
        ),
        (format!("/v1/orgs/{}", ada.org), json!({ "name": "One" }), json!({ "name": "Two" })),
        (format!("/v1/projects/{project}"), json!({ "name": "one" }), json!({ "name": "two" })),
        (quota, json!({ "instances": 5 }), json!({ "instances": 6 })),
    ];
    for (path, first, second) in paths {
        let seen = stand.get(&path).by(&ada).send().await.header("etag").unwrap().to_owned();
        let change = |body| stand.patch(&path).by(&ada).header("if-match", &seen).json(body);
        assert_eq!(change(&first).send().await.status, 200, "{path}");
        change(&second).send().await.problem(412, "precondition_failed");
        let anyhow = stand.patch(&path).by(&ada).header("if-match", "*").json(&second).send().await;
        assert_eq!(anyhow.status, 200, "{path}");
        stand.delete(&path).by(&ada).header("if-match", "\"0\"").send().await;
    }
    let path = format!("/v1/instances/{instance}");
    stand.delete(&path).by(&ada).header("if-match", "\"1\"").send().await.problem(412, "precondition_failed");
    let reply = stand.delete(&path).by(&ada).header("if-match", "1").send().await;
    assert_eq!(reply.complaints(400, "invalid_request"), ["If-Match"]);
    let seen = stand.get(&path).by(&ada).send().await.header("etag").unwrap().to_owned();
    assert_eq!(stand.delete(&path).by(&ada).header("if-match", &seen).send().await.status, 202);
}

#[tokio::test]
async fn a_repeated_change_is_made_once() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let path = format!("/v1/projects/{}", stand.project(&ada, "shop").await);
    let seen = stand.get(&path).by(&ada).send().await.header("etag").unwrap().to_owned();
    let change = |name: &str| {
        let body = json!({ "name": name });
        stand.patch(&path).by(&ada).key("k").header("if-match", &seen).json(&body)
    };
    for _ in 0..2 {
        let reply = change("web").send().await;
        assert_eq!((reply.status.as_u16(), reply.text_at("/name")), (200, "web".to_owned()));
    }
    change("other").send().await.problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn an_instance_is_renamed_where_its_name_is_free() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let (first, _) = stand.order(&ada, &project, "db").await;
    stand.order(&ada, &project, "taken").await;
    let path = format!("/v1/instances/{first}");
    let rename = |name: &str| stand.patch(&path).by(&ada).json(&json!({ "name": name }));
    assert_eq!(rename("taken").send().await.complaints(409, "name_taken"), ["name"]);
    let reply = rename("api").send().await;
    assert_eq!((reply.text_at("/name"), reply.json()["version"].clone()), ("api".to_owned(), json!(3)));
    // The old name is free again, the new one is not.
    stand.order(&ada, &project, "db").await;
    let body = json!({ "name": "api", "plan": "nano" });
    let order = stand.post(&format!("/v1/projects/{project}/instances")).by(&ada).json(&body);
    order.send().await.problem(409, "name_taken");
    let tagged = stand.patch(&path).by(&ada).json(&json!({ "tags": { "env": "prod" } })).send().await.json();
    assert_eq!((&tagged["tags"], &tagged["name"]), (&json!({ "env": "prod" }), &json!("api")));
    let bad = json!({ "name": "No", "tags": { "": "" }, "terminationProtection": "yes", "plan": "pro" });
    let reply = stand.patch(&path).by(&ada).json(&bad).send().await;
    let fields = reply.complaints(422, "validation_failed");
    assert_eq!(fields, ["name", "tags", "terminationProtection", "plan"]);
}

#[tokio::test]
async fn a_protected_instance_is_not_deleted() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let (instance, _) = stand.order(&ada, &project, "db").await;
    let path = format!("/v1/instances/{instance}");
    let protect = async |on: bool| {
        let body = json!({ "terminationProtection": on });
        stand.patch(&path).by(&ada).json(&body).send().await.json()
    };
    assert_eq!(protect(true).await["terminationProtection"], true);
    stand.delete(&path).by(&ada).send().await.problem(409, "protected");
    assert_eq!(protect(false).await["terminationProtection"], false);
    assert_eq!(stand.delete(&path).by(&ada).send().await.status, 202);
    let body = json!({ "name": "late" });
    stand.patch(&path).by(&ada).json(&body).send().await.problem(409, "busy");
}

#[tokio::test]
async fn a_header_that_cannot_be_read_is_not_taken_as_absent() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let path = format!("/v1/projects/{project}");
    let name = json!({ "name": "web" });
    for (header, value) in [("Idempotency-Key", "clé-1"), ("If-Match", "\"é\"")] {
        let reply = stand.patch(&path).by(&ada).header(header, value).json(&name).send().await;
        assert_eq!(reply.complaints(400, "invalid_request"), [header]);
    }
    let twice = stand.post("/v1/orgs").by(&ada).key("a").key("b").json(&json!({ "name": "Acme" }));
    assert_eq!(twice.send().await.complaints(400, "invalid_request"), ["Idempotency-Key"]);
    let strange = stand.get(&path).bearer("dbs_é").send().await;
    assert_eq!(strange.complaints(400, "invalid_request"), ["Authorization"]);
    let stream = format!("/v1/orgs/{}/activity/stream", ada.org);
    let reply = stand.get(&stream).by(&ada).header("last-event-id", "é").send().await;
    assert_eq!(reply.complaints(400, "invalid_request"), ["Last-Event-ID"]);
    let read = stand.get(&path).by(&ada).send().await;
    assert_eq!(read.text_at("/name"), "shop");
    assert_eq!(stand.get("/v1/orgs").by(&ada).send().await.json()["data"].as_array().unwrap().len(), 1);
}
