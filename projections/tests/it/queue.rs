//! The rules of the workflow queue.

use crate::{
    history::failure,
    stand::{Ordered, Queued, Stand, requested, seconds, workflow},
};
use dbx_domain::{
    Instance,
    instance::{ClusterCalls, InstanceEvent, Outcome, StepName, WorkflowKind},
    time::Timestamp,
};
use dbx_sql::lease;
use std::time::Duration;

const STEP: StepName = StepName::new("clone");
const NOW: u64 = 1_000;

/// A stand whose clock stands, and an instance that a worker holds after two claims.
async fn claimed() -> (Stand, Ordered) {
    let stand = Stand::new().await;
    stand.db().set_fake_now(Some(seconds(0)));
    let ordered = stand.ordered().await;
    for claims in 1..=2 {
        // Past the lease and the longest back-off of the first claim.
        stand.db().set_fake_now(Some(seconds(claims * 100)));
        let claims = lease::claim(stand.db(), "worker", 10, Duration::from_secs(10)).await.unwrap();
        assert_eq!(claims.len(), 1);
    }
    stand.db().set_fake_now(Some(seconds(NOW)));
    (stand, ordered)
}

async fn after(stand: &Stand, ordered: &Ordered, event: InstanceEvent) -> Option<Queued> {
    stand.append::<Instance>(ordered.instance, &[event]).await.unwrap();
    let row = stand.queued(ordered.instance).await;
    if let Some(row) = &row {
        assert_eq!(
            (row.fence, row.worker.as_deref()),
            (2, Some("worker")),
            "the claim's columns are the claim's"
        );
    }
    row
}

fn due(row: Option<Queued>) -> (Option<Timestamp>, i32) {
    let row = row.unwrap();
    (row.due_at, row.attempt)
}

#[tokio::test]
async fn a_request_is_due_at_once() {
    let stand = Stand::new().await;
    stand.db().set_fake_now(Some(seconds(NOW)));
    let ordered = stand.ordered().await;
    let expected = Queued {
        workflow: ordered.create.to_string(),
        kind: "create".into(),
        pending: None,
        pending_kind: None,
        parked: false,
        attempt: 0,
        fence: 0,
        worker: None,
        due_at: Some(seconds(NOW)),
    };
    assert_eq!(stand.queued(ordered.instance).await, Some(expected));
    let claims = lease::claim(stand.db(), "worker", 10, Duration::from_secs(10)).await.unwrap();
    assert_eq!(claims[0].org_id, ordered.org.to_string());
}

#[tokio::test]
async fn progress_and_requests_of_people_make_it_due_and_forget_attempts() {
    let run = |ordered: &Ordered| ordered.create;
    let events: [fn(&Ordered) -> InstanceEvent; 4] = [
        |o| InstanceEvent::StepCompleted {
            workflow: o.create,
            step: STEP,
            attempt: 1,
            calls: ClusterCalls::default(),
        },
        |o| InstanceEvent::UndoCompleted {
            workflow: o.create,
            step: STEP,
            attempt: 1,
            calls: ClusterCalls::default(),
        },
        |o| InstanceEvent::CancelRequested { workflow: o.create },
        |o| InstanceEvent::RetryRequested { workflow: o.create, deadline_at: seconds(2_000) },
    ];
    for event in events {
        let (stand, ordered) = claimed().await;
        let parked = InstanceEvent::WorkflowParked { workflow: run(&ordered), reason: "stuck".into() };
        assert!(after(&stand, &ordered, parked).await.unwrap().parked);
        assert_eq!(due(after(&stand, &ordered, event(&ordered)).await), (Some(seconds(NOW)), 0));
    }
}

#[tokio::test]
async fn a_failure_is_due_at_its_retry_or_at_once_when_there_is_none() {
    let (stand, ordered) = claimed().await;
    let workflow = ordered.create;
    for (retry_at, expected) in [(Some(seconds(5_000)), seconds(5_000)), (None, seconds(NOW))] {
        let step = InstanceEvent::StepFailed {
            workflow,
            step: STEP,
            attempt: 1,
            failure: failure(),
            retry_at,
            calls: ClusterCalls::default(),
        };
        assert_eq!(due(after(&stand, &ordered, step).await).0, Some(expected));
        let undo = InstanceEvent::UndoFailed {
            workflow,
            step: STEP,
            attempt: 1,
            failure: failure(),
            retry_at,
            calls: ClusterCalls::default(),
        };
        assert_eq!(due(after(&stand, &ordered, undo).await).0, Some(expected));
    }
}

#[tokio::test]
async fn a_delete_waits_beside_the_run_and_takes_over_at_its_end() {
    let (stand, ordered) = claimed().await;
    let parked = InstanceEvent::WorkflowParked { workflow: ordered.create, reason: "stuck".into() };
    after(&stand, &ordered, parked).await;
    let delete = workflow();
    let row = after(&stand, &ordered, requested(delete, WorkflowKind::Delete)).await.unwrap();
    assert_eq!((row.workflow, row.kind.as_str()), (ordered.create.to_string(), "create"));
    assert_eq!((row.pending, row.pending_kind.as_deref()), (Some(delete.to_string()), Some("delete")));
    assert_eq!(row.due_at, Some(seconds(NOW)), "the engine must see the delete");

    let finish = |workflow, kind, outcome| InstanceEvent::WorkflowFinished { workflow, kind, outcome };
    let over = finish(ordered.create, WorkflowKind::Create, Outcome::Superseded);
    let row = after(&stand, &ordered, over).await.unwrap();
    assert_eq!((row.workflow, row.kind.as_str(), row.attempt), (delete.to_string(), "delete", 0));
    assert_eq!((row.pending, row.pending_kind, row.due_at), (None, None, Some(seconds(NOW))));

    let over = finish(delete, WorkflowKind::Delete, Outcome::Succeeded);
    assert_eq!(after(&stand, &ordered, over).await, None);
}

#[tokio::test]
async fn a_report_on_another_run_changes_nothing() {
    let (stand, ordered) = claimed().await;
    let before = stand.queued(ordered.instance).await;
    let other = InstanceEvent::StepCompleted {
        workflow: workflow(),
        step: STEP,
        attempt: 1,
        calls: ClusterCalls::default(),
    };
    assert_eq!(after(&stand, &ordered, other).await, before);
    let over = InstanceEvent::WorkflowFinished {
        workflow: workflow(),
        kind: WorkflowKind::Start,
        outcome: Outcome::Succeeded,
    };
    assert_eq!(after(&stand, &ordered, over).await, before);
}

#[tokio::test]
async fn the_queue_is_rebuilt_only_while_nobody_holds_a_lease() {
    let (stand, ordered) = claimed().await;
    let upcasters = crate::stand::upcasters();
    stand.db().set_fake_now(Some(seconds(205)));
    let refused = dbx_projections::rebuild(stand.db(), &upcasters, &["workflow_queue"]).await.unwrap_err();
    assert!(refused.to_string().starts_with("1 instance(s) are leased"), "{refused}");
    stand.db().set_fake_now(Some(seconds(NOW)));
    dbx_projections::rebuild(stand.db(), &upcasters, &["workflow_queue"]).await.unwrap();
    let row = stand.queued(ordered.instance).await.unwrap();
    assert_eq!((row.fence, row.due_at), (0, Some(seconds(0))));
}
