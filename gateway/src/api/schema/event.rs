//! Shapes of history.

use poem_openapi::{Enum, Object};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

/// Who caused an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActorKind {
    /// A signed-in person.
    Account,
    /// A program with an API key.
    ApiKey,
    /// The product itself.
    System,
}

/// Who caused an event.
#[derive(Debug, Object, Serialize)]
pub(crate) struct Actor {
    /// What they are.
    pub(crate) kind: ActorKind,
    /// The account's or key's id, or the name of the part of the product.
    pub(crate) id: String,
    /// The person's or key's name; null for the product, and for people and keys that are gone.
    pub(crate) name: Option<String>,
}

/// Something that happened to an instance.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct Event {
    /// Place in the whole log; opaque, but growing, also as text. `?at=` takes it.
    pub(crate) position: String,
    /// Place in the instance's history, from 1.
    pub(crate) sequence: u64,
    /// What happened.
    #[oai(rename = "type")]
    pub(crate) kind: String,
    /// When.
    pub(crate) time: OffsetDateTime,
    /// Who caused it.
    pub(crate) actor: Actor,
    /// The request that asked for it.
    pub(crate) request_id: Option<String>,
    /// What happened, for people.
    pub(crate) sentence: String,
    /// The details.
    pub(crate) payload: Value,
}
