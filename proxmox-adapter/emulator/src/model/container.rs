//! One container: its configuration in force, what waits for the next start, and whether it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::{MountPoint, Network, Vmid, VolumeKey};

/// Set while a container runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Running {
    /// When it started, in Unix seconds.
    pub(crate) since: i64,
    /// The emulated PID of its init.
    pub(crate) pid: u32,
}

/// A container as the cluster file system and the node know it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Container {
    pub(crate) vmid: Vmid,
    pub(crate) node: String,
    /// Options in force, in their stored form.
    pub(crate) config: BTreeMap<String, String>,
    /// Options that wait for the next start.
    #[serde(default)]
    pub(crate) pending: BTreeMap<String, String>,
    /// Options that the next start removes.
    #[serde(default)]
    pub(crate) pending_delete: BTreeSet<String>,
    #[serde(default)]
    pub(crate) running: Option<Running>,
}

impl Container {
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.config.get(name).map(String::as_str)
    }

    pub(crate) fn number(&self, name: &str, default: u64) -> u64 {
        self.option(name).and_then(|value| value.parse().ok()).unwrap_or(default)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.option(name) == Some("1")
    }

    pub(crate) fn is_template(&self) -> bool {
        self.flag("template")
    }

    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Proxmox's refusal while a lock is set.
    pub(crate) fn check_lock(&self) -> Result<(), String> {
        match self.option("lock") {
            Some(lock) => Err(format!("CT is locked ({lock})")),
            None => Ok(()),
        }
    }

    pub(crate) fn hostname(&self) -> String {
        self.option("hostname").map_or_else(|| format!("CT{}", self.vmid), str::to_owned)
    }

    /// CPUs that the figures are a fraction of: `cpulimit` or `cores`, else the node's.
    pub(crate) fn cpus(&self, node_cpus: u32) -> f64 {
        let limit = self.option("cpulimit").and_then(|v| v.parse::<f64>().ok()).filter(|limit| *limit > 0.0);
        let cores = self.option("cores").and_then(|v| v.parse::<f64>().ok());
        limit.or(cores).unwrap_or_else(|| f64::from(node_cpus))
    }

    /// The address in `net0`, if it is a fixed IPv4 one.
    pub(crate) fn address(&self) -> Option<Ipv4Addr> {
        let network = Network::parse(self.option("net0")?).ok()?;
        network.ipv4()
    }

    /// Mount points (`rootfs`, `mp0`, …) by option name.
    pub(crate) fn mounts(&self) -> impl Iterator<Item = (&str, MountPoint)> {
        self.config
            .iter()
            .filter(|(key, _)| key.as_str() == "rootfs" || is_indexed(key, "mp"))
            .filter_map(|(key, value)| MountPoint::parse(value).ok().map(|mount| (key.as_str(), mount)))
    }

    /// Every volume that the configuration names, the parked `unusedN` ones too.
    pub(crate) fn volumes(&self) -> Vec<VolumeKey> {
        let unused = self.config.iter().filter(|(key, _)| is_indexed(key, "unused")).map(|(_, v)| v.clone());
        let mounted = self.mounts().map(|(_, mount)| mount.volume);
        mounted.chain(unused).map(|volid| VolumeKey::new(&self.node, &volid)).collect()
    }

    /// The volume that the database lives on: the one at /var/lib/postgresql, else the root file system's.
    pub(crate) fn data_volume(&self) -> Option<VolumeKey> {
        let data = self.mounts().find(|(_, mount)| mount.path() == Some("/var/lib/postgresql"));
        let mount = data.or_else(|| self.mounts().find(|(key, _)| *key == "rootfs"))?.1;
        Some(VolumeKey::new(&self.node, &mount.volume))
    }

    /// Parks a volume as the first free `unusedN`.
    pub(crate) fn park(&mut self, volid: &str) {
        let free = (0_u32..).map(|n| format!("unused{n}")).find(|key| !self.config.contains_key(key));
        if let Some(key) = free {
            self.config.insert(key, volid.to_owned());
        }
    }

    /// Makes pending changes effective, as a start does.
    pub(crate) fn apply_pending(&mut self) {
        for key in std::mem::take(&mut self.pending_delete) {
            self.config.remove(&key);
        }
        self.config.extend(std::mem::take(&mut self.pending));
    }
}

/// Whether `key` is `prefix` followed by a number.
pub(crate) fn is_indexed(key: &str, prefix: &str) -> bool {
    key.strip_prefix(prefix).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}
