//! Sign up, in and out.

use super::{
    Answer, Tag,
    answer::NO_STORE,
    schema::account::{Delivery, LoginRequest, RegisterRequest, Session, User},
};
use crate::{
    app::App,
    auth::{
        session::{self, OpenedSession},
        sign_in, sign_up,
    },
    http::{
        body::{Body, empty_hash, hash_of},
        client::Client,
        idempotency::Unscoped,
        leaving::{Leaving, Turn},
    },
};
use dbx_sql::source::people::Person;
use poem::web::Data;
use poem_openapi::{ApiResponse, OpenApi, param::Header, payload::Json};

/// Session operations.
pub(super) struct AuthApi;

/// A session.
#[derive(ApiResponse)]
enum SignedUp {
    /// The account exists and is signed in.
    #[oai(status = 201)]
    Session(
        Json<Session>,
        /// Hands the session to a browser.
        #[oai(header = "Set-Cookie")]
        Option<String>,
        /// Always `no-store`.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

/// A session.
#[derive(ApiResponse)]
pub(super) enum SignedIn {
    /// Signed in.
    #[oai(status = 200)]
    Session(
        Json<Session>,
        /// Hands the session to a browser.
        #[oai(header = "Set-Cookie")]
        Option<String>,
        /// Always `no-store`.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

/// No session.
#[derive(ApiResponse)]
pub(super) enum SignedOut {
    /// Signed out.
    #[oai(status = 204)]
    Empty(
        /// Takes the cookie away.
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

#[OpenApi(tag = "Tag::Auth")]
impl AuthApi {
    /// Sign up.
    ///
    /// Makes an account and an org of its own, and signs in. Where the address has an account already, its password signs
    /// in, and any other is refused as by sign-in. The password is hashed as sign-in says.
    #[oai(path = "/auth/register", method = "post", operation_id = "register")]
    async fn register(
        &self,
        client: Client,
        app: Data<&App>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<RegisterRequest>,
    ) -> Answer<SignedUp> {
        let delivery = body.parsed.delivery;
        let wish = Unscoped::read(key.0, hash_of(&[body.parsed.display_name.as_str(), delivery.name()]))?;
        let (person, opened) = sign_up::register(&app, &client, body.parsed, &wish).await?;
        let (answer, cookie) = hand_over(person, &opened, delivery);
        Ok(SignedUp::Session(Json(answer), cookie, NO_STORE.to_owned()))
    }

    /// Sign in.
    ///
    /// A password is checked by Argon2id (19 MiB, two passes, one lane), which takes about 15 ms of a core and 19 MiB of
    /// memory, whether the account exists or not. Few are checked at once and few wait; whoever comes beyond them is told
    /// by `Retry-After` when to come back.
    #[oai(path = "/auth/login", method = "post", operation_id = "login")]
    async fn login(
        &self,
        client: Client,
        app: Data<&App>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<LoginRequest>,
    ) -> Answer<SignedIn> {
        let delivery = body.parsed.delivery;
        let wish = Unscoped::read(key.0, hash_of(&[delivery.name()]))?;
        let (person, opened) = sign_in::login(&app, &client, body.parsed, &wish).await?;
        let (answer, cookie) = hand_over(person, &opened, delivery);
        Ok(SignedIn::Session(Json(answer), cookie, NO_STORE.to_owned()))
    }

    /// Sign out.
    ///
    /// Ends the session that the request is made with.
    #[oai(path = "/auth/logout", method = "post", operation_id = "logout")]
    async fn logout(
        &self,
        leaving: Leaving,
        app: Data<&App>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<SignedOut> {
        if let Turn::Now(caller, once) = leaving.turn(&app, &Unscoped::read(key.0, empty_hash())?).await? {
            sign_in::logout(&app, &caller, &once).await?;
        }
        Ok(SignedOut::Empty(session::cleared_cookie()))
    }
}

/// The answer and, for a browser, the cookie. The token goes one way or the other, never both.
pub(super) fn hand_over(
    person: Person,
    opened: &OpenedSession,
    delivery: Delivery,
) -> (Session, Option<String>) {
    let (token, cookie) = match delivery {
        Delivery::Cookie => (None, Some(opened.cookie())),
        Delivery::Token => (Some(opened.token.expose().to_owned()), None),
    };
    let session = Session {
        id: opened.id.to_string(),
        user: User::from(person),
        expires_at: opened.expires_at.inner(),
        token,
    };
    (session, cookie)
}

impl From<Person> for User {
    fn from(person: Person) -> Self {
        Self { id: person.account.to_string(), email: person.email, display_name: person.display_name }
    }
}
