//! What the record says of an instance after what happened: credentials, server, health, and a parked run.

use crate::{
    instance::{and, began, failed, finished, ordered, parked, requested, run, running, stopped},
    sample::{at, failure, secret, step, workflow},
    scenario::{advance, folded},
};
use dbx_domain::{
    Instance,
    ids::Ctid,
    instance::{
        ClusterCalls, CredentialRole, Fact, FailureClass, Health, InstanceCommand as Command,
        InstanceEvent as Event, Outcome, Phase, Progress, StepState, WorkflowKind as Kind,
    },
    time::Timestamp,
};
use std::net::Ipv4Addr;

fn seen() -> Fact {
    let (server_version, certificate_pem) = ("16.14".to_owned(), "PEM".to_owned());
    Fact::ServerObserved { server_version, certificate_pem, fingerprint: "ab".repeat(32) }
}

/// Lets run `id` of `kind` perform one step that tells `facts`, and succeed.
fn perform(state: &mut Instance, id: u128, facts: Vec<Fact>) {
    let report = |progress| Command::Advance(workflow(id), progress);
    advance(state, report(Progress::BeginStep { step: step("work"), deadline_at: at(300) })).unwrap();
    advance(state, report(Progress::CompleteStep { step: step("work"), attempt: 1, facts })).unwrap();
    advance(state, report(Progress::Finish(Outcome::Succeeded))).unwrap();
}

fn placed() -> Event {
    Event::PlacementReserved { node: "pve1".to_owned(), ctid: Ctid(9_001), address: Ipv4Addr::LOCALHOST }
}

#[test]
fn a_server_that_answers_again_after_a_stop_is_healthy_again() {
    let mut state: Instance = folded(ordered());
    perform(&mut state, 1, vec![seen()]);
    assert_eq!(state.health(), Health::Healthy);
    for (id, kind, facts, health) in
        [(2, Kind::Stop, vec![], Health::Unknown), (3, Kind::Start, vec![seen()], Health::Healthy)]
    {
        advance(&mut state, Command::Run(kind, run(id))).unwrap();
        perform(&mut state, id, facts);
        assert_eq!(state.health(), health, "after {kind}");
    }
}

#[test]
fn a_server_that_was_out_of_reach_and_answers_is_healthy_again() {
    let mut state: Instance = folded(ordered());
    perform(&mut state, 1, vec![seen()]);
    cqrs_es::Aggregate::apply(&mut state, Event::HealthObserved { health: Health::Unreachable });
    assert_eq!(state.health(), Health::Unreachable);
    advance(&mut state, Command::Run(Kind::Reboot, run(2))).unwrap();
    perform(&mut state, 2, vec![seen()]);
    assert_eq!(state.health(), Health::Healthy);
}

#[test]
fn a_delete_leaves_neither_place_nor_passwords() {
    let mut state: Instance = folded(and(running(), [placed()]));
    assert!(state.placement().is_some() && state.credential(CredentialRole::Tenant).is_some());
    advance(&mut state, Command::Run(Kind::Delete, run(2))).unwrap();
    perform(&mut state, 2, vec![Fact::PlacementReleased, Fact::SecretsShredded]);
    assert_eq!((state.server(), state.placement(), state.health()), (None, None, Health::Unknown));
    assert_eq!(state.credential(CredentialRole::Tenant), None);
    assert!(state.is_deleted());
}

#[test]
fn a_rotation_moves_the_active_version_and_an_undone_one_does_not() {
    let role = CredentialRole::Tenant;
    let issued = Event::CredentialIssued { role, secret: secret(1), version: 2 };
    let versions = |more: Vec<Event>| {
        let state: Instance = folded(and(and(running(), [issued.clone()]), more));
        state.credential(role).map(|known| (known.active, known.latest)).unwrap()
    };
    let retired = |version| Event::CredentialRetired { role, version };
    assert_eq!(versions(vec![]), (Some(1), 2));
    assert_eq!(versions(vec![Event::CredentialActivated { role, version: 2 }, retired(1)]), (Some(2), 2));
    assert_eq!(versions(vec![retired(2)]), (Some(1), 1));
    assert_eq!(versions(vec![retired(1)]), (Some(1), 2), "retiring an older one leaves the newest");
}

#[test]
fn retiring_is_recorded_as_told() {
    let role = CredentialRole::Tenant;
    let mut state: Instance = folded(and(stopped(), [requested(4, Kind::Start), began(4, "work", 1)]));
    let facts = vec![Fact::CredentialRetired { role, version: 1 }];
    let report = Progress::CompleteStep { step: step("work"), attempt: 1, facts };
    let events = advance(&mut state, Command::Advance(workflow(4), report)).unwrap();
    assert_eq!(events.first(), Some(&Event::CredentialRetired { role, version: 1 }));
}

#[test]
fn a_retry_goes_on_in_the_direction_in_which_it_was_parked() {
    let one = workflow(1);
    let retry = Event::RetryRequested { workflow: one, deadline_at: at(9_000) };
    let phase = |more: Vec<Event>| {
        let state: Instance = folded(and(ordered(), more));
        let parked = state.run().unwrap();
        (parked.phase.clone(), parked.deadline_at)
    };
    let turned = Event::CompensationBegan { workflow: one, outcome: failed() };
    assert_eq!(phase(vec![parked(1), retry.clone()]), (Phase::Forward, at(9_000)));
    assert_eq!(phase(vec![turned, parked(1), retry]), (Phase::Compensating(failed()), at(9_000)));
}

#[test]
fn a_retry_gives_steps_that_failed_for_good_another_attempt() {
    let (one, name) = (workflow(1), step("clone"));
    let (failure, retry_at) = (failure(FailureClass::Permanent), None);
    let (forward, back) = (
        Event::StepFailed {
            workflow: one,
            step: name.clone(),
            attempt: 1,
            failure: failure.clone(),
            retry_at,
            calls: ClusterCalls::default(),
        },
        Event::UndoFailed {
            workflow: one,
            step: name.clone(),
            attempt: 1,
            failure: failure.clone(),
            retry_at,
            calls: ClusterCalls::default(),
        },
    );
    let again = Timestamp::EPOCH;
    let expected = [
        (forward, StepState::Retrying { retry_at: again, failure: failure.clone() }),
        (back, StepState::UndoRetrying { retry_at: again, failure }),
    ];
    for (event, then) in expected {
        let retry = Event::RetryRequested { workflow: one, deadline_at: at(9_000) };
        let state: Instance = folded(and(ordered(), [began(1, "clone", 1), event, parked(1), retry]));
        let record = state.run().unwrap().step(&name).unwrap();
        assert_eq!((&record.state, record.deadline_at), (&then, at(9_000)));
    }
}

#[test]
fn the_open_step_is_the_one_a_worker_holds() {
    let held: Instance = folded(and(ordered(), [began(1, "clone", 1)]));
    assert_eq!(held.open_step(), Some(&step("clone")));
    let done = Event::StepCompleted {
        workflow: workflow(1),
        step: step("clone"),
        attempt: 1,
        calls: ClusterCalls::default(),
    };
    let free: Instance = folded(and(ordered(), [began(1, "clone", 1), done]));
    assert_eq!(free.open_step(), None);
    assert_eq!(
        folded::<Instance>(and(running(), [finished(9, Kind::Stop, Outcome::Canceled)])).open_step(),
        None
    );
}
