//! Every state that an instance can be in, explained.

use super::*;
use cqrs_es::Aggregate as _;
use dbx_domain::{
    ids::{Ctid, InstanceId, OrgId, ProjectId},
    instance::{ClusterCalls, CredentialRole, DriftKind, FailureClass, InstanceEvent},
    name::Tags,
    plan::{PgVersion, Plan, Size},
};
use std::{net::Ipv4Addr, time::Duration};
use uuid::Uuid;

fn at(seconds: u64) -> Timestamp {
    Timestamp::EPOCH + Duration::from_secs(seconds)
}

fn workflow(number: u128) -> WorkflowId {
    WorkflowId::from_uuid(Uuid::from_u128(number))
}

fn requested(number: u128, kind: WorkflowKind) -> InstanceEvent {
    let definition = catalogue::definition(kind).version;
    InstanceEvent::WorkflowRequested { workflow: workflow(number), kind, definition, deadline_at: at(3_600) }
}

fn finished(number: u128, kind: WorkflowKind, outcome: Outcome) -> InstanceEvent {
    InstanceEvent::WorkflowFinished { workflow: workflow(number), kind, outcome }
}

fn broken() -> Failure {
    Failure { class: FailureClass::Transient, code: "x".into(), message: "the node did not answer".into() }
}

fn first_step(kind: WorkflowKind) -> StepName {
    catalogue::definition(kind).steps[0].name.clone()
}

fn began(step: StepName) -> InstanceEvent {
    InstanceEvent::StepBegan { workflow: workflow(1), step, attempt: 1, deadline_at: at(600) }
}

fn folded(events: impl IntoIterator<Item = InstanceEvent>) -> Instance {
    let id = Uuid::from_u128(7);
    let mut instance = Instance::default();
    instance.apply(InstanceEvent::InstanceRequested {
        instance: InstanceId::from_uuid(id),
        org: OrgId::from_uuid(id),
        project: ProjectId::from_uuid(id),
        name: "db".parse().unwrap(),
        size: Size::new(Plan::Nano, None).unwrap(),
        pg_version: PgVersion::DEFAULT,
        tags: Tags::default(),
    });
    events.into_iter().for_each(|event| instance.apply(event));
    instance
}

fn known(instance: &Instance) -> Known<'_> {
    Known {
        instance,
        ended: None,
        taken: Vec::new(),
        held: false,
        asked: Asked::default(),
        role: Role::Owner,
        now: at(10),
    }
}

fn running() -> Vec<InstanceEvent> {
    let create = WorkflowKind::Create;
    let healthy = InstanceEvent::HealthObserved { health: Health::Healthy };
    vec![requested(1, create), finished(1, create, Outcome::Succeeded), healthy]
}

fn names(why: &Why) -> Vec<OfferName> {
    why.offers.iter().map(|offer| offer.name).collect()
}

#[test]
fn an_order_waits_for_a_worker() {
    let instance = folded([requested(1, WorkflowKind::Create)]);
    let why = explain(&known(&instance));
    assert_eq!(why.state, Lifecycle::Requested);
    assert_eq!(why.summary, "db is being created; nothing has begun yet");
    assert_eq!(why.waiting_for.as_deref(), Some("A worker to begin reserving a place on a node"));
    assert_eq!(names(&why), [OfferName::Cancel, OfferName::Delete]);
    let job = why.job.unwrap();
    assert_eq!((job.attempt, job.deadline_at), (0, Some(at(3_600))));
}

#[test]
fn a_step_under_way_is_waited_for_and_one_left_behind_is_taken_over() {
    let step = first_step(WorkflowKind::Create);
    let instance = folded([requested(1, WorkflowKind::Create), began(step)]);
    let why = explain(&Known { held: true, ..known(&instance) });
    assert_eq!((why.state, why.cause), (Lifecycle::Provisioning, None));
    assert_eq!(why.waiting_for.as_deref(), Some("A worker, which is reserving a place on a node"));
    assert_eq!(why.job.unwrap().attempt, 1);
    let why = explain(&known(&instance));
    let waits = why.waiting_for.unwrap();
    assert_eq!(waits, "A worker to go on reserving a place on a node, which one began");
}

#[test]
fn a_failure_that_will_be_tried_again_says_why_and_when() {
    let step = first_step(WorkflowKind::Create);
    let failed = InstanceEvent::StepFailed {
        workflow: workflow(1),
        step: step.clone(),
        attempt: 1,
        failure: broken(),
        retry_at: Some(at(30)),
        calls: ClusterCalls::default(),
    };
    let instance = folded([requested(1, WorkflowKind::Create), began(step), failed]);
    let why = explain(&known(&instance));
    assert_eq!(why.cause.as_deref(), Some("Reserving a place on a node failed: the node did not answer"));
    assert_eq!(why.waiting_for, Some(format!("The next attempt, at {}", at(30))));
    let job = why.job.unwrap();
    assert_eq!((job.next_attempt_at, job.attempt), (Some(at(30)), 1));
}

