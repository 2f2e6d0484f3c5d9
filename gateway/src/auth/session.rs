//! Sessions: opening, reading a token, and the cookie that carries them in browsers.

use super::{proof::Proof, token};
use crate::{
    app::App,
    http::{client::Client, idempotency::Once, problem::Problem},
    ids,
};
use dbx_domain::{
    Secret,
    ids::{AccountId, SessionId},
    time::Timestamp,
};
use dbx_sql::source::sessions::{NewSession, SessionWrite};
use poem::{Request, http::header};
use std::time::Duration;

/// `__Host-`: only for this host, only over TLS, for every path (RFC 6265bis §4.1.3.2).
pub(crate) const COOKIE: &str = "__Host-dbx_session";
/// How long a session lasts.
const LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A session that is about to be opened; the token exists nowhere else.
pub(crate) struct OpenedSession {
    pub(crate) id: SessionId,
    pub(crate) expires_at: Timestamp,
    pub(crate) token: Secret,
}

impl OpenedSession {
    /// Draws a session that begins `now`.
    pub(crate) fn draw(now: Timestamp) -> Result<Self, Problem> {
        Ok(Self { id: ids::session(), expires_at: now + LIFETIME, token: token::new_session_token()? })
    }

    /// What an answer that hands it over can be made from again, but for the token.
    pub(crate) fn resource(&self, account: AccountId) -> String {
        format!("{account} {} {}", self.id, self.expires_at)
    }

    /// The session that an earlier answer handed over, and whose it is.
    pub(crate) async fn again(app: &App, once: &Once, resource: &str) -> Result<(AccountId, Self), Problem> {
        let unreadable = || Problem::internal("the record of an answer names no session");
        let mut parts = resource.split(' ');
        let mut next = || parts.next().ok_or_else(unreadable);
        let account = next()?.parse().map_err(Problem::internal)?;
        let id = next()?.parse().map_err(Problem::internal)?;
        let expires_at = next()?.parse().map_err(Problem::internal)?;
        let token = once.kept(app).await?.ok_or_else(unreadable)?;
        Ok((account, Self { id, expires_at, token }))
    }

    /// This one, unless an earlier answer to the same request handed over another.
    pub(crate) async fn or_earlier(
        self,
        app: &App,
        account: AccountId,
        once: &Once,
        resource: &str,
    ) -> Result<Self, Problem> {
        match resource == self.resource(account) {
            true => Ok(self),
            false => Ok(Self::again(app, once, resource).await?.1),
        }
    }

    /// The row to write with the event.
    pub(crate) fn write(&self, account: AccountId, client: &Client) -> SessionWrite {
        SessionWrite::Open(NewSession {
            id: self.id,
            account,
            token_hash: token::hash(&self.token),
            expires_at: self.expires_at,
            ip: client.ip.clone(),
            user_agent: client.user_agent.clone(),
        })
    }

    /// The `Set-Cookie` that hands it to a browser.
    pub(crate) fn cookie(&self) -> String {
        let (token, age) = (self.token.expose(), LIFETIME.as_secs());
        format!("{COOKIE}={token}; Path=/; Max-Age={age}; HttpOnly; Secure; SameSite=Lax")
    }
}

/// The `Set-Cookie` that takes it away.
pub(crate) fn cleared_cookie() -> String {
    format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax")
}

/// The token in the request's cookies.
pub(crate) fn cookie_token(request: &Request) -> Option<Secret> {
    let cookies = request.headers().get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, token)| Secret::new(token))
}

/// What a token proves, if it has the form of a session's.
pub(super) fn proof(token: &Secret) -> Option<Proof> {
    token.expose().starts_with(token::SESSION_PREFIX).then(|| Proof::Session(token::hash(token)))
}
