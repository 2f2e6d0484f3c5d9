//! Signing up, in and out; cookies and tokens.

use crate::stand::{Reply, Stand};
use dbx_domain::{Account, account::AccountEvent};
use dbx_sql::{Wakeups, source::people};
use serde_json::{Value, json};
use std::time::Duration;

const PASSWORD: &str = "grüße aus dem wald";

fn registration(email: &str, delivery: &str) -> Value {
    json!({ "email": email, "displayName": "Ada Lovelace", "password": PASSWORD, "delivery": delivery })
}

async fn event_types(stand: &Stand, account: &str) -> Vec<String> {
    let events = stand.store.read_stream("account", account, 1, 100).await.unwrap();
    events.into_iter().map(|event| event.event_type).collect()
}

#[tokio::test]
async fn a_token_session_lives_from_register_to_logout() {
    let stand = Stand::new().await;
    let body = registration("Ada@Example.com", "token");
    let registered = stand.post("/v1/auth/register").json(&body).send().await;
    assert_eq!(registered.status, 201, "{}", registered.text);
    assert_eq!(registered.header("cache-control"), Some("no-store"));
    assert!(registered.header("set-cookie").is_none());
    let token = registered.text_at("/token");
    assert!(token.starts_with("dbs_") && token.len() >= 47, "{token}");

    let me = stand.get("/v1/users/me").bearer(&token).send().await;
    assert_eq!(me.text_at("/email"), "ada@example.com");
    let orgs = stand.get("/v1/orgs").bearer(&token).send().await.json();
    assert_eq!(orgs["data"][0]["name"], "My org");
    assert_eq!(orgs["data"][0]["role"], "owner");

    let login = json!({ "email": "ADA@example.com", "password": PASSWORD, "delivery": "token" });
    let second = stand.post("/v1/auth/login").json(&login).send().await;
    assert_eq!(second.status, 200, "{}", second.text);
    let out = stand.post("/v1/auth/logout").bearer(&second.text_at("/token")).send().await;
    assert_eq!(out.status, 204);
    stand.get("/v1/users/me").bearer(&second.text_at("/token")).send().await.problem(401, "unauthenticated");
    assert_eq!(stand.get("/v1/users/me").bearer(&token).send().await.status, 200);

    let account = me.text_at("/id");
    let happened = event_types(&stand, &account).await;
    assert_eq!(happened, ["AccountRegistered", "SessionOpened", "SessionOpened", "SessionClosed"]);
}

