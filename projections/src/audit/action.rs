//! Which events are deeds, and how auditors call them.
//!
//! What is left out, and why: an admission by the quota, a release and a changed name in the org's stream (the
//! instance's stream has an entry for the same deed), the create that an order begins with (so does the order), steps,
//! tasks, undoing, placements and sights of a server (how a deed is done, not what was done).

use super::change::{self, Change};
use crate::narrative::{Happened, InstanceSubject, OrgSubject, Subject};
use dbx_domain::{
    account::AccountEvent,
    instance::{InstanceEvent, WorkflowKind},
    org::{OrgEvent, WebhookChange},
};
use serde_json::Value;

/// Every action, in the order of the alphabet.
pub const ACTIONS: &[&str] = &[
    "account.change_password",
    "account.erase",
    "account.update",
    "api_key.create",
    "api_key.revoke",
    "auth.login",
    "auth.login_refused",
    "auth.logout",
    "auth.register",
    "auth.revoke_sessions",
    "credential.activate",
    "credential.issue",
    "credential.retire",
    "credential.reveal",
    "credential.shred",
    "drift.detect",
    "drift.repair",
    "instance.create",
    "instance.delete",
    "instance.health",
    "instance.reboot",
    "instance.rotate_credentials",
    "instance.start",
    "instance.stop",
    "instance.update",
    "invitation.accept",
    "invitation.create",
    "invitation.revoke",
    "job.abandon",
    "job.cancel",
    "job.finish",
    "job.park",
    "job.retry",
    "member.add",
    "member.remove",
    "member.update",
    "org.create",
    "org.delete",
    "org.update",
    "project.create",
    "project.delete",
    "project.update",
    "quota.update",
    "webhook.create",
    "webhook.delete",
    "webhook.disable",
    "webhook.enable",
    "webhook.replay",
    "webhook.test",
    "webhook.update",
];

/// A deed as an auditor sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    /// What was done, such as `instance.create`.
    pub action: &'static str,
    /// What kind of thing it was done to.
    pub resource_kind: &'static str,
    /// Which one.
    pub resource_id: String,
    /// Its name then; never a person's.
    pub resource_name: Option<String>,
    /// What was different before.
    pub before: Option<Value>,
    /// What is different after.
    pub after: Option<Value>,
}

/// The deed that an event in the stream `id` is, if it is one; `subject` is what that stream said before.
pub fn of(happened: &Happened, id: &str, subject: &Subject) -> Option<Deed> {
    match (happened, subject) {
        (Happened::Account(event), _) => Some(of_account(event, id, subject)),
        (Happened::Org(event), Subject::Org(org)) => of_org(event, id, org),
        (Happened::Org(event), _) => of_org(event, id, &OrgSubject::default()),
        (Happened::Instance(event), Subject::Instance(instance)) => of_instance(event, id, instance),
        (Happened::Instance(event), _) => of_instance(event, id, &InstanceSubject::default()),
    }
}

fn deed(action: &'static str, resource: (&'static str, String, Option<String>), change: Change) -> Deed {
    let (resource_kind, resource_id, resource_name) = resource;
    let Change { before, after } = change;
    Deed { action, resource_kind, resource_id, resource_name, before, after }
}

fn of_account(event: &AccountEvent, id: &str, subject: &Subject) -> Deed {
    let action = match event {
        AccountEvent::AccountRegistered { .. } => "auth.register",
        AccountEvent::ProfileChanged {} => "account.update",
        AccountEvent::PasswordChanged {} => "account.change_password",
        AccountEvent::SessionOpened { .. } => "auth.login",
        AccountEvent::SignInRefused {} => "auth.login_refused",
        AccountEvent::SessionClosed { .. } => "auth.logout",
        AccountEvent::SessionsRevoked {} => "auth.revoke_sessions",
        AccountEvent::ApiKeyIssued { .. } => "api_key.create",
        AccountEvent::ApiKeyRevoked { .. } => "api_key.revoke",
        AccountEvent::AccountErased {} => "account.erase",
    };
    let (kind, resource) = match event {
        AccountEvent::SessionOpened { session, .. } | AccountEvent::SessionClosed { session } => {
            ("session", session.to_string())
        }
        AccountEvent::ApiKeyIssued { key, .. } | AccountEvent::ApiKeyRevoked { key } => {
            ("api_key", key.to_string())
        }
        _ => ("account", id.to_owned()),
    };
    deed(action, (kind, resource, None), change::of_account(event, subject))
}

