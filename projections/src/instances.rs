//! Instances: what was ordered, what is intended, what is seen, and where it is.
//!
//! Guarantees: `lifecycle` is a generated column with the rules of `dbx_domain::Instance::lifecycle()`, so that no
//! statement can set it apart from what it follows from. `version` is the sequence of the instance's last event.

mod gathered;
mod query;

use crate::model::{self, ReadModel, Rebuild};
use dbx_domain::instance::{CredentialRole, InstanceEvent, Outcome, WorkflowKind};
use dbx_sql::{Batch, InlineProjection, NewlyRecorded, Param, ProjectionError, params};
use gathered::Gathered;
pub use query::{CurrentRun, InstanceView, find, find_by_name, find_for, page_of_project};
pub(crate) use query::{read, view_columns};
use std::sync::Arc;

/// Columns that change often are in no index, so that updates stay on their page (HOT).
const DDL: &str = "CREATE TABLE instances (
    instance_id text PRIMARY KEY,
    org_id      text   NOT NULL,
    project_id  text   NOT NULL,
    name        text   NOT NULL,
    plan        text   NOT NULL,
    vcpus       bigint NOT NULL,
    memory_mib  bigint NOT NULL,
    disk_gib    bigint NOT NULL,
    pg_version  bigint NOT NULL,
    tags        jsonb  NOT NULL,
    resting     text   NOT NULL DEFAULT 'requested'
                CHECK (resting IN ('requested', 'running', 'stopped', 'failed', 'deleted')),
    run_workflow            text,
    run_kind                text,
    run_begun               boolean NOT NULL DEFAULT false,
    run_parked              boolean NOT NULL DEFAULT false,
    pending_delete_workflow text,
    lifecycle   text   NOT NULL GENERATED ALWAYS AS (CASE
                    WHEN run_workflow IS NOT NULL AND run_parked THEN 'needs_operator'
                    WHEN pending_delete_workflow IS NOT NULL THEN 'deleting'
                    WHEN run_workflow IS NOT NULL AND run_kind = 'delete' THEN 'deleting'
                    WHEN run_workflow IS NOT NULL AND run_kind = 'create' AND run_begun THEN 'provisioning'
                    ELSE resting END) STORED,
    protected   boolean NOT NULL DEFAULT false,
    health      text   NOT NULL DEFAULT 'unknown',
    node        text,
    vmid        bigint, -- the domain's ctid: Postgres has a system column of that name
    address     text,
    server_version  text,
    certificate_pem text,
    fingerprint     text,
    tenant_secret   text,
    tenant_active   bigint,
    tenant_latest   bigint,
    platform_secret text,
    platform_active bigint,
    platform_latest bigint,
    version     bigint      NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    deleted_at  timestamptz
) WITH (fillfactor = 70);
CREATE INDEX instances_by_project ON instances (project_id, created_at, instance_id);
CREATE INDEX instances_living_name ON instances (project_id, name) WHERE deleted_at IS NULL";

pub(crate) const MODEL: ReadModel = ReadModel {
    name: "instances",
    version: 2,
    tables: &["instances"],
    ddl: DDL,
    rebuild: Rebuild::Swap,
    beside_log: &[],
    projection: || Arc::new(Instances),
};

/// Fills `instances`.
#[derive(Clone, Copy, Debug)]
pub struct Instances;

/// An update with `$1` instance, `$2` sequence, `$3` time of the event, and what `$set` adds from `$4` on.
macro_rules! update {
    ($($set:expr),*) => {
        concat!(
            "UPDATE instances SET ", $($set,)*
            " version = $2, updated_at = coalesce($3, dbx_now()) WHERE instance_id = $1"
        )
    };
}

/// One of two statements, by whose credential it is about.
macro_rules! update_credential {
    ($role:expr, $($before:literal, $after:literal),+) => {
        match $role {
            CredentialRole::Tenant => update!($($before, "tenant", $after),+),
            CredentialRole::Platform => update!($($before, "platform", $after),+),
        }
    };
}

