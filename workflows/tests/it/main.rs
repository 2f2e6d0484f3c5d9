//! Tests of the workflow engine: the generated crash matrix, races between requests and runs, and what `decide` may do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failing test panics"
)]
#![allow(unreachable_pub, reason = "a test binary exports nothing")]

mod abandon;
mod calls;
mod cancels;
mod clusters;
mod foreign;
mod journals;
mod ledger;
mod limits;
mod matrix;
mod origins;
mod outage;
mod races;
mod recorded;
mod recording;
mod script;
mod undo_leases;
mod world;
