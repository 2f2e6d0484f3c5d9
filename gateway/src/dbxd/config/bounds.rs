//! What every org, person and network may have at most.

use dbx_domain::org::Quota;
use dbx_gateway::Bounds;
use serde::Deserialize;

/// Bounds that tenants cannot raise.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct BoundsSection {
    /// Instances of one org.
    pub(crate) instances: u64,
    /// Virtual CPUs of one org.
    pub(crate) vcpus: u64,
    /// Memory of one org in MiB.
    pub(crate) memory_mib: u64,
    /// Data volumes of one org in GiB.
    pub(crate) disk_gib: u64,
    /// Orgs that one person owns; 0: any number.
    pub(crate) orgs_per_account: u32,
    /// Accounts made from one address within an hour; 0: any number.
    pub(crate) sign_ups_per_hour: u32,
}

impl BoundsSection {
    /// As the API takes them.
    pub(crate) const fn bounds(self) -> Bounds {
        let Self { instances, vcpus, memory_mib, disk_gib, orgs_per_account, sign_ups_per_hour } = self;
        let quota_ceiling = Some(Quota { instances, vcpus, memory_mib, disk_gib });
        Bounds { quota_ceiling, orgs_per_account, sign_ups_per_hour }
    }
}

impl Default for BoundsSection {
    /// Five times what a new org gets.
    fn default() -> Self {
        Self {
            instances: 100,
            vcpus: 320,
            memory_mib: 640 * 1_024,
            disk_gib: 20_000,
            orgs_per_account: 20,
            sign_ups_per_hour: 30,
        }
    }
}
