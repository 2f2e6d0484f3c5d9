//! Commands against an org: which events follow, or why none do.
//!
//! Ids are drawn afresh for each request, so a known id means the same request again, after a crash or an answer that
//! was lost: it changes nothing and is no error.

use super::{Org, OrgCommand, OrgError, OrgEvent, ProjectQuota, Quota, QuotaOf};
use crate::{
    ids::{AccountId, InstanceId, InvitationId, ProjectId},
    name::ResourceName,
    plan::Size,
    policy::Role,
    time::Timestamp,
};

type Decision = Result<Vec<OrgEvent>, OrgError>;

impl Org {
    pub(super) fn decide(&self, command: OrgCommand) -> Decision {
        if let OrgCommand::Create { org, name, owner } = command {
            return match self.id {
                None => Ok(vec![OrgEvent::OrgCreated { org, name, owner }]),
                Some(_) => Err(OrgError::Exists),
            };
        }
        if self.id.is_none() {
            return Err(OrgError::Absent);
        }
        if self.is_repeated(&command) {
            return Ok(vec![]);
        }
        if self.deleted {
            return Err(OrgError::Absent);
        }
        self.decide_living(command)
    }

    /// What was asked is so already.
    fn is_repeated(&self, command: &OrgCommand) -> bool {
        match command {
            // Also once the org is deleted: a delete of the instance may be repeated at any time later.
            OrgCommand::ReleaseInstance(instance) => !self.instances.contains_key(instance),
            _ if self.deleted => false,
            OrgCommand::Invite { invitation, .. } => self.invitations.contains_key(invitation),
            OrgCommand::CreateProject { project, .. } => self.projects.contains_key(project),
            OrgCommand::AdmitInstance { instance, .. } => self.instances.contains_key(instance),
            _ => false,
        }
    }

    fn decide_living(&self, command: OrgCommand) -> Decision {
        use OrgCommand as C;
        match command {
            C::Create { .. } => Err(OrgError::Exists),
            C::Rename(name) if self.name.as_ref() == Some(&name) => Ok(vec![]),
            C::Rename(name) => Ok(vec![OrgEvent::OrgRenamed { name }]),
            C::Delete if !self.instances.is_empty() => Err(OrgError::NotEmpty(self.instances.len())),
            C::Delete => Ok(vec![OrgEvent::OrgDeleted {}]),
            C::SetQuota(quota) if quota == self.quota => Ok(vec![]),
            C::SetQuota(quota) => Ok(vec![OrgEvent::QuotaSet { quota }]),
            C::SetProjectQuota { project, quota } => self.set_project_quota(project, quota),
            C::ChangeRole { account, role, by } => self.change_role(account, role, by),
            C::RemoveMember { account, by } => self.remove_member(account, by),
            // Whatever one is, one is no stronger than oneself.
            C::Leave(account) => self.remove_member(account, Role::Owner),
            C::Invite { invitation, role, expires_at, by, invitee, instead_of } => {
                not_above(by, role)?;
                self.not_a_member(invitee)?;
                let issued = OrgEvent::InvitationIssued { invitation, role, expires_at };
                Ok(self.withdrawn(instead_of).chain([issued]).collect())
            }
            C::AcceptInvitation { invitation, account, now } => self.accept(invitation, account, now),
            C::RevokeInvitation(invitation) => match self.invitations.get(&invitation) {
                Some(_) => Ok(vec![OrgEvent::InvitationRevoked { invitation }]),
                None => Err(OrgError::NoSuchInvitation),
            },
            C::CreateProject { project, name } => {
                self.project_name_free(&name)?;
                Ok(vec![OrgEvent::ProjectCreated { project, name }])
            }
            C::RenameProject { project, name } => self.rename_project(project, name),
            C::DeleteProject(project) => self.delete_project(project),
            C::AdmitInstance { instance, project, name, size } => self.admit(instance, project, name, size),
            C::RenameInstance { instance, name } => self.rename_instance(instance, name),
            C::ChangeWebhook { webhook, change, reason } => self.change_webhook(webhook, change, reason),
            C::ReleaseInstance(instance) => Ok(vec![OrgEvent::InstanceReleased { instance }]),
        }
    }

    fn change_role(&self, account: AccountId, role: Role, by: Role) -> Decision {
        match self.members.get(&account) {
            None => Err(OrgError::NoSuchMember),
            Some(current) if *current > by => Err(OrgError::Outranked { by, role: *current }),
            Some(_) if role > by => Err(OrgError::Outranked { by, role }),
            Some(current) if *current == role => Ok(vec![]),
            Some(Role::Owner) if self.is_last_owner(account) => Err(OrgError::LastOwner),
            Some(_) => Ok(vec![OrgEvent::MemberRoleChanged { account, role }]),
        }
    }

