//! `/cluster/resources`: everything at a glance, containers as of the last status broadcast.

use std::sync::Arc;

use serde_json::{Value, json};

use super::schema::{Kind, Param, opt};
use super::{ApiResult, Call, Reply, nodes};
use crate::broadcast::Seen;
use crate::clock::unix_now;
use crate::engine::Engine;
use crate::model::{Cluster, Container, STORAGE};

pub(super) const PARAMS: &[Param] = &[opt("type", Kind::OneOf(&["vm", "storage", "node", "sdn"]))];

pub(super) fn list(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    let wanted = |kind: &str| call.text("type").is_none_or(|only| only == kind);
    engine.store.read(|cluster| {
        if engine.timing.resources_interval.is_zero() {
            engine.broadcast.refresh(cluster);
        }
        let mut items = Vec::new();
        if call.text("type").is_none() {
            items.extend(pools(cluster, call));
        }
        if wanted("vm") {
            items.extend(visible(cluster, call).map(|container| guest(engine, cluster, container)));
        }
        if wanted("node") {
            items.extend(cluster.nodes.values().map(|node| {
                let mut entry = nodes::entry(engine, cluster, call, node);
                entry["cgroup-mode"] = json!(2);
                entry
            }));
        }
        if wanted("storage") {
            items.extend(storages(engine, cluster, call));
        }
        Ok(Reply::data(items))
    })
}

/// The containers that the caller may see.
pub(super) fn visible<'a>(cluster: &'a Cluster, call: &'a Call) -> impl Iterator<Item = &'a Container> {
    let may = |container: &&Container| call.who.may(cluster, &format!("/vms/{}", container.vmid), "VM.Audit");
    cluster.containers.values().filter(may)
}

fn pools(cluster: &Cluster, call: &Call) -> Vec<Value> {
    let entry = |pool: String| json!({"type": "pool", "id": format!("/pool/{pool}"), "pool": pool});
    let mut pools = cluster.pools.keys();
    pools.retain(|pool| call.who.may(cluster, &format!("/pool/{pool}"), "Pool.Audit"));
    pools.into_iter().map(entry).collect()
}

/// A container as the lists of the cluster show it.
pub(super) fn guest(engine: &Engine, cluster: &Cluster, container: &Container) -> Value {
    let vmid = container.vmid;
    let mut entry = json!({
        "type": "lxc", "id": format!("lxc/{vmid}"), "vmid": vmid, "node": container.node,
        "template": u8::from(container.is_template()),
    });
    for (key, value) in [
        ("pool", cluster.pool_of(vmid)),
        ("tags", container.option("tags")),
        ("lock", container.option("lock")),
    ] {
        if let Some(value) = value {
            entry[key] = json!(value);
        }
    }
    let seen = engine.broadcast.seen(vmid).filter(|_| !engine.faults.node_down(&container.node));
    match seen {
        Some(seen) => figures(engine, cluster, container, &seen, &mut entry),
        None => entry["status"] = json!("unknown"),
    }
    entry
}

fn figures(engine: &Engine, cluster: &Cluster, container: &Container, seen: &Seen, entry: &mut Value) {
    let node_cpus = cluster.nodes.get(&container.node).map_or(1, |node| node.cpus);
    let cpus = container.cpus(node_cpus);
    let running = seen.running_since;
    let figures = running.map(|_| engine.backend.figures(container.vmid)).unwrap_or_default();
    let root =
        container.mounts().find(|(key, _)| *key == "rootfs").map_or(0, |(_, mount)| mount.size_bytes());
    entry["name"] = json!(seen.name);
    entry["status"] = json!(if running.is_some() { "running" } else { "stopped" });
    entry["uptime"] = json!(running.map_or(0, |since| unix_now() - since));
    entry["cpu"] = json!(figures.cpus_busy / cpus);
    entry["maxcpu"] = super::lxc::whole(cpus);
    entry["mem"] = json!(figures.memory);
    entry["memhost"] = json!(0);
    entry["maxmem"] = json!(container.number("memory", 512) << 20);
    entry["disk"] = json!(figures.disk);
    entry["maxdisk"] = json!(root);
    entry["diskread"] = json!(figures.disk_read);
    entry["diskwrite"] = json!(figures.disk_written);
    entry["netin"] = json!(0);
    entry["netout"] = json!(0);
}

fn storages(engine: &Engine, cluster: &Cluster, call: &Call) -> Vec<Value> {
    let granted = call.who.privileges(cluster, &format!("/storage/{STORAGE}"));
    if !granted.contains("Datastore.Audit") && !granted.contains("Datastore.AllocateSpace") {
        return Vec::new();
    }
    let entry = |node: &crate::config::NodeConfig| {
        let name = &node.name;
        let volumes = cluster.volumes.iter().filter(|(key, _)| key.node() == name);
        let used: u64 = volumes.map(|(key, _)| engine.backend.used(key)).sum();
        let status = if engine.faults.node_down(name) { "unknown" } else { "available" };
        json!({
            "type": "storage", "id": format!("storage/{name}/{STORAGE}"), "storage": STORAGE, "node": name,
            "plugintype": "zfspool", "content": "images,rootdir", "shared": 0, "status": status,
            "disk": used + (1 << 30), "maxdisk": node.storage_gib << 30,
        })
    };
    cluster.nodes.values().map(entry).collect()
}
