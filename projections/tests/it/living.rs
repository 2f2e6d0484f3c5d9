//! Read models against the aggregate they show, over random histories; and against themselves, rebuilt.

use crate::{
    history::{Move, moves},
    stand::{Ordered, Stand, TABLES, upcasters},
};
use cqrs_es::Aggregate;
use dbx_domain::{
    Decide, Instance,
    instance::{CredentialRole, Health, InstanceCommand, InstanceEvent, Phase, StepRecord, StepState},
};
use dbx_projections::{
    drifts, instances,
    jobs::{self, JobStatus, JobStep, StepStatus},
};
use dbx_sql::{Actor, Append, Commit, Metadata, StreamHead};
use proptest::{prelude::*, test_runner::TestRunner};

/// Plays `moves` on a new instance; read models are compared with the aggregate after each accepted one.
async fn play(stand: &Stand, moves: &[Move]) -> Result<(), TestCaseError> {
    let ordered = Ordered::new();
    let mut instance = Instance::default();
    let mut head = StreamHead::NEW;
    let mut events = ordered.events().to_vec();
    for step in moves.iter().map(Some).chain([None]) {
        let append = Append::of::<Instance>(ordered.instance.to_string(), head, &events).unwrap();
        let commit = Commit::new(Metadata::of(Actor::system("test"))).append(append);
        head = stand.store.commit(commit).await.unwrap().appends[0].head;
        events.drain(..).for_each(|event| instance.apply(event));
        compare(stand, &ordered, &instance, head).await?;
        let Some(step) = step else { break };
        let decided = instance.decide(step.command(ordered.instance, &instance)).unwrap_or_default();
        events = decided.into_iter().chain(seen(step)).collect();
    }
    // Followers get histories in pieces that end anywhere.
    if moves.len().is_multiple_of(3) {
        stand.catch_up().await;
    }
    Ok(())
}

/// What the monitor sees now and then; no command leads to it.
fn seen(step: &Move) -> Option<InstanceEvent> {
    match step {
        Move::Reveal => Some(InstanceEvent::HealthObserved { health: Health::Unreachable }),
        Move::Task(0) => Some(InstanceEvent::HealthObserved { health: Health::Healthy }),
        _ => None,
    }
}

async fn compare(
    stand: &Stand,
    ordered: &Ordered,
    instance: &Instance,
    head: StreamHead,
) -> Result<(), TestCaseError> {
    let shown = instances::find(stand.db(), ordered.instance).await.unwrap().unwrap();
    prop_assert_eq!(shown.lifecycle, instance.lifecycle());
    prop_assert_eq!(shown.health, instance.health());
    prop_assert_eq!(shown.protected, instance.is_protected());
    let identity = instance.identity().unwrap();
    prop_assert_eq!((&shown.name, &shown.tags), (&identity.name, &identity.tags));
    prop_assert_eq!(shown.placement.as_ref(), instance.placement());
    prop_assert_eq!(shown.server.as_ref(), instance.server());
    prop_assert_eq!(shown.tenant, instance.credential(CredentialRole::Tenant));
    prop_assert_eq!(shown.platform, instance.credential(CredentialRole::Platform));
    prop_assert_eq!(shown.run.map(|run| run.workflow), instance.run().map(|run| run.workflow));
    prop_assert_eq!(shown.pending_delete, instance.pending_delete());
    prop_assert_eq!(shown.version, head.sequence);
    prop_assert_eq!(shown.deleted_at.is_some(), instance.is_deleted());
    let open = drifts::open(stand.db()).await.unwrap();
    let open = open.iter().filter(|drift| drift.instance == ordered.instance);
    let open: Vec<_> = open.map(|drift| (drift.what, drift.observed.as_str())).collect();
    prop_assert_eq!(open, instance.drifts().collect::<Vec<_>>());
    let queued = stand.queued(ordered.instance).await;
    prop_assert_eq!(
        queued.as_ref().map(|row| row.workflow.clone()),
        instance.run().map(|run| run.workflow.to_string())
    );
    prop_assert_eq!(queued.and_then(|row| row.pending), instance.pending_delete().map(|id| id.to_string()));
    compare_job(stand, ordered, instance).await
}

async fn compare_job(stand: &Stand, ordered: &Ordered, instance: &Instance) -> Result<(), TestCaseError> {
    let job = jobs::current_of_instance(stand.db(), ordered.instance).await.unwrap();
    let (Some(job), Some(run)) = (&job, instance.run()) else {
        prop_assert_eq!(job.map(|job| job.workflow), instance.run().map(|run| run.workflow));
        return Ok(());
    };
    let expected = match &run.phase {
        Phase::Parked { .. } => JobStatus::NeedsOperator,
        _ if run.has_begun() => JobStatus::Running,
        _ => JobStatus::Queued,
    };
    prop_assert_eq!(job.status, expected);
    prop_assert_eq!((job.workflow, job.kind, job.definition), (run.workflow, run.kind, run.definition));
    prop_assert_eq!((job.deadline_at, job.cancel_requested), (run.deadline_at, run.cancel_requested));
    prop_assert_eq!((job.org, job.project), (ordered.org, ordered.project));
    let cancel = instance.decide(InstanceCommand::Cancel(run.workflow));
    prop_assert_eq!(job.is_cancelable(), cancel.is_ok_and(|events| !events.is_empty()));
    prop_assert_eq!(job.steps.len(), run.steps.len());
    for (shown, record) in job.steps.iter().zip(&run.steps) {
        compare_step(shown, record)?;
    }
    Ok(())
}

fn compare_step(shown: &JobStep, record: &StepRecord) -> Result<(), TestCaseError> {
    let expected = match record.state {
        StepState::Began => StepStatus::Running,
        StepState::Retrying { .. } => StepStatus::Retrying,
        StepState::Completed => StepStatus::Completed,
        StepState::Failed(_) => StepStatus::Failed,
        StepState::UndoBegan => StepStatus::Undoing,
        StepState::UndoRetrying { .. } => StepStatus::UndoRetrying,
        StepState::Undone => StepStatus::Undone,
        StepState::UndoFailed(_) => StepStatus::UndoFailed,
    };
    prop_assert_eq!(shown.status, expected);
    prop_assert_eq!(&shown.step, &record.step);
    prop_assert_eq!((shown.attempts, shown.undo_attempts), (record.attempts, record.undo_attempts));
    prop_assert_eq!(shown.deadline_at, record.deadline_at);
    prop_assert_eq!(&shown.task, &record.task);
    Ok(())
}

#[test]
fn read_models_follow_the_aggregate_and_rebuilding_equals_living() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stand = runtime.block_on(Stand::new());
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config).run(&moves(), |moves| runtime.block_on(play(&stand, &moves))).unwrap();
    runtime.block_on(async {
        stand.catch_up().await;
        let living = stand.dump_all().await;
        for name in dbx_projections::names() {
            let differing = dbx_projections::verify(stand.db(), &upcasters(), name).await.unwrap();
            assert!(differing.iter().all(|(_, rows)| *rows == 0), "{name}: {differing:?}");
            dbx_projections::rebuild(stand.db(), &upcasters(), &[name]).await.unwrap();
        }
        let rebuilt = stand.dump_all().await;
        for table in TABLES {
            assert_eq!(living[table], rebuilt[table], "{table}");
        }
        for table in ["job_steps", "reservations", "activity", "audit", "usage_intervals"] {
            assert!(!living[table].is_empty(), "{table}");
        }
    });
}
