//! What systemd does inside a real container: a server that dies is started again, a few times.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Backend, BootSpec, ProcessBackend};
use crate::engine::Engine;
use crate::model::Vmid;

/// How often servers are looked at.
const PERIOD: Duration = Duration::from_millis(250);
/// Five deaths within this time, and the container is given up (systemd's `StartLimitBurst`).
const WINDOW: Duration = Duration::from_secs(10);
const BURST: usize = 5;

/// Looks after the servers of all running containers, for ever.
pub(crate) async fn supervise(engine: Arc<Engine>) {
    let Backend::Process(process) = &engine.backend else { return };
    let mut deaths: HashMap<Vmid, Vec<Instant>> = HashMap::new();
    let mut period = tokio::time::interval(PERIOD);
    loop {
        period.tick().await;
        for spec in dead(&engine, process) {
            let recent = deaths.entry(spec.vmid).or_default();
            recent.retain(|at| at.elapsed() < WINDOW);
            recent.push(Instant::now());
            if recent.len() > BURST {
                process.give_up(
                    spec.vmid,
                    "the server died too often in a row; start the container again to retry",
                );
            } else {
                restart(&engine, process, &spec).await;
            }
        }
    }
}

/// Running containers without a process, whose first boot has not failed.
fn dead(engine: &Engine, process: &ProcessBackend) -> Vec<BootSpec> {
    let running: Vec<BootSpec> = engine.store.read(|cluster| {
        let running = cluster.containers.values().filter(|container| container.is_running());
        running.filter_map(|container| BootSpec::of(container).ok()).collect()
    });
    let is_dead = |spec: &BootSpec| process.session(spec.vmid).is_none() && !process.has_failed(spec.vmid);
    running.into_iter().filter(is_dead).collect()
}

async fn restart(engine: &Engine, process: &ProcessBackend, spec: &BootSpec) {
    // Whoever holds the lock is starting or stopping it right now.
    let Ok(_guard) = engine.config_locks.acquire(spec.vmid, Duration::ZERO).await else { return };
    let still = |cluster: &crate::model::Cluster| {
        cluster.containers.get(&spec.vmid).is_some_and(crate::model::Container::is_running)
    };
    if !engine.store.read(still) {
        return;
    }
    tracing::info!(vmid = spec.vmid, "the server died; it is started again");
    if let Err(error) = process.start(spec).await {
        tracing::warn!(vmid = spec.vmid, error, "the server could not be started again");
    }
}
