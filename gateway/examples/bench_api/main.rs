//! How fast the API answers: reads and creates at the real router and store over real connections, beside a bare poem
//! handler with one prepared SELECT in the same minute; and what 2,000 open streams and a steady trickle of sign-ins do
//! to reads.
//!
//! The servers have a runtime of their own; whoever asks has one thread, so that it takes from both sides alike.
//!
//! Run: `DBX_TEST_DURABLE=1 sql/with-postgres.sh cargo run --release -p dbx-gateway --example bench_api`; with the argument
//! `reads`, only how fast reads are.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement that fails may stop; its output is its purpose"
)]

mod cost;
mod load;
mod wire;
mod world;

use dbx_sql::{Database, DatabaseConfig, EventStore, Upcasters, Wakeups, testing::TestDatabase};
use load::Outcome;
use std::{fs::File, net::SocketAddr, sync::Mutex, time::Duration};
use tokio::{io::AsyncReadExt as _, runtime, task::JoinSet};
use wire::{Wire, request};
use world::Somebody;

/// Clients that ask at once when the rate is measured.
const CLIENTS: usize = 32;
/// How often the two servers take turns, so that both see the same minute.
const ROUNDS: usize = 6;
const ROUND: Duration = Duration::from_secs(3);
/// Reads per second when latency is measured.
const RATE: f64 = 500.0;
const STEADY: Duration = Duration::from_secs(20);
const STREAMS: usize = 2_000;
const SIGN_INS_PER_MINUTE: f64 = 200.0;
const CREATORS: usize = 8;

const RATIO_BAR: f64 = 0.6;
const P99_BAR: f64 = 10.0;
const FACTOR_BAR: f64 = 2.0;

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

/// The same request every time.
fn again(request: Vec<u8>) -> impl Fn(usize) -> Vec<u8> {
    move |_| request.clone()
}

/// What is asked, and where.
struct Bench {
    address: SocketAddr,
    bare: SocketAddr,
    ada: Somebody,
    instance: String,
    creators: Vec<(Somebody, String)>,
}

impl Bench {
    async fn prepare(store: &EventStore, address: SocketAddr, bare: SocketAddr) -> Self {
        let ada = world::somebody(store, "ada", CLIENTS + STREAMS).await;
        let instance = ada.instance(address, &ada.project(address).await).await;
        let mut creators = Vec::new();
        for number in 0..CREATORS {
            let creator = world::somebody(store, &format!("creator{number}"), 1).await;
            let project = creator.project(address).await;
            creators.push((creator, project));
        }
        cost::register(address).await;
        Self { address, bare, ada, instance, creators }
    }

    fn read(&self, client: usize) -> Vec<u8> {
        request("GET", &format!("/v1/instances/{}", self.instance), &self.ada.tokens[client], "")
    }

    /// Both servers in turns.
    async fn throughput(&self) {
        let bare = request("GET", &format!("/instances/{}", self.instance), "", "");
        let mut ratios = Vec::new();
        for round in 0..ROUNDS {
            let asks = (0..CLIENTS).map(|_| again(bare.clone())).collect();
            let yard = load::flat_out(self.bare, asks, 200, ROUND).await;
            let reads = (0..CLIENTS).map(|client| again(self.read(client))).collect();
            let ours = load::flat_out(self.address, reads, 200, ROUND).await;
            ratios.push(ours.per_second() / yard.per_second());
            if round + 1 == ROUNDS {
                yard.print(&format!("bare handler, one SELECT, {CLIENTS} clients"));
                ours.print(&format!("instance read, {CLIENTS} clients"));
            }
        }
        ratios.sort_by(f64::total_cmp);
        let (median, low, high) = (ratios[ROUNDS / 2], ratios[0], ratios[ROUNDS - 1]);
        println!(
            "instance reads per bare read: {median:.2}, from {low:.2} to {high:.2} of {ROUNDS} rounds (bar: ≥ {RATIO_BAR}) {}",
            verdict(median >= RATIO_BAR)
        );
    }

    async fn steady(&self) -> Outcome {
        load::at_rate(self.address, self.read(0), 200, (RATE, STEADY, 64)).await
    }

    /// Opens the streams; they are read until the set is dropped.
    async fn streams(&self) -> JoinSet<()> {
        let mut open = JoinSet::new();
        let path = format!("/v1/orgs/{}/activity/stream", self.ada.org);
        for token in &self.ada.tokens[CLIENTS..] {
            let mut stream = Wire::open(self.address).await.listen(&request("GET", &path, token, "")).await;
            let mut buffer = vec![0; 2_048];
            let read = stream.read(&mut buffer).await.unwrap();
            let head = String::from_utf8_lossy(&buffer[..read]).into_owned();
            assert!(head.starts_with("HTTP/1.1 200"), "{head}");
            open.spawn(async move { while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {} });
        }
        open
    }

    async fn sign_ins(&self) -> Outcome {
        load::at_rate(self.address, cost::sign_in(), 200, (SIGN_INS_PER_MINUTE / 60.0, STEADY, 8)).await
    }

    async fn latency(&self) {
        let alone = self.steady().await;
        alone.print(&format!("instance read at {RATE}/s"));
        println!("  (bar: p99 ≤ {P99_BAR} ms) {}", verdict(alone.at(0.99) <= P99_BAR));
        let streams = self.streams().await;
        let (crowded, sign_ins) = tokio::join!(self.steady(), self.sign_ins());
        assert_eq!(streams.len(), STREAMS, "streams that stayed open");
        crowded.print(&format!("the same beside {STREAMS} streams and {SIGN_INS_PER_MINUTE} sign-ins/min"));
        sign_ins.print("  those sign-ins");
        let factor = crowded.at(0.99) / alone.at(0.99);
        let met = factor <= FACTOR_BAR;
        println!("  p99 is {factor:.2} times that without (bar: ≤ {FACTOR_BAR}) {}", verdict(met));
    }

    async fn creates(&self) {
        let order = |(creator, project): &(Somebody, String)| {
            let path = format!("/v1/projects/{project}/instances");
            let token = creator.tokens[0].clone();
            move |number: usize| {
                let body = format!(r#"{{"name":"db-{number}","plan":"nano"}}"#);
                request("POST", &path, &token, &body)
            }
        };
        let orders = self.creators.iter().map(order).collect();
        load::flat_out(self.address, orders, 202, ROUND)
            .await
            .print(&format!("instance create, {CREATORS} clients, an org each"));
    }
}

/// Logs are written as a server writes them, to where nobody reads them.
fn log() {
    let nowhere = File::options().write(true).open("/dev/null").unwrap();
    tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::INFO)
        .with_writer(Mutex::new(nowhere))
        .init();
}

fn main() {
    log();
    let servers = runtime::Runtime::new().unwrap();
    let (test, store, addresses, _link) = servers.block_on(async {
        let test = TestDatabase::create().await;
        dbx_projections::install(test.db(), &Upcasters::default()).await.unwrap();
        let db = Database::connect(&DatabaseConfig::new(test.url())).await.unwrap();
        let store = EventStore::new(db.clone(), dbx_projections::inline());
        let link = Wakeups::link(&db);
        let addresses = (world::serve(db.clone()).await, world::serve_bare(db).await);
        (test, store, addresses, link)
    });
    runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let bench = Bench::prepare(&store, addresses.0, addresses.1).await;
        if std::env::args().any(|argument| argument == "reads") {
            return bench.throughput().await;
        }
        cost::print(addresses.0).await;
        bench.throughput().await;
        bench.latency().await;
        bench.creates().await;
    });
    drop(store);
    servers.block_on(test.finish());
}
