//! An org's activity and usage as its members read them.

use crate::stand::{Somebody, Stand};
use dbx_domain::{
    instance::{Outcome, Progress},
    policy::Role,
};
use dbx_sql::source::people::PersonWrite;
use dbx_sql::{Actor, Commit, Metadata};
use serde_json::{Value, json};

async fn sentences(stand: &Stand, somebody: &Somebody, query: &str) -> Vec<String> {
    stand.catch_up().await;
    let page =
        stand.get(&format!("/v1/orgs/{}/activity{query}", somebody.org)).by(somebody).send().await.json();
    let items = page["data"].as_array().unwrap_or_else(|| panic!("{page}"));
    items.iter().map(|item| item["sentence"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_org_reads_what_happened_in_sentences_newest_first() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let running = stand.running(&ada, &project, "db").await;
    let bob = stand.somebody("bob").await;
    stand.join(ada.org, bob.account, Role::Member).await;
    let stop = format!("/v1/instances/{}:stop", running.id);
    let (_, key) = stand.api_key(&ada, ada.org, Role::Member).await;
    assert_eq!(stand.post(&stop).bearer(&key).send().await.status, 202);
    let expected = [
        "API key key asked to stop db",
        "ada issued API key key with the role member",
        "bob joined as member",
        "db is ready",
        "ada ordered db (nano, Postgres 17, 20 GiB)",
        "ada created the project shop",
        "ada created the org ada's org",
    ];
    assert_eq!(sentences(&stand, &ada, "").await, expected);
    let detail = sentences(&stand, &ada, &format!("?detail=true&instanceId={}", running.id)).await;
    assert!(detail.contains(&"Creating db: done reserving a place on a node".to_owned()), "{detail:?}");
    let of_project = sentences(&stand, &ada, &format!("?projectId={project}")).await;
    assert_eq!(of_project, [expected[0], expected[3], expected[4], expected[5]]);
    let strange =
        stand.get(&format!("/v1/orgs/{}/activity?projectId=nonsense", ada.org)).by(&ada).send().await;
    assert_eq!(strange.complaints(422, "validation_failed"), ["projectId"]);
}

#[tokio::test]
async fn pages_join_without_gap_and_a_foreign_token_is_refused() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    for name in ["a", "b", "c", "d"] {
        stand.project(&ada, name).await;
    }
    let all = sentences(&stand, &ada, "").await;
    let path = format!("/v1/orgs/{}/activity?page[size]=2", ada.org);
    let (mut paged, mut token) = (Vec::new(), Value::Null);
    loop {
        let next = token.as_str().map(|token| format!("&page[token]={token}")).unwrap_or_default();
        let page = stand.get(&format!("{path}{next}")).by(&ada).send().await.json();
        paged.extend(page["data"].as_array().unwrap().iter().map(|item| item["sentence"].clone()));
        token = page["nextPageToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(paged, all);
    let foreign = stand.get(&format!("{path}&page[token]=7")).by(&ada).send().await;
    assert_eq!(foreign.complaints(422, "validation_failed"), ["page[token]"]);
}

#[tokio::test]
async fn somebody_who_was_erased_is_nobody_at_once() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let bob = stand.somebody("bob").await;
    stand.join(ada.org, bob.account, Role::Member).await;
    assert_eq!(sentences(&stand, &ada, "").await[0], "bob joined as member");
    let erase = Commit::new(Metadata::of(Actor::system("test"))).write(PersonWrite::Erase(bob.account));
    stand.store.commit(erase).await.unwrap();
    assert_eq!(sentences(&stand, &ada, "").await[0], "A deleted account joined as member");
}

#[tokio::test]
async fn usage_counts_hours_by_plan_and_instance() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let at = |text: &str| Some(text.parse().unwrap());
    stand.database.db().set_fake_now(at("2026-05-01T00:00:00Z"));
    let db = stand.running(&ada, &project, "db").await;
    stand.database.db().set_fake_now(at("2026-05-01T06:00:00Z"));
    let stop = stand.post(&format!("/v1/instances/{}:stop", db.id)).by(&ada).send().await.text_at("/id");
    stand.advance(&db.id, &stop, vec![Progress::Finish(Outcome::Succeeded)], None).await;
    stand.catch_up().await;
    stand.database.db().set_fake_now(at("2026-05-20T00:00:00Z"));
    let path = format!("/v1/orgs/{}/usage", ada.org);
    let usage = stand.get(&path).by(&ada).send().await.json();
    assert_eq!(usage["from"], "2026-05-01T00:00:00Z");
    assert_eq!(usage["plans"], json!([{ "plan": "nano", "instanceHours": 6.0 }]));
    let of_db =
        json!({ "instanceId": db.id, "name": "db", "projectId": project, "plan": "nano", "hours": 6.0 });
    assert_eq!(usage["instances"], json!([of_db]));
    let half = format!("{path}?from=2026-05-01T03:00:00Z&to=2026-05-02T00:00:00Z");
    assert_eq!(stand.get(&half).by(&ada).send().await.json()["plans"][0]["instanceHours"], 3.0);
    let wrong = stand.get(&format!("{path}?from=yesterday")).by(&ada).send().await;
    assert_eq!(wrong.complaints(422, "validation_failed"), ["from"]);
    let backwards = stand.get(&format!("{path}?from=2026-05-02T00:00:00Z&to=2026-05-01T00:00:00Z"));
    assert_eq!(backwards.by(&ada).send().await.complaints(422, "validation_failed"), ["from"]);
}
