//! Pages, entity tags, and what lists must not hold.

use crate::stand::Stand;
use serde_json::{Value, json};

#[tokio::test]
async fn a_parameter_that_a_read_does_not_have_is_refused() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let list = format!("/v1/projects/{project}/jobs");
    let refused = stand.get(&format!("{list}?page%5Bsize%5D=1&colour=blue")).by(&ada).send().await;
    assert_eq!(refused.complaints(422, "validation_failed"), ["colour"]);
    assert!(refused.json()["errors"][0]["allowed"].as_array().unwrap().contains(&"page[size]".into()));
    for known in ["?page%5Bsize%5D=1", "?page[size]=1", "?", ""] {
        assert_eq!(stand.get(&format!("{list}{known}")).by(&ada).send().await.status, 200, "{known}");
    }
}

#[tokio::test]
async fn pages_cover_a_list_without_gaps_or_doubles() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    for index in 0..5 {
        stand.project(&ada, &format!("p{index}")).await;
    }
    let base = format!("/v1/orgs/{}/projects?page[size]=2", ada.org);
    let (mut names, mut sizes, mut token) = (Vec::new(), Vec::new(), None);
    loop {
        let next = token.map(|token: String| format!("&page[token]={token}")).unwrap_or_default();
        let page = stand.get(&format!("{base}{next}")).by(&ada).send().await.json();
        let data = page["data"].as_array().unwrap();
        sizes.push(data.len());
        names.extend(data.iter().map(|project| project["name"].as_str().unwrap().to_owned()));
        token = page["nextPageToken"].as_str().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [2, 2, 1]);
    assert_eq!(names, ["p4", "p3", "p2", "p1", "p0"]);
}

#[tokio::test]
async fn escaped_brackets_are_the_same_parameters() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    for index in 0..2 {
        stand.project(&ada, &format!("p{index}")).await;
    }
    let path = format!("/v1/orgs/{}/projects?page%5Bsize%5D=1", ada.org);
    let page = stand.get(&path).by(&ada).send().await.json();
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn history_is_paged_from_its_beginning_with_actor_and_details() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let (instance, job) = stand.order(&ada, &project, "db").await;
    let path = format!("/v1/instances/{instance}/events?page[size]=1");
    let first = stand.get(&path).by(&ada).send().await.json();
    let event = &first["data"][0];
    assert_eq!((&event["type"], &event["sequence"]), (&json!("InstanceRequested"), &json!(1)));
    let actor = json!({ "kind": "account", "id": ada.account.to_string(), "name": "ada" });
    assert_eq!(event["actor"], actor);
    assert_eq!(event["sentence"], "ada ordered db (nano, Postgres 17, 20 GiB)");
    assert!(event["requestId"].is_string());
    assert_eq!(event["payload"]["name"], "db");
    let token = first["nextPageToken"].as_str().unwrap();
    let second = stand.get(&format!("{path}&page[token]={token}")).by(&ada).send().await.json();
    assert_eq!(second["data"][0]["type"], "WorkflowRequested");
    assert_eq!(second["data"][0]["sentence"], "Creating db was requested");
    assert_eq!(second["data"][0]["payload"]["workflow"], json!(job));
    assert_eq!(second["nextPageToken"], Value::Null);
    assert!(second["data"][0]["position"].as_str() > event["position"].as_str());
}

#[tokio::test]
async fn entity_tags_follow_the_stream() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let org = stand.get(&format!("/v1/orgs/{}", ada.org)).by(&ada).send().await;
    assert_eq!(org.header("etag"), Some("\"2\""));
    let (instance, _) = stand.order(&ada, &project, "db").await;
    let reply = stand.get(&format!("/v1/instances/{instance}")).by(&ada).send().await;
    assert_eq!(reply.header("etag"), Some("\"2\""));
    assert_eq!(reply.json()["version"], 2);
}

#[tokio::test]
async fn the_catalogue_is_open_and_complete() {
    let stand = Stand::new().await;
    let plans = stand.get("/v1/plans").send().await.json();
    assert_eq!(plans["pgVersions"], json!([16, 17, 18]));
    assert_eq!(plans["data"][2]["name"], "pro");
    assert_eq!(plans["data"][2]["diskGiBMin"], 100);
    assert_eq!(plans["data"].as_array().unwrap().len(), 4);
}
