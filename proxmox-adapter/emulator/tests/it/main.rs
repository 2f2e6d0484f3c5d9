//! The emulator from outside: over TLS as a client sees it, and through the library as tests use it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that panics is a test that failed"
)]

mod client;
mod clone;
mod config;
mod faults;
mod first_boot;
mod persistence;
mod power;
mod privilege;
mod process;
mod sql;
mod wire;
