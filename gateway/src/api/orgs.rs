//! Orgs.

use super::{
    Answer, Tag,
    answer::{Done, Made, One, etag},
    past,
    schema::{
        Page,
        org::{CreateOrgRequest, Org, UpdateOrgRequest},
    },
};
use crate::{
    app::App,
    auth::{access, api_key, throttle},
    command::{Draft, begin, decide_if, decided, perform},
    http::{
        at,
        body::{Body, empty_hash},
        caller::Caller,
        code::Code,
        idempotency::Once,
        if_match::IfMatch,
        page, path_id,
        problem::Problem,
    },
    ids,
};
use dbx_domain::{
    Org as OrgAggregate,
    ids::{AccountId, OrgId},
    org::OrgCommand,
    policy::Action,
};
use dbx_projections::{members, members::MembershipView, orgs};
use dbx_sql::{
    SideWrite,
    source::{invitation_links::InvitationWrite, webhooks::WebhookWrite},
};
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
    ///
    /// With an API key only the one that it opens; pages may then hold less than they could.
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
        let mut found = members::orgs_of(app.db(), caller.principal.account(), &request).await?;
        found.items.retain_mut(|item| match caller.principal.role_in(item.org, Some(item.role)) {
            Some(role) => {
                item.role = role;
                true
            }
            None => false,
        });
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
        let ((owner, _), name) = (caller.principal.session()?, body.parsed);
        if once.earlier(&app).await?.is_none() {
            refuse_another(&app, owner).await?;
        }
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
    ///
    /// With `at` as it was at a point in the past; the role is today's.
    #[oai(path = "/orgs/:orgId", method = "get", operation_id = "getOrg")]
    async fn get(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Path<String>,
        /// As it was at this point: a time (RFC 3339), the `sequence` of an event in the org's history (also the number in an
        /// `ETag`), or a `position` from an event, activity or stream. A point that is yet to come is refused (422).
        at: Query<Option<String>>,
    ) -> Answer<One<Org>> {
        if let Some(at) = at::read(at.0.as_deref())? {
            return past::org(&app, &caller, path_id::read(&org.0)?, at).await;
        }
        let (org, version) = read(&app, &caller, &org.0).await?;
        Ok(One::Found(Json(org), etag(version)))
    }

    /// Change an org.
    #[oai(path = "/orgs/:orgId", method = "patch", operation_id = "updateOrg")]
    async fn update(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Path<String>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<UpdateOrgRequest>,
    ) -> Answer<One<Org>> {
        let id: OrgId = path_id::read(&org.0)?;
        access::in_org(&app, &caller, id, Action::RenameOrg).await?;
        let (condition, once) = (IfMatch::new(if_match.0)?, Once::new(&caller, key.0, body.hash)?);
        let draft = || async {
            let renames = body.parsed.clone().map(OrgCommand::Rename).into_iter().collect();
            let append = decide_if::<OrgAggregate>(&app, &id.to_string(), &condition, renames).await?;
            Ok(Draft::new(200, id).in_org(id).append(append))
        };
        perform(&app, &caller, &once, draft).await?;
        let (org, version) = read(&app, &caller, &org.0).await?;
        Ok(One::Found(Json(org), etag(version)))
    }

    /// Delete an org, for good.
    ///
    /// It must hold no instances. Its projects, invitations, memberships and API keys go with it; its history stays.
    #[oai(path = "/orgs/:orgId", method = "delete", operation_id = "deleteOrg")]
    async fn delete(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Path<String>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Done> {
        let (condition, once) = (IfMatch::new(if_match.0)?, Once::new(&caller, key.0, empty_hash())?);
        // Before the look-up: nobody is a member of a deleted org.
        if once.earlier(&app).await?.is_some() {
            return Ok(Done::Empty);
        }
        let id: OrgId = path_id::read(&org.0)?;
        access::in_org(&app, &caller, id, Action::DeleteOrg).await?;
        perform(&app, &caller, &once, || deletion(&app, id, &condition)).await?;
        Ok(Done::Empty)
    }
}

/// Refuses one more org of a person who has as many as the operator allows.
async fn refuse_another(app: &App, owner: AccountId) -> Result<(), Problem> {
    let most = app.settings().bounds.orgs_per_account;
    if most == 0 {
        return Ok(());
    }
    if members::owned_by(app.db(), owner).await? >= u64::from(most) {
        let message = format!("you own {most} orgs, as many as the operator allows; delete one first");
        return Err(Problem::new(Code::QuotaExceeded, message));
    }
    throttle::begin_org(app, owner).await
}

/// The org's end and that of everything that opens it.
async fn deletion(app: &App, org: OrgId, condition: &IfMatch) -> Result<Draft, Problem> {
    let loaded = app.store().load::<OrgAggregate>(&org.to_string()).await?;
    condition.check(loaded.head.sequence)?;
    // Keys of people who left were revoked when they left.
    let members: Vec<AccountId> = loaded.aggregate.members().keys().copied().collect();
    let ends = decided(loaded.aggregate, loaded.head, &org.to_string(), vec![OrgCommand::Delete])?;
    let mut draft = Draft::new(204, org)
        .in_org(org)
        .append(ends)
        .write(InvitationWrite::DropAllOf(org))
        .write(WebhookWrite::DeleteAllOf(org));
    draft.writes.push(SideWrite::ShredOrgKey { org: org.to_string() });
    for account in members {
        let (revoked, writes) = api_key::revoke_all(app, account, org).await?;
        draft = writes.into_iter().fold(draft.append(revoked), Draft::write);
    }
    Ok(draft)
}

pub(super) async fn read(app: &App, caller: &Caller, id: &str) -> Result<(Org, u64), Problem> {
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
