//! What an emulator does when it starts on existing state: tasks of a killed one are dead, containers that ran run again.

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::backend::BootSpec;
use crate::engine::Engine;
use crate::model::Cluster;

/// Tasks that were running when the emulator was killed: their workers are gone, the locks they took are not.
pub(crate) fn bury_lost_tasks(cluster: &mut Cluster) {
    let running = cluster.tasks.iter().filter(|(_, task)| task.ended.is_none());
    for upid in running.map(|(upid, _)| upid.clone()).collect::<Vec<_>>() {
        cluster.lose_task(&upid);
    }
}

/// Adopts servers that outlived the last emulator, starts those that should run and do not, and stops those of
/// containers that are gone.
pub(crate) async fn bring_back(engine: &Arc<Engine>) {
    let alive = engine.backend.adopt();
    let known = engine.store.read(|cluster| cluster.containers.keys());
    for vmid in alive.iter().filter(|vmid| !known.contains(vmid)) {
        tracing::warn!(vmid, "a server of a container that does not exist any more is stopped");
        let _ = engine.backend.stop(*vmid, crate::backend::StopMode::Kill).await;
    }
    mark_running(engine, &alive);
    for (vmid, spec) in should_run(engine) {
        if alive.contains(&vmid) {
            continue;
        }
        let started = match spec {
            Ok(spec) => engine.backend.start(&engine.store, &spec).await,
            Err(text) => Err(text),
        };
        if let Err(error) = started {
            tracing::warn!(vmid, error, "a container that ran could not be started again");
        }
    }
}

/// A start that the last emulator did not live to record.
fn mark_running(engine: &Engine, alive: &[u32]) {
    engine.store.write(|cluster| {
        for vmid in alive {
            let pid = 10_000 + cluster.next("init");
            if let Some(container) =
                cluster.containers.get_mut(vmid).filter(|container| container.running.is_none())
            {
                container.running = Some(crate::model::Running { since: crate::clock::unix_now(), pid });
            }
        }
    });
}

fn should_run(engine: &Engine) -> Vec<(u32, Result<BootSpec, String>)> {
    engine.store.read(|cluster| {
        let running = cluster.containers.values().filter(|container| container.is_running());
        running.map(|container| (container.vmid, BootSpec::of(container))).collect()
    })
}

/// Work that goes on beside the calls.
pub(crate) fn background(engine: &Arc<Engine>) -> Vec<JoinHandle<()>> {
    let mut work = vec![tokio::spawn(crate::backend::supervise(Arc::clone(engine)))];
    if !engine.timing.resources_interval.is_zero() {
        // The first round is now, before any call can change something.
        engine.store.read(|cluster| engine.broadcast.refresh(cluster));
        work.push(tokio::spawn(broadcast(Arc::clone(engine))));
    }
    work
}

/// Rounds of status broadcasts, which `/cluster/resources` lives on.
async fn broadcast(engine: Arc<Engine>) {
    let period = engine.timing.resources_interval;
    let mut round = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
    loop {
        round.tick().await;
        engine.store.read(|cluster| engine.broadcast.refresh(cluster));
    }
}
