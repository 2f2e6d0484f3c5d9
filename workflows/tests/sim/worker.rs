//! A worker process: claims, drives, crashes, hangs, comes back.

use crate::{
    cluster::Cluster,
    executor::Actor,
    hypervisor::SimHypervisor,
    log::{SharedLog, SimLog},
    sea::Sea,
    servers::SimServers,
    wire::Wire,
};
use dbx_workflows::{
    context::Ports,
    drive::Driver,
    failpoint::NoFailpoints,
    journal::{Claim, Journal},
    placement::picks::Picks,
    settings::Settings,
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::watch;

/// What all workers share.
#[derive(Clone)]
pub struct Surroundings {
    pub sea: Sea,
    pub log: Arc<SharedLog>,
    pub cluster: Arc<Mutex<Cluster>>,
    pub settings: Arc<Settings>,
}

/// Instances that one worker advances at once.
const CONCURRENCY: usize = 3;

/// One life of a worker process.
pub struct Worker {
    pub actor: Actor,
    stop: watch::Sender<bool>,
}

impl Worker {
    /// Begins to work as `actor`, which no other life may be.
    pub fn begin(around: &Surroundings, actor: Actor) -> Self {
        let stop = watch::Sender::new(false);
        let Surroundings { sea, log, cluster, settings } = around.clone();
        let journal = Arc::new(SimLog {
            sea: sea.clone(),
            shared: Arc::clone(&log),
            by: actor,
            picks: Picks::default(),
        });
        let ports = Ports {
            hypervisor: Arc::new(SimHypervisor(Wire::new(sea.clone(), Arc::clone(&cluster), actor))),
            database: Arc::new(SimServers { sea: sea.clone(), cluster, by: actor }),
            journal: Arc::clone(&journal) as _,
        };
        let driver = Driver { ports: Arc::new(ports), settings, failpoints: Arc::new(NoFailpoints) };
        let life = Life { sea: sea.clone(), log, journal, driver: Arc::new(driver), actor };
        sea.note_of(actor, || "begins".to_owned());
        let stopped = stop.subscribe();
        sea.executor().spawn(actor, life.live(stopped));
        Self { actor, stop }
    }

    /// Asks it to end at its next boundary, as a rolling restart does.
    pub fn stop(&self) {
        let _ = self.stop.send(true);
    }

    /// Whether it drives anything; one of its tasks is the loop.
    pub fn is_busy(&self, sea: &Sea) -> bool {
        sea.executor().tasks_of(self.actor) > 1
    }
}

struct Life {
    sea: Sea,
    log: Arc<SharedLog>,
    journal: Arc<SimLog>,
    driver: Arc<Driver>,
    actor: Actor,
}

impl Life {
    async fn live(self, stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let free = (CONCURRENCY + 1).saturating_sub(self.sea.executor().tasks_of(self.actor));
            match self.journal.claim("sim", free).await {
                Ok(claims) => claims.into_iter().for_each(|claim| self.drive(claim, stop.clone())),
                Err(_) => self.sea.executor().sleep(1_000).await,
            }
            self.sea.executor().sleep(self.pause()).await;
        }
    }

    fn drive(&self, claim: Claim, stop: watch::Receiver<bool>) {
        let (driver, sea, actor) = (Arc::clone(&self.driver), self.sea.clone(), self.actor);
        sea.note_of(actor, || format!("claims {} with fence {}", claim.instance, claim.fence));
        self.sea.executor().spawn(actor, async move {
            let ended = driver.drive(&claim, &stop).await;
            sea.note_of(actor, || format!("leaves {}: {ended:?}", claim.instance));
        });
    }

    /// Stands for a scan every 200 ms: sleeps until one of them would find something.
    fn pause(&self) -> u64 {
        let at_once = self.sea.dice().within(1..=200);
        let now = self.log.now();
        let next = self.log.journal().next_due().map(|due| due.since(now));
        let until = next.unwrap_or(SLOWEST_SCAN).min(SLOWEST_SCAN);
        at_once + u64::try_from(until.as_millis()).unwrap_or(0)
    }
}

/// Commands come in between, so no worker sleeps longer than this.
const SLOWEST_SCAN: Duration = Duration::from_secs(2);
