//! Where a request comes from, as the edge saw it.

use dbx_domain::ids::AccountId;
use dbx_sql::source::origins::Origin;
use poem::{FromRequest, Request, RequestBody, Result};

/// The sender of a request.
#[derive(Clone)]
pub(crate) struct Client {
    /// Names the request in logs, events and problems.
    pub(crate) request_id: String,
    /// The peer's address, or the one that a trusted proxy reports.
    pub(crate) ip: Option<String>,
    /// The peer's name for itself, cut to a sane length.
    pub(crate) user_agent: Option<String>,
    /// Method and path, the scope of an idempotency key.
    pub(crate) route: String,
    /// Where links lead, such as `https://db.example.com`; empty if nobody said and the request's `Host` is not usable.
    pub(crate) base: String,
}

impl Client {
    /// The same with `secret` hidden in its route, which is stored with idempotency keys.
    pub(crate) fn without(mut self, secret: &str) -> Self {
        self.route = self.route.replace(secret, "…");
        self
    }

    /// What is kept beside the events that this request causes.
    pub(crate) fn origin(&self, account: Option<AccountId>) -> Origin {
        Origin { account, ip: self.ip.clone(), user_agent: self.user_agent.clone() }
    }
}

impl<'a> FromRequest<'a> for Client {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        let missing = || super::problem::Problem::internal("a request passed the edge without its client");
        Ok(request.data::<Self>().cloned().ok_or_else(missing)?)
    }
}
