//! Shapes of projects.

use crate::http::{
    body::Readable,
    fields::{Fields, parsed},
};
use dbx_domain::name::ResourceName;
use poem_openapi::Object;
use time::OffsetDateTime;

/// Make a project.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct CreateProjectRequest {
    /// Its name, a DNS label, unique in the org.
    #[oai(validator(min_length = 1, max_length = 63, pattern = "^[a-z]([a-z0-9-]*[a-z0-9])?$"))]
    pub(crate) name: String,
}

impl Readable for CreateProjectRequest {
    type Parsed = ResourceName;

    fn read(fields: &mut Fields) -> Option<ResourceName> {
        fields.required("name", parsed)
    }
}

/// Change a project; what is absent stays.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct UpdateProjectRequest {
    /// Its new name.
    #[oai(validator(min_length = 1, max_length = 63, pattern = "^[a-z]([a-z0-9-]*[a-z0-9])?$"))]
    pub(crate) name: Option<String>,
}

impl Readable for UpdateProjectRequest {
    type Parsed = Option<ResourceName>;

    fn read(fields: &mut Fields) -> Option<Option<ResourceName>> {
        fields.optional("name", parsed)
    }
}

/// A group of instances.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct Project {
    /// Its id, `prj_…`.
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) org_id: String,
    /// Its name.
    pub(crate) name: String,
    /// When it was made.
    pub(crate) created_at: OffsetDateTime,
}