fn of_org(event: &OrgEvent, id: &str, org: &OrgSubject) -> Option<Deed> {
    use OrgEvent as E;
    let name = org.name.as_ref().map(ToString::to_string);
    let member = |account: &dbx_domain::ids::AccountId| ("member", account.to_string(), None);
    let (action, resource) = match event {
        E::OrgCreated { name, .. } => ("org.create", ("org", id.to_owned(), Some(name.to_string()))),
        E::OrgRenamed { .. } => ("org.update", ("org", id.to_owned(), name)),
        E::OrgDeleted {} => ("org.delete", ("org", id.to_owned(), name)),
        E::QuotaSet { .. } => ("quota.update", ("org", id.to_owned(), name)),
        E::MemberAdded { account, .. } => ("member.add", member(account)),
        E::MemberRoleChanged { account, .. } => ("member.update", member(account)),
        E::MemberRemoved { account } => ("member.remove", member(account)),
        E::InvitationIssued { invitation, .. } => {
            ("invitation.create", ("invitation", invitation.to_string(), None))
        }
        E::InvitationAccepted { invitation, .. } => {
            ("invitation.accept", ("invitation", invitation.to_string(), None))
        }
        E::WebhookChanged { webhook, change, .. } => {
            (webhook_action(*change), ("webhook", webhook.to_string(), None))
        }
        E::InvitationRevoked { invitation } => {
            ("invitation.revoke", ("invitation", invitation.to_string(), None))
        }
        E::ProjectCreated { project, name } => {
            ("project.create", ("project", project.to_string(), Some(name.to_string())))
        }
        E::ProjectRenamed { project, .. } | E::ProjectDeleted { project } => {
            let name = org.projects.get(project).map(ToString::to_string);
            let action =
                if matches!(event, E::ProjectDeleted { .. }) { "project.delete" } else { "project.update" };
            (action, ("project", project.to_string(), name))
        }
        E::ProjectQuotaSet { project, .. } => {
            let name = org.projects.get(project).map(ToString::to_string);
            ("quota.update", ("project", project.to_string(), name))
        }
        E::InstanceAdmitted { .. } | E::InstanceNameChanged { .. } | E::InstanceReleased { .. } => {
            return None;
        }
    };
    Some(deed(action, resource, change::of_org(event, org)))
}

fn webhook_action(change: WebhookChange) -> &'static str {
    match change {
        WebhookChange::Created => "webhook.create",
        WebhookChange::Updated => "webhook.update",
        WebhookChange::Enabled => "webhook.enable",
        WebhookChange::Disabled => "webhook.disable",
        WebhookChange::Deleted => "webhook.delete",
        WebhookChange::Tested => "webhook.test",
        WebhookChange::Replayed => "webhook.replay",
    }
}

fn of_instance(event: &InstanceEvent, id: &str, instance: &InstanceSubject) -> Option<Deed> {
    use InstanceEvent as E;
    let action = match event {
        E::InstanceRequested { .. } => "instance.create",
        E::InstanceRenamed { .. } | E::TagsChanged { .. } | E::ProtectionChanged { .. } => "instance.update",
        E::WorkflowRequested { kind, .. } => requested(*kind)?,
        E::WorkflowFinished { .. } => "job.finish",
        E::WorkflowParked { .. } => "job.park",
        E::CancelRequested { .. } => "job.cancel",
        E::RetryRequested { .. } => "job.retry",
        E::AbandonRequested { .. } => "job.abandon",
        E::CredentialIssued { .. } => "credential.issue",
        E::CredentialActivated { .. } => "credential.activate",
        E::CredentialRetired { .. } => "credential.retire",
        E::CredentialRevealed { .. } => "credential.reveal",
        E::SecretsShredded {} => "credential.shred",
        E::HealthObserved { .. } => "instance.health",
        E::DriftDetected { .. } => "drift.detect",
        E::DriftRepaired { .. } => "drift.repair",
        E::StepBegan { .. }
        | E::TaskSubmitted { .. }
        | E::StepCompleted { .. }
        | E::StepFailed { .. }
        | E::CompensationBegan { .. }
        | E::UndoBegan { .. }
        | E::UndoCompleted { .. }
        | E::UndoFailed { .. }
        | E::PlacementReserved { .. }
        | E::PlacementReleased { .. }
        | E::ServerObserved { .. } => return None,
    };
    let name = match event {
        E::InstanceRequested { name, .. } => Some(name.to_string()),
        _ => instance.name.as_ref().map(ToString::to_string),
    };
    Some(deed(action, ("instance", id.to_owned(), name), change::of_instance(event, instance)))
}

const fn requested(kind: WorkflowKind) -> Option<&'static str> {
    match kind {
        WorkflowKind::Create => None,
        WorkflowKind::Start => Some("instance.start"),
        WorkflowKind::Stop => Some("instance.stop"),
        WorkflowKind::Reboot => Some("instance.reboot"),
        WorkflowKind::Rotate => Some("instance.rotate_credentials"),
        WorkflowKind::Delete => Some("instance.delete"),
    }
}
