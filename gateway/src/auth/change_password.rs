//! A new password, and what goes with it.
//!
//! Guarantees: whoever was signed in by the old password no longer is. Every session ends, also the one that asks: it
//! gets a new token (rotation at a change of privilege), so a token that leaked before is worthless. Asked again with its
//! key after the answer was lost, the same session is handed over again, to whoever knows the new password.

use super::{
    password::{self, NewPassword},
    session::OpenedSession,
    throttle::{self, Attempt},
};
use crate::{
    api::PasswordChange,
    app::App,
    command::{Draft, decide, perform},
    http::{
        caller::Caller,
        client::Client,
        code::Code,
        idempotency::Once,
        leaving::Turn,
        problem::{Problem, ProblemField},
    },
};
use dbx_domain::{Account, Secret, account::AccountCommand};
use dbx_sql::source::{
    passwords::{self, PasswordWrite},
    people::{self, Person},
    sessions::SessionWrite,
};

/// Checks the old password and puts the new one in its place, unless that was done before.
pub(crate) async fn change(
    app: &App,
    turn: Turn,
    change: PasswordChange,
) -> Result<(Person, OpenedSession), Problem> {
    match turn {
        Turn::Now(caller, once) => anew(app, &caller, once, change).await,
        Turn::Again { client, once, resource } => again(app, &client, &once, &resource, change.next).await,
    }
}

async fn anew(
    app: &App,
    caller: &Caller,
    once: Once,
    change: PasswordChange,
) -> Result<(Person, OpenedSession), Problem> {
    let (account, _) = caller.principal.session()?;
    let person = people::find(app.db(), account).await?.ok_or_else(Problem::not_found)?;
    let next = checked(change.next.clone(), &person)?;
    let counted = throttle::begin(app, &caller.client, Attempt::Confirm(account)).await?;
    let stored = passwords::find(app.db(), account).await?;
    if !app.hasher().verify(stored, change.current).await? {
        // The twin of this request may have changed it in between.
        return match once.earlier(app).await? {
            Some(resource) => again(app, &caller.client, &once, &resource, change.next).await,
            // 403 and not 401: the session is fine, and a client must not drop it.
            None => Err(Problem::new(Code::Forbidden, "the current password is not right")
                .about("currentPassword", "this is not the account's password")),
        };
    }
    counted.succeeded(app).await?;
    let hash = app.hasher().hash(next).await?;
    let session = OpenedSession::draw(app.db().now().await?)?;
    let once = once.keeping(app, &session.token).await?;
    let draft = || async {
        let commands = vec![
            AccountCommand::ChangePassword,
            AccountCommand::RevokeSessions,
            AccountCommand::OpenSession(session.id, session.expires_at),
        ];
        Ok(Draft::new(200, session.resource(account))
            .append(decide::<Account>(app, &account.to_string(), commands).await?)
            .write(PasswordWrite::Put(account, hash.clone()))
            .write(SessionWrite::CloseAll { account, except: None })
            .write(session.write(account, &caller.client)))
    };
    let resource = perform(app, caller, &once, draft).await?;
    match resource == session.resource(account) {
        true => Ok((person, session)),
        false => again(app, &caller.client, &once, &resource, change.next).await,
    }
}

/// The answer that was lost. The token that it is asked for with is over, so the new password has to be right.
async fn again(
    app: &App,
    client: &Client,
    once: &Once,
    resource: &str,
    next: Secret,
) -> Result<(Person, OpenedSession), Problem> {
    let (account, session) = OpenedSession::again(app, once, resource).await?;
    let person = people::find(app.db(), account).await?.ok_or_else(Problem::not_found)?;
    let counted = throttle::begin(app, client, Attempt::Confirm(account)).await?;
    let stored = passwords::find(app.db(), account).await?;
    if !app.hasher().verify(stored, next).await? {
        let message = "the password was changed by this request before, but to another one";
        return Err(
            Problem::new(Code::Forbidden, message).about("newPassword", "this is not the account's password")
        );
    }
    counted.succeeded(app).await?;
    Ok((person, session))
}

/// The rules again, now that it is known whose password it is.
fn checked(next: Secret, person: &Person) -> Result<NewPassword, Problem> {
    password::check(next, [person.email.as_str(), person.display_name.as_str()]).map_err(|error| {
        let (field, message) = ("newPassword".to_owned(), error.to_string());
        Problem::invalid(vec![ProblemField { field, message, allowed: None }])
    })
}
