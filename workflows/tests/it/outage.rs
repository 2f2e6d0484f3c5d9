//! A log that goes away in the middle of a drive and comes back.

use crate::{
    script::Script,
    world::{Made, World},
};
use async_trait::async_trait;
use dbx_domain::{
    Secret,
    ids::{InstanceId, SecretId},
    instance::{InstanceEvent, Lifecycle},
    time::Timestamp,
};
use dbx_workflows::{
    context::Ports,
    drive::Driver,
    engine::Engine,
    journal::{AppendError, Cause, Claim, Head, Journal, JournalError, Loaded, SideEffects},
    placement::Occupancy,
    settings::LEASE,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

/// Fails so many calls once an instance was claimed.
struct Outage {
    journal: Arc<dyn Journal>,
    left: AtomicU32,
}

impl Outage {
    fn strike(&self) -> Result<(), JournalError> {
        let fails = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        match fails {
            Ok(_) => Err(JournalError("the database is restarting".into())),
            Err(_) => Ok(()),
        }
    }
}

#[async_trait]
impl Journal for Outage {
    async fn now(&self) -> Result<Timestamp, JournalError> {
        self.strike()?;
        self.journal.now().await
    }

    async fn claim(&self, worker: &str, limit: usize) -> Result<Vec<Claim>, JournalError> {
        self.journal.claim(worker, limit).await
    }

    async fn renew(&self, claim: &Claim) -> Result<bool, JournalError> {
        self.strike()?;
        self.journal.renew(claim).await
    }

    async fn release(&self, claim: &Claim) -> Result<(), JournalError> {
        self.strike()?;
        self.journal.release(claim).await
    }

    async fn load(&self, instance: InstanceId) -> Result<Loaded, JournalError> {
        self.journal.load(instance).await
    }

    async fn append(
        &self,
        cause: Cause,
        head: &Head,
        events: &[InstanceEvent],
        effects: &SideEffects,
    ) -> Result<Head, AppendError> {
        self.strike()?;
        self.journal.append(cause, head, events, effects).await
    }

    async fn occupancy(&self) -> Result<Occupancy, JournalError> {
        self.journal.occupancy().await
    }

    async fn open_secret(&self, id: SecretId, version: u32) -> Result<Secret, JournalError> {
        self.journal.open_secret(id, version).await
    }

    async fn wait_for_work(&self, at_most: Duration) {
        tokio::time::sleep(at_most).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_outage_costs_less_than_a_lease() {
    let world = World::new(Made::OfNothing).await;
    world.order().await;
    let Driver { ports, settings, failpoints } = world.driver(Arc::new(Script::nothing()));
    let journal = Arc::new(Outage { journal: Arc::clone(&ports.journal), left: AtomicU32::new(3) });
    let ports =
        Ports { hypervisor: Arc::clone(&ports.hypervisor), database: Arc::clone(&ports.database), journal };
    let engine = Engine::with_driver(Driver { ports: Arc::new(ports), settings, failpoints }, "test");
    let (stop, stopped) = watch::channel(false);
    let working = tokio::spawn(async move { engine.run(stopped).await });
    for _ in 0..LEASE.as_secs() / 2 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        world.log.advance(Duration::from_secs(1)).await;
    }
    assert_eq!(world.lifecycle().await, Lifecycle::Running);
    stop.send_replace(true);
    working.await.unwrap();
}
