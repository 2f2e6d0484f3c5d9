//! The party that a request acts for.

use dbx_domain::ids::{AccountId, SessionId};
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
}

impl Principal {
    /// The person behind it.
    pub(crate) fn account(self) -> AccountId {
        match self {
            Self::Session { account, .. } => account,
        }
    }

    /// How events name it.
    pub(crate) fn actor(self) -> Actor {
        match self {
            Self::Session { account, .. } => Actor::Account(account),
        }
    }
}
