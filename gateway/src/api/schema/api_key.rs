//! Shapes of API keys.

use super::{member::role, words::Role};
use crate::http::{
    body::Readable,
    fields::{Fields, parsed},
};
use dbx_domain::{ids::OrgId, name::DisplayName, policy, time::Timestamp};
use poem_openapi::Object;
use time::OffsetDateTime;

/// Issue an API key.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct CreateApiKeyRequest {
    /// The only org that it opens.
    pub(crate) org_id: String,
    /// Your word for it, such as the program that uses it.
    #[oai(validator(min_length = 1, max_length = 80))]
    pub(crate) name: String,
    /// The most it may do; at most what you may. It never may more than you may at the time of use.
    pub(crate) role: Role,
    /// When it stops working, in the future; never if absent.
    pub(crate) expires_at: Option<OffsetDateTime>,
}

/// A checked [`CreateApiKeyRequest`].
pub(crate) struct KeyOrder {
    pub(crate) org: OrgId,
    pub(crate) name: DisplayName,
    pub(crate) ceiling: policy::Role,
    pub(crate) expires_at: Option<Timestamp>,
}

impl Readable for CreateApiKeyRequest {
    type Parsed = KeyOrder;

    fn read(fields: &mut Fields) -> Option<KeyOrder> {
        let org = fields.required("orgId", parsed);
        let name = fields.required("name", parsed);
        let ceiling = fields.required("role", role);
        let expires_at = fields.optional("expiresAt", parsed);
        Some(KeyOrder { org: org?, name: name?, ceiling: ceiling?, expires_at: expires_at? })
    }
}

/// A secret of a program that works in an org.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct ApiKey {
    /// Its id, `key_…`; not a secret.
    pub(crate) id: String,
    /// The only org that it opens.
    pub(crate) org_id: String,
    /// Whose it is.
    pub(crate) user_id: String,
    /// Its owner's word for it.
    pub(crate) name: String,
    /// What its token begins with after `dbx_`.
    pub(crate) prefix: String,
    /// The most it may do.
    pub(crate) role: Role,
    /// When it was issued.
    pub(crate) created_at: OffsetDateTime,
    /// When it stops working; null: never.
    pub(crate) expires_at: Option<OffsetDateTime>,
    /// Last use, to the minute; null: never used.
    pub(crate) last_used_at: Option<OffsetDateTime>,
}

/// A new API key and, only here, its token.
#[derive(Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct IssuedApiKey {
    /// The key.
    #[oai(flatten)]
    pub(crate) key: ApiKey,
    /// Goes into `Authorization: Bearer …`. Null only if it is no longer kept: revoke the key then and issue another.
    pub(crate) token: Option<String>,
}
