//! What can be ordered.

use super::{Answer, Tag, schema::plan::Catalogue};
use poem_openapi::{OpenApi, payload::Json};

/// Catalogue operations.
pub(super) struct PlansApi;

#[OpenApi(tag = "Tag::Plans")]
impl PlansApi {
    /// Plans and Postgres versions on offer.
    ///
    /// Open to everybody.
    #[oai(path = "/plans", method = "get", operation_id = "listPlans")]
    async fn list(&self) -> Answer<Json<Catalogue>> {
        Ok(Json(Catalogue::current()))
    }
}
