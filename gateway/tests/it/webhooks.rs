//! Webhooks: signed, in order, tried again, disabled, told again, and never led astray.

use crate::{
    receiver::{Received, Receiver},
    stand::{Reply, Somebody, Stand},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use dbx_domain::time::Timestamp;
use dbx_gateway::{
    Settings,
    webhooks::{WebhookRules, deliver_waiting},
};
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) async fn open() -> Stand {
    let webhooks = WebhookRules { allow_private: true };
    Stand::with(Settings { webhooks, ..Settings::default() }).await
}

pub(crate) async fn hook(stand: &Stand, owner: &Somebody, body: &Value) -> Reply {
    let reply = stand.post(&format!("/v1/orgs/{}/webhooks", owner.org)).by(owner).json(body).send().await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply
}

async fn deliver(stand: &Stand) {
    stand.catch_up().await;
    deliver_waiting(&stand.app).await.unwrap();
}

fn types(received: &[Received]) -> Vec<&str> {
    received.iter().map(|one| one.body["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn messages_come_signed_once_and_in_order_without_personal_data() {
    let (stand, receiver) = (open().await, Receiver::start());
    let ada = stand.somebody("ada").await;
    stand.catch_up().await;
    let made = hook(&stand, &ada, &json!({ "url": receiver.url, "description": "ci" })).await;
    let (id, secret) = (made.text_at("/webhook/id"), made.text_at("/secret"));
    for name in ["shop", "blog"] {
        stand.project(&ada, name).await;
    }
    deliver(&stand).await;
    deliver(&stand).await;
    let received = receiver.take();
    assert_eq!(types(&received), ["WebhookChanged", "ProjectCreated", "ProjectCreated"]);
    let strays = dbx_projections::fleet::stray_secrets(stand.database.db()).await.unwrap();
    assert_eq!(strays, [], "its secret has an owner");
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    for one in &received {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.{}", one.id, one.timestamp, one.text).as_bytes());
        assert_eq!(one.signature, format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())));
        assert!(one.body["data"]["sentence"].as_str().unwrap().contains(&ada.account.to_string()));
        assert!(!one.text.contains("ada created") && !one.text.contains("@example.com"), "{}", one.text);
    }
    let told = stand.get(&format!("/v1/webhooks/{id}/deliveries")).by(&ada).send().await.json();
    let told: Vec<&Value> = told["data"].as_array().unwrap().iter().collect();
    assert!(
        told.len() == 3
            && told.iter().all(|one| one["status"] == "delivered" && one["responseStatus"] == 204)
    );
    let mut paged = Vec::new();
    let mut page = format!("/v1/webhooks/{id}/deliveries?page[size]=2");
    loop {
        let part = stand.get(&page).by(&ada).send().await.json();
        paged.extend(part["data"].as_array().unwrap().clone());
        let Some(token) = part["nextPageToken"].as_str() else { break };
        page = format!("/v1/webhooks/{id}/deliveries?page[size]=2&page[token]={token}");
    }
    assert_eq!(paged.iter().collect::<Vec<_>>(), told);
    // The secret is shown once, and the address is not in the log.
    assert!(!stand.get(&format!("/v1/webhooks/{id}")).by(&ada).send().await.text.contains("whsec_"));
    let events = stand.store.read_stream("org", &ada.org.to_string(), 1, 100).await.unwrap();
    assert!(!format!("{events:?}").contains(&receiver.url));
}

