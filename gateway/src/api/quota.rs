//! An org's quota: limits and use.

use super::{
    Answer, Tag,
    answer::{One, etag},
    schema::quota::{Quota, UpdateQuotaRequest},
};
use crate::{
    app::App,
    auth::access,
    command::{Draft, decided, perform},
    http::{body::Body, caller::Caller, idempotency::Once, if_match::IfMatch, path_id, problem::Problem},
};
use dbx_domain::{
    Org,
    ids::OrgId,
    org::{OrgCommand, Quota as Limits},
    policy::Action,
};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Header, Path},
    payload::Json,
};

/// Quota operations.
pub(super) struct QuotaApi;

#[OpenApi(tag = "Tag::Orgs")]
impl QuotaApi {
    /// What an org may use, and uses.
    #[oai(path = "/orgs/:orgId/quota", method = "get", operation_id = "getQuota")]
    async fn get(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Path<String>,
    ) -> Answer<One<Quota>> {
        let org: OrgId = path_id::read(&org.0)?;
        access::in_org(&app, &caller, org, Action::ReadOrg).await?;
        read(&app, org).await
    }

    /// Change what an org may use.
    ///
    /// Up to what the operator of the server allows every org. A limit that is null becomes that of a new org.
    #[oai(path = "/orgs/:orgId/quota", method = "patch", operation_id = "updateQuota")]
    async fn update(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Path<String>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<UpdateQuotaRequest>,
    ) -> Answer<One<Quota>> {
        let org: OrgId = path_id::read(&org.0)?;
        access::in_org(&app, &caller, org, Action::SetQuota).await?;
        let (condition, once) = (IfMatch::new(if_match.0)?, Once::new(&caller, key.0, body.hash)?);
        let ceiling = app.settings().bounds.quota_ceiling;
        let change = ceiling.map_or(Ok(body.parsed), |ceiling| body.parsed.within(ceiling))?;
        let draft = || async {
            let loaded = app.store().load::<Org>(&org.to_string()).await?;
            condition.check(loaded.head.sequence)?;
            let quota = in_force(&app, change.apply(in_force(&app, loaded.aggregate.quota())));
            let set = OrgCommand::SetQuota(quota);
            let append = decided::<Org>(loaded.aggregate, loaded.head, &org.to_string(), vec![set])?;
            Ok(Draft::new(200, org).in_org(org).append(append))
        };
        perform(&app, &caller, &once, draft).await?;
        read(&app, org).await
    }
}

async fn read(app: &App, org: OrgId) -> Result<One<Quota>, Problem> {
    let loaded = app.store().load::<Org>(&org.to_string()).await?;
    let (limits, used) = (in_force(app, loaded.aggregate.quota()).into(), loaded.aggregate.usage().into());
    Ok(One::Found(Json(Quota { limits, used }), etag(loaded.head.sequence)))
}

/// A quota that was set before the operator allowed less counts as far as that goes.
fn in_force(app: &App, quota: Limits) -> Limits {
    app.settings().bounds.quota_ceiling.map_or(quota, |ceiling| quota.at_most(ceiling))
}
