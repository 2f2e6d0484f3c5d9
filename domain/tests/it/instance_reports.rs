//! What the engine reports of a run: every kind of report, what it leaves on record, and when it is not heard.

use crate::{
    instance::{and, began, ordered, parked},
    instance_observations,
    sample::{at, failure, secret, step, workflow},
    scenario::{Case, accepted, assert_all_covered, folded, refused, variants},
};
use dbx_domain::{
    Decide, Instance,
    ids::Ctid,
    instance::{
        ClusterCalls, CredentialRole, DriftKind, Fact, FailureClass, InstanceCommand as Command,
        InstanceError as Error, InstanceEvent as Event, Outcome, Progress, WorkflowKind as Kind,
    },
};
use std::net::Ipv4Addr;

variants!(REPORTS, report_name, Progress {
    BeginStep SubmitTask CompleteStep FailStep Compensate BeginUndo CompleteUndo FailUndo Finish Abandon Park
});
variants!(FACTS, fact_name, Fact {
    PlacementReserved PlacementReleased CredentialIssued CredentialActivated CredentialRetired SecretsShredded
    ServerObserved ContainerForeign
});

fn advance(progress: Progress) -> Command {
    Command::Advance(workflow(1), progress)
}

fn begin() -> Progress {
    Progress::BeginStep { step: step("clone"), deadline_at: at(300) }
}

fn submit(attempt: u32) -> Progress {
    Progress::SubmitTask { step: step("clone"), attempt, task: "UPID:1".to_owned() }
}

fn complete(attempt: u32, facts: Vec<Fact>) -> Progress {
    Progress::CompleteStep { step: step("clone"), attempt, facts }
}

fn fail(attempt: u32, retry_at: Option<u64>) -> Progress {
    let (failure, retry_at) = (failure(FailureClass::Transient), retry_at.map(at));
    Progress::FailStep { step: step("clone"), attempt, failure, retry_at }
}

fn begin_undo() -> Progress {
    Progress::BeginUndo { step: step("clone"), deadline_at: at(600) }
}

fn complete_undo(attempt: u32) -> Progress {
    Progress::CompleteUndo { step: step("clone"), attempt, facts: vec![] }
}

fn fail_undo(attempt: u32) -> Progress {
    Progress::FailUndo {
        step: step("clone"),
        attempt,
        failure: failure(FailureClass::Unknown),
        retry_at: None,
    }
}

fn completed(attempt: u32) -> Event {
    Event::StepCompleted {
        workflow: workflow(1),
        step: step("clone"),
        attempt,
        calls: ClusterCalls::default(),
    }
}

fn failed(attempt: u32, retry_at: Option<u64>) -> Event {
    let (failure, retry_at) = (failure(FailureClass::Transient), retry_at.map(at));
    Event::StepFailed {
        workflow: workflow(1),
        step: step("clone"),
        attempt,
        failure,
        retry_at,
        calls: ClusterCalls::default(),
    }
}

fn turned(outcome: Outcome) -> Event {
    Event::CompensationBegan { workflow: workflow(1), outcome }
}

fn undo_began(attempt: u32) -> Event {
    Event::UndoBegan { workflow: workflow(1), step: step("clone"), attempt, deadline_at: at(600) }
}

/// The first attempt at a clone is open.
fn cloning() -> Vec<Event> {
    and(ordered(), [began(1, "clone", 1)])
}

/// The second attempt is open; the first one's worker may still be alive.
fn cloning_again() -> Vec<Event> {
    and(cloning(), [began(1, "clone", 2)])
}

fn undoing() -> Vec<Event> {
    and(cloning(), [completed(1), turned(Outcome::Canceled), undo_began(1)])
}

pub(crate) fn acceptances() -> Vec<Case<Instance>> {
    let case = |given: Vec<Event>, report, then| accepted(&given, advance(report), then);
    let one = workflow(1);
    let task = Event::TaskSubmitted {
        workflow: one,
        step: step("clone"),
        attempt: Some(1),
        task: "UPID:1".to_owned(),
    };
    let undone = Event::UndoCompleted {
        workflow: one,
        step: step("clone"),
        attempt: 1,
        calls: ClusterCalls::default(),
    };
    let (failure, retry_at) = (failure(FailureClass::Unknown), None);
    let stuck = Event::UndoFailed {
        workflow: one,
        step: step("clone"),
        attempt: 1,
        failure,
        retry_at,
        calls: ClusterCalls::default(),
    };
    let over = Event::WorkflowFinished { workflow: one, kind: Kind::Create, outcome: Outcome::Succeeded };
    let reason = "not over by its deadline".to_owned();
    vec![
        case(ordered(), begin(), vec![began(1, "clone", 1)]),
        case(cloning(), begin(), vec![began(1, "clone", 2)]),
        case(and(cloning(), [failed(1, Some(9))]), begin(), vec![began(1, "clone", 2)]),
        case(cloning(), submit(1), vec![task.clone()]),
        case(undoing(), submit(1), vec![task]),
        case(cloning_again(), complete(2, vec![]), vec![completed(2)]),
        case(cloning(), fail(1, Some(9)), vec![failed(1, Some(9))]),
        case(cloning(), fail(1, None), vec![failed(1, None)]),
        case(cloning(), Progress::Compensate(Outcome::Canceled), vec![turned(Outcome::Canceled)]),
        case(and(cloning(), [turned(Outcome::Canceled)]), begin_undo(), vec![undo_began(1)]),
        case(undoing(), begin_undo(), vec![undo_began(2)]),
        case(undoing(), complete_undo(1), vec![undone]),
        case(undoing(), fail_undo(1), vec![stuck]),
        case(cloning(), Progress::Finish(Outcome::Succeeded), vec![over]),
        case(cloning(), Progress::Park(reason), vec![parked(1)]),
    ]
}