#[tokio::test]
async fn a_cookie_session_needs_proof_of_our_own_page_for_changes() {
    let stand = Stand::new().await;
    let body = registration("ada@example.com", "cookie");
    let registered = stand.post("/v1/auth/register").json(&body).send().await;
    assert_eq!(registered.json()["token"], Value::Null);
    let cookie = registered.header("set-cookie").unwrap().to_owned();
    assert!(cookie.starts_with("__Host-dbx_session=dbs_"), "{cookie}");
    for part in ["; Path=/;", "; HttpOnly", "; Secure", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    let pair = format!("theme=dark; {}", cookie.split(';').next().unwrap());

    assert_eq!(stand.get("/v1/users/me").header("cookie", &pair).send().await.status, 200);
    let create = || stand.post("/v1/orgs").header("cookie", &pair).json(&json!({ "name": "Acme" }));
    create().send().await.problem(403, "csrf");
    create().header("sec-fetch-site", "cross-site").send().await.problem(403, "csrf");
    assert_eq!(create().header("sec-fetch-site", "same-origin").send().await.status, 201);
    let out = stand.post("/v1/auth/logout").header("cookie", &pair).header("sec-fetch-site", "same-origin");
    let out = out.send().await;
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    stand.get("/v1/users/me").header("cookie", &pair).send().await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_answer_alike_and_the_first_is_recorded() {
    let stand = Stand::new().await;
    let body = registration("ada@example.com", "token");
    let registered = stand.post("/v1/auth/register").json(&body).send().await;
    let account = registered.text_at("/user/id");
    let mut waiter = Wakeups::clone(stand.database.db().wakeups()).waiter();
    let wrong = |email: &str| json!({ "email": email, "password": "not the password" });
    let known = stand.post("/v1/auth/login").json(&wrong("ada@example.com")).send().await;
    let unknown = stand.post("/v1/auth/login").json(&wrong("eve@example.com")).send().await;
    let [known, unknown] = [known, unknown].map(|reply| {
        assert!(reply.header("www-authenticate").is_some());
        let mut problem = reply.problem(401, "invalid_credentials");
        problem["requestId"] = Value::Null;
        problem
    });
    assert_eq!(known, unknown);
    while !event_types(&stand, &account).await.contains(&"SignInRefused".to_owned()) {
        waiter.wait_or(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn what_is_no_address_or_no_password_is_refused_like_any_other() {
    let stand = Stand::new().await;
    for email in ["", "no address", "nul\u{0}@example.com", &"x".repeat(5_000)] {
        let body = json!({ "email": email, "password": "nul\u{0}" });
        stand.post("/v1/auth/login").json(&body).send().await.problem(401, "invalid_credentials");
    }
    let body = json!({ "email": "ada@example.com", "password": "x".repeat(257) });
    let reply = stand.post("/v1/auth/login").json(&body).send().await;
    assert_eq!(reply.complaints(422, "validation_failed"), ["password"]);
}

#[tokio::test]
async fn an_address_has_one_account_whatever_its_case() {
    let stand = Stand::new().await;
    let body = registration("ada@example.com", "token");
    assert_eq!(stand.post("/v1/auth/register").json(&body).send().await.status, 201);
    let again = stand.post("/v1/auth/register").json(&registration("ADA@EXAMPLE.com", "token")).send().await;
    let mut other = registration("ada@example.com", "token");
    assert_eq!(again.status, 201, "the same again is the same: {}", again.text);
    let accounts = "SELECT count(*) FROM people";
    let count = || async {
        stand.database.db().client().await.unwrap().query_one(accounts, &[]).await.unwrap().get::<_, i64>(0)
    };
    assert_eq!(count().await, 1);
    other["password"] = json!("another one altogether");
    let refused = stand.post("/v1/auth/register").json(&other).send().await;
    let login = json!({ "email": "eve@example.com", "password": "another one altogether" });
    let unknown = stand.post("/v1/auth/login").json(&login).send().await;
    let without_names = |reply: &Reply| {
        let mut problem = reply.problem(401, "invalid_credentials");
        problem["requestId"].take();
        problem["instance"].take();
        problem
    };
    assert_eq!(without_names(&refused), without_names(&unknown), "it does not say that there is an account");
    assert_eq!(count().await, 1);
}

#[tokio::test]
async fn a_sign_up_is_a_guess_at_the_password_like_any_other() {
    let stand = Stand::new().await;
    let body = registration("ada@example.com", "token");
    assert_eq!(stand.post("/v1/auth/register").json(&body).send().await.status, 201);
    let mut guess = body.clone();
    for number in 0..10 {
        guess["password"] = json!(format!("a guess, number {number}"));
        stand.post("/v1/auth/register").json(&guess).send().await.problem(401, "invalid_credentials");
    }
    stand.post("/v1/auth/register").json(&guess).send().await.problem(429, "too_many_requests");
    let login = json!({ "email": "ada@example.com", "password": "whatever it may be" });
    stand.post("/v1/auth/login").json(&login).send().await.problem(429, "too_many_requests");
}

#[tokio::test]
async fn two_sign_ups_at_once_make_one_account() {
    let stand = Stand::new().await;
    let body = registration("ada@example.com", "token");
    let sign_up = || stand.post("/v1/auth/register").json(&body).send();
    let (one, other) = tokio::join!(sign_up(), sign_up());
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (201, 201), "{} {}", one.text, other.text);
    assert_eq!(one.text_at("/user/id"), other.text_at("/user/id"));
    assert_ne!(one.text_at("/token"), other.text_at("/token"));
}

#[tokio::test]
async fn nothing_personal_or_secret_enters_the_log() {
    let stand = Stand::new().await;
    let body = registration("ada@example.com", "token");
    let registered =
        stand.post("/v1/auth/register").header("user-agent", "Analytical Engine").json(&body).send().await;
    let account = registered.text_at("/user/id");
    let events = stand.store.read_stream("account", &account, 1, 100).await.unwrap();
    let log = format!("{events:?}").to_lowercase();
    for secret in ["ada@", "lovelace", "example.com", "grüße", "analytical", &registered.text_at("/token")]
    {
        assert!(!log.contains(&secret.to_lowercase()), "{secret} in {log}");
    }
    let person = people::find(stand.database.db(), account.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(person.display_name, "Ada Lovelace");
    let origin = dbx_sql::source::origins::find(stand.database.db(), "account", &account, 1).await.unwrap();
    assert_eq!(origin.unwrap().user_agent.as_deref(), Some("Analytical Engine"));
    let loaded = stand.store.load::<Account>(&account).await.unwrap();
    assert_eq!(loaded.aggregate.sessions().count(), 1);
    assert!(AccountEvent::NAMES.contains(&"SessionOpened"));
}

#[tokio::test]
async fn registrations_name_every_bad_field_at_once() {
    let stand = Stand::new().await;
    let body =
        json!({ "email": "nobody", "displayName": "", "password": "short", "delivery": "pigeon", "x": 1 });
    let reply = stand.post("/v1/auth/register").json(&body).send().await;
    let fields = reply.complaints(422, "validation_failed");
    assert_eq!(fields, ["email", "displayName", "password", "delivery", "x"]);
    let common = json!({ "email": "a@example.com", "displayName": "A", "password": "Password1234" });
    let reply = stand.post("/v1/auth/register").json(&common).send().await;
    assert_eq!(reply.complaints(422, "validation_failed"), ["password"]);
    assert!(!reply.text.contains("Password1234"));
}
