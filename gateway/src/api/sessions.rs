//! The signed-in person's sessions and password.

use super::{
    Answer, Tag,
    answer::{Done, NO_STORE},
    auth::{SignedIn, hand_over},
    schema::session::{ChangePasswordRequest, OpenSession, OpenSessions},
};
use crate::{
    app::App,
    auth::{change_password, sign_in},
    command::{Draft, decide, perform},
    http::{
        body::{Body, empty_hash, hash_of},
        caller::Caller,
        idempotency::{Once, Unscoped},
        leaving::{Leaving, Turn},
        path_id,
        problem::Problem,
    },
};
use dbx_domain::{Account, account::AccountCommand, ids::SessionId};
use dbx_sql::source::sessions::{self, Session, SessionWrite};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Header, Path},
    payload::Json,
};

/// Session operations of the signed-in person.
pub(super) struct SessionsApi;

#[OpenApi(tag = "Tag::Users")]
impl SessionsApi {
    /// Change the password.
    ///
    /// Every session ends, also this one: the answer hands a new one over, the same way as the one it replaces.
    #[oai(path = "/users/me/password", method = "post", operation_id = "changePassword")]
    async fn change_password(
        &self,
        leaving: Leaving,
        app: Data<&App>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<ChangePasswordRequest>,
    ) -> Answer<SignedIn> {
        let delivery = body.parsed.delivery.unwrap_or(leaving.delivery);
        let wish = Unscoped::read(key.0, hash_of(&[delivery.name()]))?;
        let turn = leaving.turn(&app, &wish).await?;
        let (person, opened) = change_password::change(&app, turn, body.parsed).await?;
        let (answer, cookie) = hand_over(person, &opened, delivery);
        Ok(SignedIn::Session(Json(answer), cookie, NO_STORE.to_owned()))
    }

    /// Everywhere that you are signed in.
    #[oai(path = "/users/me/sessions", method = "get", operation_id = "listSessions")]
    async fn list(&self, caller: Caller, app: Data<&App>) -> Answer<Json<OpenSessions>> {
        let (account, current) = caller.principal.session()?;
        let found = sessions::list(app.db(), account).await?;
        Ok(Json(OpenSessions { data: found.into_iter().map(|session| shown(session, current)).collect() }))
    }

    /// Sign out everywhere else.
    #[oai(path = "/users/me/sessions", method = "delete", operation_id = "closeOtherSessions")]
    async fn close_others(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Done> {
        let (account, current) = caller.principal.session()?;
        let once = Once::new(&caller, key.0, empty_hash())?;
        let draft = || async {
            let open = sessions::list(app.db(), account).await?;
            let others = open.iter().map(|session| session.id).filter(|id| *id != current);
            let closes: Vec<_> = others.map(AccountCommand::CloseSession).collect();
            Ok(Draft::new(204, account)
                .append(decide::<Account>(&app, &account.to_string(), closes).await?)
                .write(SessionWrite::CloseAll { account, except: Some(current) }))
        };
        perform(&app, &caller, &once, draft).await?;
        Ok(Done::Empty)
    }

    /// Sign out somewhere.
    #[oai(path = "/users/me/sessions/:id", method = "delete", operation_id = "closeSession")]
    async fn close(
        &self,
        leaving: Leaving,
        app: Data<&App>,
        id: Path<String>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Done> {
        let Turn::Now(caller, once) = leaving.turn(&app, &Unscoped::read(key.0, empty_hash())?).await? else {
            return Ok(Done::Empty);
        };
        let (account, _) = caller.principal.session()?;
        let id: SessionId = path_id::read(&id.0)?;
        let open = sessions::list(app.db(), account).await?;
        if !open.iter().any(|session| session.id == id) {
            // Perhaps by the twin of this request.
            return once.earlier(&app).await?.map(|_| Done::Empty).ok_or_else(Problem::not_found);
        }
        sign_in::close(&app, &caller, (account, id), &once).await?;
        Ok(Done::Empty)
    }
}

fn shown(session: Session, current: SessionId) -> OpenSession {
    OpenSession {
        id: session.id.to_string(),
        current: session.id == current,
        created_at: session.created_at.inner(),
        expires_at: session.expires_at.inner(),
        last_seen_at: session.last_seen_at.inner(),
        ip: session.ip,
        user_agent: session.user_agent,
    }
}
