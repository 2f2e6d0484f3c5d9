//! The history of an instance.

use super::{
    Answer, Tag, narrate,
    schema::{Page, event::Event},
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
use dbx_projections::{
    activity::Doer,
    narrative::{self, Happened, Names, Subjects},
};
use dbx_sql::{Cursor, Metadata, RecordedEvent};
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
        let kind = <Instance as cqrs_es::Aggregate>::TYPE;
        let mut events = app.store().read_stream(kind, &id.to_string(), from, size + 1).await?;
        let next_page_token = events.get(size as usize).map(|event| event.sequence.to_string());
        events.truncate(size as usize);
        Ok(Json(Page { data: told(&app, events).await?, next_page_token }))
    }
}

/// Events of one stream, in their order, in words.
async fn told(app: &App, events: Vec<RecordedEvent>) -> Result<Vec<Event>, Problem> {
    let Some(first) = events.first() else { return Ok(Vec::new()) };
    let (mut subjects, upcasters) = (Subjects::default(), app.store().upcasters());
    if first.sequence > 1 {
        // Within a stream positions grow, so this is everything before.
        let before = Cursor::at(first.xid, first.position - 1);
        subjects.fold_missing(app.db(), upcasters, [first.aggregate_id.as_str()], &before).await?;
    }
    let mut told = Vec::new();
    for event in events {
        let event = upcasters.current(event);
        let happened = Happened::read(&event).map_err(Problem::internal)?;
        let happened = happened.ok_or_else(|| Problem::internal("an instance's event is nobody's"))?;
        let subject = subjects.of(&event.aggregate_id);
        let sentence =
            narrative::tell(&happened, &narrative::actor_of(&event), &event.aggregate_id, subject).sentence;
        subjects.evolve(&event.aggregate_id, &happened);
        told.push((event, sentence));
    }
    let actors: Vec<Doer> = told.iter().map(|(event, _)| Doer::of(event)).collect();
    let texts = told.iter().map(|(_, sentence)| sentence.as_str());
    let names = Names::find(app.db(), texts, actors.iter().map(|actor| actor.id.as_str())).await?;
    let shown = told.into_iter().zip(actors);
    Ok(shown.map(|((event, sentence), actor)| show(event, actor, &sentence, &names)).collect())
}

fn show(event: RecordedEvent, actor: Doer, sentence: &str, names: &Names) -> Event {
    let metadata = Metadata::from_json(&event.metadata).ok();
    Event {
        position: Cursor::after(&event).to_string(),
        sequence: event.sequence,
        actor: narrate::actor(actor, names),
        request_id: metadata.and_then(|metadata| metadata.request_id),
        sentence: names.fill(sentence),
        payload: details(&event.event_type, event.payload),
        kind: event.event_type,
        time: event.recorded_at.inner(),
    }
}

fn from_sequence(token: Option<&str>) -> Result<u64, Problem> {
    let refused = |_| {
        let message = "this is no token that a page of this list gave out; begin without one".to_owned();
        Problem::invalid(vec![ProblemField { field: "page[token]".to_owned(), message, allowed: None }])
    };
    token.map_or(Ok(1), |token| token.parse::<u32>().map(u64::from).map_err(refused))
}

/// Stored as `{"EventName": {…}}`; the name is in `type` already.
fn details(kind: &str, payload: Value) -> Value {
    match payload {
        Value::Object(mut map) if map.len() == 1 => map.remove(kind).unwrap_or(Value::Object(map)),
        other => other,
    }
}
