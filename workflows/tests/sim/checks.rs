//! What must hold: at any time, and when everything rests.

use crate::{
    cluster::Guest,
    log::SharedLog,
    sea::Sea,
    users::{folded, state},
    worker::Surroundings,
};
use dbx_domain::{
    Instance,
    ids::{Ctid, InstanceId},
    instance::{CredentialRole, InstanceEvent, Lifecycle, StepState, WorkflowKind},
    time::Timestamp,
};
use dbx_sql::lease::PUT_OFF_MAX;
use dbx_workflows::{
    credential::Credential,
    journal::{Journal, memory::Holdings},
    plan::plan,
    replay,
    settings::LEASE,
};
use futures::FutureExt;
use std::collections::BTreeSet;

/// Nobody sleeps while there is something to do.
pub fn nobody_oversleeps(around: &Surroundings) {
    for instance in around.log.journal().instances() {
        does_not_oversleep(&around.sea, &around.log, instance);
    }
}

/// Whatever a run would do now, its instance is due now, or held by a worker, or put off by no more than the back-off
/// of a claim, and by as much as the clock was set back since.
pub fn does_not_oversleep(sea: &Sea, log: &SharedLog, instance: InstanceId) {
    let (journal, now) = (log.journal(), log.now());
    let state = folded(journal, instance);
    let Some(queued) = journal.queued(instance) else {
        if state.run().is_some() {
            sea.violate(format!("{instance} has a run and is in no queue"));
        }
        return;
    };
    let held = queued.lease_until.is_some_and(|until| until > now);
    let latest = now + queued.backoff + log.set_back();
    if held || queued.due_at.is_some_and(|due| due <= latest) {
        return;
    }
    if plan(&state, None, now).is_ok_and(|plan| !plan.events.is_empty() || plan.attempt.is_some()) {
        let due = queued.due_at.map_or_else(|| "never".to_owned(), |due| due.to_string());
        sea.violate(format!("{instance} has something to do at {now} and is due {due}"));
    }
}

/// Once a worker looked for work, no instance is put off, and no lease lasts, longer than any can be: however the clock
/// was set meanwhile.
pub fn nobody_is_put_off(sea: &Sea, log: &SharedLog) {
    let (journal, now) = (log.journal(), log.now());
    for instance in journal.instances() {
        let Some(queued) = journal.queued(instance) else { continue };
        if queued.due_at.is_some_and(|due| due > now + PUT_OFF_MAX) {
            sea.violate(format!("{instance} is put off until {:?}, and it is {now}", queued.due_at));
        }
        if queued.lease_until.is_some_and(|until| until > now + LEASE) {
            sea.violate(format!("{instance} is leased until {:?}, and it is {now}", queued.lease_until));
        }
    }
}

/// Until when `instance` waits, if that is longer than anything waits: only a clock since set back can have meant it.
pub fn outdated_pause(log: &SharedLog, instance: InstanceId) -> Option<Timestamp> {
    let (state, now) = (folded(log.journal(), instance), log.now());
    let run = state.run().filter(|run| !run.is_parked())?;
    let until = run.steps.iter().find_map(|record| match record.state {
        StepState::Retrying { retry_at, .. } | StepState::UndoRetrying { retry_at, .. } => Some(retry_at),
        _ => None,
    });
    until.filter(|until| *until > now + PUT_OFF_MAX)
}

/// Everything that must hold of one instance whenever everything rests.
struct AtRest<'a> {
    around: &'a Surroundings,
    id: InstanceId,
    state: Instance,
    holdings: Holdings,
    guests: Vec<(Ctid, Guest)>,
}

/// Everything rests and nothing is wrong with the cluster any more: the books must balance.
pub fn at_rest(around: &Surroundings) {
    let holdings = around.log.journal().holdings();
    let cluster = around.cluster.lock().unwrap();
    if let Some(ctid) = cluster.orphans.iter().find(|ctid| !cluster.guests.contains_key(ctid)) {
        around.sea.violate(format!("a volume of container {ctid} is left without it"));
    }
    let of = |id| cluster.of(id).into_iter().map(|(ctid, guest)| (ctid, guest.clone())).collect::<Vec<_>>();
    let instances = around.log.journal().instances();
    let guests: Vec<_> = instances.into_iter().map(|id| (id, of(id))).collect();
    drop(cluster);
    for (id, guests) in guests {
        let checked = AtRest { around, id, state: state(around, id), holdings: holdings.clone(), guests };
        if let Err(wrong) = checked.check() {
            around.sea.violate(format!("{id} at rest: {wrong}"));
        }
    }
}

