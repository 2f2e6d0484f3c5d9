//! Shapes of members and invitations.

use super::words::Role;
use crate::http::{
    body::Readable,
    fields::{Fault, Fields, parsed, text},
};
use dbx_domain::{name::Email, policy};
use dbx_sql::source::invitation_mails::MailStanding;
use poem_openapi::{Enum, Object};
use serde_json::Value;
use time::OffsetDateTime;

/// A role in a body.
pub(crate) fn role(value: Value) -> Result<policy::Role, Fault> {
    let names = policy::Role::ALL.map(policy::Role::name);
    text(value)?.parse().map_err(|error: policy::UnknownRole| Fault::choose(error, names))
}

/// Change a member.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct UpdateMemberRequest {
    /// Their new role; at most your own.
    pub(crate) role: Role,
}

impl Readable for UpdateMemberRequest {
    type Parsed = policy::Role;

    fn read(fields: &mut Fields) -> Option<policy::Role> {
        fields.required("role", role)
    }
}

/// Somebody who belongs to an org.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct Member {
    /// Who, `usr_…`.
    pub(crate) user_id: String,
    /// As what.
    pub(crate) role: Role,
    /// Their address; null once they are erased.
    pub(crate) email: Option<String>,
    /// Their name; null once they are erased.
    pub(crate) display_name: Option<String>,
    /// Since when.
    pub(crate) joined_at: OffsetDateTime,
}

/// Invite somebody.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct CreateInvitationRequest {
    /// The only address that may use the invitation.
    #[oai(validator(max_length = 254))]
    pub(crate) email: String,
    /// The role it grants; at most your own.
    pub(crate) role: Role,
}

/// A checked [`CreateInvitationRequest`].
pub(crate) struct Invite {
    pub(crate) email: Email,
    pub(crate) role: policy::Role,
}

impl Readable for CreateInvitationRequest {
    type Parsed = Invite;

    fn read(fields: &mut Fields) -> Option<Invite> {
        let email = fields.required("email", parsed);
        let role = fields.required("role", role);
        Some(Invite { email: email?, role: role? })
    }
}

/// A way into an org that was not used yet.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct Invitation {
    /// Its id, `inv_…`; not a secret.
    pub(crate) id: String,
    /// Into which org.
    pub(crate) org_id: String,
    /// Whose address it is bound to.
    pub(crate) email: Option<String>,
    /// The role it grants.
    pub(crate) role: Role,
    /// Until when it can be used.
    pub(crate) expires_at: OffsetDateTime,
    /// When it was issued.
    pub(crate) created_at: OffsetDateTime,
    /// How the mail that brings it fares; null if this server sends none.
    pub(crate) mail: Option<InvitationMail>,
}

/// Whether a mail has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub(crate) enum MailStatus {
    /// It is tried, again if it failed.
    Waiting,
    /// The mail server took it.
    Sent,
    /// The mail server refuses it for good: hand the link over yourself.
    Failed,
}

/// How a mail fares.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct InvitationMail {
    /// Whether it has left.
    pub(crate) status: MailStatus,
    /// How often it failed.
    pub(crate) failures: u32,
    /// Why it failed last, in the mail server's words.
    pub(crate) last_error: Option<String>,
    /// When the mail server took it.
    pub(crate) sent_at: Option<OffsetDateTime>,
}

impl From<MailStanding> for InvitationMail {
    fn from(standing: MailStanding) -> Self {
        let status = match (standing.sent_at, standing.due_at) {
            (Some(_), _) => MailStatus::Sent,
            (None, Some(_)) => MailStatus::Waiting,
            (None, None) => MailStatus::Failed,
        };
        Self {
            status,
            failures: standing.failures,
            last_error: standing.last_error,
            sent_at: standing.sent_at.map(|at| at.inner()),
        }
    }
}

/// A new invitation and, only here, what uses it.
#[derive(Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct IssuedInvitation {
    /// The invitation.
    #[oai(flatten)]
    pub(crate) invitation: Invitation,
    /// The secret that uses it. Null only if it is no longer kept: withdraw the invitation then and issue another.
    pub(crate) token: Option<String>,
    /// A link with the token behind `#`, where no server and no log sees it. Hand it over yourself if no mail brings it.
    pub(crate) link: Option<String>,
}
