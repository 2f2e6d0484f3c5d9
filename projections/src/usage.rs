//! Usage: during which hours which instance ran, and on which plan.
//!
//! An instance counts from the moment in which it was created or started until it was stopped or deleted, as the log
//! says; whether it answered in between makes no difference, and what was never created never counts.

use crate::{
    columns::{self, Columns},
    follow::{ApplyError, AsyncProjection, Follower},
    narrative::{Happened, subjects::read_all},
};
use async_trait::async_trait;
use dbx_domain::{
    ids::{InstanceId, OrgId, ProjectId},
    instance::{InstanceEvent, Outcome, WorkflowKind},
    plan::Plan,
    time::Timestamp,
};
use dbx_sql::{Batch, Database, RecordedEvent, SqlError, params};
use deadpool_postgres::Transaction;
use std::sync::Arc;

const DDL: &str = "CREATE TABLE usage_instances (
    instance_id text PRIMARY KEY,
    org_id      text NOT NULL,
    project_id  text NOT NULL,
    plan        text NOT NULL
);
CREATE TABLE usage_intervals (
    instance_id text        NOT NULL,
    org_id      text        NOT NULL,
    began_at    timestamptz NOT NULL,
    ended_at    timestamptz,
    PRIMARY KEY (instance_id, began_at)
);
CREATE UNIQUE INDEX usage_open ON usage_intervals (instance_id) WHERE ended_at IS NULL";

const INDEXES: &str = "CREATE INDEX usage_by_org ON usage_intervals (org_id, began_at)";

pub(crate) const FOLLOWER: Follower = Follower {
    name: "usage",
    version: 1,
    tables: &["usage_instances", "usage_intervals"],
    ddl: DDL,
    indexes: INDEXES,
    projection: || Arc::new(UsageHours),
};

const ORDERED: &str =
    "INSERT INTO usage_instances (instance_id, org_id, project_id, plan) VALUES ($1, $2, $3, $4)
                       ON CONFLICT DO NOTHING";
const BEGAN: &str = "INSERT INTO usage_intervals (instance_id, org_id, began_at)
                     SELECT instance_id, org_id, $2 FROM usage_instances WHERE instance_id = $1
                     ON CONFLICT DO NOTHING";
const ENDED: &str = "UPDATE usage_intervals SET ended_at = $2 WHERE instance_id = $1 AND ended_at IS NULL";

struct UsageHours;

#[async_trait]
impl AsyncProjection for UsageHours {
    async fn apply(&self, transaction: &Transaction<'_>, events: &[RecordedEvent]) -> Result<(), ApplyError> {
        let mut batch = Batch::default();
        for (event, happened) in read_all(events)? {
            if let Happened::Instance(happened) = happened {
                count(event, &happened, &mut batch);
            }
        }
        Ok(batch.run(transaction).await?)
    }
}

fn count(event: &RecordedEvent, happened: &InstanceEvent, batch: &mut Batch) {
    let (id, at) = (event.aggregate_id.clone(), event.recorded_at.inner());
    match happened {
        InstanceEvent::InstanceRequested { org, project, size, .. } => {
            batch.push(ORDERED, params![id, org.to_string(), project.to_string(), size.plan().name()])
        }
        InstanceEvent::WorkflowFinished { kind, outcome, .. } => match (kind, outcome) {
            (WorkflowKind::Create | WorkflowKind::Start | WorkflowKind::Reboot, Outcome::Succeeded) => {
                batch.push(BEGAN, params![id, at]);
            }
            (WorkflowKind::Stop, Outcome::Succeeded)
            | (WorkflowKind::Delete, Outcome::Succeeded | Outcome::Abandoned { .. }) => {
                batch.push(ENDED, params![id, at]);
            }
            _ => {}
        },
        _ => {}
    }
}

/// How long an instance ran in a span of time.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceUsage {
    /// Which instance.
    pub instance: InstanceId,
    /// Its name now, or its last one.
    pub name: String,
    /// In which project.
    pub project: ProjectId,
    /// On which plan.
    pub plan: Plan,
    /// Hours.
    pub hours: f64,
}

/// Most instances in one answer.
pub const INSTANCES_MAX: i64 = 10_000;

/// How long each instance of an org ran between `from` and `to`, longest first; what still runs counts until now.
///
/// # Errors
/// Any [`SqlError`].
pub async fn of_org(
    db: &Database,
    org: OrgId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<InstanceUsage>, SqlError> {
    const SQL: &str = "SELECT u.instance_id, u.project_id, u.plan, coalesce(i.name, u.instance_id) AS name,
            sum(extract(epoch FROM least(v.ended_at, dbx_now(), $3) - greatest(v.began_at, $2)))::float8 / 3600
                AS hours
        FROM usage_intervals v JOIN usage_instances u USING (instance_id) LEFT JOIN instances i USING (instance_id)
        WHERE v.org_id = $1 AND v.began_at < least($3, dbx_now()) AND coalesce(v.ended_at, 'infinity') > $2
        GROUP BY u.instance_id, i.name ORDER BY hours DESC, u.instance_id LIMIT $4";
    let (org, from, to) = (org.to_string(), from.inner(), to.inner());
    let rows = columns::rows(db, SQL, &[&org, &from, &to, &INSTANCES_MAX]).await?;
    let read = |row| {
        let columns = Columns(row);
        Ok(InstanceUsage {
            instance: columns.word("instance_id")?,
            name: columns.plain("name")?,
            project: columns.word("project_id")?,
            plan: columns.word("plan")?,
            hours: columns.plain::<f64>("hours")?.max(0.0),
        })
    };
    rows.iter().map(read).collect()
}
