//! Random histories of an instance: commands against the aggregate, most of them sensible, and whatever it decides.

use dbx_domain::{
    Instance,
    ids::{Ctid, InstanceId, SecretId},
    instance::{
        CredentialRole, DriftKind, Fact, Failure, FailureClass, InstanceCommand, Observation, Outcome,
        Progress, Run, RunRequest, StepName, WorkflowKind,
    },
    name::Tags,
};
use proptest::prelude::*;
use std::{
    net::Ipv4Addr,
    sync::atomic::{AtomicU32, Ordering},
};

use crate::stand::{seconds, workflow};

const STEPS: [StepName; 3] = [StepName::new("reserve"), StepName::new("clone"), StepName::new("start")];

/// What to try next; steps and facts by number.
#[derive(Clone, Debug)]
pub(crate) enum Move {
    Run(usize),
    Cancel,
    Retry,
    Abandon,
    Reveal,
    Rename(bool),
    Tag(bool),
    Protect(bool),
    Drift(bool),
    Begin(usize),
    Task(usize),
    Complete(usize, Vec<u8>),
    Fail(usize, bool),
    Compensate(bool),
    BeginUndo(usize),
    CompleteUndo(usize, Vec<u8>),
    FailUndo(usize, bool),
    Finish(u8),
    Park,
}

pub(crate) fn moves() -> impl Strategy<Value = Vec<Move>> {
    let step = || 0..STEPS.len();
    let facts = || prop::collection::vec(0u8..10, 0..4);
    let one = prop_oneof![
        4 => (0..WorkflowKind::ALL.len()).prop_map(Move::Run),
        1 => Just(Move::Cancel),
        2 => Just(Move::Retry),
        1 => Just(Move::Abandon),
        1 => Just(Move::Reveal),
        1 => any::<bool>().prop_map(Move::Rename),
        1 => any::<bool>().prop_map(Move::Tag),
        1 => any::<bool>().prop_map(Move::Protect),
        1 => any::<bool>().prop_map(Move::Drift),
        8 => step().prop_map(Move::Begin),
        3 => step().prop_map(Move::Task),
        8 => (step(), facts()).prop_map(|(step, facts)| Move::Complete(step, facts)),
        3 => (step(), any::<bool>()).prop_map(|(step, retry)| Move::Fail(step, retry)),
        1 => any::<bool>().prop_map(Move::Compensate),
        4 => step().prop_map(Move::BeginUndo),
        4 => (step(), facts()).prop_map(|(step, facts)| Move::CompleteUndo(step, facts)),
        2 => (step(), any::<bool>()).prop_map(|(step, retry)| Move::FailUndo(step, retry)),
        3 => (0u8..8).prop_map(Move::Finish),
        1 => Just(Move::Park),
    ];
    prop::collection::vec(one, 1..60)
}

impl Move {
    /// The command, in terms of where the instance stands. It may well refuse.
    pub(crate) fn command(&self, id: InstanceId, instance: &Instance) -> InstanceCommand {
        let under_way = instance.run().map_or_else(workflow, |run| run.workflow);
        match self {
            Self::Run(kind) => {
                let request = RunRequest { workflow: workflow(), definition: 1, deadline_at: seconds(60) };
                InstanceCommand::Run(WorkflowKind::ALL[*kind], request)
            }
            Self::Cancel => InstanceCommand::Cancel(under_way),
            Self::Retry => InstanceCommand::Retry(under_way, seconds(120)),
            Self::Abandon => InstanceCommand::Abandon(under_way),
            Self::Reveal => InstanceCommand::Reveal(CredentialRole::Tenant),
            Self::Rename(back) => {
                InstanceCommand::Rename(if *back { "db" } else { "other" }.parse().unwrap())
            }
            Self::Tag(some) => InstanceCommand::SetTags(tags(*some)),
            Self::Protect(on) => InstanceCommand::Protect(*on),
            Self::Drift(seen) => InstanceCommand::Observe(drift(*seen)),
            _ => InstanceCommand::Advance(under_way, self.progress(id, instance.run())),
        }
    }

