//! Why an instance is as it is, what it waits for, and what can be done.

use super::audit;
use crate::{
    api::{Why, WhyAction, WhyJob},
    args::OneArgs,
    client::Answer,
    context::Context,
    failure::Failure,
    output::{Cell, Column, Record, Style, Table, Tone, clean, clock},
};

pub(super) fn show(context: &Context, one: &OneArgs) -> Result<(), Failure> {
    let instance = context.instance(one)?.value;
    let path = format!("/instances/{}/why", instance.id);
    let Answer { value: why, body } = context.client.get::<Why>(&path, &[])?;
    context.output.show(&body, |style| text(&why, style))
}

fn text(why: &Why, style: Style) -> String {
    let last = why.last_transition.as_ref().map(|last| {
        format!("{} {}{}", clock(&last.time), last.sentence, audit::credit(&last.actor, &last.sentence))
    });
    let facts = Record::new()
        .with_some("last", last)
        .with_some("cause", why.cause.as_ref())
        .with_some("waits for", why.waiting_for.as_ref())
        .with_some("job", why.job.as_ref().map(job));
    let facts = facts.render(style);
    let gap = if facts.is_empty() { "" } else { "\n" };
    format!("{}\n{gap}{facts}{}", clean(&why.summary), actions(&why.actions, style))
}

fn job(job: &WhyJob) -> String {
    let deadline = job.deadline_at.as_deref().map(|at| format!(", until {}", clock(at))).unwrap_or_default();
    let again =
        job.next_attempt_at.as_deref().map(|at| format!(", again at {}", clock(at))).unwrap_or_default();
    let step = job
        .step
        .as_deref()
        .map(|step| format!(" at step {step}, attempt {}", job.attempt))
        .unwrap_or_default();
    format!("{} ({}){step}{again}{deadline}", job.kind, job.id)
}

/// The commands, ready to be copied.
fn actions(actions: &[WhyAction], style: Style) -> String {
    if actions.is_empty() {
        return String::new();
    }
    let mut table = Table::new([Column::fixed("WHAT CAN BE DONE"), Column::fixed("")], "");
    for action in actions {
        table.row([Cell::from(&action.command), Cell::new(&action.sentence, Tone::Dim)]);
    }
    format!("\n{}", table.render(style))
}
