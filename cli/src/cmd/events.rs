//! What happens in an org, and to an instance: what was, and what comes.

use super::{
    audit,
    follow::{self, Heard},
};
use crate::{
    api::{ActivityItem, Instance, Lifecycle, Severity},
    args::{EventsArgs, OneArgs},
    client::Answer,
    context::Context,
    failure::Failure,
    output::{Cell, Style, Tone, clock, instance_line},
};
use serde::Deserialize as _;
use serde_json::Value;
use std::ops::ControlFlow;

/// What is looked at.
struct Subject {
    org: String,
    query: Vec<(&'static str, String)>,
    /// The only instance that is looked at.
    instance: Option<String>,
}

impl Subject {
    fn instance(instance: Instance) -> Self {
        let query = vec![("instanceId", instance.id.clone())];
        Self { org: instance.org_id, query, instance: Some(instance.id) }
    }
}

pub(super) fn run(context: &Context, args: &EventsArgs) -> Result<(), Failure> {
    let subject = subject(context, args)?;
    let mut query = subject.query.clone();
    query.push(("detail", args.detail.to_string()));
    let path = format!("/orgs/{}/activity", subject.org);
    let Answer { value: mut items, mut body } =
        context.client.list_where::<ActivityItem>(&path, &query, args.limit.get())?;
    // The API lists the newest first. Here it is the last one in every form of output, so that what is followed goes on
    // where the list ends.
    items.reverse();
    if let Some(Value::Array(data)) = body.get_mut("data") {
        data.reverse();
    }
    if !args.follow {
        return context.output.show(&body, |style| match items.is_empty() {
            true => "Nothing happened yet.".to_owned(),
            false => items.iter().map(|item| line(item, style) + "\n").collect(),
        });
    }
    let bodies = body.get("data").and_then(Value::as_array).cloned().unwrap_or_default();
    for (item, body) in items.iter().zip(bodies) {
        context.output.show_next(&body, |style| line(item, style))?;
    }
    go_on(context, &subject, items.last().map(|item| item.position.clone()), args.detail)
}

pub(super) fn watch(context: &Context, one: &OneArgs) -> Result<(), Failure> {
    let instance = context.instance(one)?.value;
    let subject = Subject::instance(instance);
    go_on(context, &subject, None, true)
}

/// How a watched instance stands now. A program gets it as the first document, if it asked for whole ones.
fn present(context: &Context, id: &str) -> Result<ControlFlow<()>, Failure> {
    let Answer { value: instance, body } =
        context.client.get::<Instance>(&format!("/instances/{id}"), &[])?;
    if context.output.is_for_people() {
        context.note(&instance_line(&instance));
    } else if !context.output.is_selective() {
        context.output.show_next(&body, |_| instance_line(&instance))?;
    }
    Ok(whether_gone(&instance))
}

/// Nothing more can happen to what is deleted.
fn whether_gone(instance: &Instance) -> ControlFlow<()> {
    match instance.lifecycle {
        Lifecycle::Deleted => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    }
}

fn subject(context: &Context, args: &EventsArgs) -> Result<Subject, Failure> {
    if let Some(wanted) = &args.instance {
        let instance = context.instance_named(wanted, &args.scope)?.value;
        return Ok(Subject::instance(instance));
    }
    if let Some(project) = context.narrowed(&args.scope)? {
        return Ok(Subject { org: project.org_id, query: vec![("projectId", project.id)], instance: None });
    }
    Ok(Subject { org: context.org(args.scope.org.as_ref())?.id, query: Vec::new(), instance: None })
}

/// Goes on behind a position, or with what happens from now on.
fn go_on(context: &Context, subject: &Subject, after: Option<String>, detail: bool) -> Result<(), Failure> {
    let path = format!("/orgs/{}/activity/stream", subject.org);
    let mut query = subject.query.clone();
    let is_watched = after.is_none();
    query.extend(after.map(|position| ("lastEventId", position)));
    follow::until_interrupted(context, path, query, "activity", |heard| {
        let body = match (heard, &subject.instance) {
            (Heard::Began, Some(id)) if is_watched => return present(context, id),
            (Heard::Began, _) => return Ok(ControlFlow::Continue(())),
            (Heard::Event(body), _) => body,
        };
        // An item that this dbx cannot read is from a newer server; the next one may be older news.
        let Ok(item) = ActivityItem::deserialize(&body) else { return Ok(ControlFlow::Continue(())) };
        if !item.detail || detail {
            context.output.show_next(&body, |style| line(&item, style))?;
        }
        match (&subject.instance, item.detail) {
            // A milestone of the only instance may have been its last.
            (Some(id), false) => {
                let instance = context.client.get::<Instance>(&format!("/instances/{id}"), &[])?.value;
                Ok(whether_gone(&instance))
            }
            _ => Ok(ControlFlow::Continue(())),
        }
    })
}

fn line(item: &ActivityItem, style: Style) -> String {
    let (sign, tone) = match item.severity {
        Severity::Success => ("✓", Tone::Good),
        Severity::Warning => ("!", Tone::Busy),
        Severity::Error => ("✗", Tone::Bad),
        Severity::Info | Severity::Other => ("·", Tone::Dim),
    };
    let show = |text: &str, tone| Cell::new(text, tone).line(style.colours);
    let tone_of_words = if item.detail { Tone::Dim } else { Tone::Plain };
    [show(&clock(&item.time), Tone::Dim), show(sign, tone), show(&item.sentence, tone_of_words)].join(" ")
        + &show(&audit::credit(&item.actor, &item.sentence), Tone::Dim)
}
