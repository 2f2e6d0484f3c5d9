//! What an event made different, as JSON of the fields concerned: before and after. No names of people, no secrets.

use crate::narrative::{InstanceSubject, OrgSubject, Subject};
use dbx_domain::{
    account::AccountEvent,
    ids::AccountId,
    instance::InstanceEvent,
    org::{OrgEvent, ProjectQuota, Quota},
};
use serde_json::{Value, json};

/// What was and what is.
#[derive(Default)]
pub(super) struct Change {
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
}

fn made(after: Value) -> Change {
    Change { before: None, after: Some(after) }
}

fn ended(before: Option<Value>) -> Change {
    Change { before, after: None }
}

fn changed(before: Option<Value>, after: Value) -> Change {
    Change { before, after: Some(after) }
}

pub(super) fn of_account(event: &AccountEvent, subject: &Subject) -> Change {
    match event {
        AccountEvent::SessionOpened { expires_at, .. } => made(json!({ "expiresAt": expires_at })),
        AccountEvent::ApiKeyIssued { org, ceiling, expires_at, .. } => {
            made(json!({ "orgId": org, "role": ceiling, "expiresAt": expires_at }))
        }
        AccountEvent::ApiKeyRevoked { key } => ended(match subject {
            Subject::Account(account) => {
                account.keys.get(key).map(|(org, role)| json!({ "orgId": org, "role": role }))
            }
            _ => None,
        }),
        _ => Change::default(),
    }
}

pub(super) fn of_org(event: &OrgEvent, org: &OrgSubject) -> Change {
    use OrgEvent as E;
    let named = |name: &dyn std::fmt::Display| json!({ "name": name.to_string() });
    let role = |account: &AccountId| org.members.get(account).map(|role| json!({ "role": role }));
    match event {
        E::OrgCreated { name, .. } => made(named(name)),
        E::OrgRenamed { name } => changed(org.name.as_ref().map(|old| named(old)), named(name)),
        E::OrgDeleted {} => ended(org.name.as_ref().map(|old| named(old))),
        E::QuotaSet { quota } => changed(Some(amounts(&org.quota)), amounts(quota)),
        E::MemberAdded { role, .. } => made(json!({ "role": role })),
        E::MemberRoleChanged { account, role: new } => changed(role(account), json!({ "role": new })),
        E::MemberRemoved { account } => ended(role(account)),
        E::InvitationIssued { role, expires_at, .. } => {
            made(json!({ "role": role, "expiresAt": expires_at }))
        }
        E::InvitationAccepted { account, .. } => made(json!({ "accountId": account })),
        E::InvitationRevoked { invitation } => {
            ended(org.invitations.get(invitation).map(|role| json!({ "role": role })))
        }
        E::ProjectCreated { name, .. } => made(named(name)),
        E::ProjectRenamed { project, name } => {
            changed(org.projects.get(project).map(|old| named(old)), named(name))
        }
        E::ProjectQuotaSet { quota, .. } => made(project_amounts(quota)),
        E::WebhookChanged { reason: Some(reason), .. } => made(json!({ "reason": reason })),
        E::WebhookChanged { .. } => Change::default(),
        E::ProjectDeleted { project } => ended(org.projects.get(project).map(|old| named(old))),
        E::InstanceAdmitted { .. } | E::InstanceNameChanged { .. } | E::InstanceReleased { .. } => {
            Change::default()
        }
    }
}

fn amounts(quota: &Quota) -> Value {
    let Quota { instances, vcpus, memory_mib, disk_gib } = quota;
    json!({ "instances": instances, "vcpus": vcpus, "memoryMiB": memory_mib, "diskGiB": disk_gib })
}

fn project_amounts(quota: &ProjectQuota) -> Value {
    let ProjectQuota { instances, vcpus, memory_mib, disk_gib } = quota;
    json!({ "instances": instances, "vcpus": vcpus, "memoryMiB": memory_mib, "diskGiB": disk_gib })
}

pub(super) fn of_instance(event: &InstanceEvent, instance: &InstanceSubject) -> Change {
    use InstanceEvent as E;
    match event {
        E::InstanceRequested { project, name, size, pg_version, tags, .. } => made(json!({
            "projectId": project,
            "name": name,
            "plan": size.plan().name(),
            "diskGiB": size.disk_gib(),
            "pgVersion": pg_version,
            "tags": tags,
        })),
        E::InstanceRenamed { name } => {
            let old = instance.name.as_ref().map(|old| json!({ "name": old }));
            changed(old, json!({ "name": name }))
        }
        E::TagsChanged { tags } => changed(Some(json!({ "tags": instance.tags })), json!({ "tags": tags })),
        E::ProtectionChanged { protected } => changed(
            Some(json!({ "terminationProtection": instance.protected })),
            json!({ "terminationProtection": protected }),
        ),
        event => of_run(event, instance),
    }
}

fn of_run(event: &InstanceEvent, instance: &InstanceSubject) -> Change {
    use InstanceEvent as E;
    match event {
        E::WorkflowRequested { workflow, kind, deadline_at, .. } => {
            made(json!({ "jobId": workflow, "kind": kind, "deadlineAt": deadline_at }))
        }
        E::WorkflowFinished { workflow, kind, outcome } => {
            made(json!({ "jobId": workflow, "kind": kind, "outcome": outcome }))
        }
        E::WorkflowParked { workflow, reason } => {
            made(json!({ "jobId": workflow, "kind": instance.runs.get(workflow), "reason": reason }))
        }
        E::CancelRequested { workflow } => {
            made(json!({ "jobId": workflow, "kind": instance.runs.get(workflow) }))
        }
        E::RetryRequested { workflow, deadline_at } => {
            made(json!({ "jobId": workflow, "kind": instance.runs.get(workflow), "deadlineAt": deadline_at }))
        }
        E::AbandonRequested { workflow, left } => {
            let left: Vec<String> = left.iter().map(ToString::to_string).collect();
            made(json!({ "jobId": workflow, "kind": instance.runs.get(workflow), "left": left }))
        }
        E::CredentialIssued { role, version, .. }
        | E::CredentialActivated { role, version }
        | E::CredentialRetired { role, version }
        | E::CredentialRevealed { role, version } => made(json!({ "role": role, "version": version })),
        E::HealthObserved { health } => made(json!({ "health": health })),
        E::DriftDetected { what, expected, observed } => {
            changed(Some(json!({ "expected": expected })), json!({ "what": what, "observed": observed }))
        }
        E::DriftRepaired { what, how } => made(json!({ "what": what, "how": how })),
        _ => Change::default(),
    }
}
