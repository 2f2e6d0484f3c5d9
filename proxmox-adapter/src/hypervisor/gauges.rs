//! Figures of all containers, from the cluster's summary.

use super::ProxmoxHypervisor;
use crate::{
    container::power_of,
    resources::{self, GuestRow},
};
use async_trait::async_trait;
use dbx_domain::{ids::Ctid, instance::Failure};
use dbx_workflows::{
    care::gauges::{ClusterGauges, ContainerLoad},
    hypervisor::Power,
};

#[async_trait]
impl ClusterGauges for ProxmoxHypervisor {
    /// `cluster/resources` and not each container's `status/current`, whose `cpu` is 0 for the first look of each
    /// worker process.
    async fn loads(&self) -> Result<Vec<ContainerLoad>, Failure> {
        let rows = resources::guests(&self.client).await?;
        let ours = rows.into_iter().filter(|row| row.kind == "lxc" && !row.template && self.may_be_ours(row));
        Ok(ours.filter_map(load).collect())
    }
}

/// None unless it is known to run.
fn load(row: GuestRow) -> Option<ContainerLoad> {
    let runs = row.status.as_deref().map(power_of) == Some(Power::Running);
    let (cpu, memory) = (row.cpu.filter(|_| runs)?, row.mem?);
    Some(ContainerLoad {
        ctid: Ctid(u32::try_from(row.vmid).ok()?),
        node: row.node,
        cpu,
        memory_bytes: memory.max(0.0) as u64,
    })
}
