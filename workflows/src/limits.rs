//! How many may write to a node, or clone its template, at once.
//!
//! A Proxmox node has three workers and blocks one for each synchronous write; a clone locks its template for as long
//! as it takes, and refuses others meanwhile. Guarantee: an attempt that would exceed a limit does not begin: it costs
//! no retry and leaves nothing in the log, its instance is merely due again a little later.

use crate::{
    definition::{Load, Step},
    journal::Claim,
    plan::Attempt,
    spread::draw,
};
use dbx_domain::Instance;
pub use dbx_sql::permit::Scope;
use std::{ops::Range, time::Duration};

/// Most instances for which one node is written to at once; leaves one of its three workers to others.
pub const WRITES_PER_NODE: u32 = 2;
/// Proxmox locks a template while it is cloned.
pub const CLONES_PER_TEMPLATE: u32 = 1;

/// Shortest and longest time after which an attempt that had to wait asks again, in milliseconds.
const ASK_AGAIN_MILLIS: Range<u64> = 100..300;

/// What `attempt` needs a permit for; nothing while the instance has no place.
pub(crate) fn scopes(step: &Step, attempt: &Attempt, instance: &Instance) -> Vec<Scope> {
    wanted(step, attempt.undo, instance)
}

/// What an attempt to perform or undo `step` needs a permit for; nothing while the instance has no place.
pub fn wanted(step: &Step, undo: bool, instance: &Instance) -> Vec<Scope> {
    let Some(placement) = instance.placement() else { return Vec::new() };
    let node = Scope { name: format!("node/{}", placement.node), limit: WRITES_PER_NODE };
    // There is one template per node.
    let template = Scope { name: format!("template/{}", placement.node), limit: CLONES_PER_TEMPLATE };
    match step.load {
        Load::Light => Vec::new(),
        Load::Clones if !undo => vec![node, template],
        Load::Writes | Load::Clones => vec![node],
    }
}

/// How long an attempt waits before it asks again; spread, so that those who wait do not all come at once. The spread
/// is drawn from names instead of a die, so that a simulated history replays.
pub(crate) fn pause(claim: &Claim) -> Duration {
    let Range { start, end } = ASK_AGAIN_MILLIS;
    let drawn = draw(&[claim.instance.uuid().as_bytes(), &claim.fence.to_le_bytes()], end - start);
    Duration::from_millis(start + drawn)
}
