//! The load: always so many creates under way, a new one ordered whenever one is over.

use crate::idle::{Idle, Journaled};
use async_trait::async_trait;
use dbx_domain::{
    Decide, Instance,
    ids::{InstanceId, OrgId, ProjectId, WorkflowId},
    instance::{InstanceCommand, Order, RunRequest, WorkflowKind},
    name::Tags,
    plan::{PgVersion, Plan, Size},
};
use dbx_sql::{
    Actor, Append, Commit, Database, EventStore, MasterKey, MasterKeys, Metadata, StreamHead, Upcasters,
    Vault, testing::TestDatabase,
};
use dbx_workflows::{
    catalogue,
    context::Ports,
    drive::Driver,
    engine::Engine,
    failpoint::{Failpoint, Failpoints, Injection, Moment},
    journal::postgres::PgJournal,
    placement::PlacementRules,
    settings::Settings,
};
use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    sync::{Semaphore, watch},
    task::JoinHandle,
};
use uuid::Uuid;

const FIRST_CTID: u32 = 10_000;

/// Counts steps, and lets the next order in when a run is over.
struct Counter {
    last: &'static str,
    steps: AtomicU64,
    free: Arc<Semaphore>,
}

#[async_trait]
impl Failpoints for Counter {
    async fn reach(&self, point: &Failpoint) -> Injection {
        if point.moment == Moment::AfterAppend {
            self.steps.fetch_add(1, Ordering::Relaxed);
            if point.step.as_str() == self.last {
                self.free.add_permits(1);
            }
        }
        Injection::None
    }
}

/// An engine at work on a database of its own.
pub(crate) struct Bench {
    test: TestDatabase,
    store: EventStore,
    counter: Arc<Counter>,
    concurrency: u32,
    stop: watch::Sender<bool>,
    working: JoinHandle<()>,
    _link: dbx_sql::WakeupLink,
}

impl Bench {
    pub(crate) async fn start(concurrency: usize) -> Self {
        let test = TestDatabase::create().await;
        dbx_projections::install(test.db(), &Upcasters::default()).await.expect("read models");
        let mut config = test.config().clone();
        config.max_connections = concurrency + 4;
        let db = Database::connect(&config).await.expect("the database");
        let link = dbx_sql::Wakeups::link(&db);
        let store = EventStore::new(db.clone(), dbx_projections::inline());
        let key = MasterKey::from_hex(&dbx_domain::Secret::new("7".repeat(64))).expect("a key");
        let vault = Vault::new(db, MasterKeys::new(key, Vec::new()));
        let counter = Arc::new(Counter {
            last: "await_postgres",
            steps: AtomicU64::new(0),
            free: Arc::new(Semaphore::new(concurrency)),
        });
        let ports = Ports {
            hypervisor: Arc::new(Idle),
            database: Arc::new(Idle),
            journal: Arc::new(Journaled::new(PgJournal::new(store.clone(), vault), FIRST_CTID)),
        };
        let driver = Driver {
            ports: Arc::new(ports),
            settings: Arc::new(settings(concurrency)),
            failpoints: Arc::clone(&counter) as _,
        };
        let (stop, stopped) = watch::channel(false);
        let engine = Engine::with_driver(driver, "bench");
        let working = tokio::spawn(async move { engine.run(stopped).await });
        let concurrency = u32::try_from(concurrency).expect("a small number");
        Self { test, store, counter, concurrency, stop, working, _link: link }
    }

    pub(crate) fn database(&self) -> &Database {
        self.store.database()
    }

    /// Steps per second.
    pub(crate) async fn round(&self, time: Duration) -> f64 {
        let (start, before) = (Instant::now(), self.counter.steps.load(Ordering::Relaxed));
        let org = OrgId::from_uuid(Uuid::now_v7());
        while start.elapsed() < time {
            let free = Arc::clone(&self.counter.free).acquire_owned().await.expect("it stays open");
            free.forget();
            tokio::spawn(order(self.store.clone(), org));
        }
        let done = self.counter.steps.load(Ordering::Relaxed) - before;
        let rate = done as f64 / start.elapsed().as_secs_f64();
        // The yardstick is to have the machine to itself.
        let rest = self.counter.free.acquire_many(self.concurrency).await.expect("it stays open");
        drop(rest);
        rate
    }

    pub(crate) async fn forget_latencies(&self) {
        self.run("CREATE TABLE warm_up AS SELECT max(position) AS position FROM events").await;
    }

    async fn run(&self, sql: &str) {
        self.database().client().await.expect("a connection").batch_execute(sql).await.expect("a statement");
    }

    /// From command to first step by the database's clock, in milliseconds: median and 99th percentile.
    pub(crate) async fn latencies(&self) -> [f64; 2] {
        const SQL: &str = "SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY
                extract(epoch FROM b.at - a.at)::float8 * 1000)
            FROM (SELECT aggregate_id, recorded_at AS at, position FROM events
                  WHERE event_type = 'WorkflowRequested') a
            JOIN (SELECT aggregate_id, min(recorded_at) AS at FROM events
                  WHERE event_type = 'StepBegan' GROUP BY 1) b USING (aggregate_id)
            WHERE a.position > (SELECT position FROM warm_up)";
        let client = self.database().client().await.expect("a connection");
        let row = client.query_one(SQL, &[]).await.expect("latencies");
        let found: Vec<f64> = row.get(0);
        [found[0], found[1]]
    }

    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        self.working.await.expect("the engine ends");
        self.store.database().close();
        self.test.finish().await;
    }
}

fn settings(concurrency: usize) -> Settings {
    let placement = PlacementRules {
        ctids: FIRST_CTID..=u32::MAX,
        first_address: Ipv4Addr::new(10, 0, 0, 0),
        last_address: Ipv4Addr::new(10, 255, 255, 255),
        memory_overcommit: 1.0,
        cpu_overcommit: 1.0,
        check_live: false,
    };
    let everybody = vec!["10.0.0.0/8".to_owned()];
    Settings {
        placement,
        allow_cidrs: everybody.clone(),
        platform_cidrs: everybody,
        concurrency,
        scan_interval: Duration::from_millis(200),
    }
}

/// What the API commits for an order, but for the org's side.
async fn order(store: EventStore, org: OrgId) {
    let instance = InstanceId::from_uuid(Uuid::now_v7());
    let order = Order {
        instance,
        org,
        project: ProjectId::from_uuid(org.uuid()),
        name: "bench".parse().expect("a name"),
        size: Size::new(Plan::Nano, None).expect("a size"),
        pg_version: PgVersion::DEFAULT,
        tags: Tags::default(),
    };
    let definition = catalogue::definition(WorkflowKind::Create);
    let now = store.database().now().await.expect("the time");
    let run = RunRequest {
        workflow: WorkflowId::from_uuid(Uuid::now_v7()),
        definition: definition.version,
        deadline_at: now + definition.deadline,
    };
    let events = Instance::default().decide(InstanceCommand::Request(Box::new(order), run)).expect("events");
    let append = Append::of::<Instance>(instance.to_string(), StreamHead::NEW, &events).expect("JSON");
    store.commit(Commit::new(Metadata::of(Actor::system("bench"))).append(append)).await.expect("an order");
}