    fn progress(&self, id: InstanceId, run: Option<&Run>) -> Progress {
        let record = |step: usize| run.and_then(|run| run.step(&STEPS[step]));
        let attempt = |step| record(step).map_or(0, |record| record.attempts);
        let undo = |step| record(step).map_or(0, |record| record.undo_attempts);
        let retry_at = |retry: bool| retry.then(|| seconds(30));
        let facts = |numbers: &[u8]| numbers.iter().map(|number| fact(id, *number)).collect();
        let deadline_at = seconds(90);
        match self {
            Self::Begin(step) => Progress::BeginStep { step: STEPS[*step].clone(), deadline_at },
            Self::Task(step) => {
                let open = attempt(*step).max(1);
                Progress::SubmitTask {
                    step: STEPS[*step].clone(),
                    attempt: open,
                    task: format!("UPID:{open}"),
                }
            }
            Self::Complete(step, numbers) => Progress::CompleteStep {
                step: STEPS[*step].clone(),
                attempt: attempt(*step),
                facts: facts(numbers),
            },
            Self::Fail(step, retry) => Progress::FailStep {
                step: STEPS[*step].clone(),
                attempt: attempt(*step),
                failure: failure(),
                retry_at: retry_at(*retry),
            },
            Self::Compensate(canceled) => Progress::Compensate(if *canceled {
                Outcome::Canceled
            } else {
                Outcome::Failed { failure: failure() }
            }),
            Self::BeginUndo(step) => Progress::BeginUndo { step: STEPS[*step].clone(), deadline_at },
            Self::CompleteUndo(step, numbers) => Progress::CompleteUndo {
                step: STEPS[*step].clone(),
                attempt: undo(*step),
                facts: facts(numbers),
            },
            Self::FailUndo(step, retry) => Progress::FailUndo {
                step: STEPS[*step].clone(),
                attempt: undo(*step),
                failure: failure(),
                retry_at: retry_at(*retry),
            },
            Self::Finish(0) => Progress::Finish(Outcome::Failed { failure: failure() }),
            Self::Finish(1) => Progress::Finish(Outcome::Canceled),
            Self::Finish(2) => Progress::Finish(Outcome::Superseded),
            Self::Finish(_) if run.is_some_and(|run| run.abandoned) => Progress::Abandon,
            Self::Finish(_) => Progress::Finish(Outcome::Succeeded),
            _ => Progress::Park("the cluster does not answer".into()),
        }
    }
}

fn tags(some: bool) -> Tags {
    let tags = some.then(|| ("env".to_owned(), "prod".to_owned()));
    Tags::new(tags.into_iter().collect()).unwrap()
}

fn drift(seen: bool) -> Observation {
    let what = DriftKind::ContainerStopped;
    match seen {
        true => Observation::Drift { what, expected: "running".into(), observed: "stopped".into() },
        false => Observation::Settled { what, how: "it runs again".into() },
    }
}

pub(crate) fn failure() -> Failure {
    Failure {
        class: FailureClass::Transient,
        code: "cluster_unreachable".into(),
        message: "the cluster did not answer".into(),
    }
}

/// Numbers and addresses are unique over all histories of a test, as placement makes them.
fn fact(id: InstanceId, number: u8) -> Fact {
    static NEXT: AtomicU32 = AtomicU32::new(1_000);
    let role = if number.is_multiple_of(2) { CredentialRole::Tenant } else { CredentialRole::Platform };
    let version = 1 + u32::from(number) % 3;
    match number {
        0 | 1 => {
            let next = NEXT.fetch_add(1, Ordering::Relaxed);
            let address = Ipv4Addr::from(0x0a00_0000 + next);
            Fact::PlacementReserved { node: format!("pve{number}"), ctid: Ctid(next), address }
        }
        2 => Fact::PlacementReleased,
        3 | 4 => Fact::CredentialIssued { role, secret: SecretId::of(id, role.name()), version },
        5 | 6 => Fact::CredentialActivated { role, version },
        7 => Fact::CredentialRetired { role: CredentialRole::Tenant, version },
        8 => Fact::SecretsShredded,
        _ => Fact::ServerObserved {
            server_version: "17.1".into(),
            certificate_pem: "-----BEGIN CERTIFICATE-----".into(),
            fingerprint: format!("{number:064}"),
        },
    }
}
