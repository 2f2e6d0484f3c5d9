//! The instance that a worker is advancing, shared between the driver and the step that is under way: both append.

use crate::{
    hypervisor::TaskSink,
    journal::{AppendError, Cause, Journal, JournalError, Loaded, SideEffects},
    plan::Attempt,
};
use async_trait::async_trait;
use dbx_domain::{
    Decide, Instance,
    ids::InstanceId,
    instance::{InstanceCommand, InstanceEvent, Progress},
};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Races that noting a task may lose before it gives up: the note helps a reader, nothing depends on it.
const NOTE_RETRIES: usize = 5;

pub(crate) struct Flight {
    journal: Arc<dyn Journal>,
    id: InstanceId,
    loaded: Mutex<Loaded>,
}

impl Flight {
    pub(crate) async fn load(journal: Arc<dyn Journal>, id: InstanceId) -> Result<Self, JournalError> {
        let loaded = Mutex::new(journal.load(id).await?);
        Ok(Self { journal, id, loaded })
    }

    pub(crate) async fn reload(&self) -> Result<(), JournalError> {
        let fresh = self.journal.load(self.id).await?;
        *self.loaded.lock().await = fresh;
        Ok(())
    }

    pub(crate) async fn instance(&self) -> Instance {
        self.loaded.lock().await.instance.clone()
    }

    /// Appends `events`, after which the instance is `then`.
    pub(crate) async fn append(
        &self,
        events: &[InstanceEvent],
        effects: &SideEffects,
        then: Instance,
    ) -> Result<(), AppendError> {
        let mut loaded = self.loaded.lock().await;
        let Some(cause) = self.cause(&loaded.instance) else { return Ok(()) };
        let head = self.journal.append(cause, &loaded.head, events, effects).await?;
        *loaded = Loaded { instance: then, head };
        Ok(())
    }

    pub(crate) fn notes(self: &Arc<Self>, attempt: Attempt) -> TaskNotes {
        TaskNotes { flight: Arc::clone(self), attempt }
    }

    fn cause(&self, instance: &Instance) -> Option<Cause> {
        let (identity, run) = (instance.identity()?, instance.run()?);
        Some(Cause { instance: self.id, org: identity.org, workflow: run.workflow })
    }
}

/// Writes submitted tasks into the log while the step is under way.
pub(crate) struct TaskNotes {
    flight: Arc<Flight>,
    attempt: Attempt,
}

#[async_trait]
impl TaskSink for TaskNotes {
    async fn submitted(&self, task: &str) {
        for _ in 0..NOTE_RETRIES {
            let mut instance = self.flight.instance().await;
            let Attempt { workflow, step, attempt, .. } = self.attempt.clone();
            let progress = Progress::SubmitTask { step, attempt, task: task.to_owned() };
            let Ok(events) = Decide::decide(&instance, InstanceCommand::Advance(workflow, progress)) else {
                return;
            };
            for event in &events {
                cqrs_es::Aggregate::apply(&mut instance, event.clone());
            }
            match self.flight.append(&events, &SideEffects::default(), instance).await {
                Err(AppendError::Conflict) if self.flight.reload().await.is_ok() => {}
                Err(error) => return tracing::warn!(%error, task, "the task could not be noted"),
                Ok(()) => return,
            }
        }
    }
}
