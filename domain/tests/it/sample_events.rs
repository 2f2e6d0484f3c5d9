//! One of every event, with every optional part present.

use crate::sample::{
    account, at, display_name, failure, instance, invitation, key, org, project, resource_name, secret,
    session, size, step, workflow,
};
use dbx_domain::{
    account::AccountEvent,
    ids::{Ctid, WebhookId},
    instance::{
        CallOutcome, ClusterCall, ClusterCalls, CredentialRole, DriftKind, FailureClass, Health,
        InstanceEvent, Outcome, Remnant, WorkflowKind,
    },
    name::Tags,
    org::{OrgEvent, ProjectQuota, Quota, WebhookChange},
    plan::{PgVersion, Plan},
    policy::Role,
};
use std::{collections::BTreeMap, net::Ipv4Addr};

pub(crate) fn account_events() -> Vec<AccountEvent> {
    vec![
        AccountEvent::AccountRegistered { account: account(1) },
        AccountEvent::ProfileChanged {},
        AccountEvent::PasswordChanged {},
        AccountEvent::SessionOpened { session: session(2), expires_at: at(86_400) },
        AccountEvent::SignInRefused {},
        AccountEvent::SessionClosed { session: session(2) },
        AccountEvent::SessionsRevoked {},
        AccountEvent::ApiKeyIssued {
            key: key(3),
            org: org(4),
            ceiling: Role::Viewer,
            expires_at: Some(at(86_400)),
        },
        AccountEvent::ApiKeyRevoked { key: key(3) },
        AccountEvent::AccountErased {},
    ]
}

pub(crate) fn org_events() -> Vec<OrgEvent> {
    vec![
        OrgEvent::OrgCreated { org: org(4), name: display_name("Acme"), owner: account(1) },
        OrgEvent::OrgRenamed { name: display_name("Acme Ltd") },
        OrgEvent::OrgDeleted {},
        OrgEvent::MemberAdded { account: account(5), role: Role::Member },
        OrgEvent::MemberRoleChanged { account: account(5), role: Role::Admin },
        OrgEvent::MemberRemoved { account: account(5) },
        OrgEvent::InvitationIssued { invitation: invitation(6), role: Role::Owner, expires_at: at(604_800) },
        OrgEvent::InvitationAccepted { invitation: invitation(6), account: account(5) },
        OrgEvent::InvitationRevoked { invitation: invitation(6) },
        OrgEvent::WebhookChanged {
            webhook: WebhookId::from_uuid(uuid::Uuid::from_u128(8)),
            change: WebhookChange::Disabled,
            reason: Some("it answers 410 Gone".to_owned()),
        },
        OrgEvent::ProjectCreated { project: project(7), name: resource_name("web") },
        OrgEvent::ProjectRenamed { project: project(7), name: resource_name("shop") },
        OrgEvent::ProjectDeleted { project: project(7) },
        OrgEvent::QuotaSet { quota: Quota { instances: 5, vcpus: 16, memory_mib: 32_768, disk_gib: 800 } },
        OrgEvent::ProjectQuotaSet {
            project: project(7),
            quota: ProjectQuota { instances: Some(3), disk_gib: Some(200), ..ProjectQuota::default() },
        },
        OrgEvent::InstanceAdmitted {
            instance: instance(8),
            project: project(7),
            name: resource_name("prod-db"),
            size: size(Plan::ProHeavy),
        },
        OrgEvent::InstanceNameChanged { instance: instance(8), name: resource_name("api-db") },
        OrgEvent::InstanceReleased { instance: instance(8) },
    ]
}

pub(crate) fn instance_events() -> Vec<InstanceEvent> {
    [requests(), steps(), undos(), observations()].concat()
}