#[test]
fn a_permit_that_others_hold_is_named() {
    let definition = catalogue::definition(WorkflowKind::Create);
    let place = InstanceEvent::PlacementReserved {
        node: "pve1".into(),
        ctid: Ctid(500),
        address: Ipv4Addr::new(10, 0, 0, 1),
    };
    let mut events = vec![requested(1, WorkflowKind::Create), place];
    let writes = definition.steps.iter().position(|step| step.load != dbx_workflows::definition::Load::Light);
    for step in &definition.steps[..writes.unwrap()] {
        events.push(began(step.name.clone()));
        let (workflow, step) = (workflow(1), step.name.clone());
        events.push(InstanceEvent::StepCompleted {
            workflow,
            step,
            attempt: 1,
            calls: ClusterCalls::default(),
        });
    }
    let instance = folded(events);
    let wanted = permits(&instance, at(10));
    assert_eq!(wanted.first().map(|scope| scope.name.as_str()), Some("node/pve1"));
    for scope in wanted {
        let why = explain(&Known { taken: vec![scope], ..known(&instance) });
        let waits = why.waiting_for.unwrap();
        assert!(
            waits.starts_with("Its turn") && waits.contains("pve1") && waits.contains("before "),
            "{waits}"
        );
    }
}

#[test]
fn a_stuck_run_needs_somebody_and_offers_the_ways_out() {
    let parked = InstanceEvent::WorkflowParked { workflow: workflow(1), reason: "not over in time".into() };
    let step = first_step(WorkflowKind::Create);
    let instance = folded([requested(1, WorkflowKind::Create), began(step), parked]);
    let why = explain(&known(&instance));
    assert_eq!(why.state, Lifecycle::NeedsOperator);
    assert_eq!(why.cause.as_deref(), Some("It is stuck: not over in time"));
    assert_eq!(why.waiting_for.as_deref(), Some("Somebody to choose what to do"));
    assert_eq!(why.job.as_ref().unwrap().deadline_at, None);
    let expected = [OfferName::Retry, OfferName::Cancel, OfferName::Abandon, OfferName::Delete];
    assert_eq!(names(&why), expected);
    assert!(why.offers[0].command.starts_with("dbx job retry job_"));
}

#[test]
fn undoing_says_what_for() {
    let step = first_step(WorkflowKind::Create);
    let outcome = Outcome::Failed { failure: broken() };
    let turned = InstanceEvent::CompensationBegan { workflow: workflow(1), outcome };
    let instance = folded([requested(1, WorkflowKind::Create), began(step), turned]);
    let why = explain(&known(&instance));
    assert_eq!(why.summary, "db is being created; what was done is being undone");
    assert_eq!(why.cause.as_deref(), Some("It failed: the node did not answer"));
}

#[test]
fn a_running_instance_waits_for_nothing_unless_it_does_not_answer() {
    let instance = folded(running());
    let why = explain(&known(&instance));
    assert_eq!(
        (why.summary.as_str(), why.cause, why.waiting_for, why.job),
        ("db runs and answers", None, None, None)
    );
    assert_eq!(why.offers[0].command.split(' ').take(3).collect::<Vec<_>>(), ["dbx", "instance", "stop"]);
    let unreachable = InstanceEvent::HealthObserved { health: Health::Unreachable };
    let drift = InstanceEvent::DriftDetected {
        what: DriftKind::ContainerStopped,
        expected: "running".into(),
        observed: "stopped".into(),
    };
    let instance = folded(running().into_iter().chain([unreachable, drift]));
    let why = explain(&known(&instance));
    assert_eq!(why.summary, "db should run, and does not answer");
    assert_eq!(why.cause.as_deref(), Some("Record and cluster differ: container stopped; found stopped"));
    assert!(why.waiting_for.unwrap().contains("it is started"));
    let unknown = InstanceEvent::HealthObserved { health: Health::Unknown };
    let instance = folded(running().into_iter().chain([unknown]));
    assert_eq!(explain(&known(&instance)).waiting_for.as_deref(), Some("The next look at its server"));
}

#[test]
fn a_protected_instance_says_so_and_offers_no_delete() {
    let protected = InstanceEvent::ProtectionChanged { protected: true };
    let instance = folded(running().into_iter().chain([protected]));
    let why = explain(&known(&instance));
    assert_eq!(why.summary, "db runs and answers, protected from deletion");
    assert!(!names(&why).contains(&OfferName::Delete), "{:?}", why.offers);
}

