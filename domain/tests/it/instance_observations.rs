//! What operators, the monitor and the reconciler do to an instance: abandon, observe, restore.

use crate::{
    instance::{and, began, deleted, finished, ordered, parked, requested, run, running, stopped, under_way},
    sample::{at, secret, workflow},
    scenario::{Case, accepted, advance, folded, refused},
};
use dbx_domain::{
    Decide, Instance,
    ids::Ctid,
    instance::{
        CredentialRole, DriftKind, Health, InstanceCommand as Command, InstanceError as Error,
        InstanceEvent as Event, Lifecycle, Observation, Outcome, Progress, Remnant, WorkflowKind as Kind,
    },
};
use std::net::Ipv4Addr;

const PLACE: (Ctid, Ipv4Addr) = (Ctid(700), Ipv4Addr::new(10, 0, 0, 7));

fn placed() -> Event {
    Event::PlacementReserved { node: "pve1".to_owned(), ctid: PLACE.0, address: PLACE.1 }
}

fn container() -> [Remnant; 2] {
    let (ctid, address) = PLACE;
    [Remnant::Container { ctid, node: "pve1".to_owned() }, Remnant::Address { address }]
}

fn password() -> Remnant {
    Remnant::Secret { role: CredentialRole::Tenant, secret: secret(1), version: 1 }
}

/// A create that got as far as a place and a password, and is stuck.
fn stuck_create() -> Vec<Event> {
    let issued = Event::CredentialIssued { role: CredentialRole::Tenant, secret: secret(1), version: 1 };
    and(ordered(), [began(1, "reserve", 1), placed(), issued, parked(1)])
}

fn stuck_delete() -> Vec<Event> {
    and(running(), [placed(), requested(5, Kind::Delete), began(5, "stop", 1), parked(5)])
}

fn given_up(id: u128, left: Vec<Remnant>) -> Event {
    Event::AbandonRequested { workflow: workflow(id), left }
}

fn drift(observed: &str) -> Command {
    let (expected, observed) = ("running".to_owned(), observed.to_owned());
    Observation::Drift { what: DriftKind::ContainerStopped, expected, observed }.into()
}

fn detected(observed: &str) -> Event {
    let (expected, observed) = ("running".to_owned(), observed.to_owned());
    Event::DriftDetected { what: DriftKind::ContainerStopped, expected, observed }
}

fn settled() -> Command {
    Observation::Settled { what: DriftKind::ContainerStopped, how: "started".to_owned() }.into()
}

pub(crate) fn acceptances() -> Vec<Case<Instance>> {
    let unreachable = || Command::Observe(Observation::Health(Health::Unreachable));
    let abandon = |given: Vec<Event>, id, then| accepted(&given, Command::Abandon(workflow(id)), then);
    let [at_place, address] = container();
    let left = vec![at_place, address, password()];
    let over = vec![
        Event::SecretsShredded {},
        finished(5, Kind::Delete, Outcome::Abandoned { left: container().to_vec() }),
    ];
    let repaired = Event::DriftRepaired { what: DriftKind::ContainerStopped, how: "started".to_owned() };
    vec![
        abandon(stuck_create(), 1, vec![given_up(1, left.clone())]),
        abandon(and(stuck_create(), [given_up(1, left)]), 1, vec![]),
        abandon(stuck_delete(), 5, vec![given_up(5, container().to_vec())]),
        abandon(and(under_way(Kind::Reboot), [parked(5)]), 5, vec![given_up(5, vec![])]),
        accepted(&running(), unreachable(), vec![Event::HealthObserved { health: Health::Unreachable }]),
        accepted(&stopped(), unreachable(), vec![]),
        accepted(&under_way(Kind::Reboot), unreachable(), vec![]),
        accepted(&running(), drift("stopped"), vec![detected("stopped")]),
        accepted(&and(running(), [detected("stopped")]), drift("stopped"), vec![]),
        accepted(&and(running(), [detected("stopped")]), drift("gone"), vec![detected("gone")]),
        accepted(&under_way(Kind::Stop), drift("stopped"), vec![]),
        accepted(&and(running(), [detected("stopped")]), settled(), vec![repaired]),
        accepted(&running(), settled(), vec![]),
        accepted(&and(stuck_delete(), [given_up(5, container().to_vec())]), end_of(5), over),
        accepted(&running(), Command::Restore(run(9)), vec![requested(9, Kind::Start)]),
    ]
}

