//! What a client needs to prove history: keys, checkpoints, an org's chain.

use crate::stand::Stand;
use dbx_domain::Secret;
use dbx_sql::{
    Cursor, EventFeed,
    checkpoint::{CheckpointKey, Statement, bytes_of, make},
};
use serde_json::Value;

fn key() -> CheckpointKey {
    CheckpointKey::from_hex(&Secret::new("5a".repeat(32))).unwrap()
}

async fn checkpoint(stand: &Stand) {
    // Transactions of other tests on the same server hold the feed back.
    let feed = EventFeed::new(stand.database.db().clone());
    while feed.lag(&Cursor::START).await.unwrap().held_back > 0 {
        tokio::task::yield_now().await;
    }
    assert!(make(stand.database.db(), &key()).await.unwrap().is_some());
}

#[tokio::test]
async fn checkpoints_and_keys_are_published_and_fit_together() {
    let stand = Stand::new().await;
    let owner = stand.somebody("owner").await;
    checkpoint(&stand).await;
    stand.project(&owner, "shop").await;
    checkpoint(&stand).await;
    let keys = stand.get("/v1/audit-logs/keys").send().await;
    assert_eq!(keys.text_at("/data/0/publicKey"), key().public().to_string());
    let path = format!("/v1/audit-logs/checkpoints?orgId={}&page[size]=1", owner.org);
    let newest = stand.get(&path).by(&owner).send().await;
    let statement = newest.text_at("/data/0/statement");
    let signature = bytes_of::<64>(&newest.text_at("/data/0/signature")).unwrap();
    assert!(key().public().verifies(&statement, &signature));
    let path = format!("{path}&page[token]={}", newest.text_at("/nextPageToken"));
    let first = stand.get(&path).by(&owner).send().await;
    assert_eq!(first.json()["nextPageToken"], Value::Null);
    let previous = Statement::parse(&statement).unwrap().previous;
    assert_eq!(previous, bytes_of(&first.text_at("/data/0/hash")));
    stand.get(&format!("{path}x")).by(&owner).send().await.problem(422, "validation_failed");
}

#[tokio::test]
async fn a_chain_holds_the_org_and_its_instances_and_nothing_of_others() {
    let stand = Stand::new().await;
    let (owner, other) = (stand.somebody("owner").await, stand.somebody("other").await);
    let project = stand.project(&owner, "shop").await;
    let (instance, _) = stand.order(&owner, &project, "db").await;
    let theirs = stand.project(&other, "theirs").await;
    checkpoint(&stand).await;
    let reply = stand.get(&format!("/v1/audit-logs/chain?orgId={}", owner.org)).by(&owner).send().await;
    assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
    assert!(reply.header("content-disposition").unwrap().starts_with("attachment"));
    let lines: Vec<Value> = reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let heads: Vec<&Value> =
        lines.iter().filter(|line| line["kind"] == "head").map(|line| &line["id"]).collect();
    assert_eq!(heads, [&Value::from(instance), &Value::from(owner.org.to_string())]);
    assert_eq!(lines.last().unwrap()["kind"], "end");
    assert!(!reply.text.contains(&theirs) && !reply.text.contains(&other.org.to_string()));
    assert!(!reply.text.contains("@example.com"), "no personal data");
}
