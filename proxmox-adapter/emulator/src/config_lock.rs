//! The file lock on a container's configuration, which writers hold one at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;

use crate::model::Vmid;

/// Locks by container. They vanish with the process, as flocks do.
#[derive(Debug, Default)]
pub(crate) struct ConfigLocks {
    locks: Mutex<HashMap<Vmid, Arc<tokio::sync::Mutex<()>>>>,
}

impl ConfigLocks {
    /// Waits for the lock.
    ///
    /// # Errors
    /// Proxmox's text, if it is not free within `timeout`.
    pub(crate) async fn acquire(&self, vmid: Vmid, timeout: Duration) -> Result<OwnedMutexGuard<()>, String> {
        let lock = {
            let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(locks.entry(vmid).or_default())
        };
        let waited = tokio::time::timeout(timeout, lock.lock_owned()).await;
        waited.map_err(|_| format!("can't lock file '/run/lock/lxc/pve-config-{vmid}.lock' - got timeout"))
    }
}
