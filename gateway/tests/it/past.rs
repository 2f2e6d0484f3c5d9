//! Things as they were, and why they are as they are.

use crate::stand::Stand;
use dbx_domain::{
    instance::{Outcome, Progress},
    policy::Role,
};
use serde_json::{Value, json};

#[tokio::test]
async fn an_instance_is_shown_as_it_was_after_each_of_its_events() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let running = stand.running(&ada, &project, "db").await;
    let path = format!("/v1/instances/{}", running.id);
    let mut shown: Vec<(String, Value)> = Vec::new();
    let look = async |shown: &mut Vec<(String, Value)>| {
        let events = stand.get(&format!("{path}/events?page[size]=200")).by(&ada).send().await.json();
        let last = events["data"].as_array().unwrap().last().unwrap().clone();
        let now = stand.get(&path).by(&ada).send().await;
        let (tag, mut now) = (now.header("etag").unwrap().to_owned(), now.json());
        now["etag"] = json!(tag);
        shown.push((last["position"].as_str().unwrap().to_owned(), now));
    };
    look(&mut shown).await;
    for change in [json!({ "name": "main" }), json!({ "tags": { "env": "prod" } })] {
        assert_eq!(stand.patch(&path).by(&ada).json(&change).send().await.status, 200);
        look(&mut shown).await;
    }
    let stop = stand.post(&format!("{path}:stop")).by(&ada).send().await.text_at("/id");
    look(&mut shown).await;
    stand.advance(&running.id, &stop, vec![Progress::Finish(Outcome::Succeeded)], None).await;
    look(&mut shown).await;
    for (position, then) in &shown {
        let past = stand.get(&format!("{path}?at={position}")).by(&ada).send().await;
        let (tag, mut past) = (past.header("etag").unwrap().to_owned(), past.json());
        past["etag"] = json!(tag);
        assert_eq!(&past, then);
    }
    let lifecycles: Vec<&str> = shown.iter().map(|(_, then)| then["lifecycle"].as_str().unwrap()).collect();
    assert_eq!(lifecycles, ["running", "running", "running", "running", "stopped"]);
    let newest = shown.last().unwrap().1["etag"].as_str().unwrap().trim_matches('"').to_owned();
    let now = stand.get(&format!("{path}?at={newest}")).by(&ada).send().await.json();
    assert_eq!(now["lifecycle"], "stopped");
    let first = stand.get(&format!("{path}?at=1")).by(&ada).send().await.json();
    assert_eq!((&first["lifecycle"], &first["name"]), (&json!("requested"), &json!("db")));
}

#[tokio::test]
async fn what_did_not_exist_yet_says_so_and_nonsense_is_refused() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let (instance, _) = stand.order(&ada, &project, "db").await;
    let paths = [
        format!("/v1/orgs/{}", ada.org),
        format!("/v1/projects/{project}"),
        format!("/v1/instances/{instance}"),
    ];
    let (begin, stranger) = (dbx_sql::Cursor::START.to_string(), stand.somebody("stranger").await);
    for path in paths {
        for at in ["2001-01-01T00:00:00Z", "2001-01-01T00:00:00+02:00", &begin] {
            stand.get(&format!("{path}?at={at}")).by(&ada).send().await.problem(404, "not_yet");
        }
        for at in
            ["", "yesterday", "0", "2001-13-01T00:00:00Z", "%00", "99999999999999999999999999999999999999999"]
        {
            let refused = stand.get(&format!("{path}?at={at}")).by(&ada).send().await;
            assert_eq!(refused.complaints(422, "validation_failed"), ["at"], "{at}");
        }
        for (at, why) in [
            ("2999-01-01T00:00:00Z", "future"),
            ("7000", "newest"),
            ("099999999999999999990000000000000000001", "beyond"),
        ] {
            let refused = stand.get(&format!("{path}?at={at}")).by(&ada).send().await;
            let problem = refused.json();
            assert_eq!(refused.complaints(422, "validation_failed"), ["at"], "{at}");
            assert!(problem["errors"][0]["message"].as_str().unwrap().contains(why), "{problem}");
        }
        let at = "2001-01-01T00:00:00Z";
        stand.get(&format!("{path}?at={at}")).by(&stranger).send().await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn orgs_and_projects_are_shown_as_they_were() {
    let stand = Stand::new().await;
    let at = |text: &str| Some(text.parse().unwrap());
    stand.database.db().set_fake_now(at("2026-05-01T00:00:00Z"));
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    stand.database.db().set_fake_now(at("2026-05-02T00:00:00Z"));
    let (org, project) = (format!("/v1/orgs/{}", ada.org), format!("/v1/projects/{project}"));
    for (path, name) in [(&org, "Acme"), (&project, "store")] {
        assert_eq!(stand.patch(path).by(&ada).json(&json!({ "name": name })).send().await.status, 200);
    }
    stand.database.db().set_fake_now(at("2026-05-03T00:00:00Z"));
    assert_eq!(stand.delete(&project).by(&ada).send().await.status, 204);
    stand.database.db().set_fake_now(at("2026-05-04T00:00:00Z"));
    let name = async |path: &str, at: &str| {
        stand.get(&format!("{path}?at={at}")).by(&ada).send().await.text_at("/name")
    };
    assert_eq!(name(&org, "2026-05-01T12:00:00Z").await, "ada's org");
    assert_eq!(name(&org, "2026-05-02T12:00:00Z").await, "Acme");
    assert_eq!(name(&project, "2026-05-01T12:00:00Z").await, "shop");
    assert_eq!(name(&project, "2026-05-02T12:00:00Z").await, "store");
    let gone = stand.get(&format!("{project}?at=2026-05-03T12:00:00Z")).by(&ada).send().await;
    gone.problem(404, "not_found");
    let early = stand.get(&format!("{project}?at=2026-04-03T12:00:00Z")).by(&ada).send().await;
    early.problem(404, "not_yet");
}

#[tokio::test]
async fn why_tells_the_last_transition_the_cause_and_what_to_do() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let (instance, job) = stand.order(&ada, &project, "db").await;
    let path = format!("/v1/instances/{instance}/why");
    let why = stand.get(&path).by(&ada).send().await.json();
    assert_eq!(why["lastTransition"]["sentence"], "ada ordered db (nano, Postgres 17, 20 GiB)");
    assert_eq!(why["lastTransition"]["actor"]["name"], "ada");
    assert_eq!(
        (&why["state"], &why["waitingFor"]),
        (&json!("requested"), &json!("A worker to begin reserving a place on a node"))
    );
    assert_eq!((&why["job"]["id"], &why["job"]["kind"]), (&json!(job), &json!("create")));
    stand.advance(&instance, &job, vec![Progress::Park("the cluster is away".to_owned())], None).await;
    let why = stand.get(&path).by(&ada).send().await.json();
    assert_eq!(why["cause"], "It is stuck: the cluster is away");
    assert_eq!(why["actions"][0]["command"], format!("dbx job retry {job}"));
    let names: Vec<&str> =
        why["actions"].as_array().unwrap().iter().map(|action| action["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["retry", "cancel", "abandon", "delete"]);
    let retried = stand.post(&format!("/v1/jobs/{job}:retry")).by(&ada).send().await;
    assert_eq!(retried.status, 202);
    let viewer = stand.somebody("viewer").await;
    stand.join(ada.org, viewer.account, Role::Viewer).await;
    assert_eq!(stand.get(&path).by(&viewer).send().await.status, 200);
}
