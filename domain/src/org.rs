//! Org: people, projects, quota, and which instances were let in.
//!
//! Guarantees: an org never loses its last owner; names are unique in their parent; an instance is admitted only
//! within the quota. Admission commits in one transaction with the instance's first event, so that neither exists
//! without the other.

mod command;
mod decide;
mod event;
mod evolve;
mod quota;
mod webhook;

use crate::{
    ids::{AccountId, InstanceId, InvitationId, OrgId, ProjectId, WebhookId},
    name::{DisplayName, ResourceName},
    plan::Size,
    policy::Role,
    time::Timestamp,
    vocabulary::aggregate,
};
pub use command::{OrgCommand, OrgError};
pub use event::OrgEvent;
pub use quota::{ProjectQuota, Quota, QuotaOf};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
pub use webhook::{WEBHOOKS_MAX, WebhookChange};

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
    /// Those that were set; without one, the org's limits are the only ones.
    project_quotas: BTreeMap<ProjectId, ProjectQuota>,
    /// And whether they are told.
    webhooks: BTreeMap<WebhookId, bool>,
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

    /// Its projects and their names.
    pub fn projects(&self) -> &BTreeMap<ProjectId, ResourceName> {
        &self.projects
    }

    /// What the instances use of each limit.
    pub fn usage(&self) -> Quota {
        cost_of(self.instances.values())
    }

    /// What the instances of a project use of each limit.
    pub fn usage_of(&self, project: ProjectId) -> Quota {
        cost_of(self.instances.values().filter(|admitted| admitted.project == project))
    }

    /// The limits of a project of its own.
    pub fn project_quota(&self, project: ProjectId) -> ProjectQuota {
        self.project_quotas.get(&project).copied().unwrap_or_default()
    }

    /// Refuses if one more instance of `size` goes over what the operator allows every org.
    ///
    /// # Errors
    /// [`OrgError::QuotaExceeded`].
    pub fn fits_under(&self, ceiling: Quota, size: Size) -> Result<(), OrgError> {
        ceiling.admit(QuotaOf::Operator, self.usage(), Quota::cost(size))
    }

    /// The limits in force.
    pub fn quota(&self) -> Quota {
        self.quota
    }
}

fn cost_of<'a>(instances: impl Iterator<Item = &'a Admitted>) -> Quota {
    instances.fold(Quota::ZERO, |sum, admitted| sum.plus(Quota::cost(admitted.size)))
}

aggregate!(Org, "org", OrgCommand, OrgEvent, OrgError);
