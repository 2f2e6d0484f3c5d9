//! Which node and address an instance gets: a pure choice from what is reserved and what is seen.
//!
//! Guarantees: headroom is counted by our own reservations (the cluster's figures lag, and every concurrent choice
//! would see the same ones), and the node's live figures can only forbid; nodes stay within one instance of the best
//! balance; choices of one process see each other before they are on record ([`picks`]). Copies of the server do not:
//! at the brim of a node two of them may promise one instance too many between them.

pub mod picks;
#[cfg(test)]
mod tests;

use crate::{
    failure::{permanent, transient},
    hypervisor::Node,
};
use dbx_domain::{
    ids::Ctid,
    instance::{Failure, Placement},
    plan::Size,
};
use std::{collections::BTreeSet, net::Ipv4Addr, ops::RangeInclusive};

/// What is reserved at present.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// The highest container number ever reserved.
    pub highest_ctid: Option<Ctid>,
    /// Addresses in use.
    pub addresses: BTreeSet<Ipv4Addr>,
    /// Reservations per node.
    pub nodes: Vec<NodeReservation>,
}

impl Occupancy {
    /// Counts one more instance.
    pub fn count(&mut self, placement: &Placement, size: Size) {
        self.highest_ctid = self.highest_ctid.max(Some(placement.ctid));
        self.addresses.insert(placement.address);
        let index = self.nodes.iter().position(|reserved| reserved.node == placement.node);
        let index = index.unwrap_or_else(|| {
            self.nodes.push(NodeReservation { node: placement.node.clone(), ..NodeReservation::default() });
            self.nodes.len() - 1
        });
        if let Some(node) = self.nodes.get_mut(index) {
            let spec = size.plan().spec();
            node.instances += 1;
            node.vcpus += spec.vcpus;
            node.memory_mib += u64::from(spec.memory_mib);
            node.disk_gib += u64::from(size.disk_gib());
        }
    }
}

/// What is reserved on a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeReservation {
    /// The node.
    pub node: String,
    /// Instances on it.
    pub instances: u32,
    /// Their virtual CPUs.
    pub vcpus: u32,
    /// Their memory in MiB.
    pub memory_mib: u64,
    /// Their data volumes in GiB.
    pub disk_gib: u64,
}

/// What may be handed out, and how tightly nodes are filled.
#[derive(Clone, Debug)]
pub struct PlacementRules {
    /// Container numbers that are ours alone.
    pub ctids: RangeInclusive<u32>,
    /// First address that may be given.
    pub first_address: Ipv4Addr,
    /// Last address that may be given.
    pub last_address: Ipv4Addr,
    /// Promised memory as a multiple of a node's; 1.0 never promises more than there is.
    pub memory_overcommit: f64,
    /// Promised CPUs as a multiple of a node's.
    pub cpu_overcommit: f64,
    /// Whether the node's live free memory and space may forbid a placement. Off where containers use far less than
    /// their plan, as the demo's do.
    pub check_live: bool,
}

/// Why a node takes no instance, worst for the node first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Lack {
    Offline,
    Memory,
    Cpus,
    LiveMemory,
    LiveDisk,
}

impl Lack {
    const fn words(self) -> &'static str {
        match self {
            Self::Offline => "takes no work at present",
            Self::Memory => "has its memory promised",
            Self::Cpus => "has its CPUs promised",
            Self::LiveMemory => "has too little free memory",
            Self::LiveDisk => "has too little free disk space",
        }
    }
}

/// The node that stays emptiest: spreads instances, and with equal plans keeps nodes within one of each other.
///
/// # Errors
/// A permanent failure `no_capacity` that says of every node what it lacks; a transient one, `no_node`, while no node
/// takes work at all.
pub fn choose_node(
    rules: &PlacementRules,
    occupancy: &Occupancy,
    nodes: &[Node],
    size: Size,
) -> Result<String, Failure> {
    let mut lacks = Vec::new();
    let mut best: Option<(f64, &Node)> = None;
    for node in nodes {
        match load_after(rules, occupancy, node, size) {
            Ok(load) if best.is_none_or(|(least, other)| (load, &node.name) < (least, &other.name)) => {
                best = Some((load, node));
            }
            Ok(_) => {}
            Err(lack) => lacks.push((node, lack)),
        }
    }
    best.map(|(_, node)| node.name.clone()).ok_or_else(|| refused(&lacks, size))
}

/// The share of the node's memory that would be promised.
fn load_after(rules: &PlacementRules, occupancy: &Occupancy, node: &Node, size: Size) -> Result<f64, Lack> {
    let spec = size.plan().spec();
    let reserved = occupancy.nodes.iter().find(|reservation| reservation.node == node.name);
    let memory = reserved.map_or(0, |r| r.memory_mib) + u64::from(spec.memory_mib);
    let vcpus = reserved.map_or(0, |r| r.vcpus) + spec.vcpus;
    let load = memory as f64 / node.memory_mib.max(1) as f64;
    match () {
        () if !node.online => Err(Lack::Offline),
        () if load > rules.memory_overcommit => Err(Lack::Memory),
        () if f64::from(vcpus) > f64::from(node.vcpus) * rules.cpu_overcommit => Err(Lack::Cpus),
        () if rules.check_live && node.memory_free_mib < u64::from(spec.memory_mib) => Err(Lack::LiveMemory),
        () if rules.check_live && node.disk_free_gib < u64::from(size.disk_gib()) => Err(Lack::LiveDisk),
        () => Ok(load),
    }
}

/// A cluster that is merely down comes back; one that is full stays full until somebody acts.
fn refused(lacks: &[(&Node, Lack)], size: Size) -> Failure {
    if lacks.iter().all(|(_, lack)| *lack == Lack::Offline) {
        return transient("no_node", "no node of the cluster takes work at present");
    }
    let each: Vec<String> =
        lacks.iter().map(|(node, lack)| format!("{} {}", node.name, lack.words())).collect();
    let (plan, disk) = (size.plan(), size.disk_gib());
    no_capacity(format!("no node has room for plan {plan} with {disk} GiB: {}", each.join(", ")))
}

fn no_capacity(message: impl Into<String>) -> Failure {
    permanent("no_capacity", message)
}

/// Refuses a number beyond the range that is ours.
///
/// # Errors
/// A permanent failure `no_capacity`.
pub fn check_number(rules: &PlacementRules, ctid: Ctid) -> Result<(), Failure> {
    match rules.ctids.contains(&ctid.0) {
        true => Ok(()),
        false => Err(no_capacity("the range of container numbers is used up; widen it in the configuration")),
    }
}

/// A free address. Which one it begins to look at follows from the number, so that concurrent choices, whose numbers
/// differ, do not all reach for the same one.
///
/// # Errors
/// A permanent failure `no_capacity`: every address of the range is in use.
pub fn choose_address(
    rules: &PlacementRules,
    occupancy: &Occupancy,
    ctid: Ctid,
) -> Result<Ipv4Addr, Failure> {
    let (first, last) = (u32::from(rules.first_address), u32::from(rules.last_address));
    let count = u64::from(last.saturating_sub(first)) + 1;
    let start = u64::from(ctid.0.saturating_sub(*rules.ctids.start()));
    (0..count)
        .map(|step| first + u32::try_from((start + step) % count).unwrap_or(0))
        .map(Ipv4Addr::from)
        .find(|address| !occupancy.addresses.contains(address))
        .ok_or_else(|| no_capacity("the range of addresses is used up; widen it in the configuration"))
}
