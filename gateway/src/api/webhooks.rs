//! Webhooks: make, change, delete, try out, tell again, and what they were told.

use super::{
    Answer, Tag,
    answer::{Done, Issued, NO_STORE},
    schema::{
        Page,
        webhook::{
            CreateWebhookRequest, DeliveryStatus, IssuedWebhook, ReplayWebhookRequest, UpdateWebhookRequest,
            Webhook, WebhookDelivery, WebhookStatus, WebhookWish,
        },
    },
};
use crate::{
    app::App,
    auth::access,
    command::{Draft, decide, perform},
    http::{
        body::{Body, empty_hash},
        caller::Caller,
        idempotency::Once,
        page, path_id,
        problem::{Problem, ProblemField},
    },
    ids,
    webhooks::{address, message::Message, signature},
};
use dbx_domain::{
    Org,
    ids::{OrgId, SecretId, WebhookId},
    org::{OrgCommand, WebhookChange},
    policy::Action,
};
use dbx_projections::webhooks::{deliveries, delivery, place_before};
use dbx_sql::{
    Cursor, EventFeed, SideWrite,
    source::webhooks::{self as stored, Attempted, Delivery, WebhookSettings, WebhookWrite},
};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};

/// Version of every webhook's secret.
const VERSION: u32 = 1;

/// Webhook operations.
pub(super) struct WebhooksApi;

#[OpenApi(tag = "Tag::Webhooks")]
impl WebhooksApi {
    /// Webhooks of an org.
    ///
    /// All of them, oldest first; an org has at most twenty.
    #[oai(path = "/orgs/:orgId/webhooks", method = "get", operation_id = "listWebhooks")]
    async fn list(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Path<String>,
    ) -> Answer<Json<Page<Webhook>>> {
        let org: OrgId = path_id::read(&org.0)?;
        access::in_org(&app, &caller, org, Action::ManageWebhooks).await?;
        let data = stored::of_org(app.db(), org).await?.into_iter().map(Webhook::from).collect();
        Ok(Json(Page { data, next_page_token: None }))
    }

    /// Make a webhook.
    ///
    /// It is told what happens from now on, by signed `POST`s (standardwebhooks.com). The answer holds its secret; it is
    /// shown this once, and again to the same request with the same key.
    #[oai(path = "/orgs/:orgId/webhooks", method = "post", operation_id = "createWebhook")]
    async fn create(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Path<String>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<CreateWebhookRequest>,
    ) -> Answer<Issued<IssuedWebhook>> {
        let org: OrgId = path_id::read(&org.0)?;
        access::in_org(&app, &caller, org, Action::ManageWebhooks).await?;
        let once = Once::new(&caller, key.0, body.hash)?;
        let settings = settings(&app, body.parsed, None)?;
        let (id, secret) = (ids::webhook(), signature::new_secret()?);
        let secret_id = SecretId::from_uuid(id.uuid());
        let from = EventFeed::new(app.db().clone()).end().await?;
        let draft = || async {
            let sealed = app.vault().seal(org, id.to_string(), secret_id, VERSION, &secret).await?;
            let made = WebhookWrite::Make(id, org, secret_id, settings.clone(), from);
            let draft = change(&app, org, id, WebhookChange::Created, 201).await?;
            Ok(draft.write(sealed).write(made))
        };
        let made: WebhookId = path_id::read(&perform(&app, &caller, &once, draft).await?)?;
        let webhook = stored::find(app.db(), made).await?.ok_or_else(Problem::not_found)?;
        // A repetition answers with the earlier webhook.
        let secret = if made == id { secret } else { app.vault().open(webhook.secret, VERSION).await? };
        let (webhook, secret) = (webhook.into(), Some(secret.expose().to_owned()));
        Ok(Issued::Created(Json(IssuedWebhook { webhook, secret }), NO_STORE.to_owned()))
    }

    /// A webhook.
    #[oai(path = "/webhooks/:id", method = "get", operation_id = "getWebhook")]
    async fn get(&self, caller: Caller, app: Data<&App>, id: Path<String>) -> Answer<Json<Webhook>> {
        Ok(Json(find(&app, &caller, &id.0).await?.into()))
    }

