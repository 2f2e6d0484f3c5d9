//! Org: people, projects, quota, and which instances were let in.
//!
//! Guarantees: an org never loses its last owner; names are unique in their parent; an instance is admitted only
//! within the quota. Admission commits in one transaction with the instance's first event, so that neither exists
//! without the other.

mod command;
mod event;

use crate::{
    ids::{AccountId, InstanceId, InvitationId, OrgId, ProjectId},
    name::{DisplayName, ResourceName},
    plan::Size,
    policy::Role,
    time::Timestamp,
    vocabulary::aggregate,
};
pub use command::{OrgCommand, OrgError};
pub use event::OrgEvent;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The org's limits over all its instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Number of instances.
    pub instances: u64,
    /// Virtual CPUs.
    pub vcpus: u64,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Data volumes in GiB.
    pub disk_gib: u64,
}

impl Default for Quota {
    /// What a new org gets: enough for a team's first year, small enough to stop a runaway script.
    fn default() -> Self {
        Self { instances: 20, vcpus: 64, memory_mib: 128 * 1024, disk_gib: 4_000 }
    }
}

/// An instance as the org knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Admitted {
    project: ProjectId,
    name: ResourceName,
    size: Size,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Invitation {
    role: Role,
    expires_at: Timestamp,
}

/// The folded state of an org.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Org {
    id: Option<OrgId>,
    name: Option<DisplayName>,
    deleted: bool,
    members: BTreeMap<AccountId, Role>,
    invitations: BTreeMap<InvitationId, Invitation>,
    projects: BTreeMap<ProjectId, ResourceName>,
    instances: BTreeMap<InstanceId, Admitted>,
    quota: Quota,
}

impl Org {
    /// The name, if the org exists.
    pub fn name(&self) -> Option<&DisplayName> {
        self.name.as_ref()
    }

    /// Members and their roles.
    pub fn members(&self) -> &BTreeMap<AccountId, Role> {
        &self.members
    }

    /// What the instances use of each limit.
    pub fn usage(&self) -> Quota {
        let zero = Quota { instances: 0, vcpus: 0, memory_mib: 0, disk_gib: 0 };
        self.instances.values().fold(zero, |sum, admitted| add(sum, cost(admitted.size)))
    }

    /// The limits in force.
    pub fn quota(&self) -> Quota {
        self.quota
    }

    fn decide(&self, command: OrgCommand) -> Result<Vec<OrgEvent>, OrgError> {
        if let OrgCommand::Create { org, name, owner } = command {
            return match self.id {
                None => Ok(vec![OrgEvent::OrgCreated { org, name, owner }]),
                Some(_) => Err(OrgError::Exists),
            };
        }
        if self.id.is_none() || self.deleted {
            return Err(OrgError::Absent);
        }
        self.decide_living(command)
    }

    fn decide_living(&self, command: OrgCommand) -> Result<Vec<OrgEvent>, OrgError> {
        use OrgCommand as C;
        match command {
            C::Create { .. } => Err(OrgError::Exists),
            C::Rename(name) => Ok(vec![OrgEvent::OrgRenamed { name }]),
            C::Delete if !self.instances.is_empty() => Err(OrgError::NotEmpty(self.instances.len())),
            C::Delete => Ok(vec![OrgEvent::OrgDeleted {}]),
            C::SetQuota(quota) => Ok(vec![OrgEvent::QuotaSet { quota }]),
            C::ChangeRole { account, role } => self.change_role(account, role),
            C::RemoveMember(account) => self.remove_member(account),
            C::Invite { invitation, role, expires_at } => {
                Ok(vec![OrgEvent::InvitationIssued { invitation, role, expires_at }])
            }
            C::AcceptInvitation { invitation, account, now } => self.accept(invitation, account, now),
            C::RevokeInvitation(invitation) => match self.invitations.get(&invitation) {
                Some(_) => Ok(vec![OrgEvent::InvitationRevoked { invitation }]),
                None => Err(OrgError::NoSuchInvitation),
            },
            C::CreateProject { project, name } => {
                self.project_name_free(&name, None)?;
                Ok(vec![OrgEvent::ProjectCreated { project, name }])
            }
            C::RenameProject { project, name } => self.rename_project(project, name),
            C::DeleteProject(project) => self.delete_project(project),
            C::AdmitInstance { instance, project, name, size } => self.admit(instance, project, name, size),
            // Releasing twice is no error: a delete may be repeated after a crash.
            C::ReleaseInstance(instance) if !self.instances.contains_key(&instance) => Ok(vec![]),
            C::ReleaseInstance(instance) => Ok(vec![OrgEvent::InstanceReleased { instance }]),
        }
    }

