//! The API through its real router, each test on a database of its own.
//!
//! Run: `sql/with-postgres.sh cargo nextest run -p dbx-gateway`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod account;
mod activity;
mod api_keys;
mod audit;
mod audit_log;
mod bounds;
mod care;
mod care_world;
mod conditions;
mod crowd;
mod edge;
mod evidence;
mod fuzz;
mod instances;
mod limits;
mod listener;
mod lists;
mod lost_answers;
mod mail;
mod master_keys;
mod measured;
mod openapi;
mod operations;
mod past;
mod people;
mod privacy;
mod problems;
mod receiver;
mod repeating;
mod roles;
mod running;
mod sampling;
mod schemathesis;
mod secrecy;
mod server;
mod sign_in;
mod smtp;
mod stand;
mod stream;
mod stream_shares;
mod stuck;
mod sweeping;
mod throttling;
mod webhook_turns;
mod webhooks;
