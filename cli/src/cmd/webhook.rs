//! Webhooks.

use super::issued::{Issued, needs_stdout};
use crate::{
    api::{
        DeliveryStatus, IssuedWebhook, Org, ReplayWebhookRequest, Webhook, WebhookDelivery, WebhookStatus,
    },
    args::{CreateWebhookArgs, OrgScope, UpdateWebhookArgs, WebhookArgs, WebhookCommand, When},
    client::Answer,
    confirm,
    context::Context,
    failure::Failure,
    output::{Cell, Column, Record, Table, Tone, clean, clock, moment},
    resolve::{is_id, pick},
};
use serde_json::{Map, Value};
use ureq::http::Method;

pub(super) fn run(context: &Context, command: WebhookCommand) -> Result<(), Failure> {
    match command {
        WebhookCommand::List { scope } => list(context, &scope),
        WebhookCommand::Create(args) => create(context, args),
        WebhookCommand::Info(one) => info(context, &one),
        WebhookCommand::Update(args) => update(context, args),
        WebhookCommand::Test(one) => test(context, &one),
        WebhookCommand::Deliveries { one, limit } => deliveries(context, &one, limit.get()),
        WebhookCommand::Replay { one, from } => replay(context, &one, &from),
        WebhookCommand::Delete { one, force } => delete(context, &one, force),
    }
}

fn all(context: &Context, org: &Org) -> Result<Answer<Vec<Webhook>>, Failure> {
    context.client.list(&format!("/orgs/{}/webhooks", org.id), usize::MAX)
}

/// The webhook of this id or address.
fn find(context: &Context, one: &WebhookArgs) -> Result<Answer<Webhook>, Failure> {
    let read = |id: &str| context.client.get(&format!("/webhooks/{id}"), &[]);
    if is_id("whk_", &one.webhook) {
        return read(&one.webhook);
    }
    let org = context.org(one.scope.org.as_ref())?;
    let webhooks = all(context, &org)?.value;
    let about =
        |webhook: &Webhook| format!("({}, since {})", webhook.description, moment(&webhook.created_at));
    read(&pick("webhook", &one.webhook, &webhooks, &format!("in org {}", org.name), about)?.id)
}

fn list(context: &Context, scope: &OrgScope) -> Result<(), Failure> {
    let Answer { value: webhooks, body } = all(context, &context.org(scope.org.as_ref())?)?;
    let columns = [
        Column::flexible("URL"),
        Column::fixed("STATUS"),
        Column::fixed("ID"),
        Column::optional("DESCRIPTION"),
        Column::optional("CREATED"),
    ];
    let mut table =
        Table::new(columns, "No webhooks. Make one: dbx webhook create https://example.com/hooks/dbxyz");
    for webhook in &webhooks {
        table.row([
            (&webhook.url).into(),
            status(webhook.status),
            (&webhook.id).into(),
            (&webhook.description).into(),
            Cell::new(&moment(&webhook.created_at), Tone::Dim),
        ]);
    }
    context.output.show(&body, |style| table.render(style))
}

fn status(status: WebhookStatus) -> Cell {
    let tone = match status {
        WebhookStatus::Enabled => Tone::Good,
        WebhookStatus::Disabled | WebhookStatus::Other => Tone::Dim,
    };
    Cell::new(&status.to_string(), tone)
}