impl InlineProjection for Instances {
    fn name(&self) -> &'static str {
        MODEL.name
    }

    fn apply(&self, event: &NewlyRecorded<'_>, out: &mut Batch) -> Result<(), ProjectionError> {
        self.apply_all(std::slice::from_ref(event), out)
    }

    /// What a step comes to is one change of the row, however many events tell it.
    fn apply_all(&self, events: &[NewlyRecorded<'_>], out: &mut Batch) -> Result<(), ProjectionError> {
        let mut gathered: Option<(Gathered, &NewlyRecorded<'_>)> = None;
        for event in events {
            let Some(happened) = model::instance(event)? else { continue };
            let mut change = gathered.take().map_or_else(Gathered::default, |(change, _)| change);
            if !change.fits(&happened) {
                push(event, (gathered::CHANGE, std::mem::take(&mut change).into_params()), out);
            }
            match change.gather(happened) {
                None => gathered = Some((change, event)),
                Some(other) => {
                    if !change.is_empty() {
                        push(event, (gathered::CHANGE, change.into_params()), out);
                    }
                    push(event, own_statement(event, other)?, out);
                }
            }
        }
        if let Some((change, event)) = gathered {
            match change.is_empty() {
                true => push(event, (TOUCH, params![]), out),
                false => push(event, (gathered::CHANGE, change.into_params()), out),
            }
        }
        Ok(())
    }

    /// Every statement notes the version: of those that say nothing else only the last one counts.
    fn apply_stretch(&self, events: &[NewlyRecorded<'_>], out: &mut Batch) -> Result<(), ProjectionError> {
        let mut stretch = Batch::default();
        self.apply_all(events, &mut stretch)?;
        let mut behind = stretch.len();
        stretch.retain(|sql| {
            behind -= 1;
            behind == 0 || sql != TOUCH
        });
        out.append(stretch);
        Ok(())
    }
}

/// Adds a statement with `$1` instance, `$2` sequence, `$3` time of the event, and its own values from `$4` on.
fn push(event: &NewlyRecorded<'_>, (sql, more): Change, out: &mut Batch) {
    let mut params = params![event.aggregate_id.to_owned(), event.sequence.cast_signed()];
    params.push(event.recorded_at_param());
    params.extend(more);
    out.push_row(ROW, sql, params);
}

/// The statement of an event that is not gathered.
fn own_statement(event: &NewlyRecorded<'_>, happened: InstanceEvent) -> Result<Change, ProjectionError> {
    let json = |tags| serde_json::to_value(tags).map_err(|error| event.refuse(error.to_string()));
    Ok(match happened {
        InstanceEvent::InstanceRequested { org, project, name, size, pg_version, tags, .. } => {
            let (spec, tags) = (size.plan().spec(), json(&tags)?);
            let numbers = [spec.vcpus, spec.memory_mib, size.disk_gib(), pg_version.major()].map(i64::from);
            let [vcpus, memory, disk, major] = numbers;
            let (org, project, plan) = (org.to_string(), project.to_string(), size.plan().name());
            (INSERT, params![org, project, name.to_string(), plan, vcpus, memory, disk, major, tags])
        }
        InstanceEvent::InstanceRenamed { name } => (update!("name = $4,"), params![name.to_string()]),
        InstanceEvent::TagsChanged { tags } => (update!("tags = $4,"), params![json(&tags)?]),
        InstanceEvent::ProtectionChanged { protected } => (update!("protected = $4,"), params![protected]),
        InstanceEvent::HealthObserved { health } => (update!("health = $4,"), params![health.name()]),
        InstanceEvent::PlacementReleased { .. } => {
            const GONE: &str = update!(
                "node = NULL, vmid = NULL, address = NULL,
                 server_version = NULL, certificate_pem = NULL, fingerprint = NULL,"
            );
            (GONE, params![])
        }
        event @ (InstanceEvent::CredentialRetired { .. } | InstanceEvent::SecretsShredded {}) => {
            credentials(event)
        }
        event => run(event),
    })
}

/// The row of the instance that the events of an append are about.
pub(crate) const ROW: &str = "instances";

const INSERT: &str =
    "INSERT INTO instances (instance_id, version, created_at, updated_at, org_id, project_id, name,
        plan, vcpus, memory_mib, disk_gib, pg_version, tags)
    VALUES ($1, $2, coalesce($3, dbx_now()), coalesce($3, dbx_now()), $4, $5, $6, $7, $8, $9, $10, $11, $12)";

/// An event that shows only in `version`.
const TOUCH: &str = update!();

type Change = (&'static str, Vec<Param>);

fn credentials(event: InstanceEvent) -> Change {
    match event {
        // A retired newest version was never accepted: a rotation that was undone.
        InstanceEvent::CredentialRetired { role, version } => (
            update_credential!(
                role,
                "",
                "_latest = CASE WHEN ",
                "",
                "_latest = $4 THEN coalesce(",
                "",
                "_active, $4) ELSE ",
                "",
                "_latest END,"
            ),
            params![i64::from(version)],
        ),
        InstanceEvent::SecretsShredded {} => (
            update!(
                "tenant_secret = NULL, tenant_active = NULL, tenant_latest = NULL,
                 platform_secret = NULL, platform_active = NULL, platform_latest = NULL,"
            ),
            params![],
        ),
        _ => (TOUCH, params![]),
    }
}

/// Follows the run under way, as far as the lifecycle depends on it.
fn run(event: InstanceEvent) -> Change {
    match event {
        // With a run under way it is a delete, which waits for that run's end.
        InstanceEvent::WorkflowRequested { workflow, kind, .. } => (
            update!(
                "pending_delete_workflow = CASE WHEN run_workflow IS NOT NULL THEN $4::text END,
                 run_workflow = coalesce(run_workflow, $4), run_kind = coalesce(run_kind, $5),"
            ),
            params![workflow.to_string(), kind.name()],
        ),
        InstanceEvent::WorkflowParked { .. } => {
            (update!("run_parked = run_workflow IS NOT NULL,"), params![])
        }
        InstanceEvent::RetryRequested { .. } | InstanceEvent::CompensationBegan { .. } => {
            (update!("run_parked = false,"), params![])
        }
        InstanceEvent::WorkflowFinished { kind, outcome, .. } => (
            update!(
                "run_workflow = pending_delete_workflow,
                 run_kind = CASE WHEN pending_delete_workflow IS NOT NULL THEN 'delete' END,
                 run_begun = false, run_parked = false, pending_delete_workflow = NULL,
                 resting = coalesce($4, resting),
                 health = CASE WHEN coalesce($4, resting) IN ('stopped', 'failed', 'deleted')
                          THEN 'unknown' ELSE health END,
                 deleted_at = CASE WHEN $4 = 'deleted' THEN coalesce($3, dbx_now()) ELSE deleted_at END,"
            ),
            params![resting_after(kind, &outcome)],
        ),
        _ => (TOUCH, params![]),
    }
}

/// What an instance rests as after a run; `None`: as before.
fn resting_after(kind: WorkflowKind, outcome: &Outcome) -> Option<&'static str> {
    match (kind, outcome) {
        (WorkflowKind::Create | WorkflowKind::Start | WorkflowKind::Reboot, Outcome::Succeeded) => {
            Some("running")
        }
        (WorkflowKind::Stop, Outcome::Succeeded) => Some("stopped"),
        (WorkflowKind::Delete, Outcome::Succeeded | Outcome::Abandoned { .. }) => Some("deleted"),
        (WorkflowKind::Create, Outcome::Failed { .. } | Outcome::Canceled | Outcome::Abandoned { .. }) => {
            Some("failed")
        }
        _ => None,
    }
}
