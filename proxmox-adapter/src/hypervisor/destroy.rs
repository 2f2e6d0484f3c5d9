//! Destroying: the marker first, then everything.

use super::{
    ProxmoxHypervisor,
    observe::{Present, Worker, quarantined},
};
use crate::{container, error::ApiError, meaning::Meaning, resources, task};
use dbx_domain::instance::Failure;
use dbx_workflows::{
    failure::{permanent, transient},
    hypervisor::{StepGuard, Target},
};

impl ProxmoxHypervisor {
    pub(super) async fn destroy(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure> {
        let Some(present) = self.own(target).await? else { return Ok(()) };
        let Some(present) = self.settle(target, present).await? else { return Ok(()) };
        self.stop_present(target, &present, guard).await?;
        // A shutdown can take a minute; prove again right before the point of no return.
        let Some(present) = self.own(target).await? else { return Ok(()) };
        match container::destroy(&self.client, guard, &present.node, target.ctid).await {
            Ok(upid) => {
                guard.submitted(&upid.to_string()).await;
                let outcome = task::finish(&self.client, &upid).await;
                // Of two destroys at once one task fails, and both have what they want.
                self.confirm_gone(target).await.map_err(|failure| outcome.err().unwrap_or(failure))
            }
            // Gone between the two calls; with rights on the pool alone that reads as forbidden.
            Err(error) if matches!(error.meaning(), Meaning::Absent | Meaning::Forbidden) => {
                self.confirm_gone(target).await.map_err(|_| self.may_not(target, &present, &error))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Lets a clone or destroy that is under way end. `None`: nothing is left afterwards.
    async fn settle(&self, target: &Target, present: Present) -> Result<Option<Present>, Failure> {
        let Some(lock) = present.config.lock().map(str::to_owned) else { return Ok(Some(present)) };
        match self.worker(&present, target.ctid, &lock).await? {
            Worker::Dead => return Err(quarantined(target.ctid, &present.node, &lock)),
            Worker::Foreign => {}
            Worker::Running(upid) => {
                // Never stop a clone: a worker that is killed leaves locks that only an operator can free.
                if let Err(failure) = task::finish(&self.client, &upid).await {
                    tracing::info!(%upid, message = failure.message, "a task that a destroy waited for failed");
                }
            }
        }
        let Some(present) = self.own(target).await? else { return Ok(None) };
        match present.config.lock() {
            None => Ok(Some(present)),
            Some(lock) => Err(self.locked(target, &present, lock).await),
        }
    }

    /// A clone joins the pool at its very end, so its remains are beyond a token with rights on the pool.
    fn may_not(&self, target: &Target, present: &Present, error: &ApiError) -> Failure {
        if !error.means(&Meaning::Forbidden) {
            return error.clone().into();
        }
        permanent(
            "forbidden",
            format!(
                "{error}; if container {0} is in no pool, because its clone died, run as root on {1}: pct destroy {0}",
                target.ctid, present.node
            ),
        )
    }

    async fn confirm_gone(&self, target: &Target) -> Result<(), Failure> {
        if resources::is_taken(&self.client, target.ctid).await? {
            return Err(transient(
                "not_destroyed",
                format!("container {} was destroyed, but its number is still taken", target.ctid),
            ));
        }
        self.remember(target.ctid, None);
        Ok(())
    }
}
