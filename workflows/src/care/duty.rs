//! The duty to take care of the fleet: one copy of the server has it at a time.

use crate::{failure, hypervisor::StepGuard};
use async_trait::async_trait;
use dbx_domain::instance::Failure;
use dbx_sql::{Database, SqlError, duty};
use std::time::Duration;

/// How long the duty is kept without renewal. Above the longest single call to the cluster, so that a call which was
/// permitted is over before another copy may act.
pub const DUTY_LEASE: Duration = Duration::from_secs(60);

/// A duty that this process holds, or would like to.
#[derive(Clone, Debug)]
pub struct Duty {
    db: Database,
    name: &'static str,
    holder: String,
}

impl Duty {
    /// The duty of that name; `holder` names this process among all copies.
    pub fn new(db: Database, name: &'static str, holder: impl Into<String>) -> Self {
        Self { db, name, holder: holder.into() }
    }

    /// Takes or renews it; `false`: another copy has it.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn take(&self) -> Result<bool, SqlError> {
        duty::take(&self.db, self.name, &self.holder, DUTY_LEASE).await
    }

    /// Gives it back.
    pub async fn resign(&self) {
        if let Err(error) = duty::resign(&self.db, self.name, &self.holder).await {
            tracing::warn!(%error, duty = self.name, "could not resign; the lease will end");
        }
    }
}

/// Who lost the duty changes nothing any more.
#[async_trait]
impl StepGuard for Duty {
    async fn permit(&self) -> Result<(), Failure> {
        match self.take().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(failure::unknown("duty_lost", "another copy of the server has taken over")),
            Err(error) => Err(failure::transient("log_unavailable", error.to_string())),
        }
    }

    async fn submitted(&self, task: &str) {
        tracing::info!(task, "the cluster took on a repair");
    }
}
