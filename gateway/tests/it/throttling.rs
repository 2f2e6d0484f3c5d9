//! Guessing is slow, and locks nobody else out.

use crate::stand::{Reply, Stand};
use dbx_gateway::Settings;
use serde_json::json;

const PASSWORD: &str = "grüße aus dem wald";
const HOME: &str = "198.51.100.7";

async fn stand() -> Stand {
    Stand::with(Settings { behind_proxy: true, ..Settings::default() }).await
}

async fn register(stand: &Stand, email: &str) -> String {
    let body = json!({ "email": email, "displayName": "Ada", "password": PASSWORD, "delivery": "token" });
    let reply = stand.post("/v1/auth/register").header("x-forwarded-for", HOME).json(&body).send().await;
    reply.text_at("/token")
}

async fn login(stand: &Stand, from: &str, password: &str) -> Reply {
    let body = json!({ "email": "ada@example.com", "password": password, "delivery": "token" });
    stand.post("/v1/auth/login").header("x-forwarded-for", from).json(&body).send().await
}

#[tokio::test]
async fn failures_from_one_network_keep_nobody_out_elsewhere() {
    let stand = stand().await;
    let token = register(&stand, "ada@example.com").await;
    for _ in 0..10 {
        login(&stand, "203.0.113.9", "wrong").await.problem(401, "invalid_credentials");
    }
    login(&stand, "203.0.113.9", PASSWORD).await.problem(429, "too_many_requests");
    assert_eq!(login(&stand, HOME, PASSWORD).await.status, 200);
    assert_eq!(login(&stand, "192.0.2.1", PASSWORD).await.status, 200, "nor where she never was");
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "another one altogether" });
    let changed = stand.post("/v1/users/me/password").header("x-forwarded-for", HOME).bearer(&token);
    assert_eq!(changed.json(&change).send().await.status, 200);
}

#[tokio::test]
async fn failures_from_everywhere_spare_where_one_is_signed_in() {
    let stand = stand().await;
    let token = register(&stand, "ada@example.com").await;
    // So many networks that the account is slowed down for all of them.
    let wait = "INSERT INTO throttles (subject, free_at)
        SELECT sha256('account:ada@example.com'), dbx_now() + interval '1 day'
        ON CONFLICT (subject) DO UPDATE SET free_at = excluded.free_at";
    stand.database.connection().await.execute(wait, &[]).await.unwrap();
    login(&stand, "192.0.2.1", PASSWORD).await.problem(429, "too_many_requests");
    assert_eq!(login(&stand, HOME, PASSWORD).await.status, 200);
    login(&stand, HOME, "wrong").await.problem(401, "invalid_credentials");
    let erase = stand.delete("/v1/users/me").header("x-forwarded-for", "192.0.2.1").bearer(&token);
    assert_eq!(erase.json(&json!({ "password": PASSWORD })).send().await.status, 204);
}

#[tokio::test]
async fn who_took_over_a_session_cannot_guess_the_password_by_it() {
    let stand = stand().await;
    let token = register(&stand, "ada@example.com").await;
    let guess = async |from: &str| {
        let erase = stand.delete("/v1/users/me").header("x-forwarded-for", from).bearer(&token);
        erase.json(&json!({ "password": "wrong" })).send().await
    };
    for number in 0..10 {
        guess(&format!("192.0.2.{number}")).await.problem(403, "forbidden");
    }
    guess("192.0.2.10").await.problem(429, "too_many_requests");
    assert_eq!(login(&stand, HOME, PASSWORD).await.status, 200, "signing in is another matter");
}
