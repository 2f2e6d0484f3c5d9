//! The emulator's memory: one [`Cluster`] behind a lock, every change of it in a journal before the lock is released.
//!
//! Guarantee: what an answer told a caller is still there after SIGKILL of the emulator. Power loss is not covered
//! (no fsync), as this is a test double whose servers would be gone as well.

mod journal;
mod table;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use journal::Change;
use journal::Journal;
pub(crate) use table::Table;

use crate::error::EmulatorError;
use crate::model::Cluster;

/// Cluster state with its journal.
#[derive(Debug)]
pub(crate) struct Store {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    cluster: Cluster,
    journal: Journal,
}

impl Store {
    /// Opens (or makes) the journal in `state_dir` and replays it.
    pub(crate) fn open(state_dir: &Path) -> Result<Self, EmulatorError> {
        let mut cluster = Cluster::default();
        let journal = Journal::open(&state_dir.join("journal.jsonl"), &mut cluster)?;
        Ok(Self { inner: Mutex::new(Inner { cluster, journal }) })
    }

    /// Looks at the cluster.
    pub(crate) fn read<R>(&self, look: impl FnOnce(&Cluster) -> R) -> R {
        look(&self.lock().cluster)
    }

    /// Changes the cluster; the changes are in the journal when this returns.
    pub(crate) fn write<R>(&self, change: impl FnOnce(&mut Cluster) -> R) -> R {
        let mut inner = self.lock();
        let result = change(&mut inner.cluster);
        let Inner { cluster, journal } = &mut *inner;
        if let Err(error) = journal.commit(cluster) {
            // The caller's answer stays right for this process; only a restart would not know of it.
            tracing::error!(%error, "the journal could not be written: the state will not survive a restart");
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic in a closure leaves at worst uncommitted rows, which the next commit writes.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
