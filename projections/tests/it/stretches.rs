//! A rebuild shows a history in stretches; where one ends must not be seen in any row.

use crate::{
    history::moves,
    stand::{Ordered, Stand},
};
use cqrs_es::Aggregate;
use dbx_domain::{Decide, Instance};
use dbx_sql::{Actor, Append, Batch, Commit, Loops, Metadata, RecordedEvent, StreamHead, statements_of};
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};
use serde_json::Value;

const HISTORIES: usize = 40;
/// Of the projections whose rows depend on their own stream only.
const TABLES: [&str; 5] = ["drifts", "instances", "jobs", "job_steps", "workflow_queue"];

/// Lives a random history; gives the events of its stream.
async fn lived(stand: &Stand, runner: &mut TestRunner) -> Vec<RecordedEvent> {
    let (ordered, mut instance, mut head) = (Ordered::new(), Instance::default(), StreamHead::NEW);
    let id = ordered.instance.to_string();
    let mut events = ordered.events().to_vec();
    for step in moves().new_tree(runner).unwrap().current() {
        if !events.is_empty() {
            let append = Append::of::<Instance>(id.clone(), head, &events).unwrap();
            let commit = Commit::new(Metadata::of(Actor::system("test"))).append(append);
            head = stand.store.commit(commit).await.unwrap().appends[0].head;
        }
        events.drain(..).for_each(|event| instance.apply(event));
        events = instance.decide(step.command(ordered.instance, &instance)).unwrap_or_default();
    }
    stand.store.read_stream(Instance::TYPE, &id, 1, 1_000).await.unwrap()
}

/// Fills the tables anew, `size` events of each stream at a time.
async fn rebuilt(stand: &Stand, histories: &[Vec<RecordedEvent>], size: usize) {
    let mut client = stand.db().client().await.unwrap();
    let transaction = client.transaction().await.unwrap();
    for table in TABLES {
        transaction.batch_execute(&format!("DELETE FROM {table}")).await.unwrap();
    }
    let mut loops = Loops::default();
    for projection in dbx_projections::inline().iter().filter(|one| one.keeps_streams_apart()) {
        let longest = histories.iter().map(Vec::len).max().unwrap_or_default();
        for start in (0..longest).step_by(size) {
            let stretches = histories.iter().map(|events| events.iter().skip(start).take(size).collect());
            let lanes = stretches.map(|stretch: Vec<_>| {
                let mut lane = Batch::default();
                statements_of(projection.as_ref(), &stretch, &mut lane).unwrap();
                lane
            });
            loops.run(&transaction, lanes.collect()).await.unwrap();
        }
    }
    transaction.commit().await.unwrap();
}

async fn dump(stand: &Stand) -> Vec<(&'static str, Vec<Value>)> {
    let mut all = Vec::new();
    for table in TABLES {
        all.push((table, stand.dump(table).await));
    }
    all
}

#[tokio::test]
async fn a_stretch_may_end_anywhere() {
    let (stand, mut runner) = (Stand::new().await, TestRunner::deterministic());
    let mut histories = Vec::new();
    for _ in 0..HISTORIES {
        histories.push(lived(&stand, &mut runner).await);
    }
    let living = dump(&stand).await;
    for (table, rows) in &living {
        assert!(!rows.is_empty(), "{table}");
    }
    for size in [1, 2, 3, 5, 8, 1_000] {
        rebuilt(&stand, &histories, size).await;
        for ((table, living), (_, rebuilt)) in living.iter().zip(dump(&stand).await) {
            assert_eq!(*living, rebuilt, "{table} in stretches of {size}");
        }
    }
}
