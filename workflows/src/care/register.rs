//! Recording what is not part of a run: observations, and runs that the system itself asks for.
//!
//! Guarantee: decided on the newest state of the stream and appended on exactly that head, so that a late observer
//! records nothing that has been overtaken.

use crate::journal::{JournalError, memory::MemoryJournal};
use async_trait::async_trait;
use dbx_domain::{
    Decide, Instance,
    ids::InstanceId,
    instance::{InstanceCommand, InstanceError},
};
use dbx_sql::{Actor, Append, Commit, CommitError, EventStore, Metadata};

/// Lost races before the observer gives up; it will look again.
const ATTEMPTS: usize = 8;

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The instance refused.
    #[error(transparent)]
    Refused(#[from] InstanceError),
    /// The log could not be reached, or others kept changing the instance.
    #[error(transparent)]
    Unavailable(#[from] JournalError),
}

/// Records commands of the system.
#[async_trait]
pub trait Register: Send + Sync {
    /// Decides and appends `command` as the system's part `by`; tells whether there was anything to record.
    ///
    /// # Errors
    /// [`RegisterError`].
    async fn record(
        &self,
        instance: InstanceId,
        command: InstanceCommand,
        by: &'static str,
    ) -> Result<bool, RegisterError>;
}

/// The register over the event store.
pub struct PgRegister(EventStore);

impl PgRegister {
    /// Appends through `store`.
    pub const fn new(store: EventStore) -> Self {
        Self(store)
    }
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> RegisterError {
    RegisterError::Unavailable(JournalError(Box::new(error)))
}

#[async_trait]
impl Register for PgRegister {
    async fn record(
        &self,
        instance: InstanceId,
        command: InstanceCommand,
        by: &'static str,
    ) -> Result<bool, RegisterError> {
        let id = instance.to_string();
        for _ in 0..ATTEMPTS {
            let loaded = self.0.load::<Instance>(&id).await.map_err(unavailable)?;
            let events = loaded.aggregate.decide(command.clone())?;
            if events.is_empty() {
                return Ok(false);
            }
            let mut metadata = Metadata::of(Actor::system(by));
            metadata.org = loaded.aggregate.identity().map(|identity| identity.org);
            if let InstanceCommand::Restore(run) = &command {
                metadata.correlation = Some(run.workflow.to_string());
            }
            let append = Append::of::<Instance>(id.as_str(), loaded.head, &events).map_err(unavailable)?;
            match self.0.commit(Commit::new(metadata).append(append)).await {
                Ok(_) => return Ok(true),
                Err(CommitError::Conflict { .. } | CommitError::Contention(_)) => {}
                Err(error) => return Err(unavailable(error)),
            }
        }
        Err(JournalError(format!("others kept changing {instance}").into()).into())
    }
}

#[async_trait]
impl Register for MemoryJournal {
    async fn record(
        &self,
        instance: InstanceId,
        command: InstanceCommand,
        _by: &'static str,
    ) -> Result<bool, RegisterError> {
        let before = self.history(instance).len();
        self.command(instance, command)?;
        Ok(self.history(instance).len() > before)
    }
}
