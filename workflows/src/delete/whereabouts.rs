//! Whether a container of the instance is there to be deleted.
//!
//! Guarantees: a container counts as somebody else's only if two live looks in a row found it so, nobody was at work on
//! it, and the whole cluster holds no container with the instance's marker. Then the instance's own is gone, whoever
//! removed it, and the record says what was found in its place.

use crate::{
    context::StepContext,
    failure,
    hypervisor::{Container, Target},
};
use dbx_domain::instance::{Fact, Failure};

/// Where the instance's container is.
pub(super) enum Whereabouts {
    /// Under its number.
    Own(Target),
    /// Nowhere; the facts tell what has its number instead.
    Nowhere(Vec<Fact>),
}

/// Looks for the instance's container.
///
/// # Errors
/// Transient while the cluster cannot tell; permanent if a container elsewhere carries the instance's marker.
pub(super) async fn whereabouts(ctx: &StepContext) -> Result<Whereabouts, Failure> {
    if ctx.instance.placement().is_none() {
        return Ok(Whereabouts::Nowhere(Vec::new()));
    }
    let target = ctx.target()?;
    let mut foreign = None;
    // What one look shows may be half of what somebody is doing.
    for _ in 0..2 {
        match ctx.ports.hypervisor.find(target.ctid).await? {
            None => return Ok(Whereabouts::Nowhere(Vec::new())),
            Some(found) if found.owner == Some(target.instance) => return Ok(Whereabouts::Own(target)),
            Some(found) => foreign = Some(found),
        }
    }
    let Some(foreign) = foreign else { return Ok(Whereabouts::Nowhere(Vec::new())) };
    is_settled(&target, &foreign)?;
    is_nowhere_else(ctx, &target).await?;
    let expected = format!("container {} on {} to be its own", target.ctid, target.node);
    Ok(Whereabouts::Nowhere(vec![Fact::ContainerForeign { expected, observed: foreign.whose() }]))
}

/// A clone of ours that begins has a lock before it has a marker.
fn is_settled(target: &Target, foreign: &Container) -> Result<(), Failure> {
    match &foreign.lock {
        None => Ok(()),
        Some(lock) => Err(failure::transient(
            "locked",
            format!(
                "container {} on {} is locked ({lock}) and does not carry the marker of {}; looking again",
                target.ctid, foreign.node, target.instance
            ),
        )),
    }
}

async fn is_nowhere_else(ctx: &StepContext, target: &Target) -> Result<(), Failure> {
    let containers = ctx.ports.hypervisor.containers().await?;
    let Some(own) = containers.into_iter().find(|other| other.owner == Some(target.instance)) else {
        return Ok(());
    };
    if own.ctid == target.ctid {
        return Err(failure::transient(
            "container_changes",
            format!("container {} is just being changed; looking again", target.ctid),
        ));
    }
    Err(failure::permanent(
        "renumbered",
        format!(
            "container {} is not of {} any more, but container {} on {}, a number that was not given to it, carries its marker; remove that container or its marker, then retry",
            target.ctid, target.instance, own.ctid, own.node
        ),
    ))
}
