//! Shapes of a person's own data, and of its end.

use super::{account::User, words::Role};
use crate::{
    auth::password,
    http::{
        body::Readable,
        fields::{Fault, Fields, secret},
    },
};
use dbx_domain::Secret;
use poem_openapi::Object;
use time::OffsetDateTime;

/// Erase the account.
#[derive(Debug, Object)]
pub(crate) struct EraseAccountRequest {
    /// The account's password, as proof that it is you.
    pub(crate) password: String,
}

impl Readable for EraseAccountRequest {
    type Parsed = Secret;

    fn read(fields: &mut Fields) -> Option<Secret> {
        fields.required("password", |value| password::bounded(secret(value)?).map_err(Fault::new))
    }
}

/// Everything that is kept about a person.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct PersonalData {
    /// Who they are.
    pub(crate) user: User,
    /// Orgs that they belong to.
    pub(crate) memberships: Vec<OwnMembership>,
    /// Where they are signed in.
    pub(crate) sessions: Vec<OwnSession>,
    /// Their API keys.
    pub(crate) api_keys: Vec<OwnApiKey>,
    /// What they did and from where, newest first.
    pub(crate) actions: Vec<OwnAction>,
    /// Whether they did more than is listed.
    pub(crate) more_actions: bool,
}

/// A membership.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct OwnMembership {
    /// In which org.
    pub(crate) org_id: String,
    /// Its name.
    pub(crate) org_name: String,
    /// As what.
    pub(crate) role: Role,
    /// Since when.
    pub(crate) joined_at: OffsetDateTime,
}

/// A session.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct OwnSession {
    /// Its id.
    pub(crate) id: String,
    /// When it was opened.
    pub(crate) created_at: OffsetDateTime,
    /// Last use, to the minute.
    pub(crate) last_seen_at: OffsetDateTime,
    /// The client's address when it was opened.
    pub(crate) address: Option<String>,
    /// The client's name for itself when it was opened.
    pub(crate) user_agent: Option<String>,
}

/// An API key.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct OwnApiKey {
    /// Its id.
    pub(crate) id: String,
    /// Its owner's word for it.
    pub(crate) name: String,
    /// Last use, to the minute.
    pub(crate) last_used_at: Option<OffsetDateTime>,
}

/// Something that they did.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct OwnAction {
    /// When.
    pub(crate) time: OffsetDateTime,
    /// What.
    #[oai(rename = "type")]
    pub(crate) kind: String,
    /// To what: the id of an account, org or instance.
    pub(crate) resource: String,
    /// The client's address.
    pub(crate) address: Option<String>,
    /// The client's name for itself.
    pub(crate) user_agent: Option<String>,
}
