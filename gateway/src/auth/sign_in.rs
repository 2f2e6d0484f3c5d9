//! Sign in and out.
//!
//! Guarantee: the answer to a wrong password tells neither by its words nor by its work whether the account exists,
//! and neither does being told to wait.

use super::session::OpenedSession;
use crate::{
    api::Login,
    app::App,
    auth::throttle::{self, Attempt, Counted},
    command::{Draft, decide, perform, perform_as},
    http::{
        caller::Caller,
        client::Client,
        code::Code,
        idempotency::{Once, Unscoped},
        problem::Problem,
    },
};
use dbx_domain::{
    Account, Secret,
    account::AccountCommand,
    ids::{AccountId, SessionId},
    name::Email,
};
use dbx_sql::{
    Actor,
    source::{
        passwords,
        people::{self, Person},
        sessions::SessionWrite,
    },
};
use tracing::Instrument as _;

/// An account that nobody has: ids are drawn with a version in them.
const NOBODY: AccountId = AccountId::from_uuid(uuid::Uuid::nil());
/// An address that passes no check, so nobody has it.
const NOBODYS_EMAIL: &str = "nobody";

/// Opens a session for whoever knows the password.
pub(crate) async fn login(
    app: &App,
    client: &Client,
    login: Login,
    wish: &Unscoped,
) -> Result<(Person, OpenedSession), Problem> {
    // What is no address has no account, but costs the same.
    let email =
        login.email.parse().map_or_else(|_| NOBODYS_EMAIL.to_owned(), |email: Email| email.to_string());
    let counted = throttle::begin(app, client, Attempt::Identify(&email)).await?;
    let person = people::find_by_email(app.db(), &email).await?;
    enter(app, client, (person, login.password), counted, wish).await
}

/// Lets in who knows the person's password; the work and the words are the same where there is no person.
pub(super) async fn enter(
    app: &App,
    client: &Client,
    (person, password): (Option<Person>, Secret),
    counted: Counted,
    wish: &Unscoped,
) -> Result<(Person, OpenedSession), Problem> {
    let account = person.as_ref().map_or(NOBODY, |person| person.account);
    let stored = passwords::find(app.db(), account).await?;
    let right = app.hasher().verify(stored, password).await?;
    match person {
        Some(person) if right => {
            counted.succeeded(app).await?;
            let session = open(app, client, person.account, wish).await?;
            Ok((person, session))
        }
        person => {
            note_refusal(app, client, person.map(|person| person.account));
            Err(Problem::new(
                Code::InvalidCredentials,
                "this email address and this password do not belong together; check both",
            ))
        }
    }
}

async fn open(
    app: &App,
    client: &Client,
    account: AccountId,
    wish: &Unscoped,
) -> Result<OpenedSession, Problem> {
    let session = OpenedSession::draw(app.db().now().await?)?;
    let once = wish.of(account, client).keeping(app, &session.token).await?;
    let draft = || async {
        let opens = AccountCommand::OpenSession(session.id, session.expires_at);
        Ok(Draft::new(200, session.resource(account))
            .append(decide::<Account>(app, &account.to_string(), vec![opens]).await?)
            .write(session.write(account, client)))
    };
    let resource = perform_as(app, &Actor::Account(account), client, &once, draft).await?;
    session.or_earlier(app, account, &once, &resource).await
}

/// Records the refusal beside the answer and not before it: the time of a commit would tell that the account exists.
fn note_refusal(app: &App, client: &Client, account: Option<AccountId>) {
    let Some(account) = account else { return };
    let (app, client) = (app.clone(), client.clone());
    let note = async move {
        let draft = || async {
            let refuses = vec![AccountCommand::RefuseSignIn];
            Ok(Draft::new(401, account).append(decide::<Account>(&app, &account.to_string(), refuses).await?))
        };
        // Nobody proved to be the account, so the actor is the part of the product that refused.
        let actor = Actor::system("sign-in");
        if let Err(problem) = perform_as(&app, &actor, &client, &Once::unkeyed(), draft).await {
            tracing::warn!(%problem, %account, "a refused sign-in could not be recorded");
        }
    };
    tokio::spawn(note.in_current_span());
}

/// Ends the caller's session.
pub(crate) async fn logout(app: &App, caller: &Caller, once: &Once) -> Result<(), Problem> {
    let (account, session) = caller.principal.session()?;
    close(app, caller, (account, session), once).await
}

/// Ends a session of the caller's; ending it twice is no error.
pub(crate) async fn close(
    app: &App,
    caller: &Caller,
    (account, session): (AccountId, SessionId),
    once: &Once,
) -> Result<(), Problem> {
    let draft = || async {
        let closes = vec![AccountCommand::CloseSession(session)];
        Ok(Draft::new(204, session)
            .append(decide::<Account>(app, &account.to_string(), closes).await?)
            .write(SessionWrite::Close(account, session)))
    };
    perform(app, caller, once, draft).await.map(drop)
}
