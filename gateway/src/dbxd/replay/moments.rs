//! From a stream to moments: its appends, each with what it changed.

use super::{
    decision::{self, Decision},
    difference::{self, Change},
    lanes::Lane,
    tasks::{Call, Clock},
    words,
};
use crate::Failure;
use cqrs_es::Aggregate;
use dbx_domain::{
    Instance, Org,
    instance::{ClusterCalls, InstanceEvent},
    time::Timestamp,
};
use dbx_projections::narrative::{self, Happened, Subject, mention};
use dbx_sql::{Actor, Cursor, Metadata, RecordedEvent, Upcasters};
use dbx_workflows::replay::Batch;
use serde::Serialize;
use serde_json::Value;

/// What was appended to one stream at once.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Moment {
    pub(super) time: Timestamp,
    /// Place in the whole log.
    pub(super) position: String,
    /// `org` or `instance`.
    pub(super) kind: &'static str,
    pub(super) id: String,
    /// Its name at that time.
    pub(super) name: Option<String>,
    /// Who caused it, by name as far as that is known.
    pub(super) actor: String,
    /// The same by id.
    pub(super) actor_id: String,
    pub(super) request_id: Option<String>,
    /// The run that it belongs to.
    pub(super) job_id: Option<String>,
    /// Of the engine; none if somebody else appended it.
    pub(super) decision: Option<Decision>,
    pub(super) events: Vec<Happening>,
}

/// An event.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Happening {
    pub(super) sequence: u64,
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// What it means to people.
    pub(super) sentence: String,
    /// What it says besides, field by field.
    pub(super) details: String,
    /// Fields of the state that it changed.
    pub(super) changes: Vec<Change>,
    /// The task that the cluster took on.
    pub(super) call: Option<Call>,
    /// The calls to the cluster of the attempt that ends here.
    pub(super) calls: ClusterCalls,
    /// How long the step took that ends here, in milliseconds.
    pub(super) lasted_ms: Option<u64>,
}

/// Events that were appended together: same transaction, same time, same context. After a restore all events have one
/// transaction number, which is why the time counts as well.
fn appends(events: Vec<RecordedEvent>) -> Vec<Vec<RecordedEvent>> {
    let mut appends: Vec<Vec<RecordedEvent>> = Vec::new();
    for event in events {
        match appends.last_mut() {
            Some(append) if append.last().is_some_and(|last| is_together(last, &event)) => append.push(event),
            _ => appends.push(vec![event]),
        }
    }
    appends
}

fn is_together(one: &RecordedEvent, next: &RecordedEvent) -> bool {
    one.xid == next.xid && one.recorded_at == next.recorded_at && one.metadata == next.metadata
}

/// An instance's moments, and its line in the picture.
pub(super) fn of_instance(
    id: &str,
    events: Vec<RecordedEvent>,
    upcasters: &Upcasters,
) -> Result<(Vec<Moment>, Instance, Lane), Failure> {
    let (mut state, mut moments) = (Instance::default(), Vec::<Moment>::new());
    let (mut clock, mut lane, mut subject) = (Clock::default(), Lane::of(id), Subject::default());
    for append in appends(events) {
        let parsed: Vec<InstanceEvent> =
            append.iter().map(|event| current::<Instance>(event, upcasters)).collect::<Result<_, _>>()?;
        let recorded_at = append[0].recorded_at;
        let batch = Batch { recorded_at, events: parsed.clone() };
        let mut moment = opening("instance", &append[0]);
        moment.decision = decision::of(&state, &batch);
        for (index, (event, stored)) in parsed.into_iter().zip(&append).enumerate() {
            let mut happening = apply(&mut state, event.clone(), stored)?;
            happening.calls = event.calls().cloned().unwrap_or_default();
            tell(&mut happening, &Happened::Instance(event.clone()), stored, &mut subject);
            clock.hear(&event, recorded_at, (moments.len(), index), &mut moments, &mut happening);
            lane.hear(&event, recorded_at);
            moment.events.push(happening);
        }
        moment.name = state.identity().map(|identity| identity.name.to_string());
        lane.name.clone_from(&moment.name);
        moments.push(moment);
    }
    Ok((moments, state, lane))
}

/// An org's moments.
pub(super) fn of_org(events: Vec<RecordedEvent>, upcasters: &Upcasters) -> Result<Vec<Moment>, Failure> {
    let (mut state, mut moments, mut subject) = (Org::default(), Vec::new(), Subject::default());
    for append in appends(events) {
        let mut moment = opening("org", &append[0]);
        for stored in &append {
            let event = current::<Org>(stored, upcasters)?;
            let mut happening = apply(&mut state, event.clone(), stored)?;
            tell(&mut happening, &Happened::Org(event), stored, &mut subject);
            moment.events.push(happening);
        }
        moment.name = state.name().map(ToString::to_string);
        moments.push(moment);
    }
    Ok(moments)
}

/// Puts what an event means into words, as the activity does.
fn tell(happening: &mut Happening, happened: &Happened, stored: &RecordedEvent, subject: &mut Subject) {
    let actor = narrative::actor_of(stored);
    happening.sentence = narrative::tell(happened, &actor, &stored.aggregate_id, subject).sentence;
    subject.evolve(happened);
}

fn current<A: Aggregate>(event: &RecordedEvent, upcasters: &Upcasters) -> Result<A::Event, Failure> {
    let stored = upcasters.upcast(event.clone().into_serialized());
    serde_json::from_value(stored.payload).map_err(|error| {
        format!("{} {} #{} cannot be read: {error}", event.aggregate_type, event.aggregate_id, event.sequence)
            .into()
    })
}

fn apply<A: Aggregate + Serialize>(
    state: &mut A,
    event: A::Event,
    stored: &RecordedEvent,
) -> Result<Happening, Failure> {
    let before = serde_json::to_value(&*state)?;
    state.apply(event);
    let after: Value = serde_json::to_value(&*state)?;
    Ok(Happening {
        sequence: stored.sequence,
        sentence: String::new(),
        details: words::details(&stored.event_type, &stored.payload),
        kind: stored.event_type.clone(),
        changes: difference::between(&before, &after),
        call: None,
        calls: ClusterCalls::default(),
        lasted_ms: None,
    })
}

/// Wrote events without a context that we know.
const OTHER: &str = "another program";

/// People and keys as mentions, parts of the product as they are called.
fn named(actor: &Actor) -> String {
    match actor {
        Actor::System(_) => mention::identified(actor),
        _ => mention::actor(actor),
    }
}

fn opening(kind: &'static str, first: &RecordedEvent) -> Moment {
    let metadata = Metadata::from_json(&first.metadata).ok();
    let (request_id, job_id) =
        metadata.as_ref().map(|it| (it.request_id.clone(), it.correlation.clone())).unwrap_or_default();
    Moment {
        time: first.recorded_at,
        position: Cursor::after(first).to_string(),
        kind,
        id: first.aggregate_id.clone(),
        name: None,
        actor: metadata.as_ref().map_or_else(|| OTHER.to_owned(), |it| named(&it.actor)),
        actor_id: metadata.map_or_else(|| OTHER.to_owned(), |it| mention::identified(&it.actor)),
        request_id,
        job_id,
        decision: None,
        events: Vec::new(),
    }
}
