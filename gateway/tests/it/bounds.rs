//! Quotas of projects, and what no tenant can exceed.

use crate::stand::{Reply, Somebody, Stand};
use dbx_domain::org::{OrgEvent, Quota};
use dbx_gateway::{Bounds, Settings};
use serde_json::{Value, json};

async fn bounded(bounds: Bounds) -> Stand {
    Stand::with(Settings { behind_proxy: true, bounds, ..Settings::default() }).await
}

async fn order(stand: &Stand, owner: &Somebody, project: &str, name: &str) -> Reply {
    let body = json!({ "name": name, "plan": "nano" });
    stand.post(&format!("/v1/projects/{project}/instances")).by(owner).json(&body).send().await
}

fn limits(instances: Option<u32>, disk_gib: Option<u32>) -> Value {
    json!({ "instances": instances, "vcpus": null, "memoryMiB": null, "diskGiB": disk_gib })
}

#[tokio::test]
async fn a_projects_quota_holds_for_it_alone() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let (shop, blog) = (stand.project(&ada, "shop").await, stand.project(&ada, "blog").await);
    let path = format!("/v1/projects/{shop}/quota");
    let before = stand.get(&path).by(&ada).send().await;
    assert_eq!(
        before.json(),
        json!({
            "limits": limits(None, None), "used": { "instances": 0, "vcpus": 0, "memoryMiB": 0, "diskGiB": 0 }
        })
    );
    let set = stand.patch(&path).by(&ada).json(&json!({ "instances": 1 })).send().await;
    assert_eq!((set.status.as_u16(), &set.json()["limits"]), (200, &limits(Some(1), None)));
    assert_eq!(order(&stand, &ada, &shop, "one").await.status, 202);
    let refused = order(&stand, &ada, &shop, "two").await;
    let detail = refused.problem(422, "quota_exceeded")["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("the project's quota of 1 instances"), "{detail}");
    assert_eq!(order(&stand, &ada, &blog, "two").await.status, 202);
    let more = stand.patch(&path).by(&ada).json(&json!({ "instances": 2, "diskGiB": 40 })).send().await;
    assert_eq!(more.json()["limits"], limits(Some(2), Some(40)));
    assert_eq!(order(&stand, &ada, &shop, "two").await.status, 202);
    assert_eq!(stand.get(&path).by(&ada).send().await.json()["used"]["instances"], 2);
    // Null lifts the limit; what is absent stays.
    assert_eq!(order(&stand, &ada, &shop, "three").await.status, 422);
    let lifted = stand.patch(&path).by(&ada).json(&json!({ "instances": null })).send().await;
    assert_eq!((lifted.status.as_u16(), &lifted.json()["limits"]), (200, &limits(None, Some(40))));
    let still = order(&stand, &ada, &shop, "three").await;
    let detail = still.problem(422, "quota_exceeded")["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("the project's quota of 40 GiB of disk"), "{detail}");
    stand.patch(&path).by(&ada).json(&json!({ "diskGiB": null })).send().await;
    assert_eq!(order(&stand, &ada, &shop, "three").await.status, 202);
}

#[tokio::test]
async fn null_gives_an_org_what_a_new_one_has() {
    let ceiling = Quota { instances: 7, ..Quota::default() };
    let stand = bounded(Bounds { quota_ceiling: Some(ceiling), ..Bounds::default() }).await;
    let ada = stand.somebody("ada").await;
    let path = format!("/v1/orgs/{}/quota", ada.org);
    let set = json!({ "instances": 3, "vcpus": 5, "diskGiB": 9 });
    assert_eq!(stand.patch(&path).by(&ada).json(&set).send().await.status, 200);
    let cleared = stand.patch(&path).by(&ada).json(&json!({ "instances": null, "vcpus": null })).send().await;
    let Quota { vcpus, memory_mib, .. } = Quota::default();
    let expected = json!({ "instances": 7, "vcpus": vcpus, "memoryMiB": memory_mib, "diskGiB": 9 });
    assert_eq!((cleared.status.as_u16(), &cleared.json()["limits"]), (200, &expected));
}

#[tokio::test]
async fn no_owner_exceeds_what_the_operator_allows() {
    let ceiling = Quota { instances: 2, ..Quota::default() };
    let stand = bounded(Bounds { quota_ceiling: Some(ceiling), ..Bounds::default() }).await;
    let ada = stand.somebody("ada").await;
    let path = format!("/v1/orgs/{}/quota", ada.org);
    let wish = json!({ "instances": u32::MAX, "diskGiB": u32::MAX });
    let refused = stand.patch(&path).by(&ada).json(&wish).send().await;
    assert_eq!(refused.complaints(422, "validation_failed"), ["instances", "diskGiB"]);
    assert_eq!(stand.get(&path).by(&ada).send().await.json()["limits"]["instances"], 2);
    // As if the operator had allowed more when it was set.
    let quota = Quota { instances: 50, ..Quota::default() };
    stand.append_to_org(ada.org, &[OrgEvent::QuotaSet { quota }]).await;
    let project = stand.project(&ada, "shop").await;
    for name in ["one", "two"] {
        assert_eq!(order(&stand, &ada, &project, name).await.status, 202);
    }
    let refused = order(&stand, &ada, &project, "three").await;
    let detail = refused.problem(422, "quota_exceeded")["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("the operator's limit for an org"), "{detail}");
}

#[tokio::test]
async fn a_person_owns_so_many_orgs_and_not_one_more() {
    let stand = bounded(Bounds { orgs_per_account: 3, ..Bounds::default() }).await;
    let ada = stand.somebody("ada").await;
    let make = async |name: &str, key: &str| {
        stand.post("/v1/orgs").by(&ada).key(key).json(&json!({ "name": name })).send().await
    };
    let second = make("Two", "2").await;
    assert_eq!(second.status, 201);
    assert_eq!(make("Three", "3").await.status, 201);
    make("Four", "4").await.problem(422, "quota_exceeded");
    assert_eq!(make("Three", "3").await.status, 201, "what was done is answered again");
    let gone = stand.delete(&format!("/v1/orgs/{}", second.text_at("/id"))).by(&ada).send().await;
    assert_eq!(gone.status, 204);
    assert_eq!(make("Four", "4").await.status, 201);
}

#[tokio::test]
async fn a_network_makes_so_many_accounts_an_hour() {
    let stand = bounded(Bounds { sign_ups_per_hour: 2, ..Bounds::default() }).await;
    let body = |name: &str| -> Value {
        json!({ "email": format!("{name}@example.com"), "displayName": name, "password": "grüße aus dem wald" })
    };
    let register = async |name: &str, from: &str| {
        stand.post("/v1/auth/register").header("x-forwarded-for", from).json(&body(name)).send().await
    };
    for name in ["ada", "bob", "bob"] {
        assert_eq!(register(name, "192.0.2.1").await.status, 201, "{name}");
    }
    let refused = register("carol", "192.0.2.1").await;
    refused.problem(429, "too_many_requests");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(register("carol", "192.0.2.2").await.status, 201);
}
