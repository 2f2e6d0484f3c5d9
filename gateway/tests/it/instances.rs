//! Instances and their jobs: states, verbs, waiting, passwords.

use crate::{running::CERTIFICATE, stand::Stand};
use dbx_domain::{
    ids::WorkflowId,
    instance::{Outcome, Progress, StepName, WorkflowKind},
    org::{OrgEvent, Quota},
};
use dbx_workflows::catalogue;
use serde_json::{Value, json};

#[tokio::test]
async fn verbs_are_written_with_a_colon_and_answer_with_a_job() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    for (verb, kind) in [("stop", "stop"), ("reboot", "reboot"), ("rotate-creds", "rotate")] {
        let running = stand.running(&ada, &project, &format!("db-{verb}")).await;
        let reply = stand.post(&format!("/v1/instances/{}:{verb}", running.id)).by(&ada).send().await;
        assert_eq!(reply.status, 202, "{}", reply.text);
        let job = reply.json();
        assert_eq!((&job["kind"], &job["status"]), (&json!(kind), &json!("queued")));
        assert_eq!(job["instanceId"], json!(running.id));
        assert_eq!(reply.header("location").unwrap(), format!("/v1/jobs/{}", job["id"].as_str().unwrap()));
        let steps = job["steps"].as_array().unwrap();
        assert!(!steps.is_empty() && steps.iter().all(|step| step["status"] == "pending"), "{job:#}");
    }
    let (id, _) = stand.order(&ada, &project, "new").await;
    for verb in ["explode", "START", "start:stop", "~start"] {
        stand.post(&format!("/v1/instances/{id}:{verb}")).by(&ada).send().await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_busy_instance_names_its_job_and_a_wrong_state_says_so() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let running = stand.running(&ada, &project, "db").await;
    let verb = |verb: &str| stand.post(&format!("/v1/instances/{}:{verb}", running.id)).by(&ada);
    verb("start").send().await.problem(409, "wrong_state");
    let job = verb("stop").send().await.text_at("/id");
    let reply = verb("reboot").send().await;
    let problem = reply.problem(409, "busy");
    assert_eq!(problem["jobId"], json!(job));
    assert_eq!(problem["retryable"], true);
    assert!(reply.header("retry-after").is_some());
    let delete = stand.delete(&format!("/v1/instances/{}", running.id)).by(&ada).send().await;
    assert_eq!(delete.status, 202, "a delete waits for nobody: {}", delete.text);
    let shown = stand.get(&format!("/v1/instances/{}", running.id)).by(&ada).send().await.json();
    assert_eq!((&shown["lifecycle"], &shown["currentJobId"]), (&json!("deleting"), &delete.json()["id"]));
}

#[tokio::test]
async fn orders_at_once_never_exceed_the_quota_and_none_is_lost() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let quota = Quota { instances: 12, ..Quota::default() };
    stand.append_to_org(ada.org, &[OrgEvent::QuotaSet { quota }]).await;
    let path = format!("/v1/projects/{project}/instances");
    let order = async |index: u32| {
        let body = json!({ "name": format!("db-{index}"), "plan": "nano" });
        stand.post(&path).by(&ada).json(&body).send().await
    };
    let replies = futures::future::join_all((0..16).map(order)).await;
    let (accepted, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 202);
    assert_eq!(accepted.len(), 12);
    refused.iter().for_each(|reply| drop(reply.problem(422, "quota_exceeded")));
    let listed = stand.get(&path).by(&ada).send().await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 12);
}

#[tokio::test]
async fn waiting_ends_with_the_job() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let (instance, job) = stand.order(&ada, &project, "db").await;
    let path = format!("/v1/jobs/{job}?wait=60");
    let finish = stand.advance(&instance, &job, vec![Progress::Finish(Outcome::Canceled)], None);
    let (reply, ()) = tokio::join!(stand.get(&path).by(&ada).send(), finish);
    assert_eq!(reply.json()["status"], "canceled");
}

#[tokio::test]
async fn steps_are_shown_in_the_definitions_order() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let (instance, job) = stand.order(&ada, &project, "db").await;
    stand.advance(&instance, &job, stand.step(StepName::new("reserve"), vec![]).await, None).await;
    let shown = stand.get(&format!("/v1/jobs/{job}")).by(&ada).send().await.json();
    assert_eq!((&shown["status"], &shown["cancelable"]), (&json!("running"), &json!(true)));
    let steps: Vec<_> =
        shown["steps"].as_array().unwrap().iter().map(|step| (&step["name"], &step["status"])).collect();
    assert_eq!(steps[0], (&json!("reserve"), &json!("completed")));
    assert!(steps.len() > 5 && steps[1..].iter().all(|(_, status)| **status == "pending"), "{steps:?}");
    let listed = stand.get(&format!("/v1/projects/{project}/jobs")).by(&ada).send().await.json();
    assert_eq!(listed["data"], json!([shown]));
}

