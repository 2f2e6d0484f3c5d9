//! Orgs by id.
//!
//! Guarantee: `version` is the sequence of the org's last event, whatever it was.

use crate::{
    columns::{self, Columns},
    model::{self, ReadModel, Rebuild},
};
use dbx_domain::{ids::OrgId, name::DisplayName, org::OrgEvent, time::Timestamp};
use dbx_sql::{Batch, Database, InlineProjection, NewlyRecorded, ProjectionError, SqlError, params};
use std::sync::Arc;

const DDL: &str = "CREATE TABLE orgs (
    org_id     text PRIMARY KEY,
    name       text        NOT NULL,
    version    bigint      NOT NULL,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz
) WITH (fillfactor = 80)";

pub(crate) const MODEL: ReadModel = ReadModel {
    name: "orgs",
    version: 1,
    tables: &["orgs"],
    ddl: DDL,
    rebuild: Rebuild::Swap,
    beside_log: &[],
    projection: || Arc::new(Orgs),
};

/// Fills `orgs`.
#[derive(Clone, Copy, Debug)]
pub struct Orgs;

impl InlineProjection for Orgs {
    fn name(&self) -> &'static str {
        MODEL.name
    }

    fn apply(&self, event: &NewlyRecorded<'_>, out: &mut Batch) -> Result<(), ProjectionError> {
        let Some(happened) = model::org(event)? else { return Ok(()) };
        let (id, version) = (event.aggregate_id.to_owned(), event.sequence.cast_signed());
        match happened {
            OrgEvent::OrgCreated { name, .. } => {
                let mut params = params![id, name.to_string(), version];
                params.push(event.recorded_at_param());
                out.push(
                    "INSERT INTO orgs (org_id, name, version, created_at)
                     VALUES ($1, $2, $3, coalesce($4, dbx_now()))",
                    params,
                );
            }
            OrgEvent::OrgRenamed { name } => out.push(
                "UPDATE orgs SET name = $3, version = $2 WHERE org_id = $1",
                params![id, version, name.to_string()],
            ),
            OrgEvent::OrgDeleted {} => {
                let mut params = params![id, version];
                params.push(event.recorded_at_param());
                out.push(
                    "UPDATE orgs SET deleted_at = coalesce($3, dbx_now()), version = $2 WHERE org_id = $1",
                    params,
                );
            }
            _ => out.push("UPDATE orgs SET version = $2 WHERE org_id = $1", params![id, version]),
        }
        Ok(())
    }
}

/// An org as its members see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgView {
    /// Its id.
    pub org: OrgId,
    /// Its name.
    pub name: DisplayName,
    /// Sequence of its last event.
    pub version: u64,
    /// When it was created.
    pub created_at: Timestamp,
}

/// The org, unless it is deleted.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find(db: &Database, org: OrgId) -> Result<Option<OrgView>, SqlError> {
    const SQL: &str =
        "SELECT org_id, name, version, created_at FROM orgs WHERE org_id = $1 AND deleted_at IS NULL";
    let Some(row) = columns::row(db, SQL, &[&org.to_string()]).await? else { return Ok(None) };
    let columns = Columns(&row);
    Ok(Some(OrgView {
        org: columns.word("org_id")?,
        name: columns.word("name")?,
        version: columns.version()?,
        created_at: columns.time("created_at")?,
    }))
}
