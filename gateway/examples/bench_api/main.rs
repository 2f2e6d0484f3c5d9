//! How fast does the API answer, compared with the least that the web framework and Postgres could do?
//!
//! `DBX_TEST_DURABLE=1 sql/with-postgres.sh cargo run --release -p dbx-gateway --example bench_api`
//!
//! Everything is real: HTTP over loopback with kept connections, the whole router with authentication, membership, rate
//! limits, metrics and logs, a durable Postgres. The yardstick is a handler of the same framework that does one prepared
//! SELECT of the instance's row and answers it as text; both take turns in the same minute, so that a slow moment of the
//! machine hits both. Server and clients share this machine's cores.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and stops if it cannot run"
)]

mod client;
mod figures;
mod load;
mod world;

use figures::{Figures, verdict};
use load::{Target, closed, paced};
use std::time::Duration;
use world::World;

/// Clients that ask one request after the other.
const CLIENTS: usize = 16;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);
/// The bar for reads, as part of the bare rate.
const BAR: f64 = 0.6;
/// Requests per second at which latency is measured, and the bar for it.
const PACE: u32 = 500;
const LATENCY_BAR: Duration = Duration::from_millis(10);
/// Sign-ins that go on meanwhile, per minute, and what they may do to the latency.
const SIGN_INS: u32 = 200;
const GROWTH_BAR: f64 = 2.0;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "{CLIENTS} clients, median of {ROUNDS} rounds of {} s; load average {}",
        ROUND.as_secs(),
        load.trim()
    );
    let world = World::start().await;
    reads(&world).await;
    creates(&world).await;
    let quiet = latency(&world).await;
    under_load(&world, quiet).await;
}

/// Throughput of reads beside the yardstick's.
async fn reads(world: &World) {
    let (mut bare, mut read) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let yardstick = closed(&world.bare(), CLIENTS, ROUND).await;
        let ours = closed(&world.read(), CLIENTS, ROUND).await;
        // The first round connects, prepares and warms up.
        if round > 0 {
            bare.push(yardstick);
            read.push(ours);
        }
    }
    let (bare, read) = (Figures::median(bare), Figures::median(read));
    let ratio = read.rate / bare.rate;
    println!("bare handler, one SELECT  {bare}");
    println!("read of an instance       {read}   {ratio:.2} of bare, bar {BAR}: {}", verdict(ratio >= BAR));
}

/// Orders: two streams, read models, a job and an idempotency key in one durable commit each.
async fn creates(world: &World) {
    let mut rounds = Vec::new();
    for _ in 0..3 {
        rounds.push(closed(&world.create(), 8, ROUND).await);
    }
    println!("order of an instance      {}   8 clients", Figures::median(rounds));
}

/// Latency of reads at a steady pace.
async fn latency(world: &World) -> Figures {
    let figures = paced(&world.read(), PACE, Duration::from_secs(10)).await;
    let met = figures.p99 <= LATENCY_BAR;
    println!(
        "read at {PACE}/s             {figures}   bar p99 {} ms: {}",
        LATENCY_BAR.as_millis(),
        verdict(met)
    );
    figures
}

/// The same while people sign in.
async fn under_load(world: &World, quiet: Figures) {
    let (read, sign_in): (Target, Target) = (world.read(), world.sign_in());
    let time = Duration::from_secs(15);
    let (busy, signed_in) =
        tokio::join!(paced(&read, PACE, time), load::per_minute(&sign_in, SIGN_INS, time));
    let growth = busy.p99.as_secs_f64() / quiet.p99.as_secs_f64();
    println!("sign-in at {SIGN_INS}/min        {signed_in}");
    println!(
        "read meanwhile            {busy}   {growth:.2} times the p99, bar {GROWTH_BAR}: {}",
        verdict(growth <= GROWTH_BAR || busy.p99 <= LATENCY_BAR)
    );
}
