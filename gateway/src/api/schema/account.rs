//! Shapes of sign-up, sign-in and the signed-in person.

use crate::{
    auth::password::{self, NewPassword},
    http::{
        body::Readable,
        fields::{Fault, Fields, parsed, secret, text},
    },
};
use dbx_domain::{
    Secret,
    name::{DisplayName, Email},
};
use poem_openapi::{Enum, Object};
use serde_json::Value;
use time::OffsetDateTime;

/// How the session reaches the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub(crate) enum Delivery {
    /// As a cookie that scripts cannot read; for browsers.
    #[default]
    Cookie,
    /// As `token` in the answer; for programs.
    Token,
}

impl Delivery {
    /// As it is written.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::Token => "token",
        }
    }
}

/// Sign up.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct RegisterRequest {
    /// The address to sign in with.
    #[oai(validator(max_length = 254))]
    pub(crate) email: String,
    /// How others see you.
    #[oai(validator(min_length = 1, max_length = 80))]
    pub(crate) display_name: String,
    /// 12 to 256 characters, neither a well-known one nor made of your name or address.
    #[oai(validator(min_length = 12, max_length = 256))]
    pub(crate) password: String,
    /// How the session is handed over; a cookie if absent.
    pub(crate) delivery: Option<Delivery>,
}

/// A checked [`RegisterRequest`].
pub(crate) struct Registration {
    pub(crate) email: Email,
    pub(crate) display_name: DisplayName,
    pub(crate) password: NewPassword,
    pub(crate) delivery: Delivery,
}

impl Readable for RegisterRequest {
    type Parsed = Registration;

    fn read(fields: &mut Fields) -> Option<Registration> {
        let email = fields.required("email", parsed::<Email>);
        let display_name = fields.required("displayName", parsed::<DisplayName>);
        let password = fields.required("password", |value| {
            let own = [email.as_ref().map(Email::as_str), display_name.as_ref().map(DisplayName::as_str)];
            password::check(secret(value)?, own.into_iter().flatten()).map_err(Fault::new)
        });
        let delivery = fields.optional("delivery", delivery);
        Some(Registration {
            email: email?,
            display_name: display_name?,
            password: password?,
            delivery: delivery?.unwrap_or_default(),
        })
    }
}

/// Sign in.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct LoginRequest {
    /// The address of the account.
    pub(crate) email: String,
    /// Its password.
    pub(crate) password: String,
    /// How the session is handed over; a cookie if absent.
    pub(crate) delivery: Option<Delivery>,
}

/// A checked [`LoginRequest`].
pub(crate) struct Login {
    pub(crate) email: String,
    pub(crate) password: Secret,
    pub(crate) delivery: Delivery,
}

impl Readable for LoginRequest {
    type Parsed = Login;

    fn read(fields: &mut Fields) -> Option<Login> {
        let email = fields.required("email", text);
        let password =
            fields.required("password", |value| password::bounded(secret(value)?).map_err(Fault::new));
        let delivery = fields.optional("delivery", delivery);
        Some(Login { email: email?, password: password?, delivery: delivery?.unwrap_or_default() })
    }
}

/// A way of delivery in a body.
pub(super) fn delivery(value: Value) -> Result<Delivery, Fault> {
    match text(value)?.as_str() {
        "cookie" => Ok(Delivery::Cookie),
        "token" => Ok(Delivery::Token),
        _ => Err(Fault::choose("choose how the session is handed over", ["cookie", "token"])),
    }
}

/// A person.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct User {
    /// The account's id, `usr_…`.
    pub(crate) id: String,
    /// The address to sign in with.
    pub(crate) email: String,
    /// How others see them.
    pub(crate) display_name: String,
}

/// A session that was just opened.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct Session {
    /// The session's id, `ses_…`; not a secret.
    pub(crate) id: String,
    /// Who is signed in.
    pub(crate) user: User,
    /// When the session ends by itself.
    pub(crate) expires_at: OffsetDateTime,
    /// The secret to send as `Authorization: Bearer …`; only with `"delivery": "token"`, and only here.
    pub(crate) token: Option<String>,
}
