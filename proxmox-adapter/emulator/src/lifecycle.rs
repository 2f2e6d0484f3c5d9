//! Starting and stopping containers, shared by the power calls, `force` deletes and the emulator's own start.

use std::sync::Arc;

use crate::backend::{BootSpec, StopMode};
use crate::clock::unix_now;
use crate::engine::Engine;
use crate::model::{BRIDGE, Cluster, Container, Network, Running, Vmid};

/// Starts a container: pending options take effect, the backend runs it, then it counts as running.
///
/// # Errors
/// The text that a start task ends with.
pub(crate) async fn start(engine: &Arc<Engine>, node: &str, vmid: Vmid) -> Result<(), String> {
    let spec = engine.store.write(|cluster| {
        let container = cluster.container_on_mut(node, vmid)?;
        container.check_lock()?;
        if container.is_template() {
            return Err("you can't start a CT if it's a template".to_owned());
        }
        container.apply_pending();
        let container = container.clone();
        startable(cluster, &container)?;
        BootSpec::of(&container)
    })?;
    engine.backend.start(&engine.store, &spec).await?;
    engine.store.write(|cluster| {
        let pid = 10_000 + cluster.next("init");
        let container = cluster.container_on_mut(node, vmid)?;
        container.running = Some(Running { since: unix_now(), pid });
        Ok(())
    })
}

/// What Proxmox finds out only when it starts a container.
fn startable(cluster: &Cluster, container: &Container) -> Result<(), String> {
    for (_, mount) in container.mounts() {
        let key = crate::model::VolumeKey::new(&container.node, &mount.volume);
        if mount.request().is_some() {
            return Err(format!("unable to parse zfs volume name '{}'", key.name()));
        }
        if !cluster.volumes.contains(&key) {
            return Err(format!("volume '{}' does not exist", mount.volume));
        }
    }
    let bridge = container.option("net0").and_then(|text| Network::parse(text).ok());
    match bridge.as_ref().and_then(|network| network.get("bridge")) {
        Some(bridge) if bridge != BRIDGE => Err(format!("bridge '{bridge}' does not exist")),
        _ => Ok(()),
    }
}

/// Stops a container. One that has gone meanwhile is stopped.
///
/// # Errors
/// The backend's text, if something would not stop.
pub(crate) async fn stop(engine: &Arc<Engine>, vmid: Vmid, mode: StopMode) -> Result<(), String> {
    engine.backend.stop(vmid, mode).await?;
    engine.store.write(|cluster| {
        if let Some(container) = cluster.containers.get_mut(&vmid) {
            container.running = None;
        }
    });
    Ok(())
}
