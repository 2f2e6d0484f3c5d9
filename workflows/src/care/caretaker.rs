//! The caretaker: monitor, reconciler, sampler and sweeper, while this copy of the server has the duty.

use super::{duty::Duty, monitor::Monitor, reconciler::Reconciler, sampler::Sampler, sweeper};
use dbx_domain::ids::InstanceId;
use dbx_sql::Database;
use futures::FutureExt as _;
use std::{collections::BTreeSet, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, MissedTickBehavior},
};

/// Pause between two rounds of the monitor.
const ROUND: Duration = Duration::from_secs(1);
/// How often the duty is renewed or asked for; well below its lease.
const RENEW: Duration = Duration::from_secs(15);
/// Pause between two rounds of the sweeper.
const SWEEP: Duration = Duration::from_secs(5 * 60);

/// Looks after the fleet until told to stop.
pub struct Caretaker {
    /// Taken for all of them; the reconciler asks it before each change as well.
    pub duty: Duty,
    /// Watches health.
    pub monitor: Monitor,
    /// Compares record and cluster.
    pub reconciler: Reconciler,
    /// Pause between two comparisons of everything.
    pub reconcile_every: Duration,
    /// Measures.
    pub sampler: Sampler,
    /// Where what nobody can use any more is swept away.
    pub db: Database,
}

impl Caretaker {
    /// Works whenever it has the duty, until `stop` turns true; then resigns.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let Self { duty, monitor, reconciler, reconcile_every, sampler, db } = self;
        let (have, has) = watch::channel(false);
        let (suspects, suspected) = mpsc::unbounded_channel();
        let work = async {
            tokio::join!(
                keep(&duty, &have),
                watch_health(monitor, has.clone(), suspects),
                reconcile(&reconciler, has.clone(), suspected, reconcile_every),
                measure(sampler, has.clone()),
                // Boxed: the compiler cannot see that what borrows the database may move between threads.
                sweep(&db, has.clone()).boxed(),
            )
        };
        tokio::select! {
            // An error means that nobody can tell us any more: stop as well.
            _ = stop.wait_for(|stop| *stop) => {}
            _ = work => {}
        }
        duty.resign().await;
    }
}

async fn keep(duty: &Duty, have: &watch::Sender<bool>) {
    loop {
        let mine = match duty.take().await {
            Ok(mine) => mine,
            Err(error) => {
                tracing::warn!(%error, "cannot ask for the duty to look after the fleet");
                false
            }
        };
        have.send_if_modified(|has| std::mem::replace(has, mine) != mine);
        tokio::time::sleep(RENEW).await;
    }
}

async fn watch_health(
    mut monitor: Monitor,
    mut has: watch::Receiver<bool>,
    suspects: mpsc::UnboundedSender<Vec<InstanceId>>,
) {
    while has.wait_for(|has| *has).await.is_ok() {
        match monitor.round(Instant::now()).await {
            Ok(missing) if missing.is_empty() => {}
            // If nobody hears of them, the next comparison of everything finds them.
            Ok(missing) => drop(suspects.send(missing)),
            Err(error) => tracing::warn!(%error, "health could not be watched"),
        }
        tokio::time::sleep(ROUND).await;
        if !*has.borrow() {
            monitor.forget();
        }
    }
}

async fn reconcile(
    reconciler: &Reconciler,
    mut has: watch::Receiver<bool>,
    mut suspected: mpsc::UnboundedReceiver<Vec<InstanceId>>,
    every: Duration,
) {
    // Spread, so that copies and restarts do not all look at once.
    let mut due = Instant::now() + every.mul_f64(0.1 + rand::random::<f64>() / 10.0);
    while has.wait_for(|has| *has).await.is_ok() {
        tokio::select! {
            () = tokio::time::sleep_until(due) => {
                if let Err(error) = reconciler.round().await {
                    tracing::warn!(%error, "record and cluster could not be compared");
                }
                due = Instant::now() + every.mul_f64(0.9 + rand::random::<f64>() / 5.0);
            }
            Some(instances) = suspected.recv() => {
                let instances: BTreeSet<InstanceId> = instances.into_iter().collect();
                if let Err(error) = reconciler.look_at(&instances).await {
                    tracing::warn!(%error, "instances that do not answer could not be looked at");
                }
            }
        }
    }
}

async fn measure(mut sampler: Sampler, mut has: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(sampler.rules.interval);
    // A round that took long is followed by a whole pause.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while has.wait_for(|has| *has).await.is_ok() {
        ticks.tick().await;
        if let Err(error) = sampler.round().await {
            tracing::warn!(%error, "the fleet could not be measured");
        }
        if !*has.borrow() {
            sampler.forget();
        }
    }
}

async fn sweep(db: &Database, mut has: watch::Receiver<bool>) {
    while has.wait_for(|has| *has).await.is_ok() {
        sweeper::sweep(db).await;
        tokio::time::sleep(SWEEP).await;
    }
}
