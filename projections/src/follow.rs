//! Asynchronous projections: followers of the feed, each with tables of its own and a cursor.
//!
//! How to add one: write a file with its DDL, its [`AsyncProjection`] and its queries, and add its [`Follower`] to
//! [`ALL`]. `apply` gets events in feed order, in their current shape, and a transaction; whatever it writes there is
//! committed together with the cursor. It must derive everything from the events and from its own tables, or a rebuild
//! gives something else. Work outside Postgres, such as calling a webhook, does not belong here: let `apply` write what
//! is to be done into a table, and do it from there.
//!
//! Guarantees:
//! - *Exactly once*: the cursor moves in the transaction that holds the effect, and only from where it was.
//! - *One at a time*: over all copies of the server a follower has one runner ([`dbx_sql::Turns`]); a second one that
//!   believes to be the first changes nothing, because it finds the cursor moved.
//! - *Never skipped*: an event that cannot be applied stops its follower, and no other, right before it. The log, the
//!   metrics and `dbxd projections list` say which event and why; it is tried again, so a corrected program goes on.
//! - *Rebuilt while serving*: beside the living tables, which are then replaced in one transaction ([`build`]).

mod build;
mod projection;
mod runner;
mod standing;
mod step;

pub(crate) use build::{build, compare};
pub use projection::{ApplyError, AsyncProjection};
pub use runner::run;
pub use standing::{Standing, standings};
pub use step::catch_up;

use crate::{activity, audit, usage};
use std::sync::Arc;

/// A follower: its tables and the projection that fills them.
pub(crate) struct Follower {
    /// The projection's name.
    pub name: &'static str,
    /// Goes up with every change of tables or projection; a new version is built from the log at the next `migrate`.
    pub version: i32,
    /// Its tables.
    pub tables: &'static [&'static str],
    /// What creates them, unqualified so that the search path decides where.
    pub ddl: &'static str,
    /// What creates the indexes that only readers need; `apply` must do without them.
    pub indexes: &'static str,
    /// Its projection.
    pub projection: fn() -> Arc<dyn AsyncProjection>,
}

/// All of them.
pub(crate) const ALL: &[Follower] = &[activity::FOLLOWER, audit::FOLLOWER, usage::FOLLOWER];

/// Where each follower is, and what it stopped at, if it did.
pub(crate) const CURSORS: &str = "CREATE TABLE IF NOT EXISTS projection_cursors (
    name     text PRIMARY KEY,
    cursor   text        NOT NULL,
    moved_at timestamptz NOT NULL DEFAULT dbx_now(),
    stopped  text
)";
