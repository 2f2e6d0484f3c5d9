//! What happens to an org.

use crate::{
    ids::{AccountId, InstanceId, InvitationId, OrgId, ProjectId, WebhookId},
    name::{DisplayName, ResourceName},
    org::{ProjectQuota, Quota, WebhookChange},
    plan::Size,
    policy::Role,
    time::Timestamp,
    vocabulary::events,
};

events! {
    /// What happened to an org, its people, projects and quota.
    OrgEvent {
        /// The org exists; its creator owns it.
        OrgCreated @ 1 {
            /// Its id.
            org: OrgId,
            /// Its name.
            name: DisplayName,
            /// The first owner.
            owner: AccountId,
        }
        /// The org has another name.
        OrgRenamed @ 1 {
            /// The new name.
            name: DisplayName,
        }
        /// The org is gone, for good.
        OrgDeleted @ 1 {}
        /// Somebody joined.
        MemberAdded @ 1 {
            /// Who.
            account: AccountId,
            /// As what.
            role: Role,
        }
        /// A member's role changed.
        MemberRoleChanged @ 1 {
            /// Who.
            account: AccountId,
            /// The new role.
            role: Role,
        }
        /// Somebody left or was removed.
        MemberRemoved @ 1 {
            /// Who.
            account: AccountId,
        }
        /// Somebody was invited; the address is kept beside the log.
        InvitationIssued @ 1 {
            /// The invitation.
            invitation: InvitationId,
            /// The role it grants.
            role: Role,
            /// Until when.
            expires_at: Timestamp,
        }
        /// An invitation was used.
        InvitationAccepted @ 1 {
            /// The invitation.
            invitation: InvitationId,
            /// Who used it.
            account: AccountId,
        }
        /// An invitation was withdrawn.
        InvitationRevoked @ 1 {
            /// The invitation.
            invitation: InvitationId,
        }
        /// A project exists.
        ProjectCreated @ 1 {
            /// Its id.
            project: ProjectId,
            /// Its name, unique in the org.
            name: ResourceName,
        }
        /// A project has another name.
        ProjectRenamed @ 1 {
            /// The project.
            project: ProjectId,
            /// The new name.
            name: ResourceName,
        }
        /// An empty project is gone.
        ProjectDeleted @ 1 {
            /// The project.
            project: ProjectId,
        }
        /// The org's limits changed.
        QuotaSet @ 1 {
            /// The new limits.
            quota: Quota,
        }
        /// A project's limits changed.
        ProjectQuotaSet @ 1 {
            /// The project.
            project: ProjectId,
            /// Its limits from now on.
            quota: ProjectQuota,
        }
        /// An instance was let in: its name is taken and its size counts.
        InstanceAdmitted @ 1 {
            /// The instance.
            instance: InstanceId,
            /// Its project.
            project: ProjectId,
            /// Its name, unique in the project.
            name: ResourceName,
            /// What counts against the quota.
            size: Size,
        }
        /// An instance has another name.
        InstanceNameChanged @ 1 {
            /// The instance.
            instance: InstanceId,
            /// Its new name, unique in the project.
            name: ResourceName,
        }
        /// Something was done to a webhook; its address is kept beside the log.
        WebhookChanged @ 1 {
            /// Which.
            webhook: WebhookId,
            /// What.
            change: WebhookChange,
            /// Why, if the product did it by itself.
            reason: Option<String>,
        }
        /// An instance is gone: its name is free and its size no longer counts.
        InstanceReleased @ 1 {
            /// The instance.
            instance: InstanceId,
        }
    }
}