#[tokio::test]
async fn jobs_are_canceled_and_parked_ones_retried() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let (instance, job) = stand.order(&ada, &project, "db").await;
    stand.post(&format!("/v1/jobs/{job}:retry")).by(&ada).send().await.problem(409, "wrong_state");
    stand.advance(&instance, &job, vec![Progress::Park("the node is gone".to_owned())], None).await;
    let parked = stand.get(&format!("/v1/jobs/{job}?wait=60")).by(&ada).send().await.json();
    assert_eq!(
        (&parked["status"], &parked["reason"]),
        (&json!("needs_operator"), &json!("the node is gone"))
    );
    let retried = stand.post(&format!("/v1/jobs/{job}:retry")).by(&ada).send().await;
    assert_eq!(retried.status, 202, "{}", retried.text);
    let canceled = stand.post(&format!("/v1/jobs/{job}:cancel")).by(&ada).send().await;
    assert_eq!(canceled.json()["cancelRequested"], true);
    let delete = stand.delete(&format!("/v1/instances/{instance}")).by(&ada).send().await.text_at("/id");
    stand.advance(&instance, &job, vec![Progress::Finish(Outcome::Superseded)], None).await;
    stand.post(&format!("/v1/jobs/{delete}:cancel")).by(&ada).send().await.problem(409, "not_cancelable");
    let over = stand.post(&format!("/v1/jobs/{job}:cancel")).by(&ada).send().await;
    over.problem(409, "wrong_state");
    assert!(job.parse::<WorkflowId>().is_ok());
}

#[tokio::test]
async fn a_job_past_its_point_of_return_is_not_cancelable() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let running = stand.running(&ada, &project, "db").await;
    let rotate = catalogue::definition(WorkflowKind::Rotate);
    let pivot = rotate.steps.iter().find(|step| step.pivot).unwrap().name.clone();
    let job = stand.post(&format!("/v1/instances/{}:rotate-creds", running.id)).by(&ada).send().await;
    assert_eq!(job.json()["cancelable"], true);
    let job = job.text_at("/id");
    let reports = stand.step(pivot, vec![]).await;
    stand.advance(&running.id, &job, reports, None).await;
    assert_eq!(stand.get(&format!("/v1/jobs/{job}")).by(&ada).send().await.json()["cancelable"], false);
    stand.post(&format!("/v1/jobs/{job}:cancel")).by(&ada).send().await.problem(409, "not_cancelable");
}

#[tokio::test]
async fn a_password_is_shown_only_by_reveal_and_leaves_a_trace() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let (early, _) = stand.order(&ada, &project, "early").await;
    let reveal = |id: &str| stand.post(&format!("/v1/instances/{id}/credentials:reveal")).by(&ada);
    reveal(&early).send().await.problem(409, "credential_not_ready");
    stand.get(&format!("/v1/instances/{early}/connection")).by(&ada).send().await.problem(409, "wrong_state");

    let running = stand.running(&ada, &project, "db").await;
    let connection =
        stand.get(&format!("/v1/instances/{}/connection", running.id)).by(&ada).send().await.json();
    assert_eq!(connection["uri"], "postgresql://app@10.0.0.7:5432/app?sslmode=require");
    let verifying = "postgresql://app@10.0.0.7:5432/app?sslmode=verify-full&sslrootcert=db.pem";
    assert_eq!(connection["verifyingUri"], verifying);
    assert_eq!((&connection["sslMode"], &connection["port"]), (&json!("verify-full"), &json!(5432)));
    assert_eq!(connection["certificatePem"], CERTIFICATE);

    let revealed = reveal(&running.id).send().await;
    assert_eq!(revealed.header("cache-control"), Some("no-store"));
    let address = format!("postgresql://app:{}@10.0.0.7:5432/app", running.password);
    let uri = format!("{address}?sslmode=require");
    let verifying = format!("{address}?sslmode=verify-full&sslrootcert=db.pem");
    let all = json!({ "password": running.password, "version": 1, "uri": uri, "verifyingUri": verifying });
    assert_eq!(revealed.json(), all);

    let shown = format!("/v1/instances/{}", running.id);
    let lists = [
        shown.clone(),
        format!("{shown}/events"),
        format!("{shown}/connection"),
        format!("/v1/jobs/{}", running.job),
    ];
    let project_lists = ["instances", "jobs"].map(|what| format!("/v1/projects/{project}/{what}"));
    for path in lists.iter().chain(&project_lists) {
        let reply = stand.get(path).by(&ada).send().await;
        assert_eq!(reply.status, 200);
        assert!(!reply.text.contains(&running.password) && !reply.text.contains("SCRAM"), "{path}");
    }
    let events = stand.get(&format!("{shown}/events")).by(&ada).send().await.json();
    let last: &Value = events["data"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["type"], &last["actor"]["id"]),
        (&json!("CredentialRevealed"), &json!(ada.account.to_string()))
    );
}