    /// Change a webhook.
    #[oai(path = "/webhooks/:id", method = "patch", operation_id = "updateWebhook")]
    async fn update(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<UpdateWebhookRequest>,
    ) -> Answer<Json<Webhook>> {
        let webhook = find(&app, &caller, &id.0).await?;
        let once = Once::new(&caller, key.0, body.hash)?;
        let status = body.parsed.status;
        let settings = settings(&app, body.parsed, Some(&webhook))?;
        let draft = || async {
            let commands = [Some(WebhookChange::Updated), status.map(WebhookChange::from)];
            let commands = commands.into_iter().flatten().map(|change| command(webhook.id, change)).collect();
            let append = decide::<Org>(&app, &webhook.org.to_string(), commands).await?;
            let draft = Draft::new(200, webhook.id).in_org(webhook.org).append(append);
            let draft = draft.write(WebhookWrite::Change(webhook.id, settings.clone()));
            Ok(match status {
                Some(WebhookStatus::Enabled) => draft.write(WebhookWrite::Enable(webhook.id)),
                Some(WebhookStatus::Disabled) => draft.write(WebhookWrite::Disable(webhook.id, None)),
                None => draft,
            })
        };
        perform(&app, &caller, &once, draft).await?;
        Ok(Json(find(&app, &caller, &id.0).await?.into()))
    }

    /// Delete a webhook.
    #[oai(path = "/webhooks/:id", method = "delete", operation_id = "deleteWebhook")]
    async fn delete(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Done> {
        let once = Once::new(&caller, key.0, empty_hash())?;
        // Before the look-up: a deleted webhook is nowhere.
        if once.earlier(&app).await?.is_some() {
            return Ok(Done::Empty);
        }
        let webhook = find(&app, &caller, &id.0).await?;
        let draft = || async {
            let draft = change(&app, webhook.org, webhook.id, WebhookChange::Deleted, 204).await?;
            let shred = SideWrite::ShredSecrets { owner: webhook.id.to_string() };
            Ok(draft.write(WebhookWrite::Delete(webhook.id)).write(shred))
        };
        perform(&app, &caller, &once, draft).await?;
        Ok(Done::Empty)
    }

    /// What a webhook was told of late.
    ///
    /// Newest first, as far as they are kept. Of answers only the status and a short beginning are. `:replay` can
    /// begin from an `id`, unless it is a test's.
    #[oai(path = "/webhooks/:id/deliveries", method = "get", operation_id = "listWebhookDeliveries")]
    async fn deliveries(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(name = "page[size]", validator(minimum(value = "1"), maximum(value = "200")))] size: Query<
            Option<u32>,
        >,
        #[oai(name = "page[token]")] token: Query<Option<String>>,
    ) -> Answer<Json<Page<WebhookDelivery>>> {
        let webhook = find(&app, &caller, &id.0).await?;
        let request = page::request(size.0, token.0.as_deref())?;
        Ok(Json(page::answer(deliveries(app.db(), webhook.id, &request).await?.map(shown))))
    }

