//! Containers: lists, live status, addresses.

use std::sync::Arc;

use serde_json::{Value, json};

use super::schema::{Kind, Param, req};
use super::{ApiResult, Call, Reply, resources};
use crate::clock::unix_now;
use crate::engine::Engine;
use crate::model::{Cluster, Container, Network};

pub(super) const FEATURE: &[Param] = &[req("feature", Kind::OneOf(&["snapshot", "clone", "copy"]))];

/// CPUs as Proxmox gives them: a whole number as a number, a fraction as text.
pub(super) fn whole(cpus: f64) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small positive whole number"
    )]
    if cpus.fract() == 0.0 { json!(cpus as u64) } else { json!(cpus.to_string()) }
}

/// Status and figures, as both the list and `status/current` show them.
fn figures(engine: &Engine, cluster: &Cluster, container: &Container) -> Value {
    let node_cpus = cluster.nodes.get(&container.node).map_or(1, |node| node.cpus);
    let cpus = container.cpus(node_cpus);
    let figures =
        container.running.as_ref().map(|_| engine.backend.figures(container.vmid)).unwrap_or_default();
    let root =
        container.mounts().find(|(key, _)| *key == "rootfs").map_or(0, |(_, mount)| mount.size_bytes());
    let mut entry = json!({
        "type": "lxc", "vmid": container.vmid, "name": container.hostname(), "cpus": whole(cpus),
        "cpu": figures.cpus_busy / cpus, "mem": figures.memory, "maxmem": container.number("memory", 512) << 20,
        "swap": 0, "maxswap": container.number("swap", 512) << 20, "disk": figures.disk, "maxdisk": root,
        "diskread": figures.disk_read, "diskwrite": figures.disk_written, "netin": 0, "netout": 0,
        "status": "stopped", "uptime": 0,
    });
    if let Some(running) = &container.running {
        entry["status"] = json!("running");
        entry["pid"] = json!(running.pid);
        entry["uptime"] = json!(unix_now() - running.since);
        for pressure in ["cpusome", "cpufull", "iosome", "iofull", "memorysome", "memoryfull"] {
            entry[format!("pressure{pressure}")] = json!(0);
        }
    }
    if container.is_template() {
        entry["template"] = json!(1);
    }
    for key in ["tags", "lock"] {
        if let Some(value) = container.option(key) {
            entry[key] = json!(value);
        }
    }
    entry
}

/// The node's containers that the caller may see; an empty list for who may see none.
pub(super) fn list(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    engine.store.read(|cluster| {
        let here = resources::visible(cluster, call).filter(|container| container.node == call.node());
        Ok(Reply::data(here.map(|container| figures(engine, cluster, container)).collect::<Vec<_>>()))
    })
}

pub(super) fn index(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    engine.store.read(|cluster| cluster.container_on(call.node(), call.vmid()).map(|_| ()))?;
    let parts =
        ["config", "pending", "status", "clone", "rrddata", "firewall", "resize", "interfaces", "feature"];
    Ok(Reply::data(parts.map(|part| json!({"subdir": part})).to_vec()))
}

pub(super) fn current(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    engine.store.read(|cluster| {
        let container = cluster.container_on(call.node(), call.vmid())?;
        let mut entry = figures(engine, cluster, container);
        entry["ha"] = json!({"managed": 0});
        Ok(Reply::data(entry))
    })
}

/// Linked clones need a template on ZFS, which all of the emulator's are.
pub(super) fn feature(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    engine.store.read(|cluster| {
        let container = cluster.container_on(call.node(), call.vmid())?;
        let has = call.text("feature") != Some("clone") || container.is_template();
        Ok(Reply::data(json!({"hasFeature": u8::from(has)})))
    })
}

/// Addresses of a running container; null for a stopped one.
pub(super) fn interfaces(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    engine.store.read(|cluster| {
        let container = cluster.container_on(call.node(), call.vmid())?;
        if !container.is_running() {
            return Ok(Reply::null());
        }
        let mut interfaces = vec![json!({
            "name": "lo", "hwaddr": "00:00:00:00:00:00", "hardware-address": "00:00:00:00:00:00",
            "inet": "127.0.0.1/8",
            "ip-addresses": [{"ip-address": "127.0.0.1", "ip-address-type": "inet", "prefix": "8"}],
        })];
        interfaces.extend(container.option("net0").and_then(|text| Network::parse(text).ok()).map(card));
        Ok(Reply::data(interfaces))
    })
}

fn card(network: Network) -> Value {
    let mac = network.get("hwaddr").unwrap_or_default().to_lowercase();
    let mut card = json!({
        "name": network.get("name"), "hwaddr": mac, "hardware-address": mac, "ip-addresses": [],
    });
    if let (Some(ip), Some(_)) = (network.get("ip"), network.ipv4()) {
        let (address, prefix) = ip.split_once('/').unwrap_or((ip, "32"));
        card["inet"] = json!(ip);
        card["ip-addresses"] = json!([{"ip-address": address, "ip-address-type": "inet", "prefix": prefix}]);
    }
    card
}
