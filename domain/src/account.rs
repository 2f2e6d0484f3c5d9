//! Account: a person who can sign in.
//!
//! Guarantees: no personal data and no secret in its events. The email address, display name, password hash and key
//! hashes live in tables beside the log, written in the same transaction as the events here.

use crate::{
    ids::{AccountId, ApiKeyId, OrgId, SessionId},
    policy::Role,
    time::Timestamp,
    vocabulary::{aggregate, events},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

events! {
    /// What happened to an account.
    AccountEvent {
        /// The account exists.
        AccountRegistered @ 1 {
            /// Its id.
            account: AccountId,
        }
        /// The name that others see was changed; it is kept beside the log.
        ProfileChanged @ 1 {}
        /// The password was replaced.
        PasswordChanged @ 1 {}
        /// A browser or CLI signed in.
        SessionOpened @ 1 {
            /// The session.
            session: SessionId,
            /// When it ends by itself.
            expires_at: Timestamp,
        }
        /// A sign-in with a wrong password was refused.
        SignInRefused @ 1 {}
        /// A session was ended before its time.
        SessionClosed @ 1 {
            /// The session.
            session: SessionId,
        }
        /// Every session was ended.
        SessionsRevoked @ 1 {}
        /// An API key was issued.
        ApiKeyIssued @ 1 {
            /// The key.
            key: ApiKeyId,
            /// The only org it opens.
            org: OrgId,
            /// The most it may do there, whatever the account may.
            ceiling: Role,
            /// When it stops working; never if absent.
            expires_at: Option<Timestamp>,
        }
        /// An API key was revoked.
        ApiKeyRevoked @ 1 {
            /// The key.
            key: ApiKeyId,
        }
        /// The account is gone, and with it everything beside the log that says who it was.
        AccountErased @ 1 {}
    }
}

/// What can be asked of an account.
#[derive(Clone, Debug, PartialEq)]
pub enum AccountCommand {
    /// Come into being.
    Register(AccountId),
    /// Take another display name; it is written beside the log.
    ChangeProfile,
    /// Replace the password; the new hash is written beside the log.
    ChangePassword,
    /// Record a successful sign-in.
    OpenSession(SessionId, Timestamp),
    /// Record a refused sign-in.
    RefuseSignIn,
    /// End one session.
    CloseSession(SessionId),
    /// End all sessions.
    RevokeSessions,
    /// Issue an API key.
    IssueApiKey {
        /// Its id.
        key: ApiKeyId,
        /// The org it opens.
        org: OrgId,
        /// The most it may do there.
        ceiling: Role,
        /// When it stops working.
        expires_at: Option<Timestamp>,
    },
    /// Revoke an API key.
    RevokeApiKey(ApiKeyId),
    /// Go for good; the personal data is erased beside the log.
    Erase,
}

/// Why an account refused a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// A second registration under one id.
    #[error("the account exists already")]
    Exists,
    /// Anything asked of an account that was never registered, or is erased.
    #[error("there is no such account")]
    Absent,
    /// The key is unknown or was revoked before.
    #[error("there is no active API key {0}")]
    NoSuchKey(ApiKeyId),
    /// The key id is taken.
    #[error("API key {0} exists already")]
    KeyExists(ApiKeyId),
}

/// The folded state of an account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    id: Option<AccountId>,
    sessions: BTreeMap<SessionId, Timestamp>,
    keys: BTreeMap<ApiKeyId, OrgId>,
    erased: bool,
}

impl Account {
    /// Sessions that were neither closed nor revoked; some may have expired since.
    pub fn sessions(&self) -> impl Iterator<Item = SessionId> {
        self.sessions.keys().copied()
    }

    /// Active API keys and the org each one opens.
    pub fn api_keys(&self) -> &BTreeMap<ApiKeyId, OrgId> {
        &self.keys
    }

    fn decide(&self, command: AccountCommand) -> Result<Vec<AccountEvent>, AccountError> {
        if let AccountCommand::Register(account) = command {
            return match self.id {
                None => Ok(vec![AccountEvent::AccountRegistered { account }]),
                Some(_) => Err(AccountError::Exists),
            };
        }
        if self.erased && command == AccountCommand::Erase {
            // Erasing twice is no error: the second request may be a retry of a lost answer.
            return Ok(vec![]);
        }
        if self.id.is_none() || self.erased {
            return Err(AccountError::Absent);
        }
        self.decide_registered(command)
    }

    fn decide_registered(&self, command: AccountCommand) -> Result<Vec<AccountEvent>, AccountError> {
        Ok(match command {
            AccountCommand::Register(_) => return Err(AccountError::Exists),
            AccountCommand::ChangeProfile => vec![AccountEvent::ProfileChanged {}],
            AccountCommand::ChangePassword => vec![AccountEvent::PasswordChanged {}],
            AccountCommand::OpenSession(session, expires_at) => {
                vec![AccountEvent::SessionOpened { session, expires_at }]
            }
            AccountCommand::RefuseSignIn => vec![AccountEvent::SignInRefused {}],
            // Signing out twice is no error: the second request may be a retry of a lost answer.
            AccountCommand::CloseSession(session) if !self.sessions.contains_key(&session) => vec![],
            AccountCommand::CloseSession(session) => vec![AccountEvent::SessionClosed { session }],
            AccountCommand::RevokeSessions => vec![AccountEvent::SessionsRevoked {}],
            AccountCommand::IssueApiKey { key, .. } if self.keys.contains_key(&key) => {
                return Err(AccountError::KeyExists(key));
            }
            AccountCommand::IssueApiKey { key, org, ceiling, expires_at } => {
                vec![AccountEvent::ApiKeyIssued { key, org, ceiling, expires_at }]
            }
            AccountCommand::RevokeApiKey(key) if !self.keys.contains_key(&key) => {
                return Err(AccountError::NoSuchKey(key));
            }
            AccountCommand::RevokeApiKey(key) => vec![AccountEvent::ApiKeyRevoked { key }],
            AccountCommand::Erase => {
                let keys = self.keys.keys().map(|key| AccountEvent::ApiKeyRevoked { key: *key });
                keys.chain([AccountEvent::SessionsRevoked {}, AccountEvent::AccountErased {}]).collect()
            }
        })
    }

    fn evolve(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::AccountRegistered { account } => self.id = Some(account),
            AccountEvent::SessionOpened { session, expires_at } => {
                self.sessions.insert(session, expires_at);
            }
            AccountEvent::SessionClosed { session } => {
                self.sessions.remove(&session);
            }
            AccountEvent::SessionsRevoked {} => self.sessions.clear(),
            AccountEvent::ApiKeyIssued { key, org, .. } => {
                self.keys.insert(key, org);
            }
            AccountEvent::ApiKeyRevoked { key } => {
                self.keys.remove(&key);
            }
            AccountEvent::AccountErased {} => self.erased = true,
            AccountEvent::ProfileChanged {}
            | AccountEvent::PasswordChanged {}
            | AccountEvent::SignInRefused {} => {}
        }
    }
}

aggregate!(Account, "account", AccountCommand, AccountEvent, AccountError);
