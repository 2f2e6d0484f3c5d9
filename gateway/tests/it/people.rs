//! Orgs and the people in them: roles, invitations, quotas.

use crate::stand::{Reply, Somebody, Stand};
use dbx_domain::policy::Role;
use serde_json::json;
use std::time::Duration;

async fn invite(stand: &Stand, owner: &Somebody, email: &str, role: &str) -> Reply {
    let body = json!({ "email": email, "role": role });
    stand.post(&format!("/v1/orgs/{}/invitations", owner.org)).by(owner).json(&body).send().await
}

async fn accept(stand: &Stand, token: &str, by: &Somebody) -> Reply {
    stand.post(&format!("/v1/invitations/{token}/accept")).by(by).send().await
}

#[tokio::test]
async fn an_org_is_renamed_and_deleted_with_everything_that_opens_it() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let path = format!("/v1/orgs/{}", ada.org);
    let renamed = stand.patch(&path).by(&ada).json(&json!({ "name": "Acme" })).send().await;
    assert_eq!((renamed.status.as_u16(), renamed.text_at("/name")), (200, "Acme".to_owned()));
    assert_eq!(renamed.header("etag"), Some("\"2\""));
    let again = stand.patch(&path).by(&ada).json(&json!({ "name": "Acme" })).send().await;
    assert_eq!(again.header("etag"), Some("\"2\""), "the same name is no event");

    let project = stand.project(&ada, "shop").await;
    let (instance, job) = stand.order(&ada, &project, "db").await;
    stand.delete(&path).by(&ada).send().await.problem(409, "not_empty");
    stand.gone(&ada, &instance, &job).await;
    let link = invite(&stand, &ada, "eve@example.com", "member").await.text_at("/token");
    for _ in 0..2 {
        assert_eq!(stand.delete(&path).by(&ada).key("k").send().await.status, 204);
    }
    stand.get(&path).by(&ada).send().await.problem(404, "not_found");
    let listed = stand.get("/v1/orgs").by(&ada).send().await.json();
    assert_eq!(listed["data"], json!([]));
    accept(&stand, &link, &stand.somebody("eve").await).await.problem(404, "not_found");
}

#[tokio::test]
async fn members_are_listed_changed_and_removed_and_an_owner_stays() {
    let stand = Stand::new().await;
    let (ada, eve) = (stand.somebody("ada").await, stand.somebody("eve").await);
    stand.join(ada.org, eve.account, Role::Member).await;
    let list = format!("/v1/orgs/{}/members", ada.org);
    let member = |who: &Somebody| format!("{list}/{}", who.account);
    let listed = stand.get(&list).by(&eve).send().await.json();
    let names: Vec<_> = listed["data"].as_array().unwrap().iter().map(|one| &one["displayName"]).collect();
    assert_eq!(names, ["eve", "ada"]);
    assert_eq!(listed["data"][0]["email"], "eve@example.com");

    let role = |role: &str| json!({ "role": role });
    stand.patch(&member(&ada)).by(&ada).json(&role("admin")).send().await.problem(409, "last_owner");
    stand.delete(&member(&ada)).by(&ada).send().await.problem(409, "last_owner");
    let made = stand.patch(&member(&eve)).by(&ada).json(&role("admin")).send().await;
    assert_eq!((made.status.as_u16(), made.text_at("/role")), (200, "admin".to_owned()));
    // An admin reaches neither above themselves nor those above.
    stand.patch(&member(&eve)).by(&eve).json(&role("owner")).send().await.problem(403, "forbidden");
    stand.patch(&member(&ada)).by(&eve).json(&role("viewer")).send().await.problem(403, "forbidden");
    stand.delete(&member(&ada)).by(&eve).send().await.problem(403, "forbidden");
    let reply = stand.patch(&member(&eve)).by(&ada).json(&role("king")).send().await;
    assert_eq!(reply.complaints(422, "validation_failed"), ["role"]);
    assert_eq!(reply.json()["errors"][0]["allowed"], json!(["viewer", "member", "admin", "owner"]));

    stand.patch(&member(&eve)).by(&ada).json(&role("owner")).send().await;
    assert_eq!(stand.delete(&member(&ada)).by(&eve).send().await.status, 204);
    stand.get(&list).by(&ada).send().await.problem(404, "not_found");
    stand.delete(&member(&ada)).by(&eve).send().await.problem(404, "not_found");
}

