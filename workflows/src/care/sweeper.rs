//! The sweeper: deletes what nobody can use any more.
//!
//! Guarantees: only rows that reading already passes over are deleted, so sweeping late, twice or by two at once changes
//! no answer; one kind that cannot be swept does not keep the others from it.

use dbx_sql::{
    Database, SqlError, samples,
    source::{idempotency, invitation_links, sessions},
    throttle,
};

/// Rows deleted of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Sessions that ended by themselves.
    pub sessions: u64,
    /// Invitations whose time is over.
    pub invitations: u64,
    /// Throttles of which nothing counts any more.
    pub throttles: u64,
    /// Answers kept for repeated requests.
    pub answers: u64,
    /// Old samples.
    pub samples: u64,
}

/// Sweeps each kind once. What failed is logged and counts as nothing; the next round has it again.
pub async fn sweep(db: &Database) -> Swept {
    let swept = Swept {
        sessions: deleted("sessions", sessions::delete_expired(db).await),
        invitations: deleted("invitations", invitation_links::delete_expired(db).await),
        throttles: deleted("throttles", throttle::delete_free(db).await),
        answers: deleted("answers to repeated requests", idempotency::delete_expired(db).await),
        samples: deleted("samples", samples::delete_old(db).await),
    };
    if swept != Swept::default() {
        tracing::debug!(?swept, "deleted what nobody can use any more");
    }
    swept
}

fn deleted(what: &str, outcome: Result<u64, SqlError>) -> u64 {
    outcome.unwrap_or_else(|error| {
        tracing::warn!(%error, what, "could not be swept");
        0
    })
}
