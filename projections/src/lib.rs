//! Read models: what the log says, arranged for questions. One file each, with its tables, its projection and its
//! queries.
//!
//! *Inline* ones change in the transaction that appends the events, so whoever sees its change can rely on it.
//! *Followers* ([`follow`]) read the feed a moment later and may cost what they like. Guarantees for both: a read model
//! holds nothing that the log does not say, so it can be dropped and built again; rebuilding gives the same rows as
//! living, times included.
//!
//! Order at start: migrations of `dbx-sql`, then [`install`], then `EventStore::new(db, inline())`, then
//! [`follow::run`].

pub mod activity;
pub mod api_keys;
pub mod audit;
mod columns;
pub mod drifts;
pub mod fleet;
pub mod follow;
mod install;
pub mod instances;
pub mod invitations;
pub mod jobs;
pub mod members;
mod model;
pub mod narrative;
pub mod orgs;
pub mod page;
pub mod projects;
mod rebuild;
pub mod reservations;
pub mod sight;
pub mod usage;
pub mod webhooks;
pub mod workflow_queue;

use dbx_sql::InlineProjection;
pub use install::{Installed, install, list, outdated, rebuild, verify};
pub use page::{Page, PageError, PageRequest, PageSize, PageToken};
pub use rebuild::{ModelError, Rebuilt};
use std::sync::Arc;

/// Every inline projection, in the order in which their statements must run.
pub fn inline() -> Vec<Arc<dyn InlineProjection>> {
    model::ALL.iter().map(|model| (model.projection)()).collect()
}

/// The names of the read models, for `dbxd projections rebuild NAME`.
pub fn names() -> Vec<&'static str> {
    install::Model::all().map(install::Model::name).collect()
}
