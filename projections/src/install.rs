//! Makes the read models that this program expects, before it serves.
//!
//! `projection_versions` records which version of each read model the database holds. Guarantees: installing twice
//! changes nothing; installations and rebuilds take turns, also those of several copies of the server; a read model
//! that is new or of another version is built from the whole log before anything reads it. Stop older copies of the
//! server before a version changes: they would write the old shape.

use crate::{
    follow::{self, Follower, Standing},
    model::{self, ReadModel},
    rebuild::{self, ModelError, Rebuilt},
};
use dbx_sql::{Database, SqlError, Upcasters};
use deadpool_postgres::Transaction;
use std::collections::BTreeMap;

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
/// migrations and before serving, with five free connections in the pool.
///
/// # Errors
/// [`ModelError`]; read models built before the failing one stay.
pub async fn install(db: &Database, upcasters: &Upcasters) -> Result<Vec<&'static str>, ModelError> {
    let mut client = db.client().await?;
    let turn = take_turn(&mut client).await?;
    let built = build(db, &stale(db).await?, upcasters).await?;
    turn.batch_execute(GRANT).await.map_err(SqlError::from)?;
    turn.commit().await.map_err(SqlError::from)?;
    Ok(built.into_iter().map(|built| built.name).collect())
}

/// Read models that [`install`] would build. Serving must not begin before this is empty.
///
/// # Errors
/// Any [`SqlError`].
pub async fn outdated(db: &Database) -> Result<Vec<&'static str>, SqlError> {
    Ok(stale(db).await?.into_iter().map(Model::name).collect())
}

/// A read model of either kind.
#[derive(Clone, Copy)]
pub(crate) enum Model {
    /// It changes with the append.
    Inline(&'static ReadModel),
    /// It follows the feed.
    Follower(&'static Follower),
}

impl Model {
    /// All of them, in the order in which they are installed.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        model::ALL.iter().map(Self::Inline).chain(follow::ALL.iter().map(Self::Follower))
    }

    pub(crate) fn find(name: &str) -> Result<Self, ModelError> {
        Self::all().find(|model| model.name() == name).ok_or_else(|| ModelError::Unknown {
            name: name.chars().take(40).collect(),
            known: crate::names().join(", "),
        })
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Inline(model) => model.name,
            Self::Follower(follower) => follower.name,
        }
    }

    pub(crate) const fn version(self) -> i32 {
        match self {
            Self::Inline(model) => model.version,
            Self::Follower(follower) => follower.version,
        }
    }
}

/// Builds read models: inline ones in one pass over the log, followers in another, both at the same time.
async fn build(db: &Database, models: &[Model], upcasters: &Upcasters) -> Result<Vec<Rebuilt>, ModelError> {
    let (mut inline, mut followers) = (Vec::new(), Vec::new());
    // In the order in which they are declared: later ones may read from earlier ones.
    for model in Model::all().filter(|model| models.iter().any(|wanted| wanted.name() == model.name())) {
        match model {
            Model::Inline(model) => inline.push(model),
            Model::Follower(follower) => followers.push(follower),
        }
    }
    let following = async {
        match followers.is_empty() {
            true => Ok(Vec::new()),
            false => follow::build(db, &followers, upcasters).await,
        }
    };
    // Neither is given up when the other fails.
    let (inline, followers) = tokio::join!(rebuild::build(db, &inline, upcasters), following);
    let mut built = inline?;
    built.extend(followers?);
    built.sort_by_key(|built| Model::all().position(|model| model.name() == built.name));
    Ok(built)
}

/// Builds read models anew from the whole log, all of them in the same pass. All but `workflow_queue` and
/// `reservations` can be rebuilt while serving: the new tables fill beside the old ones and replace them in one
/// transaction, for which appends wait. Those two get their new rows in the same transaction, if no worker holds a lease
/// then. Run as owner, with five free connections in the pool.
///
/// # Errors
/// [`ModelError`]; the old tables stay as they were then, but for [`ModelError::Busy`]: the others are built.
pub async fn rebuild(
    db: &Database,
    upcasters: &Upcasters,
    names: &[&str],
) -> Result<Vec<Rebuilt>, ModelError> {
    let models = names.iter().map(|name| Model::find(name)).collect::<Result<Vec<_>, _>>()?;
    let mut client = db.client().await?;
    let turn = take_turn(&mut client).await?;
    let rebuilt = build(db, &models, upcasters).await?;
    turn.batch_execute(GRANT).await.map_err(SqlError::from)?;
    turn.commit().await.map_err(SqlError::from)?;
    Ok(rebuilt)
}

/// Builds a read model anew beside the living one and compares them as of the same event; gives the number of differing
/// rows of each of its tables, all zero if nothing is wrong. What is compared stands still meanwhile: for an inline one
/// appends wait for the last part of it, a follower waits alone. Run as owner, with three free connections in the pool.
///
/// # Errors
/// [`ModelError`]; the living tables are never touched.
pub async fn verify(
    db: &Database,
    upcasters: &Upcasters,
    name: &str,
) -> Result<Vec<(&'static str, u64)>, ModelError> {
    let model = Model::find(name)?;
    let mut client = db.client().await?;
    let turn = take_turn(&mut client).await?;
    let differing = match model {
        Model::Inline(model) => rebuild::compare(db, model, upcasters).await?,
        Model::Follower(follower) => follow::compare(db, follower, upcasters).await?,
    };
    turn.commit().await.map_err(SqlError::from)?;
    Ok(differing)
}

/// A read model as `dbxd projections list` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Its name.
    pub name: &'static str,
    /// The version that this program has.
    pub version: i32,
    /// The version that the database holds, if it holds it.
    pub held: Option<i32>,
    /// Where a follower stands; none for inline ones, which are never behind.
    pub standing: Option<Standing>,
}

/// Every read model.
///
/// # Errors
/// Any [`SqlError`].
pub async fn list(db: &Database) -> Result<Vec<Installed>, SqlError> {
    let versions = versions(db).await?;
    let mut standings = if versions.is_empty() { Vec::new() } else { follow::standings(db).await? };
    let installed = |model: Model| {
        let standing = standings.iter().position(|standing| standing.name == model.name());
        Installed {
            name: model.name(),
            version: model.version(),
            held: versions.get(model.name()).copied(),
            standing: standing.map(|index| standings.swap_remove(index)),
        }
    };
    Ok(Model::all().map(installed).collect())
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
    preparation.batch_execute(follow::CURSORS).await?;
    preparation.commit().await?;
    let turn = client.transaction().await?;
    turn.batch_execute(without_limits).await?;
    turn.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    Ok(turn)
}

async fn stale(db: &Database) -> Result<Vec<Model>, SqlError> {
    let versions = versions(db).await?;
    Ok(Model::all().filter(|model| versions.get(model.name()) != Some(&model.version())).collect())
}

/// Which version of each read model the database holds.
pub(crate) async fn versions(db: &Database) -> Result<BTreeMap<String, i32>, SqlError> {
    let client = db.client().await?;
    let there = client.query_one("SELECT to_regclass('projection_versions') IS NOT NULL", &[]).await?;
    let mut versions = BTreeMap::new();
    if there.try_get(0)? {
        for row in client.query("SELECT name, version FROM projection_versions", &[]).await? {
            versions.insert(row.try_get::<_, String>(0)?, row.try_get::<_, i32>(1)?);
        }
    }
    Ok(versions)
}
