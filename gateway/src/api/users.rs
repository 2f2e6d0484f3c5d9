//! The signed-in person.

use super::{
    Answer, Tag,
    auth::SignedOut,
    schema::{
        account::User,
        personal_data::{EraseAccountRequest, PersonalData},
        session::UpdateUserRequest,
    },
};
use crate::{
    app::App,
    auth::{erasure, personal_data, session},
    command::{Draft, decide, perform},
    http::{
        body::{Body, empty_hash},
        caller::Caller,
        idempotency::{Once, Unscoped},
        leaving::{Leaving, Turn},
        problem::Problem,
    },
};
use dbx_domain::{Account, account::AccountCommand, ids::AccountId};
use dbx_sql::source::people::{self, Person, PersonWrite};
use poem::web::Data;
use poem_openapi::{OpenApi, param::Header, payload::Json};

/// Operations of the signed-in person.
pub(super) struct UsersApi;

#[OpenApi(tag = "Tag::Users")]
impl UsersApi {
    /// Who is signed in.
    #[oai(path = "/users/me", method = "get", operation_id = "getMe")]
    async fn me(&self, caller: Caller, app: Data<&App>) -> Answer<Json<User>> {
        Ok(Json(User::from(person(&app, caller.principal.account()).await?)))
    }

    /// Change what others see of you.
    #[oai(path = "/users/me", method = "patch", operation_id = "updateMe")]
    async fn update(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<UpdateUserRequest>,
    ) -> Answer<Json<User>> {
        let (account, _) = caller.principal.session()?;
        let once = Once::new(&caller, key.0, body.hash)?;
        let draft = || async {
            let mut known = person(&app, account).await?;
            let draft = Draft::new(200, account);
            let Some(name) = body.parsed.as_ref().filter(|name| name.as_str() != known.display_name) else {
                return Ok(draft);
            };
            known.display_name = name.to_string();
            let changes = vec![AccountCommand::ChangeProfile];
            let append = decide::<Account>(&app, &account.to_string(), changes).await?;
            Ok(draft.append(append).write(PersonWrite::Put(known)))
        };
        perform(&app, &caller, &once, draft).await?;
        Ok(Json(User::from(person(&app, account).await?)))
    }

    /// Everything that is kept about you.
    ///
    /// Your profile, memberships, sessions, API keys, and what you did from where.
    #[oai(path = "/users/me/export", method = "get", operation_id = "exportMe")]
    async fn export(&self, caller: Caller, app: Data<&App>) -> Answer<Json<PersonalData>> {
        let (account, _) = caller.principal.session()?;
        Ok(Json(personal_data::of(&app, account).await?))
    }

    /// Erase your account, for good.
    ///
    /// Name, address, password, sessions, API keys and where you did things from are erased; what was done stays on record
    /// under the account's id alone. Orgs with nothing and nobody else in them go with you; the others you leave. Refused
    /// while you are the only owner of an org that has other members or instances.
    #[oai(path = "/users/me", method = "delete", operation_id = "deleteMe")]
    async fn erase(
        &self,
        leaving: Leaving,
        app: Data<&App>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<EraseAccountRequest>,
    ) -> Answer<SignedOut> {
        if let Turn::Now(caller, once) = leaving.turn(&app, &Unscoped::read(key.0, empty_hash())?).await? {
            erasure::by_owner(&app, &caller, body.parsed, &once).await?;
        }
        Ok(SignedOut::Empty(session::cleared_cookie()))
    }
}

async fn person(app: &App, account: AccountId) -> Result<Person, Problem> {
    people::find(app.db(), account).await?.ok_or_else(Problem::not_found)
}
