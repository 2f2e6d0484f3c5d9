//! What happened to an org, in words.

use super::{OrgSubject, Told, isolate::isolated, mention};
use dbx_domain::{
    ids::{AccountId, ProjectId, WebhookId},
    org::{OrgEvent, ProjectQuota, Quota, WebhookChange},
    policy::Role,
};

pub(super) fn tell(event: &OrgEvent, actor: &str, org: &OrgSubject) -> Told {
    match event {
        OrgEvent::OrgCreated { name, .. } => {
            Told::success(format!("{actor} created the org {}", isolated(name.as_str())))
        }
        OrgEvent::OrgRenamed { name } => Told::info(renamed(actor, org, isolated(name.as_str()).as_ref())),
        OrgEvent::OrgDeleted {} => Told::warning(format!("{actor} deleted the org")),
        OrgEvent::QuotaSet { quota } => {
            Told::info(format!("{actor} changed the quota: {}", changes(&org.quota, quota)))
        }
        OrgEvent::ProjectCreated { name, .. } => Told::success(format!("{actor} created the project {name}")),
        OrgEvent::ProjectRenamed { project, name } => {
            Told::info(format!("{actor} renamed the project {} to {name}", project_name(org, project)))
        }
        OrgEvent::ProjectQuotaSet { project, quota } => Told::info(format!(
            "{actor} set the quota of the project {}: {}",
            project_name(org, project),
            limits(quota)
        )),
        OrgEvent::ProjectDeleted { project } => {
            Told::info(format!("{actor} deleted the project {}", project_name(org, project)))
        }
        OrgEvent::InstanceAdmitted { name, .. } => {
            Told::info(format!("The quota has room for {name}")).in_detail()
        }
        OrgEvent::InstanceNameChanged { name, .. } => {
            Told::info(format!("The name {name} is taken in its project")).in_detail()
        }
        OrgEvent::InstanceReleased { .. } => {
            Told::info("A deleted instance's name and quota are free again").in_detail()
        }
        OrgEvent::WebhookChanged { webhook, change, reason } => {
            webhook_told(*change, webhook, actor, reason.as_deref())
        }
        event => people(event, actor, org),
    }
}

fn renamed(actor: &str, org: &OrgSubject, name: &str) -> String {
    match &org.name {
        Some(old) => format!("{actor} renamed the org {} to {name}", isolated(old.as_str())),
        None => format!("{actor} renamed the org to {name}"),
    }
}

fn webhook_told(change: WebhookChange, webhook: &WebhookId, actor: &str, reason: Option<&str>) -> Told {
    let done = format!("{actor} {} the webhook {webhook}", change.name());
    match (change, reason) {
        (WebhookChange::Disabled, Some(reason)) => {
            Told::warning(format!("The webhook {webhook} was disabled: {reason}"))
        }
        (WebhookChange::Tested | WebhookChange::Replayed, _) => Told::info(done).in_detail(),
        _ => Told::info(done),
    }
}

fn people(event: &OrgEvent, actor: &str, org: &OrgSubject) -> Told {
    match event {
        OrgEvent::MemberAdded { account, role } => {
            Told::success(format!("{} joined as {role}", mention::account(*account)))
        }
        OrgEvent::MemberRoleChanged { account, role } => {
            let account_name = mention::account(*account);
            Told::info(format!("{actor} changed the role of {account_name}{} to {role}", was(org, account)))
        }
        OrgEvent::MemberRemoved { account } if actor == mention::account(*account) => {
            Told::info(format!("{actor} left the org"))
        }
        OrgEvent::MemberRemoved { account } => {
            Told::info(format!("{actor} removed {}", mention::account(*account)))
        }
        OrgEvent::InvitationIssued { role, .. } => Told::info(format!("{actor} invited somebody as {role}")),
        OrgEvent::InvitationAccepted { account, .. } => {
            Told::info(format!("{} accepted an invitation", mention::account(*account))).in_detail()
        }
        OrgEvent::InvitationRevoked { invitation } => {
            let role = org.invitations.get(invitation).map(|role| format!(" as {role}")).unwrap_or_default();
            Told::info(format!("{actor} withdrew an invitation{role}"))
        }
        other => Told::info(format!("{actor}: {}", other.name())),
    }
}

fn was(org: &OrgSubject, account: &AccountId) -> String {
    org.members.get(account).map_or_else(String::new, |role: &Role| format!(" from {role}"))
}

fn project_name(org: &OrgSubject, project: &ProjectId) -> String {
    org.projects.get(project).map_or_else(|| project.to_string(), ToString::to_string)
}

fn changes(old: &Quota, new: &Quota) -> String {
    let amounts = [
        ("instances", old.instances, new.instances),
        ("vCPUs", old.vcpus, new.vcpus),
        ("MiB of memory", old.memory_mib, new.memory_mib),
        ("GiB of disk", old.disk_gib, new.disk_gib),
    ];
    let changed = amounts.iter().filter(|(_, old, new)| old != new);
    let changed: Vec<_> = changed.map(|(unit, old, new)| format!("{new} {unit} instead of {old}")).collect();
    if changed.is_empty() { "as before".to_owned() } else { changed.join(", ") }
}

fn limits(quota: &ProjectQuota) -> String {
    let amounts = [
        ("instances", quota.instances),
        ("vCPUs", quota.vcpus),
        ("MiB of memory", quota.memory_mib),
        ("GiB of disk", quota.disk_gib),
    ];
    let set: Vec<_> =
        amounts.iter().filter_map(|(unit, limit)| Some(format!("{} {unit}", (*limit)?))).collect();
    if set.is_empty() { "no limits of its own".to_owned() } else { set.join(", ") }
}
