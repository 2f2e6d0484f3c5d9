//! Which node, container number and address an instance gets: a pure choice from what is reserved and what is seen.
//!
//! Guarantees: a number is never given twice, not even after its container is gone; a number that anything in the
//! cluster carries is skipped; headroom is counted by our own reservations (the cluster's figures lag and every
//! concurrent choice would see the same ones), and the node's live figures can only forbid.

use crate::hypervisor::{Container, Node};
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

/// What is reserved on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// Chooses, or says why it cannot.
///
/// # Errors
/// A permanent failure `no_capacity` naming what ran out.
pub fn place(
    rules: &PlacementRules,
    occupancy: &Occupancy,
    nodes: &[Node],
    containers: &[Container],
    size: Size,
) -> Result<Placement, Failure> {
    let node = choose_node(rules, occupancy, nodes, size).ok_or_else(|| {
        no_capacity(format!("no node has room for plan {} with {} GiB", size.plan(), size.disk_gib()))
    })?;
    let ctid = choose_ctid(rules, occupancy, containers).ok_or_else(|| {
        no_capacity("the range of container numbers is used up; widen it in the configuration")
    })?;
    let address = choose_address(rules, occupancy)
        .ok_or_else(|| no_capacity("the range of addresses is used up; widen it in the configuration"))?;
    Ok(Placement { node, ctid, address })
}

fn no_capacity(message: impl Into<String>) -> Failure {
    crate::failure::permanent("no_capacity", message)
}

/// The node that stays emptiest: spreads instances, and with equal plans keeps nodes within one of each other.
fn choose_node(rules: &PlacementRules, occupancy: &Occupancy, nodes: &[Node], size: Size) -> Option<String> {
    nodes
        .iter()
        .filter(|node| node.online)
        .filter_map(|node| load_after(rules, occupancy, node, size).map(|load| (load, node)))
        .min_by(|(a, left), (b, right)| a.total_cmp(b).then_with(|| left.name.cmp(&right.name)))
        .map(|(_, node)| node.name.clone())
}

/// The share of the node's memory that would be promised; none if the node has no room.
fn load_after(rules: &PlacementRules, occupancy: &Occupancy, node: &Node, size: Size) -> Option<f64> {
    let spec = size.plan().spec();
    let reserved = occupancy.nodes.iter().find(|reservation| reservation.node == node.name);
    let memory = reserved.map_or(0, |r| r.memory_mib) + u64::from(spec.memory_mib);
    let vcpus = reserved.map_or(0, |r| r.vcpus) + spec.vcpus;
    let live_ok = !rules.check_live
        || (node.memory_free_mib >= u64::from(spec.memory_mib)
            && node.disk_free_gib >= u64::from(size.disk_gib()));
    let load = memory as f64 / node.memory_mib.max(1) as f64;
    let fits = live_ok
        && load <= rules.memory_overcommit
        && f64::from(vcpus) <= f64::from(node.vcpus) * rules.cpu_overcommit;
    fits.then_some(load)
}

fn choose_ctid(rules: &PlacementRules, occupancy: &Occupancy, containers: &[Container]) -> Option<Ctid> {
    let taken: BTreeSet<u32> = containers.iter().map(|container| container.ctid.0).collect();
    let first = occupancy.highest_ctid.map_or_else(
        || *rules.ctids.start(),
        |highest| highest.0.saturating_add(1).max(*rules.ctids.start()),
    );
    (first..=*rules.ctids.end()).find(|ctid| !taken.contains(ctid)).map(Ctid)
}

fn choose_address(rules: &PlacementRules, occupancy: &Occupancy) -> Option<Ipv4Addr> {
    (u32::from(rules.first_address)..=u32::from(rules.last_address))
        .map(Ipv4Addr::from)
        .find(|address| !occupancy.addresses.contains(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbx_domain::plan::Plan;

    fn rules() -> PlacementRules {
        PlacementRules {
            ctids: 1000..=1999,
            first_address: Ipv4Addr::new(10, 0, 0, 10),
            last_address: Ipv4Addr::new(10, 0, 3, 250),
            memory_overcommit: 1.0,
            cpu_overcommit: 8.0,
            check_live: true,
        }
    }

    fn node(name: &str, memory_mib: u64) -> Node {
        Node {
            name: name.to_owned(),
            online: true,
            vcpus: 16,
            memory_mib,
            memory_free_mib: memory_mib,
            disk_free_gib: 10_000,
        }
    }

    fn nano() -> Size {
        Size::new(Plan::Nano, None).unwrap()
    }

    #[test]
    fn skips_numbers_ever_used_and_numbers_seen() {
        let occupancy = Occupancy { highest_ctid: Some(Ctid(1004)), ..Occupancy::default() };
        let foreign = Container {
            ctid: Ctid(1005),
            node: "a".to_owned(),
            owner: None,
            power: crate::hypervisor::Power::Stopped,
            lock: None,
        };
        let placed = place(&rules(), &occupancy, &[node("a", 32_768)], &[foreign], nano()).unwrap();
        assert_eq!(placed.ctid, Ctid(1006));
    }

    #[test]
    fn never_promises_more_memory_than_there_is() {
        let full = Occupancy {
            nodes: vec![NodeReservation {
                node: "a".to_owned(),
                instances: 15,
                vcpus: 15,
                memory_mib: 15 * 2_048,
                disk_gib: 300,
            }],
            ..Occupancy::default()
        };
        assert!(place(&rules(), &full, &[node("a", 16 * 2_048)], &[], nano()).is_ok());
        let failure = place(&rules(), &full, &[node("a", 15 * 2_048)], &[], nano()).unwrap_err();
        assert_eq!(failure.code, "no_capacity");
    }

    #[test]
    fn spreads_over_nodes() {
        let mut occupancy = Occupancy::default();
        let nodes = [node("a", 65_536), node("b", 65_536), node("c", 65_536)];
        for _ in 0..12 {
            let placed = place(&rules(), &occupancy, &nodes, &[], nano()).unwrap();
            occupancy.highest_ctid = Some(placed.ctid);
            occupancy.addresses.insert(placed.address);
            match occupancy.nodes.iter_mut().find(|r| r.node == placed.node) {
                Some(reservation) => {
                    reservation.instances += 1;
                    reservation.memory_mib += 2_048;
                }
                None => occupancy.nodes.push(NodeReservation {
                    node: placed.node,
                    instances: 1,
                    vcpus: 1,
                    memory_mib: 2_048,
                    disk_gib: 20,
                }),
            }
        }
        assert!(occupancy.nodes.iter().all(|reservation| reservation.instances == 4));
    }
}
