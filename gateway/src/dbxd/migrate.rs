//! `dbxd migrate`: brings the control database to this program's version.

use crate::{Failure, config};
use dbx_sql::{Database, DatabaseConfig, Upcasters};
use std::path::Path;

/// Migrates the database that the configuration names.
pub(crate) fn main(path: &Path) -> Result<(), Failure> {
    crate::telemetry::to_stderr();
    let config = config::load(path)?;
    let database = config.database(&config.secrets.read()?);
    tokio::runtime::Runtime::new()?.block_on(migrate(&database))
}

/// Migrates, as owner: tables first, then the read models that are new or of another version.
///
/// # Errors
/// The database cannot be reached, or is newer than this program.
pub(crate) async fn migrate(config: &DatabaseConfig) -> Result<(), Failure> {
    let database = Database::connect(config).await?;
    let applied = {
        let mut client = database.client().await?;
        dbx_sql::migrate(&mut client).await?
    };
    let built = dbx_projections::install(&database, &upcasters()).await?;
    tracing::info!(applied, ?built, "the control database is current");
    database.close();
    Ok(())
}

/// The domain's upcasters.
pub(crate) fn upcasters() -> Upcasters {
    Upcasters::new(dbx_domain::upcast::upcasters())
}
