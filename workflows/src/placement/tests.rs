//! Placement, tried by the ten thousand.

use super::*;
use crate::placement::picks::Picks;
use dbx_domain::plan::Plan;
use proptest::{prelude::*, sample::select};

fn rules() -> PlacementRules {
    PlacementRules {
        ctids: 1000..=99_999,
        first_address: Ipv4Addr::new(10, 0, 0, 10),
        last_address: Ipv4Addr::new(10, 0, 255, 250),
        memory_overcommit: 1.0,
        cpu_overcommit: 8.0,
        check_live: true,
    }
}

fn node(name: &str, memory_mib: u64) -> Node {
    Node {
        name: name.to_owned(),
        online: true,
        vcpus: u32::try_from(memory_mib / 2_048).unwrap(),
        memory_mib,
        memory_free_mib: memory_mib,
        disk_free_gib: 10_000,
    }
}

fn size(plan: Plan) -> Size {
    Size::new(plan, None).unwrap()
}

/// Places one more and puts it on record.
fn place(occupancy: &mut Occupancy, rules: &PlacementRules, nodes: &[Node], size: Size) -> Placement {
    let node = choose_node(rules, occupancy, nodes, size).unwrap();
    let ctid = Ctid(occupancy.highest_ctid.map_or_else(|| *rules.ctids.start(), |highest| highest.0 + 1));
    check_number(rules, ctid).unwrap();
    let address = choose_address(rules, occupancy, ctid).unwrap();
    let placement = Placement { node, ctid, address };
    occupancy.count(&placement, size);
    placement
}

fn refusal(occupancy: &Occupancy, nodes: &[Node], plan: Plan) -> Failure {
    choose_node(&rules(), occupancy, nodes, size(plan)).unwrap_err()
}

#[test]
fn never_promises_more_memory_than_there_is() {
    let (mut occupancy, nodes) = (Occupancy::default(), [node("a", 4 * 2_048)]);
    for _ in 0..4 {
        place(&mut occupancy, &rules(), &nodes, size(Plan::Nano));
    }
    let failure = refusal(&occupancy, &nodes, Plan::Nano);
    assert_eq!((failure.code.as_ref(), failure.class), ("no_capacity", permanent("", "").class));
    assert!(failure.message.contains("a has its memory promised"), "{}", failure.message);
}

#[test]
fn a_refusal_says_of_every_node_what_it_lacks() {
    let down = Node { online: false, ..node("a", 65_536) };
    let used = Node { memory_free_mib: 100, ..node("b", 65_536) };
    let full = Node { disk_free_gib: 5, ..node("c", 65_536) };
    let busy = Node { vcpus: 0, ..node("d", 65_536) };
    let failure = refusal(&Occupancy::default(), &[down, used, full, busy], Plan::Nano);
    assert_eq!(failure.code, "no_capacity");
    for part in
        ["a takes no work", "b has too little free memory", "c has too little free disk", "d has its CPUs"]
    {
        assert!(failure.message.contains(part), "{part}: {}", failure.message);
    }
}

#[test]
fn a_cluster_that_is_down_is_not_a_cluster_that_is_full() {
    let down = Node { online: false, ..node("a", 65_536) };
    let failure = refusal(&Occupancy::default(), &[down], Plan::Nano);
    assert_eq!((failure.code.as_ref(), failure.class), ("no_node", transient("", "").class));
}

#[test]
fn a_number_beyond_the_range_is_no_capacity() {
    assert!(check_number(&rules(), Ctid(99_999)).is_ok());
    assert_eq!(check_number(&rules(), Ctid(100_000)).unwrap_err().code, "no_capacity");
}

#[test]
fn every_address_is_given_once_and_then_there_is_none() {
    let rules = PlacementRules { last_address: Ipv4Addr::new(10, 0, 0, 19), ..rules() };
    let mut occupancy = Occupancy::default();
    for ctid in [1003, 1013, 1023, 1004, 1500, 1501, 1502, 1503, 1504, 1505].map(Ctid) {
        let address = choose_address(&rules, &occupancy, ctid).unwrap();
        assert!((rules.first_address..=rules.last_address).contains(&address));
        assert!(occupancy.addresses.insert(address), "{address} was given twice");
    }
    assert_eq!(choose_address(&rules, &occupancy, Ctid(1600)).unwrap_err().code, "no_capacity");
}

/// The least and the greatest share of memory that is promised on a node.
fn extremes(occupancy: &Occupancy, nodes: &[Node]) -> (f64, f64) {
    let loads = nodes.iter().map(|node| {
        let reserved = occupancy.nodes.iter().find(|reserved| reserved.node == node.name);
        reserved.map_or(0.0, |reserved| reserved.memory_mib as f64 / node.memory_mib as f64)
    });
    loads.fold((f64::MAX, 0.0), |(least, most), load| (load.min(least), load.max(most)))
}

