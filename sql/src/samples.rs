//! Samples: what was measured of instances, kept for [`KEPT`].
//!
//! Guarantees: one statement records all instances of a round, so a round costs one commit however many there are; all
//! of its samples carry the database's time of that moment. What was not known is absent, never zero.

use crate::{database::Database, error::SqlError};
use dbx_domain::{ids::InstanceId, time::Timestamp};
use std::time::Duration;
use tokio_postgres::Row;

/// How long samples are kept.
pub const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// What was measured of one instance.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Share of its CPUs that was busy, 0 to 1.
    pub cpu: Option<f32>,
    /// Memory in use, in bytes.
    pub memory_bytes: Option<i64>,
    /// Disk in use, in bytes.
    pub disk_bytes: Option<i64>,
    /// Transactions that ended, per second.
    pub queries_per_second: Option<f32>,
    /// Open connections.
    pub connections: Option<i32>,
}

impl Figures {
    /// Whether nothing at all was measured.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Figures and when they held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When; of a step, its beginning.
    pub at: Timestamp,
    /// What; of a step, the mean of what is known.
    pub figures: Figures,
}

/// A stretch of time up to now, in steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Where its first step begins.
    pub from: Timestamp,
    /// Now.
    pub to: Timestamp,
    /// The newest sample in it, as it was measured.
    pub latest: Option<Sample>,
    /// One for each step in which something was measured, oldest first.
    pub steps: Vec<Sample>,
}

/// Records what was measured just now.
///
/// # Errors
/// Any [`SqlError`].
pub async fn record(db: &Database, measured: &[(InstanceId, Figures)]) -> Result<(), SqlError> {
    const SQL: &str =
        "INSERT INTO samples (instance_id, sampled_at, cpu, memory_bytes, disk_bytes, queries_per_second, connections)
         SELECT instance, dbx_now(), cpu, memory, disk, queries, connections
         FROM unnest($1::text[], $2::real[], $3::bigint[], $4::bigint[], $5::real[], $6::int[])
             AS measured(instance, cpu, memory, disk, queries, connections)
         ON CONFLICT DO NOTHING";
    if measured.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = measured.iter().map(|(instance, _)| instance.to_string()).collect();
    let cpu = column(measured, |figures| figures.cpu);
    let memory = column(measured, |figures| figures.memory_bytes);
    let disk = column(measured, |figures| figures.disk_bytes);
    let queries = column(measured, |figures| figures.queries_per_second);
    let connections = column(measured, |figures| figures.connections);
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    client.execute(&statement, &[&ids, &cpu, &memory, &disk, &queries, &connections]).await?;
    Ok(())
}

fn column<T>(measured: &[(InstanceId, Figures)], get: impl Fn(&Figures) -> Option<T>) -> Vec<Option<T>> {
    measured.iter().map(|(_, figures)| get(figures)).collect()
}

/// The last `length` of an instance in steps of `step`.
///
/// # Errors
/// Any [`SqlError`].
pub async fn window(
    db: &Database,
    instance: InstanceId,
    length: Duration,
    step: Duration,
) -> Result<Window, SqlError> {
    // Steps are aligned, so that the same step has the same beginning in every answer.
    const BOUNDS: &str =
        "SELECT dbx_now(), date_bin(make_interval(secs => $2), dbx_now() - make_interval(secs => $1),
                                           'epoch'::timestamptz) + make_interval(secs => $2)";
    const STEPS: &str =
        "SELECT date_bin(make_interval(secs => $4), sampled_at, 'epoch'::timestamptz), avg(cpu)::real,
                avg(memory_bytes)::bigint, avg(disk_bytes)::bigint, avg(queries_per_second)::real,
                round(avg(connections))::int
         FROM samples WHERE instance_id = $1 AND sampled_at >= $2 AND sampled_at <= $3 GROUP BY 1 ORDER BY 1";
    const LATEST: &str = "SELECT sampled_at, cpu, memory_bytes, disk_bytes, queries_per_second, connections
         FROM samples WHERE instance_id = $1 AND sampled_at >= $2 AND sampled_at <= $3
         ORDER BY sampled_at DESC LIMIT 1";
    let (id, step) = (instance.to_string(), step.as_secs_f64());
    let client = db.client().await?;
    let bounds = client.prepare_cached(BOUNDS).await?;
    let row = client.query_one(&bounds, &[&length.as_secs_f64(), &step]).await?;
    let (to, from): (time::OffsetDateTime, time::OffsetDateTime) = (row.try_get(0)?, row.try_get(1)?);
    let (steps, latest) = (client.prepare_cached(STEPS).await?, client.prepare_cached(LATEST).await?);
    let rows = client.query(&steps, &[&id, &from, &to, &step]).await?;
    let newest = client.query_opt(&latest, &[&id, &from, &to]).await?;
    Ok(Window {
        from: from.into(),
        to: to.into(),
        latest: newest.as_ref().map(read).transpose()?,
        steps: rows.iter().map(read).collect::<Result<_, _>>()?,
    })
}

fn read(row: &Row) -> Result<Sample, SqlError> {
    let at: time::OffsetDateTime = row.try_get(0)?;
    let figures = Figures {
        cpu: row.try_get(1)?,
        memory_bytes: row.try_get(2)?,
        disk_bytes: row.try_get(3)?,
        queries_per_second: row.try_get(4)?,
        connections: row.try_get(5)?,
    };
    Ok(Sample { at: at.into(), figures })
}

/// Deletes samples that are older than [`KEPT`]; says how many.
///
/// # Errors
/// Any [`SqlError`].
pub async fn delete_old(db: &Database) -> Result<u64, SqlError> {
    let client = db.client().await?;
    let sql = "DELETE FROM samples WHERE sampled_at <= dbx_now() - make_interval(secs => $1)";
    Ok(client.execute(sql, &[&KEPT.as_secs_f64()]).await?)
}
