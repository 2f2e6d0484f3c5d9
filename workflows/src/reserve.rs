//! The step that reserves node, container number and address, and its undo.
//!
//! Guarantees: all three are on record before anything uses them; a number is given once for ever, by a counter that
//! all copies of the server share, and is skipped if anything in the cluster carries it, container or virtual machine.

use crate::{
    context::{StepContext, StepOutput},
    definition::StepResult,
    failure,
    journal::{JournalError, SideEffects},
    placement,
};
use dbx_domain::{
    ids::Ctid,
    instance::{Fact, Failure, Placement},
};

/// Numbers that may turn out to be taken before the range is called into question.
const LOOKS_MAX: usize = 50;

pub(crate) async fn reserve(ctx: &StepContext) -> StepResult {
    if ctx.instance.placement().is_some() {
        return Ok(StepOutput::default());
    }
    let size = ctx.identity()?.size;
    let (rules, journal) = (&ctx.settings.placement, &ctx.ports.journal);
    let nodes = ctx.ports.hypervisor.nodes().await?;
    // Refused before a number is spent.
    let occupancy = journal.occupancy().await.map_err(unavailable)?;
    placement::choose_node(rules, &occupancy, &nodes, size)?;
    let ctid = free_number(ctx).await?;
    let turn = match journal.picks() {
        Some(picks) => Some(picks.turn().await),
        None => None,
    };
    let mut occupancy = journal.occupancy().await.map_err(unavailable)?;
    if let Some(turn) = &turn {
        turn.count_in(&mut occupancy);
    }
    let node = placement::choose_node(rules, &occupancy, &nodes, size)?;
    let address = placement::choose_address(rules, &occupancy, ctid)?;
    let chosen = Placement { node, ctid, address };
    let pick = turn.map(|turn| turn.pick(&chosen, size));
    let Placement { node, ctid, address } = chosen;
    Ok(StepOutput {
        facts: vec![Fact::PlacementReserved { node, ctid, address }],
        effects: SideEffects { pick, ..SideEffects::default() },
    })
}

/// A number of ours that nothing in the cluster carries.
async fn free_number(ctx: &StepContext) -> Result<Ctid, Failure> {
    let rules = &ctx.settings.placement;
    let mut at_least = Ctid(*rules.ctids.start());
    for _ in 0..LOOKS_MAX {
        let ctid = ctx.ports.journal.next_ctid(at_least).await.map_err(unavailable)?;
        placement::check_number(rules, ctid)?;
        if ctx.ports.hypervisor.find(ctid).await?.is_none() {
            return Ok(ctid);
        }
        tracing::warn!(%ctid, "the next container number is taken by something that is not ours");
        at_least = Ctid(ctid.0.saturating_add(1));
    }
    Err(failure::permanent(
        "numbers_taken",
        format!(
            "{LOOKS_MAX} container numbers in a row, up to {at_least}, are taken by others; give db.xyz a range of its own"
        ),
    ))
}

fn unavailable(error: JournalError) -> Failure {
    failure::transient("log_unavailable", error.to_string())
}

pub(crate) async fn release(ctx: &StepContext) -> StepResult {
    match ctx.instance.placement() {
        Some(_) => Ok(vec![Fact::PlacementReleased].into()),
        None => Ok(StepOutput::default()),
    }
}
