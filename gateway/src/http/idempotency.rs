//! `Idempotency-Key`: a changing request that is sent again is answered again, not done again.
//!
//! The key is claimed in the transaction of the request's events, scoped to principal, method and path. A replay
//! answers the same status and renders the same resource, as it is by then. Keys are kept for 24 hours.
//!
//! Guarantees: a secret that an answer held is answered again too: it is kept with the key, sealed. Of bodies with a password
//! only the rest is hashed ([`super::body::hash_of`]): a plain hash would let a thief of the database guess passwords fast.

use super::{caller::Caller, client::Client, code::Code, problem::Problem};
use crate::app::App;
use dbx_domain::Secret;
use dbx_sql::{
    SideWrite,
    source::idempotency::{self, IdempotencyClaim, IdempotencyKey, Outcome},
};

/// Longest key in bytes.
const KEY_MAX: usize = 255;

/// A key and what its request says, before it is known who asks.
#[derive(Clone)]
pub(crate) struct Unscoped {
    key: Option<String>,
    body_hash: [u8; 32],
}

impl Unscoped {
    /// Reads the header.
    pub(crate) fn read(header: Option<String>, body_hash: [u8; 32]) -> Result<Self, Problem> {
        let usable = |key: &String| {
            (1..=KEY_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if header.as_ref().is_some_and(|key| !usable(key)) {
            let rule = format!("a key has 1 to {KEY_MAX} visible ASCII characters");
            return Err(Problem::new(Code::InvalidRequest, "the Idempotency-Key is not usable")
                .about("Idempotency-Key", rule));
        }
        Ok(Self { key: header, body_hash })
    }

    /// The key of this party.
    pub(crate) fn of(&self, principal: impl ToString, client: &Client) -> Once {
        let Some(key) = self.key.clone() else { return Once::unkeyed() };
        let key = IdempotencyKey { principal: principal.to_string(), route: client.route.clone(), key };
        Once { keyed: Some((key, self.body_hash)), sealed: None }
    }
}

/// The wish that a request be done once; without a key every request is new.
pub(crate) struct Once {
    keyed: Option<(IdempotencyKey, [u8; 32])>,
    /// The secret of the answer.
    sealed: Option<Vec<u8>>,
}

impl Once {
    /// No key.
    pub(crate) const fn unkeyed() -> Self {
        Self { keyed: None, sealed: None }
    }

    /// The key that `caller` sent, if any.
    pub(crate) fn new(caller: &Caller, key: Option<String>, body_hash: [u8; 32]) -> Result<Self, Problem> {
        Ok(Unscoped::read(key, body_hash)?.of(caller.principal.id(), &caller.client))
    }

    /// With a secret that the answer will hold, for whoever asks again.
    pub(crate) async fn keeping(mut self, app: &App, secret: &Secret) -> Result<Self, Problem> {
        if let Some((key, _)) = &self.keyed {
            self.sealed = Some(app.vault().seal_answer(&name(key), secret).await?);
        }
        Ok(self)
    }

    /// The resource of the earlier answer, if there was one.
    pub(crate) async fn earlier(&self, app: &App) -> Result<Option<String>, Problem> {
        Ok(self.outcome(app).await?.map(|outcome| outcome.resource.unwrap_or_default()))
    }

    /// The secret that the earlier answer held.
    pub(crate) async fn kept(&self, app: &App) -> Result<Option<Secret>, Problem> {
        let sealed = self.outcome(app).await?.and_then(|outcome| outcome.sealed);
        match (&self.keyed, sealed) {
            (Some((key, _)), Some(sealed)) => Ok(Some(app.vault().open_answer(&name(key), &sealed).await?)),
            _ => Ok(None),
        }
    }

    async fn outcome(&self, app: &App) -> Result<Option<Outcome>, Problem> {
        let Some((key, body_hash)) = &self.keyed else { return Ok(None) };
        match idempotency::find(app.db(), key).await? {
            Some(outcome) if outcome.body_hash != *body_hash => Err(Problem::new(
                Code::IdempotencyKeyReused,
                "this Idempotency-Key was used with another body; send each new request with a new key",
            )),
            found => Ok(found),
        }
    }

    /// What claims the key, to be committed with the events.
    pub(crate) fn claim(&self, status: u16, resource: &str) -> Option<SideWrite> {
        let (key, body_hash) = self.keyed.clone()?;
        let (resource, sealed) = (Some(resource.to_owned()), self.sealed.clone());
        Some(IdempotencyClaim { key, outcome: Outcome { body_hash, status, resource, sealed } }.into())
    }
}

/// No part has a line feed in it, so no two keys have the same name.
fn name(key: &IdempotencyKey) -> String {
    format!("{}\n{}\n{}", key.principal, key.route, key.key)
}
