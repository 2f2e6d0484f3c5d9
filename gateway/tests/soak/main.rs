//! Soak: real processes under fire, then the log compared with the cluster.
//!
//! Two `dbxd serve`, one control Postgres and one `pve-emulator` whose containers are real servers. People order,
//! change and delete instances through the API at random moments, processes are killed with SIGKILL and started again,
//! the cluster's calls fail in every scripted way. Then the faults cease, everything settles, and every instance must
//! be exactly what the log says: nothing lost, doubled, leaked or stuck.
//!
//! `DBX_SOAK_SECONDS` says how long the fire lasts, `DBX_SOAK_SEED` repeats the choices of an earlier run (moments
//! depend on the machine, so it is the same script, not the same interleaving). `make soak` runs it for minutes.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a failing test panics")]
#![allow(clippy::print_stderr, reason = "a run is minutes long, and people want to follow it")]

mod api;
mod books;
mod chaos;
mod cluster;
mod control;
mod dice;
mod estate;
mod people;
mod process;
mod settle;
mod verdict;

use estate::Estate;
use std::time::Duration;

/// How long the fire lasts unless `DBX_SOAK_SECONDS` says otherwise: what every test run can afford.
const SHORT: u64 = 15;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a whole number")))
}

#[test]
fn nothing_is_lost_doubled_leaked_or_stuck() {
    let seed = number("DBX_SOAK_SEED").unwrap_or_else(|| rand::random_range(0..1_000_000));
    let seconds = number("DBX_SOAK_SECONDS").unwrap_or(SHORT);
    eprintln!("soak: again with DBX_SOAK_SEED={seed} DBX_SOAK_SECONDS={seconds} make soak");
    let mut estate = Estate::start(seed);
    let foreign = estate.cluster.plant_foreigner();
    let people = people::let_in(&estate, seed);
    chaos::rage(&mut estate, seed, Duration::from_secs(seconds));
    let accepted = people.send_home();
    settle::settle(&mut estate);
    let findings = verdict::findings(&estate, &accepted, foreign);
    if !findings.is_empty() {
        panic!("seed {seed}; logs are kept in {}\n{}", estate.keep().display(), findings.join("\n\n"));
    }
    estate.stop();
}
