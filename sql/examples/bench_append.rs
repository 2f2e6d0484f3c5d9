//! How fast is an append, compared with the least that Postgres could do for it?
//!
//! `DBX_TEST_DURABLE=1 sql/with-postgres.sh cargo run --release -p dbx-sql --example bench_append`
//!
//! 32 clients, everything durable. The yardstick is a prepared insert of one row with the same payload into a table
//! with a primary key, by the same clients in the same minute: the cases take turns, in rounds, so that a slow
//! moment of the machine hits all of them.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints, and stops if it cannot run"
)]

use cqrs_es::{Aggregate, DomainEvent, event_sink::EventSink};
use dbx_sql::{
    Actor, Append, Batch, Commit, Database, EventStore, InlineProjection, Metadata, NewlyRecorded,
    ProjectionError, StreamHead, params, testing::TestDatabase,
};
use serde::{Deserialize, Serialize};
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

const CLIENTS: usize = 32;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
/// Events in a stream before a client begins the next: what a young instance has.
const STREAM_LENGTH: u64 = 20;
/// The bar for one append, as part of the bare rate.
const BAR: f64 = 0.7;

#[derive(Default, Serialize, Deserialize)]
struct Log(u64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Noted {
    text: String,
    number: u64,
}

impl DomainEvent for Noted {
    fn event_type(&self) -> String {
        "Noted".to_owned()
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

impl Aggregate for Log {
    const TYPE: &'static str = "log";
    type Command = ();
    type Event = Noted;
    type Error = Infallible;
    type Services = ();

    async fn handle(&mut self, (): (), (): &(), _: &EventSink<Self>) -> Result<(), Infallible> {
        Ok(())
    }

    fn apply(&mut self, event: Noted) {
        self.0 += event.number;
    }
}

/// One row per stream, as the read model of instances has.
struct Rows;

impl InlineProjection for Rows {
    fn name(&self) -> &'static str {
        "rows"
    }

    fn apply(&self, event: &NewlyRecorded<'_>, out: &mut Batch) -> Result<(), ProjectionError> {
        let mut params = params![event.aggregate_id.to_owned()];
        params.push(event.recorded_at_param());
        out.push(
            "INSERT INTO rows VALUES ($1, 1, coalesce($2, dbx_now()))
             ON CONFLICT (id) DO UPDATE SET n = rows.n + 1, at = excluded.at",
            params,
        );
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Case {
    Bare,
    Append,
    LoadAppend,
    AppendFive,
    AppendProject,
}

impl Case {
    const ALL: [Self; 5] =
        [Self::Bare, Self::Append, Self::LoadAppend, Self::AppendFive, Self::AppendProject];

    const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare insert of one row",
            Self::Append => "append 1 event",
            Self::LoadAppend => "load, append 1 event",
            Self::AppendFive => "append 5 events",
            Self::AppendProject => "append 1 event, 1 read model",
        }
    }
}

fn noted(number: u64) -> Noted {
    Noted { text: "a payload of the usual length, about a hundred bytes of JSON in all".to_owned(), number }
}

async fn bare(db: &Database, until: Instant) -> u64 {
    let payload = serde_json::to_value(noted(1)).expect("it is JSON");
    let client = db.client().await.expect("a connection");
    let insert = "INSERT INTO bare (payload) VALUES ($1)";
    let statement = client.prepare_cached(insert).await.expect("prepare");
    let mut done = 0;
    while Instant::now() < until {
        client.execute(&statement, &[&payload]).await.expect("insert");
        done += 1;
    }
    done
}

async fn append(store: &EventStore, case: Case, until: Instant, streams: &AtomicU64) -> u64 {
    let events = vec![noted(1); if case == Case::AppendFive { 5 } else { 1 }];
    let (mut id, mut head, mut done) = (String::new(), StreamHead { sequence: STREAM_LENGTH, hash: None }, 0);
    while Instant::now() < until {
        if head.sequence >= STREAM_LENGTH {
            id = format!("stream_{}", streams.fetch_add(1, Ordering::Relaxed));
            head = StreamHead::NEW;
        }
        if case == Case::LoadAppend {
            head = store.load::<Log>(&id).await.expect("load").head;
        }
        let append = Append::of::<Log>(id.as_str(), head, &events).expect("it is JSON");
        let commit = Commit::new(Metadata::of(Actor::system("bench"))).append(append);
        head = store.commit(commit).await.expect("commit").appends[0].head;
        done += 1;
    }
    done
}

/// Operations per second of all clients in one round.
async fn round(case: Case, stores: &[EventStore; 2], streams: &Arc<AtomicU64>) -> f64 {
    let store = &stores[usize::from(case == Case::AppendProject)];
    let start = Instant::now();
    let clients = (0..CLIENTS).map(|_| {
        let (store, streams, until) = (store.clone(), streams.clone(), start + ROUND);
        tokio::spawn(async move {
            match case {
                Case::Bare => bare(store.database(), until).await,
                _ => append(&store, case, until, &streams).await,
            }
        })
    });
    let clients: Vec<_> = clients.collect();
    let mut done = 0;
    for client in clients {
        done += client.await.expect("a client");
    }
    done as f64 / start.elapsed().as_secs_f64()
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_unstable_by(f64::total_cmp);
    rates[rates.len() / 2]
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let test = TestDatabase::create().await;
    let mut config = test.config().clone();
    config.max_connections = CLIENTS;
    let db = Database::connect(&config).await.expect("the database");
    let tables =
        "CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload jsonb NOT NULL);
                  CREATE TABLE rows (id text PRIMARY KEY, n bigint NOT NULL, at timestamptz NOT NULL)";
    test.connection().await.batch_execute(tables).await.expect("tables");
    let stores = [EventStore::new(db.clone(), vec![]), EventStore::new(db, vec![Arc::new(Rows)])];
    let streams = Arc::new(AtomicU64::new(0));

    let mut rates = Case::ALL.map(|_| Vec::new());
    for number in 0..=ROUNDS {
        for (case, rates) in Case::ALL.into_iter().zip(&mut rates) {
            let rate = round(case, &stores, &streams).await;
            // The first round connects, prepares and warms up.
            if number > 0 {
                rates.push(rate);
            }
        }
    }
    let medians = rates.map(|mut rates| median(&mut rates));
    println!("{CLIENTS} clients, median of {ROUNDS} rounds of {} s", ROUND.as_secs());
    for (case, rate) in Case::ALL.into_iter().zip(medians) {
        println!("{:<30} {rate:>8.0}/s   {:.2} of bare", case.name(), rate / medians[0]);
    }
    let ratio = medians[1] / medians[0];
    println!(
        "append of one event: {ratio:.2} of bare, bar {BAR}: {}",
        if ratio >= BAR { "met" } else { "MISSED" }
    );
    test.finish().await;
}
