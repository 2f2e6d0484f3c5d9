//! The guests' firewalls, looked at and set again beside the runs.

use super::ProxmoxHypervisor;
use crate::{
    config::{Change, GuestConfig},
    firewall, network,
};
use async_trait::async_trait;
use dbx_domain::instance::Failure;
use dbx_workflows::{
    care::firewalls::Firewalls,
    hypervisor::{StepGuard, Target},
};

#[async_trait]
impl Firewalls for ProxmoxHypervisor {
    async fn flaw(&self, target: &Target) -> Result<Option<String>, Failure> {
        let present = self.own_idle(target).await?;
        if !network::is_guarded(present.config.get("net0")) {
            return Ok(Some("its network card passes by the firewall".to_owned()));
        }
        firewall::flaw(&self.client, &present.node, target.ctid).await
    }

    async fn ensure_firewall(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure> {
        let guarded = |config: &GuestConfig| {
            let mut change = Change::default();
            if !network::is_guarded(config.get("net0")) {
                change.set.push(("net0", network::guarded(config.get("net0")).to_string()));
            }
            Ok(change)
        };
        let present = self.converge(target, guard, guarded).await?;
        firewall::ensure(&self.client, guard, &present.node, target.ctid).await
    }
}
