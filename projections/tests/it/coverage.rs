//! Every event of the domain is fed to every projection, and which ones react is written down here. An event that
//! this file does not know fails the test: decide what it shows, then add it.

use crate::{
    history::failure,
    stand::{Ordered, Stand, requested, seconds, workflow},
};
use cqrs_es::{Aggregate, DomainEvent};
use dbx_domain::{
    Account, Instance, Org,
    account::AccountEvent,
    ids::{
        AccountId, ApiKeyId, Ctid, InvitationId, OrgId, ProjectId, SecretId, SessionId, WebhookId, WorkflowId,
    },
    instance::{
        ClusterCalls, CredentialRole, DriftKind, Health, InstanceEvent, Outcome, StepName, WorkflowKind,
    },
    name::Tags,
    org::{OrgEvent, ProjectQuota, Quota, WebhookChange},
    plan::{Plan, Size},
    policy::Role,
};
use dbx_sql::{Batch, NewEvent, NewlyRecorded};
use std::{collections::BTreeSet, net::Ipv4Addr};
use uuid::Uuid;

/// An event and the projections that it changes.
type Case<E> = (E, &'static [&'static str]);

async fn check<A: Aggregate>(stand: &Stand, id: impl ToString, cases: Vec<Case<A::Event>>, names: &[&str]) {
    let fed: BTreeSet<String> = cases.iter().map(|(event, _)| event.event_type()).collect();
    let known: BTreeSet<String> = names.iter().map(ToString::to_string).collect();
    assert_eq!(fed, known, "{}: events fed here and events of the domain", A::TYPE);
    for (event, expected) in &cases {
        let new = NewEvent::of(event).unwrap();
        let newly = NewlyRecorded {
            aggregate_type: A::TYPE,
            aggregate_id: &id.to_string(),
            sequence: 1,
            event_type: &new.event_type,
            event_version: &new.event_version,
            payload: &new.payload,
            metadata: &serde_json::Value::Null,
            recorded_at: None,
        };
        let mut reacting = Vec::new();
        for projection in dbx_projections::inline() {
            let mut batch = Batch::default();
            projection.apply(&newly, &mut batch).unwrap();
            if !batch.is_empty() {
                reacting.push(projection.name());
            }
        }
        assert_eq!(&reacting, expected, "{}", new.event_type);
    }
    crate::sentences::check::<A>(&id.to_string(), cases.iter().map(|(event, _)| event));
    // And Postgres takes all their statements.
    for (event, _) in cases {
        let name = event.event_type();
        stand.append::<A>(id.to_string(), &[event]).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[tokio::test]
async fn every_account_event_is_covered() {
    let account = AccountId::from_uuid(Uuid::now_v7());
    let (key, session) = (ApiKeyId::from_uuid(Uuid::now_v7()), SessionId::from_uuid(Uuid::now_v7()));
    let issued = AccountEvent::ApiKeyIssued {
        key,
        org: OrgId::from_uuid(Uuid::now_v7()),
        ceiling: Role::Admin,
        expires_at: None,
    };
    let cases: Vec<Case<AccountEvent>> = vec![
        (AccountEvent::AccountRegistered { account }, &[]),
        (AccountEvent::ProfileChanged {}, &[]),
        (AccountEvent::PasswordChanged {}, &[]),
        (AccountEvent::SessionOpened { session, expires_at: seconds(1) }, &[]),
        (AccountEvent::SignInRefused {}, &[]),
        (AccountEvent::AccountErased {}, &[]),
        (AccountEvent::SessionClosed { session }, &[]),
        (AccountEvent::SessionsRevoked {}, &[]),
        (issued, &["api_keys"]),
        (AccountEvent::ApiKeyRevoked { key }, &["api_keys"]),
    ];
    check::<Account>(&Stand::new().await, account, cases, AccountEvent::NAMES).await;
}

#[tokio::test]
async fn every_org_event_is_covered() {
    let org = OrgId::from_uuid(Uuid::now_v7());
    let [owner, guest] = [(); 2].map(|()| AccountId::from_uuid(Uuid::now_v7()));
    let [used, withdrawn] = [(); 2].map(|()| InvitationId::from_uuid(Uuid::now_v7()));
    let project = ProjectId::from_uuid(Uuid::now_v7());
    let instance = Ordered::new().instance;
    let webhook = WebhookId::from_uuid(Uuid::now_v7());
    let (name, app) = ("Acme".parse().unwrap(), || "app".parse().unwrap());
    let size = Size::new(Plan::Nano, None).unwrap();
    let (role, expires_at) = (Role::Member, seconds(1));
    let cases: Vec<Case<OrgEvent>> = vec![
        (OrgEvent::OrgCreated { org, name, owner }, &["orgs", "members"]),
        (OrgEvent::OrgRenamed { name: "Acme Ltd".parse().unwrap() }, &["orgs"]),
        (OrgEvent::InvitationIssued { invitation: used, role, expires_at }, &["orgs", "invitations"]),
        (OrgEvent::InvitationIssued { invitation: withdrawn, role, expires_at }, &["orgs", "invitations"]),
        (OrgEvent::InvitationAccepted { invitation: used, account: guest }, &["orgs", "invitations"]),
        (OrgEvent::MemberAdded { account: guest, role }, &["orgs", "members"]),
        (OrgEvent::MemberRoleChanged { account: guest, role: Role::Admin }, &["orgs", "members"]),
        (OrgEvent::MemberRemoved { account: guest }, &["orgs", "members"]),
        (OrgEvent::InvitationRevoked { invitation: withdrawn }, &["orgs", "invitations"]),
        (OrgEvent::ProjectCreated { project, name: app() }, &["orgs", "projects"]),
        (OrgEvent::ProjectRenamed { project, name: "web".parse().unwrap() }, &["orgs", "projects"]),
        (OrgEvent::QuotaSet { quota: Quota::default() }, &["orgs"]),
        (OrgEvent::ProjectQuotaSet { project, quota: ProjectQuota::default() }, &["orgs"]),
        (OrgEvent::InstanceAdmitted { instance, project, name: app(), size }, &["orgs"]),
        (OrgEvent::InstanceNameChanged { instance, name: "api".parse().unwrap() }, &["orgs"]),
        (OrgEvent::InstanceReleased { instance }, &["orgs"]),
        (OrgEvent::WebhookChanged { webhook, change: WebhookChange::Created, reason: None }, &["orgs"]),
        (OrgEvent::ProjectDeleted { project }, &["orgs", "projects"]),
        (OrgEvent::OrgDeleted {}, &["orgs", "members", "projects", "invitations"]),
    ];
    check::<Org>(&Stand::new().await, org, cases, OrgEvent::NAMES).await;
}

#[tokio::test]
async fn every_instance_event_is_covered() {
    let ordered = Ordered::new();
    let cases = instance_cases(&ordered);
    check::<Instance>(&Stand::new().await, ordered.instance, cases, InstanceEvent::NAMES).await;
}

fn server_observed() -> InstanceEvent {
    InstanceEvent::ServerObserved {
        server_version: "17.1".into(),
        certificate_pem: "pem".into(),
        fingerprint: "00".into(),
    }
}

/// To be tried again.
fn step_failed(workflow: WorkflowId, step: StepName) -> InstanceEvent {
    let (failure, retry_at, calls) = (failure(), Some(seconds(30)), ClusterCalls::default());
    InstanceEvent::StepFailed { workflow, step, attempt: 1, failure, retry_at, calls }
}

/// For good.
fn undo_failed(workflow: WorkflowId, step: StepName) -> InstanceEvent {
    let (failure, retry_at, calls) = (failure(), None, ClusterCalls::default());
    InstanceEvent::UndoFailed { workflow, step, attempt: 1, failure, retry_at, calls }
}

fn instance_cases(ordered: &Ordered) -> Vec<Case<InstanceEvent>> {
    use InstanceEvent as E;
    const SHOWN: &[&str] = &["instances"];
    const JOB: &[&str] = &["instances", "jobs"];
    const DRIVEN: &[&str] = &["instances", "jobs", "workflow_queue"];
    const DRIFTED: &[&str] = &["instances", "drifts"];
    const PLACED: &[&str] = &["instances", "reservations"];
    let [order, create] = ordered.events();
    let (workflow_id, step, attempt) = (ordered.create, || StepName::new("clone"), 1);
    let (role, version, secret) = (CredentialRole::Tenant, 1, SecretId::of(ordered.instance, "tenant"));
    let deadline_at = seconds(60);
    let failed = || Outcome::Failed { failure: failure() };
    let workflow = workflow_id;
    let address = Ipv4Addr::new(10, 0, 0, 1);
    let kind = WorkflowKind::Create;
    let what = DriftKind::ContainerStopped;
    vec![
        (order, SHOWN),
        (create, DRIVEN),
        (E::InstanceRenamed { name: "api".parse().unwrap() }, SHOWN),
        (E::TagsChanged { tags: Tags::default() }, SHOWN),
        (E::ProtectionChanged { protected: true }, SHOWN),
        (E::StepBegan { workflow, step: step(), attempt, deadline_at }, JOB),
        (E::TaskSubmitted { workflow, step: step(), attempt: Some(1), task: "UPID:pve1".into() }, JOB),
        (E::PlacementReserved { node: "pve1".into(), ctid: Ctid(500), address }, PLACED),
        (E::CredentialIssued { role, secret, version }, SHOWN),
        (E::CredentialActivated { role, version }, SHOWN),
        (E::CredentialRevealed { role, version }, SHOWN),
        (E::CredentialRetired { role, version }, SHOWN),
        (server_observed(), SHOWN),
        (E::HealthObserved { health: Health::Unreachable }, SHOWN),
        (E::DriftDetected { what, expected: "running".into(), observed: "stopped".into() }, DRIFTED),
        (E::DriftRepaired { what, how: "started".into() }, DRIFTED),
        (step_failed(workflow, step()), DRIVEN),
        (E::StepCompleted { workflow, step: step(), attempt, calls: ClusterCalls::default() }, DRIVEN),
        (E::CancelRequested { workflow }, DRIVEN),
        (E::CompensationBegan { workflow, outcome: failed() }, JOB),
        (E::UndoBegan { workflow, step: step(), attempt, deadline_at }, JOB),
        (undo_failed(workflow, step()), DRIVEN),
        (E::WorkflowParked { workflow, reason: "stuck".into() }, DRIVEN),
        (E::AbandonRequested { workflow, left: vec![] }, &["instances", "workflow_queue"]),
        (E::RetryRequested { workflow, deadline_at }, DRIVEN),
        (E::UndoCompleted { workflow, step: step(), attempt, calls: ClusterCalls::default() }, DRIVEN),
        (E::PlacementReleased { ctid: Ctid(500) }, PLACED),
        (E::SecretsShredded {}, SHOWN),
        (requested(crate::stand::workflow(), WorkflowKind::Delete), DRIVEN),
        (E::WorkflowFinished { workflow, kind, outcome: failed() }, DRIVEN),
    ]
}

#[tokio::test]
async fn a_job_keeps_what_went_wrong_and_ends_with_no_step_open() {
    let stand = Stand::new().await;
    let ordered = stand.ordered().await;
    let run = ordered.create;
    let (step, deadline_at) = (|| StepName::new("clone"), seconds(60));
    let events = [
        InstanceEvent::StepBegan { workflow: run, step: step(), attempt: 1, deadline_at },
        InstanceEvent::StepFailed {
            workflow: run,
            step: step(),
            attempt: 1,
            failure: failure(),
            retry_at: Some(seconds(9)),
            calls: ClusterCalls::default(),
        },
    ];
    stand.append::<Instance>(ordered.instance, &events).await.unwrap();
    let job = dbx_projections::jobs::find(stand.db(), run).await.unwrap().unwrap();
    let shown = &job.steps[0];
    assert_eq!(shown.error.as_ref().map(|error| error.code.as_str()), Some("cluster_unreachable"));
    assert_eq!((shown.retry_at, shown.finished_at), (Some(seconds(9)), None));

    let delete = workflow();
    let over = InstanceEvent::WorkflowFinished {
        workflow: run,
        kind: WorkflowKind::Create,
        outcome: Outcome::Superseded,
    };
    stand
        .append::<Instance>(ordered.instance, &[requested(delete, WorkflowKind::Delete), over])
        .await
        .unwrap();
    let job = dbx_projections::jobs::find(stand.db(), run).await.unwrap().unwrap();
    assert_eq!(job.status, dbx_projections::jobs::JobStatus::Canceled);
    assert_eq!(job.error.map(|error| error.code).as_deref(), Some(dbx_projections::jobs::SUPERSEDED));
    assert_eq!(job.steps[0].status, dbx_projections::jobs::StepStatus::Abandoned);
    assert!(job.finished_at.is_some() && job.steps[0].finished_at.is_some());
}
