//! Shapes of webhooks.

use crate::{
    http::{
        body::Readable,
        fields::{Fault, Fields, text},
    },
    webhooks::address::URL_MAX,
};
use dbx_domain::{instance::InstanceEvent, org::OrgEvent};
use poem_openapi::{Enum, Object};
use serde_json::Value;
use time::OffsetDateTime;

/// Longest description, in characters.
const DESCRIPTION_MAX: usize = 200;

/// Whether a webhook is told anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub(crate) enum WebhookStatus {
    /// It is told.
    Enabled,
    /// It is not.
    Disabled,
}

/// Make a webhook.
#[derive(Debug, Object)]
pub(crate) struct CreateWebhookRequest {
    /// Where messages are sent: `https` and a public address.
    #[oai(validator(max_length = 2048))]
    pub(crate) url: String,
    /// Names of the events that it is told, as in `type` of the activity; all but the steps of jobs if absent or empty.
    pub(crate) events: Option<Vec<String>>,
    /// Your word for it.
    #[oai(validator(max_length = 200))]
    pub(crate) description: Option<String>,
}

/// Change a webhook; what is absent stays.
#[derive(Debug, Object)]
pub(crate) struct UpdateWebhookRequest {
    /// Where messages are sent.
    #[oai(validator(max_length = 2048))]
    pub(crate) url: Option<String>,
    /// Names of the events that it is told; empty: all but the steps of jobs.
    pub(crate) events: Option<Vec<String>>,
    /// Your word for it.
    #[oai(validator(max_length = 200))]
    pub(crate) description: Option<String>,
    /// Whether it is told. Enabled again, it goes on where it stopped.
    pub(crate) status: Option<WebhookStatus>,
}

/// Tell again what was told before.
#[derive(Debug, Object)]
pub(crate) struct ReplayWebhookRequest {
    /// From here on: the `id` of a message, a time (RFC 3339), or the `position` of the last message that need not be sent
    /// again.
    pub(crate) from: String,
}

/// What a body says of a webhook.
#[derive(Clone, Debug, Default)]
pub(crate) struct WebhookWish {
    pub(crate) url: Option<String>,
    pub(crate) events: Option<Vec<String>>,
    pub(crate) description: Option<String>,
    pub(crate) status: Option<WebhookStatus>,
}

impl Readable for CreateWebhookRequest {
    type Parsed = WebhookWish;

    fn read(fields: &mut Fields) -> Option<WebhookWish> {
        let url = fields.required("url", url);
        let events = fields.optional("events", events);
        let description = fields.optional("description", description);
        Some(WebhookWish { url: Some(url?), events: events?, description: description?, status: None })
    }
}

impl Readable for UpdateWebhookRequest {
    type Parsed = WebhookWish;

    fn read(fields: &mut Fields) -> Option<WebhookWish> {
        let url = fields.optional("url", url);
        let events = fields.optional("events", events);
        let description = fields.optional("description", description);
        let status = fields.optional("status", |value| match text(value)?.as_str() {
            "enabled" => Ok(WebhookStatus::Enabled),
            "disabled" => Ok(WebhookStatus::Disabled),
            _ => Err(Fault::choose("choose whether it is told", ["enabled", "disabled"])),
        });
        Some(WebhookWish { url: url?, events: events?, description: description?, status: status? })
    }
}

impl Readable for ReplayWebhookRequest {
    type Parsed = String;

    fn read(fields: &mut Fields) -> Option<String> {
        fields.required("from", text)
    }
}

fn url(value: Value) -> Result<String, Fault> {
    let url = text(value)?;
    match url.len() > URL_MAX {
        true => Err(Fault::new(format!("an address has at most {URL_MAX} characters"))),
        false => Ok(url),
    }
}

fn description(value: Value) -> Result<String, Fault> {
    let description = text(value)?;
    let is_fine =
        description.chars().count() <= DESCRIPTION_MAX && !description.chars().any(char::is_control);
    match is_fine {
        true => Ok(description),
        false => {
            Err(Fault::new(format!("at most {DESCRIPTION_MAX} characters, none of them control characters")))
        }
    }
}

fn events(value: Value) -> Result<Vec<String>, Fault> {
    let names = || OrgEvent::NAMES.iter().chain(InstanceEvent::NAMES).copied();
    let Value::Array(items) = value else { return Err(Fault::new("expected a list of names of events")) };
    let read = |item: Value| {
        let name = text(item)?;
        match names().any(|known| known == name) {
            true => Ok(name),
            false => Err(Fault::choose("there is no event of such a name", names())),
        }
    };
    let mut events: Vec<String> = items.into_iter().map(read).collect::<Result<_, _>>()?;
    events.sort_unstable();
    events.dedup();
    Ok(events)
}

/// An address that is told what happens in an org.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct Webhook {
    /// Its id, `whk_…`.
    pub(crate) id: String,
    /// Whose.
    pub(crate) org_id: String,
    /// Where messages are sent.
    pub(crate) url: String,
    /// Names of the events that it is told; empty: all but the steps of jobs.
    pub(crate) events: Vec<String>,
    /// Its owners' word for it.
    pub(crate) description: String,
    /// Whether it is told.
    pub(crate) status: WebhookStatus,
    /// Why not, if the product disabled it.
    pub(crate) disabled_reason: Option<String>,
    /// Up to where it was told.
    pub(crate) position: String,
    /// When it was made.
    pub(crate) created_at: OffsetDateTime,
}

/// A webhook that was just made.
#[derive(Debug, Object)]
pub(crate) struct IssuedWebhook {
    /// The webhook.
    pub(crate) webhook: Webhook,
    /// What its messages are signed with (`whsec_…`); shown this once.
    pub(crate) secret: Option<String>,
}

/// How a message fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub(crate) enum DeliveryStatus {
    /// It was taken.
    Delivered,
    /// Not yet; it is tried again while the webhook is enabled.
    Failing,
}

/// A message that a webhook was sent.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct WebhookDelivery {
    /// Its `webhook-id`, the same for every attempt.
    pub(crate) id: String,
    /// Name of the event.
    #[oai(rename = "type")]
    pub(crate) kind: String,
    /// How it fared.
    pub(crate) status: DeliveryStatus,
    /// How often it was sent.
    pub(crate) attempts: u32,
    /// Status of the last answer; null if there was none.
    pub(crate) response_status: Option<u16>,
    /// The beginning of the last answer, or why there was none.
    pub(crate) excerpt: Option<String>,
    /// When it was sent first.
    pub(crate) created_at: OffsetDateTime,
    /// When it was sent last.
    pub(crate) last_attempt_at: OffsetDateTime,
}
