//! Drifts: where the cluster was last seen to differ from the record, until both agree again.
//!
//! Guarantee: one row per instance and kind of drift; a row is gone when the drift is.

use crate::{
    columns::{self, Columns},
    model::{self, ReadModel, Rebuild},
};
use dbx_domain::{
    ids::InstanceId,
    instance::{DriftKind, InstanceEvent},
    time::Timestamp,
};
use dbx_sql::{Batch, Database, InlineProjection, NewlyRecorded, ProjectionError, SqlError, params};
use std::sync::Arc;

const DDL: &str = "CREATE TABLE drifts (
    instance_id text        NOT NULL,
    what        text        NOT NULL,
    expected    text        NOT NULL,
    observed    text        NOT NULL,
    detected_at timestamptz NOT NULL,
    PRIMARY KEY (instance_id, what)
)";

pub(crate) const MODEL: ReadModel = ReadModel {
    name: "drifts",
    version: 1,
    tables: &["drifts"],
    ddl: DDL,
    rebuild: Rebuild::Swap,
    beside_log: &[],
    projection: || Arc::new(Drifts),
};

/// Fills `drifts`.
#[derive(Clone, Copy, Debug)]
pub struct Drifts;

const DETECTED: &str = "INSERT INTO drifts (instance_id, what, expected, observed, detected_at)
    VALUES ($1, $2, $3, $4, coalesce($5, dbx_now()))
    ON CONFLICT (instance_id, what) DO UPDATE
    SET expected = excluded.expected, observed = excluded.observed, detected_at = excluded.detected_at";
const REPAIRED: &str = "DELETE FROM drifts WHERE instance_id = $1 AND what = $2";

impl InlineProjection for Drifts {
    fn name(&self) -> &'static str {
        MODEL.name
    }

    fn apply(&self, event: &NewlyRecorded<'_>, out: &mut Batch) -> Result<(), ProjectionError> {
        let instance = event.aggregate_id.to_owned();
        match model::instance(event)? {
            Some(InstanceEvent::DriftDetected { what, expected, observed }) => {
                let mut params = params![instance, what.name(), expected, observed];
                params.push(event.recorded_at_param());
                out.push(DETECTED, params);
            }
            Some(InstanceEvent::DriftRepaired { what, .. }) => {
                out.push(REPAIRED, params![instance, what.name()]);
            }
            _ => {}
        }
        Ok(())
    }
}

/// A drift that was seen and is not settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriftView {
    /// Of which instance.
    pub instance: InstanceId,
    /// What differs.
    pub what: DriftKind,
    /// What the record says.
    pub expected: String,
    /// What the cluster showed.
    pub observed: String,
    /// Since when.
    pub detected_at: Timestamp,
}

/// Every unsettled drift, oldest first.
///
/// # Errors
/// Any [`SqlError`].
pub async fn open(db: &Database) -> Result<Vec<DriftView>, SqlError> {
    const SQL: &str = "SELECT instance_id, what, expected, observed, detected_at FROM drifts
                       ORDER BY detected_at, instance_id, what";
    let read = |row| {
        let columns = Columns(row);
        Ok(DriftView {
            instance: columns.word("instance_id")?,
            what: columns.word("what")?,
            expected: columns.plain("expected")?,
            observed: columns.plain("observed")?,
            detected_at: columns.time("detected_at")?,
        })
    };
    columns::rows(db, SQL, &[]).await?.iter().map(read).collect()
}
