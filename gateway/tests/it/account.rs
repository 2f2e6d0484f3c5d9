//! The signed-in person: profile, password, sessions, and how guessing is slowed down.

use crate::stand::{Reply, Stand};
use dbx_gateway::Settings;
use serde_json::{Value, json};

const PASSWORD: &str = "grüße aus dem wald";
const NEXT: &str = "und noch viel mehr davon";

async fn register(stand: &Stand, name: &str) -> Reply {
    let email = format!("{name}@example.com");
    let body = json!({ "email": email, "displayName": name, "password": PASSWORD, "delivery": "token" });
    let reply = stand.post("/v1/auth/register").json(&body).send().await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply
}

async fn login(stand: &Stand, name: &str, password: &str) -> Reply {
    let body = json!({ "email": format!("{name}@example.com"), "password": password, "delivery": "token" });
    stand.post("/v1/auth/login").json(&body).send().await
}

#[tokio::test]
async fn a_profile_is_changed_and_the_change_is_on_record_without_its_content() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    for _ in 0..2 {
        let body = json!({ "displayName": "Ada Lovelace" });
        let reply = stand.patch("/v1/users/me").by(&ada).json(&body).send().await;
        assert_eq!((reply.status.as_u16(), reply.text_at("/displayName")), (200, "Ada Lovelace".to_owned()));
    }
    let events = stand.store.read_stream("account", &ada.account.to_string(), 1, 10).await.unwrap();
    let names: Vec<_> = events.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(names, ["AccountRegistered", "ProfileChanged"]);
    assert!(!format!("{events:?}").contains("Lovelace"));
    let reply = stand.patch("/v1/users/me").by(&ada).json(&json!({ "email": "a@example.com" })).send().await;
    assert_eq!(reply.complaints(422, "validation_failed"), ["email"]);
}

#[tokio::test]
async fn a_new_password_ends_every_session_and_hands_a_new_one_over() {
    let stand = Stand::new().await;
    let first = register(&stand, "ada").await.text_at("/token");
    let second = login(&stand, "ada", PASSWORD).await.text_at("/token");
    let change = |current: &str, next: &str| {
        let body = json!({ "currentPassword": current, "newPassword": next });
        stand.post("/v1/users/me/password").bearer(&second).json(&body)
    };
    assert_eq!(
        change("not the password", NEXT).send().await.complaints(403, "forbidden"),
        ["currentPassword"]
    );
    let weak = change(PASSWORD, "short").send().await;
    assert_eq!(weak.complaints(422, "validation_failed"), ["newPassword"]);
    let own = change(PASSWORD, "ada@example.com").send().await;
    assert_eq!(own.complaints(422, "validation_failed"), ["newPassword"]);

    let changed = change(PASSWORD, NEXT).send().await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!(changed.header("cache-control"), Some("no-store"));
    for old in [&first, &second] {
        stand.get("/v1/users/me").bearer(old).send().await.problem(401, "unauthenticated");
    }
    assert_eq!(stand.get("/v1/users/me").bearer(&changed.text_at("/token")).send().await.status, 200);
    login(&stand, "ada", PASSWORD).await.problem(401, "invalid_credentials");
    assert_eq!(login(&stand, "ada", NEXT).await.status, 200);
}

