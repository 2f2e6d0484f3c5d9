//! The operator: frees locks, retries what is parked, and cleans up after calls that outlived their callers' leases,
//! which is the reconciler's work.

use crate::{
    cluster::Guest,
    users::{command, state},
    worker::Surroundings,
};
use dbx_domain::{
    ids::{Ctid, InstanceId},
    instance::{InstanceCommand, Lifecycle},
};
use std::time::Duration;

/// Retries every parked run; whether there was one.
pub fn retry_parked(around: &Surroundings) -> bool {
    let mut any = false;
    for instance in around.log.journal().instances() {
        let state = state(around, instance);
        if let Some(run) = state.run().filter(|run| run.is_parked()) {
            let deadline = around.log.now() + Duration::from_secs(1_800);
            any |= command(around, "operator", instance, InstanceCommand::Retry(run.workflow, deadline));
        }
    }
    any
}

/// Frees locks and makes the cluster what the log says, where a late call made it something else. Nothing but a late
/// call may have done that.
pub fn repair(around: &Surroundings) {
    let mut cluster = around.cluster.lock().unwrap();
    cluster.unlock_all();
    let ours: Vec<(Ctid, InstanceId, Guest)> = cluster
        .guests
        .iter()
        .filter_map(|(ctid, guest)| guest.owner.map(|owner| (*ctid, owner, guest.clone())))
        .collect();
    for (ctid, owner, guest) in ours {
        let state = state(around, owner);
        if state.placement().map(|placement| placement.ctid) != Some(ctid) {
            if !guest.late {
                around.sea.violate(format!("container {ctid} of {owner} was left behind"));
            }
            around.sea.note(|| format!("operator destroys {ctid}, which came late"));
            cluster.guests.remove(&ctid);
            continue;
        }
        let wanted = match state.lifecycle() {
            Lifecycle::Running => true,
            Lifecycle::Stopped => false,
            // A parked run may need its server: it would have been running without the late call.
            Lifecycle::NeedsOperator if guest.late => !guest.running,
            _ => continue,
        };
        if guest.running != wanted && guest.late {
            around.sea.note(|| format!("operator sets the power of {ctid}, which was changed late"));
            cluster.set_power(ctid, wanted);
        }
    }
}
