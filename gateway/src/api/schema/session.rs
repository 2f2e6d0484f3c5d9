//! Shapes of the signed-in person's profile, password and sessions.

use super::account::{Delivery, delivery};
use crate::{
    auth::password,
    http::{
        body::Readable,
        fields::{Fault, Fields, parsed, secret},
    },
};
use dbx_domain::{Secret, name::DisplayName};
use poem_openapi::Object;
use time::OffsetDateTime;

/// Change what others see of you; what is absent stays.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct UpdateUserRequest {
    /// How others see you.
    #[oai(validator(min_length = 1, max_length = 80))]
    pub(crate) display_name: Option<String>,
}

impl Readable for UpdateUserRequest {
    type Parsed = Option<DisplayName>;

    fn read(fields: &mut Fields) -> Option<Option<DisplayName>> {
        fields.optional("displayName", parsed)
    }
}

/// Change the password.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct ChangePasswordRequest {
    /// The password so far.
    pub(crate) current_password: String,
    /// 12 to 256 characters, none of the well-known ones.
    #[oai(validator(min_length = 12, max_length = 256))]
    pub(crate) new_password: String,
    /// How the new session is handed over; like the present one if absent.
    pub(crate) delivery: Option<Delivery>,
}

/// A checked [`ChangePasswordRequest`].
pub(crate) struct PasswordChange {
    pub(crate) current: Secret,
    /// Its rules are checked once it is known whose it is.
    pub(crate) next: Secret,
    pub(crate) delivery: Option<Delivery>,
}

impl Readable for ChangePasswordRequest {
    type Parsed = PasswordChange;

    fn read(fields: &mut Fields) -> Option<PasswordChange> {
        let bounded = |value| password::bounded(secret(value)?).map_err(Fault::new);
        let current = fields.required("currentPassword", bounded);
        let next = fields.required("newPassword", bounded);
        let delivery = fields.optional("delivery", delivery);
        Some(PasswordChange { current: current?, next: next?, delivery: delivery? })
    }
}

/// A browser or program that is signed in.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct OpenSession {
    /// Its id, `ses_…`; not a secret.
    pub(crate) id: String,
    /// Whether this very request is made with it.
    pub(crate) current: bool,
    /// When it was opened.
    pub(crate) created_at: OffsetDateTime,
    /// When it ends by itself; after two weeks without use it ends before.
    pub(crate) expires_at: OffsetDateTime,
    /// Last use, to the minute.
    pub(crate) last_seen_at: OffsetDateTime,
    /// The client's address when it was opened.
    pub(crate) ip: Option<String>,
    /// The client's name for itself when it was opened.
    pub(crate) user_agent: Option<String>,
}

/// Everywhere that you are signed in.
#[derive(Debug, Object)]
pub(crate) struct OpenSessions {
    /// Newest first.
    pub(crate) data: Vec<OpenSession>,
}
