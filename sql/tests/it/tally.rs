//! The aggregate of these tests: a running total, with every kind of JSON value in its events.

use cqrs_es::{Aggregate, DomainEvent, event_sink::EventSink};
use dbx_sql::{Actor, Append, Commit, CommitError, Committed, EventStore, Metadata, StreamHead};
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) total: i64,
    pub(crate) events: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum TallyEvent {
    Added { amount: i64 },
    Noted { text: String, weight: f64 },
}

impl DomainEvent for TallyEvent {
    fn event_type(&self) -> String {
        match self {
            Self::Added { .. } => "Added".to_owned(),
            Self::Noted { .. } => "Noted".to_owned(),
        }
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a tally refuses nothing")]
pub(crate) struct TallyError;

impl Aggregate for Tally {
    const TYPE: &'static str = "tally";
    type Command = i64;
    type Event = TallyEvent;
    type Error = TallyError;
    type Services = ();

    async fn handle(&mut self, amount: i64, _: &(), sink: &EventSink<Self>) -> Result<(), TallyError> {
        sink.write(TallyEvent::Added { amount }, self).await;
        Ok(())
    }

    fn apply(&mut self, event: TallyEvent) {
        self.events += 1;
        if let TallyEvent::Added { amount } = event {
            self.total += amount;
        }
    }
}

pub(crate) fn added(amounts: impl IntoIterator<Item = i64>) -> Vec<TallyEvent> {
    amounts.into_iter().map(|amount| TallyEvent::Added { amount }).collect()
}

pub(crate) fn append(id: &str, head: StreamHead, amounts: impl IntoIterator<Item = i64>) -> Append {
    Append::of::<Tally>(id, head, &added(amounts)).unwrap()
}

pub(crate) fn commit() -> Commit {
    Commit::new(Metadata::of(Actor::system("test")))
}

/// Appends to one stream at a head.
pub(crate) async fn add(
    store: &EventStore,
    id: &str,
    head: StreamHead,
    amounts: impl IntoIterator<Item = i64>,
) -> Result<Committed, CommitError> {
    store.commit(commit().append(append(id, head, amounts))).await
}

/// Appends at the current head, deciding again after each conflict.
pub(crate) async fn add_retrying(store: &EventStore, id: &str, amount: i64) -> u64 {
    loop {
        let head = store.load::<Tally>(id).await.unwrap().head;
        match add(store, id, head, [amount]).await {
            Ok(done) => return done.appends[0].head.sequence,
            Err(CommitError::Conflict { .. } | CommitError::Contention(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}
