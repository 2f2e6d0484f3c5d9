//! Instance: every command that people give, every refusal. What the engine reports is in `instance_reports`.

use crate::{
    instance_changes, instance_observations, instance_reports,
    sample::{at, failure, instance, org, project, resource_name, secret, size, step, workflow},
    scenario::{Case, accepted, assert_all_covered, check, refused, variants},
};
use dbx_domain::{
    Instance,
    instance::{
        ClusterCalls, CredentialRole, FailureClass, InstanceCommand as Command, InstanceError as Error,
        InstanceEvent as Event, Lifecycle, Order, Outcome, RunRequest, WorkflowKind as Kind,
    },
    name::Tags,
    plan::{PgVersion, Plan},
};

variants!(COMMANDS, command_name, Command {
    Request Run Rename SetTags Protect Cancel Retry Abandon Reveal Advance Observe Restore
});
variants!(ERRORS, error_name, Error {
    Exists Absent Busy Stuck Protected WrongState NotUnderWay NotCancelable StuckUndoing NotParked NoActiveCredential OutOfDate
});

pub(crate) fn run(id: u128) -> RunRequest {
    RunRequest { workflow: workflow(id), definition: 1, deadline_at: at(1_800) }
}

pub(crate) fn request(id: u128) -> Command {
    let order = Order {
        instance: instance(1),
        org: org(1),
        project: project(1),
        name: resource_name("db"),
        size: size(Plan::Nano),
        pg_version: PgVersion::DEFAULT,
        tags: Tags::default(),
    };
    Command::Request(Box::new(order), run(id))
}

pub(crate) fn requested(id: u128, kind: Kind) -> Event {
    Event::WorkflowRequested { workflow: workflow(id), kind, definition: 1, deadline_at: at(1_800) }
}

pub(crate) fn began(id: u128, name: &'static str, attempt: u32) -> Event {
    Event::StepBegan { workflow: workflow(id), step: step(name), attempt, deadline_at: at(300) }
}

pub(crate) fn finished(id: u128, kind: Kind, outcome: Outcome) -> Event {
    Event::WorkflowFinished { workflow: workflow(id), kind, outcome }
}

pub(crate) fn parked(id: u128) -> Event {
    Event::WorkflowParked { workflow: workflow(id), reason: "not over by its deadline".to_owned() }
}

pub(crate) fn failed() -> Outcome {
    Outcome::Failed { failure: failure(FailureClass::Permanent) }
}

/// Ordered; its create is run 1.
pub(crate) fn ordered() -> Vec<Event> {
    let order = Event::InstanceRequested {
        instance: instance(1),
        org: org(1),
        project: project(1),
        name: resource_name("db"),
        size: size(Plan::Nano),
        pg_version: PgVersion::DEFAULT,
        tags: Tags::default(),
    };
    vec![order, requested(1, Kind::Create)]
}

pub(crate) fn and(before: Vec<Event>, more: impl IntoIterator<Item = Event>) -> Vec<Event> {
    before.into_iter().chain(more).collect()
}

pub(crate) fn running() -> Vec<Event> {
    let (role, version) = (CredentialRole::Tenant, 1);
    let facts = [
        began(1, "reserve", 1),
        Event::CredentialIssued { role, secret: secret(1), version },
        Event::CredentialActivated { role, version },
    ];
    and(and(ordered(), facts), [finished(1, Kind::Create, Outcome::Succeeded)])
}

pub(crate) fn stopped() -> Vec<Event> {
    and(running(), [requested(2, Kind::Stop), finished(2, Kind::Stop, Outcome::Succeeded)])
}

pub(crate) fn deleted() -> Vec<Event> {
    let run = [requested(3, Kind::Delete), Event::SecretsShredded {}];
    and(and(running(), run), [finished(3, Kind::Delete, Outcome::Succeeded)])
}

/// A run of `kind` that has begun, after whatever it needs.
pub(crate) fn under_way(kind: Kind) -> Vec<Event> {
    let before = if kind == Kind::Start { stopped() } else { running() };
    and(before, [requested(5, kind), began(5, "work", 1)])
}