fn record(webhook: &Webhook) -> Record {
    let events = match webhook.events.is_empty() {
        true => "all but the steps of jobs".to_owned(),
        false => webhook.events.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    Record::new()
        .with("url", &webhook.url)
        .with("id", &webhook.id)
        .with("status", status(webhook.status))
        .with_some_prose("because", webhook.disabled_reason.as_ref())
        .with_prose("events", events)
        .with_some("description", Some(&webhook.description).filter(|text| !text.is_empty()))
        .with("created", moment(&webhook.created_at))
}

fn info(context: &Context, one: &WebhookArgs) -> Result<(), Failure> {
    let Answer { value: webhook, body } = find(context, one)?;
    context.output.show(&body, |style| record(&webhook).render(style))
}

fn create(context: &Context, args: CreateWebhookArgs) -> Result<(), Failure> {
    needs_stdout("secret")?;
    let org = context.org(args.scope.org.as_ref())?;
    // Which events there are is the server's to say; a newer one has more.
    let request = given([
        ("url", Some(args.url.into())),
        ("events", (!args.events.is_empty()).then(|| args.events.into())),
        ("description", args.description.map(Value::from)),
    ]);
    let path = format!("/orgs/{}/webhooks", org.id);
    let Answer { value: issued, body } =
        context.client.change::<IssuedWebhook>(Method::POST, &path, Some(&request))?;
    let id = &issued.webhook.id;
    let secret = Issued {
        what: "secret",
        secret: issued.secret.as_deref(),
        id,
        otherwise: format!("make another; this one is of no use: dbx webhook delete {id} --force"),
    };
    secret.show(context, &body, |secret, style| {
        format!(
            "{}{}",
            Record::new().with("secret", secret).render(style),
            record(&issued.webhook).render(style)
        )
    })?;
    context
        .note("the secret is shown this once; the receiver checks signatures with it (standardwebhooks.com)");
    context.note(&format!("try it: dbx webhook test {}", issued.webhook.id));
    Ok(())
}

/// A body of what is given.
fn given<const N: usize>(members: [(&str, Option<Value>); N]) -> Map<String, Value> {
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn update(context: &Context, args: UpdateWebhookArgs) -> Result<(), Failure> {
    let webhook = find(context, &args.one)?.value;
    let events = (args.all_events || !args.events.is_empty()).then(|| Value::from(args.events));
    let status = match (args.enable, args.disable) {
        (true, _) => Some("enabled"),
        (false, true) => Some("disabled"),
        (false, false) => None,
    };
    let request = given([
        ("url", args.url.map(Value::from)),
        ("events", events),
        ("description", args.description.map(Value::from)),
        ("status", status.map(Value::from)),
    ]);
    let path = format!("/webhooks/{}", webhook.id);
    let Answer { value: webhook, body } =
        context.client.change::<Webhook>(Method::PATCH, &path, Some(&request))?;
    context.output.show(&body, |style| record(&webhook).render(style))
}

fn test(context: &Context, one: &WebhookArgs) -> Result<(), Failure> {
    let webhook = find(context, one)?.value;
    let path = format!("/webhooks/{}:test", webhook.id);
    let Answer { value: delivery, body } =
        context.client.change::<WebhookDelivery>(Method::POST, &path, None::<&()>)?;
    context.output.show(&body, |style| {
        Record::new()
            .with("message", &delivery.id)
            .with("status", delivered(delivery.status))
            .with_some("answer", delivery.response_status.map(|status| status.to_string()))
            .with_some_prose("it said", delivery.excerpt.as_ref())
            .render(style)
    })
}

fn delivered(status: DeliveryStatus) -> Cell {
    let tone = match status {
        DeliveryStatus::Delivered => Tone::Good,
        DeliveryStatus::Failing => Tone::Bad,
        DeliveryStatus::Other => Tone::Plain,
    };
    Cell::new(&status.to_string(), tone)
}

fn deliveries(context: &Context, one: &WebhookArgs, limit: usize) -> Result<(), Failure> {
    let webhook = find(context, one)?.value;
    let path = format!("/webhooks/{}/deliveries", webhook.id);
    let Answer { value: deliveries, body } = context.client.list::<WebhookDelivery>(&path, limit)?;
    let columns = [
        Column::fixed("TIME"),
        Column::fixed("EVENT"),
        Column::fixed("STATUS"),
        Column::fixed("ANSWER"),
        Column::fixed("ATTEMPTS"),
        Column::optional("MESSAGE"),
    ];
    let mut table = Table::new(columns, "It was told nothing yet. Try it: dbx webhook test");
    for delivery in &deliveries {
        table.row([
            clock(&delivery.last_attempt_at).into(),
            (&delivery.type_).into(),
            delivered(delivery.status),
            delivery.response_status.map_or_else(|| "none".to_owned(), |status| status.to_string()).into(),
            delivery.attempts.to_string().into(),
            Cell::new(&delivery.id, Tone::Dim),
        ]);
    }
    context.output.show(&body, |style| table.render(style))
}

fn replay(context: &Context, one: &WebhookArgs, from: &When) -> Result<(), Failure> {
    let webhook = find(context, one)?.value;
    let path = format!("/webhooks/{}:replay", webhook.id);
    let request = ReplayWebhookRequest { from: from.as_str().to_owned() };
    let Answer { body, .. } = context.client.change::<Webhook>(Method::POST, &path, Some(&request))?;
    context
        .output
        .show(&body, |_| format!("{} is told again what happened since {from}.", clean(&webhook.url)))?;
    context.note(&format!("see how it fares: dbx webhook deliveries {}", webhook.id));
    Ok(())
}

fn delete(context: &Context, one: &WebhookArgs, force: bool) -> Result<(), Failure> {
    let found = find(context, one).map(|found| found.value);
    let webhook = context.even_gone("whk_", &one.webhook, found)?;
    if !force {
        let means = "its address will be told nothing any more, and its secret is gone for good";
        confirm::by_name(context, &confirm::Loss { what: "webhook", name: &webhook.name, means })?;
    }
    let path = format!("/webhooks/{}", webhook.id);
    let deleted = context.client.change::<Value>(Method::DELETE, &path, None::<&()>)?;
    context.output.show(&deleted.body, |_| format!("The webhook to {} is deleted.", clean(&webhook.name)))
}
