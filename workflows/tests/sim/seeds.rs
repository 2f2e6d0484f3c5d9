//! Which seeds are lived through, and what is printed when one fails.

use crate::{
    simulate::{self, Told},
    weather::Weather,
};
use std::{
    env,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

/// Seeds that every run of the tests lives through.
const FIXED: u64 = 300;
/// Seeds that no run lived through before.
const FRESH: u64 = 100;

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

/// What to do about a seed, and what happened in it.
fn complaint(seed: u64, violation: &str) -> String {
    let told = simulate::live(seed, true);
    let text = told.text;
    format!("\n{text}\nseed {seed}: {violation}\nreplay it with:\n  make simulate SEED={seed}\n")
}

/// Totals of many histories.
#[derive(Default)]
pub struct Sum {
    pub histories: u64,
    instances: usize,
    events: usize,
    seconds: u64,
}

/// Lives through the seeds on all cores; the first that fails is told in full.
fn live_all(first: u64, count: u64) {
    let began = Instant::now();
    let (failed, sum) = live_until_one_fails(None, first, count, || ());
    if let Some((seed, violation)) = failed {
        panic!("{}", complaint(seed, &violation));
    }
    let Sum { histories, instances, events, seconds } = sum;
    println!(
        "{histories} histories from seed {first}, {instances} instances, {events} events, {} simulated hours in {:.1} s",
        seconds / 3_600,
        began.elapsed().as_secs_f64()
    );
}

/// Lives through the seeds on all cores, in that weather instead of drawn ones, each thread prepared by `prepare`, until
/// one fails.
pub fn live_until_one_fails(
    weather: Option<Weather>,
    first: u64,
    count: u64,
    prepare: impl Fn() + Sync,
) -> (Option<(u64, String)>, Sum) {
    let (next, failed, sum) = (AtomicU64::new(first), Mutex::new(None), Mutex::new(Sum::default()));
    let work = || {
        prepare();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + count || failed.lock().unwrap().is_some() {
                return;
            }
            let Told { violation, events, instances, seconds, .. } = simulate::live_in(weather, seed, false);
            if let Some(violation) = violation {
                failed.lock().unwrap().get_or_insert((seed, violation));
            }
            let mut sum = sum.lock().unwrap();
            sum.histories += 1;
            sum.instances += instances;
            sum.events += events;
            sum.seconds += seconds;
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(work))));
    (failed.into_inner().unwrap(), sum.into_inner().unwrap())
}

#[test]
fn fixed_seeds() {
    live_all(1, FIXED);
}

#[test]
fn fresh_seeds() {
    // Short enough to type.
    let drawn = rand::random::<u64>() % 1_000_000_000_000;
    live_all(number("DBX_SIM_FIRST").unwrap_or(drawn), number("DBX_SIM_HISTORIES").unwrap_or(FRESH));
}

/// Prints the history of `DBX_SIM_SEED`; without it, of a seed that is known to be well.
#[test]
fn one_history() {
    let seed = number("DBX_SIM_SEED").unwrap_or(1);
    let told = simulate::live(seed, true);
    println!("{}", told.text);
    assert_eq!(told.violation, None, "seed {seed}");
}

#[test]
fn a_seed_replays_exactly() {
    for seed in 1..=20 {
        assert_eq!(simulate::live(seed, true), simulate::live(seed, true), "seed {seed}");
    }
}

/// Clocks that jump by an hour, workers that die, hang and are replaced: nothing of that makes any run fail or wait for
/// an operator.
#[test]
fn clock_jumps_and_dying_workers_change_nothing_but_waiting_times() {
    let weather = Weather { jumps: 40, crashes: 60, freezes: 60, restarts: 60, ..Weather::default() };
    for seed in 1..=200 {
        let told = simulate::live_in(Some(weather), seed, false);
        assert_eq!((told.violation, told.failures), (None, 0), "seed {seed}");
    }
}
