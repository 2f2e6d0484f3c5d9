//! Refusals of the domain and of the database as problems.
//!
//! Guarantee: a refusal of the domain keeps its own words; a failure of the database shows none.

use super::{code::Code, problem::Problem};
use dbx_domain::{
    account::AccountError,
    instance::{InstanceError, Lifecycle},
    org::OrgError,
};
use dbx_sql::{CommitError, SqlError, StoreError, VaultError, source::people};
use std::time::Duration;

/// A guess at when a job is over, for clients that poll.
const BUSY_RETRY: Duration = Duration::from_secs(5);

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Absent | AccountError::NoSuchKey(_) => Self::not_found(),
            AccountError::Exists | AccountError::KeyExists(_) => Self::new(Code::Conflict, error.to_string()),
        }
    }
}

impl From<OrgError> for Problem {
    fn from(error: OrgError) -> Self {
        let message = error.to_string();
        match error {
            OrgError::Absent
            | OrgError::NoSuchProject
            | OrgError::NoSuchMember
            | OrgError::NoSuchInstance
            | OrgError::NoSuchInvitation
            | OrgError::NoSuchWebhook => Self::not_found(),
            OrgError::LastOwner => Self::new(Code::LastOwner, message),
            OrgError::Outranked { .. } => Self::new(Code::Forbidden, message),
            OrgError::NotEmpty(_) | OrgError::ProjectNotEmpty(_) => Self::new(Code::NotEmpty, message),
            OrgError::ProjectNameTaken(_) | OrgError::InstanceNameTaken(_) => {
                Self::new(Code::NameTaken, message.clone()).about("name", message)
            }
            OrgError::TooManyWebhooks => Self::new(Code::QuotaExceeded, message),
            OrgError::QuotaExceeded { .. } => Self::new(Code::QuotaExceeded, message),
            OrgError::MemberInvited => Self::new(Code::WrongState, message.clone()).about("email", message),
            OrgError::Exists | OrgError::MemberExists | OrgError::InvitationExpired => {
                Self::new(Code::WrongState, message)
            }
        }
    }
}

impl From<InstanceError> for Problem {
    fn from(error: InstanceError) -> Self {
        let message = error.to_string();
        match error {
            InstanceError::Absent => Self::not_found(),
            InstanceError::Busy { workflow, .. } => {
                Self::new(Code::Busy, message).job(workflow).retry_after(BUSY_RETRY)
            }
            InstanceError::Stuck { workflow, .. } => Self::new(Code::Busy, message).job(workflow),
            InstanceError::Protected => Self::new(Code::Protected, message),
            InstanceError::NotCancelable(_) | InstanceError::StuckUndoing(_) => {
                Self::new(Code::NotCancelable, message)
            }
            InstanceError::NoActiveCredential(_) => Self::new(Code::CredentialNotReady, message),
            InstanceError::WrongState { lifecycle: Lifecycle::Deleted, .. } => Self::not_found(),
            InstanceError::Exists
            | InstanceError::WrongState { .. }
            | InstanceError::NotUnderWay(_)
            | InstanceError::NotParked(_)
            | InstanceError::OutOfDate { .. } => Self::new(Code::WrongState, message),
        }
    }
}

impl From<SqlError> for Problem {
    fn from(error: SqlError) -> Self {
        match error.is_transient() {
            true => Self::unavailable(error),
            false => Self::internal(error),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Sql(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Sql(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

impl From<CommitError> for Problem {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Duplicate { constraint } if constraint == people::EMAIL_CONSTRAINT => {
                let message = "this address has an account already; sign in instead";
                Self::new(Code::EmailTaken, message).about("email", message)
            }
            CommitError::Unavailable(error) => Self::unavailable(error),
            CommitError::OutcomeUnknown => Self::new(
                Code::Unavailable,
                "the connection to the control database was lost while committing: look whether it happened, or repeat with the same Idempotency-Key",
            ),
            other => Self::internal(other),
        }
    }
}
