//! How long creates take, measured on this installation.

use crate::columns::{self, Columns};
use dbx_domain::instance::StepName;
use dbx_sql::{Database, SqlError};
use serde::Deserialize;

/// So many of the newest creates are looked at: enough for a tail, few enough to follow a change within a day.
const NEWEST: i64 = 200;

/// Ids of jobs begin with their time, so the newest are found from the end of the primary key.
const PACE: &str = "WITH newest AS (
        SELECT workflow_id, extract(epoch FROM finished_at - created_at)::float8 AS took
        FROM jobs WHERE kind = 'create' AND status = 'succeeded' ORDER BY workflow_id DESC LIMIT $1),
    paces AS (
        SELECT s.step, min(s.position) AS place, percentile_cont(0.5) WITHIN GROUP
                (ORDER BY extract(epoch FROM s.finished_at - s.began_at)::float8) AS took
        FROM job_steps s JOIN newest n ON n.workflow_id = s.workflow_id
        WHERE s.status = 'completed' GROUP BY s.step)
    SELECT count(*) AS measured,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY took) AS median_seconds,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY took) AS p95_seconds,
        (SELECT coalesce(jsonb_agg(jsonb_build_object('step', step, 'median_seconds', took) ORDER BY place), '[]')
         FROM paces) AS steps
    FROM newest";

/// How long the newest creates took that succeeded, from the order to an answering server.
#[derive(Clone, Debug, PartialEq)]
pub struct CreatePace {
    /// How many were measured.
    pub measured: u32,
    /// In seconds; none before the first.
    pub median_seconds: Option<f64>,
    /// In seconds; one in twenty took longer.
    pub p95_seconds: Option<f64>,
    /// Its steps, in their order.
    pub steps: Vec<StepPace>,
}

/// How long a step took.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct StepPace {
    /// Its name.
    pub step: StepName,
    /// In seconds, attempts that failed included.
    pub median_seconds: f64,
}

/// Measures the newest creates of the whole installation, whosever they are.
///
/// # Errors
/// Any [`SqlError`].
pub async fn create_pace(db: &Database) -> Result<CreatePace, SqlError> {
    let row = columns::row(db, PACE, &[&NEWEST]).await?;
    let Some(row) = row else {
        return Ok(CreatePace { measured: 0, median_seconds: None, p95_seconds: None, steps: Vec::new() });
    };
    let columns = Columns(&row);
    Ok(CreatePace {
        measured: columns.number("measured")?,
        median_seconds: columns.plain("median_seconds")?,
        p95_seconds: columns.plain("p95_seconds")?,
        steps: columns.json("steps")?,
    })
}
