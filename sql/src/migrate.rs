//! Schema migrations: forward only, all or nothing, never edited after release.
//!
//! A set of numbered files is embedded in the binary; `dbx_migrations` records what was applied with a checksum.
//! Guarantees: two servers starting at once apply each file once (advisory lock); a file that changed after it was
//! applied, and a database that is newer than the program, are refused with a sentence.

use crate::{database::Database, error::SqlError};
use sha2::{Digest as _, Sha256};
use tokio_postgres::{Client, Transaction};

/// Advisory lock that makes migrations take turns: "dbxmigr" in ASCII.
const LOCK: i64 = 0x0064_6278_6d69_6772;

/// One file.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// From 1, without gaps, within its set.
    pub version: i32,
    /// The file's name without number and suffix.
    pub name: &'static str,
    /// Its text.
    pub sql: &'static str,
}

/// The migrations of one crate. Other crates that own tables (read models) bring a set of their own.
#[derive(Clone, Copy, Debug)]
pub struct MigrationSet {
    /// Unique name of the set.
    pub name: &'static str,
    /// In ascending order.
    pub migrations: &'static [Migration],
}

macro_rules! migrations {
    ($($version:literal = $name:literal $file:literal),* $(,)?) => {
        &[$(Migration { version: $version, name: $name, sql: include_str!($file) }),*]
    };
}

/// The tables of this crate.
pub const SQL_MIGRATIONS: MigrationSet = MigrationSet {
    name: "sql",
    migrations: migrations![
        1 = "clock" "../migrations/0001_clock.sql",
        2 = "events" "../migrations/0002_events.sql",
        3 = "workflow_queue" "../migrations/0003_workflow_queue.sql",
        4 = "people" "../migrations/0004_people.sql",
        5 = "idempotency" "../migrations/0005_idempotency.sql",
        6 = "secrets" "../migrations/0006_secrets.sql",
        7 = "reservations" "../migrations/0007_reservations.sql",
        8 = "coordination" "../migrations/0008_coordination.sql",
        9 = "identity" "../migrations/0009_identity.sql",
        10 = "samples" "../migrations/0010_samples.sql",
        11 = "checkpoints" "../migrations/0011_checkpoints.sql",
        12 = "webhooks" "../migrations/0012_webhooks.sql",
        13 = "invitation_mails" "../migrations/0013_invitation_mails.sql",
        14 = "servers" "../migrations/0014_servers.sql",
        15 = "kept_answers" "../migrations/0015_kept_answers.sql",
    ],
};

/// Why the schema was left as it was.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A file was edited after it had been applied.
    #[error(
        "migration {set}/{version} ({name}) was applied in another form; restore the released file and put the change into a new one"
    )]
    Changed {
        /// Its set.
        set: &'static str,
        /// Its number.
        version: i32,
        /// Its name.
        name: String,
    },
    /// The database was migrated by a newer program.
    #[error(
        "the database has migration {set}/{found}, this program knows {known} and older; run the newer dbxd, or restore the backup from before its migration"
    )]
    Newer {
        /// The set.
        set: &'static str,
        /// Highest applied.
        found: i32,
        /// Highest known.
        known: i32,
    },
    /// A file failed; nothing of this run was applied.
    #[error("migration {set}/{version} ({name}) failed: {source}")]
    Failed {
        /// Its set.
        set: &'static str,
        /// Its number.
        version: i32,
        /// Its name.
        name: &'static str,
        /// Postgres's refusal.
        source: SqlError,
    },
    /// The exchange with Postgres failed.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

impl From<tokio_postgres::Error> for MigrateError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Sql(error.into())
    }
}

/// Brings the tables of this crate to the program's version; says how many files it applied. Run as owner.
///
/// # Errors
/// [`MigrateError`]; the database is unchanged then.
pub async fn migrate(client: &mut Client) -> Result<usize, MigrateError> {
    migrate_sets(client, &[SQL_MIGRATIONS]).await
}

