//! Makes the read models that this program expects, before it serves.
//!
//! `projection_versions` records which version of each read model the database holds. Guarantees: installing twice
//! changes nothing; installations and rebuilds take turns, also those of several copies of the server; a read model
//! that is new or of another version is built from the whole log before anything reads it. Stop older copies of the
//! server before a version changes: they would write the old shape.

use crate::{
    model::{self, ReadModel},
    rebuild::{self, ModelError, Rebuilt},
};
use dbx_sql::{Database, SqlError, Upcasters};
use deadpool_postgres::Transaction;

/// Advisory lock that makes installations and rebuilds take turns: "dbxproj" in ASCII.
const LOCK: i64 = 0x0064_6278_7072_6f6a;

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS projection_versions (
    name     text PRIMARY KEY,
    version  int         NOT NULL,
    built_at timestamptz NOT NULL
)";
/// Gives the runtime role of `dbx-sql` its rights on read models, where there is that role.
const GRANT: &str = "DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'dbx_runtime') THEN
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO dbx_runtime',
                       current_schema());
        REVOKE UPDATE, DELETE ON events FROM dbx_runtime;
        REVOKE INSERT, UPDATE, DELETE ON dbx_migrations, projection_versions FROM dbx_runtime;
    END IF;
END $$";

/// Makes every read model that is missing or of another version; says which ones it built. Run as owner, after the
/// migrations and before serving, with three free connections in the pool.
///
/// # Errors
/// [`ModelError`]; read models built before the failing one stay.
pub async fn install(db: &Database, upcasters: &Upcasters) -> Result<Vec<&'static str>, ModelError> {
    let mut client = db.client().await?;
    let turn = take_turn(&mut client).await?;
    let mut built = Vec::new();
    for model in stale(db).await? {
        rebuild::build(db, model, upcasters).await?;
        built.push(model.name);
    }
    turn.batch_execute(GRANT).await.map_err(SqlError::from)?;
    turn.commit().await.map_err(SqlError::from)?;
    Ok(built)
}

/// Read models that [`install`] would build. Serving must not begin before this is empty.
///
/// # Errors
/// Any [`SqlError`].
pub async fn outdated(db: &Database) -> Result<Vec<&'static str>, SqlError> {
    Ok(stale(db).await?.into_iter().map(|model| model.name).collect())
}

/// Builds one read model anew from the whole log. All but `workflow_queue` and `reservations` can be rebuilt while
/// serving: the new tables fill beside the old ones and replace them in one transaction, for which appends wait.
/// Those two are rebuilt in place, appends waiting all the time, and only while no worker holds a lease. Run as
/// owner, with three free connections in the pool.
///
/// # Errors
/// [`ModelError`]; the old tables stay as they were then.
pub async fn rebuild(db: &Database, upcasters: &Upcasters, name: &str) -> Result<Rebuilt, ModelError> {
    let model = model::ALL.iter().find(|model| model.name == name).ok_or_else(|| ModelError::Unknown {
        name: name.chars().take(40).collect(),
        known: crate::names().join(", "),
    })?;
    let mut client = db.client().await?;
    let turn = take_turn(&mut client).await?;
    let rebuilt = rebuild::build(db, model, upcasters).await?;
    turn.batch_execute(GRANT).await.map_err(SqlError::from)?;
    turn.commit().await.map_err(SqlError::from)?;
    Ok(rebuilt)
}

/// Waits until nobody else installs or rebuilds; the right lasts as long as the transaction, which has no
/// transaction number and so holds back no reader of the feed.
async fn take_turn(client: &mut deadpool_postgres::Object) -> Result<Transaction<'_>, SqlError> {
    let without_limits = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
                          SET LOCAL client_min_messages = warning";
    let preparation = client.transaction().await?;
    preparation.batch_execute(without_limits).await?;
    preparation.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    preparation.batch_execute(VERSIONS).await?;
    preparation.commit().await?;
    let turn = client.transaction().await?;
    turn.batch_execute(without_limits).await?;
    turn.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    Ok(turn)
}

async fn stale(db: &Database) -> Result<Vec<&'static ReadModel>, SqlError> {
    let client = db.client().await?;
    let there = client.query_one("SELECT to_regclass('projection_versions') IS NOT NULL", &[]).await?;
    let mut versions = std::collections::BTreeMap::new();
    if there.try_get(0)? {
        for row in client.query("SELECT name, version FROM projection_versions", &[]).await? {
            versions.insert(row.try_get::<_, String>(0)?, row.try_get::<_, i32>(1)?);
        }
    }
    Ok(model::ALL.iter().filter(|model| versions.get(model.name) != Some(&model.version)).collect())
}