#[tokio::test]
async fn a_failed_message_is_tried_again_before_any_other() {
    let (stand, receiver) = (open().await, Receiver::start());
    let ada = stand.somebody("ada").await;
    let events = json!({ "url": receiver.url, "events": ["ProjectCreated"] });
    let id = hook(&stand, &ada, &events).await.text_at("/webhook/id");
    receiver.answer_next(500, "");
    // A redirect is no success, and is not followed.
    receiver.answer_next(302, &format!("location: {}", receiver.url));
    for name in ["shop", "blog"] {
        stand.project(&ada, name).await;
    }
    let start: Timestamp = stand.database.db().now().await.unwrap();
    for later in [0, 3_600, 7_200, 10_800] {
        stand.database.db().set_fake_now(Some(start + Duration::from_secs(later)));
        deliver(&stand).await;
        // Before its pause is over nothing is sent.
        deliver(&stand).await;
    }
    let received = receiver.take();
    let names: Vec<_> = received.iter().map(|one| one.body["data"]["sentence"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(names[..3].iter().all(|name| name.ends_with("shop")) && names[3].ends_with("blog"), "{names:?}");
    assert!(received[..3].iter().all(|one| one.id == received[0].id));
    let told = stand.get(&format!("/v1/webhooks/{id}/deliveries")).by(&ada).send().await.json();
    let attempts: Vec<&Value> = told["data"].as_array().unwrap().iter().map(|one| &one["attempts"]).collect();
    assert_eq!(attempts, [1, 3]);
}

#[tokio::test]
async fn a_webhook_that_fails_for_a_day_is_disabled_and_goes_on_where_it_stopped() {
    let (stand, receiver) = (open().await, Receiver::start());
    let ada = stand.somebody("ada").await;
    let events = json!({ "url": receiver.url, "events": ["ProjectCreated"] });
    let path = format!("/v1/webhooks/{}", hook(&stand, &ada, &events).await.text_at("/webhook/id"));
    stand.project(&ada, "shop").await;
    let start: Timestamp = stand.database.db().now().await.unwrap();
    for hours in [0, 12, 25] {
        receiver.answer_next(503, "");
        stand.database.db().set_fake_now(Some(start + Duration::from_secs(hours * 3_600)));
        deliver(&stand).await;
    }
    let shown = stand.get(&path).by(&ada).send().await;
    assert_eq!(shown.text_at("/status"), "disabled");
    assert!(shown.text_at("/disabledReason").contains("503"), "{}", shown.text);
    let history = stand.get(&format!("/v1/orgs/{}/activity", ada.org)).by(&ada);
    stand.catch_up().await;
    assert!(history.send().await.text.contains("was disabled"));
    deliver(&stand).await;
    assert_eq!(receiver.take().len(), 3);
    let enabled = stand.patch(&path).by(&ada).json(&json!({ "status": "enabled" })).send().await;
    assert_eq!(enabled.text_at("/status"), "enabled");
    deliver(&stand).await;
    assert_eq!(types(&receiver.take()), ["ProjectCreated"]);
    // One that is gone for good says so at once.
    receiver.answer_next(410, "");
    stand.project(&ada, "blog").await;
    deliver(&stand).await;
    assert!(stand.get(&path).by(&ada).send().await.text_at("/disabledReason").contains("410"));
}

#[tokio::test]
async fn a_webhook_is_told_again_and_can_be_tried_out() {
    let (stand, receiver) = (open().await, Receiver::start());
    let ada = stand.somebody("ada").await;
    let events = json!({ "url": receiver.url, "events": ["ProjectCreated"] });
    let path = format!("/v1/webhooks/{}", hook(&stand, &ada, &events).await.text_at("/webhook/id"));
    for name in ["shop", "blog"] {
        stand.project(&ada, name).await;
    }
    deliver(&stand).await;
    let first = receiver.take();
    let replay = stand.post(&format!("{path}:replay")).by(&ada);
    let from = first[0].body["data"]["position"].clone();
    assert_eq!(replay.json(&json!({ "from": from })).send().await.status, 200);
    deliver(&stand).await;
    let again = receiver.take();
    assert_eq!((again.len(), &again[0].id), (1, &first[1].id));
    let replay = stand.post(&format!("{path}:replay")).by(&ada);
    assert_eq!(replay.json(&json!({ "from": first[0].id })).send().await.status, 200);
    deliver(&stand).await;
    let again: Vec<String> = receiver.take().into_iter().map(|message| message.id).collect();
    assert_eq!(again, [first[0].id.clone(), first[1].id.clone()]);
    let replay =
        stand.post(&format!("{path}:replay")).by(&ada).json(&json!({ "from": "2020-01-01T00:00:00Z" }));
    assert_eq!(replay.send().await.status, 200);
    deliver(&stand).await;
    assert_eq!(receiver.take().len(), 2);
    for from in ["yesterday", "msg_yesterday", "msg_test_1"] {
        let replay = stand.post(&format!("{path}:replay")).by(&ada).json(&json!({ "from": from }));
        assert_eq!(replay.send().await.complaints(422, "validation_failed"), ["from"], "{from}");
    }
    let tried = stand.post(&format!("{path}:test")).by(&ada).send().await;
    assert_eq!(tried.text_at("/status"), "delivered", "{}", tried.text);
    assert_eq!(types(&receiver.take()), ["webhook.test"]);
    assert_eq!(stand.delete(&path).by(&ada).send().await.status, 204);
    stand.get(&path).by(&ada).send().await.problem(404, "not_found");
}

#[tokio::test]
async fn without_leave_nothing_private_is_reached_whatever_name_it_has() {
    let (stand, receiver) = (Stand::new().await, Receiver::start());
    let ada = stand.somebody("ada").await;
    let path = format!("/v1/orgs/{}/webhooks", ada.org);
    for url in [
        receiver.url.as_str(),
        "https://127.0.0.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/",
    ] {
        let refused = stand.post(&path).by(&ada).json(&json!({ "url": url })).send().await;
        assert_eq!(refused.complaints(422, "validation_failed"), ["url"], "{url}");
    }
    // A name that leads to loopback is found out when it is looked up for the connection.
    let port = receiver.url.rsplit(':').next().unwrap();
    let named = hook(&stand, &ada, &json!({ "url": format!("https://localhost:{port}") })).await;
    let tried =
        stand.post(&format!("/v1/webhooks/{}:test", named.text_at("/webhook/id"))).by(&ada).send().await;
    assert_eq!(tried.text_at("/status"), "failing");
    assert!(tried.text_at("/excerpt").contains("not public"), "{}", tried.text);
    assert!(receiver.take().is_empty());
    let strange = json!({ "url": "https://example.com/", "events": ["SomethingElse"] });
    assert_eq!(
        stand.post(&path).by(&ada).json(&strange).send().await.complaints(422, "validation_failed"),
        ["events"]
    );
}