#[tokio::test]
async fn a_browser_gets_its_new_session_as_a_cookie() {
    let stand = Stand::new().await;
    register(&stand, "ada").await;
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let cookie =
        stand.post("/v1/auth/login").json(&body).send().await.header("set-cookie").unwrap().to_owned();
    let pair = cookie.split(';').next().unwrap();
    let body = json!({ "currentPassword": PASSWORD, "newPassword": NEXT });
    let change = stand.post("/v1/users/me/password").header("cookie", pair).json(&body);
    let changed = change.header("sec-fetch-site", "same-origin").send().await;
    assert_eq!(changed.json()["token"], Value::Null);
    let next = changed.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    assert_ne!(next, pair);
    stand.get("/v1/users/me").header("cookie", pair).send().await.problem(401, "unauthenticated");
    assert_eq!(stand.get("/v1/users/me").header("cookie", &next).send().await.status, 200);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_or_all_others() {
    let stand = Stand::new().await;
    let first = register(&stand, "ada").await;
    let second = login(&stand, "ada", PASSWORD).await;
    let third = login(&stand, "ada", PASSWORD).await;
    let list =
        async || stand.get("/v1/users/me/sessions").bearer(&third.text_at("/token")).send().await.json();
    let shown = list().await;
    let ids: Vec<_> =
        shown["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [third.text_at("/id"), second.text_at("/id"), first.text_at("/id")]);
    assert_eq!((&shown["data"][0]["current"], &shown["data"][1]["current"]), (&json!(true), &json!(false)));

    let path = format!("/v1/users/me/sessions/{}", second.text_at("/id"));
    let eve = stand.somebody("eve").await;
    stand.delete(&path).by(&eve).send().await.problem(404, "not_found");
    let close = async || stand.delete(&path).bearer(&third.text_at("/token")).send().await;
    assert_eq!(close().await.status, 204);
    close().await.problem(404, "not_found");
    stand.get("/v1/users/me").bearer(&second.text_at("/token")).send().await.problem(401, "unauthenticated");
    let others = stand.delete("/v1/users/me/sessions").bearer(&third.text_at("/token")).send().await;
    assert_eq!(others.status, 204);
    assert_eq!(list().await["data"].as_array().unwrap().len(), 1);
    stand.get("/v1/users/me").bearer(&first.text_at("/token")).send().await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn guessing_is_slowed_down_whether_the_account_exists_or_not() {
    let stand = Stand::new().await;
    let now = stand.database.db().now().await.unwrap();
    stand.database.db().set_fake_now(Some(now));
    register(&stand, "ada").await;
    let mut last = Vec::new();
    for name in ["ada", "nobody"] {
        for _ in 0..10 {
            login(&stand, name, "not the password").await.problem(401, "invalid_credentials");
        }
        let refused = login(&stand, name, "not the password").await;
        assert!(refused.header("retry-after").is_some());
        let mut problem = refused.problem(429, "too_many_requests");
        problem["requestId"] = Value::Null;
        last.push(problem);
    }
    assert_eq!(last[0], last[1]);
    // Also for whoever knows the password by now; that is what slows a guesser down.
    login(&stand, "ada", PASSWORD).await.problem(429, "too_many_requests");
    stand.database.db().set_fake_now(Some(now + std::time::Duration::from_secs(31)));
    assert_eq!(login(&stand, "ada", PASSWORD).await.status, 200);
    // A success begins anew.
    login(&stand, "ada", "not the password").await.problem(401, "invalid_credentials");
}

#[tokio::test]
async fn an_address_is_slowed_down_over_all_accounts_and_success_costs_it_nothing() {
    let stand = Stand::with(Settings { behind_proxy: true, ..Settings::default() }).await;
    // Nothing may refill while the test goes on.
    let now = stand.database.db().now().await.unwrap();
    stand.database.db().set_fake_now(Some(now));
    register(&stand, "ada").await;
    let attempt = async |name: &str, password: &str, ip: &str| {
        let body = json!({ "email": format!("{name}@example.com"), "password": password });
        stand.post("/v1/auth/login").header("x-forwarded-for", ip).json(&body).send().await
    };
    let (guesser, other) = ("198.51.100.7", "198.51.100.8");
    for index in 0..99 {
        attempt(&format!("n{index}"), "not the password", guesser).await.problem(401, "invalid_credentials");
    }
    for _ in 0..3 {
        assert_eq!(attempt("ada", PASSWORD, guesser).await.status, 200);
    }
    attempt("n99", "not the password", guesser).await.problem(401, "invalid_credentials");
    attempt("n100", "not the password", guesser).await.problem(429, "too_many_requests");
    attempt("n100", "not the password", other).await.problem(401, "invalid_credentials");
    // Finding out which addresses have accounts is guessing, too.
    let body = json!({ "email": "ada@example.com", "displayName": "A", "password": PASSWORD });
    let taken = stand.post("/v1/auth/register").header("x-forwarded-for", guesser).json(&body).send().await;
    taken.problem(429, "too_many_requests");
}
