//! `Idempotency-Key`: repeated requests are answered again, not done again.

use crate::stand::Stand;
use serde_json::{Value, json};

#[tokio::test]
async fn a_repeated_order_gives_the_same_job_and_a_changed_one_is_refused() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let path = format!("/v1/projects/{project}/instances");
    let order =
        |name: &str| stand.post(&path).by(&ada).key("k-1").json(&json!({ "name": name, "plan": "nano" }));
    let first = order("db").send().await;
    let again = order("db").send().await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (202, 202));
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(first.json(), again.json());
    order("other").send().await.problem(422, "idempotency_key_reused");
    let listed = stand.get(&path).by(&ada).send().await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn many_at_once_are_one() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let path = format!("/v1/projects/{project}/instances");
    let body = json!({ "name": "db", "plan": "nano" });
    let order = || stand.post(&path).by(&ada).key("k-1").json(&body).send();
    let replies = futures::future::join_all((0..8).map(|_| order())).await;
    let jobs: Vec<String> = replies.iter().map(|reply| reply.text_at("/id")).collect();
    assert!(jobs.iter().all(|job| *job == jobs[0]), "{jobs:?}");
}

#[tokio::test]
async fn keys_are_scoped_to_person_and_address() {
    let stand = Stand::new().await;
    let (ada, eve) = (stand.somebody("ada").await, stand.somebody("eve").await);
    let body = json!({ "name": "Acme" });
    let mut ids = Vec::new();
    for somebody in [&ada, &eve] {
        let made = stand.post("/v1/orgs").by(somebody).key("k").json(&body).send().await;
        let again = stand.post("/v1/orgs").by(somebody).key("k").json(&body).send().await;
        assert_eq!((made.status.as_u16(), again.status.as_u16()), (201, 201), "{}", again.text);
        assert_eq!(made.text_at("/id"), again.text_at("/id"));
        ids.push(made.text_at("/id"));
    }
    assert_ne!(ids[0], ids[1]);
    let project = stand.post(&format!("/v1/orgs/{}/projects", ids[0])).by(&ada).key("k");
    assert_eq!(project.json(&json!({ "name": "shop" })).send().await.status, 201);
}

#[tokio::test]
async fn a_repeated_delete_is_done_and_an_unkeyed_one_finds_nothing() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let path = format!("/v1/projects/{}", stand.project(&ada, "shop").await);
    for _ in 0..2 {
        assert_eq!(stand.delete(&path).by(&ada).key("k").send().await.status, 204);
    }
    stand.delete(&path).by(&ada).send().await.problem(404, "not_found");
}

#[tokio::test]
async fn a_refused_request_does_not_use_its_key_up() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let post = |body: Value| stand.post("/v1/orgs").by(&ada).key("k").json(&body);
    post(json!({ "name": "" })).send().await.problem(422, "validation_failed");
    assert_eq!(post(json!({ "name": "Acme" })).send().await.status, 201);
}

#[tokio::test]
async fn unusable_keys_are_refused() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    for key in ["", "with space", &"k".repeat(256)] {
        let reply = stand.post("/v1/orgs").by(&ada).key(key).json(&json!({ "name": "Acme" })).send().await;
        assert_eq!(reply.complaints(400, "invalid_request"), ["Idempotency-Key"], "{key:?}");
    }
}