pub(crate) fn refusals() -> Vec<Case<Instance>> {
    let case = |given: Vec<Event>, report: Progress| {
        let error = Error::OutOfDate { workflow: workflow(1), what: format!("{report:?}") };
        refused(&given, advance(report), error)
    };
    let back = || and(cloning(), [turned(Outcome::Canceled)]);
    let over =
        Event::WorkflowFinished { workflow: workflow(1), kind: Kind::Create, outcome: Outcome::Succeeded };
    vec![
        case(cloning_again(), submit(1)),
        case(cloning_again(), complete(1, vec![])),
        case(cloning_again(), complete(3, vec![])),
        case(cloning_again(), fail(1, None)),
        case(and(cloning(), [completed(1)]), complete(1, vec![])),
        case(and(cloning(), [failed(1, Some(9))]), complete(1, vec![])),
        case(ordered(), complete(1, vec![])),
        case(cloning(), complete_undo(1)),
        case(cloning(), begin_undo()),
        case(back(), begin()),
        case(back(), complete(1, vec![])),
        case(back(), fail(1, Some(9))),
        case(back(), submit(1)),
        case(back(), Progress::Compensate(Outcome::Canceled)),
        case(and(ordered(), [turned(Outcome::Canceled)]), begin_undo()),
        case(undoing(), complete(1, vec![])),
        case(undoing(), complete_undo(2)),
        case(undoing(), fail_undo(2)),
        case(and(cloning(), [parked(1)]), begin()),
        case(and(cloning(), [parked(1)]), complete(1, vec![])),
        case(and(cloning(), [parked(1)]), fail(1, Some(9))),
        case(and(cloning(), [parked(1)]), Progress::Park("again".to_owned())),
        case(and(cloning(), [over]), Progress::Finish(Outcome::Succeeded)),
    ]
}

fn reserved(ctid: u32) -> (Fact, Event) {
    let (node, ctid, address) = ("pve1".to_owned(), Ctid(ctid), Ipv4Addr::new(10, 0, 0, 5));
    let fact = Fact::PlacementReserved { node: node.clone(), ctid, address };
    (fact, Event::PlacementReserved { node, ctid, address })
}

fn observed() -> (Fact, Event) {
    let (version, pem, print) = ("16.14".to_owned(), "PEM".to_owned(), "ab".repeat(32));
    let fact = Fact::ServerObserved {
        server_version: version.clone(),
        certificate_pem: pem.clone(),
        fingerprint: print.clone(),
    };
    (fact, Event::ServerObserved { server_version: version, certificate_pem: pem, fingerprint: print })
}

fn usurped() -> (Fact, Event) {
    let (what, expected, observed) =
        (DriftKind::ContainerForeign, "its own".to_owned(), "another".to_owned());
    let fact = Fact::ContainerForeign { expected: expected.clone(), observed: observed.clone() };
    (fact, Event::DriftDetected { what, expected, observed })
}

/// Each fact, the event that it becomes, and whether telling it again adds nothing to the record.
fn facts() -> Vec<(Fact, Event)> {
    let (role, version) = (CredentialRole::Tenant, 1);
    let release = Event::PlacementReleased { ctid: Ctid(9_001) };
    vec![
        reserved(9_001),
        (
            Fact::CredentialIssued { role, secret: secret(1), version },
            Event::CredentialIssued { role, secret: secret(1), version },
        ),
        (Fact::CredentialActivated { role, version }, Event::CredentialActivated { role, version }),
        observed(),
        usurped(),
        (Fact::SecretsShredded, Event::SecretsShredded {}),
        (Fact::PlacementReleased, release),
    ]
}

/// What completing the open step with `told` puts on record besides the completion.
fn recorded(given: &[Event], told: Fact) -> Vec<Event> {
    let state: Instance = folded(given.to_vec());
    let mut events = state.decide(advance(complete(1, vec![told]))).unwrap();
    assert_eq!(events.pop(), Some(completed(1)), "the completion comes last");
    events
}

#[test]
fn a_fact_is_recorded_once() {
    let mut given = cloning();
    for (fact, event) in facts() {
        assert_eq!(recorded(&given, fact.clone()), vec![event.clone()]);
        given.push(event);
        assert_eq!(recorded(&given, fact), []);
    }
}

#[test]
fn every_report_and_fact_is_exercised() {
    let cases = acceptances().into_iter().chain(instance_observations::acceptances());
    let reports = cases.filter_map(|case| match case.when {
        Command::Advance(_, progress) => Some(report_name(&progress)),
        _ => None,
    });
    assert_all_covered(REPORTS, reports);
    let retired = Fact::CredentialRetired { role: CredentialRole::Tenant, version: 1 };
    assert_all_covered(FACTS, facts().iter().map(|(fact, _)| fact_name(fact)).chain([fact_name(&retired)]));
}
