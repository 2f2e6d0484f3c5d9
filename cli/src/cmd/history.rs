//! Everything that ever happened to an instance.

use crate::{
    api::{ActorKind, Event},
    args::HistoryArgs,
    client::Answer,
    context::Context,
    failure::Failure,
    output::{Cell, Column, Table, Tone, clock},
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
    context.output.show(&body, |style| table(&events).render(style))
}

fn table(events: &[Event]) -> Table {
    let columns = [
        Column::fixed("#"),
        Column::fixed("TIME"),
        Column::flexible("WHAT"),
        Column::optional("BY"),
        Column::optional("POSITION"),
    ];
    let mut table = Table::new(columns, "Nothing happened yet.");
    for event in events {
        table.row([
            Cell::new(&event.sequence.to_string(), Tone::Dim),
            clock(&event.time).into(),
            (&event.type_).into(),
            Cell::new(&by(&event.actor), Tone::Dim),
            Cell::new(&event.position, Tone::Dim),
        ]);
    }
    table
}

fn by(actor: &crate::api::Actor) -> String {
    match actor.kind {
        ActorKind::System => "db.xyz".to_owned(),
        ActorKind::Account | ActorKind::ApiKey => actor.id.clone(),
    }
}
