//! Leases on instances: which worker may drive which instance now.
//!
//! Rows of `workflow_queue` come from an inline projection of the workflow events. The claim writes lease, fence,
//! attempt and the back-off in one statement, so a worker that dies right after it backs off like one that failed.
//! Two workers never hold one instance at once unless the lease ran out; then the fence tells them apart and the
//! expected sequence of an append refuses the late one. A parked row (`due_at = 'infinity'`) is in no index, so a
//! claim costs the same however many there are.

use crate::{batch::Statement, database::Database, error::SqlError, params};
use dbx_domain::time::Timestamp;
use std::time::Duration;

/// Back-off after the first claim without progress; doubles with each further one. Seconds.
const BACKOFF_FIRST_SECONDS: f64 = 1.0;
/// Longest back-off, seconds.
const BACKOFF_CAP_SECONDS: f64 = 300.0;

/// The right to drive one instance for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Which instance.
    pub instance_id: String,
    /// Its org.
    pub org_id: String,
    /// The running workflow.
    pub workflow_id: String,
    /// What the workflow does.
    pub kind: String,
    /// Grows with every claim of the row; a smaller one is a zombie's.
    pub fence: i64,
    /// Claims since the projection last reset the count, this one included.
    pub attempt: i32,
    /// When the lease ends unless renewed.
    pub lease_until: Timestamp,
}

const CLAIM: &str = "WITH due AS (
        SELECT instance_id FROM workflow_queue
        WHERE due_at < 'infinity' AND due_at <= dbx_now() AND (lease_until IS NULL OR lease_until <= dbx_now())
        ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    UPDATE workflow_queue q
    SET worker = $1, fence = nextval('workflow_fence'), attempt = q.attempt + 1,
        lease_until = dbx_now() + make_interval(secs => $3),
        due_at = dbx_now() + make_interval(secs =>
            least($5, $4 * 2 ^ least(q.attempt, 30)) * (0.5 + random() / 2))
    FROM due WHERE q.instance_id = due.instance_id
    RETURNING q.instance_id, q.org_id, q.workflow_id, q.kind, q.fence, q.attempt, q.lease_until";

/// Permits end with the lease, also when the row is gone because the run is over; not those of a later holder.
macro_rules! free_permits {
    () => {
        "WITH freed AS (DELETE FROM write_permits WHERE instance_id = $1 AND NOT EXISTS (
             SELECT FROM workflow_queue WHERE instance_id = $1 AND fence <> $2)) "
    };
}

/// A lease that a worker believes to hold: all that renewing and releasing need of a [`Claim`].
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// The instance.
    pub instance_id: &'a str,
    /// The claim's fence.
    pub fence: i64,
}

impl<'a> From<&'a Claim> for Held<'a> {
    fn from(claim: &'a Claim) -> Self {
        Self { instance_id: &claim.instance_id, fence: claim.fence }
    }
}

/// Claims up to `limit` due instances for `lease`. The longest due come first; the order of the result is free.
///
/// # Errors
/// Any [`SqlError`].
pub async fn claim(db: &Database, worker: &str, limit: u32, lease: Duration) -> Result<Vec<Claim>, SqlError> {
    let client = db.client().await?;
    let statement = client.prepare_cached(CLAIM).await?;
    let limit = i64::from(limit);
    let seconds = lease.as_secs_f64();
    let rows = client
        .query(&statement, &[&worker, &limit, &seconds, &BACKOFF_FIRST_SECONDS, &BACKOFF_CAP_SECONDS])
        .await?;
    let claims = rows.iter().map(|row| {
        Ok(Claim {
            instance_id: row.try_get(0)?,
            org_id: row.try_get(1)?,
            workflow_id: row.try_get(2)?,
            kind: row.try_get(3)?,
            fence: row.try_get(4)?,
            attempt: row.try_get(5)?,
            lease_until: Timestamp::from(row.try_get::<_, time::OffsetDateTime>(6)?),
        })
    });
    claims.collect()
}

const RENEW: &str = "UPDATE workflow_queue SET lease_until = dbx_now() + make_interval(secs => $3)
    WHERE instance_id = $1 AND fence = $2 AND lease_until IS NOT NULL RETURNING true";

/// As [`RENEW`], for many; but a lease that has nearly its whole length left is only looked at: it cannot end before the
/// commit is answered, so nobody else can have taken it.
const KEEP: &str = "WITH asked AS (
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::float8[], $4::float8[]) AS v(instance_id, fence, lease, enough)),
    held AS (
        SELECT q.instance_id FROM workflow_queue q JOIN asked a USING (instance_id, fence)
        WHERE q.lease_until >= dbx_now() + make_interval(secs => a.enough)),
    renewed AS (
        UPDATE workflow_queue q SET lease_until = dbx_now() + make_interval(secs => a.lease)
        FROM asked a WHERE q.instance_id = a.instance_id AND q.fence = a.fence AND q.lease_until IS NOT NULL
          AND q.lease_until < dbx_now() + make_interval(secs => a.enough)
        RETURNING q.instance_id)
    SELECT instance_id FROM held UNION ALL SELECT instance_id FROM renewed";
/// How much of a lease may be gone before a commit renews it.
const SLACK: Duration = Duration::from_secs(5);

/// How much of a lease must be left for it not to be renewed, in seconds.
fn enough(lease: Duration) -> f64 {
    lease.saturating_sub(SLACK).as_secs_f64()
}

