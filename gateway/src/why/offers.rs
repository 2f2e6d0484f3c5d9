//! What one can do about an instance as it is.
//!
//! Guarantee: what is offered is accepted, unless somebody else does something in between: the domain itself is asked, and
//! so is the table of who may do what.

use super::Known;
use dbx_domain::{
    Decide,
    ids::WorkflowId,
    instance::{InstanceCommand, Run, RunRequest, StepState, WorkflowKind},
    policy::{Action, allows},
};
use dbx_workflows::catalogue;
use uuid::Uuid;

/// What can be done, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfferName {
    Start,
    Stop,
    Reboot,
    RotateCreds,
    Delete,
    Retry,
    Cancel,
    Abandon,
}

impl OfferName {
    /// What one must be allowed to do.
    const fn action(self) -> Action {
        match self {
            Self::Start | Self::Stop | Self::Reboot | Self::Retry | Self::Cancel => Action::OperateInstance,
            Self::RotateCreds => Action::RotateCredentials,
            Self::Delete | Self::Abandon => Action::DeleteInstance,
        }
    }
}

/// Something that can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) name: OfferName,
    pub(crate) sentence: &'static str,
    /// As one types it.
    pub(crate) command: String,
}

/// Everything that would be accepted of the one who asks, what helps a stuck run first.
pub(super) fn of(known: &Known<'_>) -> Vec<Offer> {
    let Some(identity) = known.instance.identity() else { return Vec::new() };
    let name = &identity.name;
    let of_run = known.instance.run().map(|run| of_run(known, run)).unwrap_or_default();
    let runs = [
        (WorkflowKind::Start, OfferName::Start, "Start it", format!("dbx instance start {name}")),
        (
            WorkflowKind::Stop,
            OfferName::Stop,
            "Stop it; its data is kept",
            format!("dbx instance stop {name}"),
        ),
        (WorkflowKind::Reboot, OfferName::Reboot, "Stop and start it", format!("dbx instance reboot {name}")),
        (
            WorkflowKind::Rotate,
            OfferName::RotateCreds,
            "Give it a new password",
            format!("dbx instance creds rotate {name}"),
        ),
        (
            WorkflowKind::Delete,
            OfferName::Delete,
            "Delete it and its data, for good",
            format!("dbx instance delete {name}"),
        ),
    ];
    let accepted =
        runs.into_iter().filter(|(kind, ..)| accepts(known, InstanceCommand::Run(*kind, request(known))));
    let offers = accepted.map(|(_, name, sentence, command)| Offer { name, sentence, command });
    of_run.into_iter().chain(offers).filter(|offer| allows(known.role, offer.name.action())).collect()
}

fn of_run(known: &Known<'_>, run: &Run) -> Vec<Offer> {
    let id = run.workflow;
    let ways = [
        (
            InstanceCommand::Retry(id, known.now + catalogue::definition(run.kind).deadline),
            OfferName::Retry,
            "Let it try again where it is stuck, with a new deadline",
            format!("dbx job retry {id}"),
        ),
        (
            InstanceCommand::Cancel(id),
            OfferName::Cancel,
            "Give the job up; what it did is undone",
            format!("dbx job cancel {id}"),
        ),
        (
            InstanceCommand::Abandon(id),
            OfferName::Abandon,
            "Give the job up where it is, whatever it leaves behind",
            format!("dbx job abandon {id}"),
        ),
    ];
    let possible = |name| name != OfferName::Cancel || !is_past_pivot(run);
    let accepted =
        ways.into_iter().filter(|(command, name, ..)| possible(*name) && accepts(known, command.clone()));
    accepted.map(|(_, name, sentence, command)| Offer { name, sentence, command }).collect()
}

/// Accepted, and of consequence: asking again for what was asked for adds nothing.
fn accepts(known: &Known<'_>, command: InstanceCommand) -> bool {
    known.instance.decide(command).is_ok_and(|events| !events.is_empty())
}

/// A run that nobody asked for, to find out whether one would be accepted.
fn request(known: &Known<'_>) -> RunRequest {
    RunRequest { workflow: WorkflowId::from_uuid(Uuid::nil()), definition: 1, deadline_at: known.now }
}

/// Behind its pivot a run only goes forward; the domain knows no definitions.
fn is_past_pivot(run: &Run) -> bool {
    let Some(definition) = catalogue::find(run.kind, run.definition) else { return false };
    run.steps.iter().any(|record| {
        record.state == StepState::Completed && definition.step(&record.step).is_some_and(|step| step.pivot)
    })
}
