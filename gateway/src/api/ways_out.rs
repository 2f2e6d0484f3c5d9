//! What can be done about a job that is stuck, in words.
//!
//! Guarantee: what is offered is accepted, unless somebody else does something about the job in between.

use super::schema::{job::WayOut, words::WayOutAction};
use crate::ways_out;
use dbx_domain::instance::WorkflowKind;
use dbx_projections::{
    jobs::{ABANDONED, JobStatus, JobView},
    narrative::step::parked,
};

/// Why it is stuck, or what may be left of it.
pub(super) fn reason(view: &JobView) -> Option<String> {
    let left =
        || view.error.as_ref().filter(|error| error.code == ABANDONED).map(|error| error.message.clone());
    view.parked_reason.as_deref().map(|reason| parked(reason).into_owned()).or_else(left)
}

/// The ways out of `view`; `cancelable` tells whether a cancel would be accepted.
pub(super) fn of(view: &JobView, cancelable: bool) -> Vec<WayOut> {
    if view.status != JobStatus::NeedsOperator {
        return if is_left_create(view) && view.deletable {
            vec![delete("Delete the instance; that cleans up what is left.")]
        } else {
            Vec::new()
        };
    }
    let way = |action, words: &str| WayOut { action, description: format!("{words}.") };
    let words = words(view);
    let mut ways = vec![way(WayOutAction::Retry, words.retry())];
    if cancelable {
        ways.push(way(WayOutAction::Cancel, words.cancel()));
    }
    ways.push(way(WayOutAction::Abandon, words.abandon()));
    if view.deletable {
        ways.push(delete("Delete the instance; the delete takes over from this job and cleans up."));
    }
    ways
}

fn delete(description: &str) -> WayOut {
    WayOut { action: WayOutAction::Delete, description: description.to_owned() }
}

fn is_left_create(view: &JobView) -> bool {
    view.kind == WorkflowKind::Create && view.error.as_ref().is_some_and(|error| error.code == ABANDONED)
}

fn words(view: &JobView) -> ways_out::Job<'_> {
    let failure = view.failure().and_then(|error| Some((error.class?, error.code.as_str())));
    ways_out::Job { kind: view.kind, undoing: view.compensating, failure }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbx_domain::{
        ids::{InstanceId, OrgId, ProjectId, WorkflowId},
        time::Timestamp,
    };
    use dbx_projections::jobs::JobError;
    use uuid::Uuid;

    fn job(kind: WorkflowKind, status: JobStatus) -> JobView {
        JobView {
            workflow: WorkflowId::from_uuid(Uuid::nil()),
            instance: InstanceId::from_uuid(Uuid::nil()),
            org: OrgId::from_uuid(Uuid::nil()),
            project: ProjectId::from_uuid(Uuid::nil()),
            kind,
            definition: 1,
            status,
            compensating: false,
            cancel_requested: false,
            parked_reason: (status == JobStatus::NeedsOperator).then(|| "step clone failed".to_owned()),
            error: None,
            deadline_at: Timestamp::EPOCH,
            created_at: Timestamp::EPOCH,
            started_at: Some(Timestamp::EPOCH),
            finished_at: None,
            steps: Vec::new(),
            deletable: kind != WorkflowKind::Delete,
        }
    }

    fn offered(view: &JobView) -> Vec<WayOutAction> {
        of(view, view.is_cancelable()).into_iter().map(|way| way.action).collect()
    }

    #[test]
    fn every_stuck_job_has_ways_out_and_no_other_does() {
        use WayOutAction::{Abandon, Cancel, Delete, Retry};
        for kind in WorkflowKind::ALL {
            assert!(offered(&job(*kind, JobStatus::Running)).is_empty());
            assert_eq!(reason(&job(*kind, JobStatus::Running)), None);
            let stuck = job(*kind, JobStatus::NeedsOperator);
            assert!(reason(&stuck).is_some());
            assert!(of(&stuck, true).iter().all(|way| way.description.ends_with('.')));
            let expected: &[_] = if *kind == WorkflowKind::Delete {
                &[Retry, Abandon]
            } else {
                &[Retry, Cancel, Abandon, Delete]
            };
            assert_eq!(offered(&stuck), expected, "{kind}");
        }
        let kept = JobView { deletable: false, ..job(WorkflowKind::Create, JobStatus::NeedsOperator) };
        assert_eq!(offered(&kept), [Retry, Cancel, Abandon], "it is protected, or gone");
        let undoing = JobView { compensating: true, ..job(WorkflowKind::Create, JobStatus::NeedsOperator) };
        assert_eq!(offered(&undoing), [Retry, Abandon, Delete], "it is given up already");
    }

    #[test]
    fn an_abandoned_create_says_what_is_left_and_offers_the_delete() {
        let message = "given up; may be left behind: container 700 on pve1".to_owned();
        let error = Some(JobError { code: ABANDONED.to_owned(), message: message.clone(), class: None });
        let view = JobView { error, ..job(WorkflowKind::Create, JobStatus::Failed) };
        assert_eq!(reason(&view), Some(message));
        assert_eq!(offered(&view), [WayOutAction::Delete]);
        assert!(offered(&JobView { deletable: false, ..view.clone() }).is_empty(), "the delete was accepted");
        assert!(offered(&JobView { kind: WorkflowKind::Stop, ..view }).is_empty());
    }
}
