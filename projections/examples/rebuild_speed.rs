//! How fast the log is read: the feed against a bare ordered SELECT of the same rows, and the rebuild of every read
//! model, in events per second.
//!
//! Run: `DBX_TEST_DURABLE=1 sql/with-postgres.sh cargo run --release -p dbx-projections --example rebuild_speed`.
//! `DBX_BENCH_EVENTS` sets the size of the log, a million unless told otherwise.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that fails may stop; its output is its purpose"
)]

use dbx_domain::{
    Instance, Org,
    ids::{AccountId, InstanceId, OrgId, ProjectId, WorkflowId},
    instance::{ClusterCalls, InstanceEvent, Outcome, StepName, WorkflowKind},
    name::Tags,
    org::OrgEvent,
    plan::{PgVersion, Plan, Size},
    time::Timestamp,
};
use dbx_sql::{
    Actor, Append, Commit, Cursor, Database, EventFeed, EventStore, MAX_FEED_PAGE, Metadata, StreamHead,
    Upcasters, Xid, testing::TestDatabase,
};
use std::time::Instant;
use time::OffsetDateTime;
use uuid::Uuid;

const EVENTS: usize = 1_000_000;
/// Instances of one org.
const PER_ORG: usize = 50;
/// Writers that fill the log.
const WRITERS: usize = 4;
/// Rounds of reading; the best of each counts.
const ROUNDS: usize = 3;
/// The bars: events per second, and the feed's share of the bare read.
const REBUILD_BAR: f64 = 20_000.0;
const FEED_BAR: f64 = 0.8;
const STEPS: [&str; 8] = ["reserve", "clone", "configure", "attach", "deliver", "start", "await", "finish"];

/// The events of a create whose every step is tried twice.
fn history(instance: InstanceId, (org, project): (OrgId, ProjectId)) -> Vec<InstanceEvent> {
    let workflow = WorkflowId::from_uuid(Uuid::now_v7());
    let (deadline_at, kind) = (Timestamp::EPOCH, WorkflowKind::Create);
    let mut events = vec![
        InstanceEvent::InstanceRequested {
            instance,
            org,
            project,
            name: "db".parse().unwrap(),
            size: Size::new(Plan::Nano, None).unwrap(),
            pg_version: PgVersion::DEFAULT,
            tags: Tags::default(),
        },
        InstanceEvent::WorkflowRequested { workflow, kind, definition: 1, deadline_at },
    ];
    for step in STEPS.map(StepName::new) {
        for attempt in 1..=2 {
            events.push(InstanceEvent::StepBegan { workflow, step: step.clone(), attempt, deadline_at });
        }
        events.push(InstanceEvent::StepCompleted {
            workflow,
            step,
            attempt: 2,
            calls: ClusterCalls::default(),
        });
    }
    events.push(InstanceEvent::WorkflowFinished { workflow, kind, outcome: Outcome::Succeeded });
    events
}

/// Writes orgs with their instances until there are enough events.
async fn write(store: EventStore, wanted: usize) -> usize {
    let mut count = 0;
    while count < wanted {
        let (org, project) = (OrgId::from_uuid(Uuid::now_v7()), ProjectId::from_uuid(Uuid::now_v7()));
        let owner = AccountId::from_uuid(Uuid::now_v7());
        let made = [
            OrgEvent::OrgCreated { org, name: "Acme".parse().unwrap(), owner },
            OrgEvent::ProjectCreated { project, name: "shop".parse().unwrap() },
        ];
        let metadata = Metadata { org: Some(org), ..Metadata::of(Actor::Account(owner)) };
        let append = Append::of::<Org>(org.to_string(), StreamHead::NEW, &made).unwrap();
        store.commit(Commit::new(metadata.clone()).append(append)).await.unwrap();
        count += made.len();
        for _ in 0..PER_ORG {
            let instance = InstanceId::from_uuid(Uuid::now_v7());
            let events = history(instance, (org, project));
            count += events.len();
            let append = Append::of::<Instance>(instance.to_string(), StreamHead::NEW, &events).unwrap();
            store.commit(Commit::new(metadata.clone()).append(append)).await.unwrap();
        }
    }
    count
}

async fn fill(db: &Database, events: usize) -> usize {
    let writers = (0..WRITERS).map(|_| write(EventStore::new(db.clone(), vec![]), events / WRITERS));
    futures::future::join_all(writers).await.into_iter().sum()
}

async fn through_feed(db: &Database) -> (usize, f64) {
    let (feed, mut cursor, mut count) = (EventFeed::new(db.clone()), Cursor::START, 0);
    let start = Instant::now();
    loop {
        let page = feed.next(&cursor, MAX_FEED_PAGE).await.unwrap();
        if page.events.is_empty() {
            return (count, count as f64 / start.elapsed().as_secs_f64());
        }
        (cursor, count) = (page.cursor, count + page.events.len());
    }
}

