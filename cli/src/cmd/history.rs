//! Everything that ever happened to an instance.

use super::audit;
use crate::{
    api::Event,
    args::HistoryArgs,
    client::Answer,
    context::Context,
    failure::Failure,
    output::{Cell, Style, Tone, clock},
};

pub(super) fn show(context: &Context, args: &HistoryArgs) -> Result<(), Failure> {
    let instance = context.instance(&args.one)?.value;
    let path = format!("/instances/{}/events", instance.id);
    let Answer { value: mut events, mut body } = context.client.list::<Event>(&path, usize::MAX)?;
    if let Some(limit) = args.limit {
        let skipped = events.len().saturating_sub(limit.get());
        events.drain(..skipped);
        if let Some(serde_json::Value::Array(items)) = body.get_mut("data") {
            items.drain(..skipped.min(items.len()));
        }
    }
    context.output.show(&body, |style| match events.is_empty() {
        true => "Nothing happened yet.".to_owned(),
        false => events.iter().map(|event| line(event, style) + "\n").collect(),
    })
}

/// Lines, not a table: a sentence is not to be cut.
fn line(event: &Event, style: Style) -> String {
    let show = |text: &str, tone| Cell::new(text, tone).line(style.colours);
    [
        show(&format!("{:>4}", event.sequence), Tone::Dim),
        show(&clock(&event.time), Tone::Dim),
        show(&event.sentence, Tone::Plain),
    ]
    .join(" ")
        + &show(&audit::credit(&event.actor, &event.sentence), Tone::Dim)
}
