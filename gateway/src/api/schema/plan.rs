//! Shapes of what can be ordered.

use dbx_domain::plan::{PgVersion, Plan as DomainPlan};
use poem_openapi::Object;

/// A size of instance.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct Plan {
    /// Goes into an order's `plan`.
    pub(crate) name: String,
    /// Virtual CPUs.
    pub(crate) vcpus: u32,
    /// Memory in MiB.
    #[oai(rename = "memoryMiB")]
    pub(crate) memory_mib: u32,
    /// Smallest data volume in GiB; also the default.
    #[oai(rename = "diskGiBMin")]
    pub(crate) disk_gib_min: u32,
    /// Largest data volume in GiB.
    #[oai(rename = "diskGiBMax")]
    pub(crate) disk_gib_max: u32,
    /// Connections that an application may hold at once.
    pub(crate) max_connections: u32,
}

/// Everything that can be ordered.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct Catalogue {
    /// The sizes, smallest first.
    pub(crate) data: Vec<Plan>,
    /// The Postgres majors, oldest first.
    pub(crate) pg_versions: Vec<u32>,
    /// The major of an order that names none.
    pub(crate) default_pg_version: u32,
}

impl Catalogue {
    /// The catalogue that this server sells.
    pub(crate) fn current() -> Self {
        Self {
            data: DomainPlan::ALL.into_iter().map(Plan::from).collect(),
            pg_versions: PgVersion::ALL.into_iter().map(PgVersion::major).collect(),
            default_pg_version: PgVersion::DEFAULT.major(),
        }
    }
}

impl From<DomainPlan> for Plan {
    fn from(plan: DomainPlan) -> Self {
        let spec = plan.spec();
        Self {
            name: plan.name().to_owned(),
            vcpus: spec.vcpus,
            memory_mib: spec.memory_mib,
            disk_gib_min: spec.disk_gib_min,
            disk_gib_max: spec.disk_gib_max,
            max_connections: spec.max_connections,
        }
    }
}
