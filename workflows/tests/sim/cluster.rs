//! A Proxmox cluster as far as it can hurt us: guests, volumes, locks, tasks, nodes. Time passes only by its callers.
//!
//! Guarantee: whatever must never happen to a cluster is noticed in the call that does it and noted as a violation: an
//! effect on somebody else's container, a second container of an instance, a second volume, a number or an address
//! used twice.

mod calls;
mod nodes;
mod refusal;
mod servers;
mod tasks;

use crate::{dice::Dice, executor::Actor, sea::Sea};
pub use calls::Change;
use dbx_domain::ids::{Ctid, InstanceId};
use dbx_workflows::{
    credential::Verifier,
    hypervisor::{Container, Power, TenantEnv},
};
pub use refusal::Refusal;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};
pub use tasks::{TaskEnd, TaskId, TaskKind};

/// Why a container is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    Create,
    Destroyed,
}

impl Lock {
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Destroyed => "destroyed",
        }
    }
}

/// A container. Also what a look at its configuration shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Guest {
    pub node: String,
    /// Whose marker its description carries; none for somebody else's.
    pub owner: Option<InstanceId>,
    pub lock: Option<Lock>,
    pub running: bool,
    pub address: Option<Ipv4Addr>,
    pub volume_gib: Option<u32>,
    /// Volumes that a repeated request left behind.
    pub parked: u32,
    pub env: Option<TenantEnv>,
    pub tenant: Option<Verifier>,
    /// How often its server came up or went down: a session ends with that.
    pub boots: u64,
    /// Which change of the tenant's password was the last.
    pub stamp: u64,
    /// When its server answers, if it runs.
    pub answers_at: u64,
    /// Changes with each change of the configuration.
    pub digest: u64,
    /// Whether it was made, started or stopped by a call that was done after its caller had given it up.
    pub late: bool,
}

#[derive(Clone, Debug)]
pub struct NodeState {
    pub name: String,
    pub reachable: bool,
    /// The clone that locks the template.
    pub template_lock: Option<TaskId>,
}

pub struct Cluster {
    sea: Sea,
    nodes: Vec<NodeState>,
    pub guests: BTreeMap<Ctid, Guest>,
    tasks: BTreeMap<TaskId, tasks::Task>,
    /// What the cluster's summary says, as of up to ten seconds ago.
    listing: (u64, Vec<Container>),
    /// Whoever's container a number ever was.
    numbers: BTreeMap<Ctid, InstanceId>,
    /// Foreign containers as they were planted.
    foreign: BTreeMap<Ctid, Guest>,
    /// Root volumes whose container was killed while it was made.
    pub orphans: BTreeSet<Ctid>,
    next_task: TaskId,
    /// Tasks whose ends nobody has scheduled yet, and how long they take.
    begun: Vec<(TaskId, u64)>,
    /// When a change of a container was last sent.
    asked: BTreeMap<Ctid, u64>,
    changes: u64,
}

/// Who asks, until when the answer is waited for, and how often the clock had jumped ahead by then: a jump ends every
/// lease at once, also that of a worker whose call is on its way.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub by: Actor,
    pub until: u64,
    pub jumps: usize,
}

/// The summary is this old at most, in milliseconds.
const LISTING_AGE: u64 = 10_000;

/// No change arrives later than this after it was sent, in milliseconds.
pub const LATEST: u64 = 200_000;

impl Cluster {
    pub fn new(sea: Sea, nodes: u64) -> Self {
        let node = |number| NodeState { name: format!("pve{number}"), reachable: true, template_lock: None };
        Self {
            sea,
            nodes: (1..=nodes).map(node).collect(),
            guests: BTreeMap::new(),
            tasks: BTreeMap::new(),
            listing: (0, Vec::new()),
            numbers: BTreeMap::new(),
            foreign: BTreeMap::new(),
            orphans: BTreeSet::new(),
            next_task: 0,
            begun: Vec::new(),
            asked: BTreeMap::new(),
            changes: 0,
        }
    }

    fn dice(&self) -> &Dice {
        self.sea.dice()
    }

    fn node(&mut self, name: &str) -> Option<&mut NodeState> {
        self.nodes.iter_mut().find(|node| node.name == name)
    }

    pub fn node_states(&self) -> &[NodeState] {
        &self.nodes
    }

    /// Tasks that began since the last time, and after how many milliseconds each ends.
    pub fn begun(&mut self) -> Vec<(TaskId, u64)> {
        std::mem::take(&mut self.begun)
    }

    fn changed(&mut self, ctid: Ctid) {
        self.changes += 1;
        if let Some(guest) = self.guests.get_mut(&ctid) {
            guest.digest = self.changes;
        }
    }

    /// A change of that container is on its way.
    pub fn asked_about(&mut self, ctid: Ctid) {
        self.asked.insert(ctid, self.sea.now());
    }

    /// Somebody else makes a container of that number, unless a change of ours that was given up may still arrive for
    /// it: Proxmox knows no condition on a destroy, so who takes a number of our range within those minutes is lost.
    pub fn intrude(&mut self, ctid: Ctid) {
        let may_arrive = self.asked.get(&ctid).is_some_and(|at| self.sea.now() < at + LATEST);
        if self.guests.contains_key(&ctid) || may_arrive {
            return;
        }
        let node = self.nodes[0].name.clone();
        let guest = Guest { running: true, ..Guest::bare(node, None) };
        self.sea.note(|| format!("somebody makes container {ctid}"));
        self.guests.insert(ctid, guest.clone());
        self.foreign.insert(ctid, guest);
    }

    /// Everything that must hold at any time.
    pub fn check(&self) {
        for (ctid, planted) in &self.foreign {
            if self.guests.get(ctid) != Some(planted) {
                self.sea.violate(format!("container {ctid} is somebody else's and was changed"));
            }
        }
    }

    /// The containers that carry `owner`'s marker.
    pub fn of(&self, owner: InstanceId) -> Vec<(Ctid, &Guest)> {
        self.guests
            .iter()
            .filter(|(_, guest)| guest.owner == Some(owner))
            .map(|(ctid, guest)| (*ctid, guest))
            .collect()
    }

    fn shown(ctid: Ctid, guest: &Guest) -> Container {
        Container {
            ctid,
            node: guest.node.clone(),
            owner: guest.owner,
            power: if guest.running { Power::Running } else { Power::Stopped },
            lock: guest.lock.map(|lock| lock.name().to_owned()),
        }
    }
}

impl Guest {
    fn bare(node: String, owner: Option<InstanceId>) -> Self {
        Self {
            node,
            owner,
            lock: None,
            running: false,
            address: None,
            volume_gib: None,
            parked: 0,
            env: None,
            tenant: None,
            boots: 0,
            stamp: 0,
            answers_at: 0,
            digest: 0,
            late: false,
        }
    }
}
