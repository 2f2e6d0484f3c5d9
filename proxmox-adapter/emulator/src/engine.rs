//! The parts that every call works with, tied together.

use std::time::{Duration, Instant};

use crate::backend::Backend;
use crate::broadcast::Broadcast;
use crate::config::Timing;
use crate::config_lock::ConfigLocks;
use crate::faults::{Fault, FaultAction, Faults};
use crate::ledger::Ledger;
use crate::model::Vmid;
use crate::store::Store;
use crate::worker::Workers;

/// One emulated cluster.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) store: Store,
    pub(crate) backend: Backend,
    pub(crate) faults: Faults,
    pub(crate) timing: Timing,
    pub(crate) task_duration: Duration,
    pub(crate) config_locks: ConfigLocks,
    pub(crate) workers: Workers,
    pub(crate) broadcast: Broadcast,
    pub(crate) started: Instant,
    /// SHA-256 of the leaf certificate, as `/nodes` shows it.
    pub(crate) fingerprint: String,
}

impl Engine {
    /// Adds a fault, and sets the lock at once where the fault is one.
    pub(crate) fn script(&self, fault: Fault) {
        if let FaultAction::Lock { vmid, name } = &fault.action {
            self.store.write(|cluster| {
                if let Some(container) = cluster.containers.get_mut(vmid) {
                    container.config.insert("lock".to_owned(), name.clone());
                }
            });
        }
        self.faults.add(fault);
    }

    /// `pct unlock` by the operator. `false` if there is no such container.
    pub(crate) fn unlock(&self, vmid: Vmid) -> bool {
        self.store.write(|cluster| {
            let container = cluster.containers.get_mut(&vmid);
            container.map(|container| container.config.remove("lock")).is_some()
        })
    }

    pub(crate) fn ledger(&self) -> Ledger {
        let servers = self.backend.servers();
        self.store.read(|cluster| Ledger::of(cluster, &servers))
    }
}