/// Brings several sets to the program's version in one transaction, then gives the runtime role its rights
/// (see [`crate::roles`]).
///
/// # Errors
/// [`MigrateError`]; the database is unchanged then.
pub async fn migrate_sets(client: &mut Client, sets: &[MigrationSet]) -> Result<usize, MigrateError> {
    let transaction = client.transaction().await?;
    // A migration may take longer than a request may.
    transaction
        .batch_execute("SET LOCAL statement_timeout = 0; SET LOCAL client_min_messages = warning")
        .await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    let record = "CREATE TABLE IF NOT EXISTS dbx_migrations (
                      set_name text, version int, name text NOT NULL, checksum text NOT NULL,
                      applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (set_name, version))";
    transaction.batch_execute(record).await?;
    let mut applied = 0;
    for set in sets {
        applied += apply_set(&transaction, *set).await?;
    }
    crate::roles::grant_runtime(&transaction).await?;
    transaction.commit().await?;
    Ok(applied)
}

/// Whether exactly the files of `sets` are applied, in the form this program knows. Only reads, so a readiness check
/// may ask as the runtime role.
///
/// # Errors
/// Any [`SqlError`].
pub async fn is_current(db: &Database, sets: &[MigrationSet]) -> Result<bool, SqlError> {
    let client = db.client().await?;
    let there = client.query_one("SELECT to_regclass('dbx_migrations') IS NOT NULL", &[]).await?;
    if !there.try_get::<_, bool>(0)? {
        return Ok(false);
    }
    let sql = "SELECT version, checksum FROM dbx_migrations WHERE set_name = $1 ORDER BY version";
    let statement = client.prepare_cached(sql).await?;
    for set in sets {
        let rows = client.query(&statement, &[&set.name]).await?;
        let applied = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        let applied = applied.collect::<Result<Vec<(i32, String)>, tokio_postgres::Error>>()?;
        let known = set.migrations.iter().map(|migration| (migration.version, checksum_of(migration.sql)));
        if !known.eq(applied) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn apply_set(transaction: &Transaction<'_>, set: MigrationSet) -> Result<usize, MigrateError> {
    let sql = "SELECT version, name, checksum FROM dbx_migrations WHERE set_name = $1 ORDER BY version";
    let known = set.migrations.last().map_or(0, |migration| migration.version);
    let mut done = 0;
    for row in transaction.query(sql, &[&set.name]).await? {
        let (version, name, checksum): (i32, String, String) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let Some(migration) = set.migrations.iter().find(|migration| migration.version == version) else {
            return Err(MigrateError::Newer { set: set.name, found: version, known });
        };
        if checksum != checksum_of(migration.sql) {
            return Err(MigrateError::Changed { set: set.name, version, name });
        }
        done = version;
    }
    let pending: Vec<_> = set.migrations.iter().filter(|migration| migration.version > done).collect();
    for migration in &pending {
        apply(transaction, set.name, migration).await?;
    }
    Ok(pending.len())
}

async fn apply(
    transaction: &Transaction<'_>,
    set: &'static str,
    migration: &Migration,
) -> Result<(), MigrateError> {
    let Migration { version, name, sql } = *migration;
    let failed =
        |error: tokio_postgres::Error| MigrateError::Failed { set, version, name, source: error.into() };
    transaction.batch_execute(sql).await.map_err(failed)?;
    let record = "INSERT INTO dbx_migrations (set_name, version, name, checksum) VALUES ($1, $2, $3, $4)";
    transaction.execute(record, &[&set, &version, &name, &checksum_of(sql)]).await.map_err(failed)?;
    Ok(())
}

/// SHA-256 of a file's text in hex.
pub(crate) fn checksum_of(sql: &str) -> String {
    Sha256::digest(sql).iter().map(|byte| format!("{byte:02x}")).collect()
}
