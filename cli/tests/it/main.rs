//! What can be tested of `dbx` without a server. Whole sessions are tested against the demo, with a real one.
//!
//! `fixtures/` holds bodies that a real server answered.

#![allow(clippy::unwrap_used, reason = "a failing test panics")]

mod account;
mod api_call;
mod api_url;
mod arguments;
mod commands;
mod completion;
mod connecting;
mod failures;
mod fixtures;
mod following;
mod formats;
mod golden;
mod looking;
mod moments;
mod names;
mod process;
mod program;
mod progress;
mod reference;
mod remembered;
mod repeating;
mod results;
mod server;
mod terminal;
mod verifying;
mod waiting;
mod webhooks;
