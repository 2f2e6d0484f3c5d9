//! The end of an account: everything that says who it was is erased, while history stays whole and verifiable.
//!
//! Guarantees: nobody is left without an owner: erasing is refused while somebody or something would be. Orgs that hold
//! nothing and nobody else go with their owner. All of it is one commit, so that nothing is erased by half.

use super::throttle::{self, Attempt};
use crate::{
    app::App,
    command::{Draft, decide, decided, perform, perform_as},
    http::{caller::Caller, client::Client, code::Code, idempotency::Once, problem::Problem},
    ids,
};
use dbx_domain::{
    Account, Org, Secret,
    account::AccountCommand,
    ids::{AccountId, OrgId},
    org::{OrgCommand, OrgError},
};
use dbx_projections::{
    members,
    page::{PageRequest, PageSize},
};
use dbx_sql::{
    Actor, SideWrite,
    source::{
        invitation_links::InvitationWrite,
        passwords,
        people::{self, PersonWrite},
        webhooks::WebhookWrite,
    },
};

/// Erases the caller's account, if the password is right.
pub(crate) async fn by_owner(
    app: &App,
    caller: &Caller,
    password: Secret,
    once: &Once,
) -> Result<(), Problem> {
    let (account, _) = caller.principal.session()?;
    let person = people::find(app.db(), account).await?.ok_or_else(Problem::not_found)?;
    let counted = throttle::begin(app, &caller.client, Attempt::Confirm(account)).await?;
    let stored = passwords::find(app.db(), account).await?;
    if !app.hasher().verify(stored, password).await? {
        // The twin of this request may have erased it in between.
        if once.earlier(app).await?.is_some() {
            return Ok(());
        }
        return Err(Problem::new(Code::Forbidden, "the password is not right; nothing was erased")
            .about("password", "this is not the account's password"));
    }
    perform(app, caller, once, || erasure(app, account)).await?;
    counted.succeeded(app).await?;
    throttle::forget(app, &person.email).await
}

/// Erases an account on behalf of whoever operates the server.
pub(crate) async fn by_operator(app: &App, account: AccountId) -> Result<(), Problem> {
    let person = people::find(app.db(), account).await?;
    let client = Client {
        request_id: ids::request(),
        ip: None,
        user_agent: None,
        route: String::new(),
        base: String::new(),
    };
    let actor = Actor::system("operator");
    perform_as(app, &actor, &client, &Once::unkeyed(), || erasure(app, account)).await?;
    match person {
        Some(person) => throttle::forget(app, &person.email).await,
        None => Ok(()),
    }
}

async fn erasure(app: &App, account: AccountId) -> Result<Draft, Problem> {
    let mut draft = Draft::new(204, account);
    for org in orgs_of(app, account).await? {
        draft = leave(app, draft, account, org).await?;
    }
    let erase = decide::<Account>(app, &account.to_string(), vec![AccountCommand::Erase]).await?;
    Ok(draft.append(erase).write(PersonWrite::Erase(account)))
}

async fn orgs_of(app: &App, account: AccountId) -> Result<Vec<OrgId>, Problem> {
    let mut request = PageRequest { size: PageSize::DEFAULT, after: None };
    let mut orgs = Vec::new();
    loop {
        let page = members::orgs_of(app.db(), account, &request).await?;
        orgs.extend(page.items.into_iter().map(|membership| membership.org));
        match page.next {
            Some(next) => request.after = Some(next),
            None => return Ok(orgs),
        }
    }
}

/// Leaves an org, or ends it if nobody and nothing else is in it.
async fn leave(app: &App, draft: Draft, account: AccountId, org: OrgId) -> Result<Draft, Problem> {
    let stream = org.to_string();
    let loaded = app.store().load::<Org>(&stream).await?;
    let name = loaded.aggregate.name().map(ToString::to_string).unwrap_or_default();
    let is_alone = loaded.aggregate.members().len() == 1;
    let command = if is_alone { OrgCommand::Delete } else { OrgCommand::Leave(account) };
    match decided(loaded.aggregate, loaded.head, &stream, vec![command]) {
        Ok(append) if is_alone => {
            let draft = draft
                .append(append)
                .write(InvitationWrite::DropAllOf(org))
                .write(WebhookWrite::DeleteAllOf(org));
            Ok(draft.write(SideWrite::ShredOrgKey { org: stream }))
        }
        Ok(append) => Ok(draft.append(append)),
        Err(refusal) if refusal == Problem::from(OrgError::LastOwner) => Err(Problem::new(
            Code::LastOwner,
            format!(
                "you are the only owner of \"{name}\" ({org}), which has other members; make one of them an owner, or \
                 delete the org, and then erase the account"
            ),
        )),
        Err(refusal) if is_alone => Err(Problem::new(
            Code::LastOwner,
            format!(
                "you are the only member of \"{name}\" ({org}), which still has instances; delete them, or invite somebody \
                 and make them an owner, and then erase the account ({refusal})"
            ),
        )),
        Err(refusal) => Err(refusal),
    }
}
