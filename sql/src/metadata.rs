//! Who did it, for whom, and because of what: what every event carries beside its payload.
//!
//! Stored as one flat JSON object of strings, because cqrs-es and postgres-es read metadata as
//! `HashMap<String, String>`. Never personal data: accounts appear by id, addresses live in `event_origins`.

use dbx_domain::ids::{AccountId, ApiKeyId, OrgId};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in person.
    Account(AccountId),
    /// A person's API key.
    ApiKey {
        /// Whose key.
        account: AccountId,
        /// Which key.
        key: ApiKeyId,
    },
    /// A part of the product itself, by name, e.g. `reconciler`.
    System(Cow<'static, str>),
}

impl Actor {
    /// A part of the product.
    pub const fn system(name: &'static str) -> Self {
        Self::System(Cow::Borrowed(name))
    }

    /// The person behind it, if there is one.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Account(account) | Self::ApiKey { account, .. } => Some(*account),
            Self::System(_) => None,
        }
    }
}

/// The context of one commit; all its events share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Who acted.
    pub actor: Actor,
    /// The org it happened in; scopes audit and activity.
    pub org: Option<OrgId>,
    /// The HTTP request that asked for it.
    pub request_id: Option<String>,
    /// The workflow it belongs to.
    pub correlation: Option<String>,
    /// What led to it: an event's or command's id.
    pub causation: Option<String>,
}

/// Metadata of a stored event that is not in our form.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("event metadata field `{0}` is missing or not of the expected form")]
pub struct MetadataError(&'static str);

impl Metadata {
    /// Metadata with an actor and nothing else.
    pub const fn of(actor: Actor) -> Self {
        Self { actor, org: None, request_id: None, correlation: None, causation: None }
    }

    /// The flat JSON object that is stored.
    pub fn to_json(&self) -> Value {
        let (kind, id, key) = match &self.actor {
            Actor::Account(account) => ("account", account.to_string(), None),
            Actor::ApiKey { account, key } => ("api_key", account.to_string(), Some(key.to_string())),
            Actor::System(name) => ("system", name.clone().into_owned(), None),
        };
        let fields = [
            ("actor", Some(kind.to_owned())),
            ("actor_id", Some(id)),
            ("api_key", key),
            ("org", self.org.map(|org| org.to_string())),
            ("request_id", self.request_id.clone()),
            ("correlation", self.correlation.clone()),
            ("causation", self.causation.clone()),
        ];
        let present =
            fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?))));
        Value::Object(Map::from_iter(present))
    }

    /// Reads the stored form back.
    ///
    /// # Errors
    /// [`MetadataError`] names the field; rows that another program wrote have no actor.
    pub fn from_json(json: &Value) -> Result<Self, MetadataError> {
        let text = |name: &'static str| json.get(name).and_then(Value::as_str);
        let account = || text("actor_id").and_then(|id| id.parse().ok()).ok_or(MetadataError("actor_id"));
        let key = || text("api_key").and_then(|id| id.parse().ok()).ok_or(MetadataError("api_key"));
        let actor = match text("actor") {
            Some("account") => Actor::Account(account()?),
            Some("api_key") => Actor::ApiKey { account: account()?, key: key()? },
            Some("system") => {
                Actor::System(Cow::Owned(text("actor_id").ok_or(MetadataError("actor_id"))?.to_owned()))
            }
            _ => return Err(MetadataError("actor")),
        };
        let org = text("org").map(|org| org.parse().map_err(|_| MetadataError("org"))).transpose()?;
        let owned = |name| text(name).map(str::to_owned);
        Ok(Self {
            actor,
            org,
            request_id: owned("request_id"),
            correlation: owned("correlation"),
            causation: owned("causation"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_is_a_flat_map_of_strings_and_reads_back() {
        let id = |n| uuid::Uuid::from_u128(n);
        let metadata = Metadata {
            actor: Actor::ApiKey { account: AccountId::from_uuid(id(1)), key: ApiKeyId::from_uuid(id(2)) },
            org: Some(OrgId::from_uuid(id(3))),
            request_id: Some("r".into()),
            correlation: None,
            causation: Some("c".into()),
        };
        let json = metadata.to_json();
        assert!(json.as_object().unwrap().values().all(Value::is_string));
        assert_eq!(Metadata::from_json(&json), Ok(metadata));
        let system = Metadata::of(Actor::system("reconciler"));
        assert_eq!(Metadata::from_json(&system.to_json()), Ok(system));
    }

    #[test]
    fn foreign_metadata_is_an_error_that_names_the_field() {
        assert_eq!(Metadata::from_json(&serde_json::json!({})), Err(MetadataError("actor")));
    }
}
