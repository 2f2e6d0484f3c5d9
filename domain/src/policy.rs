//! Who may do what: one table, no engine.
//!
//! Guarantee: a role either may do an action or may not; nothing else is consulted here. That things of another
//! org look as if they did not exist is the gateway's business: it never asks this table about them.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A member's standing in an org, weakest first, so that roles compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees everything except secrets.
    Viewer,
    /// Works with projects and instances.
    Member,
    /// Manages people and deletes things.
    Admin,
    /// Everything, including the org itself.
    Owner,
}

impl Role {
    /// Every role, weakest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Member, Self::Admin, Self::Owner];

    /// The name in JSON and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a role; choose one of viewer, member, admin, owner")]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| UnknownRole(text.chars().take(40).collect()))
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident >= $role:ident;)*) => {
        /// Something that can be done inside an org.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action { $($(#[$doc])* $name,)* }

        impl Action {
            /// Every action, for tests that must cover them all.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The weakest role that may do it.
            pub const fn needs(self) -> Role {
                match self { $(Self::$name => Role::$role,)* }
            }
        }
    };
}

actions! {
    /// Read the org, its projects, instances, jobs and metrics.
    ReadOrg >= Viewer;
    /// Read the audit log and the activity.
    ReadAudit >= Viewer;
    /// Rename the org.
    RenameOrg >= Admin;
    /// Delete the org.
    DeleteOrg >= Owner;
    /// Invite people, change roles and remove members, up to one's own role.
    ManageMembers >= Admin;
    /// Set quotas.
    SetQuota >= Owner;
    /// Create and rename projects.
    WriteProject >= Member;
    /// Delete a project.
    DeleteProject >= Admin;
    /// Order an instance, change its name, tags and protection.
    WriteInstance >= Member;
    /// Start, stop, reboot an instance; cancel or retry its jobs.
    OperateInstance >= Member;
    /// Delete an instance and its data; abandon a job of it that is stuck.
    DeleteInstance >= Admin;
    /// Replace an instance's credentials.
    RotateCredentials >= Member;
    /// See an instance's password in the clear.
    RevealCredentials >= Member;
    /// Make, change and delete webhooks, and see what they were told.
    ManageWebhooks >= Admin;
    /// Issue and revoke API keys of the org.
    ManageApiKeys >= Admin;
}

/// Whether `role` may do `action`.
pub fn allows(role: Role, action: Action) -> bool {
    role >= action.needs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stronger_roles_keep_every_right_of_weaker_ones() {
        for action in Action::ALL {
            for pair in Role::ALL.windows(2) {
                assert!(!allows(pair[0], *action) || allows(pair[1], *action), "{action:?}");
            }
            assert!(allows(Role::Owner, *action), "{action:?} would be closed to everyone");
        }
    }

    #[test]
    fn viewers_change_nothing_and_see_no_secret() {
        let open: Vec<_> = Action::ALL.iter().filter(|action| allows(Role::Viewer, **action)).collect();
        assert_eq!(open, [&Action::ReadOrg, &Action::ReadAudit]);
    }
}
