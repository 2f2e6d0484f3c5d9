//! Somebody whose request may end the very session that it is made with, such as a change of the password.
//!
//! Guarantee: when its answer was lost, the same request with the same `Idempotency-Key` is answered again, although the
//! session is over by then: the key belongs to the token that both came with. Nothing else can be asked for with it.

use super::{
    caller::{Caller, presented, sign_in_first},
    client::Client,
    idempotency::{Once, Unscoped},
    problem::Problem,
};
use crate::{
    api::Delivery,
    app::App,
    auth::{principal::Principal, proof::Proof},
};
use poem::{Request, RequestBody, Result};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions, registry::Registry};

/// See the module.
pub(crate) struct Leaving {
    proof: Proof,
    principal: Option<Principal>,
    client: Client,
    /// How the proof came: a new session is handed over the same way.
    pub(crate) delivery: Delivery,
}

/// Whether something is to be done.
pub(crate) enum Turn {
    /// It is, by this caller.
    Now(Caller, Once),
    /// It was done before.
    Again {
        /// Who asks again.
        client: Client,
        /// The key that both requests have.
        once: Once,
        /// What the earlier answer was rendered from.
        resource: String,
    },
}

impl Leaving {
    /// Finds out what is to be done.
    ///
    /// # Errors
    /// The session is over and nothing was done with this key.
    pub(crate) async fn turn(self, app: &App, wish: &Unscoped) -> Result<Turn, Problem> {
        let Self { proof, principal, client, .. } = self;
        let once = wish.of(proof.key_scope(), &client);
        match (once.earlier(app).await?, principal) {
            (Some(resource), _) => Ok(Turn::Again { client, once, resource }),
            (None, Some(principal)) => Ok(Turn::Now(Caller { principal, client }, once)),
            (None, None) => Err(sign_in_first()),
        }
    }
}

impl<'a> ApiExtractor<'a> for Leaving {
    const TYPES: &'static [ApiExtractorType] = Caller::TYPES;
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        Caller::register(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        Caller::security_schemes()
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let (client, proof, delivery) = presented(request, body).await?;
        let app = request.data::<App>().ok_or_else(|| Problem::internal("the router carries no App"))?;
        let principal = proof.principal(app).await?;
        if principal.is_none() && !request.headers().contains_key("idempotency-key") {
            return Err(sign_in_first().into());
        }
        Ok(Self { proof, principal, client, delivery })
    }
}
