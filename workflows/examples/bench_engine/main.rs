//! How fast does the engine run steps, compared with the least that Postgres could do?
//!
//! `DBX_TEST_DURABLE=1 sql/with-postgres.sh cargo run --release -p dbx-workflows --example bench_engine`
//!
//! Workflow: `create`, eight steps, over a cluster that does nothing; everything around it is real: engine, journal,
//! read models, leases, a durable Postgres. The yardstick is a prepared insert of one row by as many clients in the
//! same minute: both take turns, so that a slow moment of the machine hits both. Not measured is what a create does
//! beside the engine: choosing a place, permits of nodes, and the deliberately slow hashes of passwords.
//!
//! What limits it: the bar is missed. One run on two shared cores: 7,882 steps/s against 28,879 inserts/s, a ratio of
//! 0.27. A step takes 157 µs of processor time (49 here, 108 in Postgres), an insert 52. Steps keep those cores busy
//! for 1.2 of 2 seconds, so waiting counts too: a run goes through ten commits and a claim one after the other. By
//! `pg_stat_statements` what costs most is the statement that writes a group: 606 µs for 25 events and what shows
//! them, measured before claims and loads were taken together. Events alone are little of it: 80 in one statement take
//! 6 µs each without waiting for the disk, about 20 µs a step. The rest is `job_steps`, `instances` and its many parts.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints, and stops if it cannot run"
)]

mod bare;
mod claims;
mod cpu;
mod idle;
mod load;

use load::Bench;
use std::time::Duration;

/// Workflows under way at once, and clients of the yardstick.
const CONCURRENCY: usize = 32;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);
/// The bar for a step, as part of the bare rate.
const BAR: f64 = 0.5;
/// The bar for a claim among many parked instances, as a multiple of one among few.
const CLAIM_BAR: f64 = 1.2;

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_unstable_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

/// What one of something costs.
struct Cost {
    /// So many a second.
    rate: f64,
    /// Microseconds of processor time: here, and in Postgres.
    cpu: [f64; 2],
}

/// Of inserts and of steps, which take turns.
async fn rates(bench: &Bench) -> [Cost; 2] {
    let mut rounds = [Vec::new(), Vec::new()];
    for number in 0..=ROUNDS {
        let start = cpu::used(bench.database()).await;
        let (yardstick, inserted) = bare::round(bench.database(), CONCURRENCY, ROUND).await;
        let (middle, counted) = (cpu::used(bench.database()).await, bench.steps());
        let rate = bench.round(ROUND).await;
        let (end, steps) = (cpu::used(bench.database()).await, (bench.steps() - counted) as f64);
        // The first round connects, prepares and warms up.
        if number > 0 {
            rounds[0].push(Cost { rate: yardstick, cpu: middle.each(start, inserted) });
            rounds[1].push(Cost { rate, cpu: end.each(middle, steps) });
        } else {
            bench.forget_latencies().await;
        }
    }
    rounds.map(|rounds| {
        let of = |what: fn(&Cost) -> f64| median(&mut rounds.iter().map(what).collect::<Vec<_>>());
        Cost { rate: of(|cost| cost.rate), cpu: [of(|cost| cost.cpu[0]), of(|cost| cost.cpu[1])] }
    })
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "{CONCURRENCY} workflows at once, median of {ROUNDS} rounds of {} s; load average {}",
        ROUND.as_secs(),
        load.trim()
    );
    let bench = Bench::start(CONCURRENCY).await;
    let [bare, steps] = rates(&bench).await;
    println!("bare insert of one row         {:>8.0}/s", bare.rate);
    let ratio = steps.rate / bare.rate;
    println!(
        "steps of workflows             {:>8.0}/s   {ratio:.2} of bare, bar {BAR}: {}",
        steps.rate,
        verdict(ratio >= BAR)
    );
    for (what, Cost { cpu: [own, postgres], .. }) in [("an insert", bare), ("a step", steps)] {
        println!(
            "processor time of {what:<12} {:>8.0} µs: {own:.0} here, {postgres:.0} in Postgres",
            own + postgres
        );
    }
    let [half, high] = bench.latencies().await;
    println!("from command to first step     {half:>8.1} ms median, {high:.1} ms p99");
    bench.stop().await;
    let [few, many] = claims::cost().await;
    let growth = many / few;
    println!("claim and release              {few:>8.1} µs among 1,000 parked, {many:.1} µs among 100,000");
    println!(
        "growth of a claim              {growth:>8.2}     bar {CLAIM_BAR}: {}",
        verdict(growth <= CLAIM_BAR)
    );
}