    fn change_role(&self, account: AccountId, role: Role) -> Result<Vec<OrgEvent>, OrgError> {
        match self.members.get(&account) {
            None => Err(OrgError::NoSuchMember),
            Some(current) if *current == role => Ok(vec![]),
            Some(Role::Owner) if self.is_last_owner(account) => Err(OrgError::LastOwner),
            Some(_) => Ok(vec![OrgEvent::MemberRoleChanged { account, role }]),
        }
    }

    fn remove_member(&self, account: AccountId) -> Result<Vec<OrgEvent>, OrgError> {
        match self.members.get(&account) {
            None => Err(OrgError::NoSuchMember),
            Some(Role::Owner) if self.is_last_owner(account) => Err(OrgError::LastOwner),
            Some(_) => Ok(vec![OrgEvent::MemberRemoved { account }]),
        }
    }

    fn is_last_owner(&self, account: AccountId) -> bool {
        !self.members.iter().any(|(other, role)| *other != account && *role == Role::Owner)
    }

    fn accept(
        &self,
        invitation: InvitationId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<OrgEvent>, OrgError> {
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

    fn project_name_free(&self, name: &ResourceName, except: Option<ProjectId>) -> Result<(), OrgError> {
        match self.projects.iter().any(|(id, taken)| taken == name && Some(*id) != except) {
            true => Err(OrgError::ProjectNameTaken(name.clone())),
            false => Ok(()),
        }
    }

    fn rename_project(&self, project: ProjectId, name: ResourceName) -> Result<Vec<OrgEvent>, OrgError> {
        let current = self.projects.get(&project).ok_or(OrgError::NoSuchProject)?;
        if *current == name {
            return Ok(vec![]);
        }
        self.project_name_free(&name, Some(project))?;
        Ok(vec![OrgEvent::ProjectRenamed { project, name }])
    }

    fn delete_project(&self, project: ProjectId) -> Result<Vec<OrgEvent>, OrgError> {
        if !self.projects.contains_key(&project) {
            return Err(OrgError::NoSuchProject);
        }
        match self.instances.values().filter(|admitted| admitted.project == project).count() {
            0 => Ok(vec![OrgEvent::ProjectDeleted { project }]),
            left => Err(OrgError::ProjectNotEmpty(left)),
        }
    }

    fn admit(
        &self,
        instance: InstanceId,
        project: ProjectId,
        name: ResourceName,
        size: Size,
    ) -> Result<Vec<OrgEvent>, OrgError> {
        if !self.projects.contains_key(&project) {
            return Err(OrgError::NoSuchProject);
        }
        if self.instances.values().any(|other| other.project == project && other.name == name) {
            return Err(OrgError::InstanceNameTaken(name));
        }
        within(self.quota, self.usage(), cost(size))?;
        Ok(vec![OrgEvent::InstanceAdmitted { instance, project, name, size }])
    }

    fn evolve(&mut self, event: OrgEvent) {
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
            }
            OrgEvent::QuotaSet { quota } => self.quota = quota,
            OrgEvent::InstanceAdmitted { instance, project, name, size } => {
                self.instances.insert(instance, Admitted { project, name, size });
            }
            OrgEvent::InstanceReleased { instance } => {
                self.instances.remove(&instance);
            }
        }
    }
}

fn cost(size: Size) -> Quota {
    let spec = size.plan().spec();
    Quota {
        instances: 1,
        vcpus: spec.vcpus.into(),
        memory_mib: spec.memory_mib.into(),
        disk_gib: size.disk_gib().into(),
    }
}

fn add(a: Quota, b: Quota) -> Quota {
    Quota {
        instances: a.instances + b.instances,
        vcpus: a.vcpus + b.vcpus,
        memory_mib: a.memory_mib + b.memory_mib,
        disk_gib: a.disk_gib + b.disk_gib,
    }
}

fn within(quota: Quota, used: Quota, asked: Quota) -> Result<(), OrgError> {
    let checks = [
        ("instances", quota.instances, used.instances, asked.instances),
        ("vCPUs", quota.vcpus, used.vcpus, asked.vcpus),
        ("MiB of memory", quota.memory_mib, used.memory_mib, asked.memory_mib),
        ("GiB of disk", quota.disk_gib, used.disk_gib, asked.disk_gib),
    ];
    match checks.into_iter().find(|(_, limit, used, asked)| used + asked > *limit) {
        Some((resource, limit, used, asked)) => Err(OrgError::QuotaExceeded { resource, limit, used, asked }),
        None => Ok(()),
    }
}

aggregate!(Org, "org", OrgCommand, OrgEvent, OrgError);
