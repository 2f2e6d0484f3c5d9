//! Destroying a container: volumes first, then the configuration; killed in between it leaves the lock `destroyed`.

use std::sync::Arc;

use serde_json::json;

use super::schema::{Kind, Param, opt};
use super::{ApiError, ApiResult, Call, Reply};
use crate::backend::StopMode;
use crate::engine::Engine;
use crate::faults::TaskFate;
use crate::lifecycle;
use crate::model::{Cluster, Vmid, VolumeKey};
use crate::worker::{self, Stop, Worker};

pub(super) const PARAMS: &[Param] =
    &[opt("destroy-unreferenced-disks", Kind::Flag), opt("force", Kind::Flag), opt("purge", Kind::Flag)];

#[derive(Debug, Clone)]
struct Plan {
    node: String,
    vmid: Vmid,
    force: bool,
    purge: bool,
    unreferenced: bool,
}

pub(super) fn destroy(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    let flag = |name| call.flag(name) == Some(true);
    let plan = Plan {
        node: call.node().to_owned(),
        vmid: call.vmid(),
        force: flag("force"),
        purge: flag("purge"),
        unreferenced: flag("destroy-unreferenced-disks"),
    };
    let upid = engine.store.write(|cluster| {
        check(cluster, &plan)?;
        let running = cluster.container_on(&plan.node, plan.vmid)?.is_running();
        if running && !plan.force {
            return Err(ApiError::Failed(format!(
                "unable to destroy CT {} - container is running",
                plan.vmid
            )));
        }
        Ok(cluster.begin_task(&plan.node, "vzdestroy", &plan.vmid.to_string(), &call.who.id))
    })?;
    worker::spawn(engine, upid.clone(), call.actions.task_fate(), move |worker| run(worker, plan));
    Ok(Reply::data(json!(upid)))
}

/// `pct destroy --force` by the operator, as root: no privilege and no pool stands in the way, a lock does. Its task.
pub(crate) fn by_operator(engine: &Arc<Engine>, vmid: Vmid) -> Result<String, String> {
    let (plan, upid) = engine.store.write(|cluster| {
        let node = cluster.containers.get(&vmid).map(|container| container.node.clone());
        let node = node.ok_or_else(|| format!("there is no container '{vmid}' to destroy"))?;
        let plan = Plan { node, vmid, force: true, purge: true, unreferenced: true };
        check(cluster, &plan)?;
        let upid = cluster.begin_task(&plan.node, "vzdestroy", &vmid.to_string(), "root@pam");
        Ok::<_, String>((plan, upid))
    })?;
    worker::spawn(engine, upid.clone(), TaskFate::Normal, move |worker| run(worker, plan));
    Ok(upid)
}

fn check(cluster: &Cluster, plan: &Plan) -> Result<(), String> {
    let container = cluster.container_on(&plan.node, plan.vmid)?;
    if container.flag("protection") {
        return Err(format!("can't remove CT {} - protection mode enabled", plan.vmid));
    }
    container.check_lock()?;
    let bases = cluster.volumes.iter().filter(|(_, volume)| volume.owner == plan.vmid);
    for base in bases.map(|(key, _)| key) {
        let child = |volume: &crate::model::Volume| volume.parent.as_deref() == Some(base.name());
        if cluster.volumes.iter().any(|(key, volume)| key.node() == base.node() && child(volume)) {
            return Err(format!("base volume '{}' is still in use by linked clone", base.volid()));
        }
    }
    Ok(())
}

async fn run(mut worker: Worker, plan: Plan) -> Result<(), Stop> {
    let engine = Arc::clone(&worker.engine);
    let _guard = engine.config_locks.acquire(plan.vmid, engine.timing.config_lock_timeout).await?;
    // Of two deletes at once the second finds nothing.
    let running = engine.store.read(|cluster| {
        check(cluster, &plan)?;
        Ok::<_, String>(cluster.container_on(&plan.node, plan.vmid)?.is_running())
    })?;
    if running {
        if !plan.force {
            return Err(Stop::Failed(format!("unable to destroy CT {} - container is running", plan.vmid)));
        }
        worker.log(&format!("forced to stop CT {} before destroying!", plan.vmid));
        lifecycle::stop(&engine, plan.vmid, StopMode::Kill).await?;
    }
    match worker.pace().await {
        Err(Stop::Lost) => {
            remove_volumes(&engine, &plan)?;
            mark_destroyed(&engine, &plan);
            return Err(Stop::Lost);
        }
        other => other?,
    }
    remove_volumes(&engine, &plan)?;
    if plan.purge {
        worker.log(&format!("purging CT {} from related configurations..", plan.vmid));
    }
    remove_config(&engine, &plan).map_err(Stop::Failed)
}

fn remove_volumes(engine: &Engine, plan: &Plan) -> Result<(), String> {
    engine.store.write(|cluster| {
        let named = cluster.container_on(&plan.node, plan.vmid)?.volumes();
        let doomed = |key: &VolumeKey, owner: Vmid| {
            key.node() == plan.node && owner == plan.vmid && (plan.unreferenced || named.contains(key))
        };
        let doomed: Vec<VolumeKey> = cluster
            .volumes
            .iter()
            .filter(|(key, volume)| doomed(key, volume.owner))
            .map(|(key, _)| key.clone())
            .collect();
        for key in doomed {
            engine.backend.remove_volume(&key).map_err(|error| format!("zfs error: {error}"))?;
            cluster.free_volume(&key);
        }
        Ok(())
    })
}

fn mark_destroyed(engine: &Engine, plan: &Plan) {
    engine.store.write(|cluster| {
        if let Some(container) = cluster.containers.get_mut(&plan.vmid) {
            container.config.insert("lock".to_owned(), "destroyed".to_owned());
        }
    });
}

/// Pool membership and firewall file go even without `purge`.
fn remove_config(engine: &Engine, plan: &Plan) -> Result<(), String> {
    engine.backend.remove_container(plan.vmid).map_err(|error| error.to_string())?;
    engine.store.write(|cluster| {
        for name in cluster.pools.keys() {
            if let Some(pool) = cluster.pools.get_mut(&name) {
                pool.members.remove(&plan.vmid);
            }
        }
        cluster.firewalls.remove(&plan.vmid);
        cluster.containers.remove(&plan.vmid);
    });
    Ok(())
}