/// The same rows in the same order and in pages of the same size, every column read into a value.
async fn bare(db: &Database) -> f64 {
    const SQL: &str = "SELECT e.position, e.xid, e.aggregate_type, e.aggregate_id, e.sequence, e.event_type,
            e.event_version, e.payload, e.metadata, e.recorded_at, e.hash
        FROM events e WHERE (e.xid, e.position) > ($1, $2) ORDER BY e.xid, e.position LIMIT $3";
    type Row = (i64, Xid, [String; 4], i64, [serde_json::Value; 2], OffsetDateTime, Option<Vec<u8>>);
    let client = db.client().await.unwrap();
    let statement = client.prepare_cached(SQL).await.unwrap();
    let (mut place, mut count) = ((Xid(0), 0_i64), 0);
    let start = Instant::now();
    loop {
        let limit = i64::from(MAX_FEED_PAGE);
        let rows = client.query(&statement, &[&place.0, &place.1, &limit]).await.unwrap();
        let rows: Vec<Row> = rows
            .iter()
            .map(|row| {
                let texts = [row.get(2), row.get(3), row.get(5), row.get(6)];
                (row.get(0), row.get(1), texts, row.get(4), [row.get(7), row.get(8)], row.get(9), row.get(10))
            })
            .collect();
        let Some(last) = rows.last() else { return count as f64 / start.elapsed().as_secs_f64() };
        (place, count) = ((last.1, last.0), count + rows.len());
    }
}

async fn feed_against_bare(db: &Database, events: usize) {
    let (mut feed, mut plain) = (0.0_f64, 0.0_f64);
    for _ in 0..ROUNDS {
        plain = plain.max(bare(db).await);
        let (count, rate) = through_feed(db).await;
        assert_eq!(count, events);
        feed = feed.max(rate);
    }
    let ratio = feed / plain;
    println!("bare ordered SELECT  {plain:>9.0} events/s");
    println!(
        "feed                 {feed:>9.0} events/s, {ratio:.2} of it (bar: {FEED_BAR}) {}",
        verdict(ratio >= FEED_BAR)
    );
}

/// Seconds that processors spent so far here and in the Postgres server; 0 where the system does not say. On a machine
/// that does other things besides, they tell more than the clock.
async fn processor_seconds(db: &Database) -> (f64, f64) {
    let client = db.client().await.unwrap();
    let backend: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    let server = stat(&backend.to_string()).parent;
    let children = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let children = children.filter_map(|entry| entry.file_name().into_string().ok()).map(|pid| stat(&pid));
    let living: f64 = children.filter(|process| process.parent == server).map(|process| process.own).sum();
    let main = stat(&server.to_string());
    (stat("self").own, living + main.own + main.of_ended)
}

/// A process as the system accounts for it.
#[derive(Default)]
struct Accounted {
    parent: u64,
    own: f64,
    of_ended: f64,
}

fn stat(pid: &str) -> Accounted {
    const TICKS: f64 = 100.0;
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // Behind the name, which may hold blanks: state, parent, and from the twelfth on user, system, and those of children.
    let Some((_, fields)) = text.rsplit_once(") ") else { return Accounted::default() };
    let fields: Vec<u64> = fields.split(' ').map(|field| field.parse().unwrap_or_default()).collect();
    let seconds = |from: usize| fields[from..from + 2].iter().sum::<u64>() as f64 / TICKS;
    Accounted { parent: fields[1], own: seconds(11), of_ended: seconds(13) }
}

const fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let wanted = std::env::var("DBX_BENCH_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(EVENTS);
    let test = TestDatabase::create().await;
    let upcasters = Upcasters::new(dbx_domain::upcast::upcasters());
    dbx_projections::install(test.db(), &upcasters).await.unwrap();
    let count = fill(test.db(), wanted).await;
    test.connection().await.batch_execute("VACUUM (ANALYZE) events").await.unwrap();
    println!("a log of {count} events");
    feed_against_bare(test.db(), count).await;
    let (start, before) = (Instant::now(), processor_seconds(test.db()).await);
    let rebuilt = dbx_projections::rebuild(test.db(), &upcasters, &dbx_projections::names()).await.unwrap();
    let took = start.elapsed().as_secs_f64();
    let after = processor_seconds(test.db()).await;
    assert!(rebuilt.iter().all(|model| model.events == count as u64));
    let rate = count as f64 / took;
    println!(
        "rebuild of all {} models {rate:>7.0} events/s (bar: {REBUILD_BAR}) {}",
        rebuilt.len(),
        verdict(rate >= REBUILD_BAR)
    );
    let (here, there) = (after.0 - before.0, after.1 - before.1);
    println!(
        "  {took:.1} s by the clock; of processors {here:.1} s here, {there:.1} s in Postgres: {:.0} events per second of one",
        count as f64 / (here + there)
    );
    println!("load of the machine: {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
    test.finish().await;
}
