//! Events folded into an org's state. Never refuses: what happened, happened.

use super::{Admitted, Invitation, Org, OrgEvent};
use crate::policy::Role;

impl Org {
    pub(super) fn evolve(&mut self, event: OrgEvent) {
        match event {
            OrgEvent::OrgCreated { org, name, owner } => {
                self.id = Some(org);
                self.name = Some(name);
                self.members.insert(owner, Role::Owner);
            }
            OrgEvent::OrgRenamed { name } => self.name = Some(name),
            OrgEvent::OrgDeleted {} => self.deleted = true,
            OrgEvent::MemberAdded { account, role } | OrgEvent::MemberRoleChanged { account, role } => {
                self.members.insert(account, role);
            }
            OrgEvent::MemberRemoved { account } => {
                self.members.remove(&account);
            }
            OrgEvent::InvitationIssued { invitation, role, expires_at } => {
                self.invitations.insert(invitation, Invitation { role, expires_at });
            }
            OrgEvent::InvitationAccepted { invitation, .. } | OrgEvent::InvitationRevoked { invitation } => {
                self.invitations.remove(&invitation);
            }
            OrgEvent::ProjectCreated { project, name } | OrgEvent::ProjectRenamed { project, name } => {
                self.projects.insert(project, name);
            }
            OrgEvent::ProjectDeleted { project } => {
                self.projects.remove(&project);
                self.project_quotas.remove(&project);
            }
            OrgEvent::QuotaSet { quota } => self.quota = quota,
            OrgEvent::ProjectQuotaSet { project, quota } => {
                self.project_quotas.insert(project, quota);
            }
            OrgEvent::InstanceAdmitted { instance, project, name, size } => {
                self.instances.insert(instance, Admitted { project, name, size });
            }
            OrgEvent::InstanceNameChanged { instance, name } => {
                if let Some(admitted) = self.instances.get_mut(&instance) {
                    admitted.name = name;
                }
            }
            OrgEvent::WebhookChanged { webhook, change, .. } => self.note_webhook(webhook, change),
            OrgEvent::InstanceReleased { instance } => {
                self.instances.remove(&instance);
            }
        }
    }
}
