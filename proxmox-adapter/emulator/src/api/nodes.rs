//! Nodes: list, live figures, bridges.

use std::sync::Arc;

use serde_json::{Value, json};

use super::cluster::{REPOID, VERSION};
use super::schema::{Kind, Param, opt};
use super::{ApiResult, Call, Reply};
use crate::config::NodeConfig;
use crate::engine::Engine;
use crate::model::{BRIDGE, Cluster};

pub(super) const NETWORK: &[Param] = &[opt("type", Kind::Text(32))];

/// Memory that a node's own processes take.
const HOST_MEMORY: u64 = 1 << 30;
const ROOT_DISK: u64 = 64 << 30;
const ROOT_USED: u64 = 6 << 30;

/// What a node's figures add up to.
pub(super) struct Load {
    pub(super) memory: u64,
    pub(super) cpu: f64,
}

/// A node's load: its own and that of its running containers.
pub(super) fn load(engine: &Engine, cluster: &Cluster, node: &NodeConfig) -> Load {
    let running = cluster.containers.values().filter(|c| c.node == node.name && c.is_running());
    let (mut memory, mut busy) = (HOST_MEMORY, 0.02);
    for container in running {
        let figures = engine.backend.figures(container.vmid);
        memory += figures.memory;
        busy += figures.cpus_busy;
    }
    Load { memory: memory.min(node.memory_mib << 20), cpu: busy / f64::from(node.cpus.max(1)) }
}

/// A node as `/nodes` and `/cluster/resources` list it; the figures only for who may see them.
pub(super) fn entry(engine: &Engine, cluster: &Cluster, call: &Call, node: &NodeConfig) -> Value {
    let name = &node.name;
    let online = !engine.faults.node_down(name);
    let status = if online { "online" } else { "offline" };
    let mut entry =
        json!({"type": "node", "id": format!("node/{name}"), "node": name, "level": "", "status": status});
    if online && call.who.may(cluster, &format!("/nodes/{name}"), "Sys.Audit") {
        let load = load(engine, cluster, node);
        entry["cpu"] = json!(load.cpu);
        entry["maxcpu"] = json!(node.cpus);
        entry["mem"] = json!(load.memory);
        entry["maxmem"] = json!(node.memory_mib << 20);
        entry["disk"] = json!(ROOT_USED);
        entry["maxdisk"] = json!(ROOT_DISK);
        entry["uptime"] = json!(uptime(engine));
    }
    entry
}

fn uptime(engine: &Engine) -> u64 {
    // As if the nodes had been up for an hour when the emulator started.
    3_600 + engine.started.elapsed().as_secs()
}

pub(super) fn list(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    engine.store.read(|cluster| {
        let entry = |node: &NodeConfig| {
            let mut entry = entry(engine, cluster, call, node);
            entry["ssl_fingerprint"] = json!(engine.fingerprint);
            entry
        };
        Ok(Reply::data(cluster.nodes.values().map(entry).collect::<Vec<_>>()))
    })
}

pub(super) fn status(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    engine.store.read(|cluster| {
        let Some(node) = cluster.nodes.get(&call.node().to_owned()) else { return Ok(Reply::null()) };
        let load = load(engine, cluster, node);
        let total = node.memory_mib << 20;
        let free = total.saturating_sub(load.memory);
        Ok(Reply::data(json!({
            "boot-info": {"mode": "efi", "secureboot": 0},
            "cpu": load.cpu,
            "cpuinfo": {
                "cores": node.cpus, "cpus": node.cpus, "sockets": 1, "flags": "fpu", "hvm": "1", "mhz": "2600.000",
                "model": "pve-emulator", "user_hz": 100,
            },
            "current-kernel": {
                "machine": std::env::consts::ARCH, "release": "6.17.4-1-pve", "sysname": "Linux",
                "version": "#1 SMP PREEMPT_DYNAMIC PMX 6.17.4-1",
            },
            "idle": 0,
            "ksm": {"shared": 0},
            "kversion": "Linux 6.17.4-1-pve #1 SMP PREEMPT_DYNAMIC PMX 6.17.4-1",
            "loadavg": ["0.10", "0.12", "0.09"],
            "memory": {"available": free, "free": free, "total": total, "used": load.memory},
            "pveversion": format!("pve-manager/{VERSION}/{REPOID}"),
            "rootfs": {
                "avail": ROOT_DISK - ROOT_USED, "free": ROOT_DISK - ROOT_USED, "total": ROOT_DISK, "used": ROOT_USED,
            },
            "swap": {"free": 0, "total": 0, "used": 0},
            "uptime": uptime(engine),
            "wait": 0,
        })))
    })
}

/// Bridges, for who may use them.
pub(super) fn network(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    let path = format!("/sdn/zones/localnetwork/{BRIDGE}");
    let visible = engine
        .store
        .read(|cluster| call.who.may(cluster, &path, "SDN.Use") || call.who.may(cluster, &path, "SDN.Audit"));
    let bridge = json!({
        "iface": BRIDGE, "type": "bridge", "active": 1, "autostart": 1, "bridge_ports": "", "bridge_stp": "off",
        "bridge_fd": "0", "families": ["inet"], "method": "manual", "method6": "manual", "priority": 3,
    });
    Ok(Reply::data(if visible { vec![bridge] } else { Vec::new() }))
}
