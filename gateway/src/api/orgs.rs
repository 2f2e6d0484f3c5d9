//! Orgs.

use super::{
    Answer, Tag,
    answer::{Made, One, etag},
    schema::{
        Page,
        org::{CreateOrgRequest, Org},
    },
};
use crate::{
    app::App,
    auth::access,
    command::{Draft, begin, perform},
    http::{body::Body, caller::Caller, idempotency::Once, page, path_id, problem::Problem},
    ids,
};
use dbx_domain::{Org as OrgAggregate, ids::OrgId, org::OrgCommand, policy::Action};
use dbx_projections::{members, members::MembershipView, orgs};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};

/// Org operations.
pub(super) struct OrgsApi;

#[OpenApi(tag = "Tag::Orgs")]
impl OrgsApi {
    /// Orgs that you belong to.
    #[oai(path = "/orgs", method = "get", operation_id = "listOrgs")]
    async fn list(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "page[size]", validator(minimum(value = "1"), maximum(value = "200")))] size: Query<
            Option<u32>,
        >,
        #[oai(name = "page[token]")] token: Query<Option<String>>,
    ) -> Answer<Json<Page<Org>>> {
        let request = page::request(size.0, token.0.as_deref())?;
        let found = members::orgs_of(app.db(), caller.principal.account(), &request).await?;
        Ok(Json(page::answer(found.map(Org::from))))
    }

    /// Make an org.
    ///
    /// You become its owner.
    #[oai(path = "/orgs", method = "post", operation_id = "createOrg")]
    async fn create(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<CreateOrgRequest>,
    ) -> Answer<Made<Org>> {
        let once = Once::new(&caller, key.0, body.hash)?;
        let (owner, name) = (caller.principal.account(), body.parsed);
        let draft = || async {
            let org = ids::org();
            let create = OrgCommand::Create { org, name: name.clone(), owner };
            let append = begin::<OrgAggregate>(&org.to_string(), vec![create])?;
            Ok(Draft::new(201, org).in_org(org).append(append))
        };
        let made = perform(&app, &caller, &once, draft).await?;
        let (org, version) = read(&app, &caller, &made).await?;
        let location = format!("/v1/orgs/{}", org.id);
        Ok(Made::Created(Json(org), location, etag(version)))
    }

    /// An org.
    #[oai(path = "/orgs/:orgId", method = "get", operation_id = "getOrg")]
    async fn get(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Path<String>,
    ) -> Answer<One<Org>> {
        let (org, version) = read(&app, &caller, &org.0).await?;
        Ok(One::Found(Json(org), etag(version)))
    }
}

async fn read(app: &App, caller: &Caller, id: &str) -> Result<(Org, u64), Problem> {
    let id: OrgId = path_id::read(id)?;
    let role = access::in_org(app, caller, id, Action::ReadOrg).await?;
    let org = orgs::find(app.db(), id).await?.ok_or_else(Problem::not_found)?;
    let shown = Org {
        id: org.org.to_string(),
        name: org.name.to_string(),
        role: role.into(),
        created_at: org.created_at.inner(),
    };
    Ok((shown, org.version))
}

impl From<MembershipView> for Org {
    fn from(membership: MembershipView) -> Self {
        Self {
            id: membership.org.to_string(),
            name: membership.name.to_string(),
            role: membership.role.into(),
            created_at: membership.created_at.inner(),
        }
    }
}
