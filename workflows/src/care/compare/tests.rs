//! Record and cluster in every combination.

use super::*;
use dbx_domain::instance::Health;
use std::net::Ipv4Addr;
use uuid::Uuid;

const CTID: Ctid = Ctid(1_001);

fn instance(number: u128) -> InstanceId {
    InstanceId::from_uuid(Uuid::from_u128(number))
}

fn member(lifecycle: Lifecycle) -> Member {
    let address = Ipv4Addr::new(10, 0, 0, 7);
    Member {
        instance: instance(1),
        lifecycle,
        health: Health::Healthy,
        busy: false,
        placement: Some(Placement { node: "a".to_owned(), ctid: CTID, address }),
        platform: None,
    }
}

fn container(owner: Option<InstanceId>, power: Power) -> Container {
    Container { ctid: CTID, node: "a".to_owned(), owner, power, lock: None }
}

fn node(name: &str, online: bool) -> Node {
    Node { name: name.to_owned(), online, vcpus: 1, memory_mib: 1, memory_free_mib: 1, disk_free_gib: 1 }
}

fn survey(members: Vec<Member>, containers: Vec<Container>) -> Survey {
    Survey {
        ctids: 1_000..=1_999,
        members,
        nodes: vec![node("a", true), node("b", true)],
        containers,
        standings: BTreeMap::new(),
        reserved_for: BTreeMap::from([(CTID, instance(1))]),
    }
}

/// What is found, and whether something would be done about it.
fn found(survey: &Survey) -> Vec<(DriftKind, bool)> {
    compare(survey).drifts.iter().map(|drift| (drift.what, drift.repair.is_some())).collect()
}

fn ours(power: Power) -> Option<Container> {
    Some(container(Some(instance(1)), power))
}

#[test]
fn every_lifecycle_meets_every_sight() {
    use DriftKind as Kind;
    use Lifecycle::{Deleted, Failed, Provisioning, Running, Stopped};
    let (up, down) = (ours(Power::Running), ours(Power::Stopped));
    let foreign = Some(container(None, Power::Running));
    let rows = [
        (Running, &up, None),
        (Running, &down, Some((Kind::ContainerStopped, true))),
        (Running, &None, Some((Kind::ContainerMissing, false))),
        (Running, &foreign, Some((Kind::ContainerForeign, false))),
        (Stopped, &down, None),
        (Stopped, &up, Some((Kind::ContainerRunning, false))),
        (Stopped, &None, Some((Kind::ContainerMissing, false))),
        (Stopped, &foreign, Some((Kind::ContainerForeign, false))),
        (Deleted, &up, Some((Kind::ContainerLeft, true))),
        (Deleted, &None, Some((Kind::PlacementLeft, true))),
        (Deleted, &foreign, Some((Kind::ContainerForeign, true))),
        (Failed, &down, Some((Kind::ContainerLeft, false))),
        (Failed, &None, None),
        (Provisioning, &down, None),
    ];
    for (lifecycle, sight, expected) in rows {
        let here = survey(vec![member(lifecycle)], sight.iter().cloned().collect());
        assert_eq!(found(&here), expected.into_iter().collect::<Vec<_>>(), "{lifecycle} with {sight:?}");
        let busy = survey(vec![Member { busy: true, ..member(lifecycle) }], sight.iter().cloned().collect());
        assert_eq!(found(&busy), [], "{lifecycle} is being changed");
        let dark = Survey { nodes: vec![node("a", false), node("b", true)], ..here };
        assert_eq!(found(&dark), [], "{lifecycle} on a node that does not answer");
        assert_eq!(compare(&dark).dark, BTreeSet::from(["a".to_owned()]));
    }
}

#[test]
fn a_locked_container_is_being_worked_on_and_a_moved_one_is_found() {
    let locked =
        Container { lock: Some("backup".to_owned()), ..container(Some(instance(1)), Power::Stopped) };
    assert_eq!(found(&survey(vec![member(Lifecycle::Running)], vec![locked])), []);
    let moved = Container { node: "b".to_owned(), ..container(Some(instance(1)), Power::Running) };
    assert_eq!(
        found(&survey(vec![member(Lifecycle::Running)], vec![moved])),
        [(DriftKind::ContainerMoved, false)]
    );
}

/// The one way to be destroyed: the log says that the owner is gone, and the number was reserved for it.
#[test]
fn only_what_is_provably_ours_and_unwanted_is_destroyed() {
    let left = |standing, reserved: Option<InstanceId>| Survey {
        standings: BTreeMap::from([(instance(1), standing)]),
        reserved_for: reserved.into_iter().map(|owner| (CTID, owner)).collect(),
        ..survey(vec![], vec![container(Some(instance(1)), Power::Running)])
    };
    let us = Some(instance(1));
    assert_eq!(found(&left(Standing::Deleted, us)), [(DriftKind::ContainerLeft, true)]);
    for (standing, reserved) in [
        (Standing::Deleted, None),
        (Standing::Deleted, Some(instance(2))),
        (Standing::Unknown, us),
        (Standing::Unknown, None),
        (Standing::Living, us),
    ] {
        assert_eq!(found(&left(standing, reserved)), [], "{standing:?}, {reserved:?}");
    }
    assert_eq!(compare(&left(Standing::Deleted, None)).unowned.len(), 1, "a copy");
    assert_eq!(compare(&left(Standing::Unknown, us)).unowned.len(), 1, "a stranger");
}

#[test]
fn a_second_container_of_a_living_instance_is_reported_and_what_a_failed_one_left_goes() {
    let second = Container { ctid: Ctid(1_002), ..container(Some(instance(1)), Power::Running) };
    let both = |member: Member| Survey {
        reserved_for: BTreeMap::from([(CTID, instance(1)), (Ctid(1_002), instance(1))]),
        ..survey(vec![member], vec![container(Some(instance(1)), Power::Running), second.clone()])
    };
    assert_eq!(found(&both(member(Lifecycle::Running))), [(DriftKind::ContainerLeft, false)]);
    let failed = Member { placement: None, ..member(Lifecycle::Failed) };
    let left = [(DriftKind::ContainerLeft, true), (DriftKind::ContainerLeft, true)];
    assert_eq!(found(&both(failed.clone())), left);
    assert_eq!(found(&both(Member { busy: true, ..failed })), [], "it is being created again");
}

#[test]
fn unmarked_containers_are_listed_in_our_range_and_are_nobodys_business_outside() {
    let at = |number| Container { ctid: Ctid(number), ..container(None, Power::Running) };
    let report = compare(&survey(vec![], vec![at(1_500), at(500)]));
    let listed = Unowned::Container { ctid: Ctid(1_500), node: "a".to_owned() };
    assert_eq!((report.drifts, report.unowned), (vec![], vec![listed]));
}
