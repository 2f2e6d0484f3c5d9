//! The authenticated sender of a request, as an extractor that operations take.
//!
//! Guarantee: an operation that takes a [`Caller`] runs only for a valid session or API key; its place first among the
//! arguments makes "sign in first" win over complaints about the body.

use super::{client::Client, code::Code, problem::Problem};
use crate::{
    api::Delivery,
    app::App,
    auth::{principal::Principal, proof::Proof, session},
};
use dbx_domain::ids::InstanceId;
use dbx_projections::sight::Beheld;
use poem::{FromRequest, Request, RequestBody, Result};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaSecurityScheme, Registry},
};

const BEARER: &str = "bearer";
const COOKIE: &str = "cookie";

/// Who asks, and from where.
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    pub(crate) client: Client,
}

impl<'a> ApiExtractor<'a> for Caller {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        registry.create_security_scheme(
            BEARER,
            MetaSecurityScheme {
                scheme: Some("bearer"),
                description: Some(
                    "A session token (`dbs_…`) from sign-in with `\"delivery\": \"token\"`, or an API key (`dbx_…`).",
                ),
                ..scheme("http")
            },
        );
        registry.create_security_scheme(
            COOKIE,
            MetaSecurityScheme {
                name: Some(session::COOKIE),
                key_in: Some("cookie"),
                description: Some(
                    "The session cookie of a browser. Changing calls must come from the same site.",
                ),
                ..scheme("apiKey")
            },
        );
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![BEARER, COOKIE]
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let (client, proof, _) = presented(request, body).await?;
        let app = request.data::<App>().ok_or_else(|| Problem::internal("the router carries no App"))?;
        let principal = proof.principal(app).await?.ok_or_else(sign_in_first)?;
        Ok(Self { principal, client })
    }
}

/// Somebody who sent what may be a proof. The operation must look it up itself, together with what it is about: one
/// statement instead of two where reads are frequent.
pub(crate) struct Unproved {
    proof: Proof,
    client: Client,
}

impl Unproved {
    /// The caller, looked up alone.
    pub(crate) async fn prove(self, app: &App) -> Result<Caller, Problem> {
        let principal = self.proof.principal(app).await?.ok_or_else(sign_in_first)?;
        Ok(Caller { principal, client: self.client })
    }

    /// The caller, and the instance with their role in its org.
    pub(crate) async fn behold(
        self,
        app: &App,
        instance: InstanceId,
    ) -> Result<(Caller, Option<Beheld>), Problem> {
        let (principal, beheld) = self.proof.behold(app, instance).await?.ok_or_else(sign_in_first)?;
        Ok((Caller { principal, client: self.client }, beheld))
    }
}

impl<'a> ApiExtractor<'a> for Unproved {
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
        let (client, proof, _) = presented(request, body).await?;
        Ok(Self { proof, client })
    }
}

/// Who sends a request, what may prove who they are, and how it came.
pub(super) async fn presented(
    request: &Request,
    body: &mut RequestBody,
) -> Result<(Client, Proof, Delivery)> {
    let client = <Client as FromRequest>::from_request(request, body).await?;
    let (proof, delivery) = Proof::of(request)?.ok_or_else(sign_in_first)?;
    Ok((client, proof, delivery))
}

pub(super) fn sign_in_first() -> Problem {
    Problem::new(
        Code::Unauthenticated,
        "there is no valid session or API key; sign in and send its token as `Authorization: Bearer …`",
    )
}

fn scheme(ty: &'static str) -> MetaSecurityScheme {
    MetaSecurityScheme {
        ty,
        description: None,
        name: None,
        key_in: None,
        scheme: None,
        bearer_format: None,
        flows: None,
        openid_connect_url: None,
    }
}
