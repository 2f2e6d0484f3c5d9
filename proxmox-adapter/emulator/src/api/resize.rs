//! Growing a volume.

use std::sync::Arc;

use serde_json::json;

use super::config_put::check_digest;
use super::schema::{Kind, Param, opt, req, resize_size};
use super::{ApiError, ApiResult, Call, Reply};
use crate::engine::Engine;
use crate::model::{Cluster, MountPoint, Vmid, VolumeKey, disk_size};
use crate::worker::{self, Stop, Worker};

pub(super) const PARAMS: &[Param] =
    &[opt("digest", Kind::Text(40)), req("disk", Kind::Text(8)), req("size", Kind::Format(resize_size))];

pub(super) fn resize(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    let (node, vmid) = (call.node().to_owned(), call.vmid());
    let disk = call.text("disk").unwrap_or_default().to_owned();
    let (upid, bytes) = engine.store.write(|cluster| {
        let path = format!("/vms/{vmid}");
        if !call.who.may(cluster, &path, "VM.Config.Options") {
            return Err(ApiError::denied(&path, "VM.Config.Options"));
        }
        let bytes = target(cluster, call, &disk)?;
        Ok((cluster.begin_task(&node, "resize", &vmid.to_string(), &call.who.id), bytes))
    })?;
    worker::spawn(engine, upid.clone(), call.actions.task_fate(), move |worker| {
        run(worker, node, vmid, disk, bytes)
    });
    Ok(Reply::data(json!(upid)))
}

/// The new size, checked against the present one.
fn target(cluster: &Cluster, call: &Call, disk: &str) -> Result<u64, ApiError> {
    let container = cluster.container_on(call.node(), call.vmid())?;
    container.check_lock()?;
    check_digest(call, container)?;
    let mount = container.mounts().find(|(key, _)| *key == disk).map(|(_, mount)| mount);
    let mount = mount.ok_or_else(|| "No volume specified".to_owned())?;
    let path = format!("/storage/{}", mount.storage());
    if !call.who.may(cluster, &path, "Datastore.AllocateSpace") {
        return Err(ApiError::denied(&path, "Datastore.AllocateSpace"));
    }
    let (text, present) = (call.text("size").unwrap_or_default(), mount.size_bytes());
    let bytes = match text.strip_prefix('+') {
        Some(more) => present + disk_size(more).unwrap_or(0),
        None => disk_size(text).unwrap_or(0),
    };
    if bytes < present {
        return Err(ApiError::Failed("unable to shrink disk size".to_owned()));
    }
    if bytes == present {
        return Err(ApiError::Failed("disk is already at specified size".to_owned()));
    }
    Ok(bytes)
}

async fn run(mut worker: Worker, node: String, vmid: Vmid, disk: String, bytes: u64) -> Result<(), Stop> {
    let engine = Arc::clone(&worker.engine);
    let _guard = engine.config_locks.acquire(vmid, engine.timing.config_lock_timeout).await?;
    worker.pace().await?;
    engine.store.write(|cluster| {
        let container = cluster.container_on_mut(&node, vmid)?;
        let text = container.config.get(&disk).cloned().unwrap_or_default();
        let mount = MountPoint::parse(&text).map_err(|(_, text)| text)?.with_size(bytes);
        container.config.insert(disk, mount.text());
        if let Some(volume) = cluster.volumes.get_mut(&VolumeKey::new(&node, &mount.volume)) {
            volume.bytes = bytes;
        }
        Ok(())
    })
}