#[tokio::test]
async fn everybody_may_leave() {
    let stand = Stand::new().await;
    let (ada, eve) = (stand.somebody("ada").await, stand.somebody("eve").await);
    stand.join(ada.org, eve.account, Role::Viewer).await;
    let path = format!("/v1/orgs/{}/members/{}", ada.org, eve.account);
    for _ in 0..2 {
        assert_eq!(stand.delete(&path).by(&eve).key("k").send().await.status, 204);
    }
    stand.get(&format!("/v1/orgs/{}", ada.org)).by(&eve).send().await.problem(404, "not_found");
}

#[tokio::test]
async fn of_two_owners_who_remove_each_other_at_once_one_stays() {
    let stand = Stand::new().await;
    let (ada, eve) = (stand.somebody("ada").await, stand.somebody("eve").await);
    stand.join(ada.org, eve.account, Role::Owner).await;
    let remove = async |whom: &Somebody, by: &Somebody| {
        stand.delete(&format!("/v1/orgs/{}/members/{}", ada.org, whom.account)).by(by).send().await
    };
    let (first, second) = tokio::join!(remove(&ada, &eve), remove(&eve, &ada));
    let mut done = [first.status.as_u16(), second.status.as_u16()];
    done.sort_unstable();
    assert_eq!(done[0], 204);
    assert!(matches!(done[1], 404 | 409), "{done:?}");
}

#[tokio::test]
async fn an_invitation_works_once_and_only_for_the_invited_address() {
    let stand = Stand::new().await;
    let [ada, eve, mallory] =
        [stand.somebody("ada").await, stand.somebody("eve").await, stand.somebody("mal").await];
    let issued = invite(&stand, &ada, "EVE@example.com", "member").await;
    assert_eq!(issued.status, 201, "{}", issued.text);
    assert_eq!(issued.header("cache-control"), Some("no-store"));
    let token = issued.text_at("/token");
    assert!(token.starts_with("dbi_") && token.len() >= 47, "{token}");
    assert!(issued.text_at("/link").ends_with(&format!("/invitations#{token}")));
    assert_eq!(issued.text_at("/email"), "eve@example.com");
    let list = format!("/v1/orgs/{}/invitations", ada.org);
    let listed = stand.get(&list).by(&ada).send().await;
    assert_eq!(listed.json()["data"][0]["email"], "eve@example.com");
    assert!(!listed.text.contains(&token));

    let refused = accept(&stand, &token, &mallory).await;
    refused.problem(403, "forbidden");
    assert!(!refused.text.contains("eve@"));
    let joined = accept(&stand, &token, &eve).await;
    assert_eq!((joined.status.as_u16(), joined.text_at("/role")), (200, "member".to_owned()));
    accept(&stand, &token, &eve).await.problem(404, "not_found");
    accept(&stand, "dbi_nonsense", &eve).await.problem(404, "not_found");
    assert_eq!(stand.get(&list).by(&ada).send().await.json()["data"], json!([]));
    stand.assert_nowhere(&[&token, "dbi_"]).await;
}

