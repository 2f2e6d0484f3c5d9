//! The lifecycle: which histories lead to which state, and what each state accepts.

use crate::{
    instance::{and, began, deleted, failed, finished, ordered, parked, requested, run, running, stopped},
    sample::workflow,
    scenario::{assert_all_covered, folded},
};
use dbx_domain::{
    Decide, Instance,
    instance::{
        InstanceCommand as Command, InstanceError as Error, InstanceEvent as Event, Lifecycle, Outcome,
        WorkflowKind as Kind,
    },
};

/// A state, a history that leads there, and what happens when a run of each kind is asked for, in the order of
/// [`Kind::ALL`]: `+` accepted, `w` wrong state, `b` busy, `s` busy with a run that is stuck, `-` no longer there.
type Row = (Lifecycle, &'static str, Vec<Event>, &'static str);

fn resting() -> Vec<Row> {
    let gone_wrong = and(ordered(), [began(1, "reserve", 1), finished(1, Kind::Create, failed())]);
    let given_up = and(ordered(), [finished(1, Kind::Create, Outcome::Canceled)]);
    let unchanged = |kind, outcome| and(running(), [requested(2, kind), finished(2, kind, outcome)]);
    let started = and(stopped(), [requested(4, Kind::Start), finished(4, Kind::Start, Outcome::Succeeded)]);
    vec![
        (Lifecycle::Running, "created", running(), "ww+++ +"),
        (Lifecycle::Running, "started", started, "ww+++ +"),
        (Lifecycle::Running, "rebooted", unchanged(Kind::Reboot, Outcome::Succeeded), "ww+++ +"),
        (Lifecycle::Running, "rotated", unchanged(Kind::Rotate, Outcome::Succeeded), "ww+++ +"),
        (Lifecycle::Running, "not stopped", unchanged(Kind::Stop, failed()), "ww+++ +"),
        (Lifecycle::Stopped, "stopped", stopped(), "w+www +"),
        (Lifecycle::Failed, "not created", gone_wrong, "+wwww +"),
        (Lifecycle::Failed, "create canceled", given_up, "+wwww +"),
        (Lifecycle::Deleted, "deleted", deleted(), "----- -"),
    ]
}

fn moving() -> Vec<Row> {
    let creating = and(ordered(), [began(1, "reserve", 1)]);
    let asked = and(running(), [requested(5, Kind::Delete)]);
    let waits = and(creating.clone(), [requested(5, Kind::Delete)]);
    let took_over = and(waits.clone(), [finished(1, Kind::Create, Outcome::Superseded)]);
    let rotating = and(running(), [requested(5, Kind::Rotate), began(5, "make", 1)]);
    let stopping = and(running(), [requested(5, Kind::Stop), began(5, "stop", 1)]);
    vec![
        (Lifecycle::Requested, "ordered", ordered(), "bbbbb +"),
        (Lifecycle::Provisioning, "being created", creating.clone(), "bbbbb +"),
        (Lifecycle::Running, "being rotated", rotating, "bbbbb +"),
        (Lifecycle::Running, "being stopped", stopping, "bbbbb +"),
        (Lifecycle::Deleting, "delete asked for", asked.clone(), "bbbbb b"),
        (Lifecycle::Deleting, "delete waits for the create", waits, "bbbbb b"),
        (Lifecycle::Deleting, "delete took over", took_over, "bbbbb b"),
        (Lifecycle::NeedsOperator, "create parked", and(creating, [parked(1)]), "sssss +"),
        (Lifecycle::NeedsOperator, "delete parked", and(asked, [parked(5)]), "sssss s"),
    ]
}

fn answer(state: &Instance, kind: Kind) -> char {
    match state.decide(Command::Run(kind, run(7))) {
        Ok(events) => {
            assert_eq!(events, [requested(7, kind)]);
            '+'
        }
        Err(Error::WrongState { kind: refused, lifecycle }) => {
            assert_eq!((refused, lifecycle), (kind, state.lifecycle()));
            'w'
        }
        Err(Error::Busy { .. }) => 'b',
        Err(Error::Stuck { .. }) => 's',
        Err(Error::Absent) => '-',
        Err(other) => panic!("{kind} in {}: {other}", state.lifecycle()),
    }
}

#[test]
fn every_state_is_reached_and_accepts_what_it_should() {
    let rows = || resting().into_iter().chain(moving());
    let words: Vec<_> = Lifecycle::ALL.iter().map(|lifecycle| lifecycle.name()).collect();
    assert_all_covered(&words, rows().map(|(lifecycle, ..)| lifecycle.name()));
    for (lifecycle, how, history, answers) in rows() {
        let state: Instance = folded(history);
        assert_eq!(state.lifecycle(), lifecycle, "{how}");
        assert_eq!(state.is_deleted(), lifecycle == Lifecycle::Deleted, "{how}");
        let given: String = Kind::ALL.iter().map(|kind| answer(&state, *kind)).collect();
        assert_eq!(given, answers.replace(' ', ""), "{how}");
    }
}

#[test]
fn a_delete_takes_over_when_the_run_under_way_ends_however_it_ends() {
    for outcome in [Outcome::Succeeded, failed(), Outcome::Canceled, Outcome::Superseded] {
        let waits = and(ordered(), [began(1, "reserve", 1), requested(5, Kind::Delete)]);
        let before: Instance = folded(waits.clone());
        assert_eq!(
            (before.run().unwrap().workflow, before.pending_delete()),
            (workflow(1), Some(workflow(5)))
        );
        let after: Instance = folded(and(waits, [finished(1, Kind::Create, outcome)]));
        let run = after.run().unwrap();
        assert_eq!((run.workflow, run.kind, run.has_begun()), (workflow(5), Kind::Delete, false));
        assert_eq!(after.pending_delete(), None);
    }
}
