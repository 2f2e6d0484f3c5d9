//! The caretaker: monitor and reconciler, while this copy of the server has the duty.

use super::{duty::Duty, monitor::Monitor, reconciler::Reconciler};
use dbx_domain::ids::InstanceId;
use std::{collections::BTreeSet, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

/// Pause between two rounds of the monitor.
const ROUND: Duration = Duration::from_secs(1);
/// How often the duty is renewed or asked for; well below its lease.
const RENEW: Duration = Duration::from_secs(15);

/// Looks after the fleet until told to stop.
pub struct Caretaker {
    /// Taken for both; the reconciler asks it before each change as well.
    pub duty: Duty,
    /// Watches health.
    pub monitor: Monitor,
    /// Compares record and cluster.
    pub reconciler: Reconciler,
    /// Pause between two comparisons of everything.
    pub reconcile_every: Duration,
}

impl Caretaker {
    /// Works whenever it has the duty, until `stop` turns true; then resigns.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let Self { duty, monitor, reconciler, reconcile_every } = self;
        let (have, has) = watch::channel(false);
        let (suspects, suspected) = mpsc::unbounded_channel();
        let work = async {
            tokio::join!(
                keep(&duty, &have),
                watch_health(monitor, has.clone(), suspects),
                reconcile(&reconciler, has.clone(), suspected, reconcile_every),
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
