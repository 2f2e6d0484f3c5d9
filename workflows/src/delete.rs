//! Delete: removes everything but the history. Works from any state in which an instance can be, so each step finds
//! out what there is.
//!
//! | step | does |
//! |---|---|
//! | `stop` | shuts the container down cleanly, if there is one |
//! | `destroy` | destroys container and volumes, after verifying the marker |
//! | `release` | gives node, number and address back |
//! | `shred` | destroys every secret; name and quota become free |

use crate::{
    context::{StepContext, StepOutput},
    definition::{Definition, Load, OnFailure, Step, StepResult},
    journal::{Shred, SideEffects},
};
use dbx_domain::instance::{Fact, WorkflowKind};
use futures::FutureExt;
use std::time::Duration;

/// See the module's table.
pub static DELETE: Definition = Definition {
    kind: WorkflowKind::Delete,
    version: 1,
    deadline: Duration::from_secs(30 * 60),
    on_failure: OnFailure::Park,
    steps: &[
        Step::new("stop", |ctx| stop(ctx).boxed()).loads(Load::Writes),
        Step::new("destroy", |ctx| destroy(ctx).boxed()).loads(Load::Writes),
        Step::new("release", |ctx| release(ctx).boxed()),
        Step::new("shred", |ctx| shred(ctx).boxed()),
    ],
};

/// Whether a container of ours may exist: it was placed, and its number does not carry somebody else's.
async fn may_exist(ctx: &StepContext) -> Result<bool, dbx_domain::instance::Failure> {
    if ctx.instance.placement().is_none() {
        return Ok(false);
    }
    let target = ctx.target()?;
    let found = ctx.ports.hypervisor.find(target.ctid).await?;
    // A create that met a foreign container on its number never made one. Once a server was seen there, a foreign
    // marker is damage, and the verbs below refuse with `not_ours` for an operator to look.
    let never_ours = ctx.instance.server().is_none();
    Ok(found.is_some_and(|container| !never_ours || container.owner == Some(target.instance)))
}

async fn stop(ctx: &StepContext) -> StepResult {
    if may_exist(ctx).await? {
        ctx.ports.hypervisor.ensure_stopped(&ctx.target()?, ctx.guard.as_ref()).await?;
    }
    Ok(StepOutput::default())
}

async fn destroy(ctx: &StepContext) -> StepResult {
    if may_exist(ctx).await? {
        ctx.ports.hypervisor.ensure_destroyed(&ctx.target()?, ctx.guard.as_ref()).await?;
    }
    Ok(StepOutput::default())
}

async fn release(ctx: &StepContext) -> StepResult {
    match ctx.instance.placement() {
        Some(_) => Ok(vec![Fact::PlacementReleased].into()),
        None => Ok(StepOutput::default()),
    }
}

async fn shred(ctx: &StepContext) -> StepResult {
    let _ = ctx;
    let effects = SideEffects { shred: vec![Shred::All], release: true, ..SideEffects::default() };
    Ok(StepOutput { facts: vec![Fact::SecretsShredded], effects })
}
