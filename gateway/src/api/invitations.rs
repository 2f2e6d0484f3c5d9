//! Invitations: issue, list, withdraw, accept.
//!
//! Guarantees: an invitation works once, for seven days, and only for the address it names; its token has 256 bits,
//! is shown in the one answer that issues it, and only a hash of it is kept.

use super::{
    Answer, Tag,
    answer::{Done, Issued, NO_STORE, One, etag},
    orgs::read as read_org,
    schema::{
        Page,
        member::{CreateInvitationRequest, Invitation, IssuedInvitation},
        org::Org,
    },
};
use crate::{
    app::App,
    auth::{access, token},
    command::{Draft, decide, decide_if, decided, perform},
    http::{
        body::{Body, empty_hash},
        caller::Caller,
        code::Code,
        idempotency::Once,
        if_match::IfMatch,
        page, path_id,
        problem::Problem,
    },
    ids,
    mail::invitation_link,
};
use dbx_domain::{
    Org as OrgAggregate, Secret,
    ids::{InvitationId, OrgId, SecretId},
    org::OrgCommand,
    policy::Action,
};
use dbx_projections::{invitations, invitations::InvitationView};
use dbx_sql::source::{
    invitation_links::{self, InvitationLink, InvitationWrite},
    invitation_mails::{self, MailStanding},
    people,
};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};
use std::{collections::BTreeMap, time::Duration};

/// How long an invitation can be used.
const LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Invitation operations.
pub(super) struct InvitationsApi;

#[OpenApi(tag = "Tag::Members")]
impl InvitationsApi {
    /// Invitations into an org that can still be used.
    #[oai(path = "/orgs/:orgId/invitations", method = "get", operation_id = "listInvitations")]
    async fn list(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Path<String>,
        #[oai(name = "page[size]", validator(minimum(value = "1"), maximum(value = "200")))] size: Query<
            Option<u32>,
        >,
        #[oai(name = "page[token]")] token: Query<Option<String>>,
    ) -> Answer<Json<Page<Invitation>>> {
        let org: OrgId = path_id::read(&org.0)?;
        access::in_org(&app, &caller, org, Action::ManageMembers).await?;
        let request = page::request(size.0, token.0.as_deref())?;
        let found = invitations::page_of_org(app.db(), org, &request).await?;
        let ids: Vec<InvitationId> = found.items.iter().map(|item| item.invitation).collect();
        let links = invitation_links::find_many(app.db(), &ids).await?;
        let mut emails: BTreeMap<_, _> =
            links.into_iter().map(|link| (link.invitation, link.email)).collect();
        let standings = invitation_mails::standings(app.db(), &ids).await?;
        let mut mails: BTreeMap<_, _> = standings.into_iter().map(|mail| (mail.invitation, mail)).collect();
        Ok(Json(page::answer(
            found.map(|view| shown(&view, emails.remove(&view.invitation), mails.remove(&view.invitation))),
        )))
    }

    /// Invite somebody.
    ///
    /// An address has one invitation into an org at a time: a new one takes the place of an earlier one, whose link ends.
    /// Whoever is a member already is not invited (409). The answer holds the link; it is shown this once, and again to the same request with the same key. A server that has a mail server mails it as well and says in `mail`
    /// how that fares, which never keeps the invitation from being made; without one, hand the link over yourself.
    #[oai(path = "/orgs/:orgId/invitations", method = "post", operation_id = "createInvitation")]
    async fn create(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Path<String>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<CreateInvitationRequest>,
    ) -> Answer<Issued<IssuedInvitation>> {
        let org: OrgId = path_id::read(&org.0)?;
        let by = access::in_org(&app, &caller, org, Action::ManageMembers).await?;
        let once = Once::new(&caller, key.0, body.hash)?;
        let token = token::new_invitation_token()?;
        let once = once.keeping(&app, &token).await?;
        let link = InvitationLink {
            invitation: ids::invitation(),
            org,
            email: body.parsed.email.to_string(),
            token_hash: token::hash(&token),
            expires_at: app.db().now().await? + LIFETIME,
        };
        let (invitation, expires_at, role) = (link.invitation, link.expires_at, body.parsed.role);
        let draft = || async {
            let loaded = app.store().load::<OrgAggregate>(&org.to_string()).await?;
            // Read after the org: an invitation made in between moves the org on, and all is decided again.
            let instead_of = invitation_links::of_address(app.db(), org, &link.email).await?;
            let invitee = people::find_by_email(app.db(), &link.email).await?.map(|person| person.account);
            let earlier = instead_of.clone();
            let invite = OrgCommand::Invite { invitation, role, expires_at, by, invitee, instead_of };
            let append = decided(loaded.aggregate, loaded.head, &org.to_string(), vec![invite])?;
            let draft = Draft::new(201, invitation).in_org(org).append(append);
            let dropped = earlier.into_iter().map(InvitationWrite::Drop);
            let draft = dropped.fold(draft, Draft::write).write(InvitationWrite::Issue(link.clone()));
            Ok(match app.post() {
                Some(_) => {
                    let secret = SecretId::from_uuid(invitation.uuid());
                    let sealed = app.vault().seal(org, invitation.to_string(), secret, 1, &token).await?;
                    draft.write(sealed).write(InvitationWrite::Mail(invitation))
                }
                None => draft,
            })
        };
        let made: InvitationId = path_id::read(&perform(&app, &caller, &once, draft).await?)?;
        let view = invitations::find(app.db(), made).await?.ok_or_else(Problem::not_found)?;
        // A repetition answers with the earlier invitation.
        let token = if made == invitation { Some(token) } else { once.kept(&app).await? };
        let link = token.as_ref().map(|token| invitation_link(&caller.client.base, token));
        let token = token.map(|token| token.expose().to_owned());
        let mail = invitation_mails::standings(app.db(), &[made]).await?.pop();
        let invitation = shown(&view, Some(body.parsed.email.to_string()), mail);
        Ok(Issued::Created(Json(IssuedInvitation { invitation, token, link }), NO_STORE.to_owned()))
    }

