//! The signed-in person.

use super::{Answer, Tag, schema::account::User};
use crate::{
    app::App,
    http::{caller::Caller, problem::Problem},
};
use dbx_sql::source::people;
use poem::web::Data;
use poem_openapi::{OpenApi, payload::Json};

/// Operations of the signed-in person.
pub(super) struct UsersApi;

#[OpenApi(tag = "Tag::Users")]
impl UsersApi {
    /// Who is signed in.
    #[oai(path = "/users/me", method = "get", operation_id = "getMe")]
    async fn me(&self, caller: Caller, app: Data<&App>) -> Answer<Json<User>> {
        let person = people::find(app.db(), caller.principal.account()).await?;
        Ok(Json(User::from(person.ok_or_else(Problem::not_found)?)))
    }
}
