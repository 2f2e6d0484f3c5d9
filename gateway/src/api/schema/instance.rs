//! Shapes of instances and of orders for them.

use super::{
    job::Job,
    words::{Health, Lifecycle},
};
use crate::http::{
    body::Readable,
    fields::{Fault, Fields, parsed, text, text_map, truth, whole_of},
};
use dbx_domain::{
    name::{ResourceName, Tags},
    plan::{PgVersion, Plan, PlanError, PlanSpec, Size},
};
use poem_openapi::Object;
use serde_json::Value;
use std::collections::HashMap;
use time::OffsetDateTime;

/// Order an instance.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct CreateInstanceRequest {
    /// Its name, a DNS label, unique in the project.
    #[oai(validator(min_length = 1, max_length = 63, pattern = "^[a-z]([a-z0-9-]*[a-z0-9])?$"))]
    pub(crate) name: String,
    /// One of nano, lite, pro, pro-heavy; see `GET /v1/plans`.
    pub(crate) plan: String,
    /// Postgres major: 16, 17 or 18; 17 if absent.
    pub(crate) pg_version: Option<u32>,
    /// Size of the data volume in GiB; the plan's smallest if absent.
    #[oai(rename = "diskGiB")]
    pub(crate) disk_gib: Option<u32>,
    /// Up to 32 labels for people and scripts.
    pub(crate) tags: Option<HashMap<String, String>>,
}

/// A checked [`CreateInstanceRequest`].
pub(crate) struct InstanceOrder {
    pub(crate) name: ResourceName,
    pub(crate) size: Size,
    pub(crate) pg_version: PgVersion,
    pub(crate) tags: Tags,
}

impl Readable for CreateInstanceRequest {
    type Parsed = InstanceOrder;

    fn read(fields: &mut Fields) -> Option<InstanceOrder> {
        let name = fields.required("name", parsed);
        let plan = fields.required("plan", plan);
        let pg_version = fields.optional("pgVersion", pg_version);
        let disk_gib = fields.optional("diskGiB", |value| disk_gib(&value, plan));
        let tags = fields.optional("tags", tags);
        // The range of the volume is known only with the plan.
        let size = match Size::new(plan?, disk_gib?) {
            Ok(size) => Some(size),
            Err(error) => {
                fields.fault("diskGiB", out_of_range(&error));
                None
            }
        };
        Some(InstanceOrder {
            name: name?,
            size: size?,
            pg_version: pg_version?.unwrap_or(PgVersion::DEFAULT),
            tags: tags?.unwrap_or_default(),
        })
    }
}

fn plan(value: Value) -> Result<Plan, Fault> {
    text(value)?.parse().map_err(|error: PlanError| Fault::choose(error, Plan::ALL.map(Plan::name)))
}

fn pg_version(value: Value) -> Result<PgVersion, Fault> {
    let majors = PgVersion::ALL.map(PgVersion::major);
    let major = whole_of(&value, |given| {
        Fault::choose(format!("expected the number of a Postgres major, got {given}"), majors)
    })?;
    PgVersion::try_from(major).map_err(|error| Fault::choose(error, majors))
}

/// The plan's range is what matters, so it is named whatever is wrong with the number.
fn disk_gib(value: &Value, plan: Option<Plan>) -> Result<u32, Fault> {
    whole_of(value, |given| match plan.map(Plan::spec) {
        Some(PlanSpec { disk_gib_min: min, disk_gib_max: max, .. }) => Fault::choose(
            format!("expected a whole number of GiB from {min} to {max}, got {given}"),
            [format!("{min}..{max}")],
        ),
        None => Fault::new(format!("expected a whole number of GiB, got {given}")),
    })
}

fn out_of_range(error: &PlanError) -> Fault {
    match error {
        PlanError::DiskOutOfRange { min, max, .. } => Fault::choose(error, [format!("{min}..{max}")]),
        PlanError::UnknownPlan(_) | PlanError::UnknownMajor(_) => Fault::new(error),
    }
}

/// Change an instance; what is absent stays.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct UpdateInstanceRequest {
    /// Its new name, a DNS label, unique in the project.
    #[oai(validator(min_length = 1, max_length = 63, pattern = "^[a-z]([a-z0-9-]*[a-z0-9])?$"))]
    pub(crate) name: Option<String>,
    /// All its labels from here on, up to 32.
    pub(crate) tags: Option<HashMap<String, String>>,
    /// Whether deletes are refused.
    pub(crate) termination_protection: Option<bool>,
}

/// A checked [`UpdateInstanceRequest`].
#[derive(Clone)]
pub(crate) struct InstanceChange {
    pub(crate) name: Option<ResourceName>,
    pub(crate) tags: Option<Tags>,
    pub(crate) protected: Option<bool>,
}

impl Readable for UpdateInstanceRequest {
    type Parsed = InstanceChange;

    fn read(fields: &mut Fields) -> Option<InstanceChange> {
        let name = fields.optional("name", parsed);
        let tags = fields.optional("tags", tags);
        let protected = fields.optional("terminationProtection", truth);
        Some(InstanceChange { name: name?, tags: tags?, protected: protected? })
    }
}

fn tags(value: Value) -> Result<Tags, Fault> {
    Tags::new(text_map(value)?).map_err(Fault::new)
}

/// A Postgres server.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct Instance {
    /// Its id, `ins_…`.
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) org_id: String,
    /// Its project.
    pub(crate) project_id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its plan.
    pub(crate) plan: String,
    /// Its Postgres major.
    pub(crate) pg_version: u32,
    /// Size of its data volume in GiB.
    #[oai(rename = "diskGiB")]
    pub(crate) disk_gib: u32,
    /// Its labels.
    pub(crate) tags: HashMap<String, String>,
    /// Whether deletes are refused.
    pub(crate) termination_protection: bool,
    /// What it is meant to be.
    pub(crate) lifecycle: Lifecycle,
    /// What is seen of it.
    pub(crate) health: Health,
    /// The node that holds it, once it has a place.
    pub(crate) node: Option<String>,
    /// The server's own version text, once it answered.
    pub(crate) server_version: Option<String>,
    /// The job that is under way on it.
    pub(crate) current_job_id: Option<String>,
    /// Virtual CPUs.
    pub(crate) vcpus: u32,
    /// Memory in MiB.
    #[oai(rename = "memoryMiB")]
    pub(crate) memory_mib: u32,
    /// Connections that an application may hold at once.
    pub(crate) max_connections: u32,
    /// Number of its newest event; also its ETag.
    pub(crate) version: u64,
    /// When it was ordered.
    pub(crate) created_at: OffsetDateTime,
    /// When its newest event happened.
    pub(crate) updated_at: OffsetDateTime,
}

/// The answer to an accepted order: the job that makes the instance, like every `202`, and the instance.
#[derive(Debug, Object)]
pub(crate) struct InstanceAccepted {
    /// The job.
    #[oai(flatten)]
    pub(crate) job: Job,
    /// What was ordered.
    pub(crate) instance: Instance,
}
