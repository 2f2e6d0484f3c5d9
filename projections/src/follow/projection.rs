//! What a follower does with events.

use async_trait::async_trait;
use dbx_sql::{ProjectionError, RebuildError, RecordedEvent, SqlError};
use deadpool_postgres::Transaction;

/// Why a page of events was not applied. Nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// This event cannot be shown.
    #[error("{source}")]
    Event {
        /// Which one of the page, from 0.
        index: usize,
        /// Which event, and why.
        source: ProjectionError,
    },
    /// The exchange with Postgres failed, or Postgres refused a statement.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

impl From<tokio_postgres::Error> for ApplyError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Sql(error.into())
    }
}

impl From<ApplyError> for RebuildError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Event { source, .. } => Self::Projection(source),
            ApplyError::Sql(error) => Self::Sql(error),
        }
    }
}

/// A read model that follows the feed.
#[async_trait]
pub trait AsyncProjection: Send + Sync {
    /// Applies events, which are in feed order and of the current shape, inside `transaction`.
    ///
    /// # Errors
    /// [`ApplyError`]; the caller rolls back then.
    async fn apply(&self, transaction: &Transaction<'_>, events: &[RecordedEvent]) -> Result<(), ApplyError>;
}
