//! What an org may use, and the arithmetic that decides whether one more instance fits.
//!
//! Guarantee: sums saturate instead of wrapping, so that no limit, however large, lets an instance in by overflow.

use super::OrgError;
use crate::plan::Size;
use serde::{Deserialize, Serialize};

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

    /// Refuses if `asked` on top of `used` goes over these limits; names the first limit it meets.
    pub(super) fn admit(self, used: Self, asked: Self) -> Result<(), OrgError> {
        let checks = [
            ("instances", self.instances, used.instances, asked.instances),
            ("vCPUs", self.vcpus, used.vcpus, asked.vcpus),
            ("MiB of memory", self.memory_mib, used.memory_mib, asked.memory_mib),
            ("GiB of disk", self.disk_gib, used.disk_gib, asked.disk_gib),
        ];
        match checks.into_iter().find(|(_, limit, used, asked)| used.saturating_add(*asked) > *limit) {
            Some((resource, limit, used, asked)) => {
                Err(OrgError::QuotaExceeded { resource, limit, used, asked })
            }
            None => Ok(()),
        }
    }
}