fn requests() -> Vec<InstanceEvent> {
    let workflow = workflow(9);
    vec![
        InstanceEvent::InstanceRequested {
            instance: instance(8),
            org: org(4),
            project: project(7),
            name: resource_name("prod-db"),
            size: size(Plan::Pro),
            pg_version: PgVersion::try_from(16).unwrap(),
            tags: Tags::new(BTreeMap::from([("env".to_owned(), "prod".to_owned())])).unwrap(),
        },
        InstanceEvent::WorkflowRequested {
            workflow,
            kind: WorkflowKind::Create,
            definition: 1,
            deadline_at: at(1_800),
        },
        InstanceEvent::InstanceRenamed { name: resource_name("api-db") },
        InstanceEvent::TagsChanged {
            tags: Tags::new(BTreeMap::from([("team".to_owned(), "data".to_owned())])).unwrap(),
        },
        InstanceEvent::ProtectionChanged { protected: true },
        InstanceEvent::CancelRequested { workflow },
        InstanceEvent::RetryRequested { workflow, deadline_at: at(3_600) },
        InstanceEvent::AbandonRequested {
            workflow,
            left: vec![Remnant::Container { ctid: Ctid(9_001), node: "pve1".to_owned() }],
        },
        InstanceEvent::WorkflowParked { workflow, reason: "undoing clone failed".to_owned() },
        InstanceEvent::WorkflowFinished {
            workflow,
            kind: WorkflowKind::Create,
            outcome: Outcome::Failed { failure: failure(FailureClass::Permanent) },
        },
    ]
}

fn steps() -> Vec<InstanceEvent> {
    let (workflow, step) = (workflow(9), step("clone"));
    vec![
        InstanceEvent::StepBegan { workflow, step: step.clone(), attempt: 1, deadline_at: at(300) },
        InstanceEvent::TaskSubmitted {
            workflow,
            step: step.clone(),
            attempt: Some(1),
            task: "UPID:pve1:0000C0DE:00ABCDEF:6713A1B2:vzclone:9001:dbx@pve!control:".to_owned(),
        },
        InstanceEvent::StepCompleted { workflow, step: step.clone(), attempt: 2, calls: calls() },
        InstanceEvent::StepFailed {
            workflow,
            step,
            attempt: 1,
            failure: failure(FailureClass::Transient),
            retry_at: Some(at(10)),
            calls: calls(),
        },
    ]
}

fn undos() -> Vec<InstanceEvent> {
    let (workflow, step) = (workflow(9), step("clone"));
    vec![
        InstanceEvent::CompensationBegan { workflow, outcome: Outcome::Canceled },
        InstanceEvent::UndoBegan { workflow, step: step.clone(), attempt: 1, deadline_at: at(600) },
        InstanceEvent::UndoCompleted { workflow, step: step.clone(), attempt: 2, calls: calls() },
        InstanceEvent::UndoFailed {
            workflow,
            step,
            attempt: 1,
            failure: failure(FailureClass::Unknown),
            retry_at: Some(at(20)),
            calls: calls(),
        },
    ]
}

fn calls() -> ClusterCalls {
    let call = |method: &str, path: &str, after_ms, outcome, status, times| ClusterCall {
        method: method.to_owned(),
        path: path.to_owned(),
        after_ms,
        took_ms: 12,
        outcome,
        status,
        times,
    };
    let made = vec![
        call("POST", "/nodes/pve1/lxc/9000/clone", 3, CallOutcome::Done, Some(200), 1),
        call("GET", "/nodes/pve1/lxc/9001/config", 20, CallOutcome::Refused, Some(595), 4),
        call("PUT", "/nodes/pve1/lxc/9001/config", 90, CallOutcome::Lost, None, 1),
    ];
    ClusterCalls { made, left_out: 2 }
}

fn observations() -> Vec<InstanceEvent> {
    let (tenant, platform) = (CredentialRole::Tenant, CredentialRole::Platform);
    vec![
        InstanceEvent::PlacementReserved {
            node: "pve1".to_owned(),
            ctid: Ctid(9_001),
            address: Ipv4Addr::new(10, 20, 0, 11),
        },
        InstanceEvent::PlacementReleased { ctid: Ctid(9_001) },
        InstanceEvent::CredentialIssued { role: tenant, secret: secret(10), version: 1 },
        InstanceEvent::CredentialActivated { role: platform, version: 1 },
        InstanceEvent::CredentialRetired { role: tenant, version: 1 },
        InstanceEvent::CredentialRevealed { role: tenant, version: 2 },
        InstanceEvent::SecretsShredded {},
        InstanceEvent::ServerObserved {
            server_version: "16.14".to_owned(),
            certificate_pem: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".to_owned(),
            fingerprint: "ab".repeat(32),
        },
        InstanceEvent::HealthObserved { health: Health::Unreachable },
        InstanceEvent::DriftDetected {
            what: DriftKind::ContainerStopped,
            expected: "running".to_owned(),
            observed: "stopped".to_owned(),
        },
        InstanceEvent::DriftRepaired { what: DriftKind::ContainerStopped, how: "it runs again".to_owned() },
    ]
}
