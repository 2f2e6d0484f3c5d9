//! Seeded simulation of the workflow engine: the real engine, step by step, over a log and a cluster in memory that
//! are as unreliable as real ones, with workers that die, hang and come back, in virtual time.
//!
//! A seed is a history: the same seed replays exactly. To look at one:
//!
//! ```text
//! make simulate SEED=42
//! ```
//!
//! To look for trouble, on all cores (`DBX_SIM_FIRST` says where to begin; fresh seeds if absent):
//!
//! ```text
//! make simulate HISTORIES=10000
//! ```

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a failing test panics")]
#![allow(unreachable_pub, reason = "a test binary exports nothing")]

mod chaos;
mod checks;
mod cluster;
mod dice;
mod executor;
mod history;
mod hypervisor;
mod log;
#[cfg(feature = "planted-bugs")]
mod mutations;
mod operator;
mod sea;
mod secrets;
mod seeds;
mod servers;
mod simulate;
mod users;
mod weather;
mod wire;
mod worker;
