//! `dbxd`: the HTTP API of db.xyz, authentication, and the composition root.
//!
//! Guarantees: every error is a problem document (RFC 9457); every change is a command that was decided on the newest
//! state and committed together with what it shows; things of another org look as if they did not exist; no answer
//! but the one to "reveal" holds a tenant's password.

mod api;
pub mod app;
mod auth;
mod bounds;
mod command;
mod console;
pub mod fleet;
mod http;
mod ids;
mod live;
pub mod mail;
pub mod privacy;
pub mod roll_call;
pub mod server;
mod ways_out;
pub mod webhooks;
mod why;

pub use api::document::openapi_json;
pub use app::{App, Outside, Settings};
pub use bounds::Bounds;
pub use http::{metrics::Metrics, rate_limit::Limits};