/// Roomy enough for ten thousand of the largest plan.
fn fleet() -> Vec<Node> {
    (0..7).map(|number| node(&format!("pve{number}"), 1 << 28)).collect()
}

#[test]
fn ten_thousand_equal_placements_stay_within_one_instance_of_each_other() {
    let (mut occupancy, nodes) = (Occupancy::default(), fleet());
    for count in 1..=10_000u32 {
        place(&mut occupancy, &rules(), &nodes, size(Plan::Pro));
        let counts = nodes.iter().map(|node| {
            let reserved = occupancy.nodes.iter().find(|reserved| reserved.node == node.name);
            reserved.map_or(0, |reserved| reserved.instances)
        });
        let (least, most) = counts.fold((u32::MAX, 0), |(l, m), count| (count.min(l), count.max(m)));
        assert!(most - least <= 1, "after {count}: between {least} and {most}");
    }
}

#[test]
fn ten_thousand_mixed_placements_stay_within_one_instance_of_the_best_balance() {
    let (mut occupancy, nodes) = (Occupancy::default(), fleet());
    let largest = f64::from(Plan::ALL.iter().map(|plan| plan.spec().memory_mib).max().unwrap());
    let share = largest / nodes[0].memory_mib as f64;
    for count in 0..10_000usize {
        // A fixed shuffle of the plans.
        let plan = Plan::ALL[(count * 7 + count / 5 + count / 11) % Plan::ALL.len()];
        place(&mut occupancy, &rules(), &nodes, size(plan));
        let (least, most) = extremes(&occupancy, &nodes);
        assert!(most - least <= share * 1.000_001, "after {count}: {least} to {most}");
    }
}

#[test]
fn a_burst_of_choices_that_are_not_on_record_yet_spreads_like_one_after_another() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (picks, nodes, recorded) = (Picks::default(), fleet(), Occupancy::default());
    let open: Vec<_> = (0..30u32)
        .map(|number| {
            let turn = runtime.block_on(picks.turn());
            let mut occupancy = recorded.clone();
            turn.count_in(&mut occupancy);
            let node = choose_node(&rules(), &occupancy, &nodes, size(Plan::Nano)).unwrap();
            let address = choose_address(&rules(), &occupancy, Ctid(1000 + number)).unwrap();
            let placement = Placement { node, ctid: Ctid(1000 + number), address };
            (turn.pick(&placement, size(Plan::Nano)), placement)
        })
        .collect();
    for name in nodes.iter().map(|node| &node.name) {
        let here = open.iter().filter(|(_, placement)| placement.node == *name).count();
        assert!((4..=5).contains(&here), "{here} on {name}");
    }
    // One that is on record already is not counted twice, and none once they are over.
    let mut occupancy = recorded.clone();
    occupancy.count(&open[0].1, size(Plan::Nano));
    runtime.block_on(picks.turn()).count_in(&mut occupancy);
    assert_eq!(occupancy.nodes.iter().map(|node| node.instances).sum::<u32>(), 30);
    drop(open);
    let mut occupancy = recorded;
    runtime.block_on(picks.turn()).count_in(&mut occupancy);
    assert_eq!(occupancy, Occupancy::default());
}

proptest! {
    /// Whatever is ordered and released, on nodes of any size: no promise is broken, and the choice is always the node
    /// that ends up least loaded of those that have room.
    #[test]
    fn the_least_loaded_node_with_room_is_chosen(
        sizes in prop::collection::vec(4u64..64, 1..6),
        orders in prop::collection::vec(select(&Plan::ALL[..]), 1..60),
    ) {
        let nodes: Vec<Node> =
            sizes.iter().enumerate().map(|(n, size)| node(&format!("n{n}"), size * 4_096)).collect();
        let mut occupancy = Occupancy::default();
        for plan in orders {
            let size = size(plan);
            let rooms: Vec<_> =
                nodes.iter().filter_map(|node| load_after(&rules(), &occupancy, node, size).ok()).collect();
            match choose_node(&rules(), &occupancy, &nodes, size) {
                Ok(name) => {
                    let chosen = nodes.iter().find(|node| node.name == name).unwrap();
                    let load = load_after(&rules(), &occupancy, chosen, size).unwrap();
                    prop_assert!(rooms.iter().all(|other| load <= *other));
                    place(&mut occupancy, &rules(), &nodes, size);
                    prop_assert!(extremes(&occupancy, &nodes).1 <= 1.0);
                }
                Err(failure) => {
                    prop_assert_eq!(failure.code.as_ref(), "no_capacity");
                    prop_assert!(rooms.is_empty());
                }
            }
        }
    }
}
