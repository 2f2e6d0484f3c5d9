//! Shapes of quotas.

use crate::http::{
    body::Readable,
    fields::{Fields, Wish, whole},
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

/// Change limits. What is absent stays; null takes a limit away that was set: a project is limited by its org alone again,
/// an org gets what a new org has.
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
    instances: Wish<u32>,
    vcpus: Wish<u32>,
    memory_mib: Wish<u32>,
    disk_gib: Wish<u32>,
}

impl QuotaChange {
    /// An org's limits with this change.
    pub(crate) fn apply(self, to: Limits) -> Limits {
        let new = Limits::default();
        let limit = |wish, now, new| match wish {
            Wish::Keep => now,
            Wish::Clear => new,
            Wish::Set(most) => u32::into(most),
        };
        Limits {
            instances: limit(self.instances, to.instances, new.instances),
            vcpus: limit(self.vcpus, to.vcpus, new.vcpus),
            memory_mib: limit(self.memory_mib, to.memory_mib, new.memory_mib),
            disk_gib: limit(self.disk_gib, to.disk_gib, new.disk_gib),
        }
    }

    /// A project's limits with this change.
    pub(crate) fn apply_to_project(self, to: OwnLimits) -> OwnLimits {
        let limit = |wish, now| match wish {
            Wish::Keep => now,
            Wish::Clear => None,
            Wish::Set(most) => Some(u32::into(most)),
        };
        OwnLimits {
            instances: limit(self.instances, to.instances),
            vcpus: limit(self.vcpus, to.vcpus),
            memory_mib: limit(self.memory_mib, to.memory_mib),
            disk_gib: limit(self.disk_gib, to.disk_gib),
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
        let over = asked
            .into_iter()
            .filter(|(_, asked, most)| matches!(asked, Wish::Set(asked) if u64::from(*asked) > *most));
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
        let instances = fields.wish("instances", whole);
        let vcpus = fields.wish("vcpus", whole);
        let memory_mib = fields.wish("memoryMiB", whole);
        let disk_gib = fields.wish("diskGiB", whole);
        Some(QuotaChange {
            instances: instances?,
            vcpus: vcpus?,
            memory_mib: memory_mib?,
            disk_gib: disk_gib?,
        })
    }
}
