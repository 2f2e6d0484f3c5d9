//! Starting and stopping: the live state decides, not the answer.

use super::{ProxmoxHypervisor, observe::Present};
use crate::{container, error::ApiError, firewall, meaning::Meaning, task};
use dbx_domain::instance::Failure;
use dbx_workflows::{
    failure::transient,
    hypervisor::{Power, StepGuard, Target},
};

impl ProxmoxHypervisor {
    pub(super) async fn start(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure> {
        let present = self.own_idle(target).await?;
        if self.power_of(target, &present).await? == Power::Running {
            return Ok(());
        }
        // Whoever switched it off meanwhile, no server runs without it.
        firewall::ensure(&self.client, guard, &present.node, target.ctid).await?;
        let submitted = container::start(&self.client, guard, &present.node, target.ctid).await;
        self.reach(target, &present, Power::Running, submitted, guard).await
    }

    pub(super) async fn stop(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure> {
        match self.own(target).await? {
            None => Ok(()),
            Some(present) => self.stop_present(target, &present, guard).await,
        }
    }

    pub(super) async fn stop_present(
        &self,
        target: &Target,
        present: &Present,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        if self.power_of(target, present).await? == Power::Stopped {
            return Ok(());
        }
        let submitted = container::shutdown(&self.client, guard, &present.node, target.ctid).await;
        self.reach(target, present, Power::Stopped, submitted, guard).await
    }

    pub(super) async fn power_of(&self, target: &Target, present: &Present) -> Result<Power, Failure> {
        Ok(container::power(&self.client, &present.node, target.ctid).await?)
    }

    /// Follows the task and looks at the result. A task that failed because somebody else was faster is fine.
    async fn reach(
        &self,
        target: &Target,
        present: &Present,
        wanted: Power,
        submitted: Result<task::Upid, ApiError>,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        let outcome = match submitted {
            Ok(upid) => {
                guard.submitted(&upid.to_string()).await;
                task::finish(&self.client, &upid).await
            }
            Err(error) if matches!(error.meaning(), Meaning::AlreadyRunning | Meaning::NotRunning) => Ok(()),
            Err(error) => return Err(error.into()),
        };
        if self.power_of(target, present).await? == wanted {
            return Ok(());
        }
        outcome?;
        let (done, is) = match wanted {
            Power::Running => ("started", "is not running"),
            Power::Stopped => ("stopped", "is still running"),
        };
        Err(transient(
            "power_changed",
            format!("container {} on {} was {done}, but {is}", target.ctid, present.node),
        ))
    }
}
