//! API keys: what they open, how they end.

use crate::stand::{Reply, Somebody, Stand};
use dbx_domain::policy::Role;
use serde_json::{Value, json};
use std::time::Duration;

async fn issue(stand: &Stand, by: &Somebody, org: impl ToString, role: &str) -> Reply {
    let body = json!({ "orgId": org.to_string(), "name": "ci", "role": role });
    stand.post("/v1/apikeys").by(by).json(&body).send().await
}

#[tokio::test]
async fn a_key_works_with_the_things_of_its_org_up_to_its_role() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let issued = issue(&stand, &ada, ada.org, "member").await;
    assert_eq!(issued.status, 201, "{}", issued.text);
    assert_eq!(issued.header("cache-control"), Some("no-store"));
    let token = issued.text_at("/token");
    let prefix = issued.text_at("/prefix");
    assert!(token.starts_with(&format!("dbx_{prefix}_")) && token.len() >= 60, "{token}");

    let path = format!("/v1/orgs/{}/projects", ada.org);
    let made = stand.post(&path).bearer(&token).json(&json!({ "name": "shop" })).send().await;
    assert_eq!(made.status, 201, "{}", made.text);
    let project = format!("/v1/projects/{}", made.text_at("/id"));
    let refused = stand.delete(&project).bearer(&token).send().await.problem(403, "forbidden");
    assert!(refused["detail"].as_str().unwrap().contains("the API key has member"), "{refused:#}");
    let events = stand.store.read_stream("org", &ada.org.to_string(), 2, 1).await.unwrap();
    assert_eq!(events[0].metadata["actor"], "api_key");
    assert_eq!(events[0].metadata["actor_id"], json!(ada.account.to_string()));
    assert_eq!(events[0].metadata["api_key"], json!(issued.text_at("/id")));

    let body = json!({ "name": "Second" });
    let second = stand.post("/v1/orgs").by(&ada).json(&body).send().await.text_at("/id");
    stand.get(&format!("/v1/orgs/{second}")).bearer(&token).send().await.problem(404, "not_found");
    let orgs = stand.get("/v1/orgs").bearer(&token).send().await.json();
    assert_eq!(orgs["data"].as_array().unwrap().len(), 1);
    assert_eq!(orgs["data"][0]["role"], "member");
    for call in [stand.get("/v1/apikeys"), stand.post("/v1/auth/logout"), stand.get("/v1/users/me/sessions")]
    {
        call.bearer(&token).send().await.problem(403, "session_required");
    }
}

#[tokio::test]
async fn a_key_is_listed_without_its_secret_and_with_its_last_use() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let issued = issue(&stand, &ada, ada.org, "viewer").await;
    let token = issued.text_at("/token");
    let listed = async |query: &str| stand.get(&format!("/v1/apikeys{query}")).by(&ada).send().await;
    assert_eq!(listed("").await.json()["data"][0]["lastUsedAt"], Value::Null);
    stand.get("/v1/users/me").bearer(&token).send().await;
    let in_org = format!("?orgId={}", ada.org);
    // Noted behind the answers, for all of them together.
    let shown = loop {
        let shown = listed(&in_org).await;
        match shown.json()["data"][0]["lastUsedAt"].is_null() {
            true => tokio::time::sleep(Duration::from_millis(50)).await,
            false => break shown,
        }
    };
    assert!(shown.json()["data"][0]["lastUsedAt"].is_string(), "{}", shown.text);
    assert_eq!(shown.json()["data"][0]["name"], "ci");
    let secret = token.rsplit_once('_').map_or(token.as_str(), |(_, secret)| secret);
    assert!(!shown.text.contains(secret));
    stand.assert_nowhere(&[&token, &token[17..]]).await;
}

#[tokio::test]
async fn a_revoked_or_expired_or_misspelt_key_is_no_key() {
    let stand = Stand::new().await;
    let (ada, eve) = (stand.somebody("ada").await, stand.somebody("eve").await);
    let issued = issue(&stand, &ada, ada.org, "owner").await;
    let (id, token) = (issued.text_at("/id"), issued.text_at("/token"));
    let me = async |token: &str| stand.get("/v1/users/me").bearer(token).send().await;
    assert_eq!(me(&token).await.status, 200);
    let last = if token.ends_with('A') { "B" } else { "A" };
    let misspelt = format!("{}{last}", &token[..token.len() - 1]);
    for wrong in [misspelt.as_str(), "dbx_", "dbx_a", "dbx__", &format!("{token}_x"), &token[..20]] {
        me(wrong).await.problem(401, "unauthenticated");
    }
    stand.delete(&format!("/v1/apikeys/{id}")).by(&eve).send().await.problem(404, "not_found");
    for _ in 0..2 {
        assert_eq!(stand.delete(&format!("/v1/apikeys/{id}")).by(&ada).key("k").send().await.status, 204);
    }
    me(&token).await.problem(401, "unauthenticated");
    stand.delete(&format!("/v1/apikeys/{id}")).by(&ada).send().await.problem(404, "not_found");

    let body =
        |at: &str| json!({ "orgId": ada.org.to_string(), "name": "ci", "role": "viewer", "expiresAt": at });
    let past = stand.post("/v1/apikeys").by(&ada).json(&body("2020-01-01T00:00:00Z")).send().await;
    assert_eq!(past.complaints(422, "validation_failed"), ["expiresAt"]);
    let now = stand.database.db().now().await.unwrap();
    let end = serde_json::to_value(now + Duration::from_secs(60)).unwrap();
    let issued = stand.post("/v1/apikeys").by(&ada).json(&body(end.as_str().unwrap())).send().await;
    let token = issued.text_at("/token");
    assert_eq!(me(&token).await.status, 200);
    stand.database.db().set_fake_now(Some(now + Duration::from_secs(61)));
    me(&token).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_never_may_more_than_its_maker() {
    let stand = Stand::new().await;
    let (ada, eve) = (stand.somebody("ada").await, stand.somebody("eve").await);
    stand.join(ada.org, eve.account, Role::Admin).await;
    issue(&stand, &eve, ada.org, "owner").await.problem(403, "forbidden");
    let token = issue(&stand, &eve, ada.org, "admin").await.text_at("/token");
    let rename = async || {
        let body = json!({ "name": "Acme" });
        stand.patch(&format!("/v1/orgs/{}", ada.org)).bearer(&token).json(&body).send().await
    };
    assert_eq!(rename().await.status, 200);
    let member = format!("/v1/orgs/{}/members/{}", ada.org, eve.account);
    stand.patch(&member).by(&ada).json(&json!({ "role": "viewer" })).send().await;
    rename().await.problem(403, "forbidden");
    assert_eq!(stand.delete(&member).by(&ada).send().await.status, 204);
    // Removed and taken in again: the old key stays dead.
    stand.join(ada.org, eve.account, Role::Admin).await;
    rename().await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_repeated_issue_is_one_key_and_shows_its_token_again() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let body = json!({ "orgId": ada.org.to_string(), "name": "ci", "role": "viewer" });
    let post = || stand.post("/v1/apikeys").by(&ada).key("k").json(&body).send();
    let (first, again) = (post().await, post().await);
    assert_eq!(first.json(), again.json());
    let listed = stand.get("/v1/apikeys").by(&ada).send().await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}