impl AtRest<'_> {
    fn check(&self) -> Result<(), String> {
        let lifecycle = self.state.lifecycle();
        ensure(self.guests.iter().all(|(_, guest)| guest.parked == 0), "a volume is parked")?;
        ensure(self.guests.iter().all(|(_, guest)| guest.lock.is_none()), "a lock was left")?;
        let released = self.holdings.released.contains(&self.id);
        ensure(released == (lifecycle == Lifecycle::Deleted), "released by its org if and only if deleted")?;
        match lifecycle {
            Lifecycle::Running | Lifecycle::Stopped => self.check_living(lifecycle == Lifecycle::Running),
            Lifecycle::Failed | Lifecycle::Deleted => self.check_gone(),
            other => Err(format!("it is {other}: {:?}", self.state.run())),
        }
    }

    fn check_living(&self, running: bool) -> Result<(), String> {
        let [(ctid, guest)] = self.guests.as_slice() else {
            return Err(format!("it has {} containers instead of one", self.guests.len()));
        };
        ensure(guest.running == running, "its container runs if and only if it does")?;
        ensure(guest.volume_gib.is_some(), "its data volume is missing")?;
        ensure(
            self.state.placement().map(|placement| placement.ctid) == Some(*ctid),
            "another container is on record",
        )?;
        ensure(self.reserved() == [*ctid], "its reservation is another one")?;
        self.check_credentials(guest)
    }

    fn check_gone(&self) -> Result<(), String> {
        ensure(self.guests.is_empty(), "a container was left")?;
        ensure(self.state.placement().is_none(), "a placement was left on record")?;
        ensure(self.reserved().is_empty(), "a reservation was left")?;
        ensure(self.secrets().is_empty(), "a secret was left")
    }

    /// One version of each credential is kept, it is the active one, and the server accepts it.
    fn check_credentials(&self, guest: &Guest) -> Result<(), String> {
        ensure(self.secrets().len() == 2, format!("secrets kept: {:?}", self.secrets()))?;
        for role in CredentialRole::ALL {
            let known = self.state.credential(*role).ok_or("a credential is not on record")?;
            ensure(known.active == Some(known.latest), format!("{role}: {known:?} is not in use"))?;
        }
        let tenant = self.state.credential(CredentialRole::Tenant).ok_or("no tenant credential")?;
        let opened =
            self.around.log.journal().open_secret(tenant.secret, tenant.latest).now_or_never().unwrap();
        let secret = opened.map_err(|_| "the kept password is gone")?;
        let password = Credential::from_secret(&secret).map_err(|error| error.to_string())?.password;
        let accepted = guest.tenant.as_ref().is_some_and(|verifier| verifier.accepts(&password));
        ensure(accepted, "the server does not accept the kept password")
    }

    fn reserved(&self) -> Vec<Ctid> {
        let ours = |(_, owner): &(&Ctid, &InstanceId)| **owner == self.id;
        self.holdings.reserved.iter().filter(ours).map(|(ctid, _)| *ctid).collect()
    }

    fn secrets(&self) -> Vec<u32> {
        let ours = self.holdings.secrets.iter().filter(|(_, owner)| **owner == self.id);
        ours.map(|((_, version), _)| *version).collect()
    }
}

/// Whoever was told that something will not happen is right: once a delete was asked for, nothing else begins, and a
/// run that was canceled before it began never does.
pub fn promises_are_kept(around: &Surroundings) {
    for instance in around.log.journal().instances() {
        let (mut deletes, mut begun, mut canceled) = (None, BTreeSet::new(), BTreeSet::new());
        for event in around.log.journal().history(instance) {
            match event {
                InstanceEvent::WorkflowRequested { workflow, kind: WorkflowKind::Delete, .. } => {
                    deletes = Some(workflow);
                }
                InstanceEvent::CancelRequested { workflow } if !begun.contains(&workflow) => {
                    canceled.insert(workflow);
                }
                InstanceEvent::StepBegan { workflow, step, .. } => {
                    if canceled.contains(&workflow) || deletes.is_some_and(|delete| delete != workflow) {
                        let wrong = format!("{instance}: {step} of {workflow} began after it was called off");
                        around.sea.violate(wrong);
                    }
                    begun.insert(workflow);
                }
                _ => {}
            }
        }
    }
}

/// Every stream folds, and today's engine decides it as it was decided. Without clock jumps: the time of a record tells
/// when it was decided only if the clock ran on in between.
pub fn decided_again(around: &Surroundings) {
    if around.sea.jumps() > 0 || !around.log.set_back().is_zero() {
        return;
    }
    for instance in around.log.journal().instances() {
        if let Err(divergence) = replay::decided_again(&around.log.batches(instance)) {
            around.sea.violate(format!("{instance}: {divergence}"));
        }
    }
}

fn ensure(holds: bool, otherwise: impl Into<String>) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}
