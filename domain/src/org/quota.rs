//! What an org and a project may use, and the arithmetic that decides whether one more instance fits.
//!
//! Guarantee: sums saturate instead of wrapping, so that no limit, however large, lets an instance in by overflow.

use super::OrgError;
use crate::plan::Size;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The org's limits over all its instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Number of instances.
    pub instances: u64,
    /// Virtual CPUs.
    pub vcpus: u64,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Data volumes in GiB.
    pub disk_gib: u64,
}

impl Default for Quota {
    /// What a new org gets: enough for a team's first year, small enough to stop a runaway script.
    fn default() -> Self {
        Self { instances: 20, vcpus: 64, memory_mib: 128 * 1024, disk_gib: 4_000 }
    }
}

/// A project's limits within its org's; what is absent is limited by the org alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectQuota {
    /// Number of instances.
    pub instances: Option<u64>,
    /// Virtual CPUs.
    pub vcpus: Option<u64>,
    /// Memory in MiB.
    pub memory_mib: Option<u64>,
    /// Data volumes in GiB.
    pub disk_gib: Option<u64>,
}

impl ProjectQuota {
    /// As limits; what is absent limits nothing.
    pub(super) fn limits(self) -> Quota {
        let or_all = |limit: Option<u64>| limit.unwrap_or(u64::MAX);
        Quota {
            instances: or_all(self.instances),
            vcpus: or_all(self.vcpus),
            memory_mib: or_all(self.memory_mib),
            disk_gib: or_all(self.disk_gib),
        }
    }
}

/// Whose limits are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaOf {
    /// Those of the org.
    Org,
    /// Those of the project.
    Project,
    /// Those that the operator sets for every org.
    Operator,
}

impl fmt::Display for QuotaOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Org => "the org's quota",
            Self::Project => "the project's quota",
            Self::Operator => "the operator's limit for an org",
        })
    }
}

impl Quota {
    /// Nothing.
    pub(super) const ZERO: Self = Self { instances: 0, vcpus: 0, memory_mib: 0, disk_gib: 0 };

    /// What one instance of `size` counts for.
    pub(super) fn cost(size: Size) -> Self {
        let spec = size.plan().spec();
        Self {
            instances: 1,
            vcpus: spec.vcpus.into(),
            memory_mib: spec.memory_mib.into(),
            disk_gib: size.disk_gib().into(),
        }
    }

    /// Both together.
    pub(super) const fn plus(self, other: Self) -> Self {
        Self {
            instances: self.instances.saturating_add(other.instances),
            vcpus: self.vcpus.saturating_add(other.vcpus),
            memory_mib: self.memory_mib.saturating_add(other.memory_mib),
            disk_gib: self.disk_gib.saturating_add(other.disk_gib),
        }
    }

    /// These limits, but none above `ceiling`'s.
    #[must_use]
    pub fn at_most(self, ceiling: Self) -> Self {
        Self {
            instances: self.instances.min(ceiling.instances),
            vcpus: self.vcpus.min(ceiling.vcpus),
            memory_mib: self.memory_mib.min(ceiling.memory_mib),
            disk_gib: self.disk_gib.min(ceiling.disk_gib),
        }
    }

    /// Refuses if `asked` on top of `used` goes over these limits, which are `whose`; names the first limit it meets.
    pub(super) fn admit(self, whose: QuotaOf, used: Self, asked: Self) -> Result<(), OrgError> {
        let checks = [
            ("instances", self.instances, used.instances, asked.instances),
            ("vCPUs", self.vcpus, used.vcpus, asked.vcpus),
            ("MiB of memory", self.memory_mib, used.memory_mib, asked.memory_mib),
            ("GiB of disk", self.disk_gib, used.disk_gib, asked.disk_gib),
        ];
        match checks.into_iter().find(|(_, limit, used, asked)| used.saturating_add(*asked) > *limit) {
            Some((resource, limit, used, asked)) => {
                Err(OrgError::QuotaExceeded { whose, resource, limit, used, asked })
            }
            None => Ok(()),
        }
    }
}
