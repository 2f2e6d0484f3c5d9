//! Why an instance is as it is, what it waits for, and what can be done.

use super::audit;
use crate::{
    api::{Why, WhyAction, WhyJob},
    args::OneArgs,
    client::Answer,
    context::Context,
    failure::Failure,
    output::{Cell, Record, Style, Tone, clock, step_name},
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
        .with_some_prose("last", last)
        .with_some_prose("cause", why.cause.as_ref())
        .with_some_prose("waits for", why.waiting_for.as_ref())
        .with_some("job", why.job.as_ref().map(|job| &job.id))
        .with_some_prose("doing", why.job.as_ref().map(job));
    let facts = facts.render(style);
    let gap = if facts.is_empty() { "" } else { "\n" };
    let summary = Cell::from(&why.summary).lines(style, 0).join("\n");
    format!("{summary}\n{gap}{facts}{}", actions(&why.actions, style))
}

fn job(job: &WhyJob) -> String {
    let deadline = job.deadline_at.as_deref().map(|at| format!(", until {}", clock(at))).unwrap_or_default();
    let again =
        job.next_attempt_at.as_deref().map(|at| format!(", again at {}", clock(at))).unwrap_or_default();
    let step = job
        .step
        .as_deref()
        .map(|step| format!(": {}, attempt {}", step_name(step), job.attempt))
        .unwrap_or_default();
    format!("{}{step}{again}{deadline}", job.kind)
}

/// Before the sentence below a command.
const INDENT: usize = 6;

/// The commands, ready to be copied, and what they do.
fn actions(actions: &[WhyAction], style: Style) -> String {
    if actions.is_empty() {
        return String::new();
    }
    let lines = actions.iter().map(|action| {
        let command = Cell::from(&action.command).line(style.colours);
        let sentence = Cell::new(&action.sentence, Tone::Dim).lines(style, INDENT);
        let below = format!("\n{}", " ".repeat(INDENT));
        format!("  {command}{below}{}\n", sentence.join(&below))
    });
    format!("\nwhat can be done:\n{}", lines.collect::<String>())
}
