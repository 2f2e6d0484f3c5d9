//! Members of an org: list, change, remove.

use super::{
    Answer, Tag,
    answer::{Done, One, etag},
    schema::{
        Page,
        member::{Member, UpdateMemberRequest},
    },
};
use crate::{
    app::App,
    auth::{access, api_key},
    command::{Draft, decide_if, perform},
    http::{
        body::{Body, empty_hash},
        caller::Caller,
        idempotency::Once,
        if_match::IfMatch,
        page, path_id,
        problem::Problem,
    },
};
use dbx_domain::{
    Org,
    ids::{AccountId, OrgId},
    org::OrgCommand,
    policy::Action,
};
use dbx_projections::{members, members::MemberView, orgs};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};

/// Member operations.
pub(super) struct MembersApi;

#[OpenApi(tag = "Tag::Members")]
impl MembersApi {
    /// Members of an org.
    #[oai(path = "/orgs/:orgId/members", method = "get", operation_id = "listMembers")]
    async fn list(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Path<String>,
        #[oai(name = "page[size]", validator(minimum(value = "1"), maximum(value = "200")))] size: Query<
            Option<u32>,
        >,
        #[oai(name = "page[token]")] token: Query<Option<String>>,
    ) -> Answer<Json<Page<Member>>> {
        let org: OrgId = path_id::read(&org.0)?;
        access::in_org(&app, &caller, org, Action::ReadOrg).await?;
        let request = page::request(size.0, token.0.as_deref())?;
        let found = members::page_of_org(app.db(), org, &request).await?;
        Ok(Json(page::answer(found.map(Member::from))))
    }

    /// Change a member's role.
    ///
    /// Nobody gives, changes or takes away a role above their own, and an org keeps at least one owner.
    #[expect(clippy::too_many_arguments, reason = "each is a part of the request that the document shows")]
    #[oai(path = "/orgs/:orgId/members/:userId", method = "patch", operation_id = "updateMember")]
    async fn update(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Path<String>,
        #[oai(name = "userId")] user: Path<String>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<UpdateMemberRequest>,
    ) -> Answer<One<Member>> {
        let org: OrgId = path_id::read(&org.0)?;
        let by = access::in_org(&app, &caller, org, Action::ManageMembers).await?;
        let account: AccountId = path_id::read(&user.0)?;
        let (condition, once) = (IfMatch::new(if_match.0)?, Once::new(&caller, key.0, body.hash)?);
        let draft = || async {
            let change = OrgCommand::ChangeRole { account, role: body.parsed, by };
            let append = decide_if::<Org>(&app, &org.to_string(), &condition, vec![change]).await?;
            Ok(Draft::new(200, account).in_org(org).append(append))
        };
        perform(&app, &caller, &once, draft).await?;
        let member = members::find(app.db(), org, account).await?.ok_or_else(Problem::not_found)?;
        let version = orgs::find(app.db(), org).await?.ok_or_else(Problem::not_found)?.version;
        Ok(One::Found(Json(member.into()), etag(version)))
    }

    /// Remove a member, or leave.
    ///
    /// Their API keys to the org are revoked with it. Everybody may remove themselves; an org keeps at least one
    /// owner.
    #[oai(path = "/orgs/:orgId/members/:userId", method = "delete", operation_id = "removeMember")]
    async fn remove(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Path<String>,
        #[oai(name = "userId")] user: Path<String>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Done> {
        let (condition, once) = (IfMatch::new(if_match.0)?, Once::new(&caller, key.0, empty_hash())?);
        // Before the look-up: whoever left is no member any more.
        if once.earlier(&app).await?.is_some() {
            return Ok(Done::Empty);
        }
        let org: OrgId = path_id::read(&org.0)?;
        let command = removal(&app, &caller, org, &user.0).await?;
        let account = match command {
            OrgCommand::Leave(account) | OrgCommand::RemoveMember { account, .. } => account,
            _ => return Err(Problem::internal("a removal removes nobody")),
        };
        let draft = || async {
            let left = decide_if::<Org>(&app, &org.to_string(), &condition, vec![command.clone()]).await?;
            let (revoked, writes) = api_key::revoke_all(&app, account, org).await?;
            let draft = Draft::new(204, account).in_org(org).append(left).append(revoked);
            Ok(writes.into_iter().fold(draft, Draft::write))
        };
        perform(&app, &caller, &once, draft).await?;
        Ok(Done::Empty)
    }
}

/// Leaving needs no right but being there; an API key is no person who could leave.
async fn removal(app: &App, caller: &Caller, org: OrgId, user: &str) -> Result<OrgCommand, Problem> {
    let leaves = caller.principal.session().is_ok() && caller.principal.account().to_string() == user;
    let action = if leaves { Action::ReadOrg } else { Action::ManageMembers };
    let by = access::in_org(app, caller, org, action).await?;
    let account: AccountId = path_id::read(user)?;
    Ok(if leaves { OrgCommand::Leave(account) } else { OrgCommand::RemoveMember { account, by } })
}

impl From<MemberView> for Member {
    fn from(member: MemberView) -> Self {
        Self {
            user_id: member.account.to_string(),
            role: member.role.into(),
            email: member.email,
            display_name: member.display_name,
            joined_at: member.joined_at.inner(),
        }
    }
}
