//! What can be tested of `dbx` without a server. Whole sessions are tested against the demo, with a real one.
//!
//! `fixtures/` holds bodies that a real server answered.

#![allow(clippy::unwrap_used, reason = "a failing test panics")]

mod api_url;
mod arguments;
mod failures;
mod fixtures;
mod golden;
mod names;
mod process;
mod progress;
mod remembered;
mod results;
