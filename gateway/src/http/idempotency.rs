//! `Idempotency-Key`: a changing request that is sent again is answered again, not done again.
//!
//! The key is claimed in the transaction of the request's events, scoped to principal, method and path. A replay
//! answers the same status and renders the same resource, as it is by then. Keys are kept for 24 hours.

use super::{caller::Caller, code::Code, problem::Problem};
use crate::app::App;
use dbx_sql::{
    SideWrite,
    source::idempotency::{self, IdempotencyClaim, IdempotencyKey, Outcome},
};

/// Longest key in bytes.
const KEY_MAX: usize = 255;

/// The wish that a request be done once; without a key every request is new.
pub(crate) struct Once(Option<(IdempotencyKey, [u8; 32])>);

impl Once {
    /// No key.
    pub(crate) const fn unkeyed() -> Self {
        Self(None)
    }

    /// The key that `caller` sent, if any.
    pub(crate) fn new(caller: &Caller, key: Option<String>, body_hash: [u8; 32]) -> Result<Self, Problem> {
        let Some(key) = key else { return Ok(Self::unkeyed()) };
        if !(1..=KEY_MAX).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let rule = format!("a key has 1 to {KEY_MAX} visible ASCII characters");
            return Err(Problem::new(Code::InvalidRequest, "the Idempotency-Key is not usable")
                .about("Idempotency-Key", rule));
        }
        let scope =
            IdempotencyKey { principal: caller.principal.id(), route: caller.client.route.clone(), key };
        Ok(Self(Some((scope, body_hash))))
    }

    /// The resource of the earlier answer, if there was one.
    pub(crate) async fn earlier(&self, app: &App) -> Result<Option<String>, Problem> {
        let Some((key, body_hash)) = &self.0 else { return Ok(None) };
        let Some(outcome) = idempotency::find(app.db(), key).await? else { return Ok(None) };
        if outcome.body_hash != *body_hash {
            return Err(Problem::new(
                Code::IdempotencyKeyReused,
                "this Idempotency-Key was used with another body; send each new request with a new key",
            ));
        }
        Ok(Some(outcome.resource.unwrap_or_default()))
    }

    /// What claims the key, to be committed with the events.
    pub(crate) fn claim(&self, status: u16, resource: &str) -> Option<SideWrite> {
        let (key, body_hash) = self.0.clone()?;
        let outcome = Outcome { body_hash, status, resource: Some(resource.to_owned()) };
        Some(IdempotencyClaim { key, outcome }.into())
    }
}
