//! What a stream says about its subject, as far as sentences and "before" need it.
//!
//! Smaller than the aggregates: it is kept for every stream and rewritten with most of its changes. Never refuses: what
//! happened, happened.

use super::Happened;
use dbx_domain::{
    account::AccountEvent,
    ids::{AccountId, ApiKeyId, InvitationId, OrgId, ProjectId, WorkflowId},
    instance::{InstanceEvent, WorkflowKind},
    name::{DisplayName, ResourceName, Tags},
    org::{OrgEvent, Quota},
    policy::Role,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a stream says about its subject.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Nothing yet.
    #[default]
    Unknown,
    /// An account.
    Account(AccountSubject),
    /// An org.
    Org(OrgSubject),
    /// An instance.
    Instance(InstanceSubject),
}

/// An account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccountSubject {
    /// Its API keys: the org that each opens and what it may be there.
    pub keys: BTreeMap<ApiKeyId, (OrgId, Role)>,
    /// Orgs that it belongs to; noted by those orgs' events, not by its own.
    pub orgs: BTreeSet<OrgId>,
}

/// An org.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OrgSubject {
    /// Its name.
    pub name: Option<DisplayName>,
    /// Its limits.
    pub quota: Quota,
    /// Its members and their roles.
    pub members: BTreeMap<AccountId, Role>,
    /// Its open invitations and the roles they grant.
    pub invitations: BTreeMap<InvitationId, Role>,
    /// Its projects' names.
    pub projects: BTreeMap<ProjectId, ResourceName>,
}

/// An instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InstanceSubject {
    /// Whose.
    pub org: Option<OrgId>,
    /// In which project.
    pub project: Option<ProjectId>,
    /// Its name.
    pub name: Option<ResourceName>,
    /// Its labels.
    pub tags: Tags,
    /// Whether deletes are refused.
    pub protected: bool,
    /// Runs that are not over, and what they do.
    pub runs: BTreeMap<WorkflowId, WorkflowKind>,
}

impl Subject {
    /// Names of the events that change what is kept of a subject.
    pub(super) const HEEDED: &[&str] = &[
        "ApiKeyIssued",
        "ApiKeyRevoked",
        "OrgCreated",
        "OrgRenamed",
        "MemberAdded",
        "MemberRoleChanged",
        "MemberRemoved",
        "InvitationIssued",
        "InvitationAccepted",
        "InvitationRevoked",
        "QuotaSet",
        "ProjectCreated",
        "ProjectRenamed",
        "ProjectDeleted",
        "InstanceRequested",
        "InstanceRenamed",
        "TagsChanged",
        "ProtectionChanged",
        "WorkflowRequested",
        "WorkflowFinished",
    ];

    /// Whether an event changes what is kept of its subject.
    pub(super) fn heeds(happened: &Happened) -> bool {
        let name = match happened {
            Happened::Account(event) => event.name(),
            Happened::Org(event) => event.name(),
            Happened::Instance(event) => event.name(),
        };
        Self::HEEDED.contains(&name)
    }

    /// Takes in the next event of its stream.
    pub fn evolve(&mut self, happened: &Happened) {
        match (&mut *self, happened) {
            (Self::Account(account), Happened::Account(event)) => account.evolve(event),
            (Self::Org(org), Happened::Org(event)) => org.evolve(event),
            (Self::Instance(instance), Happened::Instance(event)) => instance.evolve(event),
            (_, first) => {
                *self = Self::new(first);
                self.evolve(first);
            }
        }
    }

    fn new(first: &Happened) -> Self {
        match first {
            Happened::Account(_) => Self::Account(AccountSubject::default()),
            Happened::Org(_) => Self::Org(OrgSubject::default()),
            Happened::Instance(_) => Self::Instance(InstanceSubject::default()),
        }
    }

    /// Notes that an account belongs to `org` from here on, or no longer.
    pub fn note_membership(&mut self, org: OrgId, belongs: bool) {
        if !matches!(self, Self::Account(_)) {
            *self = Self::Account(AccountSubject::default());
        }
        if let Self::Account(account) = self {
            match belongs {
                true => account.orgs.insert(org),
                false => account.orgs.remove(&org),
            };
        }
    }
}

impl AccountSubject {
    fn evolve(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::ApiKeyIssued { key, org, ceiling, .. } => {
                self.keys.insert(*key, (*org, *ceiling));
            }
            AccountEvent::ApiKeyRevoked { key } => {
                self.keys.remove(key);
            }
            _ => {}
        }
    }
}

impl OrgSubject {
    fn evolve(&mut self, event: &OrgEvent) {
        match event {
            OrgEvent::OrgCreated { name, owner, .. } => {
                self.name = Some(name.clone());
                self.members.insert(*owner, Role::Owner);
            }
            OrgEvent::OrgRenamed { name } => self.name = Some(name.clone()),
            OrgEvent::OrgDeleted {} => {}
            OrgEvent::MemberAdded { account, role } | OrgEvent::MemberRoleChanged { account, role } => {
                self.members.insert(*account, *role);
            }
            OrgEvent::MemberRemoved { account } => {
                self.members.remove(account);
            }
            OrgEvent::InvitationIssued { invitation, role, .. } => {
                self.invitations.insert(*invitation, *role);
            }
            OrgEvent::InvitationAccepted { invitation, .. } | OrgEvent::InvitationRevoked { invitation } => {
                self.invitations.remove(invitation);
            }
            OrgEvent::QuotaSet { quota } => self.quota = *quota,
            event => self.evolve_things(event),
        }
    }

    fn evolve_things(&mut self, event: &OrgEvent) {
        match event {
            OrgEvent::ProjectCreated { project, name } | OrgEvent::ProjectRenamed { project, name } => {
                self.projects.insert(*project, name.clone());
            }
            OrgEvent::ProjectDeleted { project } => {
                self.projects.remove(project);
            }
            _ => {}
        }
    }
}

impl InstanceSubject {
    fn evolve(&mut self, event: &InstanceEvent) {
        match event {
            InstanceEvent::InstanceRequested { org, project, name, tags, .. } => {
                self.org = Some(*org);
                self.project = Some(*project);
                self.name = Some(name.clone());
                self.tags = tags.clone();
            }
            InstanceEvent::InstanceRenamed { name } => self.name = Some(name.clone()),
            InstanceEvent::TagsChanged { tags } => self.tags = tags.clone(),
            InstanceEvent::ProtectionChanged { protected } => self.protected = *protected,
            InstanceEvent::WorkflowRequested { workflow, kind, .. } => {
                self.runs.insert(*workflow, *kind);
            }
            InstanceEvent::WorkflowFinished { workflow, .. } => {
                self.runs.remove(workflow);
            }
            _ => {}
        }
    }
}