    /// Withdraw an invitation.
    #[oai(path = "/orgs/:orgId/invitations/:id", method = "delete", operation_id = "revokeInvitation")]
    async fn revoke(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Path<String>,
        id: Path<String>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Done> {
        let org: OrgId = path_id::read(&org.0)?;
        access::in_org(&app, &caller, org, Action::ManageMembers).await?;
        let invitation: InvitationId = path_id::read(&id.0)?;
        let (condition, once) = (IfMatch::new(if_match.0)?, Once::new(&caller, key.0, empty_hash())?);
        let draft = || async {
            let revoke = OrgCommand::RevokeInvitation(invitation);
            let append = decide_if::<OrgAggregate>(&app, &org.to_string(), &condition, vec![revoke]).await?;
            let draft = Draft::new(204, invitation).in_org(org).append(append);
            Ok(draft.write(InvitationWrite::Drop(invitation)))
        };
        perform(&app, &caller, &once, draft).await?;
        Ok(Done::Empty)
    }

    /// Join an org by an invitation.
    ///
    /// You must be signed in with the address that was invited. The answer is the org that you belong to now.
    #[oai(path = "/invitations/:token/accept", method = "post", operation_id = "acceptInvitation")]
    async fn accept(
        &self,
        caller: Caller,
        app: Data<&App>,
        token: Path<String>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<One<Org>> {
        let (account, _) = caller.principal.session()?;
        let caller = Caller { client: caller.client.without(&token.0), ..caller };
        let hash = token::hash(&Secret::new(token.0));
        // The route no longer names the invitation, so the body's hash does.
        let once = Once::new(&caller, key.0, hash)?;
        let draft = || async {
            let link = invitation_links::find_by_token_hash(app.db(), &hash).await?;
            let link = link.ok_or_else(Problem::not_found)?;
            refuse_others(&app, &caller, &link).await?;
            let (invitation, now) = (link.invitation, app.db().now().await?);
            let accept = OrgCommand::AcceptInvitation { invitation, account, now };
            let append = decide::<OrgAggregate>(&app, &link.org.to_string(), vec![accept]).await?;
            let draft = Draft::new(200, link.org).in_org(link.org).append(append);
            Ok(draft.write(InvitationWrite::Drop(invitation)))
        };
        let joined = perform(&app, &caller, &once, draft).await?;
        let (org, version) = read_org(&app, &caller, &joined).await?;
        Ok(One::Found(Json(org), etag(version)))
    }
}

/// Holding the link is not enough: it may have been forwarded or found.
async fn refuse_others(app: &App, caller: &Caller, link: &InvitationLink) -> Result<(), Problem> {
    let person = people::find(app.db(), caller.principal.account()).await?.ok_or_else(Problem::not_found)?;
    match person.email.eq_ignore_ascii_case(&link.email) {
        true => Ok(()),
        // The address is not told: whoever found the link may not know it.
        false => Err(Problem::new(
            Code::Forbidden,
            "this invitation is for another email address; sign in with the one that was invited",
        )),
    }
}

fn shown(view: &InvitationView, email: Option<String>, mail: Option<MailStanding>) -> Invitation {
    Invitation {
        id: view.invitation.to_string(),
        org_id: view.org.to_string(),
        email,
        role: view.role.into(),
        expires_at: view.expires_at.inner(),
        created_at: view.created_at.inner(),
        mail: mail.map(Into::into),
    }
}