/// Several renewals in one statement, which gives back the instances whose lease is held.
pub(crate) fn renewals(all: &[&Renewal]) -> Statement {
    let ids: Vec<String> = all.iter().map(|one| one.instance_id.clone()).collect();
    let fences: Vec<i64> = all.iter().map(|one| one.fence).collect();
    let leases: Vec<f64> = all.iter().map(|one| one.lease.as_secs_f64()).collect();
    let enough: Vec<f64> = all.iter().map(|one| enough(one.lease)).collect();
    Statement {
        sql: KEEP.into(),
        params: params![ids, fences, leases, enough],
        row: None,
        needs: None,
        own: false,
    }
}

/// [`renew`] as a part of a commit: one round trip and one flush less for each step.
#[derive(Clone, Debug, PartialEq)]
pub struct Renewal {
    instance_id: String,
    fence: i64,
    lease: Duration,
}

impl Renewal {
    /// Makes the lease last for `lease` from the time of the commit, five seconds less at most.
    pub fn new(held: Held<'_>, lease: Duration) -> Self {
        Self { instance_id: held.instance_id.to_owned(), fence: held.fence, lease }
    }

    /// Whose lease.
    pub(crate) fn instance_id(&self) -> &str {
        &self.instance_id
    }

    pub(crate) fn into_statement(self) -> Statement {
        renewals(&[&self])
    }
}

/// Extends a lease to `lease` from now. `false`: another worker has the instance; stop at once.
///
/// # Errors
/// Any [`SqlError`]; then treat the lease as running out.
pub async fn renew(db: &Database, held: impl Into<Held<'_>>, lease: Duration) -> Result<bool, SqlError> {
    let held = held.into();
    let client = db.client().await?;
    let statement = client.prepare_cached(RENEW).await?;
    let seconds = lease.as_secs_f64();
    Ok(client.execute(&statement, &[&held.instance_id, &held.fence, &seconds]).await? == 1)
}

/// Gives the instance and its permits back; `due_at` stays what the last event or the claim's back-off made it. `false`: another
/// worker has claimed it since, and nothing was changed.
///
/// # Errors
/// Any [`SqlError`]; the lease then runs out by itself.
pub async fn release(db: &Database, held: impl Into<Held<'_>>) -> Result<bool, SqlError> {
    const SQL: &str = concat!(
        free_permits!(),
        "UPDATE workflow_queue SET lease_until = NULL, worker = NULL WHERE instance_id = $1 AND fence = $2"
    );
    let held = held.into();
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    Ok(client.execute(&statement, &[&held.instance_id, &held.fence]).await? == 1)
}

/// Gives the instance and its permits back and sets when it is due again; for a worker that found nothing to do before `due_at`.
/// `false` as in [`release`].
///
/// # Errors
/// As [`release`].
pub async fn release_until(
    db: &Database,
    held: impl Into<Held<'_>>,
    due_at: Timestamp,
) -> Result<bool, SqlError> {
    const SQL: &str = concat!(
        free_permits!(),
        "UPDATE workflow_queue SET lease_until = NULL, worker = NULL, due_at = $3
         WHERE instance_id = $1 AND fence = $2"
    );
    let held = held.into();
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    Ok(client.execute(&statement, &[&held.instance_id, &held.fence, &due_at.inner()]).await? == 1)
}

/// The names of workers that hold live leases.
///
/// # Errors
/// Any [`SqlError`].
pub async fn holders(db: &Database) -> Result<Vec<String>, SqlError> {
    const SQL: &str =
        "SELECT DISTINCT worker FROM workflow_queue WHERE worker IS NOT NULL AND lease_until > dbx_now()";
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    client.query(&statement, &[]).await?.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Ends every lease of a worker that is known to be dead, so that nobody waits for them to run out. Says how many.
/// The instances are due at once, except those that are parked: the dead worker's back-off was for a worker that fails, not for one that was killed.
///
/// # Errors
/// Any [`SqlError`].
pub async fn bury(db: &Database, worker: &str) -> Result<u64, SqlError> {
    const SQL: &str = "UPDATE workflow_queue SET lease_until = NULL, worker = NULL,
             due_at = CASE due_at WHEN 'infinity' THEN due_at ELSE least(due_at, dbx_now()) END
         WHERE worker = $1";
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    Ok(client.execute(&statement, &[&worker]).await?)
}

/// Whether a worker has an instance now.
///
/// # Errors
/// Any [`SqlError`].
pub async fn is_held(db: &Database, instance_id: &str) -> Result<bool, SqlError> {
    const SQL: &str =
        "SELECT EXISTS (SELECT FROM workflow_queue WHERE instance_id = $1 AND lease_until > dbx_now())";
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    Ok(client.query_one(&statement, &[&instance_id]).await?.try_get(0)?)
}

/// Queue row counts, for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueDepth {
    /// Due and free.
    pub due: u64,
    /// Leased now.
    pub leased: u64,
}

/// Counts the rows that are due or leased.
///
/// # Errors
/// Any [`SqlError`].
pub async fn depth(db: &Database) -> Result<QueueDepth, SqlError> {
    const SQL: &str =
        "SELECT count(*) FILTER (WHERE due_at <= dbx_now() AND coalesce(lease_until <= dbx_now(), true)),
                              count(*) FILTER (WHERE lease_until > dbx_now())
                       FROM workflow_queue WHERE due_at < 'infinity'";
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client.query_one(&statement, &[]).await?;
    let count = |index| row.try_get::<_, i64>(index).map(i64::cast_unsigned);
    Ok(QueueDepth { due: count(0)?, leased: count(1)? })
}
