//! Jobs that need an operator: what they say, and the ways out.

use crate::stand::{Somebody, Stand};
use dbx_domain::{
    ids::Ctid,
    instance::{Fact, Progress, StepName},
};
use serde_json::{Value, json};
use std::net::Ipv4Addr;

/// An ordered instance whose create is stuck at its clone: instance and job.
async fn stuck_create(stand: &Stand, owner: &Somebody) -> (String, String) {
    let project = stand.project(owner, "shop").await;
    let (instance, job) = stand.order(owner, &project, "db").await;
    let place = Fact::PlacementReserved {
        node: "pve1".to_owned(),
        ctid: Ctid(700),
        address: Ipv4Addr::new(10, 0, 7, 7),
    };
    let mut reports = stand.step(StepName::new("reserve"), vec![place]).await;
    let deadline_at = stand.database.db().now().await.unwrap();
    reports.push(Progress::BeginStep { step: StepName::new("clone"), deadline_at });
    reports.push(Progress::Park("undoing clone failed: container 700 is locked".to_owned()));
    stand.advance(&instance, &job, reports, None).await;
    (instance, job)
}

async fn job(stand: &Stand, owner: &Somebody, id: &str) -> Value {
    stand.get(&format!("/v1/jobs/{id}")).by(owner).send().await.json()
}

fn ways(job: &Value) -> Vec<&str> {
    job["waysOut"].as_array().unwrap().iter().map(|way| way["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_stuck_job_says_why_until_when_and_what_can_be_done() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let (_, id) = stuck_create(&stand, &ada).await;
    let shown = job(&stand, &ada, &id).await;
    assert_eq!(shown["status"], "needs_operator");
    assert_eq!(
        shown["reason"],
        "undoing what it did in cloning the template failed: container 700 is locked"
    );
    assert_eq!(ways(&shown), ["retry", "cancel", "abandon", "delete"]);
    let steps = shown["steps"].as_array().unwrap();
    assert!(shown["deadlineAt"].is_string() && steps[1]["deadlineAt"].is_null(), "{shown:#}");
    assert_eq!((&steps[2]["name"], steps[2]["deadlineAt"].is_string()), (&json!("clone"), true));
}

#[tokio::test]
async fn an_abandoned_create_lists_what_may_be_left_and_can_be_deleted() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let (instance, id) = stuck_create(&stand, &ada).await;
    let path = format!("/v1/jobs/{id}:abandon");
    assert_eq!(stand.post(&path).by(&ada).send().await.status, 202);
    assert_eq!(stand.post(&path).by(&ada).send().await.status, 202, "again is no error");
    stand.advance(&instance, &id, vec![Progress::Abandon], None).await;
    let over = job(&stand, &ada, &id).await;
    assert_eq!((&over["status"], &over["error"]["code"]), (&json!("failed"), &json!("abandoned")));
    let reason = over["reason"].as_str().unwrap();
    assert!(reason.contains("container 700 on pve1") && reason.contains("10.0.7.7"), "{reason}");
    assert_eq!(ways(&over), ["delete"]);
    let path = format!("/v1/instances/{instance}");
    assert_eq!(stand.get(&path).by(&ada).send().await.json()["lifecycle"], "failed");
    assert_eq!(stand.delete(&path).by(&ada).send().await.status, 202);
    assert_eq!(ways(&job(&stand, &ada, &id).await), Vec::<&str>::new(), "it is being deleted already");
}

#[tokio::test]
async fn a_delete_is_offered_only_where_it_would_be_accepted() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let (instance, id) = stuck_create(&stand, &ada).await;
    let path = format!("/v1/instances/{instance}");
    let protect = async |on: bool| {
        let change = json!({ "terminationProtection": on });
        assert_eq!(stand.patch(&path).by(&ada).json(&change).send().await.status, 200);
    };
    protect(true).await;
    assert_eq!(ways(&job(&stand, &ada, &id).await), ["retry", "cancel", "abandon"]);
    stand.delete(&path).by(&ada).send().await.problem(409, "protected");
    protect(false).await;
    assert_eq!(ways(&job(&stand, &ada, &id).await), ["retry", "cancel", "abandon", "delete"]);
    assert_eq!(stand.delete(&path).by(&ada).send().await.status, 202);
    assert_eq!(ways(&job(&stand, &ada, &id).await), ["retry", "cancel", "abandon"]);
}

#[tokio::test]
async fn waiting_for_an_abandoned_job_ends_with_it() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let (instance, id) = stuck_create(&stand, &ada).await;
    let path = format!("/v1/jobs/{id}:abandon?wait=60");
    let engine = async {
        let mut waiter = stand.database.db().wakeups().waiter();
        while job(&stand, &ada, &id).await["status"] == "needs_operator" {
            let events = format!("/v1/instances/{instance}/events?page[size]=200");
            let events = stand.get(&events).by(&ada).send().await.text;
            if events.contains("AbandonRequested") {
                stand.advance(&instance, &id, vec![Progress::Abandon], None).await;
            } else {
                waiter.wait_or(std::time::Duration::from_millis(50)).await;
            }
        }
    };
    let (reply, ()) = tokio::join!(stand.post(&path).by(&ada).send(), engine);
    assert_eq!(reply.json()["status"], "failed", "{}", reply.text);
}

#[tokio::test]
async fn only_what_is_stuck_can_be_abandoned() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let (_, id) = stand.order(&ada, &project, "db").await;
    let problem =
        stand.post(&format!("/v1/jobs/{id}:abandon")).by(&ada).send().await.problem(409, "wrong_state");
    assert!(problem["detail"].as_str().unwrap().contains("nothing to retry or to abandon"), "{problem:#}");
    assert_eq!(ways(&job(&stand, &ada, &id).await), Vec::<&str>::new());
}

#[tokio::test]
async fn an_abandoned_delete_is_a_delete() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let running = stand.running(&ada, &project, "db").await;
    let path = format!("/v1/instances/{}", running.id);
    let delete = stand.delete(&path).by(&ada).send().await.text_at("/id");
    stand.advance(&running.id, &delete, vec![Progress::Park("pve1 does not answer".to_owned())], None).await;
    assert_eq!(ways(&job(&stand, &ada, &delete).await), ["retry", "abandon"]);
    let again = stand.delete(&path).by(&ada).send().await.problem(409, "busy");
    let detail = again["detail"].as_str().unwrap();
    assert!(detail.ends_with("retry or abandon that job first") && detail.contains(&delete), "{detail}");
    assert_eq!(stand.post(&format!("/v1/jobs/{delete}:abandon")).by(&ada).send().await.status, 202);
    stand.advance(&running.id, &delete, vec![Progress::Abandon], None).await;
    let over = job(&stand, &ada, &delete).await;
    assert!(over["reason"].as_str().unwrap().contains("may be left behind: container"), "{over:#}");
    assert_eq!((&over["status"], ways(&over)), (&json!("failed"), vec![]));
    assert_eq!(stand.get(&path).by(&ada).send().await.json()["lifecycle"], "deleted");
}
