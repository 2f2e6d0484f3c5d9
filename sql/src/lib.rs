//! The control database: the only code that writes events.
//!
//! What is stored, and why:
//! - `events`: everything that ever happened, append-only, each stream chained by hashes. The source of truth.
//! - `people`, `passwords`, `sessions`, `api_key_secrets`, `event_origins`, `secrets`, `org_keys`: what must be erasable
//!   and therefore cannot be in the log. Written in the same transaction as the events they belong to.
//! - `idempotency`: answers to repeated requests. `workflow_queue`: leases. `samples`: what was measured. All of them are
//!   short-lived.
//!
//! Errors: [`SqlError`] is the exchange with Postgres; [`StoreError`] a stream that cannot be read; [`CommitError`]
//! a commit that did not (certainly) happen; [`MigrateError`] a schema that was left alone; [`VaultError`] a secret
//! that cannot be sealed or opened. None of them, and no `Debug` here, shows a secret or personal data.

mod append_plan;
mod batch;
mod canonical;
mod chain;
pub mod checkpoint;
mod commit;
mod database;
pub mod diagnosis;
pub mod duty;
mod error;
mod event;
mod feed;
mod fold;
mod fuse;
mod group;
mod json_text;
pub mod lease;
mod loops;
mod metadata;
mod migrate;
pub mod occupancy;
pub mod permit;
mod pipeline;
mod plan;
mod projection;
mod repository;
pub mod restore;
pub mod roles;
pub mod samples;
pub mod servers;
pub mod set_back;
mod side_write;
pub mod source;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod throttle;
mod turns;
mod upcast;
mod vault;
mod wakeups;
mod xid;

pub use batch::{Batch, Param, Statement};
pub use chain::{ChainBroken, Verified};
pub use commit::{Append, Appended, Commit, CommitError, Committed};
pub use database::{Database, DatabaseConfig};
pub use error::SqlError;
pub use event::{EventHash, NewEvent, RecordedEvent, StreamHead};
pub use feed::{Cursor, CursorError, EventFeed, Lag, MAX_FEED_PAGE, Page, read_streams};
pub use loops::Loops;
pub use metadata::{Actor, Metadata, MetadataError};
pub use migrate::{MigrateError, Migration, MigrationSet, SQL_MIGRATIONS, is_current, migrate, migrate_sets};
pub use projection::{InlineProjection, NewlyRecorded, ProjectionError, RebuildError, statements_of};
pub use repository::PgEventRepository;
pub use side_write::SideWrite;
pub use store::{At, EventStore, Loaded, MAX_PAGE, StoreError};
pub use turns::Turns;
pub use upcast::Upcasters;
pub use vault::{KeyCheck, MasterKey, MasterKeyError, MasterKeys, Vault, VaultError};
pub use wakeups::{Waiter, WakeupLink, Wakeups};
pub use xid::Xid;
