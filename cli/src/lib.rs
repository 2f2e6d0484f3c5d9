//! `dbx`, the command line client of db.xyz.
//!
//! Knows the server only by `gateway/openapi.json`: the types in [`api`] are made from it at build time. Results go to
//! stdout, everything else to stderr; the exit code says how it ended (see [`exit`]).

pub mod api;
pub mod api_url;
pub mod args;
mod client;
mod cmd;
mod complete;
mod confirm;
mod context;
pub mod exit;
pub mod failure;
pub mod interrupt;
pub mod output;
mod password;
pub mod progress;
mod question;
mod repeated;
pub mod resolve;
mod run;
mod scope;
pub mod secret;
pub mod store;
pub mod verify;
mod wait;

pub use run::run;
