//! How fast read models are rebuilt: events per second of the log, per read model.
//!
//! Run: `DBX_TEST_DURABLE=1 sql/with-postgres.sh cargo run --release -p dbx-projections --example rebuild_speed`
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that fails may stop; its output is its purpose"
)]

use dbx_domain::{
    Instance,
    ids::{InstanceId, OrgId, ProjectId, WorkflowId},
    instance::{InstanceEvent, StepName, WorkflowKind},
    name::Tags,
    plan::{PgVersion, Plan, Size},
    time::Timestamp,
};
use dbx_sql::{
    Actor, Append, Commit, Database, EventStore, Metadata, StreamHead, Upcasters, testing::TestDatabase,
};
use std::time::Instant;
use uuid::Uuid;

const INSTANCES: u32 = 2_000;
const STEPS: [&str; 8] = ["reserve", "clone", "configure", "attach", "deliver", "start", "await", "finish"];

/// The events of a create whose every step is tried twice.
fn history(instance: InstanceId) -> Vec<InstanceEvent> {
    let workflow = WorkflowId::from_uuid(Uuid::now_v7());
    let deadline_at = Timestamp::EPOCH;
    let mut events = vec![
        InstanceEvent::InstanceRequested {
            instance,
            org: OrgId::from_uuid(Uuid::now_v7()),
            project: ProjectId::from_uuid(Uuid::now_v7()),
            name: "db".parse().unwrap(),
            size: Size::new(Plan::Nano, None).unwrap(),
            pg_version: PgVersion::DEFAULT,
            tags: Tags::default(),
        },
        InstanceEvent::WorkflowRequested { workflow, kind: WorkflowKind::Create, definition: 1, deadline_at },
    ];
    for step in STEPS.map(StepName::new) {
        for attempt in 1..=2 {
            events.push(InstanceEvent::StepBegan { workflow, step: step.clone(), attempt, deadline_at });
        }
        events.push(InstanceEvent::StepCompleted { workflow, step, attempt: 2 });
    }
    events
}

async fn fill(db: &Database) -> usize {
    let store = EventStore::new(db.clone(), vec![]);
    let mut count = 0;
    for _ in 0..INSTANCES {
        let instance = InstanceId::from_uuid(Uuid::now_v7());
        let events = history(instance);
        count += events.len();
        let append = Append::of::<Instance>(instance.to_string(), StreamHead::NEW, &events).unwrap();
        store.commit(Commit::new(Metadata::of(Actor::system("bench"))).append(append)).await.unwrap();
    }
    count
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let test = TestDatabase::create().await;
    let upcasters = Upcasters::new(dbx_domain::upcast::upcasters());
    let count = fill(test.db()).await;
    dbx_projections::install(test.db(), &upcasters).await.unwrap();
    for name in dbx_projections::names() {
        let start = Instant::now();
        let rebuilt = dbx_projections::rebuild(test.db(), &upcasters, name).await.unwrap();
        assert_eq!(rebuilt.events, count as u64);
        let rate = rebuilt.events as f64 / start.elapsed().as_secs_f64();
        println!("{name:<16} {:>7} events {rate:>9.0} events/s", rebuilt.events);
    }
    test.finish().await;
}
