//! What a request brings to prove who sends it, before anybody looked it up.
//!
//! Guarantees: reading it asks nobody. It becomes a [`Principal`] only by a look into the database, made anew for every
//! request, so that what was revoked does not work; or in one and the same look with what the request is about.

use super::{api_key, csrf, principal::Principal, session, token};
use crate::{api::Delivery, app::App, http::problem::Problem};
use dbx_domain::ids::InstanceId;
use dbx_projections::sight::{self, Bearer, Beheld, Means, Token};
use poem::Request;
use subtle::ConstantTimeEq as _;

/// A token that has the form of one.
pub(crate) enum Proof {
    /// SHA-256 of a session's token.
    Session([u8; 32]),
    /// An API key's readable part, and SHA-256 of its secret part.
    ApiKey(String, [u8; 32]),
}

impl Proof {
    /// The request's, and how it came; none if it brings nothing that could be one.
    ///
    /// # Errors
    /// It came by a cookie that another site may have sent.
    pub(crate) fn of(request: &Request) -> Result<Option<(Self, Delivery)>, Problem> {
        let (token, delivery) = match (token::bearer(request), session::cookie_token(request)) {
            (Some(token), _) => (token, Delivery::Token),
            (None, Some(token)) => {
                csrf::check(request)?;
                (token, Delivery::Cookie)
            }
            (None, None) => return Ok(None),
        };
        let proof = match delivery {
            Delivery::Token => api_key::proof(&token).or_else(|| session::proof(&token)),
            Delivery::Cookie => session::proof(&token),
        };
        Ok(proof.map(|proof| (proof, delivery)))
    }

    /// Whom it stands for; nobody if it is unknown, over or revoked.
    pub(crate) async fn principal(&self, app: &App) -> Result<Option<Principal>, Problem> {
        let bearer = sight::bearer(app.db(), self.token()).await?;
        Ok(bearer.and_then(|bearer| self.accept(app, &bearer)))
    }

    /// Whom it stands for, and the instance with their role in its org, in one statement.
    pub(crate) async fn behold(
        &self,
        app: &App,
        instance: InstanceId,
    ) -> Result<Option<(Principal, Option<Beheld>)>, Problem> {
        let found = app.sights().instance(self.token(), instance).await?;
        Ok(found.and_then(|(bearer, beheld)| Some((self.accept(app, &bearer)?, beheld))))
    }

    /// Whose idempotency keys are meant by what may end the session itself: those of this very token.
    pub(crate) fn key_scope(&self) -> String {
        match self {
            Self::Session(hash) => {
                let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("session {digits}")
            }
            Self::ApiKey(prefix, _) => format!("key {prefix}"),
        }
    }

    fn token(&self) -> Token<'_> {
        match self {
            Self::Session(hash) => Token::Session(hash),
            Self::ApiKey(prefix, _) => Token::ApiKey(prefix),
        }
    }

    /// A key is found by what may be shown of it, so its secret is what counts.
    fn accept(&self, app: &App, bearer: &Bearer) -> Option<Principal> {
        let account = bearer.account;
        let principal = match (self, &bearer.means) {
            (Self::Session(_), Means::Session(session)) => Principal::Session { account, session: *session },
            (Self::ApiKey(_, given), Means::ApiKey { key, org, ceiling, secret_hash })
                if bool::from(given.as_slice().ct_eq(secret_hash.as_slice())) =>
            {
                Principal::ApiKey { account, key: *key, org: *org, ceiling: *ceiling }
            }
            _ => return None,
        };
        if bearer.stale {
            app.use_notes().add(app.db(), principal);
        }
        Some(principal)
    }
}