/// The begun step of run 5 failed and is tried again.
fn retried(class: FailureClass) -> Event {
    let retry_at = Some(at(9));
    Event::StepFailed {
        workflow: workflow(5),
        step: step("work"),
        attempt: 1,
        failure: failure(class),
        retry_at,
        calls: ClusterCalls::default(),
    }
}

/// The cluster took on a task for the begun step of run 5.
fn submitted() -> Event {
    Event::TaskSubmitted {
        workflow: workflow(5),
        step: step("work"),
        attempt: Some(1),
        task: "UPID:1".to_owned(),
    }
}

fn runs() -> Vec<Case<Instance>> {
    let start =
        |given: Vec<Event>, kind| accepted(&given, Command::Run(kind, run(7)), vec![requested(7, kind)]);
    let failed = and(ordered(), [finished(1, Kind::Create, failed())]);
    let again = |given: Vec<Event>, kind, id| accepted(&given, Command::Run(kind, run(id)), vec![]);
    vec![
        accepted(&[], request(1), ordered()),
        start(running(), Kind::Stop),
        start(running(), Kind::Reboot),
        start(running(), Kind::Rotate),
        start(stopped(), Kind::Start),
        start(failed, Kind::Create),
        start(stopped(), Kind::Delete),
        start(under_way(Kind::Rotate), Kind::Delete),
        again(under_way(Kind::Stop), Kind::Stop, 5),
        again(under_way(Kind::Delete), Kind::Delete, 5),
        again(and(under_way(Kind::Stop), [requested(6, Kind::Delete)]), Kind::Delete, 6),
    ]
}

fn signals() -> Vec<Case<Instance>> {
    let (five, wanted) = (workflow(5), Event::CancelRequested { workflow: workflow(5) });
    let cancel = |given: Vec<Event>, then| accepted(&given, Command::Cancel(five), then);
    let turned = Event::CompensationBegan { workflow: five, outcome: Outcome::Canceled };
    let (role, version) = (CredentialRole::Tenant, 1);
    vec![
        cancel(under_way(Kind::Rotate), vec![wanted.clone()]),
        cancel(under_way(Kind::Start), vec![wanted.clone()]),
        cancel(and(running(), [requested(5, Kind::Stop)]), vec![wanted.clone()]),
        cancel(and(under_way(Kind::Reboot), [parked(5)]), vec![wanted.clone()]),
        // Nothing was changed yet: its node does not answer, for example.
        cancel(and(under_way(Kind::Stop), [retried(FailureClass::Transient)]), vec![wanted.clone()]),
        cancel(and(under_way(Kind::Rotate), [wanted]), vec![]),
        cancel(and(under_way(Kind::Rotate), [turned]), vec![]),
        accepted(
            &and(under_way(Kind::Stop), [parked(5)]),
            Command::Retry(five, at(9)),
            vec![Event::RetryRequested { workflow: five, deadline_at: at(9) }],
        ),
        accepted(&running(), Command::Reveal(role), vec![Event::CredentialRevealed { role, version }]),
        accepted(
            &under_way(Kind::Rotate),
            Command::Reveal(role),
            vec![Event::CredentialRevealed { role, version }],
        ),
    ]
}

