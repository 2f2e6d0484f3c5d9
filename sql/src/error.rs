//! What can go wrong between us and Postgres, free of secrets.
//!
//! Postgres puts row values into an error's DETAIL ("Key (email)=(…) already exists"). Guarantee: this type takes
//! the class, the message and the constraint of a database error and drops the rest, so it is safe to log.

use tokio_postgres::error::{DbError, Severity, SqlState};

/// A failed exchange with Postgres.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// The connection string cannot be used. It may hold a password, so it is not repeated.
    #[error("the database URL cannot be used: {0}; write it as postgres://user@host:port/database")]
    Url(&'static str),
    /// No connection was free or could be made in time.
    #[error(
        "no database connection: {0}; check that Postgres runs and that max_connections is not too small"
    )]
    Unreachable(String),
    /// The connection ended before the answer was complete.
    #[error("the database connection was lost before the answer was complete; try again")]
    ConnectionLost,
    /// Postgres refused a statement.
    #[error("Postgres refused: {message} (SQLSTATE {code}{})", constraint.as_ref().map(|name| format!(", constraint {name}")).unwrap_or_default())]
    Refused {
        /// Five characters, see appendix A of the Postgres manual.
        code: String,
        /// The primary message, without DETAIL.
        message: String,
        /// The violated constraint or unique index.
        constraint: Option<String>,
    },
    /// A value does not fit its SQL type; a fault of the program.
    #[error("a value does not fit its column or parameter: {0}")]
    Mismatch(String),
    /// Stored data that this version of the program cannot read.
    #[error("{what} cannot be read: {why}; was it written by a newer version of dbxd?")]
    Unreadable {
        /// Which row.
        what: String,
        /// Parser's complaint.
        why: String,
    },
}

impl SqlError {
    /// The SQLSTATE, if Postgres refused.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Whether the same call may succeed later without any change to it.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::ConnectionLost => true,
            Self::Refused { code, .. } => is_contention(code),
            Self::Url(_) | Self::Mismatch(_) | Self::Unreadable { .. } => false,
        }
    }

    fn refused(error: &DbError) -> Self {
        Self::Refused {
            code: error.code().code().to_owned(),
            message: error.message().to_owned(),
            constraint: error.constraint().map(str::to_owned),
        }
    }
}

/// Deadlock, serialisation failure, lock not available, statement timeout: another attempt may go through.
pub(crate) fn is_contention(code: &str) -> bool {
    let transient = [
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::QUERY_CANCELED,
    ];
    transient.iter().any(|state| state.code() == code)
}

/// Whether the session ended with this error, so that what was sent before may or may not have been done.
fn ends_session(error: &DbError) -> bool {
    matches!(error.parsed_severity(), Some(Severity::Fatal | Severity::Panic))
}

impl From<tokio_postgres::Error> for SqlError {
    fn from(error: tokio_postgres::Error) -> Self {
        use std::error::Error as _;
        if let Some(refusal) = error.as_db_error() {
            return if ends_session(refusal) { Self::ConnectionLost } else { Self::refused(refusal) };
        }
        let is_io = error.source().is_some_and(|source| source.is::<std::io::Error>());
        if error.is_closed() || is_io { Self::ConnectionLost } else { Self::Mismatch(error.to_string()) }
    }
}

impl From<deadpool_postgres::PoolError> for SqlError {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        use deadpool_postgres::PoolError;
        match error {
            PoolError::Backend(cause) => match cause.as_db_error() {
                Some(refusal) => Self::Unreachable(refusal.message().to_owned()),
                None => Self::Unreachable(root_cause(&cause)),
            },
            other => Self::Unreachable(other.to_string()),
        }
    }
}

/// The innermost cause, which is the one that names the address or the refusal.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
