//! The store against a real Postgres. Run as: `sql/with-postgres.sh cargo nextest run -p dbx-sql`.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod append_only;
mod appending;
mod atomicity;
mod chain;
mod clock;
mod connection_loss;
mod coordination;
mod cqrs_framework;
mod estate;
mod exports;
mod feed;
mod groups;
mod leases;
mod migrations;
mod parity;
mod projecting;
mod proxy;
mod restore;
mod samples;
mod sources;
mod tally;
mod tampering;
mod throttling;
mod vault;
mod wakeups;
