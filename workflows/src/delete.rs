//! Delete: removes everything but the history. Works from any state in which an instance can be, so each step finds
//! out what there is.
//!
//! | step | does |
//! |---|---|
//! | `stop` | shuts the container down cleanly, if there is one |
//! | `destroy` | destroys container and volumes, after verifying the marker |
//! | `release` | gives node, number and address back |
//! | `shred` | destroys every secret; name and quota become free |
//!
//! Guarantee: what provably is not the instance's own neither holds a delete up nor is touched by it. See
//! [`whereabouts`].

mod whereabouts;

use self::whereabouts::{Whereabouts, whereabouts};
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

async fn stop(ctx: &StepContext) -> StepResult {
    let own = match whereabouts(ctx).await? {
        Whereabouts::Own(target) => target,
        Whereabouts::Nowhere(facts) => return Ok(facts.into()),
    };
    ctx.ports.hypervisor.ensure_stopped(&own, ctx.guard.as_ref()).await?;
    Ok(StepOutput::default())
}

async fn destroy(ctx: &StepContext) -> StepResult {
    let own = match whereabouts(ctx).await? {
        Whereabouts::Own(target) => target,
        Whereabouts::Nowhere(facts) => return Ok(facts.into()),
    };
    ctx.ports.hypervisor.ensure_destroyed(&own, ctx.guard.as_ref()).await?;
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
