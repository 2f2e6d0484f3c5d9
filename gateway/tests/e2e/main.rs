//! The main job as a user does it: built programs, real Postgres servers, `dbx` and `psql`.
//!
//! Each test runs a demo of its own in a temporary directory and leaves no process behind.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a failing test panics")]

mod answers;
mod bad_input;
mod cli;
mod demo;
mod doctor;
mod full_run;
mod killed;
mod lifecycle;
mod manners;
mod measured;
mod replay;
mod secrecy;
mod tenant;
mod terminal;
mod tour;