#[tokio::test]
async fn a_repeated_acceptance_and_a_repeated_invitation_are_answered_again() {
    let stand = Stand::new().await;
    let (ada, eve) = (stand.somebody("ada").await, stand.somebody("eve").await);
    let path = format!("/v1/orgs/{}/invitations", ada.org);
    let body = json!({ "email": "eve@example.com", "role": "viewer" });
    let first = stand.post(&path).by(&ada).key("k").json(&body).send().await;
    let again = stand.post(&path).by(&ada).key("k").json(&body).send().await;
    assert_eq!(first.json(), again.json());
    let accept = format!("/v1/invitations/{}/accept", first.text_at("/token"));
    for _ in 0..2 {
        assert_eq!(stand.post(&accept).by(&eve).key("k").send().await.status, 200);
    }
    let other = stand.post("/v1/invitations/dbi_other/accept").by(&eve).key("k").send().await;
    other.problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn an_address_has_one_invitation_and_a_member_none() {
    let stand = Stand::new().await;
    let (ada, eve) = (stand.somebody("ada").await, stand.somebody("eve").await);
    let first = invite(&stand, &ada, "eve@example.com", "admin").await.text_at("/token");
    let (left, right) = tokio::join!(
        invite(&stand, &ada, "eve@example.com", "viewer"),
        invite(&stand, &ada, "Eve@example.com", "viewer")
    );
    assert_eq!((left.status.as_u16(), right.status.as_u16()), (201, 201));
    let list = stand.get(&format!("/v1/orgs/{}/invitations", ada.org)).by(&ada).send().await.json();
    assert_eq!(list["data"].as_array().unwrap().len(), 1, "{list}");
    accept(&stand, &first, &eve).await.problem(404, "not_found");
    let id = list["data"][0]["id"].as_str().unwrap();
    let newest = [&left, &right].into_iter().find(|reply| reply.text_at("/id") == id).unwrap();
    let joined = accept(&stand, &newest.text_at("/token"), &eve).await;
    assert_eq!((joined.status.as_u16(), joined.text_at("/role")), (200, "viewer".to_owned()));
    let refused = invite(&stand, &ada, "eve@example.com", "admin").await;
    assert_eq!(refused.complaints(409, "wrong_state"), ["email"]);
}

#[tokio::test]
async fn invitations_expire_and_are_withdrawn() {
    let stand = Stand::new().await;
    let (ada, eve) = (stand.somebody("ada").await, stand.somebody("eve").await);
    let issued = invite(&stand, &ada, "eve@example.com", "member").await;
    let path = format!("/v1/orgs/{}/invitations/{}", ada.org, issued.text_at("/id"));
    assert_eq!(stand.delete(&path).by(&ada).send().await.status, 204);
    stand.delete(&path).by(&ada).send().await.problem(404, "not_found");
    accept(&stand, &issued.text_at("/token"), &eve).await.problem(404, "not_found");

    let issued = invite(&stand, &ada, "eve@example.com", "member").await;
    let now = stand.database.db().now().await.unwrap();
    stand.database.db().set_fake_now(Some(now + Duration::from_secs(7 * 24 * 60 * 60 + 1)));
    accept(&stand, &issued.text_at("/token"), &eve).await.problem(404, "not_found");
}

#[tokio::test]
async fn admins_do_not_invite_owners() {
    let stand = Stand::new().await;
    let (ada, eve) = (stand.somebody("ada").await, stand.somebody("eve").await);
    stand.join(ada.org, eve.account, Role::Admin).await;
    let path = format!("/v1/orgs/{}/invitations", ada.org);
    let body = |role: &str| json!({ "email": "bob@example.com", "role": role });
    stand.post(&path).by(&eve).json(&body("owner")).send().await.problem(403, "forbidden");
    assert_eq!(stand.post(&path).by(&eve).json(&body("admin")).send().await.status, 201);
}

#[tokio::test]
async fn a_quota_shows_limits_and_use_and_is_enforced_at_once() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    stand.order(&ada, &project, "db").await;
    let path = format!("/v1/orgs/{}/quota", ada.org);
    let shown = stand.get(&path).by(&ada).send().await.json();
    assert_eq!(shown["used"], json!({ "instances": 1, "vcpus": 1, "memoryMiB": 2048, "diskGiB": 20 }));
    assert_eq!(shown["limits"]["instances"], 20);
    let changed = stand.patch(&path).by(&ada).json(&json!({ "instances": 1 })).send().await.json();
    assert_eq!((&changed["limits"]["instances"], &changed["limits"]["vcpus"]), (&json!(1), &json!(64)));
    let body = json!({ "name": "second", "plan": "nano" });
    let order = stand.post(&format!("/v1/projects/{project}/instances")).by(&ada).json(&body);
    order.send().await.problem(422, "quota_exceeded");
    let reply = stand.patch(&path).by(&ada).json(&json!({ "diskGiB": -1, "disks": 1 })).send().await;
    assert_eq!(reply.complaints(422, "validation_failed"), ["diskGiB", "disks"]);
}
