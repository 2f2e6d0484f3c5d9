//! What happens in an org, and to an instance: what was, and what comes.

use super::{audit, follow};
use crate::{
    api::{ActivityItem, Severity},
    args::{EventsArgs, OneArgs},
    client::Answer,
    context::Context,
    failure::Failure,
    output::{Cell, Style, Tone, clock, instance_line},
};
use serde::Deserialize as _;
use serde_json::Value;

/// What is looked at.
struct Subject {
    org: String,
    query: Vec<(&'static str, String)>,
}

pub(super) fn run(context: &Context, args: &EventsArgs) -> Result<(), Failure> {
    let subject = subject(context, args)?;
    let mut query = subject.query.clone();
    query.push(("detail", args.detail.to_string()));
    let path = format!("/orgs/{}/activity", subject.org);
    let Answer { value: items, body } =
        context.client.list_where::<ActivityItem>(&path, &query, args.limit.get())?;
    if !args.follow {
        return context.output.show(&body, |style| match items.is_empty() {
            true => "Nothing happened yet.".to_owned(),
            false => items.iter().rev().map(|item| line(item, style) + "\n").collect(),
        });
    }
    // The list is newest first; what is followed is told as it happens.
    let bodies = body.get("data").and_then(Value::as_array).cloned().unwrap_or_default();
    for (item, body) in items.iter().zip(bodies).rev() {
        context.output.show_next(&body, |style| line(item, style))?;
    }
    go_on(context, &subject, items.first().map(|item| item.position.clone()), args.detail)
}

pub(super) fn watch(context: &Context, one: &OneArgs) -> Result<(), Failure> {
    let instance = context.instance(one)?.value;
    context.note(&instance_line(&instance));
    let subject = Subject { org: instance.org_id, query: vec![("instanceId", instance.id)] };
    go_on(context, &subject, None, true)
}

fn subject(context: &Context, args: &EventsArgs) -> Result<Subject, Failure> {
    if let Some(wanted) = &args.instance {
        let instance = context.instance_named(wanted, &args.scope)?.value;
        return Ok(Subject { org: instance.org_id, query: vec![("instanceId", instance.id)] });
    }
    if let Some(project) = context.narrowed(&args.scope)? {
        return Ok(Subject { org: project.org_id, query: vec![("projectId", project.id)] });
    }
    Ok(Subject { org: context.org(args.scope.org.as_ref())?.id, query: Vec::new() })
}

/// Goes on behind a position, or with what happens from now on.
fn go_on(context: &Context, subject: &Subject, after: Option<String>, detail: bool) -> Result<(), Failure> {
    let path = format!("/orgs/{}/activity/stream", subject.org);
    let mut query = subject.query.clone();
    query.extend(after.map(|position| ("lastEventId", position)));
    follow::until_interrupted(context, path, query, "activity", |body| {
        // An item that this dbx cannot read is from a newer server; the next one may be older news.
        let Ok(item) = ActivityItem::deserialize(&body) else { return Ok(()) };
        match item.detail && !detail {
            true => Ok(()),
            false => context.output.show_next(&body, |style| line(&item, style)),
        }
    })
}

fn line(item: &ActivityItem, style: Style) -> String {
    let (sign, tone) = match item.severity {
        Severity::Success => ("✓", Tone::Good),
        Severity::Warning => ("!", Tone::Busy),
        Severity::Error => ("✗", Tone::Bad),
        Severity::Info => ("·", Tone::Dim),
    };
    let show = |text: &str, tone| Cell::new(text, tone).line(style.colours);
    let tone_of_words = if item.detail { Tone::Dim } else { Tone::Plain };
    [show(&clock(&item.time), Tone::Dim), show(sign, tone), show(&item.sentence, tone_of_words)].join(" ")
        + &show(&audit::credit(&item.actor, &item.sentence), Tone::Dim)
}
