//! The history of an instance.

use super::{
    Answer, Tag,
    schema::{
        Page,
        event::{Actor, ActorKind, Event},
    },
};
use crate::{
    app::App,
    auth::access,
    http::{
        caller::Caller,
        page, path_id,
        problem::{Problem, ProblemField},
    },
};
use dbx_domain::{Instance, ids::InstanceId, policy::Action};
use dbx_sql::{Actor as EventActor, Metadata, RecordedEvent};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use serde_json::Value;

/// History operations.
pub(super) struct EventsApi;

#[OpenApi(tag = "Tag::Instances")]
impl EventsApi {
    /// What happened to an instance.
    ///
    /// Oldest first, from its order on. Stays readable when the instance is deleted.
    #[oai(path = "/instances/:id/events", method = "get", operation_id = "listInstanceEvents")]
    async fn list(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(name = "page[size]", validator(minimum(value = "1"), maximum(value = "200")))] size: Query<
            Option<u32>,
        >,
        #[oai(name = "page[token]")] token: Query<Option<String>>,
    ) -> Answer<Json<Page<Event>>> {
        let id: InstanceId = path_id::read(&id.0)?;
        access::in_instance(&app, &caller, id, Action::ReadAudit).await?;
        let size = page::request(size.0, None)?.size.get();
        let from = from_sequence(token.0.as_deref())?;
        // One more than the page holds tells whether another page follows.
        let mut events = app
            .store()
            .read_stream(<Instance as cqrs_es::Aggregate>::TYPE, &id.to_string(), from, size + 1)
            .await?;
        let next_page_token = events.get(size as usize).map(|event| event.sequence.to_string());
        events.truncate(size as usize);
        Ok(Json(Page { data: events.into_iter().map(Event::from).collect(), next_page_token }))
    }
}

fn from_sequence(token: Option<&str>) -> Result<u64, Problem> {
    let refused = |_| {
        let message = "this is no token that a page of this list gave out; begin without one".to_owned();
        Problem::invalid(vec![ProblemField { field: "page[token]".to_owned(), message, allowed: None }])
    };
    token.map_or(Ok(1), |token| token.parse::<u32>().map(u64::from).map_err(refused))
}

impl From<RecordedEvent> for Event {
    fn from(event: RecordedEvent) -> Self {
        Self {
            // Padded, so that it sorts as text too.
            position: format!("{:020}", event.position),
            sequence: event.sequence,
            actor: actor(&event.metadata),
            payload: details(&event.event_type, event.payload),
            kind: event.event_type,
            time: event.recorded_at.inner(),
        }
    }
}

fn actor(metadata: &Value) -> Actor {
    match Metadata::from_json(metadata).map(|metadata| metadata.actor) {
        Ok(EventActor::Account(account)) => Actor { kind: ActorKind::Account, id: account.to_string() },
        Ok(EventActor::ApiKey { key, .. }) => Actor { kind: ActorKind::ApiKey, id: key.to_string() },
        Ok(EventActor::System(name)) => Actor { kind: ActorKind::System, id: name.into_owned() },
        // Written by another program.
        Err(_) => Actor { kind: ActorKind::System, id: "unknown".to_owned() },
    }
}

/// Stored as `{"EventName": {…}}`; the name is in `type` already.
fn details(kind: &str, payload: Value) -> Value {
    match payload {
        Value::Object(mut map) if map.len() == 1 => map.remove(kind).unwrap_or(Value::Object(map)),
        other => other,
    }
}
