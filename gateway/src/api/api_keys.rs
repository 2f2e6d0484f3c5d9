//! API keys: list, issue, revoke.
//!
//! Only a signed-in person does any of it: a key that leaked must not be able to make others.

use super::{
    Answer, Tag,
    answer::{Done, Issued, NO_STORE},
    schema::{
        Page,
        api_key::{ApiKey, CreateApiKeyRequest, IssuedApiKey, KeyOrder},
    },
};
use crate::{
    app::App,
    auth::{access, api_key::DrawnKey},
    command::{Draft, decide, perform},
    http::{
        body::{Body, empty_hash},
        caller::Caller,
        code::Code,
        idempotency::Once,
        page, path_id,
        problem::{Problem, ProblemField},
    },
};
use dbx_domain::{
    Account,
    account::AccountCommand,
    ids::{ApiKeyId, OrgId},
    policy::{Action, Role},
};
use dbx_projections::{api_keys, api_keys::ApiKeyView};
use dbx_sql::source::api_keys::{ApiKeyNote, ApiKeyWrite, notes};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};

/// API key operations.
pub(super) struct ApiKeysApi;

#[OpenApi(tag = "Tag::ApiKeys")]
impl ApiKeysApi {
    /// API keys that are not revoked.
    ///
    /// Your own, or with `orgId` everybody's to that org.
    #[oai(path = "/apikeys", method = "get", operation_id = "listApiKeys")]
    async fn list(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Query<Option<String>>,
        #[oai(name = "page[size]", validator(minimum(value = "1"), maximum(value = "200")))] size: Query<
            Option<u32>,
        >,
        #[oai(name = "page[token]")] token: Query<Option<String>>,
    ) -> Answer<Json<Page<ApiKey>>> {
        let (account, _) = caller.principal.session()?;
        let request = page::request(size.0, token.0.as_deref())?;
        let found = match org.0 {
            Some(org) => {
                let org: OrgId = path_id::read(&org)?;
                access::in_org(&app, &caller, org, Action::ManageApiKeys).await?;
                api_keys::page_of_org(app.db(), org, &request).await?
            }
            None => api_keys::page_of_account(app.db(), account, &request).await?,
        };
        let ids: Vec<ApiKeyId> = found.items.iter().map(|key| key.key).collect();
        let notes = notes(app.db(), &ids).await?;
        Ok(Json(page::answer(found.map(|view| shown(&view, notes.iter().find(|note| note.id == view.key))))))
    }

    /// Issue an API key.
    ///
    /// The answer holds its token; it is shown this once, and again to the same request with the same key.
    #[oai(path = "/apikeys", method = "post", operation_id = "createApiKey")]
    async fn create(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<CreateApiKeyRequest>,
    ) -> Answer<Issued<IssuedApiKey>> {
        let (account, _) = caller.principal.session()?;
        let KeyOrder { org, name, ceiling, expires_at } = body.parsed;
        allowed(&app, &caller, org, ceiling).await?;
        let once = Once::new(&caller, key.0, body.hash)?;
        let now = app.db().now().await?;
        if once.earlier(&app).await?.is_none() && expires_at.is_some_and(|end| end <= now) {
            return Err(expired());
        }
        let drawn = DrawnKey::draw(name.to_string())?;
        let (id, once) = (drawn.row.id, once.keeping(&app, &drawn.token).await?);
        let draft = || async {
            allowed(&app, &caller, org, ceiling).await?;
            let issue = AccountCommand::IssueApiKey { key: id, org, ceiling, expires_at };
            let append = decide::<Account>(&app, &account.to_string(), vec![issue]).await?;
            Ok(Draft::new(201, id).in_org(org).append(append).write(ApiKeyWrite::Issue(drawn.row.clone())))
        };
        let made: ApiKeyId = path_id::read(&perform(&app, &caller, &once, draft).await?)?;
        // A repetition answers with the earlier key.
        let token = if made == id { Some(drawn.token) } else { once.kept(&app).await? };
        let token = token.map(|token| token.expose().to_owned());
        let view = api_keys::find(app.db(), made).await?.ok_or_else(Problem::not_found)?;
        let notes = notes(app.db(), &[made]).await?;
        Ok(Issued::Created(
            Json(IssuedApiKey { key: shown(&view, notes.first()), token }),
            NO_STORE.to_owned(),
        ))
    }

    /// Revoke an API key.
    ///
    /// It works no longer from now on. Your own, or any of an org whose keys you manage.
    #[oai(path = "/apikeys/:id", method = "delete", operation_id = "revokeApiKey")]
    async fn revoke(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Done> {
        let (account, _) = caller.principal.session()?;
        let once = Once::new(&caller, key.0, empty_hash())?;
        let found = api_keys::find(app.db(), path_id::read(&id.0)?).await?.ok_or_else(Problem::not_found)?;
        if found.account != account {
            access::in_org(&app, &caller, found.org, Action::ManageApiKeys).await?;
        }
        let draft = || async {
            let revoke = vec![AccountCommand::RevokeApiKey(found.key)];
            let append = decide::<Account>(&app, &found.account.to_string(), revoke).await?;
            let draft = Draft::new(204, found.key).in_org(found.org).append(append);
            Ok(draft.write(ApiKeyWrite::Revoke(found.key)))
        };
        perform(&app, &caller, &once, draft).await?;
        Ok(Done::Empty)
    }
}

/// A key may at most what its maker may.
async fn allowed(app: &App, caller: &Caller, org: OrgId, ceiling: Role) -> Result<(), Problem> {
    let role = access::in_org(app, caller, org, Action::ManageApiKeys).await?;
    match ceiling > role {
        false => Ok(()),
        true => Err(Problem::new(
            Code::Forbidden,
            format!("you are {role} in this org, so a key of yours cannot have the role {ceiling}"),
        )),
    }
}

fn expired() -> Problem {
    let (field, message) = ("expiresAt".to_owned(), "this is not in the future".to_owned());
    Problem::invalid(vec![ProblemField { field, message, allowed: None }])
}

fn shown(view: &ApiKeyView, note: Option<&ApiKeyNote>) -> ApiKey {
    ApiKey {
        id: view.key.to_string(),
        org_id: view.org.to_string(),
        user_id: view.account.to_string(),
        name: note.map(|note| note.name.clone()).unwrap_or_default(),
        prefix: note.map(|note| note.prefix.clone()).unwrap_or_default(),
        role: view.ceiling.into(),
        created_at: view.created_at.inner(),
        expires_at: view.expires_at.map(|end| end.inner()),
        last_used_at: note.and_then(|note| note.last_used_at).map(|at| at.inner()),
    }
}
