//! Answers that were lost on the way: the same request with the same key is answered again and not done again, also where the
//! answer holds a secret, and where the first one ended the session that both are made with.

use crate::{
    receiver::Receiver,
    stand::{Reply, Stand},
    webhooks,
};
use futures::future::join;
use serde_json::{Value, json};

const PASSWORD: &str = "grüße aus dem wald";
const NEXT: &str = "ein langes neues wort";

async fn registered(stand: &Stand, key: &str) -> Reply {
    let body = json!({ "email": "ada@example.com", "displayName": "Ada", "password": PASSWORD, "delivery": "token" });
    stand.post("/v1/auth/register").key(key).json(&body).send().await
}

async fn signed_in(stand: &Stand, password: &str, key: &str) -> Reply {
    let body = json!({ "email": "Ada@example.com", "password": password, "delivery": "token" });
    stand.post("/v1/auth/login").key(key).json(&body).send().await
}

async fn sessions(stand: &Stand, token: &str) -> Vec<Value> {
    let listed = stand.get("/v1/users/me/sessions").bearer(token).send().await.json();
    listed["data"].as_array().unwrap().clone()
}

fn token(reply: &Reply) -> String {
    reply.text_at("/token")
}

#[tokio::test]
async fn signing_up_and_in_opens_one_session_for_each_key() {
    let stand = Stand::new().await;
    let (first, again) = (registered(&stand, "up").await, registered(&stand, "up").await);
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201), "{}", again.text);
    assert_eq!(first.json(), again.json());
    let (first, again) = join(signed_in(&stand, PASSWORD, "in"), signed_in(&stand, PASSWORD, "in")).await;
    assert_eq!((first.status.as_u16(), first.json()), (200, again.json()));
    assert_eq!(signed_in(&stand, PASSWORD, "in").await.json(), first.json());
    assert_eq!(sessions(&stand, &token(&first)).await.len(), 2, "one of each");
    // A key opens nothing to whoever does not know the password, and means nothing elsewhere.
    signed_in(&stand, "not her password", "in").await.problem(401, "invalid_credentials");
    assert_ne!(signed_in(&stand, PASSWORD, "other").await.json()["id"], first.json()["id"]);
    let body = json!({ "email": "ada@example.com", "password": PASSWORD, "delivery": "cookie" });
    let other = stand.post("/v1/auth/login").key("in").json(&body).send().await;
    other.problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn a_password_is_changed_once_and_its_new_session_handed_over_again() {
    let stand = Stand::new().await;
    let old = token(&registered(&stand, "up").await);
    let change = |current: &str, next: &str, key: &str| {
        let body = json!({ "currentPassword": current, "newPassword": next });
        stand.post("/v1/users/me/password").bearer(&old).key(key).json(&body).send()
    };
    let (first, twin) = join(change(PASSWORD, NEXT, "pw"), change(PASSWORD, NEXT, "pw")).await;
    assert_eq!((first.status.as_u16(), first.json()), (200, twin.json()), "{}", first.text);
    let again = change(PASSWORD, NEXT, "pw").await;
    assert_eq!((again.status.as_u16(), again.json()), (200, first.json()));
    assert_eq!(sessions(&stand, &token(&again)).await.len(), 1);
    // The old session opens nothing else: not with another key, nor without the new password.
    change(PASSWORD, NEXT, "other").await.problem(401, "unauthenticated");
    change(PASSWORD, "another long password", "pw").await.problem(403, "forbidden");
    stand.get("/v1/users/me").bearer(&old).send().await.problem(401, "unauthenticated");
    assert_eq!(signed_in(&stand, NEXT, "in").await.status, 200);
}

#[tokio::test]
async fn sessions_end_once() {
    let stand = Stand::new().await;
    let first = registered(&stand, "up").await;
    let second = signed_in(&stand, PASSWORD, "2").await;
    let third = signed_in(&stand, PASSWORD, "3").await;
    let own = format!("/v1/users/me/sessions/{}", third.text_at("/id"));
    for (path, by) in [(own.as_str(), &second), (own.as_str(), &second)] {
        assert_eq!(stand.delete(path).bearer(&token(by)).key("end").send().await.status, 204);
    }
    stand.delete(&own).bearer(&token(&second)).key("new").send().await.problem(404, "not_found");
    for _ in 0..2 {
        let out = stand.post("/v1/auth/logout").bearer(&token(&second)).key("out").send().await;
        assert_eq!(out.status, 204);
    }
    stand.post("/v1/auth/logout").bearer(&token(&second)).send().await.problem(401, "unauthenticated");
    let last = signed_in(&stand, PASSWORD, "4").await;
    for _ in 0..2 {
        let others = stand.delete("/v1/users/me/sessions").bearer(&token(&first)).key("all").send().await;
        assert_eq!(others.status, 204);
    }
    stand.get("/v1/users/me").bearer(&token(&last)).send().await.problem(401, "unauthenticated");
    let mine = format!("/v1/users/me/sessions/{}", first.text_at("/id"));
    for _ in 0..2 {
        assert_eq!(stand.delete(&mine).bearer(&token(&first)).key("mine").send().await.status, 204);
    }
}

