//! The party that a request acts for.

use crate::http::{code::Code, problem::Problem};
use dbx_domain::{
    ids::{AccountId, ApiKeyId, OrgId, SessionId},
    policy::Role,
};
use dbx_sql::Actor;

/// Who asks, once proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    /// A person in a browser or with the CLI.
    Session {
        /// The person.
        account: AccountId,
        /// Their session.
        session: SessionId,
    },
    /// A program with a person's API key.
    ApiKey {
        /// The person.
        account: AccountId,
        /// The key.
        key: ApiKeyId,
        /// The only org it opens.
        org: OrgId,
        /// The most it may do there.
        ceiling: Role,
    },
}

impl Principal {
    /// The person behind it.
    pub(crate) const fn account(self) -> AccountId {
        match self {
            Self::Session { account, .. } | Self::ApiKey { account, .. } => account,
        }
    }

    /// How events name it.
    pub(crate) const fn actor(self) -> Actor {
        match self {
            Self::Session { account, .. } => Actor::Account(account),
            Self::ApiKey { account, key, .. } => Actor::ApiKey { account, key },
        }
    }

    /// Whose idempotency keys are meant: a person's sessions share theirs, each API key has its own.
    pub(crate) fn id(self) -> String {
        match self {
            Self::Session { account, .. } => account.to_string(),
            Self::ApiKey { key, .. } => key.to_string(),
        }
    }

    /// What it may be in `org`, where the person is `role`.
    pub(crate) fn role_in(self, org: OrgId, role: Option<Role>) -> Option<Role> {
        match self {
            Self::Session { .. } => role,
            Self::ApiKey { org: opened, ceiling, .. } => {
                role.filter(|_| opened == org).map(|role| role.min(ceiling))
            }
        }
    }

    /// The person and their session; a key is refused. A key that leaked must not be able to outlive its end by
    /// making keys, nor to reach the account itself.
    pub(crate) fn session(self) -> Result<(AccountId, SessionId), Problem> {
        match self {
            Self::Session { account, session } => Ok((account, session)),
            Self::ApiKey { .. } => Err(Problem::new(
                Code::SessionRequired,
                "an API key works with the things of its org only; sign in for this",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_key_is_the_weaker_of_its_ceiling_and_its_person_and_only_in_its_org() {
        let org = |n| OrgId::from_uuid(Uuid::from_u128(n));
        let key = |ceiling| Principal::ApiKey {
            account: AccountId::from_uuid(Uuid::nil()),
            key: ApiKeyId::from_uuid(Uuid::nil()),
            org: org(1),
            ceiling,
        };
        assert_eq!(key(Role::Member).role_in(org(1), Some(Role::Owner)), Some(Role::Member));
        assert_eq!(key(Role::Owner).role_in(org(1), Some(Role::Viewer)), Some(Role::Viewer));
        assert_eq!(key(Role::Owner).role_in(org(2), Some(Role::Owner)), None);
        assert_eq!(key(Role::Owner).role_in(org(1), None), None);
        assert!(key(Role::Owner).session().is_err());
    }
}
