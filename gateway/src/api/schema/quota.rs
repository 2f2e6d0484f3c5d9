//! Shapes of quotas.

use crate::http::{
    body::Readable,
    fields::{Fields, whole},
    problem::{Problem, ProblemField},
};
use dbx_domain::org::{ProjectQuota as OwnLimits, Quota as Limits};
use poem_openapi::Object;

/// What an org may use, or uses.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct Amounts {
    /// Number of instances.
    pub(crate) instances: u64,
    /// Virtual CPUs.
    pub(crate) vcpus: u64,
    /// Memory in MiB.
    #[oai(rename = "memoryMiB")]
    pub(crate) memory_mib: u64,
    /// Data volumes in GiB.
    #[oai(rename = "diskGiB")]
    pub(crate) disk_gib: u64,
}

impl From<Limits> for Amounts {
    fn from(of: Limits) -> Self {
        let Limits { instances, vcpus, memory_mib, disk_gib } = of;
        Self { instances, vcpus, memory_mib, disk_gib }
    }
}

/// An org's limits and what its instances use of them.
#[derive(Debug, Object)]
pub(crate) struct Quota {
    /// The most.
    pub(crate) limits: Amounts,
    /// In use now; may be above limits that were lowered since, which stops only what comes next.
    pub(crate) used: Amounts,
}

/// A project's own limits within its org's; what is null is limited by the org alone.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct ProjectLimits {
    /// Number of instances.
    pub(crate) instances: Option<u64>,
    /// Virtual CPUs.
    pub(crate) vcpus: Option<u64>,
    /// Memory in MiB.
    #[oai(rename = "memoryMiB")]
    pub(crate) memory_mib: Option<u64>,
    /// Data volumes in GiB.
    #[oai(rename = "diskGiB")]
    pub(crate) disk_gib: Option<u64>,
}

impl From<OwnLimits> for ProjectLimits {
    fn from(of: OwnLimits) -> Self {
        let OwnLimits { instances, vcpus, memory_mib, disk_gib } = of;
        Self { instances, vcpus, memory_mib, disk_gib }
    }
}

/// A project's limits and what its instances use of them.
#[derive(Debug, Object)]
pub(crate) struct ProjectQuota {
    /// The most, besides what the org's quota still has room for.
    pub(crate) limits: ProjectLimits,
    /// In use now; may be above limits that were lowered since, which stops only what comes next.
    pub(crate) used: Amounts,
}

/// Change limits; what is absent stays.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct UpdateQuotaRequest {
    /// Number of instances.
    pub(crate) instances: Option<u32>,
    /// Virtual CPUs.
    pub(crate) vcpus: Option<u32>,
    /// Memory in MiB.
    #[oai(rename = "memoryMiB")]
    pub(crate) memory_mib: Option<u32>,
    /// Data volumes in GiB.
    #[oai(rename = "diskGiB")]
    pub(crate) disk_gib: Option<u32>,
}

/// A checked [`UpdateQuotaRequest`].
#[derive(Clone, Copy)]
pub(crate) struct QuotaChange {
    instances: Option<u32>,
    vcpus: Option<u32>,
    memory_mib: Option<u32>,
    disk_gib: Option<u32>,
}

impl QuotaChange {
    /// The limits with this change.
    pub(crate) fn apply(self, to: Limits) -> Limits {
        Limits {
            instances: self.instances.map_or(to.instances, Into::into),
            vcpus: self.vcpus.map_or(to.vcpus, Into::into),
            memory_mib: self.memory_mib.map_or(to.memory_mib, Into::into),
            disk_gib: self.disk_gib.map_or(to.disk_gib, Into::into),
        }
    }
}

impl QuotaChange {
    /// A project's limits with this change.
    pub(crate) fn apply_to_project(self, to: OwnLimits) -> OwnLimits {
        OwnLimits {
            instances: self.instances.map(Into::into).or(to.instances),
            vcpus: self.vcpus.map(Into::into).or(to.vcpus),
            memory_mib: self.memory_mib.map(Into::into).or(to.memory_mib),
            disk_gib: self.disk_gib.map(Into::into).or(to.disk_gib),
        }
    }

    /// Refuses limits above those that the operator sets for every org.
    pub(crate) fn within(self, ceiling: Limits) -> Result<Self, Problem> {
        let asked = [
            ("instances", self.instances, ceiling.instances),
            ("vcpus", self.vcpus, ceiling.vcpus),
            ("memoryMiB", self.memory_mib, ceiling.memory_mib),
            ("diskGiB", self.disk_gib, ceiling.disk_gib),
        ];
        let over =
            asked.into_iter().filter(|(_, asked, most)| asked.is_some_and(|asked| u64::from(asked) > *most));
        let errors: Vec<_> = over
            .map(|(field, _, most)| ProblemField {
                field: field.to_owned(),
                message: format!("the operator allows an org at most {most}"),
                allowed: None,
            })
            .collect();
        if errors.is_empty() { Ok(self) } else { Err(Problem::invalid(errors)) }
    }
}

impl Readable for UpdateQuotaRequest {
    type Parsed = QuotaChange;

    fn read(fields: &mut Fields) -> Option<QuotaChange> {
        let instances = fields.optional("instances", whole);
        let vcpus = fields.optional("vcpus", whole);
        let memory_mib = fields.optional("memoryMiB", whole);
        let disk_gib = fields.optional("diskGiB", whole);
        Some(QuotaChange {
            instances: instances?,
            vcpus: vcpus?,
            memory_mib: memory_mib?,
            disk_gib: disk_gib?,
        })
    }
}
