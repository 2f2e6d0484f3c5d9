//! The cluster as data: what Proxmox keeps under /etc/pve, in its storages and in its task logs.

mod access;
mod container;
mod firewall;
mod mount;
mod network;
mod options;
mod sim_data;
mod task;
mod volume;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use access::AclEntry;
pub(crate) use access::{Principal, TokenRecord};
pub(crate) use container::{Container, Running};
pub(crate) use firewall::Firewall;
pub(crate) use mount::{MountPoint, disk_size};
pub(crate) use network::{Network, fresh_mac};
pub(crate) use options::{canonical, digest, emit, emit_one};
pub(crate) use sim_data::SimData;
pub(crate) use task::{TaskRecord, Upid};
pub(crate) use volume::{Volume, VolumeKey};

use crate::config::NodeConfig;
use crate::store::Table;

/// A container's id.
pub(crate) type Vmid = u32;

/// Pool of the preset.
pub(crate) const POOL: &str = "dbxyz";
/// Storage of the preset, local to each node.
pub(crate) const STORAGE: &str = "local-zfs";
/// Bridge of the preset, on every node.
pub(crate) const BRIDGE: &str = "vmbr0";

/// A resource pool's members.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Pool {
    pub(crate) members: BTreeSet<Vmid>,
}

/// All state. Rows change through [`Table`]s only, which is how the journal sees every change.
#[derive(Debug, Default)]
pub(crate) struct Cluster {
    pub(crate) nodes: Table<String, NodeConfig>,
    pub(crate) containers: Table<Vmid, Container>,
    pub(crate) volumes: Table<VolumeKey, Volume>,
    pub(crate) tasks: Table<String, TaskRecord>,
    pub(crate) firewalls: Table<Vmid, Firewall>,
    pub(crate) pools: Table<String, Pool>,
    pub(crate) tokens: Table<String, TokenRecord>,
    pub(crate) sim: Table<VolumeKey, SimData>,
    pub(crate) counters: Table<String, u32>,
}

/// Runs one expression per table, with the table's name: the only list of tables there is.
macro_rules! each_table {
    ($cluster:expr, |$name:ident, $table:ident| $body:expr) => {{
        each_table!(@ $cluster, $name, $table, $body; nodes containers volumes tasks firewalls pools tokens sim counters);
    }};
    (@ $cluster:expr, $name:ident, $table:ident, $body:expr; $($field:ident)*) => {
        $({ let $name = stringify!($field); let $table = &mut $cluster.$field; $body })*
    };
}

impl Cluster {
    /// What changed since the last call.
    pub(crate) fn drain(&mut self) -> Vec<crate::store::Change> {
        let mut changes = Vec::new();
        each_table!(self, |name, table| {
            changes.extend(table.drain().into_iter().map(|(key, row)| crate::store::Change {
                table: name.to_owned(),
                key,
                row,
            }));
        });
        changes
    }

    /// Marks every row as changed.
    pub(crate) fn mark_all(&mut self) {
        each_table!(self, |_name, table| table.mark_all());
    }

    /// Applies one change of the journal.
    pub(crate) fn restore(&mut self, change: crate::store::Change) -> Result<(), String> {
        let crate::store::Change { table: wanted, key, row } = change;
        let mut row = Some(row);
        let mut outcome = Err(format!("unknown table {wanted:?}"));
        each_table!(self, |name, table| {
            if name == wanted
                && let Some(row) = row.take()
            {
                outcome = table.restore(&key, row);
            }
        });
        outcome
    }

    /// The container, or Proxmox's text for one that is not on this node.
    pub(crate) fn container_on(&self, node: &str, vmid: Vmid) -> Result<&Container, String> {
        let found = self.containers.get(&vmid).filter(|container| container.node == node);
        found.ok_or_else(|| missing_config(node, vmid))
    }

    /// The container, to be changed.
    pub(crate) fn container_on_mut(&mut self, node: &str, vmid: Vmid) -> Result<&mut Container, String> {
        self.container_on(node, vmid)?;
        self.containers.get_mut(&vmid).ok_or_else(|| missing_config(node, vmid))
    }

    /// The pool that holds `vmid`.
    pub(crate) fn pool_of(&self, vmid: Vmid) -> Option<&str> {
        self.pools.iter().find(|(_, pool)| pool.members.contains(&vmid)).map(|(name, _)| name.as_str())
    }

    /// The next number of a persistent counter.
    pub(crate) fn next(&mut self, counter: &str) -> u32 {
        let value = self.counters.entry(&counter.to_owned(), || 0);
        *value += 1;
        *value
    }
}

/// The text for a configuration file that is not there.
pub(crate) fn missing_config(node: &str, vmid: Vmid) -> String {
    format!("Configuration file 'nodes/{node}/lxc/{vmid}.conf' does not exist")
}
