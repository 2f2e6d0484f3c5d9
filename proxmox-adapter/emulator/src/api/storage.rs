//! Storages: `local-zfs` for containers, `local` for files.

use std::sync::Arc;

use serde_json::{Value, json};

use super::schema::{Kind, Param, opt};
use super::{ApiResult, Call, Reply};
use crate::engine::Engine;
use crate::model::{Cluster, STORAGE, Vmid, Volume, VolumeKey};

pub(super) const LIST: &[Param] = &[
    opt("content", Kind::Text(256)),
    opt("enabled", Kind::Flag),
    opt("format", Kind::Flag),
    opt("storage", Kind::Text(64)),
    opt("target", Kind::Text(64)),
];
pub(super) const CONTENT: &[Param] =
    &[opt("content", Kind::Text(64)), opt("vmid", Kind::Format(super::schema::vmid_format))];

/// Space that the pool itself takes.
const POOL_OVERHEAD: u64 = 1 << 30;
const FILES_TOTAL: u64 = 64 << 30;
const FILES_USED: u64 = 6 << 30;

/// The storages of every node, with plugin type and content types.
const STORAGES: [(&str, &str, &str); 2] =
    [(STORAGE, "zfspool", "images,rootdir"), ("local", "dir", "backup,iso,vztmpl")];

/// Total and used bytes of a node's storage.
fn space(engine: &Engine, cluster: &Cluster, node: &str, storage: &str) -> (u64, u64) {
    if storage != STORAGE {
        return (FILES_TOTAL, FILES_USED);
    }
    let total = cluster.nodes.get(&node.to_owned()).map_or(0, |node| node.storage_gib << 30);
    let volumes = cluster.volumes.iter().filter(|(key, _)| key.node() == node && key.storage() == storage);
    let used: u64 = volumes.map(|(key, _)| engine.backend.used(key)).sum();
    (total, (POOL_OVERHEAD + used).min(total))
}

fn figures(engine: &Engine, cluster: &Cluster, node: &str, storage: (&str, &str, &str)) -> Value {
    let (total, used) = space(engine, cluster, node, storage.0);
    json!({
        "type": storage.1, "content": storage.2, "active": 1, "enabled": 1, "shared": 0,
        "total": total, "used": used, "avail": total - used,
    })
}

fn visible(cluster: &Cluster, call: &Call, storage: &str) -> bool {
    let granted = call.who.privileges(cluster, &format!("/storage/{storage}"));
    granted.contains("Datastore.Audit") || granted.contains("Datastore.AllocateSpace")
}

pub(super) fn list(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    engine.store.read(|cluster| {
        let wanted = |storage: &(&str, &str, &str)| {
            visible(cluster, call, storage.0)
                && call.text("storage").is_none_or(|name| name == storage.0)
                && call.text("content").is_none_or(|kind| storage.2.split(',').any(|content| content == kind))
        };
        let entry = |storage: (&str, &str, &str)| {
            let mut entry = figures(engine, cluster, call.node(), storage);
            #[expect(clippy::cast_precision_loss, reason = "a fraction for people to read")]
            let fraction = |part: &Value, whole: &Value| {
                part.as_u64().unwrap_or(0) as f64 / whole.as_u64().unwrap_or(1).max(1) as f64
            };
            entry["used_fraction"] = json!(fraction(&entry["used"], &entry["total"]));
            entry["storage"] = json!(storage.0);
            entry
        };
        Ok(Reply::data(STORAGES.into_iter().filter(wanted).map(entry).collect::<Vec<_>>()))
    })
}

fn known(call: &Call) -> Result<(&'static str, &'static str, &'static str), String> {
    let name = call.var("storage").unwrap_or_default();
    let found = STORAGES.into_iter().find(|storage| storage.0 == name);
    found.ok_or_else(|| format!("storage '{name}' does not exist"))
}

pub(super) fn status(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    let storage = known(call)?;
    engine.store.read(|cluster| Ok(Reply::data(figures(engine, cluster, call.node(), storage))))
}

pub(super) fn content(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    let storage = known(call)?;
    let vmid: Option<Vmid> = call.text("vmid").and_then(|text| text.parse().ok());
    let wanted = |(key, volume): &(&VolumeKey, &Volume)| {
        key.node() == call.node()
            && key.storage() == storage.0
            && vmid.is_none_or(|vmid| volume.owner == vmid)
            && call.text("content").is_none_or(|kind| kind == "rootdir")
    };
    engine.store.read(|cluster| {
        // Base and clone share a name space; a volume is listed for who may audit the storage and its owner.
        let entry = |(key, volume): (&VolumeKey, &Volume)| {
            json!({
                "volid": key.volid(), "content": "rootdir", "format": "subvol", "size": volume.bytes,
                "used": engine.backend.used(key), "ctime": volume.created, "vmid": volume.owner, "parent": volume.parent,
            })
        };
        Ok(Reply::data(cluster.volumes.iter().filter(wanted).map(entry).collect::<Vec<_>>()))
    })
}

/// Whether a storage may hold containers.
///
/// # Errors
/// Proxmox's text.
pub(super) fn check_rootdir(storage: &str) -> Result<(), String> {
    match STORAGES.into_iter().find(|known| known.0 == storage) {
        None => Err(format!("storage '{storage}' does not exist")),
        Some((_, _, content)) if content.split(',').any(|kind| kind == "rootdir") => Ok(()),
        Some(_) => Err(format!("storage '{storage}' does not allow content type 'rootdir' (Container)")),
    }
}

/// The text of a pool that has no room.
pub(super) fn full(name: &str) -> String {
    format!("zfs error: cannot create 'rpool/data/{name}': out of space")
}