#[tokio::test]
async fn an_account_is_erased_once() {
    let stand = Stand::new().await;
    let ada = token(&registered(&stand, "up").await);
    let erase = |password: &str| {
        let body = json!({ "password": password });
        stand.delete("/v1/users/me").bearer(&ada).key("gone").json(&body).send()
    };
    erase("not her password").await.problem(403, "forbidden");
    let (first, twin) = join(erase(PASSWORD), erase(PASSWORD)).await;
    assert_eq!((first.status.as_u16(), twin.status.as_u16()), (204, 204), "{} {}", first.text, twin.text);
    assert_eq!(erase(PASSWORD).await.status, 204);
}

#[tokio::test]
async fn what_is_shown_once_is_shown_again_to_the_same_request() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let webhook = json!({ "url": "https://hooks.example.com/dbxyz" });
    for (path, body, secret) in [
        ("/v1/apikeys".to_owned(), json!({ "orgId": ada.org, "name": "ci", "role": "member" }), "/token"),
        (
            format!("/v1/orgs/{}/invitations", ada.org),
            json!({ "email": "bob@example.com", "role": "member" }),
            "/token",
        ),
        (format!("/v1/orgs/{}/webhooks", ada.org), webhook, "/secret"),
    ] {
        let make = |key: &str| stand.post(&path).by(&ada).key(key).json(&body).send();
        let (first, again) = (make("k").await, make("k").await);
        assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201), "{path}: {}", first.text);
        assert!(first.text_at(secret).len() > 20, "{path}");
        assert_eq!(first.json(), again.json(), "{path}");
    }
}

#[tokio::test]
async fn a_webhook_is_tried_out_once_for_each_key() {
    let (stand, receiver) = (webhooks::open().await, Receiver::start());
    let ada = stand.somebody("ada").await;
    let made = webhooks::hook(&stand, &ada, &json!({ "url": receiver.url })).await;
    let path = format!("/v1/webhooks/{}:test", made.text_at("/webhook/id"));
    let first = stand.post(&path).by(&ada).key("k").send().await;
    let again = stand.post(&path).by(&ada).key("k").send().await;
    assert_eq!((first.status.as_u16(), first.json()["id"].clone()), (200, again.json()["id"].clone()));
    assert_eq!(receiver.take().len(), 1);
}

#[tokio::test]
async fn a_password_that_is_revealed_again_is_on_record_once() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let instance = stand.running(&ada, &project, "main").await.id;
    let reveal = |key: &str| {
        stand.post(&format!("/v1/instances/{instance}/credentials:reveal")).by(&ada).key(key).send()
    };
    let (first, again) = (reveal("k").await, reveal("k").await);
    assert_eq!((first.status.as_u16(), first.json()), (200, again.json()), "{}", again.text);
    let recorded = async || {
        let path = format!("/v1/instances/{instance}/events?page[size]=200");
        let events = stand.get(&path).by(&ada).send().await.json();
        let kinds = events["data"].as_array().unwrap().iter().map(|event| event["type"].clone());
        kinds.filter(|kind| kind == "CredentialRevealed").count()
    };
    assert_eq!(recorded().await, 1);
    assert_eq!(reveal("new").await.json(), first.json());
    assert_eq!(recorded().await, 2);
}

#[tokio::test]
async fn a_kept_secret_is_nowhere_in_the_clear_nor_guessable_by_a_fast_hash() {
    use sha2::{Digest as _, Sha256};
    let stand = Stand::new().await;
    let made = registered(&stand, "up").await;
    let owner = stand.database.connection().await;
    let sql = "SELECT convert_to(i::text, 'UTF8'), body_hash, sealed FROM idempotency i";
    let rows = owner.query(sql, &[]).await.unwrap();
    assert_eq!(rows.len(), 1);
    let (row, body_hash, sealed): (Vec<u8>, Vec<u8>, Vec<u8>) =
        (rows[0].get(0), rows[0].get(1), rows[0].get(2));
    let holds = |all: &[u8], part: &str| all.windows(part.len()).any(|window| window == part.as_bytes());
    for secret in [token(&made).as_str(), PASSWORD] {
        assert!(!holds(&row, secret) && !holds(&sealed, secret));
    }
    let body = json!({ "email": "ada@example.com", "displayName": "Ada", "password": PASSWORD, "delivery": "token" });
    assert_ne!(body_hash, Sha256::digest(body.to_string()).to_vec());
}
