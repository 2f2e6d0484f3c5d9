//! Who is told when: slow receivers hold up nobody else, and one copy of the server at a time tells a webhook.

use crate::{
    receiver::Receiver,
    stand::{Somebody, Stand},
    webhooks::{hook, open},
};
use dbx_gateway::webhooks::{Deliverer, deliver_waiting};
use serde_json::json;
use tokio::{sync::watch, task::JoinHandle};

/// A copy of the server that tells webhooks, and what stops it.
fn copy(stand: &Stand, name: &str) -> (watch::Sender<bool>, JoinHandle<()>) {
    let (stop, stopping) = watch::channel(false);
    let deliverer = Deliverer { app: stand.app.clone(), holder: name.to_owned() };
    (stop, tokio::spawn(deliverer.run(stopping)))
}

/// Somebody with webhooks to `receiver` and one project.
async fn tells(stand: &Stand, name: &str, receiver: &Receiver, webhooks: usize) -> Somebody {
    let owner = stand.somebody(name).await;
    stand.catch_up().await;
    for _ in 0..webhooks {
        hook(stand, &owner, &json!({ "url": receiver.url, "events": ["ProjectCreated"] })).await;
    }
    stand.project(&owner, "shop").await;
    owner
}

#[tokio::test]
async fn an_org_with_slow_receivers_holds_up_nobody_else() {
    let (stand, slow, quick) = (open().await, Receiver::start(), Receiver::start());
    let held = slow.hold();
    tells(&stand, "mallory", &slow, 10).await;
    stand.catch_up().await;
    let (stop, telling) = copy(&stand, "a");
    slow.has(1).await;
    tells(&stand, "ada", &quick, 1).await;
    stand.catch_up().await;
    quick.has(1).await;
    assert_eq!(slow.take().len(), 1, "it is still held");
    // The share of the org is taken, so that not all of its ten wait at once.
    let told = "SELECT count(*) FROM duties WHERE name LIKE 'webhook/%'";
    let duties = stand.database.connection().await.query_one(told, &[]).await.unwrap().get::<_, i64>(0);
    assert!((4..=5).contains(&duties), "{duties}");
    stop.send_replace(true);
    drop(held);
    telling.await.unwrap();
    let left = stand.database.connection().await.query_one(told, &[]).await.unwrap().get::<_, i64>(0);
    assert_eq!(left, 0, "every duty was given back");
}

#[tokio::test]
async fn what_one_copy_is_telling_no_other_tells() {
    let (stand, receiver) = (open().await, Receiver::start());
    let owner = tells(&stand, "ada", &receiver, 1).await;
    for number in 0..20 {
        stand.project(&owner, &format!("project-{number}")).await;
    }
    stand.catch_up().await;
    let held = receiver.hold();
    let (stop, telling) = copy(&stand, "a");
    receiver.has(1).await;
    assert_eq!(deliver_waiting(&stand.app).await.unwrap(), 0);
    let (stop_other, telling_other) = copy(&stand, "b");
    drop(held);
    receiver.has(21).await;
    stop.send_replace(true);
    stop_other.send_replace(true);
    telling.await.unwrap();
    telling_other.await.unwrap();
    let ids: Vec<String> = receiver.take().into_iter().map(|one| one.id).collect();
    assert!(ids.is_sorted_by(|one, next| one < next), "each once and in order: {ids:?}");
}

#[tokio::test]
async fn a_server_that_stops_sends_no_further_message() {
    let (stand, receiver) = (open().await, Receiver::start());
    let owner = tells(&stand, "ada", &receiver, 1).await;
    stand.project(&owner, "blog").await;
    stand.catch_up().await;
    let held = receiver.hold();
    let (stop, telling) = copy(&stand, "a");
    receiver.has(1).await;
    stop.send_replace(true);
    drop(held);
    telling.await.unwrap();
    assert_eq!(receiver.take().len(), 1);
    // Whoever comes next goes on right there.
    assert_eq!(deliver_waiting(&stand.app).await.unwrap(), 1);
    let rest = receiver.take();
    assert!(rest.len() == 1 && rest[0].body["data"]["sentence"].as_str().unwrap().ends_with("blog"));
}
