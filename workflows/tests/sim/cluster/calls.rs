//! The calls of the API: what each does at once, what it refuses, and which task it begins.

use super::{Asked, Cluster, Guest, LISTING_AGE, Lock, Refusal, TaskId, TaskKind};
use dbx_domain::ids::{Ctid, InstanceId};
use dbx_workflows::hypervisor::{Container, Node, TenantEnv};
use std::net::Ipv4Addr;

type Changed<T> = Result<T, Refusal>;

/// A change of a container's configuration.
#[derive(Clone, Debug)]
pub enum Change {
    Network(Ipv4Addr),
    Volume(u32),
    Env(TenantEnv),
}

impl Change {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Network(_) => "configure",
            Self::Volume(_) => "attach a volume to",
            Self::Env(_) => "deliver env to",
        }
    }
}

impl Cluster {
    pub fn nodes(&self) -> Vec<Node> {
        let figures = |node: &super::NodeState| Node {
            name: node.name.clone(),
            online: node.reachable,
            vcpus: 32,
            memory_mib: 65_536,
            memory_free_mib: 65_536,
            disk_free_gib: 10_000,
        };
        self.nodes.iter().map(figures).collect()
    }

    /// The cluster's summary, which lags.
    pub fn listing(&mut self) -> Vec<Container> {
        let now = self.sea.now();
        if now >= self.listing.0 + LISTING_AGE {
            let fresh = self.guests.iter().map(|(ctid, guest)| Self::shown(*ctid, guest)).collect();
            self.listing = (now, fresh);
        }
        self.listing.1.clone()
    }

    pub fn is_taken(&self, ctid: Ctid) -> bool {
        self.guests.contains_key(&ctid)
    }

    pub fn shown_container(&self, ctid: Ctid) -> Option<Container> {
        self.guests.get(&ctid).map(|guest| Self::shown(ctid, guest))
    }

    pub fn config(&self, ctid: Ctid) -> Option<Guest> {
        self.guests.get(&ctid).cloned()
    }

    fn is_reachable(&self, name: &str) -> bool {
        self.nodes.iter().any(|node| node.name == name && node.reachable)
    }

    /// # Errors
    /// The node that holds it cannot be reached.
    pub fn reachable(&self, ctid: Ctid, node: &str) -> Changed<()> {
        let node = self.guests.get(&ctid).map_or(node, |guest| &guest.node);
        if self.is_reachable(node) { Ok(()) } else { Err(Refusal::NodeDown) }
    }

    fn is_late(&self, asked: Asked) -> bool {
        self.sea.now() > asked.until || self.sea.jumps() > asked.jumps
    }

    /// The container that a change is about. The cluster itself does not ask whose it is; we do, for the books.
    fn changing(&mut self, ctid: Ctid, for_: InstanceId, what: &str) -> Changed<&mut Guest> {
        let reachable = self.reachable(ctid, "");
        let Some(guest) = self.guests.get(&ctid) else { return Err(Refusal::Absent) };
        reachable?;
        if guest.owner != Some(for_) {
            self.sea.violate(format!("{what} of container {ctid} for {for_}, but it is {:?}'s", guest.owner));
        }
        if let Some(lock) = guest.lock {
            return Err(Refusal::Locked(lock.name()));
        }
        // A task holds the file lock of its container for as long as it takes.
        if self.is_worked_on(ctid) {
            return Err(Refusal::LockTimeout);
        }
        self.guests.get_mut(&ctid).ok_or(Refusal::Absent)
    }

    pub fn clone_template(
        &mut self,
        asked: Asked,
        node: &str,
        ctid: Ctid,
        owner: InstanceId,
    ) -> Changed<TaskId> {
        let task = self.next_task + 1;
        if self.is_taken(ctid) {
            return Err(Refusal::Exists);
        }
        match self.node(node) {
            Some(node) if !node.reachable => return Err(Refusal::NodeDown),
            Some(node) if node.template_lock.is_some() => return Err(Refusal::Locked("disk")),
            Some(node) => node.template_lock = Some(task),
            None => return Err(Refusal::Absent),
        }
        let late = self.is_late(asked);
        if let Some(before) = self.numbers.insert(ctid, owner)
            && before != owner
        {
            self.sea.violate(format!("container number {ctid} of {before} was given to {owner}"));
        }
        if let Some((other, sibling)) = self.of(owner).first()
            && !late
            && !sibling.late
        {
            self.sea.violate(format!("{owner} has container {other} and got {ctid} as well"));
        }
        let guest = Guest { lock: Some(Lock::Create), late, ..Guest::bare(node.to_owned(), Some(owner)) };
        self.guests.insert(ctid, guest);
        self.changed(ctid);
        Ok(self.begin(TaskKind::Clone, node, ctid, late))
    }

    pub fn change(&mut self, ctid: Ctid, for_: InstanceId, digest: u64, change: Change) -> Changed<()> {
        let guest = self.changing(ctid, for_, "a change")?;
        if guest.digest != digest {
            return Err(Refusal::Modified);
        }
        match change {
            Change::Network(address) => guest.address = Some(address),
            Change::Env(env) => guest.env = Some(env),
            Change::Volume(gib) => {
                if guest.volume_gib.replace(gib).is_some() {
                    guest.parked += 1;
                    self.sea.violate(format!("container {ctid} got a second data volume"));
                }
            }
        }
        self.changed(ctid);
        self.check_addresses();
        Ok(())
    }

    fn check_addresses(&self) {
        let mut seen = std::collections::BTreeMap::new();
        for (ctid, guest) in &self.guests {
            if let Some(address) = guest.address
                && let Some(other) = seen.insert(address, ctid)
            {
                self.sea.violate(format!("containers {other} and {ctid} have one address, {address}"));
            }
        }
    }

    pub fn start(&mut self, asked: Asked, ctid: Ctid, for_: InstanceId) -> Changed<TaskId> {
        let guest = self.changing(ctid, for_, "a start")?;
        if guest.running {
            return Err(Refusal::AlreadyRunning);
        }
        let (node, late) = (guest.node.clone(), self.is_late(asked));
        Ok(self.begin(TaskKind::Start, &node, ctid, late))
    }

    pub fn shut_down(&mut self, asked: Asked, ctid: Ctid, for_: InstanceId) -> Changed<TaskId> {
        let guest = self.changing(ctid, for_, "a shutdown")?;
        if !guest.running {
            return Err(Refusal::NotRunning);
        }
        let (node, late) = (guest.node.clone(), self.is_late(asked));
        Ok(self.begin(TaskKind::Shutdown, &node, ctid, late))
    }

    pub fn destroy(&mut self, asked: Asked, ctid: Ctid, for_: InstanceId) -> Changed<TaskId> {
        let guest = self.changing(ctid, for_, "a destroy")?;
        if guest.running {
            return Err(Refusal::Runs);
        }
        let (node, late) = (guest.node.clone(), self.is_late(asked));
        Ok(self.begin(TaskKind::Destroy, &node, ctid, late))
    }
}
