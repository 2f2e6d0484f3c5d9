//! Where an event belongs: org, project, instance, job.

use super::{Happened, Subject};
use dbx_domain::{
    account::AccountEvent,
    ids::{InstanceId, OrgId, ProjectId, WorkflowId},
    instance::InstanceEvent,
    org::OrgEvent,
};

/// Where an event belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its org; none for what concerns only an account.
    pub org: Option<OrgId>,
    /// Its project.
    pub project: Option<ProjectId>,
    /// Its instance.
    pub instance: Option<InstanceId>,
    /// Its run.
    pub job: Option<WorkflowId>,
}

impl Place {
    /// Where `happened` in the stream `id` belongs; `subject` is what that stream said before.
    pub fn of(happened: &Happened, id: &str, subject: &Subject) -> Self {
        match happened {
            Happened::Account(event) => Self { org: org_of_key(event, subject), ..Self::default() },
            Happened::Org(event) => in_org(event, id),
            Happened::Instance(event) => in_instance(event, id, subject),
        }
    }
}

fn org_of_key(event: &AccountEvent, subject: &Subject) -> Option<OrgId> {
    match (event, subject) {
        (AccountEvent::ApiKeyIssued { org, .. }, _) => Some(*org),
        (AccountEvent::ApiKeyRevoked { key }, Subject::Account(account)) => {
            account.keys.get(key).map(|(org, _)| *org)
        }
        _ => None,
    }
}

fn in_org(event: &OrgEvent, id: &str) -> Place {
    let org = id.parse().ok();
    let (project, instance) = match event {
        OrgEvent::ProjectCreated { project, .. }
        | OrgEvent::ProjectRenamed { project, .. }
        | OrgEvent::ProjectQuotaSet { project, .. }
        | OrgEvent::ProjectDeleted { project } => (Some(*project), None),
        OrgEvent::InstanceAdmitted { project, instance, .. } => (Some(*project), Some(*instance)),
        OrgEvent::InstanceNameChanged { instance, .. } | OrgEvent::InstanceReleased { instance } => {
            (None, Some(*instance))
        }
        _ => (None, None),
    };
    Place { org, project, instance, job: None }
}

fn in_instance(event: &InstanceEvent, id: &str, subject: &Subject) -> Place {
    let (org, project) = match (event, subject) {
        (InstanceEvent::InstanceRequested { org, project, .. }, _) => (Some(*org), Some(*project)),
        (_, Subject::Instance(instance)) => (instance.org, instance.project),
        _ => (None, None),
    };
    Place { org, project, instance: id.parse().ok(), job: job_of(event) }
}

fn job_of(event: &InstanceEvent) -> Option<WorkflowId> {
    use InstanceEvent as E;
    match event {
        E::WorkflowRequested { workflow, .. }
        | E::StepBegan { workflow, .. }
        | E::TaskSubmitted { workflow, .. }
        | E::StepCompleted { workflow, .. }
        | E::StepFailed { workflow, .. }
        | E::CompensationBegan { workflow, .. }
        | E::UndoBegan { workflow, .. }
        | E::UndoCompleted { workflow, .. }
        | E::UndoFailed { workflow, .. }
        | E::WorkflowFinished { workflow, .. }
        | E::WorkflowParked { workflow, .. }
        | E::CancelRequested { workflow }
        | E::RetryRequested { workflow, .. }
        | E::AbandonRequested { workflow, .. } => Some(*workflow),
        _ => None,
    }
}
