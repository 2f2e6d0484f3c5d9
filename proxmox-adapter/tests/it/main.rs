//! The adapter against an in-process emulator, and the SQL administrator against a real Postgres.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed expectation is how a test fails; clippy.toml covers test functions only"
)]

mod clone;
mod configure;
mod destroy;
mod inventory;
mod late_changes;
mod lives;
mod power;
mod process;
mod relay;
mod server;
mod sql;
mod trust;
mod world;