pub(crate) fn refusals() -> Vec<Case<Instance>> {
    let five = workflow(5);
    let turned = Event::CompensationBegan { workflow: five, outcome: Outcome::Canceled };
    let stuck = and(under_way(Kind::Rotate), [turned, parked(5)]);
    let wrong = |lifecycle| Error::WrongState { kind: Kind::Start, lifecycle };
    vec![
        refused(&stuck, Command::Cancel(five), Error::StuckUndoing(five)),
        refused(&under_way(Kind::Stop), Command::Abandon(five), Error::NotParked(five)),
        refused(&running(), Command::Abandon(five), Error::NotUnderWay(five)),
        refused(&[], Command::Observe(Observation::Gone(PLACE.0)), Error::Absent),
        refused(&stopped(), Command::Restore(run(9)), wrong(Lifecycle::Stopped)),
        refused(&deleted(), Command::Restore(run(9)), wrong(Lifecycle::Deleted)),
        refused(
            &under_way(Kind::Stop),
            Command::Restore(run(9)),
            Error::Busy { workflow: five, kind: Kind::Stop },
        ),
    ]
}

fn end_of(id: u128) -> Command {
    Command::Advance(workflow(id), Progress::Abandon)
}

fn end(state: &mut Instance, id: u128) -> Vec<Event> {
    advance(state, end_of(id)).unwrap()
}

#[test]
fn an_abandoned_create_ends_as_failed_and_keeps_on_record_what_a_delete_must_clean_up() {
    let mut state: Instance = folded(stuck_create());
    advance(&mut state, Command::Abandon(workflow(1))).unwrap();
    assert_eq!(state.lifecycle(), Lifecycle::NeedsOperator, "until the engine ends it");
    let events = end(&mut state, 1);
    let [at_place, address] = container();
    let left = vec![at_place, address, password()];
    assert_eq!(events, [finished(1, Kind::Create, Outcome::Abandoned { left })]);
    assert_eq!(state.lifecycle(), Lifecycle::Failed);
    assert!(state.placement().is_some() && state.credential(CredentialRole::Tenant).is_some());
    assert!(state.decide(Command::Run(Kind::Delete, run(7))).is_ok());
}

#[test]
fn an_abandoned_delete_is_a_delete_and_remembers_the_container_until_it_is_gone() {
    let mut state: Instance = folded(stuck_delete());
    advance(&mut state, Command::Abandon(workflow(5))).unwrap();
    let events = end(&mut state, 5);
    let outcome = Outcome::Abandoned { left: container().to_vec() };
    assert_eq!(events, [Event::SecretsShredded {}, finished(5, Kind::Delete, outcome)]);
    assert_eq!(state.lifecycle(), Lifecycle::Deleted);
    assert_eq!(state.placement().map(|placement| placement.ctid), Some(PLACE.0));
    let gone = |ctid| Command::Observe(Observation::Gone(ctid));
    assert_eq!(advance(&mut state, gone(Ctid(1))).unwrap(), []);
    let released = advance(&mut state, gone(PLACE.0)).unwrap();
    assert_eq!(released, [Event::PlacementReleased { ctid: PLACE.0 }]);
    assert_eq!(advance(&mut state, gone(PLACE.0)).unwrap(), [], "once is enough");
    assert_eq!(state.placement(), None);
}

#[test]
fn a_living_instance_never_loses_its_place_to_an_observation() {
    let state: Instance = folded(and(running(), [placed()]));
    assert_eq!(state.decide(Command::Observe(Observation::Gone(PLACE.0))), Ok(vec![]));
}

#[test]
fn a_retry_takes_an_abandon_back_and_only_an_abandoned_run_can_end_that_way() {
    let mut state: Instance = folded(stuck_create());
    assert!(matches!(state.decide(end_of(1)), Err(Error::OutOfDate { .. })), "nobody abandoned it");
    advance(&mut state, Command::Abandon(workflow(1))).unwrap();
    advance(&mut state, Command::Retry(workflow(1), at(9_000))).unwrap();
    assert!(!state.run().unwrap().abandoned);
    assert!(matches!(state.decide(end_of(1)), Err(Error::OutOfDate { .. })), "it goes on");
}

#[test]
fn remnants_are_named_in_words() {
    let [at_place, address] = container();
    let words = [at_place, address, password()].map(|remnant| remnant.to_string());
    assert_eq!(words, ["container 700 on pve1", "address 10.0.0.7", "version 1 of the tenant password"]);
}
