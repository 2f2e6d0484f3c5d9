//! Many who read instances at the same moment share statements; none gets what is another's.

use crate::stand::{Reply, Stand};
use dbx_domain::policy::Role;
use futures::future::join_all;

/// A token, an instance, and what comes of it: a status, with the instance's name if it is shown.
type Ask<'a> = (&'a str, &'a str, u16, Option<&'a str>);

async fn all_at_once(stand: &Stand, asks: &[Ask<'_>]) {
    let crowd: Vec<&Ask<'_>> = asks.iter().cycle().take(asks.len() * 20).collect();
    let send = |ask: &Ask<'_>| stand.get(&format!("/v1/instances/{}", ask.1)).bearer(ask.0).send();
    let replies: Vec<Reply> = join_all(crowd.iter().map(|ask| send(ask))).await;
    for ((token, instance, status, name), reply) in crowd.into_iter().zip(&replies) {
        assert_eq!(reply.status.as_u16(), *status, "{token} {instance}: {}", reply.text);
        if let Some(name) = name {
            assert_eq!((reply.text_at("/id").as_str(), reply.text_at("/name").as_str()), (*instance, *name));
        }
    }
}

#[tokio::test]
async fn each_of_a_crowd_gets_what_is_theirs() {
    let stand = Stand::new().await;
    let (ada, eve, bob) =
        (stand.somebody("ada").await, stand.somebody("eve").await, stand.somebody("bob").await);
    stand.join(ada.org, bob.account, Role::Viewer).await;
    let (shop, evil) = (stand.project(&ada, "shop").await, stand.project(&eve, "evil").await);
    let (main, _) = stand.order(&ada, &shop, "main").await;
    let (copy, _) = stand.order(&ada, &shop, "copy").await;
    let (hers, _) = stand.order(&eve, &evil, "hers").await;
    let (_, key) = stand.api_key(&ada, ada.org, Role::Viewer).await;
    let (forged, expired) = (format!("{}x", &key[..key.len() - 1]), stand.expired_session(&ada).await);
    let nothing = "ins_01m875s5c5eay84g0bthwvft4a";
    let (ada_token, eve_token, bob_token) = (ada.token.as_str(), eve.token.as_str(), bob.token.as_str());
    all_at_once(
        &stand,
        &[
            (ada_token, &main, 200, Some("main")),
            (bob_token, &copy, 200, Some("copy")),
            (eve_token, &main, 404, None),
            (eve_token, &hers, 200, Some("hers")),
            (ada_token, nothing, 404, None),
            (&key, &copy, 200, Some("copy")),
            (&key, &hers, 404, None),
            (&forged, &main, 401, None),
            (&expired, &main, 401, None),
            ("dbs_nobody", &main, 401, None),
        ],
    )
    .await;
    let removed =
        stand.delete(&format!("/v1/orgs/{}/members/{}", ada.org, bob.account)).by(&ada).send().await;
    assert_eq!(removed.status, 204);
    all_at_once(&stand, &[(bob_token, &copy, 404, None), (ada_token, &copy, 200, Some("copy"))]).await;
}
