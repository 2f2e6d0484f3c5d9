//! A worker: claims due instances and drives them, up to a limit at once.
//!
//! Guarantees: signals shorten waiting and the scan bounds it; a drive that fails is logged and its instance is given
//! back once the log answers again, at the latest when the lease ends; stopping lets effects under way finish and begins no new ones.

use crate::{
    context::Ports,
    drive::Driver,
    failpoint::NoFailpoints,
    journal::{Claim, Claimed},
    settings::{LEASE, Settings},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet, time::Instant};

/// Least time between two looks at the queue: every append of anybody signals, most are progress that needs no worker,
/// and what becomes due at nearly the same time is claimed and loaded together. A signal that comes meanwhile is kept.
const BREATH: Duration = Duration::from_millis(2);
/// Pause after the log was not available.
const UNAVAILABLE_PAUSE: Duration = Duration::from_secs(1);

/// Advances instances until told to stop.
pub struct Engine {
    driver: Arc<Driver>,
    worker: String,
}

impl Engine {
    /// A worker named `worker`; the name is for people, exclusiveness comes from fences.
    pub fn new(ports: Arc<Ports>, settings: Arc<Settings>, worker: impl Into<String>) -> Self {
        let driver = Driver { ports, settings, failpoints: Arc::new(NoFailpoints) };
        Self::with_driver(driver, worker)
    }

    /// A worker with a driver of one's own, such as one with failpoints.
    pub fn with_driver(driver: Driver, worker: impl Into<String>) -> Self {
        Self { driver: Arc::new(driver), worker: worker.into() }
    }

    /// Works until `stop` turns true, then waits for the effects under way.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut drives = JoinSet::new();
        while !*stop.borrow() {
            for claimed in self.claim(&mut drives).await {
                drives.spawn(drive(Arc::clone(&self.driver), claimed, stop.clone()));
            }
            tokio::time::sleep(BREATH).await;
            tokio::select! {
                _ = stop.changed() => {}
                Some(_) = drives.join_next(), if !drives.is_empty() => {}
                () = self.driver.ports.journal.wait_for_work(self.driver.settings.scan_interval) => {}
            }
        }
        while drives.join_next().await.is_some() {}
    }

    async fn claim(&self, drives: &mut JoinSet<()>) -> Vec<Claimed> {
        while drives.try_join_next().is_some() {}
        let free = self.driver.settings.concurrency.saturating_sub(drives.len());
        if free == 0 {
            return Vec::new();
        }
        match self.driver.ports.journal.claim_loaded(&self.worker, free).await {
            Ok(claims) => claims,
            Err(error) => {
                tracing::warn!(%error, "cannot claim work");
                tokio::time::sleep(UNAVAILABLE_PAUSE).await;
                Vec::new()
            }
        }
    }
}

async fn drive(driver: Arc<Driver>, claimed: Claimed, stop: watch::Receiver<bool>) {
    let claim = claimed.claim.clone();
    match driver.drive_claimed(claimed, &stop).await {
        Ok(end) => tracing::debug!(instance = %claim.instance, ?end, "drive ended"),
        Err(error) => {
            tracing::warn!(instance = %claim.instance, %error, "drive broken off");
            give_back(&driver, &claim, stop).await;
        }
    }
}

/// Ends the lease of a drive that broke off, as soon as the log is there again: nothing of the drive is under way, so
/// nobody need wait for the lease to run out. It does so by itself if we are told to stop first.
async fn give_back(driver: &Driver, claim: &Claim, mut stop: watch::Receiver<bool>) {
    let over = Instant::now() + LEASE;
    while Instant::now() < over && !*stop.borrow() {
        match driver.ports.journal.release(claim).await {
            Ok(()) => return,
            Err(error) => {
                tracing::debug!(instance = %claim.instance, %error, "the lease is not given back yet")
            }
        }
        tokio::select! {
            _ = stop.changed() => {}
            () = tokio::time::sleep(UNAVAILABLE_PAUSE) => {}
        }
    }
}
