//! The API's things as tables and records.

use super::{Cell, Column, Record, Style, Table, Tone, moment, span, step_name};
use crate::api::{Health, Instance, Job, JobStatus, JobStep, Lifecycle, StepStatus};
use std::collections::BTreeMap;

/// Instances in rows; `projects` maps ids to names where rows of several may meet.
#[must_use]
pub fn instances_table(instances: &[Instance], projects: &BTreeMap<String, String>) -> Table {
    let columns = [
        Column::flexible("NAME"),
        Column::flexible("PROJECT"),
        Column::fixed("STATUS"),
        Column::fixed("PLAN"),
        Column::fixed("PG"),
        Column::fixed("DISK"),
        Column::optional("HEALTH"),
        Column::optional("ID"),
        Column::optional("NODE"),
    ];
    let mut table =
        Table::new(columns, "No instances. Order one: dbx instance create --name db --plan nano --wait");
    for instance in instances {
        let project = projects.get(&instance.project_id).unwrap_or(&instance.project_id);
        table.row([
            (&instance.name).into(),
            project.into(),
            lifecycle(instance.lifecycle),
            (&instance.plan).into(),
            instance.pg_version.to_string().into(),
            size(u64::from(instance.disk_gi_b) * 1024).into(),
            health(instance.health),
            Cell::new(&instance.id, Tone::Dim),
            Cell::new(instance.node.as_deref().unwrap_or("-"), Tone::Dim),
        ]);
    }
    table
}

/// Everything about one instance; the project by its name, if that is known.
#[must_use]
pub fn instance_record(instance: &Instance, project: Option<&str>) -> Record {
    let memory = size(instance.memory_mi_b.into());
    let tags: Vec<String> = instance.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let server = instance.server_version.clone().unwrap_or_else(|| instance.pg_version.to_string());
    Record::new()
        .with("name", &instance.name)
        .with("id", &instance.id)
        .with("status", lifecycle(instance.lifecycle))
        .with("health", health(instance.health))
        .with("plan", format!("{} ({} vCPU, {memory})", instance.plan, instance.vcpus))
        .with("disk", size(u64::from(instance.disk_gi_b) * 1024))
        .with("connections", instance.max_connections.to_string())
        .with("postgres", server)
        .with_some("node", instance.node.as_ref())
        .with_some("protected", instance.termination_protection.then_some("yes, deletes are refused"))
        .with_some("tags", (!tags.is_empty()).then(|| tags.join(", ")))
        .with("project", project.unwrap_or(&instance.project_id))
        .with_some("job", instance.current_job_id.as_ref())
        .with("created", moment(&instance.created_at))
        .with("updated", moment(&instance.updated_at))
}

/// How an instance stands, in a line.
#[must_use]
pub fn instance_line(instance: &Instance) -> String {
    let state = words(&instance.lifecycle.to_string());
    super::clean(&format!("{} is {state}, {}", instance.name, instance.health))
}

/// Jobs in rows; `instances` maps ids to names as far as they are known.
#[must_use]
pub fn jobs_table(jobs: &[Job], instances: &BTreeMap<String, String>) -> Table {
    // Why a job failed is worth more than when it was made; where space is short the last column goes first.
    let columns = [
        Column::fixed("JOB"),
        Column::fixed("KIND"),
        Column::flexible("INSTANCE"),
        Column::fixed("STATUS"),
        Column::flexible("ERROR"),
        Column::optional("TOOK"),
        Column::optional("CREATED"),
    ];
    let mut table = Table::new(columns, "No jobs.");
    for job in jobs {
        let instance = instances.get(&job.instance_id).unwrap_or(&job.instance_id);
        table.row([
            (&job.id).into(),
            job.kind.to_string().into(),
            instance.into(),
            status(job.status),
            job.error.as_ref().map_or("-", |error| &error.code).into(),
            span(Some(&job.created_at), job.finished_at.as_deref()).unwrap_or_else(|| "-".to_owned()).into(),
            Cell::new(&moment(&job.created_at), Tone::Dim),
        ]);
    }
    table
}

/// A job and its steps; the instance by its name, if that is known.
#[must_use]
pub fn job_text(job: &Job, instance: Option<&str>, style: Style) -> String {
    let record = Record::new()
        .with("job", &job.id)
        .with("kind", job.kind.to_string())
        .with("instance", instance.unwrap_or(&job.instance_id))
        .with("status", status(job.status))
        .with("created", moment(&job.created_at))
        .with_some("took", span(Some(&job.created_at), job.finished_at.as_deref()))
        .with_some("error", job.error.as_ref().map(|error| &error.message))
        .with_some("reason", job.reason.as_ref());
    let mut steps = Table::new([Column::fixed("STEP"), Column::fixed("STATUS"), Column::fixed("TOOK")], "");
    for step in &job.steps {
        let took = span(step.started_at.as_deref(), step.finished_at.as_deref());
        steps.row([step_name(&step.name).into(), step_cell(step), took.unwrap_or_default().into()]);
    }
    format!("{}\n{}", record.render(style), steps.render(style))
}

/// What an instance is meant to be.
#[must_use]
pub fn lifecycle(lifecycle: Lifecycle) -> Cell {
    let tone = match lifecycle {
        Lifecycle::Running => Tone::Good,
        Lifecycle::Requested | Lifecycle::Provisioning | Lifecycle::Deleting => Tone::Busy,
        Lifecycle::Failed | Lifecycle::NeedsOperator => Tone::Bad,
        Lifecycle::Stopped | Lifecycle::Deleted => Tone::Dim,
        Lifecycle::Other => Tone::Plain,
    };
    Cell::new(&words(&lifecycle.to_string()), tone)
}

fn health(health: Health) -> Cell {
    let tone = match health {
        Health::Healthy => Tone::Good,
        Health::Unreachable => Tone::Bad,
        Health::Unknown | Health::Other => Tone::Dim,
    };
    Cell::new(&health.to_string(), tone)
}

fn status(status: JobStatus) -> Cell {
    let tone = match status {
        JobStatus::Succeeded => Tone::Good,
        JobStatus::Queued | JobStatus::Running => Tone::Busy,
        JobStatus::Failed | JobStatus::NeedsOperator => Tone::Bad,
        JobStatus::Canceled => Tone::Dim,
        JobStatus::Other => Tone::Plain,
    };
    Cell::new(&words(&status.to_string()), tone)
}

/// Where a step stands.
#[must_use]
pub fn step_cell(step: &JobStep) -> Cell {
    let tone = match step.status {
        StepStatus::Completed => Tone::Good,
        StepStatus::Running | StepStatus::Retrying | StepStatus::Undoing => Tone::Busy,
        StepStatus::Failed | StepStatus::UndoFailed => Tone::Bad,
        StepStatus::Pending | StepStatus::Undone | StepStatus::Other => Tone::Dim,
    };
    Cell::new(&words(&step.status.to_string()), tone)
}

fn words(word: &str) -> String {
    word.replace('_', " ")
}

/// An amount of bytes as people say it.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    const KIB: u64 = 1024;
    const MIB: u64 = 1024 * KIB;
    match bytes {
        bytes if bytes >= MIB => size(bytes / MIB),
        bytes if bytes >= KIB => format!("{} KiB", bytes / KIB),
        bytes => format!("{bytes} B"),
    }
}

/// An amount of MiB as people say it.
#[must_use]
pub fn size(mib: u64) -> String {
    match mib {
        mib if mib % 1024 == 0 => format!("{} GiB", mib / 1024),
        mib if mib > 1024 => format!("{:.1} GiB", mib as f64 / 1024.0),
        mib => format!("{mib} MiB"),
    }
}
