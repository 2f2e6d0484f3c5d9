//! Shapes of orgs.

use super::words::Role;
use crate::http::{
    body::Readable,
    fields::{Fields, parsed},
};
use dbx_domain::name::DisplayName;
use poem_openapi::Object;
use time::OffsetDateTime;

/// Make an org.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct CreateOrgRequest {
    /// Its name as shown to people; need not be unique.
    #[oai(validator(min_length = 1, max_length = 80))]
    pub(crate) name: String,
}

impl Readable for CreateOrgRequest {
    type Parsed = DisplayName;

    fn read(fields: &mut Fields) -> Option<DisplayName> {
        fields.required("name", parsed)
    }
}

/// Change an org; what is absent stays.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct UpdateOrgRequest {
    /// Its new name.
    #[oai(validator(min_length = 1, max_length = 80))]
    pub(crate) name: Option<String>,
}

impl Readable for UpdateOrgRequest {
    type Parsed = Option<DisplayName>;

    fn read(fields: &mut Fields) -> Option<Option<DisplayName>> {
        fields.optional("name", parsed)
    }
}

/// The unit of membership, quota and audit.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct Org {
    /// Its id, `org_…`.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// What the caller is in it.
    pub(crate) role: Role,
    /// When it was made.
    pub(crate) created_at: OffsetDateTime,
}
