//! What can be asked of an org, and why it may refuse.

use crate::{
    ids::{AccountId, InstanceId, InvitationId, OrgId, ProjectId, WebhookId},
    name::{DisplayName, ResourceName},
    org::{ProjectQuota, Quota, QuotaOf, WEBHOOKS_MAX, WebhookChange},
    plan::Size,
    policy::Role,
    time::Timestamp,
};

/// What can be asked of an org.
#[derive(Clone, Debug, PartialEq)]
pub enum OrgCommand {
    /// Come into being, owned by its creator.
    Create {
        /// Its id.
        org: OrgId,
        /// Its name.
        name: DisplayName,
        /// The first owner.
        owner: AccountId,
    },
    /// Take another name.
    Rename(DisplayName),
    /// Go, if empty.
    Delete,
    /// Change a member's role.
    ChangeRole {
        /// Who.
        account: AccountId,
        /// The new role.
        role: Role,
        /// What whoever asks may do at most.
        by: Role,
    },
    /// Remove a member.
    RemoveMember {
        /// Who.
        account: AccountId,
        /// What whoever asks may do at most.
        by: Role,
    },
    /// Leave the org oneself.
    Leave(AccountId),
    /// Invite somebody.
    Invite {
        /// The invitation's id.
        invitation: InvitationId,
        /// The role it grants.
        role: Role,
        /// Until when.
        expires_at: Timestamp,
        /// What whoever asks may do at most.
        by: Role,
        /// The account that the address has, if any.
        invitee: Option<AccountId>,
        /// Earlier invitations of the same address; those still open are withdrawn.
        instead_of: Vec<InvitationId>,
    },
    /// Use an invitation.
    AcceptInvitation {
        /// The invitation.
        invitation: InvitationId,
        /// Who uses it.
        account: AccountId,
        /// The database's time.
        now: Timestamp,
    },
    /// Withdraw an invitation.
    RevokeInvitation(InvitationId),
    /// Make a project.
    CreateProject {
        /// Its id.
        project: ProjectId,
        /// Its name.
        name: ResourceName,
    },
    /// Rename a project.
    RenameProject {
        /// The project.
        project: ProjectId,
        /// The new name.
        name: ResourceName,
    },
    /// Delete an empty project.
    DeleteProject(ProjectId),
    /// Set the limits.
    SetQuota(Quota),
    /// Set a project's limits.
    SetProjectQuota {
        /// The project.
        project: ProjectId,
        /// Its limits from now on.
        quota: ProjectQuota,
    },
    /// Let an instance in, if name and quota allow.
    AdmitInstance {
        /// The instance.
        instance: InstanceId,
        /// Its project.
        project: ProjectId,
        /// Its name.
        name: ResourceName,
        /// Its size.
        size: Size,
    },
    /// Give an instance another name.
    RenameInstance {
        /// The instance.
        instance: InstanceId,
        /// Its new name.
        name: ResourceName,
    },
    /// Do something to a webhook.
    ChangeWebhook {
        /// Which.
        webhook: WebhookId,
        /// What.
        change: WebhookChange,
        /// Why, if nobody asked for it.
        reason: Option<String>,
    },
    /// Let an instance go.
    ReleaseInstance(InstanceId),
}

/// Why an org refused a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrgError {
    /// A second creation under one id.
    #[error("the org exists already")]
    Exists,
    /// Anything asked of an org that does not exist or is deleted.
    #[error("there is no such org")]
    Absent,
    /// The org still holds instances.
    #[error("the org still has {0} instance(s); delete them first")]
    NotEmpty(usize),
    /// The account is no member.
    #[error("there is no such member")]
    NoSuchMember,
    /// The account is a member already.
    #[error("the account is a member already")]
    MemberExists,
    /// Somebody who is a member is invited.
    #[error("whoever has this address is a member of the org already; change their role instead")]
    MemberInvited,
    /// The change would leave nobody in charge.
    #[error("an org keeps at least one owner; make somebody else an owner first")]
    LastOwner,
    /// Somebody would give, change or take away a role above their own.
    #[error("{by} may not give, change or take away the role {role}; ask somebody with that role")]
    Outranked {
        /// What whoever asked may do at most.
        by: Role,
        /// The role that is above it.
        role: Role,
    },
    /// There is no such instance.
    #[error("there is no such instance")]
    NoSuchInstance,
    /// The invitation was used, withdrawn or never issued.
    #[error("the invitation is no longer valid; ask for a new one")]
    NoSuchInvitation,
    /// The invitation is too old.
    #[error("the invitation has expired; ask for a new one")]
    InvitationExpired,
    /// There is no such project.
    #[error("there is no such project")]
    NoSuchProject,
    /// The project's name is taken.
    #[error("the org has a project named `{0}` already; choose another name")]
    ProjectNameTaken(ResourceName),
    /// The project still holds instances.
    #[error("the project still has {0} instance(s); delete them first")]
    ProjectNotEmpty(usize),
    /// There is no such webhook.
    #[error("there is no such webhook")]
    NoSuchWebhook,
    /// The org has all the webhooks it may have.
    #[error("an org has at most {WEBHOOKS_MAX} webhooks; delete one first")]
    TooManyWebhooks,
    /// The instance's name is taken.
    #[error("the project has an instance named `{0}` already; choose another name")]
    InstanceNameTaken(ResourceName),
    /// A limit is reached.
    #[error(
        "{whose} of {limit} {resource} is reached: {used} in use, {asked} asked for; delete something or have it raised"
    )]
    QuotaExceeded {
        /// Whose limit.
        whose: QuotaOf,
        /// Which limit.
        resource: &'static str,
        /// Its value.
        limit: u64,
        /// In use now.
        used: u64,
        /// Asked for on top.
        asked: u64,
    },
}
