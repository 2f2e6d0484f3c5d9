//! A list of everything that exists, for tests that prove that nothing leaked.

use std::net::Ipv4Addr;

use serde::Serialize;

use crate::backend::RunningServer;
use crate::model::{Cluster, Network};

/// Everything the emulated cluster holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// Containers, templates among them.
    pub containers: Vec<LedgerContainer>,
    /// Volumes of all storages.
    pub volumes: Vec<LedgerVolume>,
    /// Server processes (process backend) or simulated servers that are up (sim backend).
    pub servers: Vec<LedgerServer>,
    /// Tasks that are still running.
    pub running_tasks: Vec<String>,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerContainer {
    /// Its id.
    pub vmid: u32,
    /// The node it is on.
    pub node: String,
    /// Whether it runs.
    pub running: bool,
    /// The lock it has, if any.
    pub lock: Option<String>,
    /// Host name.
    pub hostname: String,
    /// Description as stored, with Proxmox's newline at the end.
    pub description: Option<String>,
    /// Fixed IPv4 address of `net0`.
    pub ip: Option<Ipv4Addr>,
    /// Destination ports that its firewall lets in; nothing if the firewall is off and lets in everything.
    pub lets_in: Option<Vec<String>>,
    /// Whether it is a template.
    pub template: bool,
}

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerVolume {
    /// The node whose storage holds it.
    pub node: String,
    /// Volume id.
    pub volid: String,
    /// The container that its name says it belongs to.
    pub owner: u32,
    /// Size in bytes.
    pub bytes: u64,
    /// Whether a container's configuration names it; one that is not named by any leaked.
    pub referenced: bool,
}

/// A server that is up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerServer {
    /// Its container.
    pub vmid: u32,
    /// Where it listens.
    pub ip: Option<Ipv4Addr>,
    /// Process id of the server, in the process backend.
    pub pid: Option<u32>,
}

impl Ledger {
    pub(crate) fn of(cluster: &Cluster, processes: &[RunningServer]) -> Self {
        let running = cluster.tasks.iter().filter(|(_, task)| task.ended.is_none());
        Self {
            containers: containers(cluster),
            volumes: volumes(cluster),
            servers: servers(cluster, processes),
            running_tasks: running.map(|(upid, _)| upid.clone()).collect(),
        }
    }

    /// The containers that are no templates.
    pub fn guests(&self) -> impl Iterator<Item = &LedgerContainer> {
        self.containers.iter().filter(|container| !container.template)
    }

    /// Volumes of guests, or of nobody: all but the templates' own.
    pub fn guest_volumes(&self) -> impl Iterator<Item = &LedgerVolume> {
        let template = |vmid: u32| self.containers.iter().any(|c| c.vmid == vmid && c.template);
        self.volumes.iter().filter(move |volume| !template(volume.owner))
    }
}

fn containers(cluster: &Cluster) -> Vec<LedgerContainer> {
    let entry = |container: &crate::model::Container| LedgerContainer {
        vmid: container.vmid,
        node: container.node.clone(),
        running: container.is_running(),
        lock: container.option("lock").map(str::to_owned),
        hostname: container.hostname(),
        description: container.option("description").map(str::to_owned),
        ip: container.address(),
        lets_in: lets_in(cluster, container),
        template: container.is_template(),
    };
    cluster.containers.values().map(entry).collect()
}

fn lets_in(cluster: &Cluster, container: &crate::model::Container) -> Option<Vec<String>> {
    let card = Network::parse(container.option("net0")?).ok()?;
    let firewall = cluster.firewalls.get(&container.vmid)?;
    let on = card.get("firewall") == Some("1") && firewall.option("enable") == Some("1");
    (on && firewall.option("policy_in") == Some("DROP")).then(|| firewall.accepted_ports())
}

fn volumes(cluster: &Cluster) -> Vec<LedgerVolume> {
    let named: Vec<_> = cluster.containers.values().flat_map(crate::model::Container::volumes).collect();
    let entry = |(key, volume): (&crate::model::VolumeKey, &crate::model::Volume)| LedgerVolume {
        node: key.node().to_owned(),
        volid: key.volid().to_owned(),
        owner: volume.owner,
        bytes: volume.bytes,
        referenced: named.contains(key),
    };
    cluster.volumes.iter().map(entry).collect()
}

fn servers(cluster: &Cluster, processes: &[RunningServer]) -> Vec<LedgerServer> {
    let ip = |vmid: u32| cluster.containers.get(&vmid).and_then(crate::model::Container::address);
    let real = processes.iter().map(|server| (server.vmid, Some(server.pid)));
    let simulated = cluster.containers.values().filter(|container| {
        container.is_running() && container.data_volume().is_some_and(|key| cluster.sim.contains(&key))
    });
    let simulated = simulated.map(|container| (container.vmid, None));
    real.chain(simulated).map(|(vmid, pid)| LedgerServer { vmid, ip: ip(vmid), pid }).collect()
}
