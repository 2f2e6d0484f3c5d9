//! What `/cluster/resources` knows: the state of containers as of the last round of status broadcasts.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::model::{Cluster, Vmid};

/// State of one container at a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) name: String,
    pub(crate) running_since: Option<i64>,
}

/// The last round.
#[derive(Debug, Default)]
pub(crate) struct Broadcast {
    seen: Mutex<BTreeMap<Vmid, Seen>>,
}

impl Broadcast {
    /// Takes a new round.
    pub(crate) fn refresh(&self, cluster: &Cluster) {
        let see = |(vmid, container): (&Vmid, &crate::model::Container)| {
            let running_since = container.running.as_ref().map(|running| running.since);
            (*vmid, Seen { name: container.hostname(), running_since })
        };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) =
            cluster.containers.iter().map(see).collect();
    }

    /// What the last round said about a container; `None` if it is newer than the round.
    pub(crate) fn seen(&self, vmid: Vmid) -> Option<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(&vmid).cloned()
    }
}
