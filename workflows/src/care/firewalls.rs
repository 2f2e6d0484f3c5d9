//! Whether the guests' firewalls are as they were set, a few containers at a time.
//!
//! Guarantees: every living instance's turn comes, however many there are, and no comparison asks for more than it was
//! allowed; a firewall that cannot be looked at is neither right nor wrong; only a container that is proven to be the
//! instance's own is looked at or changed.

use super::{
    compare::Survey,
    fleet::Member,
    report::{Drift, Repair},
};
use crate::hypervisor::{StepGuard, Target};
use async_trait::async_trait;
use dbx_domain::{
    ids::InstanceId,
    instance::{DriftKind, Failure, Lifecycle},
};
use futures::{StreamExt as _, stream};
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// Containers whose firewall one comparison looks at. Each costs three requests.
pub const PER_ROUND: usize = 64;
/// Looks under way at once.
const AT_ONCE: usize = 4;

/// Port to the firewalls of containers.
#[async_trait]
pub trait Firewalls: Send + Sync {
    /// What is not as a create sets it, in words: everything inwards dropped but Postgres.
    ///
    /// # Errors
    /// It could not be looked at, or the container is not the instance's own.
    async fn flaw(&self, target: &Target) -> Result<Option<String>, Failure>;

    /// Sets it as a create does; what is right already is not touched.
    ///
    /// # Errors
    /// As for every verb of the hypervisor.
    async fn ensure_firewall(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure>;
}

/// Whose turn it is: instances in the order of their ids, round and round.
#[derive(Debug, Default)]
pub struct Rota(Mutex<Option<InstanceId>>);

impl Rota {
    /// The next `limit` after those of the last time. `all` is in order.
    fn turn(&self, all: &[Target], limit: usize) -> Vec<Target> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let start = last.map_or(0, |last| all.partition_point(|target| target.instance <= last));
        let turn: Vec<Target> = all.iter().cycle().skip(start).take(limit.min(all.len())).cloned().collect();
        *last = turn.last().map(|target| target.instance).or(*last);
        turn
    }
}

/// What a look at some firewalls came to.
#[derive(Debug, Default)]
pub(super) struct Looks {
    /// Firewalls that are not as they were set.
    pub(super) drifts: Vec<Drift>,
    /// Living instances whose firewall was not looked at.
    pub(super) not_seen: BTreeSet<InstanceId>,
}

/// Looks at up to `limit` firewalls, of instances that do not differ in anything else (`settled`).
pub(super) async fn look(
    firewalls: &dyn Firewalls,
    rota: &Rota,
    survey: &Survey,
    settled: impl Fn(InstanceId) -> bool,
    limit: usize,
) -> Looks {
    let mut living: Vec<Target> = survey.members.iter().filter_map(living).collect();
    living.sort_by_key(|target| target.instance);
    let mut looks =
        Looks { not_seen: living.iter().map(|target| target.instance).collect(), ..Looks::default() };
    living.retain(|target| settled(target.instance));
    let mut answers = stream::iter(rota.turn(&living, limit))
        .map(|target| async move { (firewalls.flaw(&target).await, target) })
        .buffered(AT_ONCE);
    while let Some((flaw, target)) = answers.next().await {
        match flaw {
            Ok(flaw) => {
                looks.not_seen.remove(&target.instance);
                looks.drifts.extend(flaw.map(|flaw| drift(target, flaw)));
            }
            Err(failure) => {
                tracing::debug!(instance = %target.instance, code = %failure.code, "its firewall was not seen");
            }
        }
    }
    looks
}

fn living(member: &Member) -> Option<Target> {
    let there = matches!(member.lifecycle, Lifecycle::Running | Lifecycle::Stopped);
    let placement = member.placement.as_ref().filter(|_| there)?;
    Some(Target { instance: member.instance, node: placement.node.clone(), ctid: placement.ctid })
}

fn drift(target: Target, observed: String) -> Drift {
    Drift {
        instance: target.instance,
        ctid: target.ctid,
        what: DriftKind::FirewallOpen,
        expected: format!("the firewall of container {} to be on and to drop all but Postgres", target.ctid),
        observed,
        repair: Some(Repair::Firewall(target)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbx_domain::ids::Ctid;
    use uuid::Uuid;

    fn targets(numbers: &[u32]) -> Vec<Target> {
        let target = |number: &u32| Target {
            instance: InstanceId::from_uuid(Uuid::from_u128(u128::from(*number))),
            node: "pve1".to_owned(),
            ctid: Ctid(*number),
        };
        numbers.iter().map(target).collect()
    }

    fn turn(rota: &Rota, all: &[u32], limit: usize) -> Vec<u32> {
        rota.turn(&targets(all), limit).iter().map(|target| target.ctid.0).collect()
    }

    #[test]
    fn everybodys_turn_comes_and_nobody_is_looked_at_twice_in_one() {
        let rota = Rota::default();
        assert_eq!(turn(&rota, &[1, 2, 3, 4, 5], 2), [1, 2]);
        assert_eq!(turn(&rota, &[1, 2, 3, 4, 5], 2), [3, 4]);
        assert_eq!(turn(&rota, &[1, 2, 3, 4, 5], 2), [5, 1]);
        assert_eq!(turn(&rota, &[1, 2, 3], 9), [2, 3, 1]);
    }

    #[test]
    fn who_comes_and_goes_disturbs_no_ones_turn() {
        let rota = Rota::default();
        assert_eq!(turn(&rota, &[2, 4, 6], 2), [2, 4]);
        assert_eq!(turn(&rota, &[1, 5, 6], 2), [5, 6]);
        assert_eq!(turn(&rota, &[], 2), Vec::<u32>::new());
        assert_eq!(turn(&rota, &[1, 7], 1), [7]);
    }
}