fn refused_runs() -> Vec<Case<Instance>> {
    let ask = |given: Vec<Event>, kind, error| refused(&given, Command::Run(kind, run(7)), error);
    let wrong = |kind, lifecycle| Error::WrongState { kind, lifecycle };
    let busy = |id, kind| Error::Busy { workflow: workflow(id), kind };
    let stuck = |kind| Error::Stuck { workflow: workflow(5), kind };
    let waits = and(under_way(Kind::Stop), [requested(6, Kind::Delete)]);
    vec![
        refused(&ordered(), request(1), Error::Exists),
        refused(&deleted(), request(2), Error::Exists),
        ask(vec![], Kind::Stop, Error::Absent),
        ask(deleted(), Kind::Delete, Error::Absent),
        ask(deleted(), Kind::Start, Error::Absent),
        ask(running(), Kind::Start, wrong(Kind::Start, Lifecycle::Running)),
        ask(running(), Kind::Create, wrong(Kind::Create, Lifecycle::Running)),
        ask(stopped(), Kind::Rotate, wrong(Kind::Rotate, Lifecycle::Stopped)),
        ask(under_way(Kind::Stop), Kind::Stop, busy(5, Kind::Stop)),
        ask(waits.clone(), Kind::Stop, busy(6, Kind::Delete)),
        ask(waits, Kind::Delete, busy(6, Kind::Delete)),
        ask(under_way(Kind::Delete), Kind::Delete, busy(5, Kind::Delete)),
        ask(and(under_way(Kind::Delete), [parked(5)]), Kind::Delete, stuck(Kind::Delete)),
        ask(and(under_way(Kind::Stop), [parked(5)]), Kind::Reboot, stuck(Kind::Stop)),
        refused(&under_way(Kind::Stop), Command::Run(Kind::Reboot, run(5)), busy(5, Kind::Stop)),
    ]
}

fn refused_signals() -> Vec<Case<Instance>> {
    let (five, six) = (workflow(5), workflow(6));
    let waits = and(under_way(Kind::Stop), [requested(6, Kind::Delete)]);
    let cancel = |given: Vec<Event>, error| refused(&given, Command::Cancel(five), error);
    let reveal = |given: Vec<Event>, role, error| refused(&given, Command::Reveal(role), error);
    let (tenant, platform) = (CredentialRole::Tenant, CredentialRole::Platform);
    vec![
        cancel(vec![], Error::Absent),
        cancel(running(), Error::NotUnderWay(five)),
        cancel(under_way(Kind::Stop), Error::NotCancelable(Kind::Stop)),
        cancel(under_way(Kind::Reboot), Error::NotCancelable(Kind::Reboot)),
        cancel(
            and(under_way(Kind::Stop), [retried(FailureClass::Unknown)]),
            Error::NotCancelable(Kind::Stop),
        ),
        cancel(
            and(under_way(Kind::Stop), [submitted(), retried(FailureClass::Transient)]),
            Error::NotCancelable(Kind::Stop),
        ),
        cancel(and(running(), [requested(5, Kind::Delete)]), Error::NotCancelable(Kind::Delete)),
        refused(&waits, Command::Cancel(six), Error::NotCancelable(Kind::Delete)),
        refused(&[], Command::Retry(five, at(9)), Error::Absent),
        refused(&running(), Command::Retry(five, at(9)), Error::NotUnderWay(five)),
        refused(&under_way(Kind::Stop), Command::Retry(five, at(9)), Error::NotParked(five)),
        reveal(vec![], tenant, Error::Absent),
        reveal(ordered(), tenant, Error::NoActiveCredential(tenant)),
        reveal(running(), platform, Error::NoActiveCredential(platform)),
        reveal(deleted(), tenant, Error::NoActiveCredential(tenant)),
    ]
}

fn more_acceptances() -> impl Iterator<Item = Case<Instance>> {
    let more = instance_reports::acceptances().into_iter().chain(instance_observations::acceptances());
    more.chain(instance_changes::acceptances())
}

#[test]
fn every_command_is_accepted_where_it_fits() {
    let cases = || runs().into_iter().chain(signals()).chain(more_acceptances());
    assert_all_covered(COMMANDS, cases().map(|case| command_name(&case.when)));
    check(cases().collect());
}

#[test]
fn every_refusal_happens() {
    let more = || {
        let more = instance_reports::refusals().into_iter().chain(instance_observations::refusals());
        more.chain(instance_changes::refusals())
    };
    let cases = || refused_runs().into_iter().chain(refused_signals()).chain(more());
    assert_all_covered(ERRORS, cases().filter_map(|case| case.then.as_ref().err().map(error_name)));
    check(cases().collect());
}