#[test]
fn stopped_failed_and_deleted_instances_say_how_they_came_to_it() {
    let stop = WorkflowKind::Stop;
    let stopped = running().into_iter().chain([requested(2, stop), finished(2, stop, Outcome::Succeeded)]);
    let instance = folded(stopped);
    let why = explain(&known(&instance));
    assert_eq!((why.state, why.summary.as_str()), (Lifecycle::Stopped, "db is stopped; its data is kept"));
    assert!(names(&why).contains(&OfferName::Start) && !names(&why).contains(&OfferName::Stop));

    let (create, failed) = (WorkflowKind::Create, Outcome::Failed { failure: broken() });
    let instance = folded([requested(1, create), finished(1, create, failed.clone())]);
    let why = explain(&Known { ended: Some((create, failed)), ..known(&instance) });
    assert_eq!((why.state, why.summary.as_str()), (Lifecycle::Failed, "db could not be created"));
    assert_eq!(why.cause.as_deref(), Some("The last job failed: the node did not answer"));
    assert!(names(&why).contains(&OfferName::Delete));

    let instance = folded([requested(1, create), finished(1, create, Outcome::Canceled)]);
    let why = explain(&Known { ended: Some((create, Outcome::Canceled)), ..known(&instance) });
    assert_eq!(why.summary, "db was not created: that was canceled");

    let delete = WorkflowKind::Delete;
    let gone = running().into_iter().chain([requested(2, delete), finished(2, delete, Outcome::Succeeded)]);
    let instance = folded(gone);
    let why = explain(&known(&instance));
    assert_eq!((why.state, names(&why)), (Lifecycle::Deleted, vec![]));
    assert_eq!(why.summary, "db is deleted; its history is kept");
}

#[test]
fn a_password_explains_no_state_unless_it_could_not_be_replaced() {
    let (rotate, stop) = (WorkflowKind::Rotate, WorkflowKind::Stop);
    let revealed = InstanceEvent::CredentialRevealed { role: CredentialRole::Tenant, version: 1 };
    for other in [&revealed, &requested(2, rotate), &finished(2, rotate, Outcome::Succeeded)] {
        assert!(!is_transition(other), "{other:?}");
    }
    let failed = finished(2, rotate, Outcome::Failed { failure: broken() });
    for turn in [&requested(3, stop), &finished(3, stop, Outcome::Succeeded), &failed] {
        assert!(is_transition(turn), "{turn:?}");
    }
}

#[test]
fn a_delete_that_waits_is_what_everybody_waits_for() {
    let (stop, delete) = (WorkflowKind::Stop, WorkflowKind::Delete);
    let instance = folded(running().into_iter().chain([requested(2, stop), requested(3, delete)]));
    let asked = Asked { delete: Some("Ada".to_owned()), ..Asked::default() };
    let why = explain(&Known { asked, ..known(&instance) });
    assert_eq!(why.state, Lifecycle::Deleting);
    assert_eq!(why.cause.as_deref(), Some("Ada asked to delete it"));
    assert!(why.waiting_for.unwrap().starts_with("The delete takes over"));
}

#[test]
fn only_what_the_one_who_asks_may_do_is_offered() {
    let instance = folded(running());
    let offered = |role| names(&explain(&Known { role, ..known(&instance) }));
    use OfferName::{Delete, Reboot, RotateCreds, Stop};
    assert_eq!(offered(Role::Viewer), []);
    assert_eq!(offered(Role::Member), [Stop, Reboot, RotateCreds]);
    assert_eq!(offered(Role::Admin), [Stop, Reboot, RotateCreds, Delete]);
}

#[test]
fn every_step_of_every_run_has_words() {
    for kind in WorkflowKind::ALL {
        for step in catalogue::definition(*kind).steps {
            assert!(step::words(step.name.as_str()).is_some(), "{}", step.name);
        }
    }
}

#[test]
fn every_kind_of_run_and_every_end_has_a_sentence() {
    let ends = [
        Outcome::Canceled,
        Outcome::Abandoned { left: vec![] },
        Outcome::Failed { failure: broken() },
        Outcome::Superseded,
        Outcome::Succeeded,
    ];
    for kind in WorkflowKind::ALL {
        let instance = folded(running().into_iter().chain([requested(2, *kind)]));
        let why = explain(&known(&instance));
        assert!(why.summary.starts_with("db is ") && why.waiting_for.is_some(), "{why:?}");
        for ended in &ends {
            let instance = folded(running());
            let why = explain(&Known { ended: Some((*kind, ended.clone())), ..known(&instance) });
            let expected = !matches!(ended, Outcome::Succeeded | Outcome::Superseded);
            assert_eq!(why.cause.is_some(), expected, "{kind} {ended:?}");
        }
    }
}
