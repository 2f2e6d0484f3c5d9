//! Where each follower stands: for operators and metrics.

use super::ALL;
use crate::columns::{self, Columns, unreadable};
use dbx_domain::time::Timestamp;
use dbx_sql::{Cursor, Database, EventFeed, Lag, SqlError};
use std::collections::BTreeMap;

/// Where a follower stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its name.
    pub name: &'static str,
    /// Everything up to here is applied.
    pub cursor: Cursor,
    /// When it last moved.
    pub moved_at: Timestamp,
    /// Before which event it stopped, and why; none if it runs.
    pub stopped: Option<String>,
    /// What it has not applied yet.
    pub lag: Lag,
}

/// Where every installed follower stands.
///
/// # Errors
/// Any [`SqlError`].
pub async fn standings(db: &Database) -> Result<Vec<Standing>, SqlError> {
    const SQL: &str = "SELECT name, cursor, moved_at, stopped FROM projection_cursors";
    let mut found = BTreeMap::new();
    for row in columns::rows(db, SQL, &[]).await? {
        found.insert(row.try_get::<_, String>(0)?, row);
    }
    let feed = EventFeed::new(db.clone());
    let mut standings = Vec::new();
    for follower in ALL {
        let Some(row) = found.get(follower.name) else { continue };
        let columns = Columns(row);
        let cursor: &str = columns.plain("cursor")?;
        let cursor = cursor.parse().map_err(|error| unreadable("cursor", error))?;
        standings.push(Standing {
            name: follower.name,
            cursor,
            moved_at: columns.time("moved_at")?,
            stopped: columns.plain("stopped")?,
            lag: feed.lag(&cursor).await?,
        });
    }
    Ok(standings)
}
