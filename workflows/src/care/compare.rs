//! Record and cluster compared: a pure function.
//!
//! Guarantees: nothing is called missing on a node that does not answer; an instance that is being changed is left out;
//! a container is called ours to destroy only if its marker names an instance that the log says is gone *and* its
//! number was once reserved for that very instance.

#[cfg(test)]
mod tests;

use super::{
    fleet::Member,
    report::{Drift, Repair, Report, Unowned},
};
use crate::hypervisor::{Container, Node, Power, Target};
use dbx_domain::{
    ids::{Ctid, InstanceId},
    instance::{DriftKind, Lifecycle, Placement},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

/// What the log says of an instance that is not in the fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was never ordered here.
    Unknown,
    /// It is deleted.
    Deleted,
    /// It is there: it came up after the fleet was read.
    Living,
}

/// Everything that was read.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Numbers that are ours alone.
    pub ctids: RangeInclusive<u32>,
    /// The record.
    pub members: Vec<Member>,
    /// The cluster's nodes.
    pub nodes: Vec<Node>,
    /// The cluster's containers.
    pub containers: Vec<Container>,
    /// What the log says of owners that are not members.
    pub standings: BTreeMap<InstanceId, Standing>,
    /// For whom the containers' numbers were ever reserved.
    pub reserved_for: BTreeMap<Ctid, InstanceId>,
}

impl Survey {
    /// Whether a node can be believed: it is up, and so is its storage.
    pub fn is_up(&self, node: &str) -> bool {
        self.nodes.iter().any(|other| other.name == node && other.online)
    }
}

/// Compares. Volumes, reservations and secrets are listed by whoever read them.
pub fn compare(survey: &Survey) -> Report {
    let dark: BTreeSet<String> =
        survey.nodes.iter().filter(|node| !node.online).map(|node| node.name.clone()).collect();
    let mut report = Report { dark, ..Report::default() };
    let containers: BTreeMap<Ctid, &Container> =
        survey.containers.iter().map(|container| (container.ctid, container)).collect();
    for member in &survey.members {
        let Some(placement) = &member.placement else { continue };
        let found = containers.get(&placement.ctid).copied();
        let node = found.map_or(placement.node.as_str(), |container| container.node.as_str());
        if member.busy || !survey.is_up(node) {
            report.unseen.insert(member.instance);
        } else {
            report.drifts.extend(drift_of(member, placement, found));
        }
    }
    let members: BTreeMap<InstanceId, &Member> =
        survey.members.iter().map(|member| (member.instance, member)).collect();
    for container in survey.containers.iter().filter(|container| survey.is_up(&container.node)) {
        match container.owner {
            None if survey.ctids.contains(&container.ctid.0) => {
                report.unowned.push(Unowned::Container { ctid: container.ctid, node: container.node.clone() })
            }
            None => {}
            Some(owner) => claimed(survey, container, owner, members.get(&owner).copied(), &mut report),
        }
    }
    report.unowned.sort();
    report
}

/// In what an instance with a place differs from `found` under its number. Nothing if it is being changed.
pub fn drift_of(member: &Member, placement: &Placement, found: Option<&Container>) -> Option<Drift> {
    let Placement { node, ctid, .. } = placement;
    let drift = |what, expected: &str, observed: String, repair| {
        let expected = format!("container {ctid} on {node} {expected}");
        Some(Drift { instance: member.instance, ctid: *ctid, what, expected, observed, repair })
    };
    let gone = member.lifecycle == Lifecycle::Deleted;
    let Some(container) = found else {
        return match member.lifecycle {
            Lifecycle::Running | Lifecycle::Stopped => {
                drift(DriftKind::ContainerMissing, "to be there", "no such container".to_owned(), None)
            }
            // Nothing is left of it but its place.
            Lifecycle::Deleted => {
                let free = Some(Repair::Release(*ctid));
                drift(
                    DriftKind::PlacementLeft,
                    "to be given back",
                    "its place is still reserved".to_owned(),
                    free,
                )
            }
            _ => None,
        };
    };
    if container.owner != Some(member.instance) {
        // Its own is gone, so what a delete that was given up kept for it is free. A clone that begins has no marker
        // for a moment, but a lock.
        let repair = (gone && container.lock.is_none()).then_some(Repair::Release(*ctid));
        return drift(DriftKind::ContainerForeign, "to be its own", container.whose(), repair);
    }
    let there = format!("container {ctid} on {}", container.node);
    match (member.lifecycle, container.power) {
        (Lifecycle::Deleted | Lifecycle::Failed, _) => {
            let target = Target { instance: member.instance, node: container.node.clone(), ctid: *ctid };
            // What a failed create left goes with its delete, which the owner asks for.
            let repair = gone.then_some(Repair::Destroy(target));
            drift(DriftKind::ContainerLeft, "to be gone", there, repair)
        }
        (Lifecycle::Running | Lifecycle::Stopped, _) if container.node != *node => {
            drift(DriftKind::ContainerMoved, "to be there", there, None)
        }
        (Lifecycle::Running, Power::Stopped) if container.lock.is_none() => {
            drift(DriftKind::ContainerStopped, "to run", "it is stopped".to_owned(), Some(Repair::Start))
        }
        (Lifecycle::Stopped, Power::Running) => {
            drift(DriftKind::ContainerRunning, "to be stopped", "it runs".to_owned(), None)
        }
        _ => None,
    }
}

/// A container that carries a marker of ours, and is not under its owner's own number.
fn claimed(
    survey: &Survey,
    container: &Container,
    owner: InstanceId,
    member: Option<&Member>,
    report: &mut Report,
) {
    let Container { ctid, node, .. } = container.clone();
    if member.and_then(|member| member.placement.as_ref()).is_some_and(|placement| placement.ctid == ctid) {
        return;
    }
    let unwanted = match member {
        Some(member) if member.busy => return,
        Some(member) => member.lifecycle == Lifecycle::Failed && member.placement.is_none(),
        None => match survey.standings.get(&owner) {
            Some(Standing::Deleted) => true,
            Some(Standing::Living) | None => return,
            Some(Standing::Unknown) => {
                report.unowned.push(Unowned::Stranger { ctid, node, owner });
                return;
            }
        },
    };
    if survey.reserved_for.get(&ctid) != Some(&owner) {
        report.unowned.push(Unowned::Copy { ctid, node, owner });
        return;
    }
    let observed = format!("container {ctid} on {node}");
    let repair = unwanted.then_some(Repair::Destroy(Target { instance: owner, node, ctid }));
    let expected = "no container under this number".to_owned();
    report.drifts.push(Drift {
        instance: owner,
        ctid,
        what: DriftKind::ContainerLeft,
        expected,
        observed,
        repair,
    });
}