    /// Try a webhook out.
    ///
    /// Sends a message of the type `webhook.test` and says how it fared.
    #[oai(path = "/webhooks/:id/~test", method = "post", operation_id = "testWebhook")]
    async fn test(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Json<WebhookDelivery>> {
        let webhook = find(&app, &caller, &id.0).await?;
        let (once, id) = (Once::new(&caller, key.0, empty_hash())?, ids::request());
        let draft = || async {
            let draft = change(&app, webhook.org, webhook.id, WebhookChange::Tested, 200).await?;
            Ok(Draft { resource: id.clone(), ..draft })
        };
        let made = perform(&app, &caller, &once, draft).await?;
        let (now, secret) = (app.db().now().await?, app.vault().open(webhook.secret, VERSION).await?);
        let message = Message::test(&made, now);
        // Asked again: how it fared, unless the server died before it was sent.
        if made != id
            && let Some(sent) = delivery(app.db(), webhook.id, &message.id).await?
        {
            return Ok(Json(shown(sent)));
        }
        let sent = app.sender().send(&webhook.url, &secret, &message, now).await;
        let attempted = Attempted {
            delivered: sent.is_taken(),
            message: message.id,
            event_type: message.kind,
            status: sent.status,
            excerpt: sent.excerpt,
        };
        stored::note(app.db(), webhook.id, &attempted).await?;
        let Attempted { message, event_type, delivered, status, excerpt } = attempted;
        let (attempts, first_at, last_at) = (1, now, now);
        Ok(Json(shown(Delivery {
            message,
            event_type,
            delivered,
            attempts,
            status,
            excerpt,
            first_at,
            last_at,
        })))
    }

    /// Tell a webhook again.
    ///
    /// It goes back, or on, to `from` and is told everything from there; messages keep their ids.
    #[oai(path = "/webhooks/:id/~replay", method = "post", operation_id = "replayWebhook")]
    async fn replay(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<ReplayWebhookRequest>,
    ) -> Answer<Json<Webhook>> {
        let webhook = find(&app, &caller, &id.0).await?;
        let once = Once::new(&caller, key.0, body.hash)?;
        let from = place(&app, webhook.org, &body.parsed).await?;
        let draft = || async {
            let draft = change(&app, webhook.org, webhook.id, WebhookChange::Replayed, 200).await?;
            Ok(draft.write(WebhookWrite::Rewind(webhook.id, from)))
        };
        perform(&app, &caller, &once, draft).await?;
        Ok(Json(find(&app, &caller, &id.0).await?.into()))
    }
}

/// The webhook, if the caller may manage it.
async fn find(app: &App, caller: &Caller, id: &str) -> Result<stored::Webhook, Problem> {
    let found = stored::find(app.db(), path_id::read(id)?).await?.ok_or_else(Problem::not_found)?;
    access::in_org(app, caller, found.org, Action::ManageWebhooks).await?;
    Ok(found)
}

fn command(webhook: WebhookId, change: WebhookChange) -> OrgCommand {
    OrgCommand::ChangeWebhook { webhook, change, reason: None }
}

async fn change(
    app: &App,
    org: OrgId,
    webhook: WebhookId,
    change: WebhookChange,
    status: u16,
) -> Result<Draft, Problem> {
    let append = decide::<Org>(app, &org.to_string(), vec![command(webhook, change)]).await?;
    Ok(Draft::new(status, webhook).in_org(org).append(append))
}

/// What is wished, over what is there.
fn settings(app: &App, wish: WebhookWish, now: Option<&stored::Webhook>) -> Result<WebhookSettings, Problem> {
    let now = now.cloned().map(|now| (now.url, now.description, now.event_types)).unwrap_or_default();
    let url = wish.url.unwrap_or(now.0);
    address::check(&url, app.settings().webhooks).map_err(|error| invalid("url", error))?;
    let (description, event_types) = (wish.description.unwrap_or(now.1), wish.events.unwrap_or(now.2));
    Ok(WebhookSettings { url, description, event_types })
}

/// A place in the feed: right before a message, or behind a position, or before what happened since a time.
async fn place(app: &App, org: OrgId, from: &str) -> Result<Cursor, Problem> {
    if let Ok(time) = from.parse() {
        return Ok(place_before(app.db(), org, time).await?);
    }
    let read = |position: &str| position.parse::<Cursor>();
    let place = match from.strip_prefix("msg_") {
        Some(message) => read(message).map(|at| Cursor::at(at.xid(), at.position() - 1)),
        None => read(from),
    };
    place.map_err(|_| invalid("from", "write a time (RFC 3339), a message's id, or the position of one"))
}

fn invalid(field: &str, why: impl std::fmt::Display) -> Problem {
    Problem::invalid(vec![ProblemField { field: field.to_owned(), message: why.to_string(), allowed: None }])
}

fn shown(delivery: Delivery) -> WebhookDelivery {
    WebhookDelivery {
        id: delivery.message,
        kind: delivery.event_type,
        status: if delivery.delivered { DeliveryStatus::Delivered } else { DeliveryStatus::Failing },
        attempts: delivery.attempts,
        response_status: delivery.status,
        excerpt: delivery.excerpt,
        created_at: delivery.first_at.inner(),
        last_attempt_at: delivery.last_at.inner(),
    }
}

impl From<WebhookStatus> for WebhookChange {
    fn from(status: WebhookStatus) -> Self {
        match status {
            WebhookStatus::Enabled => Self::Enabled,
            WebhookStatus::Disabled => Self::Disabled,
        }
    }
}

impl From<stored::Webhook> for Webhook {
    fn from(webhook: stored::Webhook) -> Self {
        Self {
            id: webhook.id.to_string(),
            org_id: webhook.org.to_string(),
            url: webhook.url,
            events: webhook.event_types,
            description: webhook.description,
            status: if webhook.enabled { WebhookStatus::Enabled } else { WebhookStatus::Disabled },
            disabled_reason: webhook.disabled_reason,
            position: webhook.cursor.to_string(),
            created_at: webhook.created_at.inner(),
        }
    }
}
