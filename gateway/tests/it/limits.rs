//! Rate limits.

use crate::stand::Stand;
use dbx_gateway::{Limits, Settings};

#[tokio::test]
async fn over_the_limit_of_a_token_only_that_token_waits() {
    let limits = Limits { per_token: 2, ..Limits::NONE };
    let stand = Stand::with(Settings { limits, ..Settings::default() }).await;
    let (ada, eve) = (stand.somebody("ada").await, stand.somebody("eve").await);
    let me = async |who| stand.get("/v1/users/me").by(who).send().await;
    let first = me(&ada).await;
    assert_eq!(first.header("ratelimit-policy"), Some("\"token\";q=2;w=60"));
    assert_eq!(first.header("ratelimit"), Some("\"token\";r=1;t=30"));
    assert_eq!(me(&ada).await.status, 200);
    let refused = me(&ada).await;
    let problem = refused.problem(429, "too_many_requests");
    assert_eq!(problem["retryable"], true);
    assert!(refused.header("ratelimit").unwrap().starts_with("\"token\";r=0;t="));
    let wait: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    assert_eq!(me(&eve).await.status, 200);
    assert_eq!(stand.get("/healthz").bearer(&ada.token).send().await.status, 200);
}

#[tokio::test]
async fn an_address_is_limited_whatever_its_tokens() {
    let limits = Limits { per_token: 100, per_address: 3, ..Limits::NONE };
    let stand = Stand::with(Settings { behind_proxy: true, limits, ..Settings::default() }).await;
    let get = async |ip: &str, token: &str| {
        stand.get("/v1/plans").header("x-forwarded-for", ip).bearer(token).send().await
    };
    for token in ["a", "b", "c"] {
        assert_eq!(get("2001:db8::1", token).await.status, 200);
    }
    // The same customer's network.
    get("2001:db8::2", "d").await.problem(429, "too_many_requests");
    assert_eq!(get("2001:db8:0:1::1", "d").await.status, 200);
}