    fn remove_member(&self, account: AccountId, by: Role) -> Decision {
        match self.members.get(&account) {
            None => Err(OrgError::NoSuchMember),
            Some(current) if *current > by => Err(OrgError::Outranked { by, role: *current }),
            Some(Role::Owner) if self.is_last_owner(account) => Err(OrgError::LastOwner),
            Some(_) => Ok(vec![OrgEvent::MemberRemoved { account }]),
        }
    }

    fn is_last_owner(&self, account: AccountId) -> bool {
        !self.members.iter().any(|(other, role)| *other != account && *role == Role::Owner)
    }

    fn not_a_member(&self, account: Option<AccountId>) -> Result<(), OrgError> {
        match account.is_some_and(|account| self.members.contains_key(&account)) {
            true => Err(OrgError::MemberInvited),
            false => Ok(()),
        }
    }

    /// An address has one open invitation, so that the newest alone says which role it was meant to have.
    fn withdrawn(&self, earlier: Vec<InvitationId>) -> impl Iterator<Item = OrgEvent> {
        let open = earlier.into_iter().filter(|earlier| self.invitations.contains_key(earlier));
        open.map(|invitation| OrgEvent::InvitationRevoked { invitation })
    }

    fn accept(&self, invitation: InvitationId, account: AccountId, now: Timestamp) -> Decision {
        let issued = self.invitations.get(&invitation).ok_or(OrgError::NoSuchInvitation)?;
        if issued.expires_at <= now {
            return Err(OrgError::InvitationExpired);
        }
        if self.members.contains_key(&account) {
            return Err(OrgError::MemberExists);
        }
        Ok(vec![
            OrgEvent::InvitationAccepted { invitation, account },
            OrgEvent::MemberAdded { account, role: issued.role },
        ])
    }

    fn project_name_free(&self, name: &ResourceName) -> Result<(), OrgError> {
        match self.projects.values().any(|taken| taken == name) {
            true => Err(OrgError::ProjectNameTaken(name.clone())),
            false => Ok(()),
        }
    }

    fn rename_project(&self, project: ProjectId, name: ResourceName) -> Decision {
        let current = self.projects.get(&project).ok_or(OrgError::NoSuchProject)?;
        if *current == name {
            return Ok(vec![]);
        }
        self.project_name_free(&name)?;
        Ok(vec![OrgEvent::ProjectRenamed { project, name }])
    }

    fn delete_project(&self, project: ProjectId) -> Decision {
        if !self.projects.contains_key(&project) {
            return Err(OrgError::NoSuchProject);
        }
        match self.instances.values().filter(|admitted| admitted.project == project).count() {
            0 => Ok(vec![OrgEvent::ProjectDeleted { project }]),
            left => Err(OrgError::ProjectNotEmpty(left)),
        }
    }

    fn set_project_quota(&self, project: ProjectId, quota: ProjectQuota) -> Decision {
        match self.projects.contains_key(&project) {
            false => Err(OrgError::NoSuchProject),
            true if self.project_quota(project) == quota => Ok(vec![]),
            true => Ok(vec![OrgEvent::ProjectQuotaSet { project, quota }]),
        }
    }

    fn admit(&self, instance: InstanceId, project: ProjectId, name: ResourceName, size: Size) -> Decision {
        if !self.projects.contains_key(&project) {
            return Err(OrgError::NoSuchProject);
        }
        self.instance_name_free(project, &name)?;
        let cost = Quota::cost(size);
        self.quota.admit(QuotaOf::Org, self.usage(), cost)?;
        self.project_quota(project).limits().admit(QuotaOf::Project, self.usage_of(project), cost)?;
        Ok(vec![OrgEvent::InstanceAdmitted { instance, project, name, size }])
    }

    fn rename_instance(&self, instance: InstanceId, name: ResourceName) -> Decision {
        let admitted = self.instances.get(&instance).ok_or(OrgError::NoSuchInstance)?;
        if admitted.name == name {
            return Ok(vec![]);
        }
        self.instance_name_free(admitted.project, &name)?;
        Ok(vec![OrgEvent::InstanceNameChanged { instance, name }])
    }

    fn instance_name_free(&self, project: ProjectId, name: &ResourceName) -> Result<(), OrgError> {
        match self.instances.values().any(|other| other.project == project && other.name == *name) {
            true => Err(OrgError::InstanceNameTaken(name.clone())),
            false => Ok(()),
        }
    }
}

fn not_above(by: Role, role: Role) -> Result<(), OrgError> {
    match role > by {
        true => Err(OrgError::Outranked { by, role }),
        false => Ok(()),
    }
}
